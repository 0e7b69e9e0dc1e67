//! Credits that moved into or out of one's purse. Not logged; the ledger has them.

use serde::{Deserialize, Serialize};

use crate::MovementEntry;

/// Credits moved into or out of one's purse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditsMoved {
    /// The movement as the ledger has it.
    #[serde(flatten)]
    pub entry: MovementEntry,
    /// What is in one's purse now.
    pub balance: u64,
}
