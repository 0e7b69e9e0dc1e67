//! The connection that writes, and its transactions.

use std::{path::Path, path::PathBuf, sync::Arc, time::Duration};

use rusqlite::Connection;
use snug_proto::{AccountId, LogId, RoomId, SessionId, Timestamp, TokenId};
use snug_rules::Content;

use super::{
    Durability, append,
    checkpoint::Checkpointer,
    connect,
    handle::{Handle, Shared, Writing},
    log,
    memo::Memo,
    people, rooms,
    tidy::{self, Sweep},
};
use crate::{
    Append, AppendRefused, Appended, InviteRow, NewAccount, NewRoom, NewSession, NewToken,
    Settings, StoreError, Transaction, Writer,
};

/// How long a writer that is dropped waits for readers before it leaves the log as it is.
const DROP_WAIT: Duration = Duration::from_secs(1);
/// Purged messages that lose their words in one round, for which the writer waits.
const PURGED_A_ROUND: u32 = 2_000;

/// The writer of a file, or of a database in memory.
pub(super) struct SqliteWriter {
    handle: Handle,
    /// Where a connection that failed for good is opened anew.
    file: Option<(PathBuf, Durability)>,
    /// A rollback failed: the connection is not to be trusted any more.
    broken: bool,
    sweep: Sweep,
    memo: Memo,
    /// Words were deleted that the write-ahead log may still hold.
    deleted: bool,
    /// Where a commit does not wait for the disk.
    checkpointer: Option<Checkpointer>,
}

impl SqliteWriter {
    pub(super) fn on_file(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let connection = connect::writer(path, durability)?;
        let mut writer = Self::new(Handle::Own(connection));
        writer.file = Some((path.to_owned(), durability));
        if durability == Durability::Process {
            writer.checkpointer = Some(Checkpointer::start(path)?);
        }
        Ok(writer)
    }

    pub(super) fn on_memory(shared: Arc<Shared>) -> Self {
        Self::new(Handle::Shared(shared))
    }

    fn new(handle: Handle) -> Self {
        Self {
            handle,
            file: None,
            broken: false,
            sweep: Sweep::default(),
            memo: Memo::default(),
            deleted: false,
            checkpointer: None,
        }
    }

    /// Lets the database grow to so many pages and no further: a full disk.
    #[cfg(test)]
    pub(super) fn set_max_pages(&self, pages: u32) -> Result<(), StoreError> {
        let connection = self.handle.lock()?;
        connection.pragma_update(None, "max_page_count", pages)?;
        Ok(())
    }

    fn mend(&mut self) -> Result<(), StoreError> {
        if self.broken
            && let Some((path, durability)) = &self.file
        {
            self.handle = Handle::Own(connect::writer(path, *durability)?);
            self.broken = false;
            self.memo.forget();
        }
        Ok(())
    }
}

impl Drop for SqliteWriter {
    fn drop(&mut self) {
        self.checkpointer = None;
        // A server that stopped leaves one file, whoever closes last. If a reader is in the way, the
        // log stays, and the next to open the database reads it.
        if self.file.is_some()
            && let Ok(connection) = self.handle.lock()
            && connection.is_autocommit()
            && connection.busy_timeout(DROP_WAIT).is_ok()
        {
            let _stays = tidy::empty_log(&connection);
        }
    }
}

impl Writer for SqliteWriter {
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.mend()?;
        let connection = self.handle.lock_to_write()?;
        connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        if self.file.is_none() {
            // Other writers use the same connection: their commits do not show as others'.
            self.memo.forget();
        }
        let mut transaction = SqliteTransaction {
            connection,
            broken: &mut self.broken,
            deleted: &mut self.deleted,
            memo: &mut self.memo,
            health: Health::Good,
        };
        transaction.run_by_memo(|connection, memo| memo.check(connection))?;
        Ok(Box::new(transaction))
    }

    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.mend()?;
        let connection = self.handle.lock_to_write()?;
        tidy::forget(&connection, &mut self.sweep, now)?;
        // Their words leave the disk as deleted ones do.
        self.deleted |= tidy::forget_reports(&connection, now)?;
        self.deleted |= log::blank_purged(&connection, now, PURGED_A_ROUND)? > 0;
        // Only then: a log that is written over again is synced in half the time of one that grows.
        if self.deleted {
            let _paused = self.checkpointer.as_ref().map(Checkpointer::paused);
            tidy::empty_log(&connection)?;
            self.deleted = false;
        }
        Ok(())
    }
}

/// One transaction on the writer's connection.
pub(super) struct SqliteTransaction<'a> {
    connection: Writing<'a>,
    broken: &'a mut bool,
    deleted: &'a mut bool,
    memo: &'a mut Memo,
    health: Health,
}

/// What a transaction can still do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// A part is open, and good.
    InPart,
    /// Something failed in the part: it can only be undone.
    PartFailed,
    /// Something failed outside of any part: the whole can only be undone.
    Failed,
}

impl SqliteTransaction<'_> {
    /// Does what leaves the rows of accounts and logs alone.
    pub(super) fn run<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.run_by_memo(|connection, _| work(connection))
    }

    /// Does what changes rows of accounts or logs, other than by appending.
    pub(super) fn change<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.memo.forget();
        self.run(work)
    }

    /// Words left the database: the write-ahead log is to be emptied of them.
    pub(super) fn words_left(&mut self) {
        *self.deleted = true;
    }

    /// Does what takes words away, which are to leave the disk (DECISIONS 8).
    pub(super) fn erase<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.words_left();
        self.run(work)
    }

    /// Does it, unless something failed before; notes it if it fails.
    fn run_by_memo<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Memo) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if matches!(self.health, Health::PartFailed | Health::Failed) {
            return Err(StoreError::Failed(
                "something failed in this transaction before".to_owned(),
            ));
        }
        let outcome = work(&self.connection, self.memo);
        // What is taken already undid only its own statement.
        if !matches!(outcome, Ok(_) | Err(StoreError::Taken)) {
            self.memo.forget();
            // SQLite ends the transaction itself after some errors; no part can be undone then.
            let over = self.connection.is_autocommit();
            self.health = match self.health {
                Health::InPart if !over => Health::PartFailed,
                _ => Health::Failed,
            };
        }
        outcome
    }

    fn command(&mut self, sql: &str) -> Result<(), StoreError> {
        self.run(|connection| {
            connection.prepare_cached(sql)?.execute([])?;
            Ok(())
        })
    }
}

impl Drop for SqliteTransaction<'_> {
    fn drop(&mut self) {
        // SQLite itself rolls back after some errors, and a committed one is over.
        if self.connection.is_autocommit() {
            return;
        }
        self.memo.forget();
        if self.connection.execute_batch("ROLLBACK").is_err() {
            *self.broken = true;
        }
    }
}

impl Transaction for SqliteTransaction<'_> {
    fn append(
        &mut self,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Appended, AppendRefused>>, StoreError> {
        *self.deleted |= appends.iter().any(|append| {
            matches!(
                append.entry.content,
                Content::Deleted { .. } | Content::Restored { .. }
            )
        });
        self.run_by_memo(|connection, memo| append::append(connection, memo, appends, now))
    }

    fn begin_part(&mut self) -> Result<(), StoreError> {
        self.command("SAVEPOINT part")?;
        self.health = Health::InPart;
        Ok(())
    }

    fn keep_part(&mut self) -> Result<(), StoreError> {
        self.command("RELEASE part")?;
        self.health = Health::Good;
        Ok(())
    }

    fn undo_part(&mut self) -> Result<(), StoreError> {
        if self.health != Health::Failed {
            // Whatever failed in the part is undone with it.
            self.health = Health::Good;
        }
        self.memo.forget();
        self.command("ROLLBACK TO part")?;
        self.command("RELEASE part")
    }

    fn create_account(&mut self, account: &NewAccount) -> Result<(), StoreError> {
        self.change(|connection| people::create_account(connection, account))
    }

    fn has_owner(&mut self) -> Result<bool, StoreError> {
        self.run(people::has_owner)
    }

    fn create_room(&mut self, room: &NewRoom) -> Result<(), StoreError> {
        self.change(|connection| rooms::create(connection, room))
    }

    fn rename_logs(&mut self) -> Result<(), StoreError> {
        self.change(rooms::rename_logs)
    }

    fn renew_log(&mut self, room: &RoomId, log: &LogId) -> Result<(), StoreError> {
        *self.deleted = true;
        self.change(|connection| rooms::renew_log(connection, room, log))
    }

    fn create_session(&mut self, session: &NewSession) -> Result<(), StoreError> {
        self.run(|connection| people::create_session(connection, session))
    }

    fn rotate_session(
        &mut self,
        session: &SessionId,
        used: &[u8; 32],
        next: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.run(|connection| people::rotate_session(connection, session, used, next, now))
    }

    fn end_session(&mut self, session: &SessionId) -> Result<(), StoreError> {
        self.run(|connection| people::end_session(connection, session))
    }

    fn remember_address(
        &mut self,
        account: &AccountId,
        tag: &[u8; 16],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(|connection| people::remember_address(connection, account, tag, now))
    }

    fn create_token(&mut self, token: &NewToken) -> Result<(), StoreError> {
        self.run(|connection| people::create_token(connection, token))
    }

    fn touch_token(&mut self, token: &TokenId, now: Timestamp) -> Result<(), StoreError> {
        self.run(|connection| people::touch_token(connection, token, now))
    }

    fn find_token_by(&mut self, token: &TokenId, hash: &[u8; 32]) -> Result<(), StoreError> {
        self.run(|connection| people::find_token_by(connection, token, hash))
    }

    fn revoke_token(&mut self, account: &AccountId, token: &TokenId) -> Result<bool, StoreError> {
        self.run(|connection| people::revoke_token(connection, account, token))
    }

    fn create_invite(&mut self, invite: &InviteRow) -> Result<(), StoreError> {
        self.run(|connection| people::create_invite(connection, invite))
    }

    fn use_invite(
        &mut self,
        code_hash: &[u8; 32],
        by: &AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.run(|connection| people::use_invite(connection, code_hash, by, now))
    }

    fn set_settings(&mut self, settings: &Settings) -> Result<(), StoreError> {
        self.run(|connection| people::set_settings(connection, settings))
    }

    fn mark(&mut self, room: &RoomId, account: &AccountId, seq: u64) -> Result<(), StoreError> {
        self.run(|connection| rooms::mark(connection, room, account, seq))
    }

    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.command("COMMIT")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::world::{LOBBY, NOW, account, events, read, say, settle, write_by};
    use crate::{SqliteStore, Store};

    #[test]
    fn a_writer_whose_connection_failed_opens_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug.db");
        let store = SqliteStore::open(&path, Durability::Process).unwrap();
        settle(&store);
        let mut writer = SqliteWriter::on_file(&path, Durability::Process).unwrap();
        let connection = writer.handle.lock().unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        drop(connection);
        writer.broken = true;
        write_by(&mut writer, |transaction| {
            transaction.append(&[say(1, "hello")], NOW)
        });
        assert_eq!(events(&store, LOBBY).len(), 1);
    }

    #[test]
    fn what_fails_in_a_part_is_undone_with_it() {
        let store = SqliteStore::in_memory().unwrap();
        settle(&store);
        let mut writer = store.writer().unwrap();
        let mut transaction = writer.begin().unwrap();
        transaction.append(&[say(1, "before")], NOW).unwrap();
        transaction.begin_part().unwrap();
        transaction.mark(&LOBBY, &account(2), 1).unwrap();
        assert!(transaction.mark(&LOBBY, &account(99), 1).is_err());
        assert!(transaction.keep_part().is_err());
        transaction.undo_part().unwrap();
        transaction.append(&[say(1, "after")], NOW).unwrap();
        transaction.commit().unwrap();
        assert_eq!(events(&store, LOBBY).len(), 2);
        let standing = read(&store).standing(&LOBBY, &account(2)).unwrap();
        assert_eq!(standing.unwrap().read, 0);
    }

    #[test]
    fn what_fails_outside_of_a_part_ends_the_transaction() {
        let store = SqliteStore::in_memory().unwrap();
        settle(&store);
        let mut writer = store.writer().unwrap();
        let mut transaction = writer.begin().unwrap();
        transaction.append(&[say(1, "before")], NOW).unwrap();
        assert!(transaction.mark(&LOBBY, &account(99), 1).is_err());
        assert!(transaction.append(&[say(1, "after")], NOW).is_err());
        assert!(transaction.commit().is_err());
        assert_eq!(events(&store, LOBBY), []);
    }
}
