//! The terminal screens over the Session's types: a state, one input in, one list of effects out, and a
//! draw function. Pure and `Send`: it knows no socket, no clock, no runtime and no terminal, so that it
//! can be served from anywhere a Session and a terminal meet.
//!
//! Whoever runs it feeds [`Screen::input`] with what happens, does the [`Effect`]s that come back in
//! their order, and calls [`Screen::draw`] when there was an input. See [`Input`] for what is fed, and
//! [`overlay`] for how something is laid over the main view.

mod act;
mod action;
mod bindings;
mod complete;
pub mod draw;
mod editor;
mod effect;
pub mod emoji;
mod first;
mod fuzzy;
mod input;
mod key;
mod nearest;
pub mod overlay;
mod reduce;
pub mod sanitize;
mod screen;
pub mod settings;
pub mod state;
mod theme;

pub use action::Action;
pub use bindings::{Bindings, Context, keys_document};
pub use editor::Editor;
pub use effect::Effect;
pub use first::{EnterAs, Entering, FirstNews, FirstStep};
pub use input::{CommandInfo, Hole, Input, Link, ServerId, Size, Tag};
pub use key::{Key, KeyCode, Mouse, MouseKind, keys};
pub use nearest::nearest;
pub use screen::Screen;
pub use settings::{Bell, Colour, Settings, Zone};
pub use theme::Theme;
