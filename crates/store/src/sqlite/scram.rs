//! Verifiers of SCRAM, as rows.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::AccountId;

use super::{reader::SqliteReader, rows::Sql, writer::SqliteTransaction};
use crate::{ScramReads, ScramRow, ScramWrites, StoreError};

impl ScramWrites for SqliteTransaction<'_> {
    fn set_scram(
        &mut self,
        account: &AccountId,
        record: &[u8],
        verifier: Option<&ScramRow>,
    ) -> Result<bool, StoreError> {
        self.change(|connection| {
            let no: Option<i64> = connection
                .prepare_cached("SELECT no FROM account WHERE id = ?1 AND record = ?2")?
                .query_row(params![Sql(account), record], |row| row.get(0))
                .optional()?;
            let Some(no) = no else {
                return Ok(false);
            };
            forget(connection, account)?;
            if let Some(verifier) = verifier {
                connection
                    .prepare_cached(
                        "INSERT INTO scram (account, salt, iterations, stored_key, server_key) \
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![
                        no,
                        verifier.salt,
                        verifier.iterations,
                        verifier.stored_key,
                        verifier.server_key
                    ])?;
            }
            Ok(true)
        })
    }
}

impl ScramReads for SqliteReader {
    fn scram_of(&mut self, account: &AccountId) -> Result<Option<ScramRow>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT salt, iterations, stored_key, server_key FROM scram \
                     WHERE account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_row([Sql(account)], |row| {
                    Ok(ScramRow {
                        salt: row.get(0)?,
                        iterations: row.get(1)?,
                        stored_key: row.get(2)?,
                        server_key: row.get(3)?,
                    })
                })
                .optional()?;
            Ok(found)
        })
    }
}

/// A verifier of another password than the account's lets nobody in.
pub(super) fn forget(connection: &Connection, account: &AccountId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM scram WHERE account = (SELECT no FROM account WHERE id = ?1)")?
        .execute([Sql(account)])?;
    Ok(())
}
