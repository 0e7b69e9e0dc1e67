//! What people say of themselves and of their rooms: display names, bots, keys with values.

use snug_proto::{AccountId, RoomId};

use crate::StoreError;

/// What a key with a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetadataOf {
    /// A person.
    Account(AccountId),
    /// A room.
    Room(RoomId),
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySet {
    /// It is as wanted now.
    Done,
    /// It was to be taken away and was not there.
    NotThere,
    /// There are as many as may be.
    Full,
}

/// Writing what people say of themselves.
pub trait SelfWriting {
    /// Gives an account another display name, or none; false if the roster has one for it.
    fn set_display(
        &mut self,
        account: &AccountId,
        display: Option<&str>,
    ) -> Result<bool, StoreError>;
    /// Says whether a program speaks there.
    fn set_bot(&mut self, account: &AccountId, bot: bool) -> Result<(), StoreError>;
    /// Gives a key a value, or takes it away. At most so many keys are kept.
    fn set_metadata(
        &mut self,
        of: &MetadataOf,
        key: &str,
        value: Option<&str>,
        most: u64,
    ) -> Result<KeySet, StoreError>;
    /// Takes all keys away; answers which there were, by name.
    fn clear_metadata(&mut self, of: &MetadataOf) -> Result<Vec<String>, StoreError>;
}

/// Reading it.
pub trait SelfReading {
    /// All keys and their values, by key.
    fn metadata(&mut self, of: &MetadataOf) -> Result<Vec<(String, String)>, StoreError>;
    /// The values that these accounts have for these keys.
    fn metadata_among(
        &mut self,
        accounts: &[AccountId],
        keys: &[String],
    ) -> Result<Vec<(AccountId, String, String)>, StoreError>;
}
