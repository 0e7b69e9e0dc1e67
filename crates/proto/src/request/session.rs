//! Requests about one's own sessions and connections (A5).

use serde::{Deserialize, Serialize};

/// Lists one's sessions, and the connections of one's app tokens and IRC clients.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {}

/// Ends a session at once: its connection is closed and its token is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeSession {
    /// Its id, or `others` for every session but this one.
    pub session: String,
}
