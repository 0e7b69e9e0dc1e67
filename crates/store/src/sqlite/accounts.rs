//! What accounts hold: sessions, passwords, codes.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, Argon2Parameters, SessionId, Timestamp};

use super::{
    people::account_no,
    reader::SqliteReader,
    rows::{self, Sql},
    writer::SqliteTransaction,
};
use crate::{
    AccountCode, AccountReads, AccountWrites, CodeKind, NewRecord, SessionRow, StoreError,
};

impl AccountWrites for SqliteTransaction<'_> {
    fn trim_sessions(
        &mut self,
        account: &AccountId,
        online: &[SessionId],
        keep: usize,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.run(|connection| trim_sessions(connection, account, online, keep))
    }

    fn touch_sessions(&mut self, sessions: &[SessionId], now: Timestamp) -> Result<(), StoreError> {
        self.run(|connection| {
            let mut touch = connection
                .prepare_cached("UPDATE session SET seen_at = max(seen_at, ?2) WHERE id = ?1")?;
            for session in sessions {
                touch.execute(params![Sql(session), Sql(now)])?;
            }
            Ok(())
        })
    }

    fn move_session(
        &mut self,
        session: &SessionId,
        client: &str,
        address: Option<&str>,
    ) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("UPDATE session SET client = ?2, address = ?3 WHERE id = ?1")?
                .execute(params![Sql(session), client, address])?;
            Ok(())
        })
    }

    fn end_session_of(
        &mut self,
        account: &AccountId,
        session: &SessionId,
    ) -> Result<bool, StoreError> {
        self.run(|connection| {
            let ended = connection
                .prepare_cached(
                    "DELETE FROM session WHERE id = ?1 \
                     AND account = (SELECT no FROM account WHERE id = ?2)",
                )?
                .execute(params![Sql(session), Sql(account)])?;
            Ok(ended == 1)
        })
    }

    fn end_sessions_of(
        &mut self,
        account: &AccountId,
        but: Option<&SessionId>,
    ) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "DELETE FROM session WHERE account = (SELECT no FROM account WHERE id = ?1) \
                     AND id IS NOT ?2",
                )?
                .execute(params![Sql(account), but.map(Sql)])?;
            Ok(())
        })
    }

    fn void_tokens_of(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "DELETE FROM token WHERE account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .execute([Sql(account)])?;
            Ok(())
        })
    }

    fn set_record(&mut self, new: &NewRecord) -> Result<bool, StoreError> {
        self.change(|connection| {
            let argon2 = argon2_no(connection, new.argon2)?;
            let changed = connection
                .prepare_cached(
                    "UPDATE account SET record = ?3, argon2 = ?4 WHERE id = ?1 AND record = ?2",
                )?
                .execute(params![Sql(&new.account), new.expected, new.record, argon2])?;
            Ok(changed == 1)
        })
    }

    fn good_invites_of(
        &mut self,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.run(|connection| {
            let count: u32 = connection
                .prepare_cached(
                    "SELECT count(*) FROM invite WHERE used_by IS NULL AND expires_at > ?2 \
                     AND made_by = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_row(params![Sql(account), Sql(now)], |row| row.get(0))?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
    }

    fn create_account_code(&mut self, code: &AccountCode) -> Result<(), StoreError> {
        self.run(|connection| {
            let account = account_no(connection, &code.account)?;
            connection
                .prepare_cached("DELETE FROM account_code WHERE account = ?1 AND kind = ?2")?
                .execute(params![account, kind_no(code.kind)])?;
            connection
                .prepare_cached(
                    "INSERT INTO account_code (hash, kind, account, expires_at) \
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    code.hash,
                    kind_no(code.kind),
                    account,
                    Sql(code.expires_at),
                ])?;
            Ok(())
        })
    }

    fn void_account_codes(&mut self, account: &AccountId) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "DELETE FROM account_code \
                     WHERE account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .execute([Sql(account)])?;
            Ok(())
        })
    }

    fn use_account_code(
        &mut self,
        hash: &[u8; 32],
        kind: CodeKind,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.run(|connection| {
            let used = connection
                .prepare_cached(
                    "DELETE FROM account_code WHERE hash = ?1 AND kind = ?2 AND expires_at > ?4 \
                     AND account = (SELECT no FROM account WHERE id = ?3)",
                )?
                .execute(params![hash, kind_no(kind), Sql(account), Sql(now)])?;
            Ok(used == 1)
        })
    }
}

impl AccountReads for SqliteReader {
    fn sessions_of(&mut self, account: &AccountId) -> Result<Vec<SessionRow>, StoreError> {
        self.run(|connection| sessions_of(connection, account))
    }

    fn has_session(&mut self, session: &SessionId) -> Result<bool, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached("SELECT 1 FROM session WHERE id = ?1")?
                .exists([Sql(session)])?;
            Ok(found)
        })
    }

    fn account_of_code(
        &mut self,
        hash: &[u8; 32],
        kind: CodeKind,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT a.id FROM account_code c JOIN account a ON a.no = c.account \
                     WHERE c.hash = ?1 AND c.kind = ?2 AND c.expires_at > ?3",
                )?
                .query_row(params![hash, kind_no(kind), Sql(now)], |row| {
                    Ok(row.get::<_, Sql<_>>(0)?.0)
                })
                .optional()?;
            Ok(found)
        })
    }

    fn code_waiting(
        &mut self,
        account: &AccountId,
        kind: CodeKind,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT expires_at FROM account_code WHERE kind = ?2 AND expires_at > ?3 \
                     AND account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_row(params![Sql(account), kind_no(kind), Sql(now)], |row| {
                    Ok(row.get::<_, Sql<_>>(0)?.0)
                })
                .optional()?;
            Ok(found)
        })
    }
}

/// `account_code.kind`.
const fn kind_no(kind: CodeKind) -> i64 {
    match kind {
        CodeKind::Reset => 1,
        CodeKind::Device => 2,
    }
}

/// The number of these parameters, as accounts name them.
pub(super) fn argon2_no(
    connection: &Connection,
    argon2: Argon2Parameters,
) -> Result<i64, StoreError> {
    let values = params![argon2.memory_kib, argon2.passes, argon2.lanes];
    connection
        .prepare_cached(
            "INSERT INTO argon2 (memory_kib, passes, lanes) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(values)?;
    let no = connection
        .prepare_cached(
            "SELECT no FROM argon2 WHERE memory_kib = ?1 AND passes = ?2 AND lanes = ?3",
        )?
        .query_row(values, |row| row.get(0))?;
    Ok(no)
}

fn sessions_of(
    connection: &Connection,
    account: &AccountId,
) -> Result<Vec<SessionRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT s.id, a.id, s.client, s.address, s.created_at, s.seen_at \
             FROM account a JOIN session s ON s.account = a.no \
             WHERE a.id = ?1 ORDER BY s.created_at, s.id",
        )?
        .query_map([Sql(account)], rows::session)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn trim_sessions(
    connection: &Connection,
    account: &AccountId,
    online: &[SessionId],
    keep: usize,
) -> Result<Vec<SessionId>, StoreError> {
    let no = account_no(connection, account)?;
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM session WHERE account = ?1")?
        .query_row([no], |row| row.get(0))?;
    let count = usize::try_from(count).unwrap_or_default();
    if count <= keep {
        return Ok(Vec::new());
    }
    let online: HashSet<&SessionId> = online.iter().collect();
    let mut rows = sessions_of(connection, account)?;
    rows.sort_by_key(|row| (online.contains(&row.id), row.seen_at, row.created_at));
    rows.truncate(count - keep);
    let mut end = connection.prepare_cached("DELETE FROM session WHERE id = ?1")?;
    let mut ended = Vec::new();
    for row in rows {
        end.execute([Sql(&row.id)])?;
        ended.push(row.id);
    }
    Ok(ended)
}
