//! Reports in rows.

use rusqlite::{Connection, OptionalExtension, Result as SqlResult, Row, params};
use snug_proto::{AccountId, ReportState, RoomId};

use super::{
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{NewReport, ReportFilter, ReportReader, ReportRow, Reporting, StoreError};

/// The columns of [`row`].
const COLUMNS: &str = "no, at, reporter, room, seq, author, body, why, state, decided_by";

/// The rooms that the account ?2 is the founder or an admin of (2 is an admin in `member.role`).
const KEPT: &str = "SELECT r.id FROM account a JOIN room r ON r.founder = a.no WHERE a.id = ?2 \
     UNION ALL SELECT r.id FROM account a JOIN member m ON m.account = a.no AND m.role = 2 \
     JOIN room r ON r.no = m.room WHERE a.id = ?2";

impl Reporting for SqliteTransaction<'_> {
    fn report(&mut self, new: &NewReport) -> Result<Option<u64>, StoreError> {
        self.run(|connection| {
            let kept = connection
                .prepare_cached(
                    "INSERT INTO report (at, reporter, room, seq, author, body, why, state, server) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    Sql(new.at),
                    Sql(&new.by),
                    Sql(&new.room),
                    int(new.seq),
                    Sql(&new.author),
                    new.body,
                    new.why,
                    Sql(new.state),
                    new.state == ReportState::Escalated,
                ])?;
            let number = u64::try_from(connection.last_insert_rowid()).unwrap_or_default();
            Ok((kept == 1).then_some(number))
        })
    }

    fn open_reports(&mut self, by: &AccountId) -> Result<(u64, u64), StoreError> {
        self.run(|connection| {
            let counted = connection
                .prepare_cached(
                    "SELECT count(*) FILTER (WHERE reporter = ?1), count(*) FROM report \
                     WHERE state IN (1, 4)",
                )?
                .query_row([Sql(by)], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
            Ok(counted)
        })
    }

    fn open_reports_of_guests(&mut self) -> Result<u64, StoreError> {
        self.run(|connection| {
            // Whoever was one is called so (see `guests`).
            let counted = connection
                .prepare_cached(
                    "SELECT count(*) FROM report r WHERE r.state IN (1, 4) AND EXISTS \
                     (SELECT 1 FROM account a WHERE a.id = r.reporter AND (a.role = 4 \
                     OR (a.name = 'deleted~account' AND a.display = 'a guest')))",
                )?
                .query_row([], |row| count(row, 0))?;
            Ok(counted)
        })
    }

    fn report_now(&mut self, number: u64) -> Result<Option<ReportRow>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM report WHERE no = ?1"))?
                .query_row([int(number)], row)
                .optional()?;
            Ok(found)
        })
    }

    fn keeps_order_now(&mut self, room: &RoomId, account: &AccountId) -> Result<bool, StoreError> {
        self.run(|connection| {
            let keeps = connection
                .prepare_cached(&format!("SELECT 1 WHERE ?1 IN ({KEPT})"))?
                .exists(params![Sql(room), Sql(account)])?;
            Ok(keeps)
        })
    }

    fn decide_report(
        &mut self,
        number: u64,
        state: ReportState,
        by: &AccountId,
    ) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "UPDATE report SET state = ?2, decided_by = ?3, \
                     server = max(server, ?4) WHERE no = ?1",
                )?
                .execute(params![
                    int(number),
                    Sql(state),
                    Sql(by),
                    state == ReportState::Escalated
                ])?;
            Ok(())
        })
    }
}

impl ReportReader for SqliteReader {
    fn reports(&mut self, filter: &ReportFilter, limit: u32) -> Result<Vec<ReportRow>, StoreError> {
        self.run(|connection| page(connection, filter, limit))
    }
}

fn page(
    connection: &Connection,
    filter: &ReportFilter,
    limit: u32,
) -> Result<Vec<ReportRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM report WHERE no < ?1 AND (?3 OR state IN (1, 4)) \
             AND (reporter = ?4 OR (?5 AND server) OR (NOT server AND room IN ({KEPT}))) \
             ORDER BY no DESC LIMIT ?6"
        ))?
        .query_map(
            params![
                filter.before.map_or(i64::MAX, int),
                filter.keeper.as_ref().map(Sql),
                filter.decided,
                filter.by.as_ref().map(Sql),
                filter.server,
                limit,
            ],
            row,
        )?
        .collect::<SqlResult<_>>()?;
    Ok(found)
}

fn row(row: &Row<'_>) -> SqlResult<ReportRow> {
    Ok(ReportRow {
        number: count(row, 0)?,
        what: NewReport {
            at: row.get::<_, Sql<_>>(1)?.0,
            by: row.get::<_, Sql<_>>(2)?.0,
            room: row.get::<_, Sql<_>>(3)?.0,
            seq: count(row, 4)?,
            author: row.get::<_, Sql<_>>(5)?.0,
            body: row.get(6)?,
            why: row.get(7)?,
            state: row.get::<_, Sql<_>>(8)?.0,
        },
        decided_by: row.get::<_, Option<Sql<_>>>(9)?.map(|id| id.0),
    })
}
