//! Answers about one's own account.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Argon2Parameters, Blob, GuestPolicy, Registration, RoomEntry, Scope, Secret,
    Timestamp, TokenId,
};

/// The bounds that this server keeps, in bytes and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest line either way.
    pub line_bytes: usize,
    /// Longest body.
    pub body_bytes: usize,
    /// Requests that may wait for their answer.
    pub pending: usize,
    /// Most events in one `read`.
    pub read_events: u32,
}

/// Answers `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of the wire spoken here: 1.
    pub wire: u32,
    /// The server's name and version.
    pub server: String,
    /// What it can do beyond version 1.
    pub features: Vec<String>,
    /// Its bounds.
    pub limits: Limits,
    /// Who may register here, so that a client knows whether to ask for a code.
    pub registration: Registration,
    /// Whether one may come in as a guest.
    #[serde(default, skip_serializing_if = "GuestPolicy::is_off")]
    pub guests: GuestPolicy,
    /// Nobody registers and nobody comes as a guest for now: the server is locked down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// While the shield is up: what a newcomer computes so as not to wait (P3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<crate::Work>,
}

/// A server role (A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Here by a name alone, without an account (A9).
    Guest,
    /// Everyone with an account.
    Member,
    /// Keeps order.
    Moderator,
    /// Whose server it is: one account.
    Owner,
}

impl Role {
    /// The role as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }
}

/// Answers `register`, `register_finish`, `sign_in`, `sign_in_finish`, `resume` and `guest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who one is.
    pub account: AccountId,
    /// By this name.
    pub name: String,
    /// The name that one goes by here now, where it is not the account's: one's nick on IRC (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// With this server role.
    pub role: Role,
    /// The token to come back with. `None` for a sign-in by app token, which is its own, and for a guest,
    /// who does not come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Secret>,
    /// What tells this device from those that guess at the password: to be kept, and to be shown when one
    /// signs in by the password again (A4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Secret>,
    /// One's rooms, the lobby first.
    pub rooms: Vec<RoomEntry>,
    /// There are more rooms: `rooms {"mine":true,"after":…}` lists them.
    pub more: bool,
}

/// Answers `register_start` and `sign_in_start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueReply {
    /// RFC 9807 `RegistrationResponse` or `KE2`.
    pub opaque: Blob,
    /// The Argon2id parameters to use.
    pub argon2: Argon2Parameters,
}

/// Answers `new_token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// The token; shown once, kept hashed.
    pub token: Secret,
}

/// An app token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEntry {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// Made then.
    pub created_at: Timestamp,
    /// Last used then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// Answers `tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// Oldest first.
    pub tokens: Vec<TokenEntry>,
}
