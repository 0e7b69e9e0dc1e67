//! Single events of a log: what an edit is about, and the blanking of what was deleted.

use rusqlite::{Connection, Result, Row, params};

use super::rows::{Sql, count, event_kind, int};
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
    let mut update =
        connection.prepare_cached("UPDATE event SET kind = ?2, body = ?3 WHERE rowid = ?1")?;
    for (row, kind, length) in found {
        let length = usize::try_from(length).unwrap_or_default();
        update.execute(params![row, kind, " ".repeat(length)])?;
    }
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
