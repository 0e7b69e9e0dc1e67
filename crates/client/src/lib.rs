//! The client's half of Snug: a [`Session`](snug_proto::Session) over the network, signing in, and
//! coming back. It knows nothing of the server's insides and draws nothing.

mod client;
mod connection;
pub mod follow;
mod link;
mod profile;
mod sign_in;
pub mod tls;

pub use client::{
    Begin, Client, ClientOptions, Credential, Ended, LocalId, OpenError, Opened, QueueFull, Update,
    Updates, open,
};
pub use connection::{ConnectError, ConnectOptions, Connection, Deliveries, Lost};
pub use follow::Passed;
pub use link::{BadLink, DEFAULT_PORT, Fingerprint, Link};
pub use profile::{KnownServer, MAX_KEPT_BYTES, Profile, ProfileError, TokenLock, default_folder};
pub use sign_in::{
    Brought, SignInError, Signer, come_as_guest, register_plain, resume, second_factor,
    sign_in_plain,
};
pub use snug_auth::may_be_password;
