//! Answers about how a room is set up and who may not be in it.

use serde::{Deserialize, Serialize};

use crate::{AccountId, RoomEntry, Timestamp};

/// Answers `about_room`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAbout {
    /// The room as one's list shows it.
    #[serde(flatten)]
    pub entry: RoomEntry,
    /// Its founder's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub founder: Option<String>,
    /// Its founder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub founder_id: Option<AccountId>,
    /// The groups of accounts that it is open to (M7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Who set its topic last, by name; their id if the account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_by: Option<String>,
}

/// A ban or a mute in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanEntry {
    /// The account's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Until then; until it is lifted if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers `bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BanList {
    /// By name.
    pub bans: Vec<BanEntry>,
    /// There are more after the last name.
    pub more: bool,
}
