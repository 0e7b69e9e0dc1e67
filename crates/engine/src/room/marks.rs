//! Read markers: one an account and room, the same on all its sessions (R9, DECISIONS 6).

use std::sync::Arc;

use snug_proto::{AccountId, Delivery, Event, Marked, Refusal, Timestamp};
use snug_rules::Content;
use snug_store::StoreError;

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::{Room, State},
    session::Core,
};

/// How often the counts are read again if something was published meanwhile; past it they are told as
/// they are, and what comes next tells them anew.
const MAX_READS: usize = 3;

/// Where a marker is, and what is after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: u64,
    pub(crate) unread: u64,
    pub(crate) mentions: u64,
    pub(crate) until: Option<Timestamp>,
}

impl Mark {
    /// Everything is read.
    pub(crate) const fn at_the_head(seq: u64, at: Timestamp) -> Self {
        Self {
            seq,
            unread: 0,
            mentions: 0,
            until: Some(at),
        }
    }
}

impl Engine {
    /// Moves a marker forward, and tells the account's other sessions where it is; false if it is there
    /// already, and nobody was told.
    pub(crate) async fn mark_to(
        &self,
        core: &Core,
        who: &Arc<Person>,
        room: &Arc<Room>,
        seq: u64,
    ) -> Result<bool, Refusal> {
        let account = who.id;
        {
            let mut state = room.state();
            if state.is_ram() {
                let moved = state.mark_in_memory(account, seq);
                if moved {
                    let (seq, unread, mentions) = state.standing_in_memory(&account);
                    let mark = Mark {
                        seq,
                        unread,
                        mentions,
                        until: None,
                    };
                    state.tell_mark(self, room, who, core.number, mark);
                }
                return Ok(moved);
            }
        }
        let id = room.id;
        let before = self
            .storage
            .read(move |reader| reader.standing(&id, &account));
        let read = before.await.map_err(refusal)?.map_or(0, |now| now.read);
        let head = room.state().head.map_or(seq, |head| head.seq);
        if seq.min(head) <= read {
            // There already: the usual case for the second of two sessions that show the same.
            return Ok(false);
        }
        let marked = self
            .storage
            .write(move |transaction| transaction.mark(&id, &account, seq));
        marked.await.map_err(refusal)?;
        self.tell_standing(core, who, room).await?;
        Ok(true)
    }

    /// Tells the account's other sessions what the store has of its marker, as of what was published last.
    pub(crate) async fn tell_standing(
        &self,
        core: &Core,
        who: &Arc<Person>,
        room: &Arc<Room>,
    ) -> Result<(), Refusal> {
        let (id, account) = (room.id, who.id);
        for tries in 1..=MAX_READS {
            let target = room.read_target(&account);
            let standing = self
                .storage
                .read(move |reader| {
                    let Some(standing) = reader.standing(&id, &account)? else {
                        return Ok(None);
                    };
                    let said = reader.said_at(&id, standing.read)?;
                    let until = reader.read_until(&account, target)?.max(said);
                    Ok::<_, StoreError>(Some((standing, until)))
                })
                .await
                .map_err(refusal)?;
            let Some((standing, until)) = standing else {
                return Ok(());
            };
            let state = room.state();
            let published = state.head.is_some_and(|head| {
                head.log == standing.room.counts.log && head.seq == standing.room.counts.seq
            });
            if published || tries == MAX_READS {
                let mark = Mark {
                    seq: standing.read,
                    unread: standing.unread,
                    mentions: standing.mentions,
                    until,
                };
                state.tell_mark(self, room, who, core.number, mark);
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Room {
    /// In a room that keeps no events: moves the marker to the newest one up to then, and tells the
    /// account's other sessions. False if it is another room.
    pub(crate) fn mark_until_in_memory(
        &self,
        engine: &Engine,
        who: &Person,
        but: u64,
        until: Timestamp,
    ) -> bool {
        let mut state = self.state();
        if !state.is_ram() {
            return false;
        }
        let read = state.ram.iter().filter(|kept| kept.event.at <= until);
        let seq = read.map(|kept| kept.event.seq).max().unwrap_or(0);
        state.mark_in_memory(who.id, seq);
        let (seq, unread, mentions) = state.standing_in_memory(&who.id);
        let mark = Mark {
            seq,
            unread,
            mentions,
            until: Some(until.max(state.said_by(seq).unwrap_or(until))),
        };
        state.tell_mark(engine, self, who, but, mark);
        true
    }

    /// In a room that keeps no events: when the newest message that this account has read was said.
    pub(crate) fn read_in_memory(&self, account: &AccountId) -> Option<Timestamp> {
        let state = self.state();
        let (read, ..) = state.is_ram().then(|| state.standing_in_memory(account))?;
        state.said_by(read)
    }
}

impl State {
    /// Of what is kept in memory: when the newest message up to this number was said.
    fn said_by(&self, seq: u64) -> Option<Timestamp> {
        let said = self.ram.iter().filter(|kept| kept.event.seq <= seq);
        let said = said.filter(|kept| matches!(kept.event.content, Content::Message { .. }));
        said.map(|kept| kept.event.at).max()
    }

    /// Tells an account's sessions in this room, but the one of this number, where its marker is.
    pub(crate) fn tell_mark(
        &self,
        engine: &Engine,
        room: &Room,
        who: &Person,
        but: u64,
        mark: Mark,
    ) {
        let mut delivery = None;
        // Theirs are few, and those who hear the room may be thousands.
        for core in engine.online.sessions_of(&who.id) {
            if core.number == but || !self.readers.contains_key(&core.number) {
                continue;
            }
            let delivery = delivery.get_or_insert_with(|| {
                let marked = self.marked(engine, room, who, mark);
                Arc::new(Delivery::new(Event::Marked(marked)))
            });
            // It does not last: a list of rooms has it too.
            let _full = core.outbox.push(delivery);
        }
    }

    /// An account's marker as its sessions are told of it.
    pub(crate) fn marked(&self, engine: &Engine, room: &Room, who: &Person, mark: Mark) -> Marked {
        Marked {
            room: self.label(engine, who),
            room_id: room.id,
            seq: mark.seq,
            unread: mark.unread,
            mentions: mark.mentions,
            until: mark.until,
        }
    }
}
