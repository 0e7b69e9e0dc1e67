//! Talking with each other: quotes, reactions, who is writing, how far one has read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Author, Place, Subject};
use crate::{AccountId, RoomId, Timestamp};

/// The beginning of an earlier message, beside what refers to it. Only those get it who may read that
/// message, and never once it was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Which message.
    pub seq: u64,
    /// Who wrote it.
    pub from: String,
    /// That account.
    pub from_id: AccountId,
    /// How it begins, on one line; shortened with `…`.
    pub excerpt: String,
}

/// Somebody put a reaction on a message (`reacted`), or took it away (`unreacted`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reacted {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// The message.
    pub of: u64,
    /// The reaction.
    pub emoji: String,
    /// The message's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Box<Quote>>,
}

/// Somebody is writing. Not logged; good for [`crate::limits::TYPING_LASTS_MS`], or until they say
/// something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsTyping {
    /// The room; `@ann` for the direct conversation with ann.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Who.
    #[serde(flatten)]
    pub subject: Subject,
}

/// A client told those that know its tags something, without words (`IRCv3` message-tags, `TAGMSG`), to be
/// kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// Where and when.
    #[serde(flatten)]
    pub place: Place,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// What: keys that begin with `+`.
    pub tags: BTreeMap<String, String>,
}

/// A client told those that are here now something. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the wire on its own"
)]
pub struct Signalled {
    /// The room; `@ann` for the direct conversation with ann.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Its name among signals; no two have the same.
    pub signal: String,
    /// The server's time.
    pub at: Timestamp,
    /// True in a direct conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// What, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The words are between clients, such as a question for their version (CTCP): no one is shown them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub machine: bool,
    /// It asks for no answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notice: bool,
    /// It went to the room's admins alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admins: bool,
    /// And to those who have a voice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voices: bool,
    /// Or to its founder alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub founder: bool,
    /// What, in tags: keys that begin with `+`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// One's read marker moved, on another of one's sessions (R9). Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Where the marker is now.
    pub seq: u64,
    /// Messages after it.
    pub unread: u64,
    /// Those of them that mention one.
    pub mentions: u64,
    /// When the newest message read was said, or until when one says one has read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
