//! Answers about other ways to sign in.

use serde::{Deserialize, Serialize};

/// Answers `sign_in_scram`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScramReply {
    /// The server's first message, and then its final one, which proves that the server knew the verifier
    /// (RFC 5802 §7).
    pub message: String,
}

impl std::fmt::Debug for ScramReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramReply(…)")
    }
}
