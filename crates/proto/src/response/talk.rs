//! Answers about what is said and read.

use serde::{Deserialize, Serialize};

use crate::{Event, LogId, RoomId, Timestamp};

/// Answers `send`, `edit` and `delete`: it is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The room's name; `@ann` for a direct conversation.
    pub room: String,
    /// The room.
    pub room_id: RoomId,
    /// The event's number.
    pub seq: u64,
    /// The server's time.
    pub at: Timestamp,
    /// The other one of a direct conversation is away: why, or until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
}

/// Answers `signal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalSent {
    /// The room's name; `@ann` for a direct conversation.
    pub room: String,
    /// The room.
    pub room_id: RoomId,
    /// The signal's name.
    pub signal: String,
    /// The server's time.
    pub at: Timestamp,
}

/// Answers `read_until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveRead {
    /// Until when one has read, if one has ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Answers `read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The events as they were delivered live, oldest first.
    pub events: Vec<Event>,
    /// The oldest event that one may read here.
    pub first: u64,
    /// The newest event of the room.
    pub seq: u64,
    /// The log these numbers count in.
    pub log: LogId,
    /// There are more in the direction asked for.
    pub more: bool,
}
