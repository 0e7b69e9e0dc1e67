//! The roster: the operator's list of those who may register, and how they are shown (A1).

use snug_proto::{AccountId, AccountName, DisplayName};

use crate::StoreError;

/// A member on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterEntry {
    /// The member id: the name to register by.
    pub name: AccountName,
    /// What the account is shown as.
    pub display: DisplayName,
}

/// What an import changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterChange {
    /// Members that were not there before.
    pub added: u64,
    /// Members whose display name is another now.
    pub changed: u64,
    /// Members that are not there any more. Their accounts stay.
    pub removed: u64,
    /// Members that are as they were.
    pub kept: u64,
    /// Accounts that are shown as something else now.
    pub shown_anew: Vec<AccountId>,
}

/// Writing the roster.
pub trait RosterWrites {
    /// Puts this roster in the place of the one before, and gives the accounts of its members their
    /// display names.
    fn replace_roster(&mut self, entries: &[RosterEntry]) -> Result<RosterChange, StoreError>;
    /// How the member of this name is to be shown, if there is one.
    fn listed(&mut self, name: &AccountName) -> Result<Option<String>, StoreError>;
}

/// Reading the roster.
pub trait RosterReads {
    /// So many members by name, those after this one: their names, and how they are to be shown.
    fn roster(&mut self, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError>;
    /// How the member of this name is to be shown, if there is one.
    fn listed(&mut self, name: &AccountName) -> Result<Option<String>, StoreError>;
}
