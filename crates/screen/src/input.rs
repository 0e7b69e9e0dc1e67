//! What happens to a screen.

use snug_proto::{AccountId, Answer, Event, Refusal, Role, RoomEntry, RoomId, Timestamp};

use crate::{FirstNews, Key, Mouse, Settings};

/// One of the servers that somebody sits at; given out by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u32);

/// Names a request of the screen's until it is answered. Never used twice.
pub type Tag = u64;

/// A terminal's size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted (bracketed paste).
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal is another size now.
    Resize(Size),
    /// The terminal was given the focus, or lost it. A terminal that does not tell has it.
    Focus(bool),
    /// Time has passed; asked for by [`crate::Screen::next_tick`].
    Tick,
    /// There is a server of this name (its alias). The first one told of is shown first.
    Server(ServerId, String),
    /// A server is left: it and all of it are forgotten.
    Forget(ServerId),
    /// The connection to a server changed.
    Link(ServerId, Link),
    /// Something happened there: events of a log once each and in order, as the client tells them.
    Event(ServerId, Box<Event>),
    /// Events of a room are not told.
    Hole(ServerId, Hole),
    /// A room's log began anew: what was shown of it no longer counts.
    Restarted(ServerId, RoomId),
    /// The answer to an [`crate::Effect::Ask`] or [`crate::Effect::Submit`].
    Answer(ServerId, Tag, Box<Answer>),
    /// What was submitted cannot be done now, and is tried again by itself.
    Delayed(ServerId, Tag, Refusal),
    /// Lines that a command of [`crate::Effect::Command`] had to say. Shown in the room it was typed in,
    /// or where one is. Fit for a terminal already or not: they are cleaned again.
    Said(ServerId, Option<RoomId>, Vec<String>),
    /// A command entered this room: it is gone to.
    Entered(ServerId, Box<RoomEntry>),
    /// Go to this room, if one is in it.
    GoTo(ServerId, RoomId),
    /// Words to have in the input of a room: its draft as it was kept, or what a command gave back.
    Draft(ServerId, RoomId, String),
    /// What was typed in a room in earlier runs, the oldest first.
    Typed(ServerId, RoomId, Vec<String>),
    /// How the server is reached, as a link that a join line takes: `snug://host:port/#…`.
    Address(ServerId, String),
    /// What came of an [`crate::Effect::First`].
    First(FirstNews),
    /// Other settings from now on.
    Settings(Box<Settings>),
}

/// How the connection to a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Being tried for the first time.
    Connecting,
    /// Signed in, for the first time or again: one's rooms, all of them.
    SignedIn {
        /// Who one is.
        account: AccountId,
        /// By this name.
        name: String,
        /// With this role on the server.
        role: Role,
        /// One's rooms.
        rooms: Vec<RoomEntry>,
    },
    /// A ping took so long.
    Latency {
        /// In milliseconds.
        ms: u32,
    },
    /// The connection is gone; it is tried again by itself.
    Retrying {
        /// When.
        at: Timestamp,
        /// Why, in a sentence without its full stop.
        why: String,
    },
    /// It is not tried any more.
    Offline {
        /// Why, and what to do.
        why: String,
    },
}

/// Events `after + 1` to `to` of a room are not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// The room.
    pub room: RoomId,
    /// The last event before them.
    pub after: u64,
    /// The last of them.
    pub to: u64,
    /// `read` has them; else they are gone, or of a kind that is not known here.
    pub readable: bool,
}

/// A slash command that the program knows, for completion and help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandInfo {
    /// What is typed after the `/`.
    pub name: &'static str,
    /// How it is used, from the `/` on.
    pub usage: &'static str,
    /// What it does. The first sentence says it in short.
    pub help: &'static str,
}
