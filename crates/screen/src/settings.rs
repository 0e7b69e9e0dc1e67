//! What somebody set up for themselves: one commented file, as text in and settings out. Whoever runs the
//! screen reads the file, and reads it again when it changes.

mod default;
mod edit;
mod read;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

pub use default::DEFAULT_FILE;
pub use edit::{setting_of_room, with_option};
pub use read::BadSettings;

use crate::{Bindings, CommandInfo, Theme};

/// Rooms that can have a level of their own; a file that names more is refused.
pub const MAX_ROOM_LEVELS: usize = 2000;

/// When the terminal's bell rings and a notification is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bell {
    /// Never: do not disturb.
    Never,
    /// For mentions and direct messages.
    #[default]
    Mentions,
    /// For every message.
    Messages,
}

impl Bell {
    /// Every level.
    pub const ALL: &'static [Self] = &[Self::Messages, Self::Mentions, Self::Never];

    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "nothing",
            Self::Mentions => "mentions",
            Self::Messages => "all",
        }
    }
}

/// Which clock times are shown by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// The machine's: the program says how far ahead it is.
    #[default]
    Local,
    /// Always so many minutes ahead of UTC.
    Fixed(i16),
}

/// May there be colours? `NO_COLOR` in the environment refuses them (<https://no-color.org>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// As the theme says.
    Allowed,
    /// None, whatever the theme says.
    Refused,
}

/// See the module. Made by the program from its file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the file"
)]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// Which key does what.
    pub bindings: Bindings,
    /// The clock.
    pub zone: Zone,
    /// How far the clock on the wall is ahead of UTC, in seconds.
    pub zone_offset_s: i32,
    /// When to ring the bell.
    pub bell: Bell,
    /// When to show a notification of the terminal's.
    pub notify: Bell,
    /// Rooms with a level of their own for both: `den`, `@ann`, or `home/den` on one server only.
    pub rooms: BTreeMap<String, Bell>,
    /// Neither bell nor notification.
    pub do_not_disturb: bool,
    /// Show joins and leaves in rooms.
    pub joins: bool,
    /// Take the mouse.
    pub mouse: bool,
    /// Tell others that one is writing.
    pub tell_typing: bool,
    /// The width of the pane of rooms, in columns.
    pub rooms_width: u16,
    /// The width of the pane of people, in columns.
    pub people_width: u16,
    /// The slash commands there are.
    pub commands: Arc<[CommandInfo]>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::dark(),
            bindings: Bindings::default(),
            zone: Zone::Local,
            zone_offset_s: 0,
            bell: Bell::Mentions,
            notify: Bell::Mentions,
            rooms: BTreeMap::new(),
            do_not_disturb: false,
            joins: true,
            mouse: true,
            tell_typing: true,
            rooms_width: 20,
            people_width: 18,
            commands: Arc::from([]),
        }
    }
}

impl Settings {
    /// Reads the file's text. What it does not say is as by default. The commands, and the distance from
    /// UTC where the zone is the machine's, are for the program to fill in.
    pub fn parse(text: &str, colour: Colour) -> Result<Self, BadSettings> {
        let mut settings = read::settings(text)?;
        if colour == Colour::Refused {
            settings.theme = Theme::no_colour();
        }
        Ok(settings)
    }

    /// The level that a room has of its own.
    pub fn level_of(&self, server: &str, room: &str) -> Option<Bell> {
        let here = self.rooms.get(&format!("{server}/{room}"));
        here.or_else(|| self.rooms.get(room)).copied()
    }

    /// When the bell rings for a room.
    pub fn bell_of(&self, server: &str, room: &str) -> Bell {
        self.told(self.level_of(server, room).unwrap_or(self.bell))
    }

    /// When a notification is shown for a room.
    pub fn note_of(&self, server: &str, room: &str) -> Bell {
        self.told(self.level_of(server, room).unwrap_or(self.notify))
    }

    const fn told(&self, level: Bell) -> Bell {
        if self.do_not_disturb {
            Bell::Never
        } else {
            level
        }
    }
}
