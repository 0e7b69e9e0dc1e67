//! The second factor (A7): codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

use serde::{Deserialize, Serialize};

use crate::{Blob, Secret};

/// Ends a sign-in that was answered with `second_factor_needed`, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The six digits that the app shows now, or a recovery code.
    pub code: Secret,
}

/// Asks for the secret that an authenticator app is to be given. Nothing changes until
/// [`SetSecondFactor`] shows that the app has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferSecondFactor {
    /// RFC 9807 `KE3`, after `prove_start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Blob>,
    /// The password in plain, from simple clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// From now on signing in by password needs the app's code too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSecondFactor {
    /// The six digits that the app shows now.
    pub code: Secret,
}

/// Shows, on a session that is signed in, that its holder is there: for ten minutes what lasts longer than a
/// session may be made on this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveCode {
    /// The six digits that the app shows now, or a recovery code.
    pub code: Secret,
}

/// Signing in by password needs no code any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropSecondFactor {
    /// Whose; one's own if not said. Another's is for the owner, who is to know that it is they who ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// For one's own: the six digits that the app shows now, or a recovery code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// For another's: why, for the audit log and for the one concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
