//! What can be changed about people's places in a room, and about the room.

use snug_proto::{Access, AccountId, MaskKind, RoomChanges, RoomRole};

use crate::view::Sanction;

/// A change, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A member was removed.
    Kicked {
        /// Who.
        who: AccountId,
        /// Why.
        reason: Option<String>,
    },
    /// Somebody is kept out.
    Banned {
        /// Who.
        who: AccountId,
        /// Until when, and why.
        sanction: Sanction,
    },
    /// A ban was lifted.
    Unbanned {
        /// Whose.
        who: AccountId,
    },
    /// Somebody may not speak.
    Muted {
        /// Who.
        who: AccountId,
        /// Until when, and why.
        sanction: Sanction,
    },
    /// A mute was lifted.
    Unmuted {
        /// Whose.
        who: AccountId,
    },
    /// Somebody may join whatever the room asks for.
    Invited {
        /// Who.
        who: AccountId,
    },
    /// A member is another thing in it now. A new founder makes the old one an admin.
    Role {
        /// Who.
        who: AccountId,
        /// What.
        role: RoomRole,
    },
    /// A mask is on the room, or is not any more.
    Mask {
        /// What it does.
        kind: MaskKind,
        /// The mask.
        mask: String,
        /// Until when, and why; `None` where it was taken away.
        sanction: Option<Sanction>,
    },
    /// The room is set up differently.
    Settings(SettingsChange),
}

/// How a room is set up differently.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// What changed.
    pub changes: RoomChanges,
    /// The name it had, if it has another now.
    pub was: Option<String>,
    /// Who might join before, if that is others now.
    pub was_access: Option<Access>,
    /// It has another password. The password itself is kept elsewhere.
    pub new_password: bool,
    /// Why.
    pub reason: Option<String>,
}

/// By whose authority something is done (DECISIONS 20): the log says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The room's: its founder or an admin.
    Room,
    /// The server's: its owner, or in the lobby a moderator.
    Server,
}

impl Change {
    /// The account that it is about.
    pub const fn whom(&self) -> Option<AccountId> {
        match self {
            Self::Kicked { who, .. }
            | Self::Banned { who, .. }
            | Self::Unbanned { who }
            | Self::Muted { who, .. }
            | Self::Unmuted { who }
            | Self::Invited { who }
            | Self::Role { who, .. } => Some(*who),
            Self::Settings(_) | Self::Mask { .. } => None,
        }
    }

    /// Whose membership it ends, if they have one.
    pub const fn removes(&self) -> Option<AccountId> {
        match self {
            Self::Kicked { who, .. } | Self::Banned { who, .. } => Some(*who),
            _ => None,
        }
    }
}
