//! Where one looks.

use snug_proto::RoomId;

use crate::ServerId;

/// A room on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Here {
    /// The server.
    pub server: ServerId,
    /// The room.
    pub room: RoomId,
}

/// Names what shows in a room, in the order it shows: an event by its number; what a command had to say
/// after it by a second number; what waits after all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Spot {
    /// The event's number; [`u64::MAX`] for what waits.
    pub seq: u64,
    /// 0 for the event itself; counts what stands after it, or what waits.
    pub sub: u32,
}

impl Spot {
    /// That of an event.
    pub const fn event(seq: u64) -> Self {
        Self { seq, sub: 0 }
    }

    /// That of the message that waits at this place.
    pub const fn waiting(at: u32) -> Self {
        Self {
            seq: u64::MAX,
            sub: at,
        }
    }
}

/// Which part of a room's messages is shown. It names the lowest row, so that nothing moves while
/// messages come below it or pages above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The newest ones, and what comes.
    #[default]
    End,
    /// The lowest row belongs to this, and so many rows of it are below the pane.
    At {
        /// What.
        spot: Spot,
        /// Rows of it that do not show.
        below: usize,
    },
}

/// A place to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CameFrom {
    /// The room.
    pub(crate) here: Here,
    /// Where one looked in it.
    pub(crate) anchor: Anchor,
    /// What the cursor was on.
    pub(crate) cursor: Option<Spot>,
}
