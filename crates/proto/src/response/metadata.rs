//! Answers about keys with values.

use serde::{Deserialize, Serialize};

/// A key of a person or a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataEntry {
    /// The person's name, where it is a member's of the room asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they go by, where it is another name (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// The key.
    pub key: String,
    /// Its value; none where it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Answers `metadata`, and `set_metadata` with what it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataList {
    /// Those of what was asked about, by key; then those of members, by name.
    pub entries: Vec<MetadataEntry>,
    /// There are more members after this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_after: Option<String>,
}

/// Answers `follow_metadata`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataKeys {
    /// The keys that this session is told of.
    pub keys: Vec<String>,
    /// Those that there was no place for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}
