//! What a request is answered with: the wire's `ok` objects.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, Argon2Parameters, Blob, Event, HistoryPolicy, Inviters, LogId, Registration,
    RequestKind, RoomId, Scope, Secret, Timestamp, TokenId,
};

/// Done; there is nothing more to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// The bounds that this server keeps, in bytes and counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Longest line either way.
    pub line_bytes: usize,
    /// Longest body.
    pub body_bytes: usize,
    /// Requests that may wait for their answer.
    pub pending: usize,
    /// Most events in one `read`.
    pub read_events: u32,
}

/// Answers `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of the wire spoken here: 1.
    pub wire: u32,
    /// The server's name and version.
    pub server: String,
    /// What it can do beyond version 1.
    pub features: Vec<String>,
    /// Its bounds.
    pub limits: Limits,
    /// Who may register here, so that a client knows whether to ask for a code.
    pub registration: Registration,
}

/// A server role (A6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everyone with an account.
    Member,
    /// Keeps order.
    Moderator,
    /// Whose server it is: one account.
    Owner,
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Does joining ask for a password?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub password: bool,
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
    /// One's read marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<u64>,
    /// Messages after the marker (DECISIONS 6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<u64>,
}

/// Answers `register`, `register_finish`, `sign_in`, `sign_in_finish` and `resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who one is.
    pub account: AccountId,
    /// By this name.
    pub name: String,
    /// With this server role.
    pub role: Role,
    /// The token to come back with. `None` for a sign-in by app token, which is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Secret>,
    /// One's rooms, the lobby first.
    pub rooms: Vec<RoomEntry>,
    /// There are more rooms: `rooms {"mine":true,"after":…}` lists them.
    pub more: bool,
}

/// Answers `register_start` and `sign_in_start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueReply {
    /// RFC 9807 `RegistrationResponse` or `KE2`.
    pub opaque: Blob,
    /// The Argon2id parameters to use.
    pub argon2: Argon2Parameters,
}

/// Answers `send`, `edit` and `delete`: it is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The room's name; `@ann` for a direct conversation.
    pub room: String,
    /// The room.
    pub room_id: RoomId,
    /// The event's number.
    pub seq: u64,
    /// The server's time.
    pub at: Timestamp,
}

/// Answers `read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The events as they were delivered live, oldest first.
    pub events: Vec<Event>,
    /// The oldest event that one may read here.
    pub first: u64,
    /// The newest event of the room.
    pub seq: u64,
    /// The log these numbers count in.
    pub log: LogId,
    /// There are more in the direction asked for.
    pub more: bool,
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
    /// There are more after the last one.
    pub more: bool,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEntry {
    /// The account's name.
    pub name: String,
    /// The account.
    pub account: AccountId,
    /// Its display name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// Here now?
    pub online: bool,
    /// The server role.
    pub role: Role,
    /// Founder of the room asked about?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub founder: bool,
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

/// Answers `invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The code; shown once, kept hashed.
    pub code: Secret,
    /// Good until then.
    pub expires_at: Timestamp,
}

/// Answers `new_token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// The token; shown once, kept hashed.
    pub token: Secret,
}

/// An app token in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEntry {
    /// Its id.
    pub token_id: TokenId,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// Made then.
    pub created_at: Timestamp,
    /// Last used then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// Answers `tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// Oldest first.
    pub tokens: Vec<TokenEntry>,
}

/// Answers `server`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// The server's name and version.
    pub server: String,
    /// Who may register.
    pub registration: Registration,
    /// Who may make invites.
    pub inviters: Inviters,
    /// Whether plain passwords are taken.
    pub plain_passwords: bool,
}

macro_rules! responses {
    ($($name:ident for $($kind:ident)+;)*) => {
        /// The answer to a request that was not refused.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "each variant's struct says it")]
        pub enum Response {
            $($name($name),)*
        }

        impl Response {
            /// Reads the `ok` object that answers a request of this kind.
            pub fn parse(kind: RequestKind, ok: &str) -> serde_json::Result<Self> {
                match kind {
                    $($(RequestKind::$kind)|+ => serde_json::from_str(ok).map(Self::$name),)*
                }
            }
        }

        $(impl From<$name> for Response {
            fn from(response: $name) -> Self {
                Self::$name(response)
            }
        })*
    };
}

responses! {
    Done for Ping Quit Follow Mark Leave RevokeToken;
    Welcome for Hello;
    SignedIn for Register RegisterFinish SignIn SignInFinish Resume;
    OpaqueReply for RegisterStart SignInStart;
    Sent for Send Edit Delete;
    Page for Read;
    Entered for CreateRoom Join;
    RoomList for Rooms;
    People for Who;
    Invited for Invite;
    TokenMade for NewToken;
    TokenList for Tokens;
    ServerSettings for Server;
}
