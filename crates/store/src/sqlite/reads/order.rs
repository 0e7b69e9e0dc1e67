//! Reading order in rooms: bans, mutes, invitations, and which rooms somebody may know of.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, RoomId, Timestamp};
use snug_rules::Sanction;

use crate::{
    InvitationRow, RoomRow, SanctionKind, SanctionRow, StoreError,
    sqlite::{
        order::BAN,
        rows::{self, ROOM, ROOM_FROM, Sql},
    },
};

pub(in crate::sqlite) fn sanctions(
    connection: &Connection,
    room: &RoomId,
) -> Result<Vec<SanctionRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT a.id, s.kind, s.until, s.reason FROM room r JOIN sanction s ON s.room = r.no \
             JOIN account a ON a.no = s.account WHERE r.id = ?1",
        )?
        .query_map([Sql(room)], |row| {
            let kind: i64 = row.get(1)?;
            Ok(SanctionRow {
                account: row.get::<_, Sql<_>>(0)?.0,
                kind: if kind == BAN {
                    SanctionKind::Ban
                } else {
                    SanctionKind::Mute
                },
                sanction: Sanction {
                    until: row.get::<_, Option<Sql<_>>>(2)?.map(|until| until.0),
                    reason: row.get(3)?,
                },
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn invited(
    connection: &Connection,
    room: &RoomId,
) -> Result<Vec<AccountId>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT a.id FROM room r JOIN room_invitation i ON i.room = r.no \
             JOIN account a ON a.no = i.invited WHERE r.id = ?1",
        )?
        .query_map([Sql(room)], |row| Ok(row.get::<_, Sql<_>>(0)?.0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn invitations_of(
    connection: &Connection,
    account: &AccountId,
    limit: u32,
) -> Result<Vec<InvitationRow>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT r.id, coalesce(r.written, r.name), b.id FROM account a JOIN room_invitation i ON i.invited = a.no \
             JOIN room r ON r.no = i.room JOIN account b ON b.no = i.by \
             WHERE a.id = ?1 AND NOT EXISTS (SELECT 1 FROM block \
             WHERE (account = a.no AND other = b.no) OR (account = b.no AND other = a.no)) \
             ORDER BY i.at DESC, r.no LIMIT ?2",
        )?
        .query_map(params![Sql(account), limit], |row| {
            Ok(InvitationRow {
                room: row.get::<_, Sql<_>>(0)?.0,
                name: row.get(1)?,
                by: row.get::<_, Sql<_>>(2)?.0,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(in crate::sqlite) fn known_to(
    connection: &Connection,
    account: &AccountId,
    skeleton: &str,
    now: Timestamp,
) -> Result<Option<RoomRow>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "SELECT {ROOM}{ROOM_FROM}JOIN account me ON me.id = ?1 WHERE r.skeleton = ?2 \
             AND (r.listed <> 0 \
             OR EXISTS (SELECT 1 FROM member WHERE room = r.no AND account = me.no) \
             OR EXISTS (SELECT 1 FROM room_invitation WHERE room = r.no AND invited = me.no) \
             OR EXISTS (SELECT 1 FROM group_member g JOIN room_group o \
             ON o.account_group = g.account_group WHERE g.account = me.id AND o.room = r.no) \
             OR EXISTS (SELECT 1 FROM sanction WHERE room = r.no AND kind = 1 \
             AND account = me.no AND coalesce(until > ?3, TRUE)))"
        ))?
        .query_row(params![Sql(account), skeleton, Sql(now)], rows::room)
        .optional()?;
    Ok(found)
}
