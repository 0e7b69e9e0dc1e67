//! The one table of permissions: who may do what, in which state of a room. Every decision about a room
//! looks here; `docs/permissions.md` is generated from it, and a test tries every cell over the wire.
//!
//! A room can be in several states at once (hidden, archived, behind a password): then each must allow
//! it, and the first that does not gives the answer. What a table cannot say stands beside it: whom one
//! may touch (DECISIONS 20, `moderation.rs`), and that a right password, an invitation or being in a group
//! opens a door.

use snug_proto::{AccountId, ErrorCode, Refusal, Role, RoomRole, Timestamp};

use crate::{
    account::Actor,
    view::{Access, RoomKind, RoomView, Stay},
};

/// What somebody is to a room: a column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Its founder, or the server's owner as a member of it.
    Founder,
    /// One of its admins.
    Admin,
    /// A member.
    Member,
    /// A member who is a guest of the server, and neither founder nor admin.
    Guest,
    /// A member who is muted.
    Muted,
    /// Banned.
    Banned,
    /// Somebody else.
    Stranger,
    /// A moderator of the server who is not in it; in the lobby, one of its admins.
    Moderator,
    /// The server's owner, not in it; in the lobby, one of its admins.
    Owner,
}

impl Part {
    /// All, in the order of the table's columns.
    pub const ALL: [Self; 9] = [
        Self::Founder,
        Self::Admin,
        Self::Member,
        Self::Guest,
        Self::Muted,
        Self::Banned,
        Self::Stranger,
        Self::Moderator,
        Self::Owner,
    ];
}

/// A state of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Anybody may join.
    Open,
    /// Joining asks for a password.
    Password,
    /// Joining takes an invitation.
    Invitation,
    /// It is not listed.
    Hidden,
    /// It is archived.
    Archived,
    /// It is the lobby.
    Lobby,
    /// It is a direct conversation.
    Direct,
}

impl Condition {
    /// All, in the order of the table's cells.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Password,
        Self::Invitation,
        Self::Hidden,
        Self::Archived,
        Self::Lobby,
        Self::Direct,
    ];
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// Not for this part.
    Forbidden,
    /// Not while the room is archived.
    Archived,
    /// Not in the lobby.
    Lobby,
    /// Members only.
    NotAMember,
    /// They may not know of the room.
    UnknownRoom,
    /// They are banned.
    Banned,
    /// They are muted.
    Muted,
    /// The door asks for a password.
    PasswordNeeded,
    /// The door takes an invitation.
    InvitationNeeded,
    /// It is somebody else's.
    NotYours,
}

impl Denial {
    /// The code that it is told by.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Forbidden | Self::Archived | Self::Lobby => ErrorCode::Forbidden,
            Self::NotAMember => ErrorCode::NotAMember,
            Self::UnknownRoom => ErrorCode::UnknownRoom,
            Self::Banned => ErrorCode::Banned,
            Self::Muted => ErrorCode::Muted,
            Self::PasswordNeeded => ErrorCode::PasswordNeeded,
            Self::InvitationNeeded => ErrorCode::InvitationNeeded,
            Self::NotYours => ErrorCode::NotYours,
        }
    }
}

/// A cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They may.
    Yes,
    /// They may not.
    No(Denial),
    /// There is nobody of that part in a room of that state.
    Nobody,
}

macro_rules! table {
    ($($deed:ident $says:literal $open:literal $password:literal $invitation:literal $hidden:literal
        $archived:literal $lobby:literal $direct:literal;)*) => {
        /// Something that can be done with a room: a line of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Deed {
            $(#[doc = $says] $deed,)*
        }

        impl Deed {
            /// All, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$deed,)*];

            /// What it is, for people.
            pub const fn says(self) -> &'static str {
                match self { $(Self::$deed => $says,)* }
            }

            /// The cells by [`Condition::ALL`], each a letter for each of [`Part::ALL`].
            const fn cells(self) -> [&'static str; 7] {
                match self {
                    $(Self::$deed => [
                        $open, $password, $invitation, $hidden, $archived, $lobby, $direct,
                    ],)*
                }
            }
        }
    };
}

// Y yes, F forbidden, A forbidden for it is archived, L forbidden for it is the lobby, N not_a_member,
// U unknown_room, B banned, M muted, P password_needed, I invitation_needed, O not_yours, . nobody.
// Letters by founder, admin, member, guest, muted, banned, stranger, the server's moderator, its owner.
table! {
    //                                open       password   invitation hidden     archived   lobby      direct
    Send "say something"             "YYYYMBNNN" "YYYYMBNNN" "YYYYMBNNN" "YYYYMBUUN" "AAAAABNNN" "..YYM..YY" "..YY..UUU";
    Read "read, and see who is in it"
                                     "YYYYYBNNN" "YYYYYBNNN" "YYYYYBNNN" "YYYYYBUUN" "YYYYYBNNN" "..YYY..YY" "..YY..UUU";
    Edit "change one's own message"  "YYYYMBNNN" "YYYYMBNNN" "YYYYMBNNN" "YYYYMBUUN" "AAAAABNNN" "..YYM..YY" "..YY..UUU";
    Delete "take one's own message back"
                                     "YYYYYBNNN" "YYYYYBNNN" "YYYYYBNNN" "YYYYYBUUN" "AAAAABNNN" "..YYY..YY" "..YY..UUU";
    DeleteOthers "take another's message back"
                                     "YYOOOBNNN" "YYOOOBNNN" "YYOOOBNNN" "YYOOOBUUN" "AAAAABNNN" "..OOO..YY" "..OO..UUU";
    React "react to a message"       "YYYYMBNNN" "YYYYMBNNN" "YYYYMBNNN" "YYYYMBUUN" "AAAAABNNN" "..YYM..YY" "..YY..UUU";
    About "see how it is set up"     "YYYYYBYYY" "YYYYYBYYY" "YYYYYBYYY" "YYYYYBUUY" "YYYYYBYYY" "..YYY..YY" "..YY..UUU";
    Join "join"                      "YYYYYBYYY" "YYYYYBPPP" "YYYYYBIII" "YYYYYBUUY" "YYYYYBAAA" "..YYY..YY" "..YY..UUU";
    Leave "leave"                    "YYYYYBNNN" "YYYYYBNNN" "YYYYYBNNN" "YYYYYBUUN" "YYYYYBNNN" "..LLL..LL" "..FF..UUU";
    Invite "invite somebody"         "YYYYMBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAAAABNNA" "..LLL..LL" "..FF..UUU";
    Kick "kick"                      "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..LLL..LL" "..FF..UUU";
    Ban "ban"                        "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..LLL..LL" "..FF..UUU";
    Unban "lift a ban"               "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..LLL..LL" "..FF..UUU";
    Mute "mute"                      "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..FFF..YY" "..FF..UUU";
    Unmute "lift a mute"             "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..FFF..YY" "..FF..UUU";
    Bans "see bans and mutes"        "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "YYFFFBNNY" "..FFF..YY" "..FF..UUU";
    Promote "make an admin"          "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..LLL..LL" "..FF..UUU";
    Demote "make an admin a member"  "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..LLL..LL" "..FF..UUU";
    Transfer "make another the founder"
                                     "YFFFFBNNY" "YFFFFBNNY" "YFFFFBNNY" "YFFFFBUUY" "AFFFFBNNA" "..LLL..LL" "..FF..UUU";
    Set "change topic, slow mode, history"
                                     "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..FFF..YY" "..FF..UUU";
    SetDoor "change name, password, access, groups, listing, retention"
                                     "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "AAFFFBNNA" "..FFF..LL" "..FF..UUU";
    Archive "archive, and open again"
                                     "YYFFFBNNY" "YYFFFBNNY" "YYFFFBNNY" "YYFFFBUUY" "YYFFFBNNY" "..FFF..LL" "..FF..UUU";
}

/// What the table says.
pub fn verdict(deed: Deed, condition: Condition, part: Part) -> Verdict {
    let cells = deed.cells();
    let letters = cells.get(condition as usize).copied().unwrap_or_default();
    Verdict::No(match letters.as_bytes().get(part as usize) {
        Some(b'Y') => return Verdict::Yes,
        Some(b'.') => return Verdict::Nobody,
        Some(b'A') => Denial::Archived,
        Some(b'L') => Denial::Lobby,
        Some(b'N') => Denial::NotAMember,
        Some(b'U') => Denial::UnknownRoom,
        Some(b'B') => Denial::Banned,
        Some(b'M') => Denial::Muted,
        Some(b'P') => Denial::PasswordNeeded,
        Some(b'I') => Denial::InvitationNeeded,
        Some(b'O') => Denial::NotYours,
        _ => Denial::Forbidden,
    })
}

/// May this account do this in this room now?
pub fn permit(view: &RoomView, actor: &Actor, deed: Deed, now: Timestamp) -> Result<(), Refusal> {
    let part = part(view, actor, now);
    let from_outside = deed == Deed::Send && view.outside && view.kind == RoomKind::Ordinary;
    match denied(view, part, deed, Door::Shut) {
        Some(Denial::NotAMember) if from_outside && view.listed && !is_silenced(actor) => {}
        Some(denial) => return Err(told(view, actor, denial, now)),
        None => {}
    }
    let speaks = matches!(deed, Deed::Send | Deed::Edit | Deed::React);
    let plain = matches!(part, Part::Member | Part::Guest) || !view.is_member(&actor.account);
    let heard = !view.moderated || !plain || actor.masked.voiced;
    if speaks && !heard && !matches!(view.kind, RoomKind::Direct(..)) {
        let text = "This room is moderated: its admins speak, and those whom they gave a voice.";
        return Err(Refusal::with_text(ErrorCode::Muted, text));
    }
    let quiet = view.quiet_guests && actor.role == Role::Guest && plain;
    if speaks && quiet && !actor.masked.voiced {
        let text = "Guests only read in this room, but for those whom its admins gave a voice.";
        return Err(Refusal::with_text(ErrorCode::Muted, text));
    }
    Ok(())
}

/// May this account see how the room is set up? Whoever may come in may.
pub fn may_see(view: &RoomView, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    let door = if view.lets_in(&actor.account) {
        Door::Opened
    } else {
        Door::Shut
    };
    denied(view, part(view, actor, now), Deed::About, door)
        .map_or(Ok(()), |denial| Err(told(view, actor, denial, now)))
}

/// Is the door of a room open to the one who stands before it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// It asks for what the room asks for.
    Shut,
    /// They are invited, in a group that it is open to, or know the password: being hidden and access do
    /// not matter.
    Opened,
}

/// What denies this, of the states that the room is in.
pub(crate) fn denied(view: &RoomView, part: Part, deed: Deed, door: Door) -> Option<Denial> {
    let access = match (view.access, door) {
        (_, Door::Opened) | (Access::Open, _) => Condition::Open,
        (Access::Password, _) => Condition::Password,
        (Access::Invitation, _) => Condition::Invitation,
    };
    // A guest's room lasts for an evening and has no list of those who were invited: whoever knows its name
    // comes in, as on IRC.
    let by_name = deed == Deed::Join && view.stay == Stay::Passes && view.access == Access::Open;
    let hidden = !view.listed && door == Door::Shut && !by_name;
    let conditions = match view.kind {
        RoomKind::Lobby => [Some(Condition::Lobby), None, None],
        RoomKind::Direct(..) => [Some(Condition::Direct), None, None],
        RoomKind::Ordinary => [
            hidden.then_some(Condition::Hidden),
            view.archived.then_some(Condition::Archived),
            Some(access),
        ],
    };
    let mut verdicts = conditions
        .into_iter()
        .flatten()
        .map(|condition| verdict(deed, condition, part));
    verdicts.find_map(|verdict| match verdict {
        Verdict::Yes => None,
        Verdict::No(denial) => Some(denial),
        Verdict::Nobody => Some(Denial::Forbidden),
    })
}

/// What this account is to this room now.
pub fn part(view: &RoomView, actor: &Actor, now: Timestamp) -> Part {
    let outside = match actor.role {
        Role::Owner => Part::Owner,
        Role::Moderator => Part::Moderator,
        Role::Member | Role::Guest => Part::Stranger,
    };
    let inside = match actor.role {
        Role::Guest => Part::Guest,
        _ => Part::Member,
    };
    let who = &actor.account;
    match view.kind {
        RoomKind::Lobby => match outside {
            Part::Stranger if view.mute_of(who, now).is_some() => Part::Muted,
            Part::Stranger => inside,
            other => other,
        },
        RoomKind::Direct(..) if view.is_member(who) => inside,
        RoomKind::Direct(..) => outside,
        RoomKind::Ordinary => match view.role_of(who) {
            Some(_) if actor.role == Role::Owner => Part::Founder,
            Some(RoomRole::Founder) => Part::Founder,
            Some(RoomRole::Admin) => Part::Admin,
            Some(RoomRole::Member) if view.mute_of(who, now).is_some() => Part::Muted,
            Some(RoomRole::Member) if is_silenced(actor) => Part::Muted,
            Some(RoomRole::Member) => inside,
            None if actor.role == Role::Owner => Part::Owner,
            None if view.ban_of(who, now).is_some() => Part::Banned,
            None if actor.masked.banned && !is_expected(view, who) => Part::Banned,
            None => outside,
        },
    }
}

/// Do masks silence this one? Whom a ban fits says nothing either, and a voice is for saying something.
const fn is_silenced(actor: &Actor) -> bool {
    (actor.masked.banned || actor.masked.muted) && !actor.masked.voiced
}

/// Was this account invited by name, or is it the founder who comes home? Then no mask keeps it out.
fn is_expected(view: &RoomView, who: &AccountId) -> bool {
    view.invited.contains(who) || view.founder == Some(*who)
}

/// May this account know that the room is there (DECISIONS 19)?
pub fn may_know(view: &RoomView, actor: &Actor, now: Timestamp) -> bool {
    let who = &actor.account;
    let called = view.invited.contains(who) || view.admitted.contains(who);
    called
        || denied(view, part(view, actor, now), Deed::About, Door::Shut)
            != Some(Denial::UnknownRoom)
}

/// A denial as it is told to the one who tried.
pub(crate) fn told(view: &RoomView, actor: &Actor, denial: Denial, now: Timestamp) -> Refusal {
    let code = denial.code();
    let sanction = |found: Option<&crate::view::Sanction>, what: &str| match found {
        Some(found) => Refusal::with_text(code, format!("{what}{}", found.tail())),
        None => code.into(),
    };
    match denial {
        Denial::Archived => Refusal::with_text(
            code,
            "This room is archived: it can be read, and nothing more until one of its admins opens it again.",
        ),
        Denial::Lobby => Refusal::with_text(
            code,
            "Everybody is in the lobby: nobody joins, leaves or is removed, and its admins are the server's \
             moderators. To keep somebody out there is the server's ban; to silence them, a mute.",
        ),
        Denial::Banned if view.ban_of(&actor.account, now).is_none() => {
            Refusal::with_text(code, "A ban of that room fits your name.")
        }
        Denial::Muted if view.mute_of(&actor.account, now).is_none() => Refusal::with_text(
            code,
            "A ban of this room fits your name: you may read, and not speak.",
        ),
        Denial::Banned => sanction(
            view.ban_of(&actor.account, now),
            "You are banned from that room",
        ),
        Denial::Muted => sanction(
            view.mute_of(&actor.account, now),
            "You are muted in that room",
        ),
        _ => code.into(),
    }
}

/// How high an account stands in a room: whom it may touch is below it (DECISIONS 20).
pub(crate) fn rank(view: &RoomView, account: &AccountId, role: Role) -> u8 {
    match (role, view.role_of(account)) {
        (Role::Owner, _) => 3,
        (_, Some(RoomRole::Founder)) => 2,
        (_, Some(RoomRole::Admin)) => 1,
        (Role::Moderator, _) if view.kind == RoomKind::Lobby => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_letter_for_every_part_in_every_state() {
        for deed in Deed::ALL {
            for cell in deed.cells() {
                assert_eq!(cell.len(), Part::ALL.len(), "{deed:?}");
                assert!(cell.bytes().all(|letter| b"YFALNUBMPIO.".contains(&letter)));
            }
        }
        for (number, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, number);
        }
        for (number, condition) in Condition::ALL.into_iter().enumerate() {
            assert_eq!(condition as usize, number);
        }
    }

    #[test]
    fn a_banned_one_may_do_nothing_and_a_member_keeps_no_order() {
        use Condition::{Archived, Direct, Hidden, Invitation, Lobby, Open, Password};
        for deed in Deed::ALL {
            for condition in [Open, Password, Invitation, Hidden, Archived] {
                let banned = verdict(*deed, condition, Part::Banned);
                assert_eq!(banned, Verdict::No(Denial::Banned), "{deed:?}");
                let stranger = verdict(*deed, Hidden, Part::Stranger);
                assert_eq!(stranger, Verdict::No(Denial::UnknownRoom), "{deed:?}");
                // Whatever a member may do, an admin may, and what an admin may, the founder may.
                for (less, more) in [
                    (Part::Muted, Part::Guest),
                    (Part::Guest, Part::Member),
                    (Part::Member, Part::Admin),
                    (Part::Admin, Part::Founder),
                ] {
                    if verdict(*deed, condition, less) == Verdict::Yes {
                        assert_eq!(verdict(*deed, condition, more), Verdict::Yes, "{deed:?}");
                    }
                }
            }
            for condition in [Lobby, Direct] {
                assert_eq!(verdict(*deed, condition, Part::Banned), Verdict::Nobody);
            }
        }
    }
}
