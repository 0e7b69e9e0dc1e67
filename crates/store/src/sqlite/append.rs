//! The hot path: many events appended to many logs in one transaction.
//!
//! Each room's counters and each actor's are kept in memory while events are numbered, and written back
//! once at the end of a call; so are the authors' read markers.

use std::collections::BTreeMap;

use rusqlite::{CachedStatement, Connection, params};
use snug_proto::{RoomId, Timestamp};
use snug_rules::{Authority, Change, Content, Retention};

use super::{
    friends::closed_among,
    log,
    memo::{Actor, Log, Memo},
    order,
    people::account_no,
    retention, rooms,
    rows::{Sql, columns, event_kind, int},
    talking::{self, Reacting},
};
use crate::{Append, AppendRefused, Appended, KeyUse, StoreError};

/// What one append comes to, or the failure that ends the transaction.
type Outcome = Result<Result<Appended, AppendRefused>, StoreError>;

pub(super) fn append(
    connection: &Connection,
    memo: &mut Memo,
    appends: &[Append],
    now: Timestamp,
) -> Result<Vec<Result<Appended, AppendRefused>>, StoreError> {
    let mut batch = Batch::new(connection, memo, now)?;
    let outcomes = appends
        .iter()
        .map(|append| batch.one(append))
        .collect::<Result<_, _>>()?;
    batch.write_back()?;
    Ok(outcomes)
}

struct Batch<'a> {
    connection: &'a Connection,
    memo: &'a mut Memo,
    now: Timestamp,
    /// The rooms whose logs changed.
    changed: Vec<RoomId>,
    /// By account and room: the seq and messages of the author's newest message.
    markers: BTreeMap<(i64, i64), (u64, u64)>,
    insert_event: CachedStatement<'a>,
    insert_key: CachedStatement<'a>,
}

impl<'a> Batch<'a> {
    fn new(
        connection: &'a Connection,
        memo: &'a mut Memo,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            memo,
            now,
            changed: Vec::new(),
            markers: BTreeMap::new(),
            insert_event: connection.prepare_cached(
                "INSERT INTO event (room, seq, at, messages, actor, kind, of, body, subject, mentions, \
                 manner) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?,
            insert_key: connection.prepare_cached(
                "INSERT INTO retry_key (account, key, digest, room, life, seq, at, made_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?,
        })
    }

    fn one(&mut self, append: &Append) -> Outcome {
        let Some(actor) = self.memo.actor(self.connection, &append.entry.actor)? else {
            return Ok(Err(AppendRefused::Stale));
        };
        // Taken out and put back, so that the rest of the batch can be used beside it.
        let Some(mut log) = self.memo.take_log(self.connection, &append.room)? else {
            return Ok(Err(AppendRefused::Stale));
        };
        let known = log.changed;
        let outcome = self.to(&mut log, actor, append);
        if log.changed && !known {
            self.changed.push(append.room);
        }
        self.memo.put_log(append.room, log);
        outcome
    }

    fn to(&mut self, log: &mut Log, actor: Actor, append: &Append) -> Outcome {
        let content = &append.entry.content;
        let fresh = log.rules == append.expect.room_rules
            && actor.rules == append.expect.account_rules
            && (append.apart.is_empty()
                || closed_among(self.connection, actor.account, &append.apart)?.is_empty());
        let key = append.key.as_ref().filter(|_| append.keep);
        let message = matches!(content, Content::Message { .. });
        // A retry is answered as the first try was, whatever changed since. A message that may be
        // appended finds out as its key is inserted, which costs no search of its own.
        if let Some((key, digest)) = key
            && !(message && fresh)
            && let Some(answer) = self.used(actor, key, digest)?
        {
            return Ok(answer);
        }
        if !fresh {
            return Ok(Err(AppendRefused::Stale));
        }
        if append.keep && !self.has_target(log, content)? {
            return Ok(Err(AppendRefused::Gone));
        }
        if let Err(refused) = self.change_members(log, actor, append)? {
            return Ok(Err(refused));
        }
        if let Some(id) = &append.begin_log {
            self.markers.retain(|(_, room), _| *room != log.room);
            rooms::begin_log(self.connection, log, id)?;
        }
        let seq = log.seq + 1;
        let at = self.now.max(log.last_at);
        let messages = log.messages + u64::from(message);
        if append.keep
            && let Some(answer) = self.react(log, actor, content, seq)?
        {
            return Ok(answer);
        }
        if let Some((key, digest)) = key
            && let Some(answer) = self.use_key(log, actor, (key, digest), (seq, at))?
        {
            return Ok(answer);
        }
        if append.keep {
            let columns = columns(content);
            let subject = match &columns.subject {
                Some(id) => Some(account_no(self.connection, id)?),
                None => None,
            };
            self.insert_event.execute(params![
                log.room,
                int(seq),
                Sql(at),
                int(messages),
                actor.account,
                columns.kind,
                columns.of,
                columns.body,
                subject,
                columns.mentions,
                columns.manner
            ])?;
        }
        match content {
            Content::Message { about, .. } => {
                self.markers
                    .insert((actor.account, log.room), (seq, messages));
                if append.keep && !about.mentions.is_empty() {
                    talking::mention(self.connection, log.room, seq, &about.mentions)?;
                }
            }
            Content::Deleted { of, reason, by } => {
                match by {
                    Authority::Room => log::blank(self.connection, log.room, *of)?,
                    Authority::Server => log::purge(self.connection, log.room, *of)?,
                }
                order::audit_deletion(self.connection, append, (*of, reason), at)?;
            }
            Content::Restored { of, .. } => log::restore(self.connection, log.room, *of)?,
            Content::Joined => log.members += 1,
            Content::Left { .. } => log.members = log.members.saturating_sub(1),
            Content::Edited { .. }
            | Content::Reacted { .. }
            | Content::Unreacted { .. }
            | Content::Tagged { .. } => {}
            Content::Changed { change, .. } => {
                if let Change::Settings(settings) = change
                    && settings.changes.retention == Some(Retention::Ram)
                {
                    // All of it is out of sight at once, and loses its words soon after (DECISIONS 23).
                    retention::set_first(self.connection, log.room, seq + 1)?;
                }
            }
        }
        if content.changes_rules() {
            log.rules = append.rules_after;
        }
        log.seq = seq;
        log.messages = messages;
        log.last_at = at;
        log.changed = true;
        Ok(Ok(Appended::New { seq, at, messages }))
    }

    /// Adds or removes the membership that a joining or leaving is about, and makes the changes of order;
    /// stale if it was so already.
    fn change_members(
        &self,
        log: &mut Log,
        actor: Actor,
        append: &Append,
    ) -> Result<Result<(), AppendRefused>, StoreError> {
        let changed = match &append.entry.content {
            Content::Joined => {
                order::uninvite(self.connection, log.room, actor.account)?;
                self.connection
                    .prepare_cached(
                        "INSERT INTO member (room, account, joined, messages) \
                         VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![
                        log.room,
                        actor.account,
                        int(log.seq + 1),
                        int(log.messages)
                    ])?
            }
            Content::Changed { change, .. } => {
                let what = (append, change);
                match order::change(self.connection, log.room, what, self.now)? {
                    Ok(changed) => log.members = log.members.saturating_sub(changed.removed),
                    Err(refused) => return Ok(Err(refused)),
                }
                1
            }
            Content::Left { .. } => self
                .connection
                .prepare_cached("DELETE FROM member WHERE room = ?1 AND account = ?2")?
                .execute(params![log.room, actor.account])?,
            Content::Message { .. }
            | Content::Edited { .. }
            | Content::Deleted { .. }
            | Content::Restored { .. }
            | Content::Reacted { .. }
            | Content::Unreacted { .. }
            | Content::Tagged { .. } => 1,
        };
        Ok(if changed == 1 {
            Ok(())
        } else {
            Err(AppendRefused::Stale)
        })
    }

    /// Is the message there that this is about, if it is about one?
    fn has_target(&self, log: &Log, content: &Content) -> Result<bool, StoreError> {
        let (of, kind) = match content {
            Content::Edited { of, .. } | Content::Reacted { of, .. } => (of, event_kind::MESSAGE),
            Content::Restored { of, .. } => (of, event_kind::PURGED_MESSAGE),
            _ => return Ok(true),
        };
        log::is_of_kind(self.connection, log.room, *of, kind)
    }

    /// Puts a reaction where it is not yet, or takes one away; the answer if nothing is to be appended.
    fn react(
        &self,
        log: &Log,
        actor: Actor,
        content: &Content,
        seq: u64,
    ) -> Result<Option<Result<Appended, AppendRefused>>, StoreError> {
        let answer = match content {
            Content::Reacted { of, emoji } => {
                let on = (log.room, *of);
                match talking::react(self.connection, on, actor.account, emoji, seq)? {
                    Reacting::New => None,
                    Reacting::Already(before) => {
                        let used = log::event_as_use(self.connection, log.room, before)?;
                        Some(used.map(Appended::Again).ok_or(AppendRefused::Stale))
                    }
                    Reacting::TooMany => Some(Err(AppendRefused::TooMany)),
                }
            }
            Content::Unreacted { of, emoji } => {
                let from = (log.room, *of);
                let removed = talking::unreact(self.connection, from, actor.account, emoji)?;
                (!removed).then_some(Err(AppendRefused::Unchanged))
            }
            _ => None,
        };
        Ok(answer)
    }

    /// Records the key; the answer if it was used before.
    fn use_key(
        &mut self,
        log: &Log,
        actor: Actor,
        (key, digest): (&str, &[u8; 32]),
        (seq, at): (u64, Timestamp),
    ) -> Result<Option<Result<Appended, AppendRefused>>, StoreError> {
        let row = params![
            actor.account,
            key,
            digest,
            log.room,
            log.life,
            int(seq),
            Sql(at),
            Sql(self.now)
        ];
        if self.insert_key.execute(row)? == 1 {
            return Ok(None);
        }
        let answer = self.used(actor, key, digest)?;
        if answer.is_none() {
            // Past its lifetime (DECISIONS 35) or its log's, and not swept up yet.
            self.connection
                .prepare_cached("DELETE FROM retry_key WHERE account = ?1 AND key = ?2")?
                .execute(params![actor.account, key])?;
            self.insert_key.execute(row)?;
        }
        Ok(answer)
    }

    /// The answer to a request whose key was used before.
    fn used(
        &self,
        actor: Actor,
        key: &str,
        digest: &[u8; 32],
    ) -> Result<Option<Result<Appended, AppendRefused>>, StoreError> {
        let used = log::used(self.connection, actor.account, key, self.now)?;
        Ok(used.map(|used: KeyUse| {
            if used.digest == *digest {
                Ok(Appended::Again(used))
            } else {
                Err(AppendRefused::KeyReused)
            }
        }))
    }

    fn write_back(mut self) -> Result<(), StoreError> {
        let mut update = self.connection.prepare_cached(
            "UPDATE log SET seq = ?2, messages = ?3, last_at = ?4, rules = ?5, members = ?6 \
             WHERE room = ?1",
        )?;
        self.changed.sort_unstable();
        for room in &self.changed {
            let Some(log) = self.memo.log_mut(room) else {
                continue;
            };
            log.changed = false;
            update.execute(params![
                log.room,
                int(log.seq),
                int(log.messages),
                Sql(log.last_at),
                int(log.rules),
                int(log.members)
            ])?;
        }
        // The newest message of a log is past every marker in it.
        let mut mark = self.connection.prepare_cached(
            "INSERT INTO marker (account, room, seq, messages) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET seq = excluded.seq, messages = excluded.messages",
        )?;
        for ((account, room), (seq, messages)) in self.markers {
            mark.execute(params![account, room, int(seq), int(messages)])?;
        }
        Ok(())
    }
}
