//! Keeping order in a room: what kicks, bans, mutes, roles and settings come to (R4, DECISIONS 20). Who may
//! do which is the table's; whom they may do it to is decided here.

use std::collections::HashMap;

use snug_proto::{
    AccountId, ErrorCode, MaskKind, PASSING_PREFIX, Refusal, Retention, Role, RoomChanges,
    RoomRole, Timestamp,
    limits::{MAX_ROOM_INVITATIONS, MAX_ROOM_SANCTIONS, MAX_SLOW_MODE_MS},
};

use crate::{
    account::Actor,
    change::{Authority, Change, SettingsChange},
    masks,
    permission::{Deed, Door, denied, part, permit, rank},
    room::Outcome,
    view::{Access, Content, Entry, RoomKind, RoomView, Sanction, Stay},
};

/// Concerned something is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concerned {
    /// The account.
    pub account: AccountId,
    /// Its role on the server.
    pub role: Role,
}

/// Something that is done to a room or to somebody in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Remove a member.
    Kick(Concerned, Option<String>),
    /// Remove somebody and keep them out.
    Ban(Concerned, Sanction),
    /// Lift a ban.
    Unban(Concerned),
    /// Silence somebody.
    Mute(Concerned, Sanction),
    /// Lift a mute.
    Unmute(Concerned),
    /// Let somebody in whatever the room asks for.
    Invite(Concerned),
    /// Change what somebody is in the room.
    SetRole(Concerned, RoomRole),
    /// Set the room up differently, for this reason.
    Set(RoomChanges, NewPassword, Option<String>),
    /// Put a mask on the room.
    PutMask(MaskKind, String, Sanction),
    /// Take a mask away.
    TakeMask(MaskKind, String),
    /// Pass a room on that has no founder in it; whoever left it so does. Not to these: they are the founder of as
    /// many rooms as they may be.
    PassOn(Vec<AccountId>),
}

/// Does a change of settings bring a password?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewPassword {
    /// No.
    Absent,
    /// Yes; the caller keeps it.
    Given,
}

pub(crate) fn obey(
    view: &RoomView,
    actor: &Actor,
    order: Order,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let done = match order {
        Order::Kick(whom, reason) => Some((kick(view, actor, whom, reason, now)?, Deed::Kick)),
        Order::Ban(whom, sanction) => {
            ban(view, actor, whom, sanction, now)?.map(|change| (change, Deed::Ban))
        }
        Order::Unban(whom) => Some((lift(view, actor, whom, &BANS, now)?, Deed::Unban)),
        Order::Mute(whom, sanction) => {
            mute(view, actor, whom, sanction, now)?.map(|change| (change, Deed::Mute))
        }
        Order::Unmute(whom) => Some((lift(view, actor, whom, &MUTES, now)?, Deed::Unmute)),
        Order::Invite(whom) => invite(view, actor, whom, now)?.map(|change| (change, Deed::Invite)),
        Order::SetRole(whom, role) => {
            set_role(view, actor, whom, role, now)?.map(|change| (change, deed_of_role(role)))
        }
        Order::PutMask(kind, mask, sanction) => {
            let put = masks::put(view, actor, (kind, mask, sanction), now)?;
            put.map(|change| (change, masks::deed(kind, false)))
        }
        Order::TakeMask(kind, mask) => Some((
            masks::take(view, actor, (kind, mask), now)?,
            masks::deed(kind, true),
        )),
        Order::Set(changes, password, reason) => {
            set(view, actor, (changes, password, reason), now)?
        }
        Order::PassOn(full) => return Ok(pass_on(view, actor, &full)),
    };
    Ok(match done {
        None => Outcome::Already,
        Some((change, deed)) => Outcome::Append(Entry {
            actor: actor.account,
            content: Content::Changed {
                change,
                by: authority(view, actor, deed, now),
            },
        }),
    })
}

/// The room's authority where it suffices; else it was the server's.
fn authority(view: &RoomView, actor: &Actor, deed: Deed, now: Timestamp) -> Authority {
    let without = Actor {
        role: Role::Member,
        ..*actor
    };
    match denied(view, part(view, &without, now), deed, Door::Shut) {
        None => Authority::Room,
        Some(_) => Authority::Server,
    }
}

fn pass_on(view: &RoomView, actor: &Actor, full: &[AccountId]) -> Outcome {
    view.heir_but(full).map_or(Outcome::Already, |who| {
        Outcome::Append(Entry {
            actor: actor.account,
            content: Content::Changed {
                change: Change::Role {
                    who,
                    // What passes with its people has admins only (A9).
                    role: match view.stay {
                        Stay::Lasts => RoomRole::Founder,
                        Stay::Passes => RoomRole::Admin,
                    },
                },
                by: Authority::Room,
            },
        })
    })
}

fn forbidden<T>(text: &str) -> Result<T, Refusal> {
    Err(Refusal::with_text(ErrorCode::Forbidden, text))
}

fn nobody<T>(text: &str) -> Result<T, Refusal> {
    Err(Refusal::with_text(ErrorCode::UnknownPerson, text))
}

/// Only those below oneself are kicked and banned (DECISIONS 20).
fn below(view: &RoomView, actor: &Actor, whom: Concerned) -> Result<(), Refusal> {
    if actor.account == whom.account {
        return forbidden("That is you. To go, leave the room.");
    }
    let (own, theirs) = (
        rank(view, &actor.account, actor.role),
        rank(view, &whom.account, whom.role),
    );
    if own > theirs {
        return Ok(());
    }
    if whom.role == Role::Owner {
        forbidden("The server's owner cannot be removed or silenced.")
    } else if view.role_of(&whom.account) == Some(RoomRole::Founder) {
        forbidden("The room's founder is out of its admins' reach.")
    } else {
        forbidden("They are an admin too. Make them a member first.")
    }
}

fn kick(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Change, Refusal> {
    permit(view, actor, Deed::Kick, now)?;
    if !view.is_member(&whom.account) {
        return Err(ErrorCode::NotInRoom.into());
    }
    below(view, actor, whom)?;
    Ok(Change::Kicked {
        who: whom.account,
        reason,
    })
}

fn ban(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    sanction: Sanction,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    permit(view, actor, Deed::Ban, now)?;
    below(view, actor, whom)?;
    let who = whom.account;
    if view.bans.get(&who) == Some(&sanction) && !view.is_member(&who) {
        return Ok(None);
    }
    sanction_fits(&view.bans, now)?;
    Ok(Some(Change::Banned { who, sanction }))
}

fn mute(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    sanction: Sanction,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    permit(view, actor, Deed::Mute, now)?;
    below(view, actor, whom)?;
    let who = whom.account;
    if rank(view, &who, whom.role) > 0 {
        // Whoever can lift a mute cannot be silenced by one.
        return forbidden("Admins cannot be muted. Make them a member first.");
    }
    if view.mutes.get(&who) == Some(&sanction) {
        return Ok(None);
    }
    sanction_fits(&view.mutes, now)?;
    Ok(Some(Change::Muted { who, sanction }))
}

/// Bans or mutes: what lifting one is, and what is said where there is none.
struct Liftable {
    deed: Deed,
    of: fn(&RoomView) -> &HashMap<AccountId, Sanction>,
    change: fn(AccountId) -> Change,
    none: &'static str,
}

const BANS: Liftable = Liftable {
    deed: Deed::Unban,
    of: |view| &view.bans,
    change: |who| Change::Unbanned { who },
    none: "That person is not banned here.",
};

const MUTES: Liftable = Liftable {
    deed: Deed::Unmute,
    of: |view| &view.mutes,
    change: |who| Change::Unmuted { who },
    none: "That person is not muted here.",
};

fn lift(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    kind: &Liftable,
    now: Timestamp,
) -> Result<Change, Refusal> {
    permit(view, actor, kind.deed, now)?;
    if (kind.of)(view).contains_key(&whom.account) {
        Ok((kind.change)(whom.account))
    } else {
        nobody(kind.none)
    }
}

/// Refuses one ban or mute too many in a room: those that ended do not count.
fn sanction_fits(held: &HashMap<AccountId, Sanction>, now: Timestamp) -> Result<(), Refusal> {
    room_for(held.len(), MAX_ROOM_SANCTIONS, || {
        held.values().filter(|one| one.binds(now)).count()
    })
}

fn invite(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    permit(view, actor, Deed::Invite, now)?;
    let who = whom.account;
    if view.is_member(&who) {
        return Err(ErrorCode::InRoom.into());
    }
    if view.invited.contains(&who) {
        return Ok(None);
    }
    if view.ban_of(&who, now).is_some() {
        return forbidden("That person is banned here. Lift the ban first.");
    }
    room_for(view.invited.len(), MAX_ROOM_INVITATIONS, || {
        view.invited.len()
    })?;
    Ok(Some(Change::Invited { who }))
}

/// Refuses what would be one too many; counts only what still binds, and only once there are so many.
fn room_for(held: usize, most: usize, binding: impl FnOnce() -> usize) -> Result<(), Refusal> {
    if held >= most && binding() >= most {
        return Err(ErrorCode::TooMany.into());
    }
    Ok(())
}

const fn deed_of_role(role: RoomRole) -> Deed {
    match role {
        RoomRole::Member => Deed::Demote,
        RoomRole::Admin => Deed::Promote,
        RoomRole::Founder => Deed::Transfer,
    }
}

fn set_role(
    view: &RoomView,
    actor: &Actor,
    whom: Concerned,
    role: RoomRole,
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    permit(view, actor, deed_of_role(role), now)?;
    let who = whom.account;
    let Some(is) = view.role_of(&who) else {
        return Err(ErrorCode::NotInRoom.into());
    };
    if is == role {
        return Ok(None);
    }
    if whom.role == Role::Guest && role > RoomRole::Member && view.stay == Stay::Lasts {
        return forbidden("Guests do not stay, so they keep no order in a room that does.");
    }
    // A guest's room goes with its people: its founder is an admin like others (A9).
    if is == RoomRole::Founder && view.stay == Stay::Lasts {
        return forbidden("The founder stays so until they pass the room on.");
    }
    Ok(Some(Change::Role { who, role }))
}

/// Does this set the topic and nothing else?
pub(crate) fn only_topic(settings: &SettingsChange) -> bool {
    !settings.new_password && is_only_topic(&settings.changes)
}

fn is_only_topic(changes: &RoomChanges) -> bool {
    let topic = RoomChanges {
        topic: changes.topic.clone(),
        ..RoomChanges::default()
    };
    changes.topic.is_some() && *changes == topic
}

/// What of this is different, and the deed that it is.
fn set(
    view: &RoomView,
    actor: &Actor,
    (asked, password, reason): (RoomChanges, NewPassword, Option<String>),
    now: Timestamp,
) -> Result<Option<(Change, Deed)>, Refusal> {
    if asked.archived.is_some() {
        permit(view, actor, Deed::Archive, now)?;
        if asked
            != (RoomChanges {
                archived: asked.archived,
                ..RoomChanges::default()
            })
            || password == NewPassword::Given
        {
            let text = "Archiving a room and opening it again is a request of its own.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
    }
    let door = asked.name.is_some()
        || asked.access.is_some()
        || asked.listed.is_some()
        || asked.groups.is_some()
        || asked.retention.is_some()
        || asked.limit.is_some()
        || password == NewPassword::Given;
    let within = asked.topic.is_some()
        || asked.slow_mode_ms.is_some()
        || asked.moderated.is_some()
        || asked.open_topic.is_some()
        || asked.outside.is_some()
        || asked.quiet_guests.is_some()
        || asked.quiet_machines.is_some()
        || asked.history.is_some();
    let deed = match (door, within, asked.archived) {
        (true, ..) => Deed::SetDoor,
        (_, true, _) if view.open_topic && is_only_topic(&asked) => Deed::Edit,
        (_, true, _) => Deed::Set,
        (.., Some(_)) => Deed::Archive,
        (.., None) => {
            let text = "Say what to change.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
    };
    permit(view, actor, deed, now)?;
    if view.stay == Stay::Passes && asked.retention.is_some_and(|to| to != view.retention) {
        return forbidden("A guest's room keeps nothing, and goes with its last member.");
    }
    if asked.slow_mode_ms.is_some_and(|ms| ms > MAX_SLOW_MODE_MS) {
        let text = "Slow mode makes one wait for six hours at most.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    if view.stay == Stay::Passes && asked.retention.is_some_and(|to| to != Retention::Ram) {
        return forbidden("A guest's room keeps nothing: it goes with its last member.");
    }
    if let Some(name) = &asked.name
        && name.starts_with(PASSING_PREFIX) != view.name.starts_with(PASSING_PREFIX)
    {
        let text = "A name that begins with & is that of a room that goes with its last member, and stays so.";
        return Err(Refusal::with_text(ErrorCode::BadName, text));
    }
    let changes = differing(view, asked, password)?;
    let was = changes.name.is_some().then(|| view.name.clone());
    let settings = SettingsChange {
        was,
        was_access: changes.access.is_some().then_some(view.access),
        new_password: password == NewPassword::Given,
        changes,
        reason,
    };
    let nothing = settings.changes == RoomChanges::default() && !settings.new_password;
    Ok((!nothing).then_some((Change::Settings(settings), deed)))
}

fn differing(
    view: &RoomView,
    asked: RoomChanges,
    password: NewPassword,
) -> Result<RoomChanges, Refusal> {
    let access = match (asked.access, password) {
        (None, NewPassword::Given) => Some(Access::Password),
        (Some(Access::Open | Access::Invitation), NewPassword::Given) => {
            let text = "A password goes with the access \"password\".";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        (Some(Access::Password), NewPassword::Absent) if view.access != Access::Password => {
            let text = "Say which password the room is to have.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        (access, _) => access,
    };
    debug_assert!(view.kind != RoomKind::Lobby || access.is_none());
    Ok(RoomChanges {
        name: asked.name.filter(|name| *name != view.name),
        topic: asked.topic,
        slow_mode_ms: asked.slow_mode_ms.filter(|ms| *ms != view.slow_mode_ms),
        moderated: asked
            .moderated
            .filter(|moderated| *moderated != view.moderated),
        outside: asked.outside.filter(|outside| *outside != view.outside),
        quiet_guests: asked
            .quiet_guests
            .filter(|quiet| *quiet != view.quiet_guests),
        quiet_machines: asked
            .quiet_machines
            .filter(|quiet| *quiet != view.quiet_machines),
        open_topic: asked.open_topic.filter(|open| *open != view.open_topic),
        limit: asked.limit.filter(|limit| *limit != view.limit),
        access: access.filter(|access| *access != view.access),
        listed: asked.listed.filter(|listed| *listed != view.listed),
        history: asked.history.filter(|history| *history != view.history),
        retention: asked.retention.filter(|to| *to != view.retention),
        groups: asked.groups.filter(|groups| *groups != view.groups),
        archived: asked.archived.filter(|archived| *archived != view.archived),
    })
}
