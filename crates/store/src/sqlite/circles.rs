//! Labels and groups in rows.

use rusqlite::{Connection, OptionalExtension, Result as SqlResult, params};
use snug_proto::{AccountId, AccountName, RoomId, Timestamp, folded_name};

use super::{
    people::{ACCOUNT_NAME, NOBODY},
    reader::SqliteReader,
    rows::{Sql, count, int},
    spelling::{Named, Spelling, refuse_lately, refuse_look_alike},
    writer::SqliteTransaction,
};
use crate::{CircleReading, CircleWriting, GroupRow, StoreError};

impl CircleWriting for SqliteTransaction<'_> {
    fn set_label(
        &mut self,
        account: &AccountId,
        label: &str,
        on: bool,
    ) -> Result<bool, StoreError> {
        let sql = if on {
            "INSERT INTO account_label (account, label) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM account_label WHERE account = ?1 AND label = ?2"
        };
        self.run(|connection| {
            let changed = connection
                .prepare_cached(sql)?
                .execute(params![Sql(account), label])?;
            Ok(changed == 1)
        })
    }

    fn count_labels(&mut self, account: &AccountId) -> Result<u64, StoreError> {
        self.run(|connection| {
            let counted = connection
                .prepare_cached("SELECT count(*) FROM account_label WHERE account = ?1")?
                .query_row([Sql(account)], |row| count(row, 0))?;
            Ok(counted)
        })
    }

    fn create_group(&mut self, name: &AccountName, now: Timestamp) -> Result<bool, StoreError> {
        let (skeleton, spelling) = (name.skeleton(), Spelling::from(name));
        let looks = (skeleton.as_str(), spelling.look.as_deref());
        self.run(|connection| {
            let there_is = connection
                .prepare_cached("SELECT 1 FROM account_group WHERE skeleton = ?1")?
                .exists([looks.0])?;
            if there_is {
                return Ok(false);
            }
            refuse_group(connection, looks)?;
            // `@name` must mean one of the two.
            refuse_lately(connection, ACCOUNT_NAME, looks, None, now)?;
            refuse_look_alike(connection, Named::Account, looks, NOBODY)?;
            connection
                .prepare_cached(
                    "INSERT INTO account_group (name, skeleton, written, look) \
                     VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![
                    spelling.folded,
                    looks.0,
                    spelling.written,
                    spelling.look
                ])?;
            Ok(true)
        })
    }

    fn delete_group(&mut self, skeleton: &str) -> Result<bool, StoreError> {
        self.run(|connection| {
            connection
                .prepare_cached(
                    "DELETE FROM room_group WHERE account_group = \
                     (SELECT no FROM account_group WHERE skeleton = ?1)",
                )?
                .execute([skeleton])?;
            connection
                .prepare_cached(
                    "DELETE FROM group_member WHERE account_group = \
                     (SELECT no FROM account_group WHERE skeleton = ?1)",
                )?
                .execute([skeleton])?;
            let deleted = connection
                .prepare_cached("DELETE FROM account_group WHERE skeleton = ?1")?
                .execute([skeleton])?;
            Ok(deleted == 1)
        })
    }

    fn set_group_member(
        &mut self,
        skeleton: &str,
        account: &AccountId,
        on: bool,
    ) -> Result<bool, StoreError> {
        let sql = if on {
            "INSERT INTO group_member (account_group, account) \
             SELECT no, ?2 FROM account_group WHERE skeleton = ?1 ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM group_member WHERE account = ?2 AND account_group = \
             (SELECT no FROM account_group WHERE skeleton = ?1)"
        };
        self.run(|connection| {
            let changed = connection
                .prepare_cached(sql)?
                .execute(params![skeleton, Sql(account)])?;
            Ok(changed == 1)
        })
    }

    fn move_rooms_of_group(
        &mut self,
        skeleton: &str,
        rules: u64,
    ) -> Result<Vec<RoomId>, StoreError> {
        self.change(|connection| {
            let rooms = connection
                .prepare_cached(
                    "SELECT r.no, r.id FROM account_group g \
                     JOIN room_group o ON o.account_group = g.no JOIN room r ON r.no = o.room \
                     WHERE g.skeleton = ?1",
                )?
                .query_map([skeleton], |row| {
                    Ok((row.get(0)?, row.get::<_, Sql<_>>(1)?.0))
                })?
                .collect::<SqlResult<Vec<(i64, RoomId)>>>()?;
            let mut moved =
                connection.prepare_cached("UPDATE log SET rules = ?2 WHERE room = ?1")?;
            for (no, _) in &rooms {
                moved.execute(params![no, int(rules)])?;
            }
            Ok(rooms.into_iter().map(|(_, room)| room).collect())
        })
    }

    fn count_groups(&mut self, skeleton: &str) -> Result<(u64, u64), StoreError> {
        self.run(|connection| {
            let counted = connection
                .prepare_cached(
                    "SELECT (SELECT count(*) FROM account_group), \
                     (SELECT count(*) FROM group_member m JOIN account_group g \
                     ON g.no = m.account_group WHERE g.skeleton = ?1)",
                )?
                .query_row([skeleton], |row| Ok((count(row, 0)?, count(row, 1)?)))?;
            Ok(counted)
        })
    }
}

impl CircleReading for SqliteReader {
    fn labels_of(
        &mut self,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, String)>, StoreError> {
        self.run(|connection| {
            let mut query = connection.prepare_cached(
                "SELECT label FROM account_label WHERE account = ?1 ORDER BY label",
            )?;
            let mut found = Vec::new();
            for account in accounts {
                for label in query.query_map([Sql(account)], |row| row.get(0))? {
                    found.push((*account, label?));
                }
            }
            Ok(found)
        })
    }

    fn groups(&mut self) -> Result<Vec<GroupRow>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT coalesce(written, name), (SELECT count(*) FROM group_member m \
                     WHERE m.account_group = g.no) FROM account_group g ORDER BY name",
                )?
                .query_map([], |row| {
                    Ok(GroupRow {
                        name: row.get(0)?,
                        members: count(row, 1)?,
                    })
                })?
                .collect::<SqlResult<_>>()?;
            Ok(found)
        })
    }

    fn group(&mut self, skeleton: &str) -> Result<Option<(String, Vec<AccountId>)>, StoreError> {
        self.run(|connection| {
            let name: Option<String> = connection
                .prepare_cached(
                    "SELECT coalesce(written, name) FROM account_group WHERE skeleton = ?1",
                )?
                .query_row([skeleton], |row| row.get(0))
                .optional()?;
            let Some(name) = name else {
                return Ok(None);
            };
            let members = connection
                .prepare_cached(
                    "SELECT m.account FROM group_member m JOIN account_group g \
                     ON g.no = m.account_group WHERE g.skeleton = ?1",
                )?
                .query_map([skeleton], |row| Ok(row.get::<_, Sql<_>>(0)?.0))?
                .collect::<SqlResult<_>>()?;
            Ok(Some((name, members)))
        })
    }

    fn admitted(&mut self, room: &RoomId) -> Result<(Vec<String>, Vec<AccountId>), StoreError> {
        self.run(|connection| {
            let groups: Vec<String> = connection
                .prepare_cached(
                    "SELECT coalesce(g.written, g.name) FROM room r JOIN room_group o ON o.room = r.no \
                     JOIN account_group g ON g.no = o.account_group \
                     WHERE r.id = ?1 ORDER BY g.name",
                )?
                .query_map([Sql(room)], |row| row.get(0))?
                .collect::<SqlResult<_>>()?;
            if groups.is_empty() {
                return Ok((groups, Vec::new()));
            }
            let members = connection
                .prepare_cached(
                    "SELECT DISTINCT m.account FROM room r JOIN room_group o ON o.room = r.no \
                     JOIN group_member m ON m.account_group = o.account_group WHERE r.id = ?1",
                )?
                .query_map([Sql(room)], |row| Ok(row.get::<_, Sql<_>>(0)?.0))?
                .collect::<SqlResult<_>>()?;
            Ok((groups, members))
        })
    }
}

/// The groups that a room is open to from now on; one that was deleted meanwhile is left out.
pub(super) fn open_to(
    connection: &Connection,
    room: i64,
    groups: &[String],
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM room_group WHERE room = ?1")?
        .execute([room])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO room_group (room, account_group) \
         SELECT ?1, no FROM account_group WHERE name = ?2 ON CONFLICT DO NOTHING",
    )?;
    for group in groups {
        insert.execute(params![room, folded_name(group)])?;
    }
    Ok(())
}

/// `Taken` if a group has the name of an account to be.
pub(super) fn refuse_group(
    connection: &Connection,
    (skeleton, look): (&str, Option<&str>),
) -> Result<(), StoreError> {
    let taken = connection
        .prepare_cached(
            "SELECT 1 FROM account_group WHERE skeleton IN (?1, ?2) OR look IN (?1, ?2)",
        )?
        .exists([Some(skeleton), look])?;
    if taken {
        Err(StoreError::Taken)
    } else {
        Ok(())
    }
}
