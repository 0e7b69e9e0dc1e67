//! Requests about who is let in at all: allowed addresses, the lockdown, the shield, and taking back what
//! somebody flooded rooms with (P3, M4).

use serde::{Deserialize, Serialize};

use crate::{PersonRef, Timestamp};

/// Lets addresses past budgets, shield, lockdown and bans of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// One address, or a network like `192.0.2.0/24`.
    pub address: String,
    /// For so many seconds; until it is taken back if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Takes an [`Allow`] back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disallow {
    /// As it was allowed.
    pub address: String,
}

/// Lists the allowed addresses, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// Those before this one, to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// How far the server is locked down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockdownLevel {
    /// Not at all.
    #[default]
    Off,
    /// Only accounts and allowed addresses get in: nobody registers, nobody comes as a guest.
    On,
    /// No new connection is taken at all.
    Closed,
}

impl LockdownLevel {
    /// The level as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Closed => "closed",
        }
    }
}

/// Shows the lockdown, or changes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockdown {
    /// What it becomes; nothing to look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<LockdownLevel>,
    /// It ends by itself after so many seconds (an hour if not said).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why; told to those who are kept out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Only count who would be dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What is wanted of the shield.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShieldWanted {
    /// It goes up and comes down by itself.
    #[default]
    Auto,
    /// Up until said otherwise.
    Up,
    /// Down until said otherwise.
    Down,
}

impl ShieldWanted {
    /// The word as it is written on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Shows how things stand at the door, and says what is wanted of the shield.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shield {
    /// What is wanted; nothing to look only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<ShieldWanted>,
}

/// Takes back all that an account said since some time, in all rooms; or undoes that. One of `since`, `last_s` and
/// `undo` must be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Whose words.
    pub who: PersonRef,
    /// From then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// In the last so many seconds, by the server's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_s: Option<u64>,
    /// Why; told to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The words are gone at once, also those of earlier purges: there is no undo.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_good: bool,
    /// All that purges took back is to be there again, as far as it is not gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
}

/// Shows that a newcomer has computed what `hello` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProveWork {
    /// Behind the challenge, it makes a SHA-256 that begins with as many zero bits as were asked for.
    pub nonce: u64,
}
