//! The live server behind every front: sessions, rooms, the log's appends, fan-out, presence. It
//! implements [`snug_proto::Session`]; every rule is asked of `snug_rules` here, so no front can forget
//! one. It knows no socket and no encoding but those that a delivery shares.

mod around;
mod bans;
mod config;
mod door;
mod engine;
mod friends;
mod guess;
mod guests;
mod handle;
mod known;
mod lock;
mod makings;
mod online;
mod outbox;
mod pace;
mod person;
mod plain;
mod reach;
mod retention;
mod roll;
mod room;
mod roster;
mod session;
mod size;
mod storage;
mod trouble;
mod under_way;
mod unlisted;
mod visit;
mod watch;

pub use config::{
    Addresses, Clock, Config, Front, Offending, Origin, Quitting, SystemClock, Talking, TooMuch,
    Visitor,
};
pub use door::{AtDoor, Doorkeeper, ShieldPrice};
pub use engine::Engine;
pub use handle::wearing::Line;
pub use outbox::MAX_OUTBOX_BYTES;
pub use session::{Closing, EngineSession};
