//! What a client can ask for. One struct a request, one table that names them all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Blob, LogId, PersonRef, RoomId, RoomRef, Secret, Timestamp};

/// Says which client this is. Optional; first if at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The client's name and version, shown in the list of sessions.
    pub client: String,
    /// The version of the wire it speaks: 1.
    pub wire: u32,
}

/// Asks for a sign of life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

/// Makes an account by a plain password (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The name wanted.
    pub name: String,
    /// The password, in plain: see [`RegisterStart`] for the way that keeps it at home.
    pub password: Secret,
    /// Access code, invite or the owner's first code, when the policy asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
}

/// Begins to make an account by OPAQUE (RFC 9807 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterStart {
    /// The name wanted.
    pub name: String,
    /// Access code, invite or the owner's first code, when the policy asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Secret>,
    /// RFC 9807 `RegistrationRequest`.
    pub opaque: Blob,
}

/// Ends what [`RegisterStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterFinish {
    /// RFC 9807 `RegistrationRecord`.
    pub opaque: Blob,
    /// The Argon2id parameters that the client used: those of the answer to the start.
    pub argon2: Argon2Parameters,
}

/// Cost of Argon2id (RFC 9106), chosen by the server, run by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Argon2Parameters {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Signs in by a plain password or an app token (simple clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Who.
    pub name: String,
    /// The password, or an app token in its place (DECISIONS 14).
    pub password: Secret,
}

/// Begins a sign-in by OPAQUE (RFC 9807 §6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInStart {
    /// Who.
    pub name: String,
    /// RFC 9807 `KE1`.
    pub opaque: Blob,
}

/// Ends what [`SignInStart`] began, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFinish {
    /// RFC 9807 `KE3`.
    pub opaque: Blob,
}

/// Comes back with the token of an earlier sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The newest token that this client holds.
    pub session: Secret,
}

/// Leaves at once: others are told now, and the connection closes after the answer. The session's
/// token stays good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quit {
    /// End the session too: its token is void from now on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forget: bool,
}

/// How far a client has a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which log.
    pub log: LogId,
    /// The newest event that the client has; 0 for none.
    pub seq: u64,
}

/// Asks for each room's events after its cursor, then live, without a hole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// How far the client has each room.
    pub cursors: BTreeMap<RoomId, Cursor>,
}

/// Says something in a room or to a person: exactly one of `room` and `to`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// In this room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomRef>,
    /// To this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PersonRef>,
    /// The words: at most 16 KiB, no control characters but tab and line feed.
    pub body: String,
    /// The sender's own key for safe retries (DECISIONS 35).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Changes the words of one's own message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// Its new words.
    pub body: String,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Takes a message back: its words are erased, a mark stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The room.
    pub room: RoomRef,
    /// Which message.
    pub seq: u64,
    /// The sender's own key for safe retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Reads a page of a room's log, oldest first in the answer. At most one of `after`, `before` and
/// `since`; with none of them, the newest page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The room.
    pub room: RoomRef,
    /// The events that follow this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// The newest events below this seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// The events at or after this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// At most so many (100; never more than 500).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The log that `after` or `before` counts in; answers `rewound` if it is another now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<LogId>,
}

/// Moves one's read marker. It never moves back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The room.
    pub room: RoomRef,
    /// The newest event read.
    pub seq: u64,
}

/// Makes a room with oneself as its founder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateRoom {
    /// Its name.
    pub room: String,
    /// Joining asks for this once; with none, the room is open to all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// What a newcomer may read of the time before (R12); `all` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryPolicy>,
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
}

/// Makes a one-time code by which one person may register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Good for so many seconds (7 days if not said; at most 30 days).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// What an app token may be used for (DECISIONS 14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// An IRC client: all that one may do oneself but make and revoke tokens.
    Irc,
    /// Reading only.
    Read,
    /// Reading and sending.
    Send,
}

/// Makes an app token: a revocable password for one simple client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What it is for, to know it by later: `weechat`.
    pub label: String,
    /// What it may be used for; `irc` if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Lists one's app tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {}

/// Voids an app token and ends the sessions that it opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeToken {
    /// Its id or its label.
    pub token: String,
}

/// Who may register (A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Anyone.
    Open,
    /// Whoever knows the one shared access code.
    Code,
    /// Whoever holds a one-time invite.
    Invite,
}

/// Who may make invites (A1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inviters {
    /// Every member.
    Members,
    /// The server's moderators and owner.
    Moderators,
}

/// Shows the server's settings and, for its owner, changes those that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Who may register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    /// The shared access code, when that is the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_code: Option<Secret>,
    /// Who may make invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviters: Option<Inviters>,
    /// Whether plain passwords are taken at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain_passwords: Option<bool>,
}

macro_rules! requests {
    ($($name:ident $wire:literal;)*) => {
        /// A request of the wire, without its id.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant's struct says it")]
        pub enum Request {
            $($name($name),)*
        }

        /// The name of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each request's struct says it")]
        pub enum RequestKind {
            $($name,)*
        }

        impl RequestKind {
            /// Every request, in the order of the protocol's text.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The value of `do`.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The request so named, or `None` for one this version does not know.
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$name),)* _ => None }
            }

            /// Reads the request's own fields from its line.
            pub(crate) fn parse(self, line: &str) -> serde_json::Result<Request> {
                match self { $(Self::$name => serde_json::from_str(line).map(Request::$name),)* }
            }
        }

        impl Request {
            /// Which request this is.
            pub const fn kind(&self) -> RequestKind {
                match self { $(Self::$name(_) => RequestKind::$name,)* }
            }
        }

        impl Serialize for Request {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(request) => request.serialize(serializer),)* }
            }
        }

        $(impl From<$name> for Request {
            fn from(request: $name) -> Self {
                Self::$name(request)
            }
        })*
    };
}

requests! {
    Hello "hello";
    Ping "ping";
    Register "register";
    RegisterStart "register_start";
    RegisterFinish "register_finish";
    SignIn "sign_in";
    SignInStart "sign_in_start";
    SignInFinish "sign_in_finish";
    Resume "resume";
    Quit "quit";
    Follow "follow";
    Send "send";
    Edit "edit";
    Delete "delete";
    Read "read";
    Mark "mark";
    CreateRoom "create_room";
    Join "join";
    Leave "leave";
    Rooms "rooms";
    Who "who";
    Invite "invite";
    NewToken "new_token";
    Tokens "tokens";
    RevokeToken "revoke_token";
    Server "server";
}
