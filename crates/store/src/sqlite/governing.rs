//! Server roles, names and bans from the server, in rows.

use rusqlite::{Connection, Error, Params, Result as SqlResult, Row, params, types::Type};
use snug_proto::{AccountId, AccountName, Role, Timestamp};
use snug_rules::{Network, ServerBan};

use super::{
    circles,
    people::ACCOUNT_NAME,
    reader::SqliteReader,
    reads::accounts,
    rows::{Sql, count, int},
    spelling::{Named, Spelling, refuse_look_alike},
    writer::SqliteTransaction,
};
use crate::{Account, Banned, GovernedReader, Governing, NewServerBan, ServerBanRow, StoreError};

impl Governing for SqliteTransaction<'_> {
    fn account_now(&mut self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.run(|connection| accounts::by_id(connection, id))
    }

    fn set_role(&mut self, id: &AccountId, role: Role, rules: u64) -> Result<(), StoreError> {
        self.change(|connection| {
            connection
                .prepare_cached("UPDATE account SET role = ?2, rules = ?3 WHERE id = ?1")?
                .execute(params![Sql(id), Sql(role), int(rules)])?;
            Ok(())
        })
    }

    fn rename_account(
        &mut self,
        id: &AccountId,
        name: &AccountName,
        rules: u64,
        now: Timestamp,
        kept_until: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(|connection| rename(connection, id, name, rules, (now, kept_until)))
    }

    fn ban_from_server(&mut self, ban: &NewServerBan, rules: u64) -> Result<(), StoreError> {
        self.change(|connection| {
            lift(connection, &ban.whom)?;
            let (account, network) = columns(&ban.whom);
            connection
                .prepare_cached(
                    "INSERT INTO server_ban (account, network, actor, rank, at, until, reason) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    account,
                    network,
                    ban.by.as_ref().map(Sql),
                    Sql(ban.rank),
                    Sql(ban.at),
                    ban.until.map(Sql),
                    ban.reason,
                ])?;
            advance(connection, &ban.whom, rules)
        })
    }

    fn unban_from_server(&mut self, whom: &Banned, rules: u64) -> Result<bool, StoreError> {
        self.change(|connection| {
            let lifted = lift(connection, whom)?;
            advance(connection, whom, rules)?;
            Ok(lifted)
        })
    }

    fn server_ban_now(&mut self, whom: &Banned) -> Result<Option<ServerBanRow>, StoreError> {
        self.run(|connection| of(connection, whom))
    }

    fn count_server_bans(&mut self) -> Result<u64, StoreError> {
        self.run(|connection| {
            let counted = connection
                .prepare_cached("SELECT count(*) FROM server_ban")?
                .query_row([], |row| count(row, 0))?;
            Ok(counted)
        })
    }
}

impl GovernedReader for SqliteReader {
    fn server_ban_of(&mut self, id: &AccountId) -> Result<Option<ServerBanRow>, StoreError> {
        self.run(|connection| of(connection, &Banned::Account(*id)))
    }

    fn server_bans(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ServerBanRow>, StoreError> {
        self.run(|connection| {
            let before = before.map_or(i64::MAX, int);
            let page = "WHERE b.no < ?1 ORDER BY b.no DESC LIMIT ?2";
            many(connection, page, params![before, limit])
        })
    }
}

fn rename(
    connection: &Connection,
    id: &AccountId,
    name: &AccountName,
    rules: u64,
    (now, kept_until): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    let (skeleton, spelling) = (name.skeleton(), Spelling::from(name));
    // A name that is kept for this very account is free to it.
    let kept_for_another = connection
        .prepare_cached(
            "SELECT 1 FROM reserved_name WHERE kind = ?1 AND skeleton IN (?2, ?5) AND until > ?3 \
             AND account IS NOT ?4",
        )?
        .exists(params![
            ACCOUNT_NAME,
            skeleton,
            Sql(now),
            Sql(id),
            spelling.look
        ])?;
    if kept_for_another {
        return Err(StoreError::Taken);
    }
    let looks = (skeleton.as_str(), spelling.look.as_deref());
    circles::refuse_group(connection, looks)?;
    let (no, old): (i64, [Option<String>; 2]) = connection
        .prepare_cached("SELECT no, skeleton, look FROM account WHERE id = ?1")?
        .query_row([Sql(id)], |row| {
            Ok((row.get(0)?, [row.get(1)?, row.get(2)?]))
        })?;
    refuse_look_alike(connection, Named::Account, looks, no)?;
    connection
        .prepare_cached(
            "UPDATE account SET name = ?2, skeleton = ?3, rules = ?4, written = ?5, look = ?6 \
             WHERE no = ?1",
        )?
        .execute(params![
            no,
            spelling.folded,
            skeleton,
            int(rules),
            spelling.written,
            spelling.look
        ])?;
    connection
        .prepare_cached("DELETE FROM reserved_name WHERE kind = ?1 AND skeleton IN (?2, ?3)")?
        .execute(params![ACCOUNT_NAME, skeleton, spelling.look])?;
    let now_is = |old: &String| *old == skeleton || spelling.look.as_ref() == Some(old);
    for old in old.into_iter().flatten().filter(|old| !now_is(old)) {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO reserved_name (kind, skeleton, until, account) \
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![ACCOUNT_NAME, old, Sql(kept_until), Sql(id)])?;
    }
    Ok(())
}

fn columns(whom: &Banned) -> (Option<Sql<&AccountId>>, Option<String>) {
    match whom {
        Banned::Account(id) => (Some(Sql(id)), None),
        Banned::Addresses(network) => (None, Some(network.to_string())),
    }
}

fn lift(connection: &Connection, whom: &Banned) -> Result<bool, StoreError> {
    let (account, network) = columns(whom);
    let lifted = connection
        .prepare_cached("DELETE FROM server_ban WHERE account = ?1 OR network = ?2")?
        .execute(params![account, network])?;
    Ok(lifted > 0)
}

fn advance(connection: &Connection, whom: &Banned, rules: u64) -> Result<(), StoreError> {
    if let Banned::Account(id) = whom {
        connection
            .prepare_cached("UPDATE account SET rules = ?2 WHERE id = ?1")?
            .execute(params![Sql(id), int(rules)])?;
    }
    Ok(())
}

fn of(connection: &Connection, whom: &Banned) -> Result<Option<ServerBanRow>, StoreError> {
    let (account, network) = columns(whom);
    let which = "WHERE b.account = ?1 OR b.network = ?2";
    let found = many(connection, which, params![account, network])?;
    Ok(found.into_iter().next())
}

fn many(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Vec<ServerBanRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT b.no, b.account, b.network, coalesce(a.written, a.name), coalesce(m.written, m.name), b.rank, b.at, b.until, b.reason \
             FROM server_ban b LEFT JOIN account a ON a.id = b.account \
             LEFT JOIN account m ON m.id = b.actor {which}"
        ))?
        .query_map(params, row)?
        .collect::<SqlResult<_>>()?;
    Ok(found)
}

fn row(row: &Row<'_>) -> SqlResult<ServerBanRow> {
    let account: Option<Sql<AccountId>> = row.get(1)?;
    let whom = match account {
        Some(id) => Banned::Account(id.0),
        None => Banned::Addresses(network(row)?),
    };
    Ok(ServerBanRow {
        number: count(row, 0)?,
        whom,
        name: row.get(3)?,
        at: row.get::<_, Sql<_>>(6)?.0,
        ban: ServerBan {
            by: row.get(4)?,
            rank: row.get::<_, Sql<_>>(5)?.0,
            until: row.get::<_, Option<Sql<_>>>(7)?.map(|at| at.0),
            reason: row.get(8)?,
        },
    })
}

fn network(row: &Row<'_>) -> SqlResult<Network> {
    let text: String = row.get(2)?;
    text.parse()
        .map_err(|bad| Error::FromSqlConversionFailure(2, Type::Text, Box::new(bad)))
}
