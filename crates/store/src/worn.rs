//! Names that accounts go by beside their own, while they are here (ADR 13).

use snug_proto::{AccountId, AccountName, Timestamp};

use crate::{Account, StoreError};

/// A name that an account goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worn {
    /// The name, as it was written.
    pub name: String,
    /// Tells this wearing of it from any other.
    pub mark: u64,
}

/// Writing what accounts go by.
pub trait WornWrites {
    /// Lets an account go by this name, and no longer by another; `Taken` if one is called so, goes by it, or
    /// could have it back, or by what looks like it.
    fn wear(
        &mut self,
        account: &AccountId,
        worn: (&AccountName, u64),
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Lets it go by its own name again; where a mark is given, only if it wears what it wore under that.
    fn take_off(&mut self, account: &AccountId, mark: Option<u64>) -> Result<bool, StoreError>;
    /// Lets everybody go by their own name again.
    fn take_all_off(&mut self) -> Result<(), StoreError>;
}

/// Reading it.
pub trait WornReads {
    /// The account that is called so or goes by it: whose name has this skeleton.
    fn account_called(&mut self, skeleton: &str) -> Result<Option<Account>, StoreError>;
}
