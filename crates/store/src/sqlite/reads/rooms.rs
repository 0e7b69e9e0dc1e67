//! Reading rooms: one, those of an account with its markers and unread counts, those listed.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use snug_proto::{AccountId, HistoryPolicy, RoomId, limits::MAX_UNREAD_MENTIONS};

use crate::{
    Footing, MemberRow, RoomCounts, RoomRow, RoomStanding, StoreError,
    sqlite::{
        order::BAN,
        rows::{self, ROOM, ROOM_COLUMNS, ROOM_FROM, Sql, count},
    },
};

fn one(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> Result<Option<RoomRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!("SELECT {ROOM}{ROOM_FROM}WHERE {which}"))?
        .query_row(params, rows::room)
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn by_id(
    connection: &Connection,
    id: &RoomId,
) -> Result<Option<RoomRow>, StoreError> {
    one(connection, "r.id = ?1", [Sql(id)])
}

pub(in crate::sqlite) fn by_skeleton(
    connection: &Connection,
    skeleton: &str,
) -> Result<Option<RoomRow>, StoreError> {
    one(connection, "r.skeleton = ?1", [skeleton])
}

pub(in crate::sqlite) fn lobby(connection: &Connection) -> Result<Option<RoomRow>, StoreError> {
    one(connection, "r.kind = 1", [])
}

pub(in crate::sqlite) fn direct(
    connection: &Connection,
    one_id: &AccountId,
    other_id: &AccountId,
) -> Result<Option<RoomRow>, StoreError> {
    // Spelled as the index of pairs is.
    let which = "r.kind = 3 \
         AND min(r.one, r.other) = (SELECT min(x.no, y.no) FROM account x, account y \
         WHERE x.id = ?1 AND y.id = ?2) \
         AND max(r.one, r.other) = (SELECT max(x.no, y.no) FROM account x, account y \
         WHERE x.id = ?1 AND y.id = ?2)";
    one(connection, which, [Sql(one_id), Sql(other_id)])
}

pub(in crate::sqlite) fn counts(
    connection: &Connection,
    room: &RoomId,
) -> Result<Option<RoomCounts>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT l.id, l.first, l.seq, l.messages, l.last_at, l.rules, l.members \
             FROM room r JOIN log l ON l.room = r.no WHERE r.id = ?1",
        )?
        .query_row([Sql(room)], |row| rows::counts(row, 0))
        .optional()?;
    Ok(found)
}

/// By their joining, the longest-standing first.
pub(in crate::sqlite) fn members(
    connection: &Connection,
    room: &RoomId,
) -> Result<Vec<MemberRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT a.id, m.joined, m.role FROM room r JOIN member m ON m.room = r.no \
             JOIN account a ON a.no = m.account WHERE r.id = ?1 ORDER BY m.joined, a.no",
        )?
        .query_map([Sql(room)], |row| {
            Ok(MemberRow {
                account: row.get::<_, Sql<_>>(0)?.0,
                joined: count(row, 1)?,
                role: row.get::<_, Sql<_>>(2)?.0,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// The unread mentions of an account in room `r`, past the marker `k`: none of them was said before it
/// joined, because only members are mentioned.
fn mentions(me: &str) -> String {
    format!(
        "(SELECT count(*) FROM (SELECT 1 FROM mention x WHERE x.account = {me} AND x.room = r.no \
         AND x.seq > coalesce(k.seq, 0) AND x.seq >= l.first LIMIT {MAX_UNREAD_MENTIONS}))"
    )
}

/// What is read of a room and a standing in it: [`ROOM`], the messages in the log before the account
/// joined, the read marker, the messages up to that, the mentions after it, the messages
/// pruned, the role.
fn standing_row(row: &Row<'_>) -> rusqlite::Result<RoomStanding> {
    let room = rows::room(row)?;
    let before = count(row, ROOM_COLUMNS)?;
    let read = count(row, ROOM_COLUMNS + 1)?;
    let read_messages = count(row, ROOM_COLUMNS + 2)?;
    let counted_from = match room.history {
        HistoryPolicy::All => read_messages,
        HistoryPolicy::SinceJoining => read_messages.max(before),
    };
    let mentions = count(row, ROOM_COLUMNS + 3)?;
    let pruned = count(row, ROOM_COLUMNS + 4)?;
    let unread = room
        .counts
        .messages
        .saturating_sub(counted_from.max(pruned));
    Ok(RoomStanding {
        room,
        read,
        unread,
        mentions,
        role: row.get::<_, Sql<_>>(ROOM_COLUMNS + 5)?.0,
    })
}

/// The lobby for everyone, ordinary rooms by membership, direct conversations by being one of the two.
/// The parts share no room (notes to oneself are left out of the last), so that no `UNION` has to compare
/// them in a temporary table, which every sign-in would pay for.
pub(in crate::sqlite) fn of_account(
    connection: &Connection,
    account: &AccountId,
    after: Option<&RoomId>,
    limit: u32,
) -> Result<Vec<RoomStanding>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "WITH me AS (SELECT no FROM account WHERE id = ?1), \
             mine (room, before, role) AS ( \
             SELECT r.no, 0, 1 FROM room r, me WHERE r.kind = 1 \
             UNION ALL SELECT m.room, m.messages, m.role FROM member m JOIN me ON m.account = me.no \
             UNION ALL SELECT r.no, 0, 1 FROM room r JOIN me ON r.one = me.no \
             UNION ALL SELECT r.no, 0, 1 FROM room r JOIN me ON r.other = me.no \
             WHERE r.one <> r.other) \
             SELECT {ROOM}, mine.before, coalesce(k.seq, 0), coalesce(k.messages, 0), {}, l.pruned, \
             mine.role \
             {ROOM_FROM} JOIN mine ON mine.room = r.no \
             LEFT JOIN marker k ON k.account = (SELECT no FROM me) AND k.room = r.no \
             WHERE ?2 IS NULL OR (r.kind, r.name, r.no) > \
             (SELECT kind, name, no FROM room WHERE id = ?2) \
             ORDER BY r.kind, r.name, r.no LIMIT ?3",
            mentions("(SELECT no FROM me)")
        ))?
        .query_map(params![Sql(account), after.map(Sql), limit], standing_row)?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn standing(
    connection: &Connection,
    room: &RoomId,
    account: &AccountId,
) -> Result<Option<RoomStanding>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {ROOM}, coalesce(m.messages, 0), coalesce(k.seq, 0), coalesce(k.messages, 0), {}, l.pruned, \
             coalesce(m.role, 1) \
             {ROOM_FROM} JOIN account me ON me.id = ?1 \
             LEFT JOIN member m ON m.room = r.no AND m.account = me.no \
             LEFT JOIN marker k ON k.account = me.no AND k.room = r.no \
             WHERE r.id = ?2 AND (r.kind = 1 OR (r.kind = 2 AND m.room IS NOT NULL) \
             OR (r.kind = 3 AND me.no IN (r.one, r.other)))",
            mentions("me.no")
        ))?
        .query_row(params![Sql(account), Sql(room)], standing_row)
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn listed(
    connection: &Connection,
    account: &AccountId,
    after: Option<&RoomId>,
    limit: u32,
) -> Result<Vec<(RoomRow, Footing)>, StoreError> {
    // Two statements, so that each walks the index of listed rooms from where it begins.
    let which = if after.is_some() {
        "AND (r.kind, r.name, r.no) > (SELECT kind, name, no FROM room WHERE id = ?1)"
    } else {
        "AND ?1 IS NULL"
    };
    let found = connection
        .prepare_cached(&format!(
            "WITH admitted AS (SELECT DISTINCT o.room FROM group_member g \
             JOIN room_group o ON o.account_group = g.account_group WHERE g.account = ?3) \
             SELECT {ROOM}, r.kind = 1 OR m.room IS NOT NULL, i.room IS NOT NULL, \
             r.no IN (SELECT room FROM admitted), EXISTS (SELECT 1 FROM sanction s \
             WHERE s.account = me.no AND s.room = r.no AND s.kind = {BAN}) \
             {ROOM_FROM}JOIN account me ON me.id = ?3 \
             LEFT JOIN member m ON m.room = r.no AND m.account = me.no \
             LEFT JOIN room_invitation i ON i.room = r.no AND i.invited = me.no \
             WHERE r.kind < 3 AND (r.listed <> 0 OR m.room IS NOT NULL OR i.room IS NOT NULL \
             OR r.no IN (SELECT room FROM admitted)) \
             {which} ORDER BY r.kind, r.name, r.no LIMIT ?2"
        ))?
        .query_map(params![after.map(Sql), limit, Sql(account)], |row| {
            let so = |column| row.get::<_, bool>(ROOM_COLUMNS + column);
            let footing = match (so(0)?, so(1)?, so(2)?, so(3)?) {
                (true, ..) => Footing::Member,
                (.., true) => Footing::Banned,
                (_, true, ..) => Footing::Invited,
                (_, _, true, _) => Footing::Admitted,
                _ => Footing::None,
            };
            Ok((rows::room(row)?, footing))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}
