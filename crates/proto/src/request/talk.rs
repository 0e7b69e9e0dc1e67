//! Requests about what is said and read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{LogId, Manner, PersonRef, RoomId, RoomRef, Timestamp};

/// How far a client has a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which log.
    pub log: LogId,
    /// The newest event that the client has; 0 for none.
    pub seq: u64,
}

/// Asks for each room's events after its cursor, then live, without a hole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// How far the client has each room.
    pub cursors: BTreeMap<RoomId, Cursor>,
}

/// Says something in a room or to a person: exactly one of `room` and `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// In this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// To this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
    /// The words: at most 16 KiB, no control characters but tab and line feed.
    pub body: String,
    /// The message that this answers (R10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    /// How it is said, where that is out of the ordinary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<Box<Manner>>,
    /// The sender's own key for safe retries (DECISIONS 35).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Changes the words of one's own message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// Its new words.
    pub body: String,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Takes a message back: its words are erased, a mark stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// Why: stands on the mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Puts a reaction on a message, or takes it away (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// One emoji, or a short name between colons: see [`crate::Reaction`].
    pub emoji: String,
    /// Takes it away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Tells others that one is writing: in a room or to a person, exactly one of `room` and `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// In this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// To this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
}

/// Tells the clients in a room, or a person's, something that is no words: exactly one of `room` and `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// In this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// To this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
    /// What: keys that begin with `+`, at least one.
    pub tags: BTreeMap<String, String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The same to those who are here now, and not kept. The session that asks is not told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of the wire")]
pub struct Signal {
    /// In this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// To this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
    /// Words: at most [`crate::limits::MAX_SIGNAL_BYTES`], on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// They are between clients (CTCP), not for people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub machine: bool,
    /// It asks for no answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notice: bool,
    /// To the room's admins alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admins: bool,
    /// With `admins`: to those who have a voice too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voices: bool,
    /// With `admins`: to its founder alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub founder: bool,
    /// Keys that begin with `+`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Says until when one has read, or asks. It never moves back. Moves the read marker along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadUntil {
    /// The room, or the conversation with a person, begun or not.
    pub room: RoomRef,
    /// The time of the newest message read; left out to ask only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Reads a page of a room's log, oldest first in the answer. At most one of `after`, `before` and
/// `since`; with none of them, the newest page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The room.
    pub room: RoomRef,
    /// The events that follow this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The newest events below this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The events at or after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// At most so many (100; never more than 500).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The log that `after` or `before` counts in; answers `rewound` if it is another now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogId>,
}

/// Moves one's read marker. It never moves back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The room.
    pub room: RoomRef,
    /// The newest event read.
    pub seq: u64,
}
