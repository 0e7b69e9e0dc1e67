//! Keys with values that changed. Not logged.

use serde::{Deserialize, Serialize};

use crate::{AccountId, RoomId};

/// A key of a person or of a room changed: told to sessions that follow the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataChanged {
    /// The room, if it is a room's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// That room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_id: Option<RoomId>,
    /// The person, if it is a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they go by, where it is another name (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// That account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The key.
    pub key: String,
    /// Its value; none if it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
