//! What changes of order do to rows: members and their roles, bans, mutes, invitations, settings.

use rusqlite::{Connection, params};
use snug_proto::{Access, AccountId, AuditAction, RoomName, RoomRole, Timestamp};
use snug_rules::{Change, Sanction, SettingsChange};

use super::{
    audit, circles, masks,
    people::{ROOM_NAME, account_no},
    rows::{Sql, int},
    spelling::{Named, Spelling, refuse_lately, refuse_look_alike},
};
use crate::{Append, AppendRefused, NewAudit, StoreError};

/// `sanction.kind`.
pub(in crate::sqlite) const BAN: i64 = 1;
/// `sanction.kind`.
pub(super) const MUTE: i64 = 2;
/// A freed name is kept from others for this long: 30 days (DECISIONS 2).
const RESERVED_MS: u64 = 30 * 24 * 3_600_000;

/// What a change did.
pub(super) struct Changed {
    /// Members fewer.
    pub(super) removed: u64,
}

/// Makes the change that an append brings. What it was decided on held a moment ago: what does not fit is
/// stale, but for a name that another took.
pub(super) fn change(
    connection: &Connection,
    room: i64,
    (append, change): (&Append, &Change),
    now: Timestamp,
) -> Result<Result<Changed, AppendRefused>, StoreError> {
    let mut removed = 0;
    match change {
        Change::Kicked { who, .. } => {
            removed = remove(connection, room, who)?;
            if removed == 0 {
                return Ok(Err(AppendRefused::Stale));
            }
        }
        Change::Banned { who, sanction } => {
            removed = remove(connection, room, who)?;
            let who = account_no(connection, who)?;
            uninvite(connection, room, who)?;
            set_sanction(connection, (room, BAN, who), sanction)?;
        }
        Change::Unbanned { who } => lift(connection, room, BAN, who)?,
        Change::Muted { who, sanction } => {
            let who = account_no(connection, who)?;
            set_sanction(connection, (room, MUTE, who), sanction)?;
        }
        Change::Unmuted { who } => lift(connection, room, MUTE, who)?,
        Change::Invited { who } => {
            connection
                .prepare_cached(
                    "INSERT INTO room_invitation (room, invited, by, at) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    room,
                    account_no(connection, who)?,
                    account_no(connection, &append.entry.actor)?,
                    Sql(now)
                ])?;
        }
        Change::Role { who, role } => {
            if !set_role(connection, room, who, *role)? {
                return Ok(Err(AppendRefused::Stale));
            }
            if *role > RoomRole::Member {
                lift(connection, room, MUTE, who)?;
            }
        }
        Change::Mask {
            kind,
            mask,
            sanction: Some(sanction),
        } => {
            let by = (&append.entry.actor, now);
            masks::put(connection, room, (*kind, mask, sanction), by)?;
        }
        Change::Mask { kind, mask, .. } => masks::take(connection, room, *kind, mask)?,
        Change::Settings(settings) => {
            if let Err(refused) = set(connection, room, settings, append, now)? {
                return Ok(Err(refused));
            }
        }
    }
    audit::write(connection, &recorded(append, change, now))?;
    Ok(Ok(Changed { removed }))
}

/// The deletion of another's message is written into the audit log: whose and which, never its words.
pub(super) fn audit_deletion(
    connection: &Connection,
    append: &Append,
    (of, reason): (u64, &Option<String>),
    at: Timestamp,
) -> Result<(), StoreError> {
    let Some(author) = append.deletes_of else {
        return Ok(());
    };
    let done = NewAudit {
        account: Some(author),
        room: Some(append.room),
        why: reason.clone(),
        details: Some(format!("message {of}")),
        ..NewAudit::new(at, Some(append.entry.actor), AuditAction::MessageDeleted)
    };
    audit::write(connection, &done)
}

/// What the audit log says of it (M6).
fn recorded(append: &Append, change: &Change, now: Timestamp) -> NewAudit {
    let (action, sanction, details) = match change {
        Change::Kicked { reason, .. } => {
            let sanction = Sanction {
                until: None,
                reason: reason.clone(),
            };
            (AuditAction::RoomKicked, Some(sanction), None)
        }
        Change::Banned { sanction, .. } => (AuditAction::RoomBanned, Some(sanction.clone()), None),
        Change::Unbanned { .. } => (AuditAction::RoomUnbanned, None, None),
        Change::Muted { sanction, .. } => (AuditAction::RoomMuted, Some(sanction.clone()), None),
        Change::Unmuted { .. } => (AuditAction::RoomUnmuted, None, None),
        Change::Invited { .. } => (AuditAction::RoomInvited, None, None),
        Change::Role { role, .. } => match role {
            RoomRole::Founder => (AuditAction::RoomHandedOver, None, None),
            RoomRole::Admin => (AuditAction::RoomRoleGiven, None, Some("role admin".into())),
            RoomRole::Member => (AuditAction::RoomRoleGiven, None, Some("role member".into())),
        },
        Change::Mask {
            kind,
            mask,
            sanction,
        } => {
            let action = match sanction {
                Some(_) => AuditAction::RoomMaskSet,
                None => AuditAction::RoomMaskLifted,
            };
            let details = format!("{kind:?} {mask}").to_lowercase();
            (action, sanction.clone(), Some(details))
        }
        Change::Settings(settings) => (AuditAction::RoomChanged, None, Some(said(settings))),
    };
    let sanction = sanction.unwrap_or_default();
    NewAudit {
        account: change.whom(),
        room: Some(append.room),
        until: sanction.until,
        why: sanction.reason,
        details,
        ..NewAudit::new(now, Some(append.entry.actor), action)
    }
}

/// Which settings changed; never the words of a topic, nor a password.
fn said(settings: &SettingsChange) -> String {
    let changes = &settings.changes;
    let mut said = Vec::new();
    if let (Some(name), Some(was)) = (&changes.name, &settings.was) {
        said.push(format!("name {was} to {name}"));
    }
    if changes.topic.is_some() {
        said.push("topic".to_owned());
    }
    if let Some(ms) = changes.slow_mode_ms {
        said.push(format!("slow mode {ms} ms"));
    }
    if let Some(moderated) = changes.moderated {
        said.push(
            if moderated {
                "moderated"
            } else {
                "not moderated"
            }
            .to_owned(),
        );
    }
    if let Some(outside) = changes.outside {
        said.push(
            if outside {
                "words from outside"
            } else {
                "members speak"
            }
            .to_owned(),
        );
    }
    for (quiet, on, off) in [
        (changes.quiet_guests, "guests read", "guests speak"),
        (
            changes.quiet_machines,
            "programs ask nothing",
            "programs ask",
        ),
    ] {
        said.extend(quiet.map(|quiet| if quiet { on } else { off }.to_owned()));
    }
    if let Some(open) = changes.open_topic {
        said.push(
            if open {
                "topic for all"
            } else {
                "topic for admins"
            }
            .to_owned(),
        );
    }
    if let Some(limit) = changes.limit {
        said.push(format!("limit {limit}"));
    }
    if let Some(access) = changes.access {
        let access = match access {
            Access::Open => "open",
            Access::Password => "password",
            Access::Invitation => "invitation",
        };
        said.push(format!("access {access}"));
    }
    if settings.new_password {
        said.push("a new password".to_owned());
    }
    if let Some(groups) = &changes.groups {
        said.push(match groups.as_slice() {
            [] => "open to no group".to_owned(),
            groups => format!("open to the groups {}", groups.join(", ")),
        });
    }
    if let Some(listed) = changes.listed {
        said.push(if listed { "listed" } else { "hidden" }.to_owned());
    }
    if changes.history.is_some() {
        said.push("history".to_owned());
    }
    if let Some(retention) = changes.retention {
        said.push(format!("keeps {retention}"));
    }
    if let Some(archived) = changes.archived {
        said.push(if archived { "archived" } else { "opened again" }.to_owned());
    }
    said.join(", ")
}

/// Whoever joined needs no invitation any more.
pub(super) fn uninvite(connection: &Connection, room: i64, who: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM room_invitation WHERE room = ?1 AND invited = ?2")?
        .execute([room, who])?;
    Ok(())
}

fn remove(connection: &Connection, room: i64, who: &AccountId) -> Result<u64, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM member WHERE room = ?1 AND account = ?2")?
        .execute([room, account_no(connection, who)?])?;
    Ok(removed as u64)
}

fn set_sanction(
    connection: &Connection,
    (room, kind, who): (i64, i64, i64),
    sanction: &Sanction,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sanction (room, kind, account, until, reason) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET until = excluded.until, reason = excluded.reason",
        )?
        .execute(params![
            room,
            kind,
            who,
            sanction.until.map(Sql),
            sanction.reason
        ])?;
    Ok(())
}

fn lift(connection: &Connection, room: i64, kind: i64, who: &AccountId) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM sanction WHERE room = ?1 AND kind = ?2 AND account = ?3")?
        .execute(params![room, kind, account_no(connection, who)?])?;
    Ok(())
}

/// False if they are not a member. A new founder makes the old one an admin.
fn set_role(
    connection: &Connection,
    room: i64,
    who: &AccountId,
    role: RoomRole,
) -> Result<bool, StoreError> {
    let who = account_no(connection, who)?;
    let mut update = connection
        .prepare_cached("UPDATE member SET role = ?3 WHERE room = ?1 AND account = ?2")?;
    let kept = role.min(RoomRole::Admin);
    if update.execute(params![room, who, Sql(kept)])? == 0 {
        return Ok(false);
    }
    if role < RoomRole::Founder {
        connection
            .prepare_cached("UPDATE room SET founder = NULL WHERE no = ?1 AND founder = ?2")?
            .execute([room, who])?;
        return Ok(true);
    }
    connection
        .prepare_cached(
            "UPDATE member SET role = 2 \
             WHERE room = ?1 AND account = (SELECT founder FROM room WHERE no = ?1)",
        )?
        .execute([room])?;
    connection
        .prepare_cached("UPDATE room SET founder = ?2 WHERE no = ?1")?
        .execute([room, who])?;
    Ok(true)
}

fn set(
    connection: &Connection,
    room: i64,
    settings: &SettingsChange,
    append: &Append,
    now: Timestamp,
) -> Result<Result<(), AppendRefused>, StoreError> {
    let changes = &settings.changes;
    if let Some(name) = &changes.name
        && !rename(connection, room, name, append, now)?
    {
        return Ok(Err(AppendRefused::NameTaken));
    }
    connection
        .prepare_cached(
            "UPDATE room SET topic = coalesce(?2, topic), \
             slow_mode_ms = coalesce(?3, slow_mode_ms), access = coalesce(?4, access), \
             listed = coalesce(?5, listed), history = coalesce(?6, history), \
             archived = coalesce(?7, archived), retention = coalesce(?8, retention), \
             moderated = coalesce(?9, moderated), open_topic = coalesce(?10, open_topic), \
             member_limit = coalesce(?11, member_limit), outside = coalesce(?12, outside), \
             quiet_guests = coalesce(?13, quiet_guests), quiet_machines = coalesce(?14, quiet_machines) \
             WHERE no = ?1",
        )?
        .execute(params![
            room,
            changes.topic,
            changes.slow_mode_ms.map(int),
            changes.access.map(Sql),
            changes.listed,
            changes.history.map(Sql),
            changes.archived,
            changes.retention.map(Sql),
            changes.moderated,
            changes.open_topic,
            changes.limit.map(int),
            changes.outside,
            changes.quiet_guests,
            changes.quiet_machines
        ])?;
    if let Some(groups) = &changes.groups {
        circles::open_to(connection, room, groups)?;
    }
    if changes.topic.is_some() {
        connection
            .prepare_cached("UPDATE room SET topic_by = ?2, topic_at = ?3 WHERE no = ?1")?
            .execute(params![room, Sql(&append.entry.actor), Sql(now)])?;
    }
    let without = matches!(changes.access, Some(Access::Open | Access::Invitation));
    if settings.new_password || without {
        connection
            .prepare_cached("UPDATE room SET password_tag = ?2 WHERE no = ?1")?
            .execute(params![
                room,
                append.password_tag.filter(|_| settings.new_password)
            ])?;
    }
    Ok(Ok(()))
}

/// False if another room has the name, or had it lately.
fn rename(
    connection: &Connection,
    room: i64,
    name: &str,
    append: &Append,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let name = RoomName::parse(name).map_err(|error| StoreError::Failed(error.to_string()))?;
    let (skeleton, spelling) = (name.skeleton(), Spelling::from(&name));
    let looks = (skeleton.as_str(), spelling.look.as_deref());
    let holder = Some(append.room.bytes().as_slice());
    let free = refuse_lately(connection, ROOM_NAME, looks, holder, now)
        .and_then(|()| refuse_look_alike(connection, Named::Room, looks, room));
    match free {
        Err(StoreError::Taken) => return Ok(false),
        other => other?,
    }
    let old: [Option<String>; 2] = connection
        .prepare_cached("SELECT skeleton, look FROM room WHERE no = ?1")?
        .query_row([room], |row| Ok([row.get(0)?, row.get(1)?]))?;
    let now_is = |old: &String| *old == skeleton || spelling.look.as_ref() == Some(old);
    for old in old.into_iter().flatten().filter(|old| !now_is(old)) {
        connection
            .prepare_cached(
                // A guest's name is free at once (DECISIONS 2), and so is that of a guest's room.
                "INSERT INTO reserved_name (kind, skeleton, until, holder) SELECT ?1, ?2, ?3, ?4 \
                 WHERE NOT EXISTS (SELECT 1 FROM passing_room WHERE room = ?5) \
                 ON CONFLICT DO UPDATE SET until = excluded.until, holder = excluded.holder",
            )?
            .execute(params![
                ROOM_NAME,
                old,
                Sql(now.plus_ms(RESERVED_MS)),
                holder,
                room
            ])?;
    }
    connection
        .prepare_cached("DELETE FROM reserved_name WHERE kind = ?1 AND skeleton IN (?2, ?3)")?
        .execute(params![ROOM_NAME, skeleton, spelling.look])?;
    connection
        .prepare_cached(
            "UPDATE room SET name = ?2, skeleton = ?3, written = ?4, look = ?5 WHERE no = ?1",
        )?
        .execute(params![
            room,
            spelling.folded,
            skeleton,
            spelling.written,
            spelling.look
        ])?;
    Ok(true)
}
