//! The TLS handshake of one newcomer. It runs in a task of its own, so that what it needs is given back
//! before the connection's long life begins.

use std::{io, sync::Arc};

use rustls::server::UnbufferedServerConnection;
use tokio::net::TcpStream;

use crate::{
    scratch::{self, READ_BYTES},
    strangers::{Strangers, Whose},
    tls::Tls,
    transport::{TlsFailure, Transport},
};

/// What a TLS handshake record begins with (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// For a person who looks at an IRC client or a terminal that was not told to speak TLS.
const TLS_ONLY: &[u8] = b"ERROR :This port speaks TLS only. Turn TLS on in your client.\r\n";

/// A connection whose handshake is done.
pub(crate) struct Greeted {
    pub(crate) stream: TcpStream,
    pub(crate) transport: Transport,
    /// Bytes of a record that is not whole yet.
    pub(crate) kept: Vec<u8>,
    /// What came right behind the handshake, decrypted.
    pub(crate) plain: Vec<u8>,
    /// The peer has ended its side already.
    pub(crate) closed: bool,
    /// Something was read.
    begun: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeFailure {
    #[error("it does not speak TLS")]
    NotTls,
    #[error("the proxy sent no PROXY header of version 2")]
    NotProxy,
    #[error("{0}")]
    Tls(#[from] TlsFailure),
    #[error("the connection was lost: {0}")]
    Lost(#[from] io::Error),
}

impl From<rustls::Error> for HandshakeFailure {
    fn from(error: rustls::Error) -> Self {
        Self::Tls(error.into())
    }
}

struct Step {
    /// What TLS has to say.
    say: Vec<u8>,
    result: Result<bool, HandshakeFailure>,
}

/// Shakes hands, computing on the strangers' threads when its turn comes. The caller sets the time limit.
pub(crate) async fn handshake(
    stream: TcpStream,
    tls: &Arc<Tls>,
    strangers: &Strangers,
    mut whose: Whose,
) -> Result<Greeted, HandshakeFailure> {
    let mut greeted = Greeted {
        stream,
        // Until the first bytes tell how to speak to this client.
        transport: Transport::Plain,
        kept: Vec::new(),
        plain: Vec::new(),
        closed: false,
        begun: false,
    };
    loop {
        greeted.stream.readable().await?;
        let tls = Arc::clone(tls);
        let stepped = strangers.run(whose, move || {
            let step = greeted.step(&tls);
            (greeted, step)
        });
        let stepped = stepped.await.ok_or(io::ErrorKind::ConnectionAborted);
        let (back, step) = stepped.map_err(io::Error::from)?;
        greeted = back;
        whose = whose.next();
        let Some(step) = step? else {
            continue;
        };
        let sent = write_all(&greeted.stream, &step.say).await;
        if step.result? {
            sent?;
            return Ok(greeted);
        }
        sent?;
    }
}

impl Greeted {
    /// A connection that needs no handshake.
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self {
            stream,
            transport: Transport::Plain,
            kept: Vec::new(),
            plain: Vec::new(),
            closed: false,
            begun: true,
        }
    }

    /// Reads once and lets TLS work on it. `None` if there was nothing to read after all.
    fn step(&mut self, tls: &Tls) -> Result<Option<Step>, HandshakeFailure> {
        scratch::with(|scratch| {
            let held = self.kept.len();
            let Some(room) = scratch.incoming.get_mut(held..) else {
                return Err(HandshakeFailure::NotTls);
            };
            let read = match self.stream.try_read(room) {
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if let Some(front) = scratch.incoming.get_mut(..held) {
                front.copy_from_slice(&self.kept);
            }
            let incoming = scratch.incoming.get_mut(..held + read).unwrap_or_default();
            if held == 0
                && !std::mem::replace(&mut self.begun, true)
                && incoming
                    .first()
                    .is_some_and(|byte| *byte != HANDSHAKE_RECORD)
            {
                return Ok(Some(Step {
                    say: TLS_ONLY.to_vec(),
                    result: Err(HandshakeFailure::NotTls),
                }));
            }
            if matches!(self.transport, Transport::Plain) {
                let config = tls.for_client(incoming);
                let tls = UnbufferedServerConnection::new(config)?;
                self.transport = Transport::Tls(Box::new(tls));
            }
            let opened = self
                .transport
                .open(incoming, &mut self.plain, &mut scratch.outgoing);
            let say = scratch.outgoing.filled().to_vec();
            let result = opened.map_err(HandshakeFailure::from).and_then(|opened| {
                self.closed |= opened.closed;
                self.kept = incoming.get(opened.used..).unwrap_or_default().to_vec();
                if self.kept.len() >= READ_BYTES {
                    return Err(HandshakeFailure::NotTls);
                }
                Ok(self.transport.is_ready())
            });
            Ok(Some(Step { say, result }))
        })
    }
}

async fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
