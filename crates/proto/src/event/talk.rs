//! Talking with each other: quotes, reactions, who is writing, how far one has read.

use serde::{Deserialize, Serialize};

use super::{Author, Place, Subject};
use crate::{AccountId, RoomId};

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
}
