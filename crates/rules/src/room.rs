//! What may be done in a room, by whom.

use snug_proto::{AccountId, Body, ErrorCode, Reaction};

use crate::{
    account::Actor,
    read::may_read,
    talking::{self, Addressed},
    view::{Access, Content, Entry, RoomKind, RoomView},
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
    /// Something else: it has no words.
    Other,
}

/// Something an account wants to do in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Become a member.
    Join(PasswordCheck),
    /// Cease to be one.
    Leave,
    /// Say something.
    Send(Body, Addressed),
    /// Change one's words.
    Edit(Target, Body),
    /// Take a message back.
    Delete(Target),
    /// Put a reaction on a message.
    React(Target, Reaction),
    /// Take a reaction away.
    Unreact(Target, Reaction),
}

/// What a decision comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This is to be appended.
    Append(Entry),
    /// It is so already.
    Already,
}

/// May this account do this in this room, and what happens then?
pub fn decide(view: &RoomView, actor: &Actor, action: Action) -> Result<Outcome, ErrorCode> {
    let content = match action {
        Action::Join(password) => match join(view, &actor.account, password)? {
            Some(content) => content,
            None => return Ok(Outcome::Already),
        },
        Action::Leave => leave(view, &actor.account)?,
        Action::Send(body, to) => send(view, &actor.account, body, to)?,
        Action::Edit(target, body) => edit(view, &actor.account, &target, body)?,
        Action::Delete(target) => delete(view, &actor.account, &target)?,
        Action::React(target, reaction) => {
            let of = talking::reacted(view, &actor.account, &target)?;
            let emoji = reaction.into_string();
            Content::Reacted { of, emoji }
        }
        Action::Unreact(target, reaction) => {
            let of = talking::reacted(view, &actor.account, &target)?;
            let emoji = reaction.into_string();
            Content::Unreacted { of, emoji }
        }
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

/// Replays one event of a log on the view before it: an error says what forbids it. The checker's
/// half of [`decide`]; it cannot know passwords, so a joining is held to be rightly let in.
pub fn replay(view: &mut RoomView, entry: &Entry, target: Option<Target>) -> Result<(), ErrorCode> {
    let who = &entry.actor;
    match &entry.content {
        Content::Joined if view.is_member(who) => return Err(ErrorCode::Forbidden),
        Content::Joined => {}
        Content::Left => drop(leave(view, who)?),
        Content::Message { .. } => speak(view, who)?,
        Content::Edited { .. } => {
            speak(view, who)?;
            let target = target.ok_or(ErrorCode::UnknownEvent)?;
            if target.author != *who {
                return Err(ErrorCode::NotYours);
            }
        }
        Content::Deleted { .. } | Content::Reacted { .. } | Content::Unreacted { .. } => {
            speak(view, who)?;
            target.ok_or(ErrorCode::UnknownEvent)?;
        }
    }
    view.apply(entry, view.rules.wrapping_add(1));
    Ok(())
}

fn join(
    view: &RoomView,
    who: &AccountId,
    password: PasswordCheck,
) -> Result<Option<Content>, ErrorCode> {
    if view.is_member(who) {
        return Ok(None);
    }
    match (view.kind, view.access, password) {
        (RoomKind::Direct(..), ..) => Err(ErrorCode::UnknownRoom),
        (_, Access::Open, _) | (_, Access::Password, PasswordCheck::Right) => {
            Ok(Some(Content::Joined))
        }
        (_, Access::Password, PasswordCheck::Absent) => Err(ErrorCode::PasswordNeeded),
        (_, Access::Password, PasswordCheck::Wrong) => Err(ErrorCode::WrongPassword),
    }
}

fn leave(view: &RoomView, who: &AccountId) -> Result<Content, ErrorCode> {
    match view.kind {
        // Membership of these is not a matter of joining (DECISIONS 7).
        RoomKind::Lobby => Err(ErrorCode::Forbidden),
        RoomKind::Direct(..) if view.is_member(who) => Err(ErrorCode::Forbidden),
        RoomKind::Direct(..) => Err(ErrorCode::UnknownRoom),
        RoomKind::Ordinary if view.is_member(who) => Ok(Content::Left),
        RoomKind::Ordinary => Err(ErrorCode::NotAMember),
    }
}

/// Only members are heard.
pub(crate) fn speak(view: &RoomView, who: &AccountId) -> Result<(), ErrorCode> {
    match view.kind {
        _ if view.is_member(who) => Ok(()),
        RoomKind::Direct(..) => Err(ErrorCode::UnknownRoom),
        RoomKind::Lobby | RoomKind::Ordinary => Err(ErrorCode::NotAMember),
    }
}

/// Nothing new passes a block; what was said may still be taken back.
pub(crate) fn reach(view: &RoomView) -> Result<(), ErrorCode> {
    if view.closed {
        Err(ErrorCode::NotAccepting)
    } else {
        Ok(())
    }
}

fn send(view: &RoomView, who: &AccountId, body: Body, to: Addressed) -> Result<Content, ErrorCode> {
    speak(view, who)?;
    reach(view)?;
    Ok(Content::Message {
        body: body.into_string(),
        deleted: false,
        about: talking::about(view, who, to)?,
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
    who: &AccountId,
    target: &Target,
    body: Body,
) -> Result<Content, ErrorCode> {
    speak(view, who)?;
    within_grant(view, who, target)?;
    match target.kind {
        TargetKind::Other => Err(ErrorCode::UnknownEvent),
        _ if target.author != *who => Err(ErrorCode::NotYours),
        _ if view.closed => Err(ErrorCode::NotAccepting),
        TargetKind::DeletedMessage => Err(ErrorCode::Gone),
        TargetKind::Message => Ok(Content::Edited {
            of: target.seq,
            body: body.into_string(),
            deleted: false,
        }),
    }
}

fn delete(view: &RoomView, who: &AccountId, target: &Target) -> Result<Content, ErrorCode> {
    speak(view, who)?;
    within_grant(view, who, target)?;
    let admin = view.founder == Some(*who) && view.kind == RoomKind::Ordinary;
    match target.kind {
        TargetKind::Other => Err(ErrorCode::UnknownEvent),
        _ if target.author != *who && !admin => Err(ErrorCode::NotYours),
        TargetKind::DeletedMessage => Err(ErrorCode::Gone),
        TargetKind::Message => Ok(Content::Deleted { of: target.seq }),
    }
}
