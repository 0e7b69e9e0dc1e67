//! What the owner tells everyone (M1).

use serde::{Deserialize, Serialize};

use super::Author;
use crate::Timestamp;

/// The owner tells everyone something. Numbered in a log of its own, which everyone follows: told as it
/// happens, and after a sign-in to one who has not seen it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its number: later ones have higher ones.
    pub announcement: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// The words.
    pub body: String,
}
