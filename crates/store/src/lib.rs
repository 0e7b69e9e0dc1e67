//! Storage: the log, the accounts and the settings behind object-safe traits with a transaction
//! object. It knows the rules' types and no session, socket or task.
//!
//! Everything blocks: the engine calls it from threads of its own. One writer thread gathers what
//! waits and commits it as one transaction (group commit); readers run beside it.

mod accounts;
mod announcements;
mod audit;
mod circles;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod credits;
mod door;
mod friends;
mod governing;
mod guests;
mod masks;
mod order;
mod presence;
mod reading;
mod reports;
mod retention;
mod roster;
mod scram;
mod search;
mod second_factor;
mod sqlite;
mod talking;
mod types;
mod worn;

pub use accounts::{
    AccountCode, AccountReads, AccountWrites, CodeKind, Erased, Erasure, NewRecord,
};
pub use announcements::{AnnouncementReader, AnnouncementRow, Announcing};
pub use audit::{AuditFilter, AuditLog, AuditReader, AuditRow, NewAudit};
pub use circles::{CircleReading, CircleWriting, GroupRow};
pub use credits::{
    CreditsReading, CreditsWriting, MovementMade, MovementRow, NewMovement, NotMoved, PurseRow,
};
pub use door::{AllowedRow, DoorReads, DoorWrites, LockdownRow, PurgedWords, Words, WordsKind};
pub use friends::{FriendRow, FriendsReading, FriendsWriting};
pub use governing::{Banned, GovernedReader, Governing, NewServerBan, ServerBanRow};
pub use guests::{GuestErased, GuestReads, GuestWrites};
pub use masks::{MaskReader, MaskRow};
pub use order::{InvitationRow, OrderReader, SanctionKind, SanctionRow};
pub use presence::{KeySet, MetadataOf, SelfReading, SelfWriting};
pub use reading::{ReadTarget, ReadUntilReads, ReadUntilWrites};
pub use reports::{NewReport, ReportFilter, ReportReader, ReportRow, Reporting};
pub use retention::{Pruning, PruningReads};
pub use roster::{RosterChange, RosterEntry, RosterReads, RosterWrites};
pub use scram::{ScramReads, ScramRow, ScramWrites};
pub use search::{Follower, Point, SearchHit, Searched, Searching, Wanted};
pub use second_factor::{SecondFactorReads, SecondFactorRow, SecondFactorWrites};
pub use sqlite::{Durability, SqliteStore, copy};
pub use talking::{QuoteRow, TalkReading};
pub use types::{
    Account, Append, AppendRefused, Appended, Expect, Footing, InviteRow, KeyUse, MemberRow,
    NewAccount, NewRoom, NewSession, NewToken, Range, RoomCounts, RoomRow, RoomStanding,
    SessionRow, Settings, StoredEvent, TokenRow,
};
pub use worn::{Worn, WornReads, WornWrites};

use snug_proto::{AccountId, Role, RoomId, SessionId, Timestamp, TokenId};
use snug_rules::{ReadGrant, Target};

/// A page of events ends once its words are over this many bytes: more than one answer holds.
pub const MAX_PAGE_BYTES: usize = 64 * 1024;
/// Addresses remembered of an account: enough for a person who moves about, and no record of where
/// they were.
pub const KNOWN_ADDRESSES: u32 = 16;

/// Why storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full. Nothing of the transaction was kept.
    #[error("the disk is full")]
    Full,
    /// Reading or writing failed. Nothing of the transaction was kept.
    #[error("storage failed: {0}")]
    Failed(String),
    /// A unique thing exists already (a name by its skeleton, a key).
    #[error("it exists already")]
    Taken,
    /// The database was written by a newer version.
    #[error("the database has version {found}, this program knows up to {known}")]
    Newer {
        /// The version found.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The file is no database of ours, or is damaged.
    #[error("the database is damaged or is not one of Snug's: {0}")]
    Corrupt(String),
}

/// A database: hands out its one writer and any number of readers.
pub trait Store: Send + Sync {
    /// The connection that writes. A store on one file may have several open at once (two engines on
    /// one database); each transaction takes the write lock as it begins.
    fn writer(&self) -> Result<Box<dyn Writer>, StoreError>;
    /// A connection that reads beside the writer.
    fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;
    /// What keeps the index of words up with the logs. There need be none for searching to be right, but
    /// without one only the newest messages are found.
    fn follower(&self) -> Result<Box<dyn Follower>, StoreError>;
}

/// The connection that writes.
pub trait Writer: Send {
    /// Begins a transaction, taking the write lock at once.
    fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, StoreError>;
    /// Housekeeping when nothing waits: if words were deleted, truncates the write-ahead log so that
    /// they leave the disk (DECISIONS 8); forgets retry keys older than their lifetime and expired
    /// codes.
    fn tidy(&mut self, now: Timestamp) -> Result<(), StoreError>;
}

/// One transaction. Dropped without [`Transaction::commit`] it leaves nothing.
pub trait Transaction:
    AccountWrites
    + AuditLog
    + CreditsWriting
    + FriendsWriting
    + CircleWriting
    + SelfWriting
    + Governing
    + GuestWrites
    + Pruning
    + Announcing
    + Reporting
    + RosterWrites
    + ScramWrites
    + SecondFactorWrites
    + ReadUntilWrites
    + DoorWrites
    + WornWrites
{
    /// Appends to logs, each in the order given. A refusal concerns its own append only; an error
    /// ends the transaction. An append's membership change, blanking and key are part of it.
    fn append(
        &mut self,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Vec<Result<Appended, AppendRefused>>, StoreError>;

    /// Begins a part that can be rolled back alone (a savepoint). Parts do not nest.
    fn begin_part(&mut self) -> Result<(), StoreError>;
    /// Keeps the part.
    fn keep_part(&mut self) -> Result<(), StoreError>;
    /// Undoes the part.
    fn undo_part(&mut self) -> Result<(), StoreError>;

    /// Makes an account; `Taken` if its skeleton is in use or reserved.
    fn create_account(&mut self, account: &NewAccount) -> Result<(), StoreError>;
    /// Is there an owner?
    fn has_owner(&mut self) -> Result<bool, StoreError>;
    /// Makes a room with its log and no event; `Taken` if its skeleton (or pair) is in use or reserved.
    fn create_room(&mut self, room: &NewRoom) -> Result<(), StoreError>;
    /// Gives a room's log a new life under a new id, with no events: its numbers start again at 1, or go
    /// on where there were events before, whose words [`Pruning::erase`] takes.
    fn renew_log(&mut self, room: &RoomId, log: &snug_proto::LogId) -> Result<(), StoreError>;
    /// Gives every log a new random id, its events as they are: its numbers may have run back, because a
    /// tail of it was lost (DECISIONS 33), and clients must not trust what they have beyond it.
    fn rename_logs(&mut self) -> Result<(), StoreError>;
    /// Records a session.
    fn create_session(&mut self, session: &NewSession) -> Result<(), StoreError>;
    /// Gives a session its next token; the one it had stays good until the next is used (`Ok(false)`
    /// if the session is gone or `used` is neither of its tokens any more).
    fn rotate_session(
        &mut self,
        session: &SessionId,
        used: &[u8; 32],
        next: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Ends a session.
    fn end_session(&mut self, session: &SessionId) -> Result<(), StoreError>;
    /// Notes that an account signed in from the address of this tag. Of each account the
    /// [`KNOWN_ADDRESSES`] seen last are kept.
    fn remember_address(
        &mut self,
        account: &AccountId,
        tag: &[u8; 16],
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Records an app token; `Taken` if the account has one of that label.
    fn create_token(&mut self, token: &NewToken) -> Result<(), StoreError>;
    /// Notes that a token was used.
    fn touch_token(&mut self, token: &TokenId, now: Timestamp) -> Result<(), StoreError>;
    /// Has a token found by this from now on; as before if another one is.
    fn find_token_by(&mut self, token: &TokenId, hash: &[u8; 32]) -> Result<(), StoreError>;
    /// Voids a token; false if there was none.
    fn revoke_token(&mut self, account: &AccountId, token: &TokenId) -> Result<bool, StoreError>;
    /// Records an invite.
    fn create_invite(&mut self, invite: &InviteRow) -> Result<(), StoreError>;
    /// Uses up an invite; false if it is unknown, used or expired.
    fn use_invite(
        &mut self,
        code_hash: &[u8; 32],
        by: &AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Sets the server's settings.
    fn set_settings(&mut self, settings: &Settings) -> Result<(), StoreError>;
    /// Moves a read marker forward; never back, never past the head.
    fn mark(&mut self, room: &RoomId, account: &AccountId, seq: u64) -> Result<(), StoreError>;

    /// Makes the transaction last: durable as the store was opened to be.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A connection that reads. Everything not found is `Ok(None)`.
pub trait Reader:
    AccountReads
    + AuditReader
    + CreditsReading
    + FriendsReading
    + CircleReading
    + GovernedReader
    + GuestReads
    + PruningReads
    + MaskReader
    + OrderReader
    + Searching
    + TalkReading
    + ReadUntilReads
    + GovernedReader
    + AnnouncementReader
    + ReportReader
    + RosterReads
    + SelfReading
    + ScramReads
    + DoorReads
    + SecondFactorReads
    + WornReads
    + Send
{
    /// The account of this id.
    fn account(&mut self, id: &AccountId) -> Result<Option<Account>, StoreError>;
    /// The account whose name has this skeleton. Where none has, another in its place, the same for the same number,
    /// so that both are answered at the same cost: its name tells which it is. `None` where there is no account at all.
    fn account_to_try(
        &mut self,
        skeleton: &str,
        otherwise: u32,
    ) -> Result<Option<Account>, StoreError>;
    /// The Argon2 parameters in use, for the answer to unknown names (DECISIONS 13).
    fn parameters_in_use(&mut self) -> Result<Vec<snug_proto::Argon2Parameters>, StoreError>;
    /// Is there an owner?
    fn has_owner(&mut self) -> Result<bool, StoreError>;
    /// The room of this id.
    fn room(&mut self, id: &RoomId) -> Result<Option<RoomRow>, StoreError>;
    /// The room whose name has this skeleton.
    fn room_by_skeleton(&mut self, skeleton: &str) -> Result<Option<RoomRow>, StoreError>;
    /// The lobby, once it was made.
    fn lobby(&mut self) -> Result<Option<RoomRow>, StoreError>;
    /// The direct conversation of these two, in either order.
    fn direct_room(
        &mut self,
        one: &AccountId,
        other: &AccountId,
    ) -> Result<Option<RoomRow>, StoreError>;
    /// The counters of a room's log now.
    fn counts(&mut self, room: &RoomId) -> Result<Option<RoomCounts>, StoreError>;
    /// The members of a room (none for the lobby and direct conversations, where they are implied).
    fn members(&mut self, room: &RoomId) -> Result<Vec<MemberRow>, StoreError>;
    /// The rooms that an account is in, with its markers and unread counts: the lobby first, then by
    /// name, then direct conversations; after `after`, at most `limit`.
    fn rooms_of(
        &mut self,
        account: &AccountId,
        after: Option<&RoomId>,
        limit: u32,
    ) -> Result<Vec<RoomStanding>, StoreError>;
    /// The rooms that this account may see listed, by name, the lobby first; after `after`, at most
    /// `limit`. Each with how it stands to the account.
    fn listed_rooms(
        &mut self,
        account: &AccountId,
        after: Option<&RoomId>,
        limit: u32,
    ) -> Result<Vec<(RoomRow, Footing)>, StoreError>;
    /// An account's standing in one room it is in.
    fn standing(
        &mut self,
        room: &RoomId,
        account: &AccountId,
    ) -> Result<Option<RoomStanding>, StoreError>;
    /// Events of a room within the grant, oldest first: at most `limit` of the range, those nearest to
    /// the range's anchor. A page ends earlier once its words are over [`MAX_PAGE_BYTES`].
    fn events(
        &mut self,
        grant: &ReadGrant,
        range: Range,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError>;
    /// What an edit or a deletion is about.
    fn target(&mut self, room: &RoomId, seq: u64) -> Result<Option<Target>, StoreError>;
    /// How the key was used by this account, if it was.
    fn key_use(&mut self, account: &AccountId, key: &str) -> Result<Option<KeyUse>, StoreError>;
    /// The session that has this token, as its newest or the one before.
    fn session_by_token(&mut self, hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError>;
    /// The app token of this hash.
    fn token_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError>;
    /// Has the account signed in from the address of this tag, and is it remembered?
    fn knows_address(&mut self, account: &AccountId, tag: &[u8; 16]) -> Result<bool, StoreError>;
    /// An account's app tokens, oldest first.
    fn tokens_of(&mut self, account: &AccountId) -> Result<Vec<TokenRow>, StoreError>;
    /// Is there an unused, unexpired invite of this code?
    fn invite_is_good(&mut self, code_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError>;
    /// Whose invite this code is: their role, and when their account was made. None for the operator's.
    fn inviter(&mut self, code_hash: &[u8; 32]) -> Result<Option<(Role, Timestamp)>, StoreError>;
    /// The server's settings, once they were set.
    fn settings(&mut self) -> Result<Option<Settings>, StoreError>;
}
