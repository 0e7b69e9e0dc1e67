//! What the tests and measurements stand on: the real server, in process and as a child; bare clients
//! of its fronts; a recorder of what it writes; checkers; the load generator. It judges the server from
//! outside, by what clients see, and knows nothing of its insides but how to start it.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON value by a name never panics; elsewhere a panic is a failed test"
)]

pub mod attack;
pub mod authenticator;
pub mod bench;
pub mod child;
pub mod clock;
pub mod cores;
pub mod counters;
pub mod driver;
pub mod faults;
pub mod floor;
pub mod load;
pub mod pinned;
pub mod proc;
pub mod scram;
pub mod server;
pub mod shim;
pub mod wire;
