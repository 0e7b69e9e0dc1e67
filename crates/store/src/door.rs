//! Addresses that are let past the door, and the lockdown (M4).

use snug_proto::{AccountId, LockdownLevel, Timestamp};
use snug_rules::Network;

use crate::StoreError;

/// An allowed network as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedRow {
    /// Its number: later ones are higher.
    pub number: u64,
    /// Which addresses.
    pub network: Network,
    /// The name of who allowed it, now.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// A lockdown as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockdownRow {
    /// How far; never off.
    pub level: LockdownLevel,
    /// It ends then.
    pub until: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// Writing what is decided about the door.
pub trait DoorWrites {
    /// Allows addresses, in the place of the same ones.
    fn allow(
        &mut self,
        network: &Network,
        by: &AccountId,
        at: Timestamp,
        until: Option<Timestamp>,
        reason: Option<&str>,
    ) -> Result<(), StoreError>;
    /// Allows them no more; false if they were not.
    fn disallow(&mut self, network: &Network) -> Result<bool, StoreError>;
    /// How many are allowed.
    fn count_allowed(&mut self) -> Result<u64, StoreError>;
    /// Takes the words out of events that are no messages: tags, and reasons of leaving and taking back.
    fn blank_asides(&mut self, asides: &[(snug_proto::RoomId, u64)]) -> Result<(), StoreError>;
    /// What is purged of this account's words from now on, and was and is not gone yet, can be restored until then.
    fn purge_ends(&mut self, account: &AccountId, until: Timestamp) -> Result<(), StoreError>;
    /// Locks the server down, or opens it again.
    fn set_lockdown(&mut self, lockdown: Option<&LockdownRow>) -> Result<(), StoreError>;
    /// The lockdown as it is now, whether or not its time is over.
    fn lockdown_now(&mut self) -> Result<Option<LockdownRow>, StoreError>;
    /// Opens it again if the lockdown's time is over; false if there is none, or a later one.
    fn lift_lockdown(&mut self, now: Timestamp) -> Result<bool, StoreError>;
}

/// Reading what is decided about the door.
pub trait DoorReads {
    /// The allowed networks before this number, newest first, at most `limit`.
    fn allowed(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AllowedRow>, StoreError>;
    /// The lockdown, whether or not its time is over.
    fn lockdown(&mut self) -> Result<Option<LockdownRow>, StoreError>;
    /// What an account said since a time and that has its words still, oldest first, in rooms and in direct
    /// conversations: at most `limit`. A message that was changed since then is among it, whenever it was said.
    fn words_since(
        &mut self,
        account: &AccountId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Words>, StoreError>;
    /// Messages of an account that were purged and can be restored now, with their newest words, room by room and
    /// oldest first: at most `limit`.
    fn purged(
        &mut self,
        account: &AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<PurgedWords>, StoreError>;
}

/// A message that was purged and can be restored.
#[derive(Clone, PartialEq, Eq)]
pub struct PurgedWords {
    /// The room.
    pub room: snug_proto::RoomId,
    /// The message.
    pub seq: u64,
    /// Its newest words.
    pub body: String,
}

/// Where an account said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// The room.
    pub room: snug_proto::RoomId,
    /// The event.
    pub seq: u64,
    /// What kind.
    pub kind: WordsKind,
}

/// How an event holds words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordsKind {
    /// It is a message, which can be taken back.
    Message,
    /// It holds them beside what happened: tags, a reason, a change of a message that is kept no longer.
    Aside,
}
