//! Telling everyone something (M1).

use serde::{Deserialize, Serialize};

/// Tells everyone something: at once who is online, at their next sign-in who is not. For the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announce {
    /// The words: at most 4 KiB, as a message's otherwise.
    pub body: String,
}

/// Takes an announcement back: its words are erased. For the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Which.
    pub announcement: u64,
}

/// Reads the announcements, newest first, and notes how far one has seen them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcements {
    /// Goes on before this one of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// One has seen all up to this one: they are not shown at a sign-in any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}
