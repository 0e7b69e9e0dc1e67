//! Answers about one's sessions and password (A3, A5).

use serde::{Deserialize, Serialize};

use crate::{Argon2Parameters, Blob, Scope, Secret, SessionId, Timestamp};

/// A session, or a connection that has none to come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionEntry {
    /// Names it to `revoke_session`.
    pub session_id: SessionId,
    /// What the client called itself.
    pub client: String,
    /// The address it came from last, as far as the server keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Signed in then.
    pub created_at: Timestamp,
    /// Last seen then: now, if it is online.
    pub seen_at: Timestamp,
    /// Is it connected?
    pub online: bool,
    /// It is the one that asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub this: bool,
    /// The label of the app token it came in by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What it may do, if not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Answers `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// Oldest first.
    pub sessions: Vec<SessionEntry>,
    /// There are more than an answer holds.
    pub more: bool,
}

/// Answers `change_password_start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePasswordReply {
    /// RFC 9807 `KE2` of the old password.
    pub opaque: Blob,
    /// The Argon2id parameters of the old one.
    pub argon2: Argon2Parameters,
    /// RFC 9807 `RegistrationResponse` of the new one.
    pub new_opaque: Blob,
    /// The Argon2id parameters to use for the new one.
    pub new_argon2: Argon2Parameters,
}

/// Answers `reset_code` and `device_code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeMade {
    /// The code; good once.
    pub code: Secret,
    /// Good until then.
    pub expires_at: Timestamp,
}
