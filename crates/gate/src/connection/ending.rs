//! What a connection ends by.

use std::io;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ending {
    /// The front, or the peer in good order.
    #[error("closed")]
    Closed,
    /// Nobody signed in in time.
    #[error("nobody signed in")]
    NobodySignedIn,
    /// The socket failed.
    #[error("lost: {0}")]
    Lost(io::ErrorKind),
    /// The handshake or the encryption failed; why.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The handshake took too long.
    #[error("the handshake took too long")]
    SlowHandshake,
    /// Nothing was said in time.
    #[error("it said nothing")]
    Silent,
    /// The first bytes are no protocol of ours.
    #[error("it speaks no protocol of ours")]
    UnknownProtocol,
    /// It asked for a web page, and was told what this is.
    #[error("it asked for a web page")]
    Http,
    /// The doorman did not want it.
    #[error("turned away")]
    TurnedAway,
    /// Output waited too long for a peer that does not read.
    #[error("it does not read what it is sent")]
    NotReading,
    /// The server stopped.
    #[error("the server stopped")]
    Stopped,
}
