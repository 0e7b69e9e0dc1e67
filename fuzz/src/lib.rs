//! What each fuzz target checks. Plain functions over bytes, so that the main workspace's tests run the
//! same ones, on the seeds and on random bytes, without a nightly compiler.

pub mod announced;
pub mod config;
pub mod control;
pub mod credentials;
pub mod follow;
pub mod health;
pub mod irc;
pub mod line;
pub mod link;
pub mod masks;
pub mod name;
pub mod plain;
pub mod port;
pub mod proxy;
pub mod room_rules;
pub mod roster;
pub mod screen;
pub mod search;
pub mod settings;
pub mod web;

// The gate's own: what is private there is fuzzed here, from its source.
#[allow(dead_code)]
#[path = "../../crates/gate/src/lines.rs"]
mod lines;
#[allow(dead_code)]
#[path = "../../crates/gate/src/origin.rs"]
mod origin;
#[allow(dead_code)]
#[path = "../../crates/gate/src/sniff.rs"]
mod sniff;
#[allow(dead_code)]
#[path = "../../crates/gate/src/websocket.rs"]
mod websocket;

// The server's own.
#[path = "../../crates/server/src/metrics/asked.rs"]
mod asked;

use snug_gate::{Arrival, Flow, Front, HangUp, Line};
use snug_server::rehearsal;
