//! Friends and blocks as storage keeps them.

use snug_proto::{AccountId, Friendship, RoomId, Timestamp};
use snug_rules::{Acquaintance, Between};

use crate::StoreError;

/// A person that an account stands in some relation to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FriendRow {
    /// Who.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// Their display name.
    pub display: Option<String>,
    /// How the account stands with them; [`Friendship::None`] in the list of blocks.
    pub state: Friendship,
    /// Since then.
    pub since: Timestamp,
}

/// What a transaction does about friends and blocks.
pub trait FriendsWriting {
    /// How these two stand with each other, as `me` sees it.
    fn between(&mut self, me: &AccountId, other: &AccountId) -> Result<Between, StoreError>;
    /// How many `account` is friends with or asked, and how many ask it.
    fn count_friends(&mut self, account: &AccountId) -> Result<(u64, u64), StoreError>;
    /// How many `account` blocks.
    fn count_blocks(&mut self, account: &AccountId) -> Result<u64, StoreError>;
    /// Sets how these two stand, as `me` sees it; both sides at once.
    fn set_friendship(
        &mut self,
        me: &AccountId,
        other: &AccountId,
        state: Friendship,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Makes (`Some` since then) or ends (`None`) the block of `other` by `me`. The direct
    /// conversation of the two, if there is one, gets the room counter `rules`; answers which it is.
    fn set_block(
        &mut self,
        me: &AccountId,
        other: &AccountId,
        since: Option<Timestamp>,
        rules: u64,
    ) -> Result<Option<RoomId>, StoreError>;
    /// Says whether strangers may reach the account (D4).
    fn set_strangers(&mut self, account: &AccountId, welcome: bool) -> Result<(), StoreError>;
    /// Says whether guests do not reach the account, but those it wrote to (D4).
    fn set_no_guests(&mut self, account: &AccountId, closed: bool) -> Result<(), StoreError>;
}

/// What a reader says of friends and blocks.
pub trait FriendsReading {
    /// How these two stand with each other, as `me` sees it.
    fn between(&mut self, me: &AccountId, other: &AccountId) -> Result<Between, StoreError>;
    /// What a stranger is judged by: do the two share an ordinary room, and did `other` say
    /// something in their direct conversation of late?
    fn acquaintance(
        &mut self,
        me: &AccountId,
        other: &AccountId,
    ) -> Result<Acquaintance, StoreError>;
    /// An account's friends, those who ask it and those it asked, by name; after the name `after`, at
    /// most `limit`.
    fn friends(
        &mut self,
        account: &AccountId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FriendRow>, StoreError>;
    /// The accounts that are friends with this one, in no order.
    fn friend_ids(&mut self, account: &AccountId) -> Result<Vec<AccountId>, StoreError>;
    /// Those an account blocks, by name; after the name `after`, at most `limit`.
    fn blocks(
        &mut self,
        account: &AccountId,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<FriendRow>, StoreError>;
    /// Those of `others` that block `account` or are blocked by it.
    fn closed_among(
        &mut self,
        account: &AccountId,
        others: &[AccountId],
    ) -> Result<Vec<AccountId>, StoreError>;
}
