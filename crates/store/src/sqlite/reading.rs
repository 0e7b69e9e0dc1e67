//! Until when accounts say they have read.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, RoomId, Timestamp};

use super::{
    people::account_no,
    reader::SqliteReader,
    reads::events::first_since,
    rooms::room_no,
    rows::{Sql, count, event_kind, int},
    writer::SqliteTransaction,
};
use crate::{ReadTarget, ReadUntilReads, ReadUntilWrites, StoreError};

impl ReadUntilWrites for SqliteTransaction<'_> {
    fn set_read_until(
        &mut self,
        account: &AccountId,
        target: ReadTarget,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO read_until (account, target, until) VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                )?
                .execute(params![
                    account_no(connection, account)?,
                    target.bytes(),
                    Sql(until)
                ])?;
            Ok(())
        })
    }
}

impl ReadUntilReads for SqliteReader {
    fn read_until(
        &mut self,
        account: &AccountId,
        target: ReadTarget,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT until FROM read_until WHERE target = ?2 \
                     AND account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_row(params![Sql(account), target.bytes()], |row| {
                    Ok(row.get::<_, Sql<_>>(0)?.0)
                })
                .optional()?;
            Ok(found)
        })
    }

    fn said_at(&mut self, room: &RoomId, seq: u64) -> Result<Option<Timestamp>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT at FROM event WHERE room = ?1 AND seq <= ?2 AND kind IN (?3, ?4, ?5) \
                     ORDER BY seq DESC LIMIT 1",
                )?
                .query_row(
                    params![
                        room_no(connection, room)?,
                        int(seq),
                        event_kind::MESSAGE,
                        event_kind::BLANK_MESSAGE,
                        event_kind::PURGED_MESSAGE
                    ],
                    |row| Ok(row.get::<_, Sql<_>>(0)?.0),
                )
                .optional()?;
            Ok(found)
        })
    }

    fn seq_at(&mut self, room: &RoomId, until: Timestamp) -> Result<u64, StoreError> {
        self.run(|connection| seq_at(connection, room, until))
    }
}

fn seq_at(connection: &Connection, room: &RoomId, until: Timestamp) -> Result<u64, StoreError> {
    let room = room_no(connection, room)?;
    let (first, head): (u64, u64) = connection
        .prepare_cached("SELECT first, seq FROM log WHERE room = ?1")?
        .query_row([room], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
    let next = first_since(connection, room, (first, head), until.plus_ms(1))?;
    Ok(next.saturating_sub(1))
}
