//! From a link to an encrypted stream.

use std::{io, sync::Arc, time::Duration};

use rustls::pki_types::ServerName;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::Deliveries;
use crate::{
    Fingerprint, Link,
    tls::{self, Pinned},
};

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct ConnectOptions {
    /// For resolving, connecting and the TLS handshake together.
    pub timeout: Duration,
    /// What is done with the events that come.
    pub deliveries: Deliveries,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            deliveries: Deliveries::Keep,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody answers there.
    #[error("{host} port {port} cannot be reached: {source}")]
    Unreachable {
        /// The link's host.
        host: String,
        /// The link's port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// It took too long.
    #[error("{host} port {port} did not answer in time")]
    TimedOut {
        /// The link's host.
        host: String,
        /// The link's port.
        port: u16,
    },
    /// The server there is another one than the link means.
    #[error(
        "THE SERVER'S IDENTITY HAS CHANGED: the fingerprint should be {expected}, but the server \
         at this address shows {shown}. Somebody may be between you and your server. Nothing was \
         sent to it"
    )]
    FingerprintChanged {
        /// What the link says.
        expected: Fingerprint,
        /// What the server showed.
        shown: Fingerprint,
    },
    /// The TLS handshake failed in another way. The door closes without a word on whom it has shut out.
    #[error(
        "no secure connection to {host} port {port}: {source}; a server that has shut this address \
         out for a while closes like this, too"
    )]
    Handshake {
        /// The link's host.
        host: String,
        /// The link's port.
        port: u16,
        /// What went wrong.
        source: io::Error,
    },
}

impl ConnectError {
    /// Is there a point in trying again without a change by a person?
    pub const fn passes(&self) -> bool {
        !matches!(self, Self::FingerprintChanged { .. })
    }
}

pub(super) async fn dial(
    link: &Link,
    options: ConnectOptions,
) -> Result<TlsStream<TcpStream>, ConnectError> {
    timeout(options.timeout, dial_slowly(link))
        .await
        .unwrap_or_else(|_elapsed| {
            Err(ConnectError::TimedOut {
                host: link.host().to_owned(),
                port: link.port(),
            })
        })
}

async fn dial_slowly(link: &Link) -> Result<TlsStream<TcpStream>, ConnectError> {
    let (host, port) = (link.host().to_owned(), link.port());
    let tcp = match TcpStream::connect((link.host(), port)).await {
        Ok(tcp) => tcp,
        Err(source) => return Err(ConnectError::Unreachable { host, port, source }),
    };
    let pinned = Arc::new(Pinned::new(link.fingerprint()));
    let stream = shake_hands(tcp, Arc::clone(&pinned)).await;
    stream.map_err(|source| match pinned.wrong() {
        Some(shown) => ConnectError::FingerprintChanged {
            expected: link.fingerprint(),
            shown,
        },
        None => ConnectError::Handshake { host, port, source },
    })
}

async fn shake_hands(tcp: TcpStream, pinned: Arc<Pinned>) -> io::Result<TlsStream<TcpStream>> {
    // Lines are small and gathered before they are written: waiting for more only delays them.
    tcp.set_nodelay(true)?;
    let config = tls::config(pinned).map_err(io::Error::other)?;
    // Never sent (no SNI) and never checked: the fingerprint is.
    let name = ServerName::try_from("snug.invalid").map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}
