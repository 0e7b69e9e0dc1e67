//! Pruning logs from the oldest, and giving the space back.
//!
//! Words go as they do when a message is deleted: blanks are written over them, so that no row shrinks
//! (see `log::blank`). A row out of sight stays where it is until there are many of them side by side.
//! Then the inner ones are deleted, with a rim of them left standing: pages that SQLite lays out anew as
//! rows go are never ones that hold anybody's words, of which they could keep a copy.

#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{LogId, Retention, RoomId, Timestamp};

use super::{
    log,
    reader::SqliteReader,
    reads::events::first_since,
    rooms::{self, room_no},
    rows::{Sql, count, event_kind, int},
    writer::SqliteTransaction,
};
use crate::{Pruning, PruningReads, StoreError};

/// A day, as `room.retention` counts them above a thousand.
const DAY_MS: i64 = 24 * 3_600_000;
/// Rows looked at for space to give back, in one round.
const ROWS_A_ROUND: u32 = 10_000;
/// What a rim weighs at least: five pages. SQLite lays out a page anew together with two beside it at
/// most.
const RIM_BYTES: i64 = 5 * 4096;

impl Pruning for SqliteTransaction<'_> {
    fn expire(&mut self, room: &RoomId, cutoff: Timestamp) -> Result<Option<u64>, StoreError> {
        self.change(|connection| expire(connection, room, cutoff))
    }

    fn erase(&mut self, most: u32) -> Result<u32, StoreError> {
        let erased = self.run(|connection| erase(connection, most))?;
        if erased > 0 {
            self.words_left();
        }
        Ok(erased)
    }

    fn keep_for(
        &mut self,
        room: &RoomId,
        retention: Retention,
        log: &LogId,
    ) -> Result<(), StoreError> {
        self.change(|connection| keep_for(connection, room, retention, log))
    }
}

impl PruningReads for SqliteReader {
    fn expired(
        &mut self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(RoomId, Timestamp)>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT r.id, max(0, ?1 - (r.retention - 1000) * ?2) FROM room r \
                     JOIN log l ON l.room = r.no \
                     JOIN event e ON e.room = l.room AND e.seq = l.first \
                     WHERE r.retention > 1000 AND e.at < ?1 - (r.retention - 1000) * ?2 LIMIT ?3",
                )?
                .query_map(params![Sql(now), DAY_MS, most], |row| {
                    Ok((row.get::<_, Sql<_>>(0)?.0, row.get::<_, Sql<_>>(1)?.0))
                })?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }
}

fn expire(
    connection: &Connection,
    room: &RoomId,
    cutoff: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let room = room_no(connection, room)?;
    let (first, head): (u64, u64) = connection
        .prepare_cached("SELECT first, seq FROM log WHERE room = ?1")?
        .query_row([room], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
    let kept = first_since(connection, room, (first, head), cutoff)?;
    if kept <= first {
        return Ok(None);
    }
    set_first(connection, room, kept)?;
    Ok(Some(kept))
}

/// Moves the beginning of a log, and counts the messages before it.
pub(super) fn set_first(connection: &Connection, room: i64, first: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE log SET first = ?2, pruned = coalesce( \
             (SELECT messages FROM event WHERE room = ?1 AND seq = ?2 - 1), messages) \
             WHERE room = ?1",
        )?
        .execute(params![room, int(first)])?;
    Ok(())
}

fn erase(connection: &Connection, most: u32) -> Result<u32, StoreError> {
    let mut erased = 0;
    while erased < most {
        let next: Option<(i64, u64, u64)> = connection
            .prepare_cached(
                "SELECT room, blanked, first FROM log WHERE blanked < first - 1 LIMIT 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, count(row, 1)?, count(row, 2)?)))
            .optional()?;
        let Some((room, blanked, first)) = next else {
            return Ok(erased);
        };
        let found: Vec<(u64, i64)> = connection
            .prepare_cached(
                "SELECT seq, kind FROM event WHERE room = ?1 AND seq > ?2 AND seq < ?3 \
                 ORDER BY seq LIMIT ?4",
            )?
            .query_map(
                params![room, int(blanked), int(first), most - erased],
                |row| Ok((count(row, 0)?, row.get(1)?)),
            )?
            .collect::<Result<_, _>>()?;
        for (seq, kind) in &found {
            match *kind {
                event_kind::MESSAGE | event_kind::PURGED_MESSAGE => {
                    log::blank(connection, room, *seq)?;
                    forget_about(connection, room, *seq)?;
                }
                _ => blank_details(connection, room, *seq)?,
            }
        }
        // With none left between, all that is out of sight is blank.
        let reached = found.last().map_or(first - 1, |(seq, _)| *seq);
        connection
            .prepare_cached("UPDATE log SET blanked = ?2 WHERE room = ?1")?
            .execute(params![room, int(reached)])?;
        erased += u32::try_from(found.len()).unwrap_or(most);
    }
    Ok(erased)
}

/// Forgets who reacted to a message, and whom it mentioned.
fn forget_about(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM reaction WHERE room = ?1 AND of = ?2",
        "DELETE FROM mention WHERE room = ?1 AND seq = ?2",
    ] {
        connection
            .prepare_cached(sql)?
            .execute(params![room, int(seq)])?;
    }
    Ok(())
}

/// Writes blanks over what an event says that is no message.
fn blank_details(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    let length: Option<u32> = connection
        .prepare_cached("SELECT octet_length(body) FROM event WHERE room = ?1 AND seq = ?2")?
        .query_row(params![room, int(seq)], |row| row.get(0))?;
    if let Some(length) = length {
        let blanks = " ".repeat(usize::try_from(length).unwrap_or_default());
        connection
            .prepare_cached("UPDATE event SET body = ?3 WHERE room = ?1 AND seq = ?2")?
            .execute(params![room, int(seq), blanks])?;
    }
    Ok(())
}

fn keep_for(
    connection: &Connection,
    room: &RoomId,
    retention: Retention,
    log: &LogId,
) -> Result<(), StoreError> {
    let before: Sql<Retention> = connection
        .prepare_cached("SELECT retention FROM room WHERE id = ?1")?
        .query_row([Sql(room)], |row| row.get(0))?;
    connection
        .prepare_cached("UPDATE room SET retention = ?2 WHERE id = ?1")?
        .execute(params![Sql(room), Sql(retention)])?;
    if (before.0 == Retention::Ram) != (retention == Retention::Ram) {
        rooms::renew_log(connection, room, log)?;
    }
    Ok(())
}

/// Deletes rows out of sight that lie among others of their kind; looks at the next rows after `after`
/// and gives where to go on, 0 to begin again.
pub(super) fn give_space_back(connection: &Connection, after: i64) -> Result<i64, StoreError> {
    let pruned = connection
        .prepare_cached("SELECT 1 FROM log WHERE blanked > 0")?
        .exists([])?;
    if !pruned {
        return Ok(0);
    }
    let rows: Vec<(i64, i64, bool)> = connection
        .prepare_cached(
            "SELECT e.rowid, coalesce(octet_length(e.body), 0), e.seq <= l.blanked FROM event e \
             JOIN log l ON l.room = e.room WHERE e.rowid > ?1 ORDER BY e.rowid LIMIT ?2",
        )?
        .query_map(params![after, ROWS_A_ROUND], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    for run in rows.chunk_by(|one, next| one.2 == next.2) {
        if let Some((from, to)) = inner(run) {
            connection
                .prepare_cached("DELETE FROM event WHERE rowid BETWEEN ?1 AND ?2")?
                .execute([from, to])?;
        }
    }
    let whole = rows.len() >= usize::try_from(ROWS_A_ROUND).unwrap_or(usize::MAX);
    Ok(rows.last().filter(|_| whole).map_or(0, |row| row.0))
}

/// The first and last row of a run of rows out of sight, without the rims.
fn inner(run: &[(i64, i64, bool)]) -> Option<(i64, i64)> {
    run.first().filter(|row| row.2)?;
    let within = |rows: &mut dyn Iterator<Item = &(i64, i64, bool)>| {
        let mut rim = 0;
        let mut past = rows.skip_while(|row| {
            // Of a long row its page holds a part, of which this is the least.
            rim += if row.1 > 4000 { 489 } else { row.1 + 20 };
            rim < RIM_BYTES
        });
        past.nth(1).map(|row| row.0)
    };
    let from = within(&mut run.iter())?;
    let to = within(&mut run.iter().rev())?;
    (from <= to).then_some((from, to))
}
