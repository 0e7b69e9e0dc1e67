//! Single events of a log: what an edit is about, and the blanking of what was deleted; retry keys.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use snug_proto::{RoomId, Timestamp, limits::KEY_LIFETIME_MS};

use super::{
    rows::{Sql, count, event_kind, int},
    talking,
};
use crate::{KeyUse, StoreError};

/// The newest words of the message that event `e` is about, if it has any. The kinds are spelled out, so that the index
/// of edits serves.
pub(super) const NEWEST: &str = "(SELECT coalesce((SELECT x.body FROM event x WHERE x.room = e.room AND x.of = e.of \
     AND x.kind = 5 ORDER BY x.seq DESC LIMIT 1), m.body) FROM event m \
     WHERE m.room = e.room AND m.seq = e.of AND m.kind = 2)";

/// Is the event of this number of this kind?
pub(super) fn is_of_kind(
    connection: &Connection,
    room: i64,
    seq: u64,
    kind: i64,
) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM event WHERE room = ?1 AND seq = ?2 AND kind = ?3")?
        .exists(params![room, int(seq), kind])?;
    Ok(found)
}

/// Puts the words of a message and of all edits of it out of sight; they stand where they are.
pub(super) fn purge(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    change_kinds(
        connection,
        (room, seq),
        (event_kind::MESSAGE, event_kind::PURGED_MESSAGE),
        (event_kind::EDITED, event_kind::PURGED_EDIT),
    )?;
    talking::unmention(connection, room, seq)
}

/// Undoes that. The taking back says from now on that the message is there again, so that whoever reads the log
/// from there finds it so.
pub(super) fn restore(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    change_kinds(
        connection,
        (room, seq),
        (event_kind::PURGED_MESSAGE, event_kind::MESSAGE),
        (event_kind::PURGED_EDIT, event_kind::EDITED),
    )?;
    connection
        .prepare_cached("UPDATE event SET kind = ?3 WHERE room = ?1 AND of = ?2 AND kind = ?4")?
        .execute(params![
            room,
            int(seq),
            event_kind::RESTORED,
            event_kind::DELETED
        ])?;
    talking::mention_again(connection, room, seq)
}

/// Makes a message another kind of message, and all edits of it another kind of edit.
fn change_kinds(
    connection: &Connection,
    (room, seq): (i64, u64),
    (message, becomes): (i64, i64),
    (edit, edit_becomes): (i64, i64),
) -> Result<()> {
    connection
        .prepare_cached("UPDATE event SET kind = ?4 WHERE room = ?1 AND seq = ?2 AND kind = ?3")?
        .execute(params![room, int(seq), message, becomes])?;
    connection
        .prepare_cached("UPDATE event SET kind = ?4 WHERE room = ?1 AND of = ?2 AND kind = ?3")?
        .execute(params![room, int(seq), edit, edit_becomes])?;
    Ok(())
}

/// Takes the words out of what was purged and cannot be had back any more, of at most so many messages and edits.
/// How many.
pub(super) fn blank_purged(
    connection: &Connection,
    now: Timestamp,
    most: u32,
) -> Result<u32, StoreError> {
    let due: Vec<i64> = connection
        .prepare_cached("SELECT account FROM purge WHERE until <= ?1")?
        .query_map([Sql(now)], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut blanked = 0;
    for account in due {
        let found: Vec<(i64, i64, u64)> = connection
            .prepare_cached(
                // Spelled as the index is.
                "SELECT rowid, room, CASE kind WHEN 9 THEN seq ELSE of END FROM event \
                 WHERE actor = ?1 AND kind IN (9, 10) LIMIT ?2",
            )?
            .query_map(params![account, most - blanked], |row| {
                Ok((row.get(0)?, row.get(1)?, count(row, 2)?))
            })?
            .collect::<Result<_>>()?;
        for (row, room, message) in &found {
            blank_row(connection, *row)?;
            talking::forget(connection, *room, *message)?;
        }
        blanked += u32::try_from(found.len()).unwrap_or(most);
        if blanked >= most {
            break;
        }
        connection
            .prepare_cached("DELETE FROM purge WHERE account = ?1")?
            .execute([account])?;
    }
    Ok(blanked)
}

/// Takes the words out of a message and of all edits of it.
///
/// They are overwritten by as many blanks, so that no row ever shrinks. When rows shrink, SQLite
/// merges pages, and it does not wipe the space that rows leave as a page is laid out anew
/// (`rebuildPage` in its b-tree): copies of words that are deleted later could stay there.
pub(super) fn blank(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT rowid FROM event WHERE room = ?1 AND seq = ?2 AND kind IN (2, 9) \
             UNION ALL SELECT rowid FROM event WHERE room = ?1 AND of = ?2 AND kind IN (5, 10)",
        )?
        .query_map(params![room, int(seq)], |row| row.get(0))?
        .collect::<Result<Vec<i64>>>()?;
    for row in found {
        blank_row(connection, row)?;
    }
    talking::forget(connection, room, seq)
}

/// Takes the words out of a message or an edit, purged or not.
fn blank_row(connection: &Connection, row: i64) -> Result<()> {
    let (kind, length): (i64, u32) = connection
        .prepare_cached("SELECT kind, octet_length(body) FROM event WHERE rowid = ?1")?
        .query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let blank = match kind {
        event_kind::MESSAGE | event_kind::PURGED_MESSAGE => event_kind::BLANK_MESSAGE,
        _ => event_kind::BLANK_EDIT,
    };
    let length = usize::try_from(length).unwrap_or_default();
    connection
        .prepare_cached(
            "UPDATE event SET kind = ?2, body = ?3, mentions = CASE WHEN mentions IS NOT NULL \
             THEN zeroblob(length(mentions)) END, manner = CASE WHEN manner IS NOT NULL \
             THEN printf('%*s', octet_length(manner), '') END WHERE rowid = ?1",
        )?
        .execute(params![row, blank, " ".repeat(length)])?;
    Ok(())
}

/// Is `e` an event with words beside what happened: a reason of leaving or taking back, or a tag?
pub(super) const IS_ASIDE: &str = "(e.kind IN (4, 6, 22) AND trim(e.body, ' {}') <> '')";

/// Takes the words out of an event that holds them beside what happened; as in [`blank`], no row shrinks.
pub(super) fn blank_aside(
    connection: &Connection,
    room: &RoomId,
    seq: u64,
) -> std::result::Result<(), StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT e.rowid, e.kind, octet_length(e.body) FROM event e \
             JOIN room r ON r.no = e.room WHERE r.id = ?1 AND e.seq = ?2 AND e.body IS NOT NULL",
        )?
        .query_row(params![Sql(room), int(seq)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((row, kind, length)): Option<(i64, i64, u32)> = found else {
        return Ok(());
    };
    let length = usize::try_from(length).unwrap_or_default();
    let (kind, body) = match kind {
        event_kind::LEFT | event_kind::DELETED => (kind, " ".repeat(length)),
        event_kind::EDITED => (event_kind::BLANK_EDIT, " ".repeat(length)),
        // None, as they are written.
        event_kind::TAGGED => (
            kind,
            format!("{{{}}}", " ".repeat(length.saturating_sub(2))),
        ),
        _ => return Ok(()),
    };
    connection
        .prepare_cached("UPDATE event SET kind = ?2, body = ?3 WHERE rowid = ?1")?
        .execute(params![row, kind, body])?;
    Ok(())
}

/// An event as the answer to a request that comes to the same; there is no digest to compare.
pub(super) fn event_as_use(
    connection: &Connection,
    room: i64,
    seq: u64,
) -> std::result::Result<Option<KeyUse>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT zeroblob(32), r.id, e.seq, e.at FROM event e JOIN room r ON r.no = e.room \
             WHERE e.room = ?1 AND e.seq = ?2",
        )?
        .query_row(params![room, int(seq)], key_use)
        .optional()?;
    Ok(found)
}

/// How this account used the key within its lifetime (DECISIONS 35). Room 0 is no room: `seq` is the
/// number of a movement of credits.
pub(super) fn used(
    connection: &Connection,
    account: i64,
    key: &str,
    now: Timestamp,
) -> Result<Option<KeyUse>, StoreError> {
    let oldest = now.ms().saturating_sub(KEY_LIFETIME_MS);
    let used = connection
        .prepare_cached(
            "SELECT k.digest, coalesce(r.id, zeroblob(16)), k.seq, k.at FROM retry_key k \
             LEFT JOIN room r ON r.no = k.room LEFT JOIN log l ON l.room = k.room \
             WHERE k.account = ?1 AND k.key = ?2 AND k.made_at >= ?3 \
             AND (k.room = 0 OR l.life = k.life)",
        )?
        .query_row(params![account, key, int(oldest)], key_use)
        .optional()?;
    Ok(used)
}

/// Records the key of what is in no room; one of an earlier time that is past its lifetime goes.
pub(super) fn keep_key(
    connection: &Connection,
    account: i64,
    (key, digest): (&str, &[u8; 32]),
    no: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO retry_key (account, key, digest, room, life, seq, at, made_at) \
             VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?5)",
        )?
        .execute(params![account, key, digest, no, Sql(now)])?;
    Ok(())
}

/// Of the columns digest, room's id, seq, at.
pub(super) fn key_use(row: &Row<'_>) -> Result<KeyUse> {
    Ok(KeyUse {
        digest: row.get(0)?,
        room: row.get::<_, Sql<_>>(1)?.0,
        seq: count(row, 2)?,
        at: row.get::<_, Sql<_>>(3)?.0,
    })
}
