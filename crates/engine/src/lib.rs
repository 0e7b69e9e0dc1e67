//! The live server behind every front: sessions, rooms, the log's appends, fan-out, presence. It
//! implements [`snug_proto::Session`]; every rule is asked of `snug_rules` here, so no front can forget
//! one. It knows no socket and no encoding but those that a delivery shares.

mod catch_up;
mod config;
mod engine;
mod handle;
mod history;
mod load;
mod lock;
mod memory;
mod online;
mod outbox;
mod people;
mod person;
mod plain;
mod publish;
mod refill;
mod register;
mod retry;
mod room;
mod rooms;
mod session;
mod shown;
mod sign_in;
mod size;
mod storage;

pub use config::{Addresses, Clock, Config, Front, Origin, SystemClock};
pub use engine::Engine;
pub use outbox::MAX_OUTBOX_BYTES;
pub use session::{Closing, EngineSession};
