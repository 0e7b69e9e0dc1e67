//! Who may read what: the one function that grants reading (DECISIONS 5).

use snug_proto::{AccountId, ErrorCode, HistoryPolicy, RoomId};

use crate::view::{RoomKind, RoomView};

/// Leave to read events `from` to `to` of one room. Only [`may_read`] makes one; the store reads
/// nothing without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadGrant {
    room: RoomId,
    from: u64,
    to: u64,
}

impl ReadGrant {
    /// The room it is for.
    pub const fn room(&self) -> RoomId {
        self.room
    }

    /// The oldest seq it covers.
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// The newest seq it covers.
    pub const fn to(&self) -> u64 {
        self.to
    }
}

/// What this account may read of this room now. One who is not a member reads nothing, on every way
/// in (R12); that a direct conversation exists at all is nobody else's business.
pub fn may_read(view: &RoomView, account: &AccountId) -> Result<ReadGrant, ErrorCode> {
    let whole = ReadGrant {
        room: view.id,
        from: 1,
        to: u64::MAX,
    };
    match view.kind {
        RoomKind::Lobby => Ok(whole),
        RoomKind::Direct(..) if view.is_member(account) => Ok(whole),
        RoomKind::Direct(..) => Err(ErrorCode::UnknownRoom),
        RoomKind::Ordinary => {
            let member = view.members.get(account).ok_or(ErrorCode::NotAMember)?;
            let from = match view.history {
                HistoryPolicy::All => 1,
                // Until the joining has its number there is nothing after it to read.
                HistoryPolicy::SinceJoining => member.joined.unwrap_or(u64::MAX),
            };
            Ok(ReadGrant { from, ..whole })
        }
    }
}

/// Leave for the engine itself to hand on what another node appended, to readers whose own membership
/// is checked as it is handed to each.
pub const fn may_relay(room: RoomId, after: u64) -> ReadGrant {
    ReadGrant {
        room,
        from: after.saturating_add(1),
        to: u64::MAX,
    }
}
