//! The server: options, the data folder, the fronts at the door, the operator's commands. It wires the
//! engine, the gate and the fronts together and holds no rule of its own.

pub mod admin;
mod announce;
mod arguments;
mod clean_stop;
mod clock;
pub mod config;
mod control;
mod data_folder;
mod doctor;
mod doorman;
mod firewall;
mod irc;
mod keeping;
mod link;
pub mod logging;
mod manual;
mod metrics;
mod native;
#[cfg(test)]
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
mod options;
mod porter;
pub mod program;
pub mod rehearsal;
mod report;
mod roster;
mod server;
mod serving;
mod start_error;
mod watched_log;
mod welcome;

pub use link::JoinLink;
pub use options::{LogForm, Options, PasswordCost, Profile, ServerClock};
pub use server::{Running, Server};
pub use start_error::StartError;
pub use welcome::welcome;

/// This version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
