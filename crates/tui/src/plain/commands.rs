//! What can be typed: the table of commands, and how a line is read.
//!
//! **To add a command**, write one [`Command`] into the list of its area's file, and an example of it into
//! the screen's help (`snug_screen::overlay::EXAMPLES`, a test asks for it); nothing else lists it.
//! `/help` groups it under its area and shows it from `least` on; `snug NAME …` does the same from a
//! script, with `--json` (unless it only makes sense where somebody sits: those give a [`Deed::Here`]).
//!
//! ```text
//! Command {
//!     name: "kick",
//!     aliases: &[],
//!     usage: "/kick NAME [--why TEXT]",
//!     help: "Takes somebody out of this room. They may come back.",   // the first sentence stands in /help
//!     least: Least::RoomAdmin,
//!     read: |words| {
//!         let (room, person) = (words.here()?, words.person()?);      // how it is read: see Words
//!         let why = words.terms()?.why;
//!         Ok(ask(async move |ask| {                                   // what it does: see Deed
//!             let Done {} = ask.request(Kick { room, person, why }).await?;
//!             said("-- done; /unban is not needed")
//!         }))
//!     },
//! },
//! ```
//!
//! A refusal (`?` after a request) is printed by itself. What another person wrote goes through
//! [`crate::sanitize`] on its way into a line. Words that are left over are wrong usage by themselves.

mod account;
mod credits;
mod deed;
mod door;
mod export;
mod friends;
pub(crate) mod help;
mod masks;
mod moderation;
mod people;
mod presence;
mod program;
mod room;
mod running;
mod search;
mod second_factor;
mod server;
mod sessions;
mod settings;
mod talk;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use deed::{Ask, Deed, Output, Question, Queued, Then, Trouble, refusal};
pub(super) use friends::friend_line;
pub(crate) use room::{go_to, with_password};
use words::Words;
pub(crate) use words::{Around, Misuse, lasting, split_word};

/// A command.
pub(crate) struct Command {
    /// What is typed after the `/`.
    pub(crate) name: &'static str,
    /// What may be typed in its place.
    pub(crate) aliases: &'static [&'static str],
    /// How it is used, from the `/` on.
    pub(crate) usage: &'static str,
    /// What it does. The first sentence stands in `/help`.
    pub(crate) help: &'static str,
    /// Who sees it in `/help`. What one may do is the server's to say.
    pub(crate) least: Least,
    /// Reads its words, and says what is to be done. Nothing happens in it.
    pub(crate) read: fn(&mut Words<'_>) -> Result<Deed, Misuse>,
}

/// The least that one must be to see a command in `/help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Least {
    /// A guest, and nobody else. Guests are shown those of members, too, that need no account.
    Guest,
    /// Anyone.
    Member,
    /// An admin of the room one is in, or a moderator of the server.
    RoomAdmin,
    /// A moderator of the server.
    Moderator,
    /// The server's owner.
    Owner,
}

/// Commands that belong together.
pub(crate) struct Area {
    /// Its heading in `/help`; `/help TITLE` says more.
    pub(crate) title: &'static str,
    /// Its commands.
    pub(crate) commands: &'static [Command],
}

/// Every area, in the order of `/help`.
pub(crate) const AREAS: &[Area] = &[
    area("talking", talk::COMMANDS),
    area("rooms", room::COMMANDS),
    area("people", people::COMMANDS),
    area("being here", presence::COMMANDS),
    area("friends", friends::COMMANDS),
    area("searching", search::COMMANDS),
    area("account", account::COMMANDS),
    area("signing in", sessions::COMMANDS),
    area("second factor", second_factor::COMMANDS),
    area("your data", export::COMMANDS),
    area("moderation", moderation::COMMANDS),
    area("moderation by names", masks::COMMANDS),
    area("setting up", settings::COMMANDS),
    area("credits", credits::COMMANDS),
    area("server", server::COMMANDS),
    area("running", running::COMMANDS),
    area("the door", door::COMMANDS),
    area(OF_THE_PROGRAM, program::COMMANDS),
];

/// The area of what asks no server.
pub(crate) const OF_THE_PROGRAM: &str = "snug";

const fn area(title: &'static str, commands: &'static [Command]) -> Area {
    Area { title, commands }
}

impl Command {
    /// Does one type this for it?
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// What is to be done by this command with these words.
    pub(crate) fn deed(&self, words: &str, around: Around) -> Result<Deed, Misuse> {
        let mut words = Words::typed(words, around);
        let deed = (self.read)(&mut words)?;
        words.end()?;
        Ok(deed)
    }
}

/// Every command.
pub(crate) fn all() -> impl Iterator<Item = &'static Command> {
    AREAS.iter().flat_map(|area| area.commands)
}

/// The command so called.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| command.is_called(name))
}

/// A line as it was meant.
pub(crate) enum Line {
    /// Nothing to do.
    Nothing,
    /// Say this in the current room.
    Say(String),
    /// A command, and the words after it.
    Command(&'static Command, String),
    /// A command of this name is not known; it may be a room.
    Unknown(String),
}

impl Line {
    /// Reads a line as it was typed.
    pub(crate) fn parse(line: &str) -> Self {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            return Self::Nothing;
        }
        let command = if trimmed.eq_ignore_ascii_case("quit") {
            trimmed
        } else {
            let Some(command) = trimmed.strip_prefix('/') else {
                return Self::Say(line.to_owned());
            };
            if command.starts_with('/') {
                return Self::Say(command.to_owned());
            }
            command
        };
        let (name, rest) = split_word(command);
        let name = name.to_lowercase();
        match find(&name) {
            Some(command) => Self::Command(command, rest.to_owned()),
            None => Self::Unknown(name),
        }
    }

    /// Does it ask to leave?
    pub(crate) fn is_quit(&self) -> bool {
        matches!(self, Self::Command(command, _) if command.name == "quit")
    }
}

/// The command that was probably meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    snug_screen::nearest(name, all().map(|command| command.name))
}
