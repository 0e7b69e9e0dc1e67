//! Announcements in rows.

use rusqlite::{Connection, Params, Result as SqlResult, Row, params};
use snug_proto::{AccountId, Timestamp};

use super::{
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{AnnouncementReader, AnnouncementRow, Announcing, StoreError};

impl Announcing for SqliteTransaction<'_> {
    fn announce(
        &mut self,
        by: &AccountId,
        body: &str,
        at: Timestamp,
        keep: u64,
    ) -> Result<u64, StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("INSERT INTO announcement (at, actor, body) VALUES (?1, ?2, ?3)")?
                .execute(params![Sql(at), Sql(by), body])?;
            let number = connection.last_insert_rowid();
            connection
                .prepare_cached("DELETE FROM announcement WHERE no <= ?1")?
                .execute([number.saturating_sub(int(keep))])?;
            Ok(u64::try_from(number).unwrap_or_default())
        })
    }

    fn withdraw_announcement(&mut self, number: u64) -> Result<bool, StoreError> {
        self.erase(|connection| {
            let erased = connection
                .prepare_cached("DELETE FROM announcement WHERE no = ?1")?
                .execute([int(number)])?;
            Ok(erased == 1)
        })
    }

    fn seen_announcements(&mut self, account: &AccountId, number: u64) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO announcement_seen (account, no) \
                     SELECT ?1, min(?2, coalesce(max(no), 0)) FROM announcement WHERE true \
                     ON CONFLICT DO UPDATE SET no = excluded.no WHERE excluded.no > no",
                )?
                .execute(params![Sql(account), int(number)])?;
            Ok(())
        })
    }
}

impl AnnouncementReader for SqliteReader {
    fn announcements(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AnnouncementRow>, StoreError> {
        self.run(|connection| {
            let before = before.map_or(i64::MAX, int);
            let which = "WHERE no < ?1 ORDER BY no DESC LIMIT ?2";
            many(connection, which, params![before, limit])
        })
    }

    fn unseen_announcements(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<AnnouncementRow>, StoreError> {
        self.run(|connection| {
            let which = "WHERE no > coalesce( \
                 (SELECT s.no FROM announcement_seen s WHERE s.account = ?1), 0) \
                 AND at >= (SELECT a.created_at FROM account a WHERE a.id = ?1) \
                 ORDER BY no DESC LIMIT ?2";
            let mut unseen = many(connection, which, params![Sql(account), limit])?;
            unseen.reverse();
            Ok(unseen)
        })
    }
}

fn many(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Vec<AnnouncementRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT no, at, actor, body FROM announcement {which}"
        ))?
        .query_map(params, row)?
        .collect::<SqlResult<_>>()?;
    Ok(found)
}

fn row(row: &Row<'_>) -> SqlResult<AnnouncementRow> {
    Ok(AnnouncementRow {
        number: count(row, 0)?,
        at: row.get::<_, Sql<_>>(1)?.0,
        by: row.get::<_, Sql<_>>(2)?.0,
        body: row.get(3)?,
    })
}
