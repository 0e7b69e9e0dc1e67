//! What a screen wants done.

use snug_proto::{Request, RoomId};

use crate::{FirstStep, ServerId, Tag};

/// Something to do, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Ask at once, and only if there is a connection (the client's `request`). Answered by
    /// [`crate::Input::Answer`]; without a connection by a refusal.
    Ask {
        /// Which server.
        server: ServerId,
        /// Names it to the answer.
        tag: Tag,
        /// What.
        request: Box<Request>,
    },
    /// Put at the end of the queue, which outlasts lost connections (the client's `submit`). Answered by
    /// [`crate::Input::Answer`].
    Submit {
        /// Which server.
        server: ServerId,
        /// Names it to the answer.
        tag: Tag,
        /// What.
        request: Box<Request>,
    },
    /// Do this slash command, `line` from its `/` on. What it has to say comes as
    /// [`crate::Input::Said`], a room it enters as [`crate::Input::Entered`].
    Command {
        /// Which server.
        server: ServerId,
        /// The room it was typed in.
        room: Option<RoomId>,
        /// The line.
        line: String,
    },
    /// Ring the terminal's bell.
    Bell,
    /// Notify by the terminal (OSC 9 or 777). Fit for a terminal: one line, no controls.
    Notify {
        /// Whose.
        title: String,
        /// What.
        body: String,
    },
    /// The terminal's title. Fit for a terminal.
    Title(String),
    /// Put this on the clipboard (OSC 52).
    Copy(String),
    /// Open this address outside of the terminal: `https` or `http`, nothing else.
    Open(String),
    /// Keep what is being written in this room; empty words when there is nothing any more.
    SaveDraft {
        /// Which server.
        server: ServerId,
        /// Which room.
        room: RoomId,
        /// The words.
        words: String,
    },
    /// Set this in the file of settings, and come back with [`crate::Input::Settings`].
    SaveSetting {
        /// Its name there, such as `theme`.
        name: String,
        /// Its value there; empty to take it out, so that what holds for all holds again.
        value: String,
    },
    /// Something of the first start, when no server is known. What comes of it is [`crate::Input::First`].
    First(FirstStep),
    /// Draw everything anew: something else may have written to the terminal.
    Redraw,
    /// Stop the program as the shell's Ctrl-Z does.
    Suspend,
    /// End the program.
    Quit,
}
