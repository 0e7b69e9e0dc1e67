//! Requests about the whole server: who comes in, and its settings.

use serde::{Deserialize, Serialize};

use crate::{GuestPolicy, Secret};

/// Makes a one-time code by which one person may register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Good for so many seconds (7 days if not said; at most 30 days).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// Who may register (A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone.
    Open,
    /// Whoever knows the one shared access code.
    Code,
    /// Whoever holds a one-time invite.
    Invite,
    /// Whoever stands on the operator's list of members, by the member id as the name.
    Roster,
}

impl Registration {
    /// The policy as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Code => "code",
            Self::Invite => "invite",
            Self::Roster => "roster",
        }
    }
}

/// Who may make invites (A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inviters {
    /// Every member.
    Members,
    /// The server's moderators and owner.
    Moderators,
}

impl Inviters {
    /// The inviters as they are written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Members => "members",
            Self::Moderators => "moderators",
        }
    }
}

/// Shows the server's settings and, for its owner, changes those that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Who may register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// The shared access code, when that is the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_code: Option<Secret>,
    /// Who may make invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviters: Option<Inviters>,
    /// Whether plain passwords are taken at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_passwords: Option<bool>,
    /// Whether there are credits (C1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<bool>,
    /// What 30 days of VIP cost; 0 sells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip_price: Option<u64>,
    /// Whether the owner may watch what is said in open rooms (O7); everyone is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watch_open_rooms: Option<bool>,
    /// Whether one may come in as a guest (A9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests: Option<GuestPolicy>,
}
