//! A room's masks, as they are kept.

use snug_proto::{AccountId, MaskKind, RoomId, Timestamp};
use snug_rules::Sanction;

use crate::StoreError;

/// A mask as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskRow {
    /// What it does.
    pub kind: MaskKind,
    /// The mask.
    pub mask: String,
    /// Who put it there; their account may be gone.
    pub by: AccountId,
    /// When.
    pub at: Timestamp,
    /// Until when, and why.
    pub sanction: Sanction,
}

/// Reading masks.
pub trait MaskReader {
    /// A room's masks, the oldest first; those that have ended may be among them.
    fn masks(&mut self, room: &RoomId) -> Result<Vec<MaskRow>, StoreError>;
}
