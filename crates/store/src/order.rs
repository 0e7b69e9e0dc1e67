//! Order in rooms, as it is kept: bans, mutes, invitations.

use snug_proto::{AccountId, RoomId, Timestamp};
use snug_rules::Sanction;

use crate::{RoomRow, StoreError};

/// Which sanction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SanctionKind {
    /// Kept out.
    Ban,
    /// Not heard.
    Mute,
}

/// A ban or a mute as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanctionRow {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub kind: SanctionKind,
    /// Until when, and why.
    pub sanction: Sanction,
}

/// An invitation into a room, as the one invited sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// Into this room.
    pub room: RoomId,
    /// Which is called this.
    pub name: String,
    /// Who invited.
    pub by: AccountId,
}

/// Reading what keeps order in rooms.
pub trait OrderReader {
    /// A room's bans and mutes; those that have ended may be among them.
    fn sanctions(&mut self, room: &RoomId) -> Result<Vec<SanctionRow>, StoreError>;
    /// Those invited into a room who have not joined it.
    fn invited(&mut self, room: &RoomId) -> Result<Vec<AccountId>, StoreError>;
    /// An account's invitations into rooms, the newest first, at most `limit`.
    fn invitations_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<InvitationRow>, StoreError>;
    /// The room whose name has this skeleton, if it is listed, or this account is in it, invited or
    /// banned now; at one cost whatever the answer (DECISIONS 19).
    fn room_known_to(
        &mut self,
        account: &AccountId,
        skeleton: &str,
        now: Timestamp,
    ) -> Result<Option<RoomRow>, StoreError>;
}
