//! Who may read what: the one function that grants reading (DECISIONS 5).

use snug_proto::{AccountId, ErrorCode, HistoryPolicy, RoomId};

use crate::view::{Member, RoomKind, RoomView};

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
    let standing = Standing {
        room: view.id,
        kind: view.kind,
        history: view.history,
        member: view.members.get(account).copied(),
    };
    may_read_as(account, &standing).map_err(|code| match code {
        ErrorCode::NotAMember if !view.listed => ErrorCode::UnknownRoom,
        code => code,
    })
}

/// What decides on reading, of one account's standing in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The room.
    pub room: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// What a newcomer may read.
    pub history: HistoryPolicy,
    /// The membership in an ordinary room, if there is one.
    pub member: Option<Member>,
}

/// The same decision where many rooms are read at once, each known by the account's own standing and
/// not by a view of all its members.
pub fn may_read_as(account: &AccountId, standing: &Standing) -> Result<ReadGrant, ErrorCode> {
    let whole = ReadGrant {
        room: standing.room,
        from: 1,
        to: u64::MAX,
    };
    match standing.kind {
        RoomKind::Lobby => Ok(whole),
        RoomKind::Direct(one, other) if *account == one || *account == other => Ok(whole),
        RoomKind::Direct(..) => Err(ErrorCode::UnknownRoom),
        RoomKind::Ordinary => {
            let member = standing.member.ok_or(ErrorCode::NotAMember)?;
            let from = match standing.history {
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
