//! Requests about who may be in a room, who may do what there, and how it is set up (R2, R4).

use serde::{Deserialize, Serialize};

use crate::{HistoryPolicy, PersonRef, Retention, RoomRef, Secret};

/// Who may join a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anyone with an account.
    Open,
    /// Whoever knows the password, and those invited.
    Password,
    /// Those invited.
    Invitation,
}

/// What somebody is in a room, the least first (DECISIONS 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomRole {
    /// One of its members.
    Member,
    /// Keeps order in it.
    Admin,
    /// Stands above its admins.
    Founder,
}

/// Removes a member, who may come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kick {
    /// The room.
    pub room: RoomRef,
    /// Whom.
    pub who: PersonRef,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Removes somebody, member or not, and keeps them out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The room.
    pub room: RoomRef,
    /// Whom.
    pub who: PersonRef,
    /// For so many seconds; until it is lifted if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Lifts a ban.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unban {
    /// The room.
    pub room: RoomRef,
    /// Whose.
    pub who: PersonRef,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Lets somebody read but not speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The room.
    pub room: RoomRef,
    /// Whom.
    pub who: PersonRef,
    /// For so many seconds; until it is lifted if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u64>,
    /// Why; they are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Lifts a mute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmute {
    /// The room.
    pub room: RoomRef,
    /// Whose.
    pub who: PersonRef,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Lists a room's bans, or its mutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bans {
    /// The room.
    pub room: RoomRef,
    /// The mutes instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mutes: bool,
    /// Goes on after this name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Makes a member an admin, an admin a member, or somebody the founder in one's own place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The room.
    pub room: RoomRef,
    /// Whose.
    pub who: PersonRef,
    /// What they are from now on; `founder` makes the old one an admin.
    pub role: RoomRole,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Invites an account into a room: they may join it whatever it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteTo {
    /// The room.
    pub room: RoomRef,
    /// Whom.
    pub who: PersonRef,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Changes how a room is set up; what is not said stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRoom {
    /// The room.
    pub room: RoomRef,
    /// What changes.
    #[serde(flatten)]
    pub changes: Box<RoomChanges>,
    /// Joining asks for this from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Why; the others are shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What changes about a room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RoomChanges {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is about; empty for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// A member may say something once in so many milliseconds; 0 for as often as they like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_ms: Option<u64>,
    /// Is it moderated? Then those speak who keep order in it, and those who have a voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moderated: Option<bool>,
    /// May everybody who may speak set the topic?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_topic: Option<bool>,
    /// May those who are not in it speak in it, if it is listed?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<bool>,
    /// Do guests only read in it, but for those who have a voice?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_guests: Option<bool>,
    /// Do programs ask nothing of each other in it (`signal` with `machine`)?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_machines: Option<bool>,
    /// Nobody joins uninvited while it has so many members; 0 for no such limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Who may join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Is it listed to everyone? A room that is not is unknown to those who are not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<bool>,
    /// What a newcomer may read of the time before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPolicy>,
    /// How long it keeps what is said (R11). What is older than that, or all of it for `ram`, is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// The groups of accounts that it is open to (M7), all of them: whoever is in one joins it without
    /// what it asks of others. None for no groups any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Is it archived: to be read, and nothing more?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
}

/// Asks how a room is set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutRoom {
    /// The room.
    pub room: RoomRef,
}
