//! Guests and the rooms that go with them, in rows.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, PASSING_PREFIX, RoomId};

use super::{
    accounts::HANGING,
    reader::SqliteReader,
    rows::{Sql, count, int},
    writer::SqliteTransaction,
};
use crate::{GuestErased, GuestReads, GuestWrites, StoreError};

/// What hangs on a room by its number, and goes with it; the room itself last.
const OF_ROOM: &[&str] = &[
    "DELETE FROM event WHERE room = ?1",
    "DELETE FROM member WHERE room = ?1",
    "DELETE FROM marker WHERE room = ?1",
    "DELETE FROM mention WHERE room = ?1",
    "DELETE FROM reaction WHERE room = ?1",
    "DELETE FROM sanction WHERE room = ?1",
    "DELETE FROM room_invitation WHERE room = ?1",
    "DELETE FROM room_mask WHERE room = ?1",
    "DELETE FROM room_group WHERE room = ?1",
    "DELETE FROM room_metadata WHERE room = ?1",
    "DELETE FROM log WHERE room = ?1",
    "DELETE FROM passing_room WHERE room = ?1",
    "DELETE FROM room WHERE no = ?1",
];

/// Rooms that go with their last member and have none. Of a conversation nobody is a member by a row.
const PASSED: &str = "SELECT r.no, r.id FROM passing_room p JOIN room r ON r.no = p.room \
     WHERE r.kind = 2 AND NOT EXISTS (SELECT 1 FROM member WHERE room = r.no)";

impl GuestWrites for SqliteTransaction<'_> {
    fn mark_passing(&mut self, room: &RoomId) -> Result<(), StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO passing_room (room) SELECT no FROM room WHERE id = ?1 \
                     ON CONFLICT DO NOTHING",
                )?
                .execute([Sql(room)])?;
            Ok(())
        })
    }

    fn remove_passing(&mut self, room: &RoomId) -> Result<bool, StoreError> {
        self.change(|connection| {
            let found: Option<i64> = connection
                .prepare_cached(&format!("{PASSED} AND r.id = ?1"))?
                .query_row([Sql(room)], |row| row.get(0))
                .optional()?;
            match found {
                Some(no) => remove(connection, no).map(|()| true),
                None => Ok(false),
            }
        })
    }

    fn remove_passing_named(&mut self, skeleton: &str) -> Result<Option<RoomId>, StoreError> {
        self.change(|connection| {
            let found = connection
                .prepare_cached(&format!("{PASSED} AND r.skeleton = ?1"))?
                .query_row([skeleton], |row| {
                    Ok((row.get(0)?, row.get::<_, Sql<RoomId>>(1)?.0))
                })
                .optional()?;
            match found {
                Some((no, id)) => remove(connection, no).map(|()| Some(id)),
                None => Ok(None),
            }
        })
    }

    fn erase_guest(&mut self, guest: &AccountId, rules: u64) -> Result<GuestErased, StoreError> {
        self.change(|connection| erase(connection, guest, rules))
    }
}

impl GuestReads for SqliteReader {
    fn guests(&mut self) -> Result<Vec<AccountId>, StoreError> {
        self.run(|connection| {
            // 4 is `Role::Guest`, spelled out so that the partial index serves.
            let found = connection
                .prepare_cached("SELECT id FROM account WHERE role = 4")?
                .query_map([], |row| Ok(row.get::<_, Sql<AccountId>>(0)?.0))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }

    fn guests_in(&mut self, room: &RoomId) -> Result<Vec<AccountId>, StoreError> {
        self.run(|connection| {
            // There are never many guests: each is looked up in the room.
            let found = connection
                .prepare_cached(
                    "SELECT a.id FROM account a WHERE a.role = 4 AND EXISTS (SELECT 1 FROM member m \
                     WHERE m.account = a.no AND m.room = (SELECT no FROM room WHERE id = ?1))",
                )?
                .query_map([Sql(room)], |row| Ok(row.get::<_, Sql<AccountId>>(0)?.0))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }

    fn count_rooms_of(&mut self, account: &AccountId, passing: bool) -> Result<u64, StoreError> {
        self.run(|connection| {
            let rooms = connection
                .prepare_cached(
                    "SELECT count(*) FROM member m JOIN room r ON r.no = m.room \
                     WHERE m.account = (SELECT no FROM account WHERE id = ?1) \
                     AND (substr(r.name, 1, 1) = ?2) = ?3",
                )?
                .query_row(
                    params![Sql(account), PASSING_PREFIX.to_string(), passing],
                    |row| count(row, 0),
                )?;
            Ok(rooms)
        })
    }

    fn is_passing(&mut self, room: &RoomId) -> Result<bool, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT 1 FROM passing_room WHERE room = (SELECT no FROM room WHERE id = ?1)",
                )?
                .exists([Sql(room)])?;
            Ok(found)
        })
    }

    fn passed_rooms(&mut self) -> Result<Vec<RoomId>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(PASSED)?
                .query_map([], |row| Ok(row.get::<_, Sql<RoomId>>(1)?.0))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }
}

fn remove(connection: &Connection, no: i64) -> Result<(), StoreError> {
    for sql in OF_ROOM {
        connection.prepare_cached(sql)?.execute([no])?;
    }
    Ok(())
}

fn erase(
    connection: &Connection,
    guest: &AccountId,
    rules: u64,
) -> Result<GuestErased, StoreError> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT no FROM account WHERE id = ?1 AND role = 4")?
        .query_row([Sql(guest)], |row| row.get(0))
        .optional()?;
    let Some(no) = found else {
        return Ok(GuestErased::NoGuest);
    };
    let in_rooms = connection
        .prepare_cached("SELECT 1 FROM member WHERE account = ?1")?
        .exists([no])?;
    if in_rooms {
        return Ok(GuestErased::InRooms);
    }
    for sql in HANGING {
        connection.prepare_cached(sql)?.execute([no])?;
    }
    for sql in [
        "DELETE FROM sanction WHERE account = ?1",
        "UPDATE room SET founder = NULL WHERE founder = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([no])?;
    }
    connection
        .prepare_cached("DELETE FROM server_ban WHERE account = ?1")?
        .execute([Sql(guest)])?;
    let conversations = connection
        .prepare_cached("SELECT no, id FROM room WHERE kind = 3 AND (one = ?1 OR other = ?1)")?
        .query_map([no], |row| {
            Ok((row.get(0)?, row.get::<_, Sql<RoomId>>(1)?.0))
        })?
        .collect::<Result<Vec<(i64, RoomId)>, _>>()?;
    for (conversation, _) in &conversations {
        remove(connection, *conversation)?;
    }
    // A name that nobody can register or ask for, and a skeleton that no name has. The number stays in
    // use: were it given to another, what the guest said would be that one's.
    connection
        .prepare_cached(
            "UPDATE account SET name = 'deleted~account', skeleton = '~' || hex(id), \
             written = NULL, look = NULL, \
             display = 'a guest', role = 1, record = zeroblob(length(record)), rules = ?2, \
             strangers = 0, no_guests = 0, vip_until = NULL WHERE no = ?1",
        )?
        .execute(params![no, int(rules)])?;
    let gone = conversations.into_iter().map(|(_, id)| id);
    Ok(GuestErased::Yes(gone.collect()))
}
