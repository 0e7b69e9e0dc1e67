//! Friends and blocks in SQLite.

use rusqlite::{Connection, OptionalExtension, Row, params};
use snug_proto::{AccountId, Friendship, RoomId, Timestamp, folded_name};
use snug_rules::{Acquaintance, Between};

use super::{
    people::account_no,
    reader::SqliteReader,
    rows::{Sql, count, event_kind, int},
    writer::SqliteTransaction,
};
use crate::{
    StoreError,
    friends::{FriendRow, FriendsReading, FriendsWriting},
};

/// How many of a conversation's newest events are looked at for a word of somebody's.
const LOOKED_AT: i64 = 500;

impl FriendsWriting for SqliteTransaction<'_> {
    fn between(&mut self, me: &AccountId, other: &AccountId) -> Result<Between, StoreError> {
        self.run(|connection| between(connection, me, other))
    }

    fn count_friends(&mut self, account: &AccountId) -> Result<(u64, u64), StoreError> {
        self.run(|connection| {
            let account = account_no(connection, account)?;
            let counts = connection
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM friendship WHERE asker = ?1) \
                     + (SELECT count(*) FROM friendship WHERE asked = ?1 AND friends = 1), \
                     (SELECT count(*) FROM friendship WHERE asked = ?1 AND friends = 0)",
                )?
                .query_row([account], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
            Ok(counts)
        })
    }

    fn count_blocks(&mut self, account: &AccountId) -> Result<u64, StoreError> {
        self.run(|connection| {
            let account = account_no(connection, account)?;
            let blocks = connection
                .prepare_cached("SELECT count(*) FROM block WHERE account = ?1")?
                .query_row([account], |row| count(row, 0))?;
            Ok(blocks)
        })
    }

    fn set_friendship(
        &mut self,
        me: &AccountId,
        other: &AccountId,
        state: Friendship,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(|connection| set_friendship(connection, me, other, state, now))
    }

    fn set_block(
        &mut self,
        me: &AccountId,
        other: &AccountId,
        since: Option<Timestamp>,
        rules: u64,
    ) -> Result<Option<RoomId>, StoreError> {
        self.change(|connection| set_block(connection, me, other, since, rules))
    }

    fn set_no_guests(&mut self, account: &AccountId, closed: bool) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("UPDATE account SET no_guests = ?2 WHERE id = ?1")?
                .execute(params![Sql(account), closed])?;
            Ok(())
        })
    }

    fn set_strangers(&mut self, account: &AccountId, welcome: bool) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached("UPDATE account SET strangers = ?2 WHERE id = ?1")?
                .execute(params![Sql(account), welcome])?;
            Ok(())
        })
    }
}

impl FriendsReading for SqliteReader {
    fn between(&mut self, me: &AccountId, other: &AccountId) -> Result<Between, StoreError> {
        self.run(|connection| between(connection, me, other))
    }

    fn acquaintance(
        &mut self,
        me: &AccountId,
        other: &AccountId,
    ) -> Result<Acquaintance, StoreError> {
        self.run(|connection| acquaintance(connection, me, other))
    }

    fn friends(
        &mut self,
        account: &AccountId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FriendRow>, StoreError> {
        self.run(|connection| friends(connection, account, after, limit))
    }

    fn friend_ids(&mut self, account: &AccountId) -> Result<Vec<AccountId>, StoreError> {
        self.run(|connection| {
            let ids = connection
                .prepare_cached(
                    "SELECT b.id FROM account a JOIN friendship f ON f.asker = a.no \
                     JOIN account b ON b.no = f.asked WHERE a.id = ?1 AND f.friends = 1 \
                     UNION ALL SELECT b.id FROM account a JOIN friendship f ON f.asked = a.no \
                     JOIN account b ON b.no = f.asker WHERE a.id = ?1 AND f.friends = 1",
                )?
                .query_map([Sql(account)], |row| Ok(row.get::<_, Sql<_>>(0)?.0))?
                .collect::<Result<_, _>>()?;
            Ok(ids)
        })
    }

    fn blocks(
        &mut self,
        account: &AccountId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FriendRow>, StoreError> {
        self.run(|connection| {
            let account = account_no(connection, account)?;
            let rows = connection
                .prepare_cached(
                    "SELECT a.id, coalesce(a.written, a.name), a.display, 0, b.since FROM block b \
                     JOIN account a ON a.no = b.other \
                     WHERE b.account = ?1 AND a.name > ?2 ORDER BY a.name LIMIT ?3",
                )?
                .query_map(
                    params![account, folded_name(after.unwrap_or_default()), limit],
                    person,
                )?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }

    fn closed_among(
        &mut self,
        account: &AccountId,
        others: &[AccountId],
    ) -> Result<Vec<AccountId>, StoreError> {
        self.run(|connection| {
            let account = account_no(connection, account)?;
            closed_among(connection, account, others)
        })
    }
}

/// Those of them that a block lies between, whoever made it.
pub(super) fn closed_among(
    connection: &Connection,
    account: i64,
    others: &[AccountId],
) -> Result<Vec<AccountId>, StoreError> {
    let mut closed = connection.prepare_cached(
        "SELECT 1 FROM account o WHERE o.id = ?2 AND \
         (EXISTS (SELECT 1 FROM block WHERE account = ?1 AND other = o.no) \
         OR EXISTS (SELECT 1 FROM block WHERE account = o.no AND other = ?1))",
    )?;
    let mut found = Vec::new();
    for other in others {
        if closed.exists(params![account, Sql(other)])? {
            found.push(*other);
        }
    }
    Ok(found)
}

fn between(
    connection: &Connection,
    me: &AccountId,
    other: &AccountId,
) -> Result<Between, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM block WHERE account = m.no AND other = o.no), \
             EXISTS (SELECT 1 FROM block WHERE account = o.no AND other = m.no), \
             (SELECT friends FROM friendship WHERE asker = m.no AND asked = o.no), \
             (SELECT friends FROM friendship WHERE asker = o.no AND asked = m.no) \
             FROM account m JOIN account o WHERE m.id = ?1 AND o.id = ?2",
        )?
        .query_row([Sql(me), Sql(other)], |row| {
            let (by_me, by_other): (Option<bool>, Option<bool>) = (row.get(2)?, row.get(3)?);
            Ok(Between {
                friendship: match (by_me, by_other) {
                    (Some(true), _) | (_, Some(true)) => Friendship::Friends,
                    (Some(false), _) => Friendship::Asked,
                    (None, Some(false)) => Friendship::Asks,
                    (None, None) => Friendship::None,
                },
                blocks: row.get(0)?,
                blocked: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or(Between::STRANGERS))
}

fn acquaintance(
    connection: &Connection,
    me: &AccountId,
    other: &AccountId,
) -> Result<Acquaintance, StoreError> {
    let (me, other) = (account_no(connection, me)?, account_no(connection, other)?);
    // Only ordinary rooms have member rows.
    let shares_a_room = connection
        .prepare_cached(
            "SELECT 1 FROM member m WHERE m.account = ?1 AND EXISTS \
             (SELECT 1 FROM member o WHERE o.room = m.room AND o.account = ?2)",
        )?
        .exists([me, other])?;
    // Of a long conversation only its newest part is looked at, so that one who writes without an
    // answer cannot make this dear.
    let was_written_to = connection
        .prepare_cached(
            "SELECT 1 FROM room r JOIN log l ON l.room = r.no \
             JOIN event e ON e.room = r.no AND e.seq > l.seq - ?5 \
             WHERE r.kind = 3 AND min(r.one, r.other) = min(?1, ?2) \
             AND max(r.one, r.other) = max(?1, ?2) AND e.actor = ?2 AND e.kind IN (?3, ?4, ?6)",
        )?
        .exists(params![
            me,
            other,
            event_kind::MESSAGE,
            event_kind::BLANK_MESSAGE,
            LOOKED_AT,
            event_kind::PURGED_MESSAGE,
        ])?;
    Ok(Acquaintance {
        shares_a_room,
        was_written_to,
    })
}

fn set_friendship(
    connection: &Connection,
    me: &AccountId,
    other: &AccountId,
    state: Friendship,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (me, other) = (account_no(connection, me)?, account_no(connection, other)?);
    connection
        .prepare_cached(
            "DELETE FROM friendship WHERE (asker = ?1 AND asked = ?2) \
             OR (asker = ?2 AND asked = ?1)",
        )?
        .execute([me, other])?;
    let (by, of, friends) = match state {
        Friendship::None => return Ok(()),
        Friendship::Asked => (me, other, false),
        Friendship::Asks => (other, me, false),
        Friendship::Friends => (me, other, true),
    };
    connection
        .prepare_cached(
            "INSERT INTO friendship (asker, asked, friends, since) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![by, of, friends, Sql(now)])?;
    Ok(())
}

fn set_block(
    connection: &Connection,
    me: &AccountId,
    other: &AccountId,
    since: Option<Timestamp>,
    rules: u64,
) -> Result<Option<RoomId>, StoreError> {
    let (me, other) = (account_no(connection, me)?, account_no(connection, other)?);
    match since {
        Some(since) => connection
            .prepare_cached(
                "INSERT INTO block (account, other, since) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![me, other, Sql(since)])?,
        None => connection
            .prepare_cached("DELETE FROM block WHERE account = ?1 AND other = ?2")?
            .execute([me, other])?,
    };
    let room = connection
        .prepare_cached(
            "SELECT no, id FROM room WHERE kind = 3 AND min(one, other) = min(?1, ?2) \
             AND max(one, other) = max(?1, ?2)",
        )?
        .query_row([me, other], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Sql<RoomId>>(1)?.0))
        })
        .optional()?;
    let Some((no, id)) = room else {
        return Ok(None);
    };
    connection
        .prepare_cached("UPDATE log SET rules = ?2 WHERE room = ?1")?
        .execute(params![no, int(rules)])?;
    Ok(Some(id))
}

fn friends(
    connection: &Connection,
    account: &AccountId,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<FriendRow>, StoreError> {
    let account = account_no(connection, account)?;
    // 1 asked, 2 asks, 3 friends: see `person`.
    let rows = connection
        .prepare_cached(
            "SELECT a.id, coalesce(a.written, a.name), a.display, \
             CASE WHEN f.friends = 1 THEN 3 ELSE f.state END, f.since \
             FROM (SELECT asked AS person, 1 AS state, friends, since FROM friendship \
             WHERE asker = ?1 UNION ALL SELECT asker, 2, friends, since FROM friendship \
             WHERE asked = ?1) f JOIN account a ON a.no = f.person \
             WHERE a.name > ?2 ORDER BY a.name LIMIT ?3",
        )?
        .query_map(
            params![account, folded_name(after.unwrap_or_default()), limit],
            person,
        )?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// Of the columns account's id, name, display, state, since.
fn person(row: &Row<'_>) -> rusqlite::Result<FriendRow> {
    Ok(FriendRow {
        account: row.get::<_, Sql<_>>(0)?.0,
        name: row.get(1)?,
        display: row.get(2)?,
        state: match row.get::<_, i64>(3)? {
            1 => Friendship::Asked,
            2 => Friendship::Asks,
            3 => Friendship::Friends,
            _ => Friendship::None,
        },
        since: row.get::<_, Sql<_>>(4)?.0,
    })
}
