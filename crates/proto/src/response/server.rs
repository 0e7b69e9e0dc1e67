//! Answers about the whole server.

use serde::{Deserialize, Serialize};

use crate::{GuestPolicy, Inviters, Registration, Secret, Timestamp};

/// Answers `invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The code; shown once, kept hashed.
    pub code: Secret,
    /// Good until then.
    pub expires_at: Timestamp,
}

/// Answers `server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// The server's name and version.
    pub server: String,
    /// Who may register.
    pub registration: Registration,
    /// Who may make invites.
    pub inviters: Inviters,
    /// Whether plain passwords are taken.
    pub plain_passwords: bool,
    /// Whether there are credits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub credits: bool,
    /// What 30 days of VIP cost, where there are credits; 0 if it is not sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip_price: Option<u64>,
    /// Whether the owner may watch what is said in open rooms.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub watch_open_rooms: bool,
    /// Whether one may come in as a guest.
    #[serde(default, skip_serializing_if = "GuestPolicy::is_off")]
    pub guests: GuestPolicy,
}
