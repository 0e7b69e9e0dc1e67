//! Asking for messages by what they say (R8).

use serde::{Deserialize, Serialize};

use crate::{PersonRef, RoomRef, Timestamp};

/// Searches the messages that one may read, newest first. What stands in `query` and beside it holds
/// together: `room`, `from`, `after` and `before` may each be said once, here or there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Words, prefixes such as `deplo*`, `"quoted phrases"`, `from:ann`, `in:den`, `after:2026-11-01`,
    /// `before:2026-12-01`.
    pub query: String,
    /// Only in this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// Only by this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PersonRef>,
    /// Only from this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Timestamp>,
    /// Only before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Timestamp>,
    /// At most so many (20; never more than 100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Goes on where the page before ended: what its answer said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
