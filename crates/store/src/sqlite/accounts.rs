//! What accounts hold: sessions, passwords, codes.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, Argon2Parameters, RoomId, SessionId, Timestamp};

use super::{
    log::IS_ASIDE,
    people::{ACCOUNT_NAME, account_no},
    reader::SqliteReader,
    rows::{self, Sql, int},
    scram,
    writer::SqliteTransaction,
};
use crate::{
    AccountCode, AccountReads, AccountWrites, CodeKind, Erased, Erasure, NewRecord, SessionRow,
    StoreError,
};

impl AccountWrites for SqliteTransaction<'_> {
    fn erase_account(&mut self, erasure: &Erasure) -> Result<Erased, StoreError> {
        self.change(|connection| erase(connection, erasure))
    }

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
            if changed == 1 {
                scram::forget(connection, &new.account)?;
            }
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

    fn joined_rooms(&mut self, account: &AccountId) -> Result<Vec<RoomId>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT r.id FROM member m JOIN room r ON r.no = m.room \
                     WHERE m.account = (SELECT no FROM account WHERE id = ?1)",
                )?
                .query_map([Sql(account)], |row| Ok(row.get::<_, Sql<RoomId>>(0)?.0))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }

    fn words_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<(RoomId, u64)>, StoreError> {
        self.run(|connection| {
            // Whole logs are looked through: nothing else asks by author, and this is asked once. What
            // the rules would not let one take back is left out, so that it keeps nothing from its turn.
            said_by(
                connection,
                (account, limit),
                "e.kind = 2 AND (r.kind <> 2 OR (r.archived = 0 AND EXISTS (SELECT 1 FROM member m \
                 WHERE m.room = r.no AND m.account = a.no AND (r.history = 1 OR e.seq >= m.joined))))",
            )
        })
    }

    fn asides_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<(RoomId, u64)>, StoreError> {
        self.run(|connection| said_by(connection, (account, limit), IS_ASIDE))
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

/// What hangs on an account by its number, and goes with it.
pub(super) const HANGING: &[&str] = &[
    // What a purge took back of it cannot be had back any more.
    "UPDATE purge SET until = 0 WHERE account = ?1",
    "DELETE FROM session WHERE account = ?1",
    "DELETE FROM token WHERE account = ?1",
    "DELETE FROM account_code WHERE account = ?1",
    "DELETE FROM scram WHERE account = ?1",
    "DELETE FROM recovery_code WHERE account = ?1",
    "DELETE FROM second_factor WHERE account = ?1",
    "DELETE FROM invite WHERE made_by = ?1 AND used_by IS NULL",
    "DELETE FROM marker WHERE account = ?1",
    "DELETE FROM read_until WHERE account = ?1",
    "DELETE FROM retry_key WHERE account = ?1",
    "DELETE FROM known_address WHERE account = ?1",
    "DELETE FROM friendship WHERE asker = ?1 OR asked = ?1",
    "DELETE FROM block WHERE account = ?1 OR other = ?1",
    "DELETE FROM mention WHERE account = ?1",
    "DELETE FROM account_metadata WHERE account = ?1",
    "DELETE FROM worn_name WHERE account = ?1",
    "DELETE FROM room_invitation WHERE invited = ?1 OR by = ?1",
    "DELETE FROM announcement_seen WHERE account = (SELECT id FROM account WHERE no = ?1)",
    "DELETE FROM account_label WHERE account = (SELECT id FROM account WHERE no = ?1)",
    "DELETE FROM group_member WHERE account = (SELECT id FROM account WHERE no = ?1)",
];

fn erase(connection: &Connection, erasure: &Erasure) -> Result<Erased, StoreError> {
    // 3 is the owner.
    let found: Option<(i64, [Option<String>; 2])> = connection
        .prepare_cached(
            "SELECT no, skeleton, look FROM account WHERE id = ?1 AND record = ?2 AND role <> 3",
        )?
        .query_row(params![Sql(&erasure.account), erasure.expected], |row| {
            Ok((row.get(0)?, [row.get(1)?, row.get(2)?]))
        })
        .optional()?;
    let Some((no, looks)) = found else {
        return Ok(Erased::Refused);
    };
    let in_rooms = connection
        .prepare_cached("SELECT 1 FROM member WHERE account = ?1")?
        .exists([no])?;
    if in_rooms {
        return Ok(Erased::InRooms);
    }
    for sql in HANGING {
        connection.prepare_cached(sql)?.execute([no])?;
    }
    // A name that nobody can register or ask for, and a skeleton that no name has. Strangers are shut out:
    // nobody reads what would be said to it.
    connection
        .prepare_cached(
            "UPDATE account SET name = 'deleted~account', skeleton = '~' || hex(id), \
             written = NULL, look = NULL, \
             display = 'deleted account', role = 1, record = zeroblob(length(record)), rules = ?2, \
             strangers = 0, no_guests = 0, vip_until = NULL, bot = 0 WHERE no = ?1",
        )?
        .execute(params![no, int(erasure.rules)])?;
    for skeleton in looks.into_iter().flatten() {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO reserved_name (kind, skeleton, until) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![
                ACCOUNT_NAME,
                skeleton,
                Sql(erasure.name_kept_until)
            ])?;
    }
    Ok(Erased::Yes(close_conversations(connection, no, erasure)?))
}

/// Everybody it talked with is blocked, so that nothing is said to nobody.
fn close_conversations(
    connection: &Connection,
    no: i64,
    erasure: &Erasure,
) -> Result<Vec<RoomId>, StoreError> {
    let rooms = connection
        .prepare_cached(
            "SELECT no, id, iif(one = ?1, other, one) FROM room \
             WHERE kind = 3 AND (one = ?1 OR other = ?1) AND one <> other",
        )?
        .query_map([no], |row| {
            Ok((row.get(0)?, row.get::<_, Sql<RoomId>>(1)?.0, row.get(2)?))
        })?
        .collect::<Result<Vec<(i64, RoomId, i64)>, _>>()?;
    let mut block = connection
        .prepare_cached("INSERT INTO block (account, other, since) VALUES (?1, ?2, ?3)")?;
    let mut moved = connection.prepare_cached("UPDATE log SET rules = ?2 WHERE room = ?1")?;
    let mut closed = Vec::new();
    for (room, id, other) in rooms {
        block.execute(params![no, other, Sql(erasure.now)])?;
        moved.execute(params![room, int(erasure.rules)])?;
        closed.push(id);
    }
    Ok(closed)
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

/// What of an account's satisfies `which`, a condition on the event `e`, the account `a`, and the event's room `r`.
fn said_by(
    connection: &Connection,
    (account, limit): (&AccountId, u32),
    which: &str,
) -> Result<Vec<(RoomId, u64)>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT r.id, e.seq FROM account a JOIN event e ON e.actor = a.no \
             JOIN room r ON r.no = e.room JOIN log l ON l.room = r.no \
             WHERE a.id = ?1 AND e.seq >= l.first AND {which} LIMIT ?2"
        ))?
        .query_map(params![Sql(account), limit], |row| {
            Ok((row.get::<_, Sql<RoomId>>(0)?.0, rows::count(row, 1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
