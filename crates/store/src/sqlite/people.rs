//! Writing what is about accounts: themselves, sessions, tokens, invites; and the server's settings.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, SessionId, Timestamp, TokenId};

use super::{
    circles,
    rows::{Sql, int},
    spelling::{Named, Spelling, refuse_lately, refuse_look_alike},
};
use crate::{InviteRow, KNOWN_ADDRESSES, NewAccount, NewSession, NewToken, Settings, StoreError};

/// `reserved_name.kind`.
pub(super) const ACCOUNT_NAME: i64 = 1;
/// `reserved_name.kind`.
pub(super) const ROOM_NAME: i64 = 2;

/// The number of an account, as other rows name it.
pub(super) fn account_no(connection: &Connection, id: &AccountId) -> Result<i64, StoreError> {
    connection
        .prepare_cached("SELECT no FROM account WHERE id = ?1")?
        .query_row([Sql(id)], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::Failed(format!("there is no account {id}")))
}

/// The number of nothing that there is.
pub(super) const NOBODY: i64 = -1;

/// `Taken` if the name was freed too lately to be used by another than its `holder` (DECISIONS 2).
pub(super) fn refuse_reserved(
    connection: &Connection,
    kind: i64,
    (skeleton, holder): (&str, Option<&[u8]>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let reserved = connection
        .prepare_cached(
            "SELECT 1 FROM reserved_name WHERE kind = ?1 AND skeleton = ?2 AND until > ?3 \
             AND holder IS NOT ?4",
        )?
        .exists(params![
            kind,
            skeleton,
            Sql(now),
            holder.unwrap_or_default()
        ])?;
    if reserved {
        Err(StoreError::Taken)
    } else {
        Ok(())
    }
}

pub(super) fn create_account(connection: &Connection, new: &NewAccount) -> Result<(), StoreError> {
    let account = &new.account;
    let spelling = Spelling::of_account(&account.name);
    let looks = (new.skeleton.as_str(), spelling.look.as_deref());
    circles::refuse_group(connection, looks)?;
    refuse_lately(connection, ACCOUNT_NAME, looks, None, account.created_at)?;
    refuse_look_alike(connection, Named::Account, looks, NOBODY)?;
    let argon2 = params![
        account.argon2.memory_kib,
        account.argon2.passes,
        account.argon2.lanes
    ];
    connection
        .prepare_cached(
            "INSERT INTO argon2 (memory_kib, passes, lanes) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(argon2)?;
    connection
        .prepare_cached(
            "INSERT INTO account (id, name, skeleton, display, role, record, argon2, rules, \
             created_at, strangers, written, look) \
             SELECT ?4, ?5, ?6, ?7, ?8, ?9, no, ?10, ?11, ?12, ?13, ?14 FROM argon2 \
             WHERE memory_kib = ?1 AND passes = ?2 AND lanes = ?3",
        )?
        .execute(params![
            account.argon2.memory_kib,
            account.argon2.passes,
            account.argon2.lanes,
            Sql(&account.id),
            spelling.folded,
            new.skeleton,
            account.display,
            Sql(account.role),
            account.record,
            int(account.rules),
            Sql(account.created_at),
            account.strangers,
            spelling.written,
            spelling.look,
        ])?;
    Ok(())
}

pub(super) fn has_owner(connection: &Connection) -> Result<bool, StoreError> {
    // 3 is `Role::Owner`, spelled out so that the partial index serves.
    let found = connection
        .prepare_cached("SELECT 1 FROM account WHERE role = 3")?
        .exists([])?;
    Ok(found)
}

pub(super) fn create_session(connection: &Connection, new: &NewSession) -> Result<(), StoreError> {
    let account = account_no(connection, &new.account)?;
    connection
        .prepare_cached(
            "INSERT INTO session (id, account, newest, client, address, created_at, seen_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
        )?
        .execute(params![
            Sql(&new.id),
            account,
            new.token_hash,
            new.client,
            new.address,
            Sql(new.created_at),
        ])?;
    Ok(())
}

pub(super) fn rotate_session(
    connection: &Connection,
    session: &SessionId,
    used: &[u8; 32],
    next: &[u8; 32],
    now: Timestamp,
) -> Result<bool, StoreError> {
    // Whichever of the two was used is the one that the client surely has.
    let changed = connection
        .prepare_cached(
            "UPDATE session SET before = ?2, newest = ?3, seen_at = ?4 \
             WHERE id = ?1 AND (newest = ?2 OR before = ?2)",
        )?
        .execute(params![Sql(session), used, next, Sql(now)])?;
    Ok(changed == 1)
}

pub(super) fn end_session(connection: &Connection, session: &SessionId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM session WHERE id = ?1")?
        .execute([Sql(session)])?;
    Ok(())
}

pub(super) fn remember_address(
    connection: &Connection,
    account: &AccountId,
    tag: &[u8; 16],
    now: Timestamp,
) -> Result<(), StoreError> {
    let account = account_no(connection, account)?;
    connection
        .prepare_cached(
            "INSERT INTO known_address (account, tag, seen_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (account, tag) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)",
        )?
        .execute(params![account, tag, Sql(now)])?;
    connection
        .prepare_cached(
            "DELETE FROM known_address WHERE account = ?1 AND tag IN (SELECT tag \
             FROM known_address WHERE account = ?1 ORDER BY seen_at DESC, tag LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![account, KNOWN_ADDRESSES])?;
    Ok(())
}

pub(super) fn create_token(connection: &Connection, new: &NewToken) -> Result<(), StoreError> {
    let account = account_no(connection, &new.account)?;
    connection
        .prepare_cached(
            "INSERT INTO token (id, account, hash, label, scope, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            Sql(&new.id),
            account,
            new.hash,
            new.label,
            Sql(new.scope),
            Sql(new.created_at),
        ])?;
    Ok(())
}

pub(super) fn touch_token(
    connection: &Connection,
    token: &TokenId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE token SET used_at = ?2 WHERE id = ?1")?
        .execute(params![Sql(token), Sql(now)])?;
    Ok(())
}

pub(super) fn find_token_by(
    connection: &Connection,
    token: &TokenId,
    hash: &[u8; 32],
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE OR IGNORE token SET hash = ?2 WHERE id = ?1")?
        .execute(params![Sql(token), hash])?;
    Ok(())
}

pub(super) fn revoke_token(
    connection: &Connection,
    account: &AccountId,
    token: &TokenId,
) -> Result<bool, StoreError> {
    let deleted = connection
        .prepare_cached(
            "DELETE FROM token WHERE id = ?1 \
             AND account = (SELECT no FROM account WHERE id = ?2)",
        )?
        .execute(params![Sql(token), Sql(account)])?;
    Ok(deleted == 1)
}

pub(super) fn create_invite(connection: &Connection, invite: &InviteRow) -> Result<(), StoreError> {
    let by = match &invite.by {
        Some(id) => Some(account_no(connection, id)?),
        None => None,
    };
    connection
        .prepare_cached(
            "INSERT INTO invite (code_hash, made_by, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            invite.code_hash,
            by,
            Sql(invite.created_at),
            Sql(invite.expires_at),
        ])?;
    Ok(())
}

pub(super) fn use_invite(
    connection: &Connection,
    code_hash: &[u8; 32],
    by: &AccountId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let by = account_no(connection, by)?;
    let changed = connection
        .prepare_cached(
            "UPDATE invite SET used_by = ?2 \
             WHERE code_hash = ?1 AND used_by IS NULL AND expires_at > ?3",
        )?
        .execute(params![code_hash, by, Sql(now)])?;
    Ok(changed == 1)
}

pub(super) fn set_settings(connection: &Connection, settings: &Settings) -> Result<(), StoreError> {
    let (code, until) = settings.owner_code.unzip();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO settings (no, registration, inviters, plain_passwords, \
             access_code_tag, owner_code, owner_code_until, credits, vip_price, \
             watch_open_rooms, guests) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            Sql(settings.rules.registration),
            Sql(settings.rules.inviters),
            settings.rules.plain_passwords,
            settings.access_code_tag,
            code,
            until.map(Sql),
            settings.rules.credits.on,
            int(settings.rules.credits.vip_price),
            settings.watch_open_rooms,
            Sql(settings.rules.guests),
        ])?;
    Ok(())
}
