//! Answers about who may be on the server (M2).

use serde::{Deserialize, Serialize};

use crate::{AccountId, Timestamp};

/// A ban from the server, of an account or of a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBanEntry {
    /// Its number: later bans have higher ones.
    pub ban: u64,
    /// The name of the account that it shuts out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The account that it shuts out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The addresses that it shuts out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Made then.
    pub at: Timestamp,
    /// It ends by itself then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers `server_bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerBanList {
    /// Newest first.
    pub bans: Vec<ServerBanEntry>,
    /// There are more before the last of them.
    pub more: bool,
}
