//! IRC over any [`Session`](snug_proto::Session): lines, capabilities, numerics.
//!
//! Pure: it knows no socket, runtime, clock, server or client. Whoever owns a socket and a session
//! puts a [`Front`] between them: in the server, and on a user's own machine. Nothing is decided
//! here; every rule lives behind the session, and this crate only says it in IRC's words.

mod accounts;
mod caps;
mod commands;
mod connection;
mod events;
mod front;
mod guests;
mod history;
mod labels;
pub mod line;
mod masks;
mod modes;
mod msgid;
mod names;
mod registration;
mod replay;
mod replies;
mod rooms;
mod sasl;
mod saying;
mod services;
mod settings;
mod text;

pub use accounts::AccountRegistration;
pub use caps::{Capability, Caps};
pub use connection::{Connection, Delivered, Step};
pub use events::MAX_MESSAGE_LINES;
pub use front::{Front, HIGH_WATER_BYTES, MAX_OUTPUT_BYTES, Sessions, State};
pub use line::{MAX_FLOOD_BYTES, MAX_INPUT_BYTES, MAX_MESSAGE_BYTES, MAX_TAGS_BYTES};
pub use msgid::MessageId;
pub use settings::{Link, Settings, Sts};
