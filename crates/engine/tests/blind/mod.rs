//! A store that does not look whether an append's expectations still hold: what every append is decided
//! on is replaced by what the store says now. For the test that shows what the check is good for.

use std::{collections::HashMap, sync::Arc};

use snug_proto::{AccountId, LogId, RoomId, SessionId, Timestamp, TokenId};
use snug_store::{
    Append, AppendRefused, Appended, InviteRow, NewAccount, NewRoom, NewSession, NewToken, Reader,
    Settings, Store, StoreError, Transaction, Writer,
};

/// The store, blindfolded.
pub(crate) struct BlindStore(pub Arc<dyn Store>);

struct BlindWriter(Box<dyn Writer>, Box<dyn Reader>);

struct BlindTransaction<'a> {
    inner: Box<dyn Transaction + 'a>,
    reader: &'a mut dyn Reader,
    counters: HashMap<RoomId, u64>,
}

impl Store for BlindStore {
    fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(BlindWriter(self.0.writer()?, self.0.reader()?)))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.0.reader()
    }
}

impl Writer for BlindWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        Ok(Box::new(BlindTransaction {
            inner: self.0.begin()?,
            reader: &mut *self.1,
            counters: HashMap::new(),
        }))
    }

    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.0.tidy(now)
    }
}

impl BlindTransaction<'_> {
    fn look_away(&mut self, append: &Append) -> Result<Append, StoreError> {
        let mut append = append.clone();
        let counter = match self.counters.get(&append.room) {
            Some(counter) => *counter,
            None => self
                .reader
                .counts(&append.room)?
                .map_or(0, |counts| counts.rules),
        };
        append.expect.room_rules = counter;
        let actor = self.reader.account(&append.entry.actor)?;
        append.expect.account_rules = actor.map_or(0, |account| account.rules);
        let moves = u64::from(append.entry.content.changes_rules());
        self.counters.insert(append.room, counter + moves);
        Ok(append)
    }
}

impl Transaction for BlindTransaction<'_> {
    fn append(
        &mut self,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Appended, AppendRefused>>, StoreError> {
        let mut ends = Vec::new();
        for append in appends {
            let append = self.look_away(append)?;
            let end = self.inner.append(std::slice::from_ref(&append), now)?;
            if !end.iter().all(Result::is_ok) {
                self.counters.remove(&append.room);
            }
            ends.extend(end);
        }
        Ok(ends)
    }

    fn begin_part(&mut self) -> Result<(), StoreError> {
        self.inner.begin_part()
    }

    fn keep_part(&mut self) -> Result<(), StoreError> {
        self.inner.keep_part()
    }

    fn undo_part(&mut self) -> Result<(), StoreError> {
        self.inner.undo_part()
    }

    fn create_account(&mut self, account: &NewAccount) -> Result<(), StoreError> {
        self.inner.create_account(account)
    }

    fn has_owner(&mut self) -> Result<bool, StoreError> {
        self.inner.has_owner()
    }

    fn create_room(&mut self, room: &NewRoom) -> Result<(), StoreError> {
        self.inner.create_room(room)
    }

    fn renew_log(&mut self, room: &RoomId, log: &LogId) -> Result<(), StoreError> {
        self.inner.renew_log(room, log)
    }

    fn rename_logs(&mut self) -> Result<(), StoreError> {
        self.inner.rename_logs()
    }

    fn create_session(&mut self, session: &NewSession) -> Result<(), StoreError> {
        self.inner.create_session(session)
    }

    fn rotate_session(
        &mut self,
        session: &SessionId,
        used: &[u8; 32],
        next: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.rotate_session(session, used, next, now)
    }

    fn end_session(&mut self, session: &SessionId) -> Result<(), StoreError> {
        self.inner.end_session(session)
    }

    fn create_token(&mut self, token: &NewToken) -> Result<(), StoreError> {
        self.inner.create_token(token)
    }

    fn touch_token(&mut self, token: &TokenId, now: Timestamp) -> Result<(), StoreError> {
        self.inner.touch_token(token, now)
    }

    fn revoke_token(&mut self, account: &AccountId, token: &TokenId) -> Result<bool, StoreError> {
        self.inner.revoke_token(account, token)
    }

    fn create_invite(&mut self, invite: &InviteRow) -> Result<(), StoreError> {
        self.inner.create_invite(invite)
    }

    fn use_invite(
        &mut self,
        code_hash: &[u8; 32],
        by: &AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.inner.use_invite(code_hash, by, now)
    }

    fn set_settings(&mut self, settings: &Settings) -> Result<(), StoreError> {
        self.inner.set_settings(settings)
    }

    fn mark(&mut self, room: &RoomId, account: &AccountId, seq: u64) -> Result<(), StoreError> {
        self.inner.mark(room, account, seq)
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit()
    }
}
