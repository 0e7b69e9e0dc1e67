//! Until when accounts say they have read, apart from the numbers of events.

use snug_proto::{AccountId, RoomId, Timestamp};

use crate::StoreError;

/// What one may have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadTarget {
    /// A room.
    Room(RoomId),
    /// The direct conversation with this account, begun or not.
    Person(AccountId),
}

impl ReadTarget {
    /// As a column holds it: no account has a room's id.
    pub(crate) fn bytes(&self) -> &[u8; 16] {
        match self {
            Self::Room(id) => id.bytes(),
            Self::Person(id) => id.bytes(),
        }
    }
}

/// What a transaction notes of it.
pub trait ReadUntilWrites {
    /// The account has read so far; never moved back.
    fn set_read_until(
        &mut self,
        account: &AccountId,
        target: ReadTarget,
        until: Timestamp,
    ) -> Result<(), StoreError>;
}

/// What a reader says of it.
pub trait ReadUntilReads {
    /// What the account said last.
    fn read_until(
        &mut self,
        account: &AccountId,
        target: ReadTarget,
    ) -> Result<Option<Timestamp>, StoreError>;
    /// When the newest message up to this number was said.
    fn said_at(&mut self, room: &RoomId, seq: u64) -> Result<Option<Timestamp>, StoreError>;
    /// The number of the newest event up to this time; 0 if there is none.
    fn seq_at(&mut self, room: &RoomId, until: Timestamp) -> Result<u64, StoreError>;
}
