//! Answers about credits.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Timestamp};

/// Why credits moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The owner gave them.
    Grant,
    /// One paid another.
    Transfer,
    /// VIP was bought.
    Vip,
}

/// Answers `credits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purse {
    /// What is in it.
    pub balance: u64,
    /// One is VIP until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip_until: Option<Timestamp>,
    /// What 30 days of VIP cost; 0 if it is not sold.
    pub vip_price: u64,
}

/// Answers `grant`, `transfer` and `buy_vip`: it is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its number in the ledger.
    pub movement: u64,
    /// The server's time.
    pub at: Timestamp,
    /// What is in one's own purse now.
    pub balance: u64,
    /// One is VIP until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip_until: Option<Timestamp>,
}

/// One side of a movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The account's name now.
    pub name: String,
    /// The account.
    pub account: AccountId,
}

/// A movement of credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementEntry {
    /// Its number in the ledger.
    pub movement: u64,
    /// The server's time.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// Whose purse they left; none is the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Party>,
    /// Whose purse they entered; none is the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Party>,
    /// How many.
    pub amount: u64,
    /// What for, in the words of whoever moved them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Answers `ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPage {
    /// Newest first.
    pub movements: Vec<MovementEntry>,
    /// There are older ones.
    pub more: bool,
}
