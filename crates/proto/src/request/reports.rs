//! Reporting messages, and deciding reports (M5).

use serde::{Deserialize, Serialize};

use crate::RoomRef;

/// Reports a message that one can read. It is kept as one sees it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// What is wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Lists the reports that one decides, newest first: those of one's own rooms for their founder and admins, the
/// server's for its moderators and owner; or those that one made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reports {
    /// Those that one made oneself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
    /// Those that are decided too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Goes on before this one of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportState {
    /// Nobody has decided it.
    Open,
    /// Something was done about it.
    Resolved,
    /// Nothing is to be done about it.
    Dismissed,
    /// It is the server's moderators' to decide, not the room's.
    Escalated,
}

impl ReportState {
    /// The state as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Dismissed => "dismissed",
            Self::Escalated => "escalated",
        }
    }
}

/// Decides a report, or hands it to the server's moderators (`escalated`), which its reporter may too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecideReport {
    /// Which.
    pub report: u64,
    /// What becomes of it.
    pub state: ReportState,
    /// A word to the one who reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
