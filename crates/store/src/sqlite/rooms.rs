//! Writing what is about rooms, other than events: making one, renewing its log, read markers.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, LogId, RoomId};
use snug_rules::RoomKind;

use super::{
    memo::Log,
    people::{NOBODY, ROOM_NAME, account_no},
    rows::{Sql, count, event_kind, int, room_kind},
    spelling::{Named, Spelling, refuse_lately, refuse_look_alike},
};
use crate::{NewRoom, StoreError};

/// The number of a room, as other rows name it.
pub(super) fn room_no(connection: &Connection, id: &RoomId) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT no FROM room WHERE id = ?1")?
        .query_row([Sql(id)], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::Failed(format!("there is no room {id}")))
}

pub(super) fn create(connection: &Connection, new: &NewRoom) -> Result<(), StoreError> {
    let (kind, one, other) = match &new.kind {
        RoomKind::Lobby => (room_kind::LOBBY, None, None),
        RoomKind::Ordinary => (room_kind::ORDINARY, None, None),
        RoomKind::Direct(one, other) => (
            room_kind::DIRECT,
            Some(account_no(connection, one)?),
            Some(account_no(connection, other)?),
        ),
    };
    let founder = match &new.founder {
        Some(id) => Some(account_no(connection, id)?),
        None => None,
    };
    let skeleton = new.name.as_ref().map(snug_proto::RoomName::skeleton);
    let spelling = new.name.as_ref().map(Spelling::from).unwrap_or_default();
    if let Some(skeleton) = &skeleton {
        let looks = (skeleton.as_str(), spelling.look.as_deref());
        refuse_lately(connection, ROOM_NAME, looks, None, new.created_at)?;
        refuse_look_alike(connection, Named::Room, looks, NOBODY)?;
    }
    connection
        .prepare_cached(
            "INSERT INTO room (id, kind, one, other, name, skeleton, access, password_tag, history, \
             retention, founder, created_at, listed, written, look) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            Sql(&new.id),
            kind,
            one,
            other,
            spelling.folded,
            skeleton,
            Sql(new.access),
            new.password_tag,
            Sql(new.history),
            Sql(new.retention),
            founder,
            Sql(new.created_at),
            new.listed,
            spelling.written,
            spelling.look,
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO log (room, id, life, first, seq, messages, last_at, rules, members) \
             VALUES (?1, ?2, 0, 1, 0, 0, 0, 0, 0)",
        )?
        .execute(params![connection.last_insert_rowid(), Sql(&new.log)])?;
    Ok(())
}

/// What refers to events of a log by their numbers, and goes as they do.
const NUMBERED: &[&str] = &[
    "DELETE FROM marker WHERE room = ?1",
    "DELETE FROM mention WHERE room = ?1",
    "DELETE FROM reaction WHERE room = ?1",
    "UPDATE member SET joined = 0, messages = 0 WHERE room = ?1",
];

/// The log begins again: no events in sight, no markers, no good keys of its old life, and every member there
/// from the start. Its time goes on, and its rules advance because joinings moved.
pub(super) fn renew_log(
    connection: &Connection,
    room: &RoomId,
    log: &LogId,
) -> Result<(), StoreError> {
    let room = room_no(connection, room)?;
    for sql in NUMBERED {
        connection.prepare_cached(sql)?.execute([room])?;
    }
    connection
        .prepare_cached(
            "UPDATE log SET id = ?2, life = life + 1, messages = 0, pruned = 0, rules = rules + 1, \
             seq = iif(EXISTS (SELECT 1 FROM event WHERE room = ?1), seq, 0), \
             first = iif(EXISTS (SELECT 1 FROM event WHERE room = ?1), seq, 0) + 1 \
             WHERE room = ?1",
        )?
        .execute(params![room, Sql(log)])?;
    Ok(())
}

/// The same amid appends: their counters are written back later, and what this one brings moves the rules.
pub(super) fn begin_log(
    connection: &Connection,
    log: &mut Log,
    id: &LogId,
) -> Result<(), StoreError> {
    for sql in NUMBERED {
        connection.prepare_cached(sql)?.execute([log.room])?;
    }
    let held = connection
        .prepare_cached("SELECT 1 FROM event WHERE room = ?1")?
        .exists([log.room])?;
    if !held {
        log.seq = 0;
    }
    log.messages = 0;
    log.life += 1;
    connection
        .prepare_cached(
            "UPDATE log SET id = ?2, life = ?3, pruned = 0, first = ?4 WHERE room = ?1",
        )?
        .execute(params![log.room, Sql(id), log.life, int(log.seq + 1)])?;
    Ok(())
}

/// A new id for every log; nothing else changes.
pub(super) fn rename_logs(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("UPDATE log SET id = randomblob(16)", [])?;
    Ok(())
}

pub(super) fn mark(
    connection: &Connection,
    room: &RoomId,
    account: &AccountId,
    seq: u64,
) -> Result<(), StoreError> {
    let room = room_no(connection, room)?;
    let account = account_no(connection, account)?;
    let (first, head, total): (u64, u64, u64) = connection
        .prepare_cached("SELECT first, seq, messages FROM log WHERE room = ?1")?
        .query_row([room], |row| {
            Ok((count(row, 0)?, count(row, 1)?, count(row, 2)?))
        })?;
    // What is before the first event was pruned, and counts as read.
    let seq = seq.max(first.saturating_sub(1)).min(head);
    let messages = if seq == head {
        total
    } else {
        messages_up_to(connection, room, seq)?
            // A room that keeps no events: count what came after as messages, so that none is hidden.
            .unwrap_or_else(|| total.saturating_sub(head - seq))
    };
    connection
        .prepare_cached(
            "INSERT INTO marker (account, room, seq, messages) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET seq = excluded.seq, messages = excluded.messages \
             WHERE excluded.seq > seq",
        )?
        .execute(params![account, room, int(seq), int(messages)])?;
    Ok(())
}

/// The messages in a log up to `seq`: counted at the first event kept that comes after it, less
/// itself.
fn messages_up_to(connection: &Connection, room: i64, seq: u64) -> Result<Option<u64>, StoreError> {
    let next: Option<(u64, i64)> = connection
        .prepare_cached(
            "SELECT messages, kind FROM event WHERE room = ?1 AND seq > ?2 ORDER BY seq LIMIT 1",
        )?
        .query_row(params![room, int(seq)], |row| {
            Ok((count(row, 0)?, row.get(1)?))
        })
        .optional()?;
    Ok(next.map(|(messages, kind)| match kind {
        event_kind::MESSAGE | event_kind::BLANK_MESSAGE | event_kind::PURGED_MESSAGE => {
            messages.saturating_sub(1)
        }
        _ => messages,
    }))
}
