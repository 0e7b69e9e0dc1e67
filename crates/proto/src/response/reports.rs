//! Answers about reports (M5).

use serde::{Deserialize, Serialize};

use crate::{AccountId, ReportState, RoomId, Timestamp};

/// Answers `report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// Its number.
    pub report: u64,
    /// Who decides it: `escalated` for the server's moderators, `open` for the room's founder and admins.
    pub state: ReportState,
}

/// A report in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportEntry {
    /// Its number.
    pub report: u64,
    /// When it was made.
    pub at: Timestamp,
    /// What became of it.
    pub state: ReportState,
    /// Who reported: shown to the server's moderators and owner, and to themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The room's name then; none for a direct conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The room.
    pub room_id: RoomId,
    /// The message.
    pub seq: u64,
    /// Who wrote it.
    pub name: String,
    /// Who wrote it.
    pub account: AccountId,
    /// Its words as the reporter saw them.
    pub body: String,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who decided it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

/// Answers `reports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportList {
    /// Newest first.
    pub reports: Vec<ReportEntry>,
    /// There are more before the last of them.
    pub more: bool,
}
