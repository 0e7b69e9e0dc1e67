//! Housekeeping: the write-ahead log, retry keys and invites.

use rusqlite::{Connection, params};
use snug_proto::{
    Timestamp,
    limits::{KEY_LIFETIME_MS, REPORT_KEPT_MS, SESSION_LIFETIME_MS},
};

use super::{
    retention,
    rows::{Sql, int},
};
use crate::StoreError;

/// Keys looked at in one round. The sweep goes through the table in rounds, because the writer waits
/// meanwhile, and an index by age would cost every append more than this does.
const KEYS_A_ROUND: i64 = 20_000;

/// How far the sweep through the retry keys has come.
#[derive(Default)]
pub(super) struct Sweep {
    account: i64,
    key: String,
    /// The last row that was looked at for space to give back.
    row: i64,
}

/// Forgets what is past its time.
pub(super) fn forget(
    connection: &Connection,
    sweep: &mut Sweep,
    now: Timestamp,
) -> Result<(), StoreError> {
    sweep_keys(connection, sweep, now)?;
    sweep.row = retention::give_space_back(connection, sweep.row)?;
    connection
        .prepare_cached("DELETE FROM invite WHERE expires_at <= ?1")?
        .execute([Sql(now)])?;
    connection
        .prepare_cached("DELETE FROM account_code WHERE expires_at <= ?1")?
        .execute([Sql(now)])?;
    let unused = now.ms().saturating_sub(SESSION_LIFETIME_MS);
    connection
        .prepare_cached("DELETE FROM session WHERE seen_at < ?1")?
        .execute([int(unused)])?;
    connection
        .prepare_cached("DELETE FROM server_ban WHERE until <= ?1")?
        .execute([Sql(now)])?;
    connection
        .prepare_cached("DELETE FROM allowed_address WHERE until <= ?1")?
        .execute([Sql(now)])?;
    connection
        .prepare_cached("DELETE FROM reserved_name WHERE until <= ?1")?
        .execute([Sql(now)])?;
    connection
        .prepare_cached("DELETE FROM room_mask WHERE until <= ?1")?
        .execute([Sql(now)])?;
    connection
        .prepare_cached("DELETE FROM sanction WHERE until <= ?1")?
        .execute([Sql(now)])?;
    Ok(())
}

/// Deletes the reports that were decided and are past their time; were there any?
pub(super) fn forget_reports(connection: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    let oldest = now.ms().saturating_sub(REPORT_KEPT_MS);
    let forgotten = connection
        .prepare_cached("DELETE FROM report WHERE state IN (2, 3) AND at < ?1")?
        .execute([int(oldest)])?;
    Ok(forgotten > 0)
}

/// Deletes the keys of one round that are past their lifetime (DECISIONS 35).
fn sweep_keys(
    connection: &Connection,
    sweep: &mut Sweep,
    now: Timestamp,
) -> Result<(), StoreError> {
    // The last key of the round, if there are more after it.
    let end = connection
        .prepare_cached(
            "SELECT account, key FROM retry_key WHERE (account, key) > (?1, ?2) \
             ORDER BY account, key LIMIT 1 OFFSET ?3",
        )?
        .query_map(params![sweep.account, sweep.key, KEYS_A_ROUND], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .next()
        .transpose()?;
    let (account, key) = end.clone().unwrap_or((i64::MAX, String::new()));
    let oldest = now.ms().saturating_sub(KEY_LIFETIME_MS);
    connection
        .prepare_cached(
            "DELETE FROM retry_key WHERE (account, key) > (?1, ?2) AND (account, key) <= (?3, ?4) \
             AND (made_at < ?5 OR EXISTS (SELECT 1 FROM log WHERE log.room = retry_key.room \
             AND (retry_key.seq < log.first OR retry_key.life < log.life)))",
        )?
        .execute(params![sweep.account, sweep.key, account, key, int(oldest)])?;
    (sweep.account, sweep.key) = end.unwrap_or_default();
    Ok(())
}

/// Moves the write-ahead log into the database and empties its file. Deleted words may still stand in
/// it, and they may not stay (DECISIONS 8).
pub(super) fn empty_log(connection: &Connection) -> Result<(), StoreError> {
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        Ok(())
    } else {
        Err(StoreError::Failed(
            "the write-ahead log is in use and could not be emptied".to_owned(),
        ))
    }
}
