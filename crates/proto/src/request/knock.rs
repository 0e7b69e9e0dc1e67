//! Asking to be let into a room that one cannot join.

use serde::{Deserialize, Serialize};

use crate::RoomRef;

/// Asks those who keep order in a room to be let in: it is by invitation, or asks for a password. Nothing is
/// kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knock {
    /// The room.
    pub room: RoomRef,
    /// What one says to that: one line of at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
