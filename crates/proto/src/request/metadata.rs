//! Requests about keys with values: what people and rooms say of themselves beside their names.

use serde::{Deserialize, Serialize};

use crate::{PersonRef, RoomRef};

/// Reads keys with their values: of a room, of a person, or with neither of oneself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Of this room; its members may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// Of this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonRef>,
    /// Only these keys; all if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Those of the room's members too, as far as keys are named: a page of members at a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub members: bool,
    /// Goes on after this name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Gives a key a value, or takes it away; of a room for those who may set it up, else of oneself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMetadata {
    /// Of this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// Of this person, who has to be oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonRef>,
    /// The key: of `a-z`, `0-9`, `_`, `.`, `/`, `-`; with none, all of them are taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its value; with none, the key is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Says which keys this session wants to be told of when they change, and answers which those are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowMetadata {
    /// These too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// These no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}
