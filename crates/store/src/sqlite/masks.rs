//! What changes of masks do to rows, and reading them.

use rusqlite::{Connection, params};
use snug_proto::{AccountId, MaskKind, RoomId, Timestamp};
use snug_rules::Sanction;

use super::rows::Sql;
use crate::{MaskRow, StoreError};

/// Puts a mask on a room, in the place of the same one.
pub(super) fn put(
    connection: &Connection,
    room: i64,
    (kind, mask, sanction): (MaskKind, &str, &Sanction),
    (by, at): (&AccountId, Timestamp),
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO room_mask (room, kind, mask, by, at, until, reason) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO UPDATE SET by = excluded.by, at = excluded.at, \
             until = excluded.until, reason = excluded.reason",
        )?
        .execute(params![
            room,
            Sql(kind),
            mask,
            Sql(by),
            Sql(at),
            sanction.until.map(Sql),
            sanction.reason
        ])?;
    Ok(())
}

/// Takes a mask off a room.
pub(super) fn take(
    connection: &Connection,
    room: i64,
    kind: MaskKind,
    mask: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM room_mask WHERE room = ?1 AND kind = ?2 AND mask = ?3")?
        .execute(params![room, Sql(kind), mask])?;
    Ok(())
}

pub(super) fn of_room(connection: &Connection, room: &RoomId) -> Result<Vec<MaskRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT m.kind, m.mask, m.by, m.at, m.until, m.reason \
             FROM room r JOIN room_mask m ON m.room = r.no WHERE r.id = ?1 ORDER BY m.at, m.mask",
        )?
        .query_map([Sql(room)], |row| {
            Ok(MaskRow {
                kind: row.get::<_, Sql<_>>(0)?.0,
                mask: row.get(1)?,
                by: row.get::<_, Sql<_>>(2)?.0,
                at: row.get::<_, Sql<_>>(3)?.0,
                sanction: Sanction {
                    until: row.get::<_, Option<Sql<_>>>(4)?.map(|until| until.0),
                    reason: row.get(5)?,
                },
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
