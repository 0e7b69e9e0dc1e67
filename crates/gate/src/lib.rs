//! The door: listeners, TLS, the server's identity, telling protocols apart, and the input and output
//! of every connection. It knows bytes and lines; what they mean is the business of the [`Front`]s that
//! its user hands it, and it must not know of the engine, of storage or of any front.

mod client_certificates;
mod connection;
mod door;
mod front;
#[cfg(test)]
mod fuzz_body;
mod handshake;
mod identity;
mod lines;
mod listener;
mod origin;
mod places;
mod private_file;
mod registry;
mod scratch;
mod sniff;
mod statistics;
mod strangers;
mod tls;
mod transport;
mod websocket;

pub use connection::Ending;
pub use door::{Door, DoorOptions, FREE_LINES, Guest, Heard, OnShut, Standing, Steady, Told};
pub use front::{Arrival, Doorman, Flow, Front, HangUp, Line, Newcomer, OUTPUT_BYTES, Protocol};
pub use identity::{Fingerprint, Identity, IdentityError, NotAFingerprint};
pub use listener::{Gate, Listener, Speaks, Times};
pub use origin::{NotAnOrigin, WebOrigin};
pub use private_file::write_private;
pub use sniff::{SNIFF_BYTES, Sniffed, sniff};
pub use statistics::Statistics;
pub use tls::{ALPN_HTTP, ALPN_IRC, ALPN_NATIVE, Tls, server_config};
