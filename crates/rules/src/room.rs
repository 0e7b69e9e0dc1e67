//! What may be done in a room, by whom.

use std::collections::BTreeMap;

use snug_proto::{
    AccountId, Body, ErrorCode, MaskKind, Reaction, Refusal, Role, RoomRole, Timestamp,
};

use crate::{
    account::Actor,
    change::{Authority, Change},
    masks::{self, Masked},
    moderation::{Order, obey, only_topic},
    permission::{Deed, Denial, Door, denied, part, permit, told},
    read::may_read,
    server::{ServerDeed, may_run},
    slow::{amends, slowly},
    talking::{self, Addressed, may_say_farewell, may_type},
    view::{Access, Content, Entry, RoomKind, RoomView, Stay},
};

/// What is known of the password that came with a joining. The caller compared it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// None came.
    Absent,
    /// It is right, or the room has none.
    Right,
    /// It is wrong.
    Wrong,
}

/// The event that an edit or a deletion is about, read from the log before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Its number.
    pub seq: u64,
    /// Who wrote it.
    pub author: AccountId,
    /// What it is now.
    pub kind: TargetKind,
}

/// What the target of an edit or a deletion is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A message with its words.
    Message,
    /// A message whose words were taken back.
    DeletedMessage,
    /// A message whose words were taken back by a purge, which may still be undone.
    Purged,
    /// Something else: it has no words.
    Other,
}

/// Something an account wants to do in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Become a member.
    Join(PasswordCheck),
    /// Cease to be one, for this reason.
    Leave(Option<String>),
    /// Say something.
    Send(Body, Addressed),
    /// Change one's words.
    Edit(Target, Body),
    /// Take a message back, and say why.
    Delete(Target, Option<String>),
    /// Take anybody's message back by the server's authority, wherever it was said.
    Purge(Target, Option<String>),
    /// Undo that; with the newest words of the message.
    Restore(Target, Body),
    /// Tell the clients that are there something.
    Tag(BTreeMap<String, String>),
    /// Put a reaction on a message.
    React(Target, Reaction),
    /// Take a reaction away.
    Unreact(Target, Reaction),
    /// Keep order.
    Order(Order),
}

/// What a decision comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is to be appended.
    Append(Entry),
    /// It is so already.
    Already,
}

/// May this account do this in this room now, and what happens then?
pub fn decide(
    view: &RoomView,
    actor: &Actor,
    action: Action,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    let content = match action {
        Action::Join(password) => match join(view, actor, password, now)? {
            Some(content) => content,
            None => return Ok(Outcome::Already),
        },
        Action::Leave(reason) => {
            permit(view, actor, Deed::Leave, now)?;
            // Nobody is kept in a room; but who may not speak there now says nothing in going either.
            let reason = reason.filter(|_| may_say_farewell(view, actor, now));
            Content::Left { reason }
        }
        Action::Send(body, to) => send(view, actor, body, to, now)?,
        Action::Edit(target, body) => edit(view, actor, &target, body, now)?,
        Action::Delete(target, reason) => delete(view, actor, &target, reason, now)?,
        Action::Purge(target, reason) => purge(actor, &target, reason)?,
        Action::Restore(target, body) => restore(actor, &target, body)?,
        Action::Tag(tags) => {
            may_type(view, actor, now)?;
            slowly(view, actor, now)?;
            Content::Tagged { tags }
        }
        Action::React(target, reaction) => Content::Reacted {
            of: talking::reacted(view, actor, &target, now)?,
            emoji: reaction.into_string(),
        },
        Action::Unreact(target, reaction) => Content::Unreacted {
            of: talking::reacted(view, actor, &target, now)?,
            emoji: reaction.into_string(),
        },
        Action::Order(order) => return obey(view, actor, order, now),
    };
    Ok(Outcome::Append(Entry {
        actor: actor.account,
        content,
    }))
}

/// May this account make a room? Everyone with an account may (R2).
pub const fn may_create(_actor: &Actor) -> Result<(), ErrorCode> {
    Ok(())
}

/// Replays one event of a log, appended at `at`, on the view before it: an error says what forbids it.
/// The checker's half of [`decide`]. It cannot know passwords nor what anybody is on the server, so a
/// joining is held to be rightly let in, and what says that it was by the server's authority to be so.
pub fn replay(
    view: &mut RoomView,
    entry: &Entry,
    target: Option<Target>,
    at: Timestamp,
) -> Result<(), Refusal> {
    let actor = &Actor {
        account: entry.actor,
        role: Role::Member,
        rules: 0,
        // Masks are of names, which may have changed since; a voice is held to have been there.
        masked: Masked {
            voiced: true,
            ..Masked::default()
        },
    };
    match &entry.content {
        Content::Joined => {
            if view.is_member(&entry.actor) || view.ban_of(&entry.actor, at).is_some() {
                return Err(ErrorCode::Forbidden.into());
            }
            // Who was in a group at that time the log does not say either.
            let opened = view.access != Access::Invitation
                || !view.groups.is_empty()
                || view.masks.keys().any(|(kind, _)| *kind == MaskKind::Invite)
                || view.lets_in(&entry.actor);
            if view.archived || !opened {
                return Err(ErrorCode::Forbidden.into());
            }
        }
        Content::Left { .. } => permit(view, actor, Deed::Leave, at)?,
        Content::Message { .. } | Content::Tagged { .. } => {
            permit_here(view, actor, Deed::Send, at)?;
        }
        Content::Edited { .. } => {
            permit_here(view, actor, Deed::Edit, at)?;
            let target = target.ok_or(ErrorCode::UnknownEvent)?;
            if target.author != entry.actor {
                return Err(ErrorCode::NotYours.into());
            }
        }
        Content::Reacted { .. } | Content::Unreacted { .. } => {
            permit_here(view, actor, Deed::React, at)?;
            target.ok_or(ErrorCode::UnknownEvent)?;
        }
        Content::Deleted { by, .. } => {
            if *by == Authority::Room {
                permit_here(view, actor, Deed::Delete, at)?;
            }
            target.ok_or(ErrorCode::UnknownEvent)?;
        }
        // By the server's authority only.
        Content::Restored { .. } => {
            target.ok_or(ErrorCode::UnknownEvent)?;
        }
        Content::Changed { change, by } => replay_change(view, actor, change, *by, at)?,
    }
    view.apply(entry, view.rules.wrapping_add(1));
    Ok(())
}

/// In the lobby one who is muted may have become a moderator of the server since: that is no business of
/// the log's.
fn permit_here(view: &RoomView, actor: &Actor, deed: Deed, at: Timestamp) -> Result<(), Refusal> {
    match permit(view, actor, deed, at) {
        Err(refusal) if refusal.code == ErrorCode::Muted && view.kind == RoomKind::Lobby => Ok(()),
        done => done,
    }
}

fn replay_change(
    view: &RoomView,
    actor: &Actor,
    change: &Change,
    by: Authority,
    at: Timestamp,
) -> Result<(), Refusal> {
    if let Change::Role {
        who,
        role: RoomRole::Founder,
    } = change
        && view.is_orphaned()
    {
        // Which of two was there longer, a joining that is still on its way leaves open; and who is the founder
        // of too many rooms to get another, no log says.
        return if view.role_of(who).is_some() {
            Ok(())
        } else {
            Err(ErrorCode::Forbidden.into())
        };
    }
    let deed = match change {
        Change::Kicked { .. } => Deed::Kick,
        Change::Banned { .. } => Deed::Ban,
        Change::Unbanned { .. } => Deed::Unban,
        Change::Muted { .. } => Deed::Mute,
        Change::Unmuted { .. } => Deed::Unmute,
        Change::Invited { .. } => Deed::Invite,
        Change::Role { role, .. } => match role {
            RoomRole::Member => Deed::Demote,
            RoomRole::Admin => Deed::Promote,
            RoomRole::Founder => Deed::Transfer,
        },
        Change::Mask { kind, sanction, .. } => masks::deed(*kind, sanction.is_none()),
        Change::Settings(settings) if view.open_topic && only_topic(settings) => Deed::Edit,
        Change::Settings(settings) if settings.changes.archived.is_some() => Deed::Archive,
        Change::Settings(settings)
            if settings.new_password
                || settings.changes.name.is_some()
                || settings.changes.access.is_some()
                || settings.changes.limit.is_some()
                || settings.changes.listed.is_some()
                || settings.changes.groups.is_some()
                || settings.changes.retention.is_some() =>
        {
            Deed::SetDoor
        }
        Change::Settings(_) => Deed::Set,
    };
    let role = match by {
        Authority::Room => Role::Member,
        Authority::Server => Role::Owner,
    };
    permit(view, &Actor { role, ..*actor }, deed, at)?;
    // Out of reach whoever asks, but for the server (DECISIONS 20).
    let whom = change.whom().and_then(|who| view.role_of(&who));
    let reached = match (change, whom) {
        (Change::Kicked { .. } | Change::Role { .. }, None) => false,
        (Change::Kicked { .. } | Change::Banned { .. } | Change::Role { .. }, Some(role)) => {
            role < RoomRole::Founder || by == Authority::Server || view.stay == Stay::Passes
        }
        (Change::Muted { .. }, Some(role)) => role == RoomRole::Member,
        _ => true,
    };
    if reached {
        Ok(())
    } else {
        Err(ErrorCode::Forbidden.into())
    }
}

fn join(
    view: &RoomView,
    actor: &Actor,
    password: PasswordCheck,
    now: Timestamp,
) -> Result<Option<Content>, Refusal> {
    let who = &actor.account;
    let right = view.access == Access::Password && password == PasswordCheck::Right;
    let expected = view.invited.contains(who) || view.founder == Some(*who);
    let door = if right || view.lets_in(who) || actor.masked.invited {
        Door::Opened
    } else {
        Door::Shut
    };
    match denied(view, part(view, actor, now), Deed::Join, door) {
        None if view.is_member(who) => Ok(None),
        None if is_full(view) && !expected && actor.role != Role::Owner => {
            Err(ErrorCode::RoomFull.into())
        }
        None => Ok(Some(Content::Joined)),
        Some(Denial::PasswordNeeded) if password == PasswordCheck::Wrong => {
            Err(ErrorCode::WrongPassword.into())
        }
        Some(denial) => Err(told(view, actor, denial, now)),
    }
}

/// Has it as many members as it takes?
fn is_full(view: &RoomView) -> bool {
    view.limit > 0 && view.members.len() as u64 >= view.limit
}

/// Nothing new passes a block; what was said may still be taken back.
pub(crate) fn reach(view: &RoomView) -> Result<(), ErrorCode> {
    if view.closed {
        Err(ErrorCode::NotAccepting)
    } else {
        Ok(())
    }
}

fn send(
    view: &RoomView,
    actor: &Actor,
    body: Body,
    to: Addressed,
    now: Timestamp,
) -> Result<Content, Refusal> {
    permit(view, actor, Deed::Send, now)?;
    reach(view)?;
    slowly(view, actor, now)?;
    Ok(Content::Message {
        body: body.into_string(),
        deleted: false,
        about: talking::about(view, &actor.account, to)?,
    })
}

/// What one may not read, one may not touch, nor learn that it exists.
pub(crate) fn within_grant(
    view: &RoomView,
    who: &AccountId,
    target: &Target,
) -> Result<(), ErrorCode> {
    let grant = may_read(view, who)?;
    if (grant.from()..=grant.to()).contains(&target.seq) {
        Ok(())
    } else {
        Err(ErrorCode::UnknownEvent)
    }
}

fn edit(
    view: &RoomView,
    actor: &Actor,
    target: &Target,
    body: Body,
    now: Timestamp,
) -> Result<Content, Refusal> {
    permit(view, actor, Deed::Edit, now)?;
    within_grant(view, &actor.account, target)?;
    match target.kind {
        TargetKind::Other => Err(ErrorCode::UnknownEvent.into()),
        _ if target.author != actor.account => Err(ErrorCode::NotYours.into()),
        _ if view.closed => Err(ErrorCode::NotAccepting.into()),
        TargetKind::DeletedMessage | TargetKind::Purged => Err(ErrorCode::Gone.into()),
        TargetKind::Message => {
            amends(view, actor, now)?;
            Ok(Content::Edited {
                of: target.seq,
                body: body.into_string(),
                deleted: false,
            })
        }
    }
}

fn delete(
    view: &RoomView,
    actor: &Actor,
    target: &Target,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Content, Refusal> {
    permit(view, actor, Deed::Delete, now)?;
    within_grant(view, &actor.account, target)?;
    if target.kind == TargetKind::Other {
        return Err(ErrorCode::UnknownEvent.into());
    }
    if target.author != actor.account {
        permit(view, actor, Deed::DeleteOthers, now)?;
    }
    match target.kind {
        TargetKind::DeletedMessage | TargetKind::Purged => Err(ErrorCode::Gone.into()),
        _ => Ok(Content::Deleted {
            of: target.seq,
            reason,
            by: Authority::Room,
        }),
    }
}

/// On a bad night (M4): who runs the server need not be in a room, nor does it matter who is out of it since.
fn purge(actor: &Actor, target: &Target, reason: Option<String>) -> Result<Content, Refusal> {
    may_run(actor, ServerDeed::Purge)?;
    match target.kind {
        TargetKind::Other => Err(ErrorCode::UnknownEvent.into()),
        TargetKind::DeletedMessage | TargetKind::Purged => Err(ErrorCode::Gone.into()),
        TargetKind::Message => Ok(Content::Deleted {
            of: target.seq,
            reason,
            by: Authority::Server,
        }),
    }
}

fn restore(actor: &Actor, target: &Target, body: Body) -> Result<Content, Refusal> {
    may_run(actor, ServerDeed::Purge)?;
    match target.kind {
        TargetKind::Purged => Ok(Content::Restored {
            of: target.seq,
            body: body.into_string(),
            deleted: false,
        }),
        TargetKind::DeletedMessage => Err(ErrorCode::Gone.into()),
        TargetKind::Message | TargetKind::Other => Err(ErrorCode::UnknownEvent.into()),
    }
}
