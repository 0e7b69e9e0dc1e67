//! What the writer remembers from one transaction to the next: the counters of logs and actors, which
//! nearly every append needs and nearly nobody else changes.
//!
//! It is right as long as nothing changed those rows behind it. Other connections' commits show in
//! SQLite's data version, looked at under the write lock; what this writer does itself other than by
//! appending, and whatever is undone, makes it forget.

use std::collections::{HashMap, hash_map};

use rusqlite::{Connection, OptionalExtension};
use snug_proto::{AccountId, RoomId, Timestamp};

use super::rows::{Sql, count};
use crate::StoreError;

/// Past so many logs and actors it begins anew: about 2 MiB.
const MAX_ENTRIES: usize = 16_384;

/// A log's counters.
pub(super) struct Log {
    pub(super) room: i64,
    pub(super) life: i64,
    pub(super) seq: u64,
    pub(super) messages: u64,
    pub(super) last_at: Timestamp,
    pub(super) rules: u64,
    pub(super) members: u64,
    /// It differs from its row.
    pub(super) changed: bool,
}

/// An account that acts.
#[derive(Clone, Copy)]
pub(super) struct Actor {
    pub(super) account: i64,
    pub(super) rules: u64,
}

/// See the module.
#[derive(Default)]
pub(super) struct Memo {
    version: Option<i64>,
    logs: HashMap<RoomId, Log>,
    actors: HashMap<AccountId, Actor>,
}

impl Memo {
    pub(super) fn forget(&mut self) {
        self.version = None;
        self.logs.clear();
        self.actors.clear();
    }

    /// Forgets what others may have changed. To be called with the write lock taken.
    pub(super) fn check(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let version = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.version != Some(version) || self.logs.len() + self.actors.len() > MAX_ENTRIES {
            self.forget();
        }
        self.version = Some(version);
        Ok(())
    }

    /// Takes a log out, to be put back when it was changed.
    pub(super) fn take_log(
        &mut self,
        connection: &Connection,
        id: &RoomId,
    ) -> Result<Option<Log>, StoreError> {
        if let Some(log) = self.logs.remove(id) {
            return Ok(Some(log));
        }
        let log = connection
            .prepare_cached(
                "SELECT l.room, l.seq, l.messages, l.last_at, l.rules, l.members, l.life \
                 FROM room r JOIN log l ON l.room = r.no WHERE r.id = ?1",
            )?
            .query_row([Sql(id)], |row| {
                Ok(Log {
                    room: row.get(0)?,
                    seq: count(row, 1)?,
                    messages: count(row, 2)?,
                    last_at: row.get::<_, Sql<_>>(3)?.0,
                    rules: count(row, 4)?,
                    members: count(row, 5)?,
                    life: row.get(6)?,
                    changed: false,
                })
            })
            .optional()?;
        Ok(log)
    }

    pub(super) fn put_log(&mut self, id: RoomId, log: Log) {
        self.logs.insert(id, log);
    }

    /// A log that was put back before.
    pub(super) fn log_mut(&mut self, id: &RoomId) -> Option<&mut Log> {
        self.logs.get_mut(id)
    }

    pub(super) fn actor(
        &mut self,
        connection: &Connection,
        id: &AccountId,
    ) -> Result<Option<Actor>, StoreError> {
        let entry = match self.actors.entry(*id) {
            hash_map::Entry::Occupied(entry) => return Ok(Some(*entry.get())),
            hash_map::Entry::Vacant(entry) => entry,
        };
        let actor = connection
            .prepare_cached("SELECT no, rules FROM account WHERE id = ?1")?
            .query_row([Sql(id)], |row| {
                Ok(Actor {
                    account: row.get(0)?,
                    rules: count(row, 1)?,
                })
            })
            .optional()?;
        // Nobody is remembered to be absent: somebody may come to be in this very transaction.
        Ok(actor.map(|actor| *entry.insert(actor)))
    }
}
