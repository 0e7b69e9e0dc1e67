//! One connection to a server: a [`Session`] over TLS JSON lines. It ends once; coming back is
//! [`crate::Client`]'s work.

mod dial;
mod shared;
mod wire;

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use snug_proto::{Delivery, ErrorCode, Pending, Refusal, Request, Session, Stream};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
};

pub use dial::{ConnectError, ConnectOptions};
use shared::Shared;

use crate::Link;

/// How long [`Connection::close`] waits for the server to close its side.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What is done with the events that come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deliveries {
    /// They are kept for [`Session::poll_deliveries`]. Whoever does not take them stops the
    /// connection, answers too, once a mebibyte waits.
    #[default]
    Keep,
    /// They are thrown away as they come: for scripts that only ask.
    Discard,
}

/// Why a connection is no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The server closed it.
    #[error("the server closed the connection")]
    Closed,
    /// The server closed it and said why.
    #[error("{0}")]
    Dismissed(Refusal),
    /// Nothing came for a minute, not even the answer to a ping.
    #[error("the server has been silent for a minute")]
    Silent,
    /// The network failed.
    #[error("{0}")]
    Network(String),
    /// What came is not Snug's wire.
    #[error("the server sent what this client cannot read: {0}")]
    Violation(String),
    /// This side closed it.
    #[error("the connection was closed here")]
    ClosedHere,
}

impl Lost {
    /// What a request is answered with when the connection ends before its answer came: nobody
    /// knows whether it was done, so it may be sent again with the same key.
    pub fn refusal(&self) -> Refusal {
        Refusal::with_text(
            ErrorCode::Internal,
            format!("The connection was lost before the answer came: {self}."),
        )
    }
}

/// A connection to a server. Clones share it; it closes with the last one.
#[derive(Debug, Clone)]
pub struct Connection {
    shared: Arc<Shared>,
    /// Ends both tasks with the last clone.
    _tasks: Arc<Tasks>,
}

#[derive(Debug)]
struct Tasks([JoinHandle<()>; 2]);

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Connection {
    /// Connects to the server that the link names, and to no other.
    pub async fn connect(link: &Link, options: ConnectOptions) -> Result<Self, ConnectError> {
        let stream = dial::dial(link, options).await?;
        Ok(Self::over(stream, options.deliveries))
    }

    /// Speaks over a stream that is there already. Must be called within a tokio runtime.
    pub fn over(
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        deliveries: Deliveries,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let shared = Arc::new(Shared::new(deliveries));
        let tasks = [
            tokio::spawn(wire::read(Arc::clone(&shared), reader)),
            tokio::spawn(wire::write(Arc::clone(&shared), writer)),
        ];
        Self {
            shared,
            _tasks: Arc::new(Tasks(tasks)),
        }
    }

    /// Waits for the next deliveries. Empty once the connection has ended and all were taken.
    pub async fn deliveries(&self) -> Vec<Arc<Delivery>> {
        let mut taken = Vec::new();
        std::future::poll_fn(|context| self.poll_deliveries(context, &mut taken)).await;
        taken
    }

    /// Waits until the connection has ended, and says why.
    pub async fn ended(&self) -> Lost {
        self.shared.ended().await
    }

    /// Why the connection is no more, or `None` while it is.
    pub fn lost(&self) -> Option<Lost> {
        self.shared.lost()
    }

    /// Writes what was submitted, closes this side, and waits a moment for the other to close.
    pub async fn close(self) {
        self.shared.close();
        // The server may have nothing to say about it; the socket is dropped in either case.
        let _late = tokio::time::timeout(CLOSE_TIMEOUT, self.shared.ended()).await;
    }
}

impl Session for Connection {
    fn request(&self, request: Request) -> Pending {
        self.shared.submit(&request)
    }

    fn poll_deliveries(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        self.shared.poll_deliveries(context, into)
    }
}
