//! Purses and the ledger in SQLite.

use rusqlite::{Connection, OptionalExtension, Row, params};
use snug_proto::{AccountId, ErrorCode, Timestamp};
use snug_rules::{Movement, settle, vip_until};

use super::{
    log,
    people::account_no,
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{
    KeyUse, StoreError,
    credits::{
        CreditsReading, CreditsWriting, MovementMade, MovementRow, NewMovement, NotMoved, PurseRow,
    },
};

/// The server's purse.
const SERVER: i64 = 0;

impl CreditsWriting for SqliteTransaction<'_> {
    fn move_credits(
        &mut self,
        movement: &NewMovement,
    ) -> Result<Result<MovementMade, NotMoved>, StoreError> {
        self.run(|connection| move_credits(connection, movement))
    }

    fn count_founded(&mut self, account: &AccountId) -> Result<u64, StoreError> {
        self.run(|connection| founded(connection, account))
    }
}

impl CreditsReading for SqliteReader {
    fn founded(&mut self, account: &AccountId) -> Result<u64, StoreError> {
        self.run(|connection| founded(connection, account))
    }

    fn purse(&mut self, account: &AccountId) -> Result<PurseRow, StoreError> {
        self.run(|connection| {
            let account = account_no(connection, account)?;
            Ok(PurseRow {
                balance: balance(connection, account)?.unwrap_or_default(),
                vip_until: vip(connection, account)?,
            })
        })
    }

    fn movements(
        &mut self,
        of: Option<&AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<MovementRow>, StoreError> {
        let before = before.map_or(i64::MAX, int);
        self.run(|connection| match of {
            Some(account) => {
                let account = account_no(connection, account)?;
                // Each side by its own index; nobody pays themselves, so none comes twice.
                movements(
                    connection,
                    "(SELECT * FROM (SELECT * FROM movement WHERE debit = ?3 AND no < ?1 \
                     ORDER BY no DESC LIMIT ?2) UNION ALL SELECT * FROM (SELECT * FROM movement \
                     WHERE credit = ?3 AND no < ?1 ORDER BY no DESC LIMIT ?2))",
                    params![before, limit, account],
                )
            }
            None => movements(
                connection,
                "(SELECT * FROM movement WHERE no < ?1 ORDER BY no DESC LIMIT ?2)",
                params![before, limit],
            ),
        })
    }

    fn check_ledger(&mut self) -> Result<(i64, u64), StoreError> {
        self.run(|connection| {
            let checked = connection.query_row(
                "SELECT (SELECT coalesce(sum(balance), 0) FROM purse), (SELECT count(*) FROM \
                 (SELECT account, sum(amount) AS amount FROM (SELECT credit AS account, amount \
                 FROM movement UNION ALL SELECT debit, -amount FROM movement) GROUP BY account) m \
                 FULL JOIN purse p ON p.account = m.account \
                 WHERE coalesce(p.balance, 0) <> coalesce(m.amount, 0))",
                [],
                |row| Ok((row.get(0)?, count(row, 1)?)),
            )?;
            Ok(checked)
        })
    }
}

fn move_credits(
    connection: &Connection,
    new: &NewMovement,
) -> Result<Result<MovementMade, NotMoved>, StoreError> {
    let by = account_no(connection, &new.by)?;
    if let Some((key, digest)) = &new.key {
        match log::used(connection, by, key, new.at)? {
            Some(used) if used.digest != *digest => return Ok(Err(NotMoved::KeyReused)),
            Some(used) => return made_before(connection, by, &used).map(Ok),
            None => {}
        }
    }
    let Movement {
        from,
        to,
        amount,
        cause,
        vip_ms,
    } = new.movement;
    let no_of = |account: Option<AccountId>| match account {
        Some(account) => account_no(connection, &account),
        None => Ok(SERVER),
    };
    let (debit, credit) = (no_of(from)?, no_of(to)?);
    let held = |no: i64| {
        let balance = balance(connection, no)?;
        Ok::<_, StoreError>((no != SERVER).then(|| balance.unwrap_or_default()))
    };
    let (left, entered) = match settle(held(debit)?, held(credit)?, amount) {
        Ok(settled) => settled,
        Err(ErrorCode::NotEnough) => return Ok(Err(NotMoved::NotEnough)),
        Err(_) => return Ok(Err(NotMoved::TooMuch)),
    };
    for (no, balance, owed) in [(debit, left, -int(amount)), (credit, entered, int(amount))] {
        put(connection, no, balance, owed)?;
    }
    if vip_ms > 0 {
        let until = vip_until(vip(connection, by)?, vip_ms, new.at);
        connection
            .prepare_cached("UPDATE account SET vip_until = ?2 WHERE no = ?1")?
            .execute(params![by, Sql(until)])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO movement (at, cause, debit, credit, amount, why) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            Sql(new.at),
            Sql(cause),
            debit,
            credit,
            int(amount),
            new.why
        ])?;
    let no = connection.last_insert_rowid();
    if let Some((key, digest)) = &new.key {
        log::keep_key(connection, by, (key, digest), no, new.at)?;
    }
    Ok(Ok(MovementMade {
        no: no.unsigned_abs(),
        at: new.at,
        new: true,
        balance: balance(connection, by)?.unwrap_or_default(),
        entered: entered.unwrap_or_default(),
        vip_until: vip(connection, by)?,
    }))
}

/// Sets what is in a purse; the server's is moved by `owed`.
fn put(
    connection: &Connection,
    no: i64,
    balance: Option<u64>,
    owed: i64,
) -> Result<(), StoreError> {
    match balance {
        Some(balance) => connection
            .prepare_cached(
                "INSERT INTO purse (account, balance) VALUES (?1, ?2) \
                 ON CONFLICT DO UPDATE SET balance = excluded.balance",
            )?
            .execute(params![no, int(balance)])?,
        None => connection
            .prepare_cached("UPDATE purse SET balance = balance + ?2 WHERE account = ?1")?
            .execute(params![no, owed])?,
    };
    Ok(())
}

fn made_before(
    connection: &Connection,
    by: i64,
    used: &KeyUse,
) -> Result<MovementMade, StoreError> {
    Ok(MovementMade {
        no: used.seq,
        at: used.at,
        new: false,
        balance: balance(connection, by)?.unwrap_or_default(),
        entered: 0,
        vip_until: vip(connection, by)?,
    })
}

/// What is in a purse; `None` if it never held anything, and for the server's.
fn balance(connection: &Connection, no: i64) -> Result<Option<u64>, StoreError> {
    if no == SERVER {
        return Ok(None);
    }
    let found = connection
        .prepare_cached("SELECT balance FROM purse WHERE account = ?1")?
        .query_row([no], |row| count(row, 0))
        .optional()?;
    Ok(found)
}

fn vip(connection: &Connection, no: i64) -> Result<Option<Timestamp>, StoreError> {
    let until = connection
        .prepare_cached("SELECT vip_until FROM account WHERE no = ?1")?
        .query_row([no], |row| row.get::<_, Option<Sql<_>>>(0))?;
    Ok(until.map(|at| at.0))
}

fn movements(
    connection: &Connection,
    which: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<MovementRow>, StoreError> {
    let sql = format!(
        "SELECT m.no, m.at, m.cause, d.id, coalesce(d.written, d.name), \
         c.id, coalesce(c.written, c.name), m.amount, m.why FROM {which} m \
         LEFT JOIN account d ON d.no = m.debit LEFT JOIN account c ON c.no = m.credit \
         ORDER BY m.no DESC LIMIT ?2"
    );
    let rows = connection
        .prepare_cached(&sql)?
        .query_map(params, movement)?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

fn movement(row: &Row<'_>) -> rusqlite::Result<MovementRow> {
    let party = |column: usize| {
        let id: Option<Sql<AccountId>> = row.get(column)?;
        let name: Option<String> = row.get(column + 1)?;
        Ok::<_, rusqlite::Error>(id.map(|id| id.0).zip(name))
    };
    Ok(MovementRow {
        no: count(row, 0)?,
        at: row.get::<_, Sql<_>>(1)?.0,
        cause: row.get::<_, Sql<_>>(2)?.0,
        from: party(3)?,
        to: party(5)?,
        amount: count(row, 7)?,
        why: row.get(8)?,
    })
}

fn founded(connection: &Connection, account: &AccountId) -> Result<u64, StoreError> {
    let founded = connection
        .prepare_cached(
            "SELECT count(*) FROM room WHERE founder IS NOT NULL \
             AND founder = (SELECT no FROM account WHERE id = ?1)",
        )?
        .query_row([Sql(account)], |row| count(row, 0))?;
    Ok(founded)
}
