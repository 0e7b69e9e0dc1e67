//! Answers about rooms and who is in them.

use serde::{Deserialize, Serialize};

use crate::{AccountId, HistoryPolicy, LOBBY, LogId, Retention, Role, RoomId, RoomRole, Timestamp};

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_forever(retention: &Retention) -> bool {
    *retention == Retention::Forever
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the wire")]
pub struct RoomEntry {
    /// Its name; `@ann` for the direct conversation with ann.
    pub room: String,
    /// Its id.
    pub room_id: RoomId,
    /// Is one a member?
    pub member: bool,
    /// A direct conversation?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub direct: bool,
    /// The name that the other one goes by here now, where it is not the account's (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// Does joining ask for a password?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password: bool,
    /// Does joining take an invitation?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invitation: bool,
    /// Is it unknown to those who are not in it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// How long it keeps what is said, if not for ever.
    #[serde(default, skip_serializing_if = "is_forever")]
    pub retention: Retention,
    /// Is it archived: to be read, and nothing more?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Is one invited, and not in it yet?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invited: bool,
    /// Is it open to a group that one is in, and one is not in it yet?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admitted: bool,
    /// One's role in it, if one is more than a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
    /// What it is about, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// A member may say something once in so many milliseconds, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_ms: Option<u64>,
    /// Is it moderated?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moderated: bool,
    /// May everybody who may speak set the topic?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open_topic: bool,
    /// May those who are not in it speak in it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
    /// Do guests only read in it, but for those who have a voice?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet_guests: bool,
    /// Do programs ask nothing of each other in it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet_machines: bool,
    /// Nobody joins uninvited while it has so many members, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When its topic was set last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_at: Option<Timestamp>,
    /// What a newcomer may read.
    pub history: HistoryPolicy,
    /// Members; not counted in the lobby, where everyone is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// Its log now; members only, like what follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogId>,
    /// The newest event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// When the newest event happened; of a room that one is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// One's read marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
    /// Messages after the marker (DECISIONS 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<u64>,
    /// Those of them that mention one; no more are counted than [`crate::limits::MAX_UNREAD_MENTIONS`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u64,
}

impl RoomEntry {
    /// Is it the room that everyone is in (DECISIONS 7)?
    pub fn is_lobby(&self) -> bool {
        self.room == LOBBY
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Answers `create_room` and `join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The room as one's list shows it now.
    #[serde(flatten)]
    pub entry: RoomEntry,
}

/// Answers `rooms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomList {
    /// By name, the lobby first.
    pub rooms: Vec<RoomEntry>,
    /// The server's time, for how long ago something was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Timestamp>,
    /// There are more after the last one.
    pub more: bool,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the wire")]
pub struct PersonEntry {
    /// The account's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The name that they go by here now, where it is not the account's: their nick on IRC (`wear`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worn: Option<String>,
    /// Here now?
    pub online: bool,
    /// Away, and why or until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
    /// A program speaks there, no person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bot: bool,
    /// What their client called its user, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The server role.
    pub role: Role,
    /// VIP now (C2)?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vip: bool,
    /// Founder of the room asked about?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub founder: bool,
    /// An admin of it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// Has it a voice there (see `set_mask`)?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voiced: bool,
    /// Muted in it?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub muted: bool,
    /// What those who run the server say of it (M7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl PersonEntry {
    /// What they go by: the name that they wear, or the account's.
    pub fn called(&self) -> &str {
        self.worn.as_deref().unwrap_or(&self.name)
    }
}

/// Answers `who`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// By name.
    pub people: Vec<PersonEntry>,
    /// How many are online, listed here or not.
    pub online: u64,
    /// There are more after the last name.
    pub more: bool,
}
