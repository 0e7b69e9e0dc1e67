//! Requests about rooms and who is in them.

use serde::{Deserialize, Serialize};

use crate::{Access, Retention, RoomId, RoomRef, Secret};

/// Makes a room with oneself as its founder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    /// Its name.
    pub room: String,
    /// Joining asks for this once; with none, the room is open to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Who may join; with a password `password`, else `open` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Is not listed: those who are not in it do not know of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// What a newcomer may read of the time before (R12); `all` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPolicy>,
    /// How long it keeps what is said (R11); as the server has it for new rooms if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What a newcomer to a room may read of the time before (DECISIONS 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryPolicy {
    /// Everything that is kept.
    All,
    /// From one's own joining on.
    SinceJoining,
}

/// Becomes a member. Answers the same for one who is a member already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The room.
    pub room: RoomRef,
    /// Its password, if it asks for one; never needed twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// Ends one's membership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The room.
    pub room: RoomRef,
    /// Why; the others are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Lists rooms: the listed ones and one's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rooms {
    /// Only those that one is a member of, direct conversations among them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mine: bool,
    /// Goes on after this entry of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RoomId>,
}

/// Lists a room's members, or with no room everyone who is online.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// Goes on after this name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Only those of these who are online.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
}
