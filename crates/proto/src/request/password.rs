//! Requests about the password of an account: changing it, and a new one for a forgotten one (A3).

use serde::{Deserialize, Serialize};

use crate::{Argon2Parameters, Blob, Secret};

/// Changes one's password by plain passwords (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePassword {
    /// The password until now.
    pub old: Secret,
    /// The password from now on.
    pub new: Secret,
    /// Leave one's other sessions as they are; else they end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_sessions: bool,
}

/// Begins to change one's password by OPAQUE: a sign-in with the old one and a registration of the new
/// one, in the same exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePasswordStart {
    /// RFC 9807 `KE1` of the old password.
    pub opaque: Blob,
    /// RFC 9807 `RegistrationRequest` of the new one.
    pub new_opaque: Blob,
}

/// Ends what [`ChangePasswordStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePasswordFinish {
    /// RFC 9807 `KE3`: the proof of the old password.
    pub opaque: Blob,
    /// RFC 9807 `RegistrationRecord` of the new one.
    pub new_opaque: Blob,
    /// The Argon2id parameters that the new one was made with: those of the answer to the start.
    pub argon2: Argon2Parameters,
    /// Leave one's other sessions as they are; else they end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_sessions: bool,
}

/// Makes a one-time code by which somebody who forgot their password sets a new one. The owner's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetCode {
    /// Who forgot it.
    pub name: String,
}

/// Makes a one-time code by which a new device signs in while others guess at the password: for oneself,
/// or by the owner for anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// For whom; oneself if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Sets a new password by a reset code and comes in, by a plain password (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// Who.
    pub name: String,
    /// The code that the owner gave.
    pub code: Secret,
    /// The password from now on.
    pub password: Secret,
}

/// Begins to set a new password by a reset code, by OPAQUE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetStart {
    /// Who.
    pub name: String,
    /// The code that the owner gave.
    pub code: Secret,
    /// RFC 9807 `RegistrationRequest`.
    pub opaque: Blob,
}

/// Ends what [`ResetStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetFinish {
    /// RFC 9807 `RegistrationRecord`.
    pub opaque: Blob,
    /// The Argon2id parameters that it was made with: those of the answer to the start.
    pub argon2: Argon2Parameters,
}

/// Begins to prove one's own password once more, by OPAQUE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveStart {
    /// RFC 9807 `KE1`.
    pub opaque: Blob,
}

/// Deletes one's account, for good (A8). The password is proved once more: by `opaque` after
/// [`ProveStart`], or by `password` (simple clients).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteAccount {
    /// RFC 9807 `KE3`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opaque: Option<Blob>,
    /// The password itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Take back one's messages too; else they stay, under "deleted account".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_messages: bool,
}
