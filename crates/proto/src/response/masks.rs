//! The answer about a room's masks.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A mask in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskEntry {
    /// The mask.
    pub mask: String,
    /// Who put it there, by name; their id if the account is gone.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until then; until it is taken away if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers `masks`. A room has so few of a kind that one answer holds them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskList {
    /// The oldest first.
    pub masks: Vec<MaskEntry>,
}
