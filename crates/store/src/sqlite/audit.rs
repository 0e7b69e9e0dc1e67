//! The audit log's rows.

use rusqlite::{Connection, Error, Result as SqlResult, Row, params, types::Type};
use snug_proto::AuditAction;

use super::{
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{AuditFilter, AuditLog, AuditReader, AuditRow, NewAudit, StoreError};

impl AuditLog for SqliteTransaction<'_> {
    fn audit(&mut self, entry: &NewAudit) -> Result<(), StoreError> {
        self.run(|connection| write(connection, entry))
    }
}

impl AuditReader for SqliteReader {
    fn audit_page(
        &mut self,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.run(|connection| page(connection, filter, limit))
    }
}

pub(super) fn write(connection: &Connection, entry: &NewAudit) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, actor, actor_name, action, account, account_name, room, \
             room_name, address, until, why, details) VALUES (?1, \
             ?2, (SELECT coalesce(written, name) FROM account WHERE id = ?2), ?3, \
             ?4, (SELECT coalesce(written, name) FROM account WHERE id = ?4), \
             ?5, (SELECT coalesce(written, name) FROM room WHERE id = ?5), ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            Sql(entry.at),
            entry.by.as_ref().map(Sql),
            entry.action.wire(),
            entry.account.as_ref().map(Sql),
            entry.room.as_ref().map(Sql),
            entry.address,
            entry.until.map(Sql),
            entry.why,
            entry.details,
        ])?;
    Ok(())
}

fn page(
    connection: &Connection,
    filter: &AuditFilter,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT no, at, actor, actor_name, action, account, account_name, room, room_name, \
             address, until, why, details FROM audit \
             WHERE no < ?1 AND (?2 IS NULL OR action = ?2) AND (?3 IS NULL OR actor = ?3) \
             AND (?4 IS NULL OR account = ?4) ORDER BY no DESC LIMIT ?5",
        )?
        .query_map(
            params![
                filter.before.map_or(i64::MAX, int),
                filter.action.map(AuditAction::wire),
                filter.by.as_ref().map(Sql),
                filter.about.as_ref().map(Sql),
                limit,
            ],
            row,
        )?
        .collect::<SqlResult<_>>()?;
    Ok(found)
}

fn row(row: &Row<'_>) -> SqlResult<AuditRow> {
    let action: String = row.get(4)?;
    let action = AuditAction::from_wire(&action).ok_or_else(|| {
        let unknown = format!("unknown action {action}");
        Error::FromSqlConversionFailure(4, Type::Text, unknown.into())
    })?;
    Ok(AuditRow {
        number: count(row, 0)?,
        what: NewAudit {
            at: row.get::<_, Sql<_>>(1)?.0,
            by: row.get::<_, Option<Sql<_>>>(2)?.map(|id| id.0),
            action,
            account: row.get::<_, Option<Sql<_>>>(5)?.map(|id| id.0),
            room: row.get::<_, Option<Sql<_>>>(7)?.map(|id| id.0),
            address: row.get(9)?,
            until: row.get::<_, Option<Sql<_>>>(10)?.map(|at| at.0),
            why: row.get(11)?,
            details: row.get(12)?,
        },
        by_name: row.get(3)?,
        account_name: row.get(6)?,
        room_name: row.get(8)?,
    })
}
