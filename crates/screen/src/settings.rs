//! What somebody set up for themselves.

use std::sync::Arc;

use crate::{Bindings, CommandInfo, Theme};

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

/// See the module. Made by the program from its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The colours.
    pub theme: Theme,
    /// Which key does what.
    pub bindings: Bindings,
    /// How far the clock on the wall is ahead of UTC, in seconds.
    pub zone_offset_s: i32,
    /// When to ring the bell.
    pub bell: Bell,
    /// When to show a notification of the terminal's.
    pub notify: Bell,
    /// Show joins and leaves in rooms.
    pub joins: bool,
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
            zone_offset_s: 0,
            bell: Bell::Mentions,
            notify: Bell::Mentions,
            joins: true,
            tell_typing: true,
            rooms_width: 20,
            people_width: 18,
            commands: Arc::from([]),
        }
    }
}
