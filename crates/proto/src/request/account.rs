//! Requests about one's own account: coming in, leaving, passwords, sessions and tokens.

use serde::{Deserialize, Serialize};

use crate::{Blob, Secret};

/// Says which client this is. Optional; first if at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The client's name and version, shown in the list of sessions.
    pub client: String,
    /// The version of the wire it speaks: 1.
    pub wire: u32,
    /// A program that comes and goes, and is nobody's being here: others are not told of this session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
    /// What it calls its user: shown as part of an IRC address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// Asks for a sign of life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// Makes an account by a plain password (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The name wanted.
    pub name: String,
    /// The password, in plain: see [`RegisterStart`] for the way that keeps it at home.
    pub password: Secret,
    /// Access code, invite or the owner's first code, when the policy asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// Begins to make an account by OPAQUE (RFC 9807 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterStart {
    /// The name wanted.
    pub name: String,
    /// Access code, invite or the owner's first code, when the policy asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// RFC 9807 `RegistrationRequest`.
    pub opaque: Blob,
}

/// Ends what [`RegisterStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterFinish {
    /// RFC 9807 `RegistrationRecord`.
    pub opaque: Blob,
    /// The Argon2id parameters that the client used: those of the answer to the start.
    pub argon2: Argon2Parameters,
}

/// Cost of Argon2id (RFC 9106), chosen by the server, run by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Argon2Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Signs in by a plain password or an app token (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Who.
    pub name: String,
    /// The password, or an app token in its place (DECISIONS 14).
    pub password: Secret,
    /// The cookie of an earlier sign-in of this device (A4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Secret>,
    /// A code for a new device (A4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// Begins a sign-in by OPAQUE (RFC 9807 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInStart {
    /// Who.
    pub name: String,
    /// RFC 9807 `KE1`.
    pub opaque: Blob,
    /// The cookie of an earlier sign-in of this device (A4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Secret>,
    /// A code for a new device (A4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// Ends what [`SignInStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFinish {
    /// RFC 9807 `KE3`.
    pub opaque: Blob,
}

/// Comes back with the token of an earlier sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The newest token that this client holds.
    pub session: Secret,
}

/// Leaves at once: others are told now, and the connection closes after the answer. The session's
/// token stays good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quit {
    /// End the session too: its token is void from now on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forget: bool,
    /// Why; those are shown it who see one go, or leave, as a guest does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What an app token may be used for (DECISIONS 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// An IRC client: all that one may do oneself but make and revoke tokens, and run the server.
    Irc,
    /// Reading only.
    Read,
    /// Reading and sending.
    Send,
    /// As an IRC client, and what a moderator of the server may do if the account is one.
    Moderate,
}

/// Makes an app token: a revocable password for one simple client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What it is for, to know it by later: `weechat`.
    pub label: String,
    /// What it may be used for; `irc` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Lists one's app tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {}

/// Voids an app token and ends the sessions that it opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeToken {
    /// Its id or its label.
    pub token: String,
}
