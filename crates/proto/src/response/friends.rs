//! Answers about people and how one stands with them.

use serde::{Deserialize, Serialize};

use crate::{AccountId, Role, Timestamp};

/// How two accounts stand with each other, as one of them sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Friendship {
    /// Nothing between them.
    None,
    /// One asked the other, who did not answer yet.
    Asked,
    /// The other asks one.
    Asks,
    /// They are friends.
    Friends,
}

/// A person in the list of friends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendEntry {
    /// The account's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// How one stands with them.
    pub state: Friendship,
    /// Here now? Told of friends only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub online: bool,
    /// Asked, or friends, since then.
    pub since: Timestamp,
}

/// Answers `friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendList {
    /// By name.
    pub friends: Vec<FriendEntry>,
    /// There are more after the last name.
    pub more: bool,
}

/// Answers `befriend`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Befriended {
    /// How one stands with them now: `asked` or `friends`.
    pub state: Friendship,
}

/// A person in the list of those one blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockEntry {
    /// The account's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Blocked since then.
    pub since: Timestamp,
}

/// Answers `blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockList {
    /// By name.
    pub blocks: Vec<BlockEntry>,
    /// There are more after the last name.
    pub more: bool,
}

/// Answers `me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Myself {
    /// One's account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// One's role on the server.
    pub role: Role,
    /// May strangers write to one directly and invite one (D4)?
    pub strangers: bool,
    /// No guest may, but whom one wrote to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_guests: bool,
    /// A program speaks here, no person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// Recovery codes that are left, if the account has a second factor (A7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<u64>,
    /// Away, and why or until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
}
