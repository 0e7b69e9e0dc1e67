//! What people say of themselves, in rows.

use rusqlite::{Connection, ToSql, params};
use snug_proto::AccountId;

use super::{
    people::account_no, reader::SqliteReader, rooms::room_no, rows::Sql, rows::count,
    writer::SqliteTransaction,
};
use crate::{KeySet, MetadataOf, SelfReading, SelfWriting, StoreError};

impl SelfWriting for SqliteTransaction<'_> {
    fn set_display(
        &mut self,
        account: &AccountId,
        display: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.change(|connection| {
            let changed = connection
                .prepare_cached(
                    "UPDATE account SET display = ?2 WHERE id = ?1 \
                     AND NOT EXISTS (SELECT 1 FROM roster r WHERE r.name = account.name)",
                )?
                .execute(params![Sql(account), display])?;
            Ok(changed == 1)
        })
    }

    fn set_bot(&mut self, account: &AccountId, bot: bool) -> Result<(), StoreError> {
        self.change(|connection| {
            connection
                .prepare_cached("UPDATE account SET bot = ?2 WHERE id = ?1")?
                .execute(params![Sql(account), bot])?;
            Ok(())
        })
    }

    fn set_metadata(
        &mut self,
        of: &MetadataOf,
        key: &str,
        value: Option<&str>,
        most: u64,
    ) -> Result<KeySet, StoreError> {
        self.change(|connection| set(connection, of, key, value, most))
    }

    fn clear_metadata(&mut self, of: &MetadataOf) -> Result<Vec<String>, StoreError> {
        self.change(|connection| {
            let (no, sql) = on(connection, of, Words::CLEAR)?;
            let mut keys: Vec<String> = connection
                .prepare_cached(sql)?
                .query_map([no], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            keys.sort_unstable();
            Ok(keys)
        })
    }
}

impl SelfReading for SqliteReader {
    fn metadata(&mut self, of: &MetadataOf) -> Result<Vec<(String, String)>, StoreError> {
        self.run(|connection| {
            let (no, sql) = on(connection, of, Words::LIST)?;
            let all = connection
                .prepare_cached(sql)?
                .query_map([no], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            Ok(all)
        })
    }

    fn metadata_among(
        &mut self,
        accounts: &[AccountId],
        keys: &[String],
    ) -> Result<Vec<(AccountId, String, String)>, StoreError> {
        self.run(|connection| {
            // Of nobody there is nothing, and no list of SQL is empty.
            if accounts.is_empty() || keys.is_empty() {
                return Ok(Vec::new());
            }
            let list = |count: usize| vec!["?"; count].join(", ");
            let sql = format!(
                "SELECT a.id, m.key, m.value FROM account_metadata m \
                 JOIN account a ON a.no = m.account WHERE a.id IN ({}) AND m.key IN ({}) \
                 ORDER BY m.account, m.key",
                list(accounts.len()),
                list(keys.len()),
            );
            let ids: Vec<_> = accounts.iter().map(Sql).collect();
            let ids = ids.iter().map(|id| id as &dyn ToSql);
            let keys = keys.iter().map(|key| key as &dyn ToSql);
            let asked: Vec<_> = ids.chain(keys).collect();
            let found = connection
                .prepare(&sql)?
                .query_map(asked.as_slice(), |row| {
                    Ok((row.get::<_, Sql<AccountId>>(0)?.0, row.get(1)?, row.get(2)?))
                })?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }
}

fn set(
    connection: &Connection,
    of: &MetadataOf,
    key: &str,
    value: Option<&str>,
    most: u64,
) -> Result<KeySet, StoreError> {
    let Some(value) = value else {
        let (no, sql) = on(connection, of, Words::REMOVE)?;
        let gone = connection.prepare_cached(sql)?.execute(params![no, key])?;
        return Ok(if gone == 1 {
            KeySet::Done
        } else {
            KeySet::NotThere
        });
    };
    let (no, sql) = on(connection, of, Words::COUNT)?;
    let others = connection
        .prepare_cached(sql)?
        .query_row(params![no, key], |row| count(row, 0))?;
    if others >= most {
        return Ok(KeySet::Full);
    }
    let (no, sql) = on(connection, of, Words::SET)?;
    connection
        .prepare_cached(sql)?
        .execute(params![no, key, value])?;
    Ok(KeySet::Done)
}

/// One statement, as it is said of an account and of a room.
#[derive(Clone, Copy)]
struct Words(&'static str, &'static str);

impl Words {
    const CLEAR: Self = Self(
        "DELETE FROM account_metadata WHERE account = ?1 RETURNING key",
        "DELETE FROM room_metadata WHERE room = ?1 RETURNING key",
    );
    const LIST: Self = Self(
        "SELECT key, value FROM account_metadata WHERE account = ?1 ORDER BY key",
        "SELECT key, value FROM room_metadata WHERE room = ?1 ORDER BY key",
    );
    const REMOVE: Self = Self(
        "DELETE FROM account_metadata WHERE account = ?1 AND key = ?2",
        "DELETE FROM room_metadata WHERE room = ?1 AND key = ?2",
    );
    const COUNT: Self = Self(
        "SELECT count(*) FROM account_metadata WHERE account = ?1 AND key <> ?2",
        "SELECT count(*) FROM room_metadata WHERE room = ?1 AND key <> ?2",
    );
    const SET: Self = Self(
        "INSERT OR REPLACE INTO account_metadata (account, key, value) VALUES (?1, ?2, ?3)",
        "INSERT OR REPLACE INTO room_metadata (room, key, value) VALUES (?1, ?2, ?3)",
    );
}

/// What it is of, by its number, and the statement for that.
fn on(
    connection: &Connection,
    of: &MetadataOf,
    words: Words,
) -> Result<(i64, &'static str), StoreError> {
    Ok(match of {
        MetadataOf::Account(id) => (account_no(connection, id)?, words.0),
        MetadataOf::Room(id) => (room_no(connection, id)?, words.1),
    })
}
