//! What happened: the events of a room's log, and the few that only live sessions hear.

mod announcements;
mod credits;
mod friends;
mod governing;
mod knock;
mod masks;
mod metadata;
mod policy;
mod presence;
mod rooms;
mod talk;
mod watch;

use serde::{Deserialize, Serialize};

pub use talk::*;
pub use watch::{Happening, Watched};

use crate::{AccountId, LogId, Manner, RoomId, Timestamp};

pub use announcements::Announcement;
pub use credits::CreditsMoved;
pub use friends::{FriendChanged, FriendPresence};
pub use governing::AccountChanged;
pub use knock::Knocked;
pub use masks::MaskChanged;
pub use metadata::MetadataChanged;
pub use policy::PolicyChanged;
pub use presence::{Hailed, IsAway, Seen};
pub use rooms::*;

/// Where and when an event of a log happened: the fields that all of them carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The room's name when this was sent; `@ann` for the direct conversation with ann.
    pub room: String,
    /// The room.
    pub room_id: RoomId,
    /// The event's number in the room's log: gap-free, from 1.
    pub seq: u64,
    /// The server's time, never earlier than that of the event before (DECISIONS 3).
    pub at: Timestamp,
    /// True in a direct conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
}

/// Who said or did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The account's name now.
    pub from: String,
    /// The account.
    pub from_id: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_display: Option<String>,
    /// The name that they go by here now, where it is not the account's: their nick on IRC (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_worn: Option<String>,
    /// A program speaks there, no person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// They are a guest, without an account (A9).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_guest: bool,
}

/// Whose membership or presence changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The account's name now.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The name that they go by here now, where it is not the account's: their nick on IRC (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// They are a guest, without an account (A9).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guest: bool,
}

impl Author {
    /// What they go by: the name that they wear, or the account's.
    pub fn called(&self) -> &str {
        self.from_worn.as_deref().unwrap_or(&self.from)
    }
}

impl Subject {
    /// What they go by: the name that they wear, or the account's.
    pub fn called(&self) -> &str {
        self.worn.as_deref().unwrap_or(&self.name)
    }
}

/// Somebody said something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// The words as first sent; empty once deleted.
    pub body: String,
    /// The words were taken back and are gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The message that it answers (R10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// The beginning of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Box<Quote>>,
    /// Whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<AccountId>,
    /// How it was said, where that is out of the ordinary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<Box<Manner>>,
}

/// Somebody became or ceased to be a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Whose membership.
    #[serde(flatten)]
    pub subject: Subject,
    /// They left all their rooms, because they are gone: a guest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quit: bool,
    /// Why they left, if they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An author changed the words of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// The message changed.
    pub of: u64,
    /// Its new words; empty once it was deleted.
    pub body: String,
    /// The words were taken back and are gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// A message was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who took it back: its author, an admin, or the server's owner.
    #[serde(flatten)]
    pub author: Author,
    /// The message whose words are gone.
    pub of: u64,
    /// Why, if they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// By the server's authority: its owner purged it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_server: bool,
}

/// A purge was undone: a message is there again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who undid it.
    #[serde(flatten)]
    pub author: Author,
    /// The message.
    pub of: u64,
    /// Its newest words; empty once it was deleted since.
    pub body: String,
    /// The words were taken back since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// Somebody came or went. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// A room that both are in.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Who.
    #[serde(flatten)]
    pub subject: Subject,
    /// Here now?
    pub online: bool,
    /// Why they went, if they said so and may speak in this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many are here, for rooms too large to name each (DECISIONS 11). Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Online {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Members with a session now.
    pub count: u64,
}

/// A sentence from the server to this session. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The sentence.
    pub text: String,
}

/// Events `after + 1` to `to` of a room are not sent; live ones go on at `to + 1` (DECISIONS 12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// The last event before the gap.
    pub after: u64,
    /// The last event in the gap.
    pub to: u64,
    /// They are gone for good; otherwise `read` has them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
}

/// The room's log began anew: throw the copy away, go on from `first`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewound {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// The log it has now.
    pub log: LogId,
    /// The oldest event kept.
    pub first: u64,
    /// The newest event.
    pub seq: u64,
}

/// This account is in a room now (joined from another of its sessions, or spoken to directly for the
/// first time). Comes before the room's first event on this session. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAdded {
    /// The room as the sign-in would list it.
    #[serde(flatten)]
    pub entry: Box<crate::RoomEntry>,
}

/// An event as one reader receives it: `{"ev":…}` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ev", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant's struct says it")]
pub enum Event {
    Message(Message),
    Joined(Membership),
    Left(Membership),
    Edited(Edited),
    Deleted(Deleted),
    Restored(Restored),
    Reacted(Reacted),
    Unreacted(Reacted),
    Typing(IsTyping),
    Tagged(Tagged),
    Signalled(Signalled),
    Marked(Marked),
    Kicked(Sanctioned),
    Banned(Sanctioned),
    Unbanned(Sanctioned),
    Muted(Sanctioned),
    Unmuted(Sanctioned),
    Invited(Sanctioned),
    RoleChanged(RoleChanged),
    SettingsChanged(SettingsChanged),
    MaskChanged(MaskChanged),
    Presence(Presence),
    Online(Online),
    Friend(FriendChanged),
    FriendPresence(FriendPresence),
    Credits(CreditsMoved),
    AccountChanged(AccountChanged),
    Away(IsAway),
    Seen(Seen),
    Hailed(Hailed),
    Metadata(MetadataChanged),
    Announcement(Announcement),
    Watched(Watched),
    PolicyChanged(PolicyChanged),
    Notice(Notice),
    Gap(Gap),
    Rewound(Rewound),
    RoomAdded(RoomAdded),
    Invitation(Invitation),
    Knocked(Knocked),
    /// One that this version does not know. A reader of a log still counts on its seq arriving: see
    /// docs/protocol.md, "Unknown events".
    #[serde(other, skip_serializing)]
    Unknown,
}

impl Event {
    /// Whose membership of its room this ends: whoever left, or was kicked or banned.
    pub const fn ends_membership(&self) -> Option<AccountId> {
        match self {
            Self::Left(left) => Some(left.subject.account),
            Self::Kicked(event) | Self::Banned(event) => Some(event.subject.account),
            _ => None,
        }
    }

    /// Where in a log this is; `None` for what is not logged.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Message(Message { place, .. })
            | Self::Joined(Membership { place, .. })
            | Self::Left(Membership { place, .. })
            | Self::Edited(Edited { place, .. })
            | Self::Deleted(Deleted { place, .. })
            | Self::Restored(Restored { place, .. })
            | Self::Reacted(Reacted { place, .. })
            | Self::Unreacted(Reacted { place, .. })
            | Self::Tagged(Tagged { place, .. })
            | Self::Kicked(Sanctioned { place, .. })
            | Self::Banned(Sanctioned { place, .. })
            | Self::Unbanned(Sanctioned { place, .. })
            | Self::Muted(Sanctioned { place, .. })
            | Self::Unmuted(Sanctioned { place, .. })
            | Self::Invited(Sanctioned { place, .. })
            | Self::RoleChanged(RoleChanged { place, .. })
            | Self::MaskChanged(MaskChanged { place, .. })
            | Self::SettingsChanged(SettingsChanged { place, .. }) => Some(place),
            Self::Typing(_)
            | Self::Signalled(_)
            | Self::Marked(_)
            | Self::Presence(_)
            | Self::Online(_)
            | Self::Friend(_)
            | Self::FriendPresence(_)
            | Self::Credits(_)
            | Self::AccountChanged(_)
            | Self::Away(_)
            | Self::Seen(_)
            | Self::Hailed(_)
            | Self::Metadata(_)
            | Self::Announcement(_)
            | Self::Watched(_)
            | Self::PolicyChanged(_)
            | Self::Notice(_)
            | Self::Gap(_)
            | Self::Rewound(_)
            | Self::RoomAdded(_)
            | Self::Invitation(_)
            | Self::Knocked(_)
            | Self::Unknown => None,
        }
    }
}
