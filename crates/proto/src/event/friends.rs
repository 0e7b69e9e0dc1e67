//! What happens between two people. Not logged; a session that was away asks with `friends`.

use serde::{Deserialize, Serialize};

use super::Subject;
use crate::Friendship;

/// How one stands with somebody changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendChanged {
    /// With whom.
    #[serde(flatten)]
    pub subject: Subject,
    /// How it is now.
    pub state: Friendship,
}

/// A friend came or went (D2). Told whether or not one shares a room with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendPresence {
    /// Who.
    #[serde(flatten)]
    pub subject: Subject,
    /// Here now?
    pub online: bool,
}
