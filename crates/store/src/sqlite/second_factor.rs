//! Second factors, as rows (A7).

use rusqlite::{OptionalExtension, params};
use snug_proto::{AccountId, AuditAction, Timestamp};

use super::{
    people::account_no,
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{SecondFactorReads, SecondFactorRow, SecondFactorWrites, StoreError};

impl SecondFactorWrites for SqliteTransaction<'_> {
    fn set_second_factor(
        &mut self,
        account: &AccountId,
        salt: &[u8; 16],
        step: u64,
        recovery: &[[u8; 32]],
    ) -> Result<bool, StoreError> {
        self.run(|connection| {
            let no = account_no(connection, account)?;
            let set = connection
                .prepare_cached(
                    "INSERT INTO second_factor (account, salt, step) VALUES (?1, ?2, ?3) \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![no, salt, int(step)])?;
            if set == 0 {
                return Ok(false);
            }
            let mut insert = connection
                .prepare_cached("INSERT INTO recovery_code (account, tag) VALUES (?1, ?2)")?;
            for tag in recovery {
                insert.execute(params![no, tag])?;
            }
            Ok(true)
        })
    }

    fn drop_second_factor(&mut self, account: &AccountId) -> Result<bool, StoreError> {
        self.run(|connection| {
            let no = account_no(connection, account)?;
            connection
                .prepare_cached("DELETE FROM recovery_code WHERE account = ?1")?
                .execute([no])?;
            let dropped = connection
                .prepare_cached("DELETE FROM second_factor WHERE account = ?1")?
                .execute([no])?;
            Ok(dropped == 1)
        })
    }

    fn use_step(&mut self, account: &AccountId, step: u64) -> Result<bool, StoreError> {
        self.run(|connection| {
            let used = connection
                .prepare_cached(
                    "UPDATE second_factor SET step = ?2 \
                     WHERE account = (SELECT no FROM account WHERE id = ?1) AND step < ?2",
                )?
                .execute(params![Sql(account), int(step)])?;
            Ok(used == 1)
        })
    }

    fn use_recovery_code(
        &mut self,
        account: &AccountId,
        tag: &[u8; 32],
    ) -> Result<bool, StoreError> {
        self.run(|connection| {
            let used = connection
                .prepare_cached(
                    "DELETE FROM recovery_code \
                     WHERE account = (SELECT no FROM account WHERE id = ?1) AND tag = ?2",
                )?
                .execute(params![Sql(account), tag])?;
            Ok(used == 1)
        })
    }
}

impl SecondFactorReads for SqliteReader {
    fn second_factor_news(
        &mut self,
        account: &AccountId,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<(AuditAction, Timestamp)>, StoreError> {
        let actions = [
            AuditAction::RecoveryCodeUsed,
            AuditAction::SecondFactorDropped,
        ];
        self.run(|connection| {
            let [used, dropped] = actions.map(AuditAction::wire);
            let mut found = connection
                .prepare_cached(
                    "SELECT action, at FROM audit INDEXED BY audit_account \
                     WHERE account = ?1 AND at > ?2 AND action IN (?3, ?4) ORDER BY no DESC LIMIT ?5",
                )?
                .query_map(
                    params![Sql(account), Sql(after), used, dropped, limit],
                    |row| {
                        let action: String = row.get(0)?;
                        let at: Sql<Timestamp> = row.get(1)?;
                        Ok((AuditAction::from_wire(&action), at.0))
                    },
                )?
                .filter_map(|row| row.map(|(action, at)| Some((action?, at))).transpose())
                .collect::<Result<Vec<_>, _>>()?;
            found.reverse();
            Ok(found)
        })
    }

    fn second_factor_of(
        &mut self,
        account: &AccountId,
    ) -> Result<Option<SecondFactorRow>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT s.salt, s.step, \
                     (SELECT count(*) FROM recovery_code c WHERE c.account = s.account) \
                     FROM second_factor s \
                     WHERE s.account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_row([Sql(account)], |row| {
                    Ok(SecondFactorRow {
                        salt: row.get(0)?,
                        step: count(row, 1)?,
                        recovery_codes: count(row, 2)?,
                    })
                })
                .optional()?;
            Ok(found)
        })
    }
}
