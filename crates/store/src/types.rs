//! Rows and commands: what the storage traits take and give.

use snug_proto::{
    AccountId, Argon2Parameters, HistoryPolicy, LogId, Role, RoomId, RoomName, RoomRole, Scope,
    SessionId, Timestamp, TokenId,
};
use snug_rules::{Access, Content, Entry, Retention, RoomKind, ServerRules};

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its name as it was written, already parsed once.
    pub name: String,
    /// Its display name.
    pub display: Option<String>,
    /// Its role on the server.
    pub role: Role,
    /// Its OPAQUE record (RFC 9807 `RegistrationRecord`).
    pub record: Vec<u8>,
    /// The Argon2 parameters that the record was made with.
    pub argon2: Argon2Parameters,
    /// Advances whenever what it may do changes.
    pub rules: u64,
    /// May strangers reach it (D4)?
    pub strangers: bool,
    /// Do guests not reach it, but those it wrote to?
    pub no_guests: bool,
    /// VIP until then (C2).
    pub vip_until: Option<Timestamp>,
    /// Does a program speak there, no person?
    pub bot: bool,
    /// Does signing in by password ask for a second factor (A7)? Set by itself, not with the rest.
    pub second_factor: bool,
    /// What it goes by beside its own name, while it is here. Set by itself, not with the rest.
    pub worn: Option<crate::Worn>,
    /// Made then.
    pub created_at: Timestamp,
}

/// An account to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The account; `rules` starts as given.
    pub account: Account,
    /// Its name's skeleton, unique.
    pub skeleton: String,
}

/// A room as it is kept.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct RoomRow {
    /// Its id.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// Its name as it was written; empty for a direct conversation.
    pub name: String,
    /// Who may join.
    pub access: Access,
    /// The tag that a right password has, under the server's key (DECISIONS 19).
    pub password_tag: Option<[u8; 32]>,
    /// What a newcomer may read.
    pub history: HistoryPolicy,
    /// How long events are kept.
    pub retention: Retention,
    /// Its founder.
    pub founder: Option<AccountId>,
    /// Is it listed to everyone?
    pub listed: bool,
    /// Is it archived?
    pub archived: bool,
    /// What it is about; empty for nothing.
    pub topic: String,
    /// Between two messages of a member; 0 for no limit.
    pub slow_mode_ms: u64,
    /// Do only those with a voice speak?
    pub moderated: bool,
    /// May everybody who may speak set the topic?
    pub open_topic: bool,
    /// May those who are not in it speak in it?
    pub outside: bool,
    /// Do guests only read in it, but for those who have a voice?
    pub quiet_guests: bool,
    /// Do programs ask nothing of each other in it?
    pub quiet_machines: bool,
    /// Members with which nobody joins uninvited; 0 for no limit.
    pub limit: u64,
    /// Who set its topic last; their account may be gone.
    pub topic_by: Option<AccountId>,
    /// When.
    pub topic_at: Option<Timestamp>,
    /// Its counters.
    pub counts: RoomCounts,
    /// Made then.
    pub created_at: Timestamp,
}

/// What a room's log counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomCounts {
    /// The log's id.
    pub log: LogId,
    /// The oldest event kept.
    pub first: u64,
    /// The newest event; 0 for none.
    pub seq: u64,
    /// Messages among the events.
    pub messages: u64,
    /// The newest event's time.
    pub last_at: Timestamp,
    /// Advances with membership, roles and settings.
    pub rules: u64,
    /// Members of an ordinary room.
    pub members: u64,
}

/// A room to be made.
#[derive(Clone)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// Its first log's id.
    pub log: LogId,
    /// Its kind.
    pub kind: RoomKind,
    /// Its name; none for a direct conversation.
    pub name: Option<RoomName>,
    /// Who may join.
    pub access: Access,
    /// The tag that a right password has.
    pub password_tag: Option<[u8; 32]>,
    /// What a newcomer may read.
    pub history: HistoryPolicy,
    /// How long events are kept.
    pub retention: Retention,
    /// Its founder.
    pub founder: Option<AccountId>,
    /// Is it listed to everyone?
    pub listed: bool,
    /// Now.
    pub created_at: Timestamp,
}

/// A member of an ordinary room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRow {
    /// Who.
    pub account: AccountId,
    /// The seq of their joining.
    pub joined: u64,
    /// Member or admin.
    pub role: RoomRole,
}

/// How an account stands to a room in a list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Footing {
    /// It is in it.
    Member,
    /// It is invited.
    Invited,
    /// It is in a group that the room is open to.
    Admitted,
    /// It is banned from it, or was until a moment ago. What masks say is not looked at.
    Banned,
    /// None of these.
    None,
}

/// A room as one account stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomStanding {
    /// The room.
    pub room: RoomRow,
    /// The read marker; 0 for none.
    pub read: u64,
    /// Messages after it (DECISIONS 6), not counting those before one's joining where that is the
    /// room's policy.
    pub unread: u64,
    /// Those of them that mention the account; no more are counted than `MAX_UNREAD_MENTIONS`.
    pub mentions: u64,
    /// What one is in it, but for the founder, whom the room names.
    pub role: RoomRole,
}

/// What an append was decided on. If either counter moved since, it is refused as stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expect {
    /// The room's counter.
    pub room_rules: u64,
    /// The actor's counter.
    pub account_rules: u64,
}

/// One event to append.
#[derive(Clone)]
pub struct Append {
    /// To this room's log.
    pub room: RoomId,
    /// Decided on this.
    pub expect: Expect,
    /// Who and what. A joining adds the membership row and a leaving removes it; both advance the
    /// room's counter. A deletion blanks the message and all edits of it. An edit of a message that is
    /// deleted is refused. A message moves its author's read marker to itself. A reaction that stands
    /// already answers as the one before did; only what stands is taken away.
    pub entry: Entry,
    /// The sender's key and a digest of the request that came with it (DECISIONS 35).
    pub key: Option<(String, [u8; 32])>,
    /// What the room's counter becomes if the entry changes who may do what: a number that nobody else can
    /// have chosen. Were it the next one, a state that this node foresaw and one that another node made
    /// could bear the same number, and what was decided on the one would pass for decided on the other.
    pub rules_after: u64,
    /// The tag of a room's new password, where the entry says that it has one.
    pub password_tag: Option<[u8; 32]>,
    /// The log begins anew under this id, with this event as its first: a `ram` room is to keep things from
    /// here on, and what it held is nobody's any more (DECISIONS 23).
    pub begin_log: Option<LogId>,
    /// A deletion is of another's message, this one's: the audit log says so (M6).
    pub deletes_of: Option<AccountId>,
    /// No block lies between the actor and any of these, or it is stale (D3).
    pub apart: Vec<AccountId>,
    /// `ram` rooms: number it and apply its changes, but keep no event and no key.
    pub keep: bool,
}

/// What an append came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    New {
        /// Its number.
        seq: u64,
        /// Its time (DECISIONS 3).
        at: Timestamp,
        /// The messages in the log up to and including it.
        messages: u64,
    },
    /// The same request was appended before, under the same key.
    Again(KeyUse),
}

/// Where the request that used a key went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUse {
    /// The digest of the request.
    pub digest: [u8; 32],
    /// The room.
    pub room: RoomId,
    /// Its event's number.
    pub seq: u64,
    /// Its event's time.
    pub at: Timestamp,
}

/// Why one append was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendRefused {
    /// A counter moved: decide again on a fresh view.
    Stale,
    /// The key was used for another request.
    KeyReused,
    /// The message to edit, or to put a reaction on, was deleted meanwhile.
    Gone,
    /// The message has as many different reactions as it may have.
    TooMany,
    /// There is no such reaction to take away.
    Unchanged,
    /// Another room has the new name, or had it lately.
    NameTaken,
}

/// An event as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number.
    pub seq: u64,
    /// Its time.
    pub at: Timestamp,
    /// The messages in the log up to and including it.
    pub messages: u64,
    /// Who did it.
    pub actor: AccountId,
    /// What.
    pub content: Content,
}

/// Which events of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Those that follow this seq, the oldest of them first to be taken.
    After(u64),
    /// Those below this seq, the newest of them first to be taken.
    Before(u64),
    /// Those at or after this time, the oldest of them first to be taken.
    Since(Timestamp),
}

/// A session to be recorded.
#[derive(Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// The SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// What the client called itself.
    pub client: String,
    /// The address it came from, where the profile keeps those.
    pub address: Option<String>,
    /// Now.
    pub created_at: Timestamp,
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// What the client called itself.
    pub client: String,
    /// The address it came from.
    pub address: Option<String>,
    /// Begun then.
    pub created_at: Timestamp,
    /// Last resumed then.
    pub seen_at: Timestamp,
}

/// An app token to be recorded.
#[derive(Clone)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub account: AccountId,
    /// The SHA-256 of it.
    pub hash: [u8; 32],
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// Now.
    pub created_at: Timestamp,
}

/// An app token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// Whose.
    pub account: AccountId,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scope: Scope,
    /// Made then.
    pub created_at: Timestamp,
    /// Last used then.
    pub used_at: Option<Timestamp>,
}

/// An invite.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Its code under the server's key.
    pub code_hash: [u8; 32],
    /// Who made it; none for the operator's command.
    pub by: Option<AccountId>,
    /// Made then.
    pub created_at: Timestamp,
    /// Good until then.
    pub expires_at: Timestamp,
}

/// The server's settings.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// What decisions depend on.
    pub rules: ServerRules,
    /// The shared access code under the server's key.
    pub access_code_tag: Option<[u8; 32]>,
    /// The owner's first code under the server's key, and until when it is good.
    pub owner_code: Option<([u8; 32], Timestamp)>,
    /// May the owner watch what is said in open rooms?
    pub watch_open_rooms: bool,
}

/// `Debug` without what a log must never hold: records, tags and hashes.
macro_rules! shown_without_secrets {
    ($($name:ident { $($field:ident)* })*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    )*};
}

shown_without_secrets! {
    Account { id name display role rules }
    RoomRow { id kind name access history retention founder counts }
    Append { room expect entry rules_after begin_log keep }
    NewRoom { id kind name access }
    NewSession { id account }
    NewToken { id account label scope }
    InviteRow { by expires_at }
    Settings { rules }
}
