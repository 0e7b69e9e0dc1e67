//! What accounts hold: sessions, passwords, codes (A3, A4, A5).

use snug_proto::{AccountId, Argon2Parameters, RoomId, SessionId, Timestamp};

use crate::{SessionRow, StoreError};

/// What a code for one account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// A new password for a forgotten one.
    Reset,
    /// A sign-in from a new device while others guess.
    Device,
}

/// A one-time code for one account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountCode {
    /// The code under the server's key.
    pub hash: [u8; 32],
    /// What it is for.
    pub kind: CodeKind,
    /// Whose.
    pub account: AccountId,
    /// Good until then.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for AccountCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountCode")
            .field("kind", &self.kind)
            .field("account", &self.account)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A password's record, to take the place of another.
#[derive(Clone)]
pub struct NewRecord {
    /// Whose.
    pub account: AccountId,
    /// The record that it replaces: if the account has another by now, nothing is changed.
    pub expected: Vec<u8>,
    /// The OPAQUE record (RFC 9807 `RegistrationRecord`).
    pub record: Vec<u8>,
    /// The Argon2 parameters that it was made with.
    pub argon2: Argon2Parameters,
}

/// An account to be erased.
#[derive(Clone)]
pub struct Erasure {
    /// Which.
    pub account: AccountId,
    /// The record that was proved: if the account has another by now, nothing is done.
    pub expected: Vec<u8>,
    /// Its counter from now on.
    pub rules: u64,
    /// When.
    pub now: Timestamp,
    /// Its name is kept from others until then.
    pub name_kept_until: Timestamp,
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// Nothing is left but what it said, under the name of nobody. These are its conversations, in which
    /// nobody can say anything to it any more.
    Yes(Vec<RoomId>),
    /// The record is another one, or the account owns the server.
    Refused,
    /// It is in rooms that are to be left first.
    InRooms,
}

/// Writing what accounts hold.
pub trait AccountWrites {
    /// Erases all that is kept of an account but its id and what it said. Its rooms were left before.
    fn erase_account(&mut self, erasure: &Erasure) -> Result<Erased, StoreError>;
    /// Ends the sessions of an account that are over `keep`: those longest unused, of `online` ones only
    /// when there are no others. Which it ended.
    fn trim_sessions(
        &mut self,
        account: &AccountId,
        online: &[SessionId],
        keep: usize,
    ) -> Result<Vec<SessionId>, StoreError>;
    /// Notes that these sessions are in use.
    fn touch_sessions(&mut self, sessions: &[SessionId], now: Timestamp) -> Result<(), StoreError>;
    /// Notes what a session is used by now.
    fn move_session(
        &mut self,
        session: &SessionId,
        client: &str,
        address: Option<&str>,
    ) -> Result<(), StoreError>;
    /// Ends a session of this account; false if it has none of that id.
    fn end_session_of(
        &mut self,
        account: &AccountId,
        session: &SessionId,
    ) -> Result<bool, StoreError>;
    /// Ends all sessions of an account, but this one.
    fn end_sessions_of(
        &mut self,
        account: &AccountId,
        but: Option<&SessionId>,
    ) -> Result<(), StoreError>;
    /// Voids all app tokens of an account.
    fn void_tokens_of(&mut self, account: &AccountId) -> Result<(), StoreError>;
    /// Changes the password's record; false if it is not the expected one any more.
    fn set_record(&mut self, new: &NewRecord) -> Result<bool, StoreError>;
    /// How many invites of an account are still good.
    fn good_invites_of(&mut self, account: &AccountId, now: Timestamp)
    -> Result<usize, StoreError>;
    /// Records a code; those of its kind that the account had are void.
    fn create_account_code(&mut self, code: &AccountCode) -> Result<(), StoreError>;
    /// Voids all codes of an account.
    fn void_account_codes(&mut self, account: &AccountId) -> Result<(), StoreError>;
    /// Uses up a code of this account; false if it is not good.
    fn use_account_code(
        &mut self,
        hash: &[u8; 32],
        kind: CodeKind,
        account: &AccountId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}

/// Reading what accounts hold.
pub trait AccountReads {
    /// An account's sessions, oldest first.
    fn sessions_of(&mut self, account: &AccountId) -> Result<Vec<SessionRow>, StoreError>;
    /// The ordinary rooms that an account is in.
    fn joined_rooms(&mut self, account: &AccountId) -> Result<Vec<RoomId>, StoreError>;
    /// Messages of an account that have their words still, in rooms that it is in or that are everybody's
    /// or its own: the room and the number, at most `limit`.
    fn words_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<(RoomId, u64)>, StoreError>;
    /// What an account said beside messages and has its words still, wherever that was: tags, and reasons of
    /// leaving and taking back. At most `limit`.
    fn asides_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<(RoomId, u64)>, StoreError>;
    /// Has this session not ended?
    fn has_session(&mut self, session: &SessionId) -> Result<bool, StoreError>;
    /// Whose code this is, if it is good.
    fn account_of_code(
        &mut self,
        hash: &[u8; 32],
        kind: CodeKind,
        now: Timestamp,
    ) -> Result<Option<AccountId>, StoreError>;
    /// Until when a code of this kind waits for the account.
    fn code_waiting(
        &mut self,
        account: &AccountId,
        kind: CodeKind,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;
}
