//! Requests about guests: people who are here by a name alone (A9).

use serde::{Deserialize, Serialize};

use crate::Secret;

/// Comes in as a guest, without an account: the name is theirs while they are connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComeAsGuest {
    /// The name wanted.
    pub name: String,
    /// The display name wanted; one that cannot be is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The shared access code, where guests need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// May one come in as a guest (A9)?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestPolicy {
    /// No.
    #[default]
    Off,
    /// By a name alone.
    On,
    /// By a name and the shared access code.
    Code,
}

impl GuestPolicy {
    /// The policy as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Code => "code",
        }
    }

    /// Are there no guests? Then answers leave it out.
    pub const fn is_off(&self) -> bool {
        matches!(self, Self::Off)
    }
}
