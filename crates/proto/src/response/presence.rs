//! Answers about being here.

use serde::{Deserialize, Serialize};

use crate::{AccountId, PersonEntry, Role, RoomRole, Timestamp};

/// A room that somebody is in, as far as one may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRoom {
    /// Its name.
    pub room: String,
    /// What they are in it, if more than a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
}

/// Answers `whois`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The person as a list shows them.
    #[serde(flatten)]
    pub entry: PersonEntry,
    /// Here since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// They asked for nothing since so many milliseconds; not told where one blocks the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<u64>,
    /// Where they come from: told to themselves and to those who run the server, as far as it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// They are here, and nobody on the way between them and the server can read along.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secure: bool,
    /// The listed rooms that they are in, and those that one is in too; not the lobby.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<CardRoom>,
}

/// Answers `wear`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoesBy {
    /// What one goes by now: what one wears, or the account's name.
    pub name: String,
}

/// Somebody who was here by a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerEntry {
    /// The name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// What their client called its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Gone, or renamed, then.
    pub until: Timestamp,
}

/// Answers `whowas`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formerly {
    /// Newest first.
    pub people: Vec<FormerEntry>,
}

/// Somebody whose coming and going a session is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorEntry {
    /// The account, while they are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The name: as its account is called where that is here, else as it was said.
    pub name: String,
    /// Here now?
    pub online: bool,
}

/// Answers `monitor`: those added, or where nothing was said, all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitored {
    /// In the order said.
    pub people: Vec<MonitorEntry>,
    /// Those that there was no place for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
}

/// Answers `counts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// People who are here.
    pub online: u64,
    /// The most that were here at once since the server's start.
    pub most: u64,
    /// Of them, those who run the server.
    pub operators: u64,
    /// Connections on which nobody has signed in.
    pub unknown: u64,
    /// Rooms that are in use now.
    pub rooms: u64,
    /// The server's start.
    pub started_at: Timestamp,
    /// Now, by the server's clock.
    pub now: Timestamp,
}

/// Answers `operate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operating {
    /// What the session may do from now on.
    pub role: Role,
}
