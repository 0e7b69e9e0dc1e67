//! Requests about a room's masks: patterns of names that are kept out, let in, or given a voice (R4).

use serde::{Deserialize, Serialize};

use crate::RoomRef;

/// What a mask does for the names that fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskKind {
    /// They may not join, and not speak.
    Ban,
    /// No mask bans them.
    Exempt,
    /// They may join as if they were invited.
    Invite,
    /// They may speak while the room is moderated.
    Voice,
}

/// Puts a mask on a room, or takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMask {
    /// The room.
    pub room: RoomRef,
    /// What it does.
    pub kind: MaskKind,
    /// A name in which `*` stands for any letters and `?` for one; after `account:` it fits those who
    /// have an account, and no guests.
    pub mask: String,
    /// Take it away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remove: bool,
    /// For so many seconds; until it is taken away if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Lists a room's masks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masks {
    /// The room.
    pub room: RoomRef,
    /// Only these.
    pub kind: MaskKind,
}
