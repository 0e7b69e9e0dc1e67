//! Guests, and the rooms that go with them (A9).

use snug_proto::{AccountId, RoomId};

use crate::StoreError;

/// What erasing a guest came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestErased {
    /// Nothing is left but what it said where that is kept, under the name of nobody. These were its
    /// conversations; they are gone.
    Yes(Vec<RoomId>),
    /// There is no such guest: it was erased before.
    NoGuest,
    /// It is in rooms that are to be left first.
    InRooms,
}

/// Writing what is about guests.
pub trait GuestWrites {
    /// Lets a room go with its last member.
    fn mark_passing(&mut self, room: &RoomId) -> Result<(), StoreError>;
    /// Removes a room that goes with its last member, if that one is gone; false if it is not there, or
    /// is not to go. Its name is free at once.
    fn remove_passing(&mut self, room: &RoomId) -> Result<bool, StoreError>;
    /// The same for the room whose name has this skeleton: which was removed.
    fn remove_passing_named(&mut self, skeleton: &str) -> Result<Option<RoomId>, StoreError>;
    /// Erases all that is kept of a guest but its id and what it said in rooms that keep it; its
    /// conversations are removed. Its name is free at once. Its counter becomes `rules`.
    fn erase_guest(&mut self, guest: &AccountId, rules: u64) -> Result<GuestErased, StoreError>;
}

/// Reading what is about guests.
pub trait GuestReads {
    /// Every guest.
    fn guests(&mut self) -> Result<Vec<AccountId>, StoreError>;
    /// The guests among a room's members.
    fn guests_in(&mut self, room: &RoomId) -> Result<Vec<AccountId>, StoreError>;
    /// How many rooms this account is a member of, of those whose names say that they pass or of the others:
    /// neither the lobby nor conversations.
    fn count_rooms_of(&mut self, account: &AccountId, passing: bool) -> Result<u64, StoreError>;
    /// Does this room go with its last member?
    fn is_passing(&mut self, room: &RoomId) -> Result<bool, StoreError>;
    /// The rooms that were to go with their last member, and have none.
    fn passed_rooms(&mut self) -> Result<Vec<RoomId>, StoreError>;
}
