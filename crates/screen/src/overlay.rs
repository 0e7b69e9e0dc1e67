//! What is laid over the main view: questions, lists, forms. An overlay has all keys until it closes.
//!
//! **To add one**, implement [`Overlay`] in a file of its own and open it in [`open`], from the action
//! that asks for it. It reads the [`State`], and says what is to be done by [`Deed`]s; the screen does
//! them.

mod account;
mod completing;
mod emoji;
pub mod forms;
mod help;
mod menu;
mod notifications;
mod parts;
mod people;
mod question;
mod search;
mod switcher;
#[cfg(test)]
mod tests;
mod welcome;

use std::fmt;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::{Answer, Request, RoomEntry, RoomId, Timestamp};

pub use help::EXAMPLES;
pub use menu::KEEPING_ORDER;
pub use parts::form::{Form, Made};
pub use parts::shown::Shown;
pub use question::{Choice, Question};
pub use welcome::Welcome;

use crate::{Action, Effect, Input, ServerId, state::State};

/// Something laid over the main view.
pub trait Overlay: fmt::Debug + Send {
    /// It was laid over the main view just now.
    fn begin(&mut self, state: &State) -> Vec<Deed> {
        let _ = state;
        Vec::new()
    }

    /// A key, a paste, the mouse, a tick.
    fn input(&mut self, input: &Input, state: &State) -> Vec<Deed>;

    /// The answer to its [`Deed::Ask`] of this number.
    fn answer(&mut self, number: u64, answer: &Answer, state: &State) -> Vec<Deed> {
        let _ = (number, answer, state);
        Vec::new()
    }

    /// Draws itself within `area`, over what is there. Where the terminal's cursor is, if it writes.
    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position>;

    /// Does it show something that changes with time alone?
    fn needs_tick(&self) -> bool {
        false
    }
}

/// What an overlay wants done.
#[derive(Debug)]
pub enum Deed {
    /// Close it. What comes after this is still done.
    Close,
    /// Open another one in its place.
    Open(Box<dyn Overlay>),
    /// Open another one over it; [`Deed::Back`] comes back to it.
    Over(Box<dyn Overlay>),
    /// Close it, and come back to the one that it was opened over.
    Back,
    /// Go to a room.
    GoTo(ServerId, RoomId),
    /// Go into a room that the server has let one into.
    Enter(ServerId, Box<RoomEntry>),
    /// Show a room's history around an event, with the cursor on it.
    Show(ServerId, RoomId, u64),
    /// Do what a key would.
    Action(Action),
    /// Do a slash command in the room that is shown, `line` from its `/` on.
    Command(String),
    /// Say this in the room that is shown.
    Say(String),
    /// Put this at the cursor of the input.
    Insert(String),
    /// Put this in place of bytes `from` to `to` of the input.
    Replace {
        /// The first byte.
        from: usize,
        /// The byte after the last.
        to: usize,
        /// What.
        with: String,
    },
    /// Ask a server at once. The answer comes to [`Overlay::answer`] with this number.
    Ask {
        /// Which server.
        server: ServerId,
        /// The overlay's own number for it.
        number: u64,
        /// What.
        request: Box<Request>,
    },
    /// Put a request into the queue, of which only a refusal is shown.
    Submit {
        /// Which server.
        server: ServerId,
        /// What.
        request: Box<Request>,
    },
    /// A sentence above the input.
    Note {
        /// What it says.
        text: String,
        /// Something went wrong.
        is_error: bool,
    },
    /// Anything else.
    Effect(Effect),
}

/// The overlay that an action opens, if it opens one.
pub fn open(action: Action, state: &State) -> Option<Box<dyn Overlay>> {
    let server = state.current_server().map(|server| server.id);
    Some(match action {
        Action::GoTo => Box::new(switcher::switcher(state)),
        Action::Help => Box::new(help::help(state, "")),
        Action::Menu => Box::new(menu::menu(state)),
        Action::Complete => Box::new(completing::Completing::default()),
        Action::Search => Box::new(search::Searching::new(server?)),
        Action::JoinOrCreate => Box::new(menu::join_or_create(server?)),
        Action::React => {
            let (here, seq) = (state.here?, state.cursor?.seq);
            Box::new(emoji::react(here, seq, state))
        }
        Action::Report => {
            let (here, seq) = (state.here?, state.cursor?.seq);
            let (_, room) = state.current()?;
            let by = room.window.item(seq)?.said()?.name.clone();
            let form = forms::moderation::report(here.server, here.room, seq, &by);
            Box::new(form)
        }
        _ => return None,
    })
}

/// What the menu or the mouse opens for one of the people of the room that is shown.
pub fn person(name: &str, state: &State) -> Option<Box<dyn Overlay>> {
    Some(Box::new(people::with(state.here?, name, state)))
}

/// The help that `/help` or `/help COMMAND` asks for; `None` if the line asks for something else.
pub(crate) fn help_asked_for(line: &str, state: &State) -> Option<Box<dyn Overlay>> {
    let about = line.strip_prefix("/help")?;
    if !about.is_empty() && !about.starts_with(char::is_whitespace) {
        return None;
    }
    let name = about.trim().trim_start_matches('/');
    let mut commands = state.settings.commands.iter();
    let command = commands.find(|command| command.name == name);
    Some(match command {
        Some(command) => Box::new(help::of_command(command)),
        None => Box::new(help::help(state, name)),
    })
}

/// `Friday 20 November, 19:44`.
fn when(state: &State, at: Timestamp) -> String {
    format!(
        "{}, {}",
        crate::draw::day::day_long(state, at),
        state.clock(at)
    )
}
