//! Somebody stands at the door of a room.

use serde::{Deserialize, Serialize};

use super::Author;
use crate::RoomId;

/// Somebody asks to be let into a room: told to those who keep order in it and are here. Not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knocked {
    /// The room.
    pub room: String,
    /// That room.
    pub room_id: RoomId,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// What they say to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}
