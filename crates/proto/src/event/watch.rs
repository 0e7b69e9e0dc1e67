//! What the owner sees of the server as it happens (O7).

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A connection was opened.
    Connected,
    /// A connection ended.
    Disconnected,
    /// Somebody signed in.
    SignedIn,
    /// A sign-in was refused.
    SignInFailed,
    /// The server's log has a warning.
    Warning,
    /// The server's log has an error.
    Error,
    /// Somebody said something in an open room; only where `watch_open_rooms` is on.
    Said,
    /// One that this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Something happened on the server. Told to an owner who watches, as far as there is room: it may be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub what: Happening,
    /// What exactly, for a person.
    pub text: String,
    /// So many before it were left out, because there were too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's `skip_serializing_if` asks for a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}
