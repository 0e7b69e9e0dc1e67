//! Reading what is about accounts: themselves, sessions, tokens, invites; and the server's settings.

use rusqlite::{Connection, OptionalExtension, Params, params};
use snug_proto::{AccountId, Argon2Parameters, Role, Timestamp};

use crate::{
    Account, SessionRow, Settings, StoreError, TokenRow,
    sqlite::rows::{self, ACCOUNT, Sql},
};

pub(in crate::sqlite) fn by_id(
    connection: &Connection,
    id: &AccountId,
) -> Result<Option<Account>, StoreError> {
    account(connection, "WHERE a.id = ?1", [Sql(id)])
}

/// By the skeleton of its name, or another, which this number picks: one row is found and read either way.
pub(in crate::sqlite) fn to_try(
    connection: &Connection,
    skeleton: &str,
    otherwise: u32,
) -> Result<Option<Account>, StoreError> {
    let which = "WHERE a.no = coalesce((SELECT no FROM account WHERE skeleton = ?1), \
         (SELECT no FROM account WHERE no > ?2 % (SELECT max(no) FROM account) ORDER BY no LIMIT 1))";
    account(connection, which, params![skeleton, otherwise])
}

/// Whose name has this skeleton, or what they wear.
pub(in crate::sqlite) fn called(
    connection: &Connection,
    skeleton: &str,
) -> Result<Option<Account>, StoreError> {
    let which = "WHERE a.skeleton = ?1 \
         OR a.no = (SELECT account FROM worn_name WHERE skeleton = ?1)";
    account(connection, which, [skeleton])
}

fn account(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Option<Account>, StoreError> {
    let found = connection
        .prepare_cached(&format!("{ACCOUNT}{which}"))?
        .query_row(params, rows::account)
        .optional()?;
    Ok(found)
}

/// In the order of their first use, so that a choice among them stays the same.
pub(in crate::sqlite) fn parameters_in_use(
    connection: &Connection,
) -> Result<Vec<Argon2Parameters>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT memory_kib, passes, lanes FROM argon2 p \
             WHERE EXISTS (SELECT 1 FROM account WHERE argon2 = p.no) ORDER BY no",
        )?
        .query_map([], |row| {
            Ok(Argon2Parameters {
                memory_kib: row.get(0)?,
                passes: row.get(1)?,
                lanes: row.get(2)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn session_by_token(
    connection: &Connection,
    hash: &[u8; 32],
) -> Result<Option<SessionRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT s.id, a.id, s.client, s.address, s.created_at, s.seen_at \
             FROM session s JOIN account a ON a.no = s.account \
             WHERE s.newest = ?1 OR s.before = ?1",
        )?
        .query_row([hash], rows::session)
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn knows_address(
    connection: &Connection,
    account: &AccountId,
    tag: &[u8; 16],
) -> Result<bool, StoreError> {
    let known = connection
        .prepare_cached(
            "SELECT 1 FROM known_address \
             WHERE account = (SELECT no FROM account WHERE id = ?1) AND tag = ?2",
        )?
        .exists(params![Sql(account), tag])?;
    Ok(known)
}

const TOKEN: &str = "SELECT t.id, a.id, t.label, t.scope, t.created_at, t.used_at \
     FROM token t JOIN account a ON a.no = t.account ";

pub(in crate::sqlite) fn token_by_hash(
    connection: &Connection,
    hash: &[u8; 32],
) -> Result<Option<TokenRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!("{TOKEN} WHERE t.hash = ?1"))?
        .query_row([hash], rows::token)
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn tokens_of(
    connection: &Connection,
    account: &AccountId,
) -> Result<Vec<TokenRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!("{TOKEN} WHERE a.id = ?1 ORDER BY t.no"))?
        .query_map([Sql(account)], rows::token)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn invite_is_good(
    connection: &Connection,
    code_hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let good = connection
        .prepare_cached(
            "SELECT 1 FROM invite WHERE code_hash = ?1 AND used_by IS NULL AND expires_at > ?2",
        )?
        .exists(params![code_hash, Sql(now)])?;
    Ok(good)
}

pub(in crate::sqlite) fn inviter(
    connection: &Connection,
    code_hash: &[u8; 32],
) -> Result<Option<(Role, Timestamp)>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT a.role, a.created_at FROM invite i JOIN account a ON a.no = i.made_by \
             WHERE i.code_hash = ?1",
        )?
        .query_row([code_hash], |row| {
            Ok((row.get::<_, Sql<_>>(0)?.0, row.get::<_, Sql<_>>(1)?.0))
        })
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn settings(connection: &Connection) -> Result<Option<Settings>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT registration, inviters, plain_passwords, access_code_tag, owner_code, \
             owner_code_until, credits, vip_price, watch_open_rooms, guests FROM settings",
        )?
        .query_row([], rows::settings)
        .optional()?;
    Ok(found)
}
