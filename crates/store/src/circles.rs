//! Labels on accounts, and groups of accounts (M7).

use snug_proto::{AccountId, AccountName, RoomId, Timestamp};

use crate::StoreError;

/// A group as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Its name, as it was written.
    pub name: String,
    /// How many are in it.
    pub members: u64,
}

/// Writing labels and groups. A group is named by its name's skeleton.
pub trait CircleWriting {
    /// Puts a label on an account or takes it off; false if it was so already.
    fn set_label(&mut self, account: &AccountId, label: &str, on: bool)
    -> Result<bool, StoreError>;
    /// How many labels an account has.
    fn count_labels(&mut self, account: &AccountId) -> Result<u64, StoreError>;
    /// Makes a group; false if there is one of that skeleton, `Taken` if an account has it or may have it
    /// back, or if it looks like another group as either is written.
    fn create_group(&mut self, name: &AccountName, now: Timestamp) -> Result<bool, StoreError>;
    /// Deletes a group; false if there was none.
    fn delete_group(&mut self, skeleton: &str) -> Result<bool, StoreError>;
    /// Puts an account into a group that there is, or takes it out; false if it was so already.
    fn set_group_member(
        &mut self,
        skeleton: &str,
        account: &AccountId,
        on: bool,
    ) -> Result<bool, StoreError>;
    /// The rooms that are open to this group. Who may join them changes: their counters become `rules`.
    fn move_rooms_of_group(
        &mut self,
        skeleton: &str,
        rules: u64,
    ) -> Result<Vec<RoomId>, StoreError>;
    /// How many groups there are, and how many are in this one.
    fn count_groups(&mut self, skeleton: &str) -> Result<(u64, u64), StoreError>;
}

/// Reading labels and groups.
pub trait CircleReading {
    /// The labels of these accounts, those of each by name.
    fn labels_of(&mut self, accounts: &[AccountId])
    -> Result<Vec<(AccountId, String)>, StoreError>;
    /// Every group, by name.
    fn groups(&mut self) -> Result<Vec<GroupRow>, StoreError>;
    /// A group's name and who is in it.
    fn group(&mut self, skeleton: &str) -> Result<Option<(String, Vec<AccountId>)>, StoreError>;
    /// The groups that a room is open to, by name, and who is in one of them.
    fn admitted(&mut self, room: &RoomId) -> Result<(Vec<String>, Vec<AccountId>), StoreError>;
}
