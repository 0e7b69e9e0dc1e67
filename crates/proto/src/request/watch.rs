//! Watching the server (O7).

use serde::{Deserialize, Serialize};

/// Begins or ends watching what happens on the server, on this session. For the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// Begin or end?
    pub on: bool,
}
