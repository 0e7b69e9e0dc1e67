//! Allowed addresses and the lockdown, in rows.

use rusqlite::{
    Connection, Error, OptionalExtension, Result as SqlResult, Row, params, types::Type,
};
use snug_proto::{AccountId, LockdownLevel, RoomId, Timestamp};
use snug_rules::Network;

use super::{
    log::{self, IS_ASIDE},
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{
    AllowedRow, DoorReads, DoorWrites, LockdownRow, PurgedWords, StoreError, Words, WordsKind,
};

const ON: i64 = 1;
const CLOSED: i64 = 2;

impl DoorWrites for SqliteTransaction<'_> {
    fn allow(
        &mut self,
        network: &Network,
        by: &AccountId,
        at: Timestamp,
        until: Option<Timestamp>,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO allowed_address (network, actor, at, until, reason) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    network.to_string(),
                    Sql(by),
                    Sql(at),
                    until.map(Sql),
                    reason
                ])?;
            Ok(())
        })
    }

    fn disallow(&mut self, network: &Network) -> Result<bool, StoreError> {
        self.run(|connection| {
            let gone = connection
                .prepare_cached("DELETE FROM allowed_address WHERE network = ?1")?
                .execute([network.to_string()])?;
            Ok(gone > 0)
        })
    }

    fn count_allowed(&mut self) -> Result<u64, StoreError> {
        self.run(|connection| {
            let counted = connection
                .prepare_cached("SELECT count(*) FROM allowed_address")?
                .query_row([], |row| count(row, 0))?;
            Ok(counted)
        })
    }

    fn blank_asides(&mut self, asides: &[(RoomId, u64)]) -> Result<(), StoreError> {
        self.erase(|connection| {
            for (room, seq) in asides {
                log::blank_aside(connection, room, *seq)?;
            }
            Ok(())
        })
    }

    fn purge_ends(&mut self, account: &AccountId, until: Timestamp) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO purge (account, until) \
                     SELECT no, ?2 FROM account WHERE id = ?1",
                )?
                .execute(params![Sql(account), Sql(until)])?;
            Ok(())
        })
    }

    fn set_lockdown(&mut self, lockdown: Option<&LockdownRow>) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("DELETE FROM lockdown")?
                .execute([])?;
            let Some(row) = lockdown else { return Ok(()) };
            let level = match row.level {
                LockdownLevel::Off => return Ok(()),
                LockdownLevel::On => ON,
                LockdownLevel::Closed => CLOSED,
            };
            connection
                .prepare_cached(
                    "INSERT INTO lockdown (one, level, until, reason) VALUES (1, ?1, ?2, ?3)",
                )?
                .execute(params![level, Sql(row.until), row.reason])?;
            Ok(())
        })
    }

    fn lockdown_now(&mut self) -> Result<Option<LockdownRow>, StoreError> {
        self.run(lockdown)
    }

    fn lift_lockdown(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        self.run(|connection| {
            let lifted = connection
                .prepare_cached("DELETE FROM lockdown WHERE until <= ?1")?
                .execute([Sql(now)])?;
            Ok(lifted > 0)
        })
    }
}

impl DoorReads for SqliteReader {
    fn allowed(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AllowedRow>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT w.no, w.network, a.name, w.at, w.until, w.reason \
                     FROM allowed_address w LEFT JOIN account a ON a.id = w.actor \
                     WHERE w.no < ?1 ORDER BY w.no DESC LIMIT ?2",
                )?
                .query_map(params![before.map_or(i64::MAX, int), limit], row)?
                .collect::<SqlResult<_>>()?;
            Ok(found)
        })
    }

    fn lockdown(&mut self) -> Result<Option<LockdownRow>, StoreError> {
        self.run(lockdown)
    }

    fn words_since(
        &mut self,
        account: &AccountId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Words>, StoreError> {
        self.run(|connection| {
            // Whole logs are looked through, as in `words_of`: it is asked on a bad night only.
            let found = connection
                .prepare_cached(&format!(
                    "SELECT r.id, CASE WHEN e.kind = 5 AND e.of >= l.first THEN e.of ELSE e.seq END \
                     AS place, e.kind = 2 OR (e.kind = 5 AND e.of >= l.first), min(e.at) \
                     FROM account a JOIN event e ON e.actor = a.no \
                     JOIN room r ON r.no = e.room JOIN log l ON l.room = r.no \
                     WHERE a.id = ?1 AND e.at >= ?2 AND e.seq >= l.first AND (e.kind IN (2, 5) OR {IS_ASIDE}) \
                     GROUP BY r.no, place ORDER BY 4 LIMIT ?3",
                ))?
                .query_map(params![Sql(account), Sql(since), limit], |row| {
                    Ok(Words {
                        room: row.get::<_, Sql<RoomId>>(0)?.0,
                        seq: count(row, 1)?,
                        kind: if row.get(2)? {
                            WordsKind::Message
                        } else {
                            WordsKind::Aside
                        },
                    })
                })?
                .collect::<SqlResult<_>>()?;
            Ok(found)
        })
    }

    fn purged(
        &mut self,
        account: &AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<PurgedWords>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    // The kinds are spelled as the index of them is.
                    "SELECT r.id, e.seq, coalesce((SELECT x.body FROM event x WHERE x.room = e.room \
                     AND x.of = e.seq AND x.kind = 10 ORDER BY x.seq DESC LIMIT 1), e.body) \
                     FROM account a JOIN purge p ON p.account = a.no AND p.until > ?3 \
                     JOIN event e ON e.actor = a.no AND e.kind IN (9, 10) \
                     JOIN room r ON r.no = e.room JOIN log l ON l.room = r.no \
                     WHERE a.id = ?1 AND e.kind = 9 AND e.seq >= l.first ORDER BY e.room, e.seq LIMIT ?2",
                )?
                .query_map(params![Sql(account), limit, Sql(now)], |row| {
                    Ok(PurgedWords {
                        room: row.get::<_, Sql<RoomId>>(0)?.0,
                        seq: count(row, 1)?,
                        body: row.get(2)?,
                    })
                })?
                .collect::<SqlResult<_>>()?;
            Ok(found)
        })
    }
}

fn lockdown(connection: &Connection) -> Result<Option<LockdownRow>, StoreError> {
    let found = connection
        .prepare_cached("SELECT level, until, reason FROM lockdown")?
        .query_row([], |row| {
            Ok(LockdownRow {
                level: match row.get::<_, i64>(0)? {
                    CLOSED => LockdownLevel::Closed,
                    _ => LockdownLevel::On,
                },
                until: row.get::<_, Sql<_>>(1)?.0,
                reason: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found)
}

fn row(row: &Row<'_>) -> SqlResult<AllowedRow> {
    let network: String = row.get(1)?;
    Ok(AllowedRow {
        number: count(row, 0)?,
        network: network
            .parse()
            .map_err(|bad| Error::FromSqlConversionFailure(1, Type::Text, Box::new(bad)))?,
        by: row.get(2)?,
        at: row.get::<_, Sql<_>>(3)?.0,
        until: row.get::<_, Option<Sql<_>>>(4)?.map(|until| until.0),
        reason: row.get(5)?,
    })
}
