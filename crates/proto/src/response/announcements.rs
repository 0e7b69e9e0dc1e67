//! Answers about announcements (M1).

use serde::{Deserialize, Serialize};

use crate::Announcement;

/// Answers `announce`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Its number.
    pub announcement: u64,
}

/// Answers `announcements`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncementList {
    /// Newest first.
    pub announcements: Vec<Announcement>,
    /// There are more before the last of them.
    pub more: bool,
}
