//! Names that accounts go by beside their own, in rows.

use rusqlite::{Connection, params};
use snug_proto::{AccountId, AccountName, Timestamp};

use super::{
    circles,
    people::{ACCOUNT_NAME, account_no},
    reader::SqliteReader,
    reads::accounts,
    rows::{Sql, int},
    spelling::{Named, Spelling, refuse_lately, refuse_look_alike},
    writer::SqliteTransaction,
};
use crate::{Account, StoreError, WornReads, WornWrites};

impl WornWrites for SqliteTransaction<'_> {
    fn wear(
        &mut self,
        account: &AccountId,
        worn: (&AccountName, u64),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(|connection| wear(connection, account, worn, now))
    }

    fn take_off(&mut self, account: &AccountId, mark: Option<u64>) -> Result<bool, StoreError> {
        self.run(|connection| {
            let taken_off = connection
                .prepare_cached(
                    "DELETE FROM worn_name WHERE account = (SELECT no FROM account WHERE id = ?1) \
                     AND mark = coalesce(?2, mark)",
                )?
                .execute(params![Sql(account), mark.map(int)])?;
            Ok(taken_off == 1)
        })
    }

    fn take_all_off(&mut self) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("DELETE FROM worn_name")?
                .execute([])?;
            Ok(())
        })
    }
}

impl WornReads for SqliteReader {
    fn account_called(&mut self, skeleton: &str) -> Result<Option<Account>, StoreError> {
        self.run(|connection| accounts::called(connection, skeleton))
    }
}

fn wear(
    connection: &Connection,
    account: &AccountId,
    (name, mark): (&AccountName, u64),
    now: Timestamp,
) -> Result<(), StoreError> {
    let no = account_no(connection, account)?;
    let (skeleton, spelling) = (name.skeleton(), Spelling::from(name));
    let looks = (skeleton.as_str(), spelling.look.as_deref());
    circles::refuse_group(connection, looks)?;
    // A name that was freed of late is nobody's to go by, whoever had it (DECISIONS 2).
    refuse_lately(connection, ACCOUNT_NAME, looks, None, now)?;
    refuse_look_alike(connection, Named::Account, looks, no)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO worn_name (account, name, skeleton, look, mark) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            no,
            name.shown(),
            skeleton,
            spelling.look,
            int(mark)
        ])?;
    Ok(())
}
