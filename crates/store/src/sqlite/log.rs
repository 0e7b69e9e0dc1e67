//! Single events of a log: what an edit is about, and the blanking of what was deleted; retry keys.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use snug_proto::{RoomId, Timestamp, limits::KEY_LIFETIME_MS};

use super::{
    rows::{Sql, count, event_kind, int},
    talking,
};
use crate::{KeyUse, StoreError};

/// Is there a message of this number that still has its words?
pub(super) fn is_message(connection: &Connection, room: i64, seq: u64) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM event WHERE room = ?1 AND seq = ?2 AND kind = ?3")?
        .exists(params![room, int(seq), event_kind::MESSAGE])?;
    Ok(found)
}

/// Takes the words out of a message and of all edits of it.
///
/// They are overwritten by as many blanks, so that no row ever shrinks. When rows shrink, SQLite
/// merges pages, and it does not wipe the space that rows leave as a page is laid out anew
/// (`rebuildPage` in its b-tree): copies of words that are deleted later could stay there.
pub(super) fn blank(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT rowid, ?4, octet_length(body) FROM event \
             WHERE room = ?1 AND seq = ?2 AND kind = ?3 \
             UNION ALL SELECT rowid, ?6, octet_length(body) FROM event \
             WHERE room = ?1 AND of = ?2 AND kind = ?5",
        )?
        .query_map(
            params![
                room,
                int(seq),
                event_kind::MESSAGE,
                event_kind::BLANK_MESSAGE,
                event_kind::EDITED,
                event_kind::BLANK_EDIT
            ],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?
        .collect::<Result<Vec<(i64, i64, u32)>>>()?;
    let mut update = connection.prepare_cached(
        "UPDATE event SET kind = ?2, body = ?3, mentions = CASE WHEN mentions IS NOT NULL \
         THEN zeroblob(length(mentions)) END, manner = CASE WHEN manner IS NOT NULL \
         THEN printf('%*s', octet_length(manner), '') END WHERE rowid = ?1",
    )?;
    for (row, kind, length) in found {
        let length = usize::try_from(length).unwrap_or_default();
        update.execute(params![row, kind, " ".repeat(length)])?;
    }
    talking::forget(connection, room, seq)
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
