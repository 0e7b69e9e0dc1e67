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
    /// The client was asked for a certificate.
    asked: bool,
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

/// Shakes hands; what costs much is computed on the strangers' threads when its turn comes. The caller sets the time
/// limit.
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
        asked: false,
    };
    loop {
        greeted.stream.readable().await?;
        let step = if greeted.is_cheap_from_here() {
            greeted.step(tls)
        } else {
            let tls = Arc::clone(tls);
            let stepped = strangers.run(whose, move || {
                let step = greeted.step(&tls);
                (greeted, step)
            });
            let stepped = stepped.await.ok_or(io::ErrorKind::ConnectionAborted);
            let (back, step) = stepped.map_err(io::Error::from)?;
            greeted = back;
            whose = whose.next();
            step
        };
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
            asked: false,
        }
    }

    /// Were keys exchanged, and is only the client's word to come that it has the same (RFC 8446 §4.4.4)? That costs
    /// some hashes, less than to hand it over and back. A certificate costs more, and a client that was told to
    /// choose another group has its keys still to send.
    fn is_cheap_from_here(&self) -> bool {
        !self.asked && self.transport.has_exchanged_keys()
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
                self.asked = tls.asks(&config);
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

#[cfg(test)]
mod tests {
    use std::{
        io::Read,
        net::{SocketAddr, TcpListener as Listening, TcpStream as Socket},
        sync::mpsc,
        thread::available_parallelism,
        time::Duration,
    };

    use rustls::{
        ClientConfig, ClientConnection, RootCertStore,
        crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs, aws_lc_rs::kx_group},
    };
    use tokio::net::TcpListener;

    use super::*;
    use crate::{
        Identity, server_config,
        tls::{ALPN_IRC, ALPN_NATIVE},
    };

    /// A client whose every word is sent by hand.
    struct Client {
        tls: ClientConnection,
        socket: Socket,
    }

    impl Client {
        /// Comes by this protocol, with keys of the first of these groups, and says hello.
        fn come(
            to: SocketAddr,
            identity: &Identity,
            alpn: &[u8],
            groups: &[&'static dyn SupportedKxGroup],
        ) -> Self {
            let provider = CryptoProvider {
                kx_groups: groups.to_vec(),
                ..aws_lc_rs::default_provider()
            };
            let mut roots = RootCertStore::empty();
            roots.add(identity.certificate().clone()).unwrap();
            let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
            config.alpn_protocols = vec![alpn.to_vec()];
            let name = "snug".try_into().unwrap();
            let mut client = Self {
                tls: ClientConnection::new(Arc::new(config), name).unwrap(),
                socket: Socket::connect(to).unwrap(),
            };
            client.say();
            client
        }

        fn say(&mut self) {
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.socket).unwrap();
            }
        }

        fn hear(&mut self) {
            let mut bytes = vec![0; 16 * 1024];
            let read = self.socket.read(&mut bytes).unwrap();
            let mut heard = bytes.get(..read).unwrap();
            while !heard.is_empty() {
                self.tls.read_tls(&mut heard).unwrap();
                self.tls.process_new_packets().unwrap();
            }
        }
    }

    fn ann() -> Whose {
        Whose::first([10, 0, 7, 1].into())
    }

    /// Is what comes next cheap, after each word of a client that comes like this?
    async fn cheap_after_each_word(
        alpn: &[u8],
        groups: &[&'static dyn SupportedKxGroup],
    ) -> Vec<bool> {
        let identity = Identity::generate().unwrap();
        let tls = server_config(&identity).unwrap();
        let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = Client::come(door.local_addr().unwrap(), &identity, alpn, groups);
        let (stream, _) = door.accept().await.unwrap();
        let mut greeted = Greeted {
            begun: false,
            ..Greeted::plain(stream)
        };
        let mut cheap = Vec::new();
        loop {
            greeted.stream.readable().await.unwrap();
            let Some(step) = greeted.step(&tls).unwrap() else {
                continue;
            };
            write_all(&greeted.stream, &step.say).await.unwrap();
            if step.result.unwrap() {
                return cheap;
            }
            cheap.push(greeted.is_cheap_from_here());
            if !step.say.is_empty() {
                client.hear();
                client.say();
            }
        }
    }

    #[tokio::test]
    async fn p3_only_what_comes_after_the_keys_is_computed_beside_those_who_are_in() {
        let first = [kx_group::X25519MLKEM768];
        let native = cheap_after_each_word(ALPN_NATIVE, &first).await;
        assert_eq!(native, [true]);
        // It may show a certificate, whose signature is costly to look at.
        let irc = cheap_after_each_word(ALPN_IRC, &first).await;
        assert_eq!(irc.first(), Some(&false));
        // Its first keys are of a group that the server does not speak: it is asked for others.
        let other = [kx_group::SECP384R1, kx_group::X25519];
        let retried = cheap_after_each_word(ALPN_NATIVE, &other).await;
        assert_eq!(retried.first(), Some(&false));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn p3_a_newcomer_whose_keys_are_exchanged_does_not_wait_behind_strangers_again() {
        let identity = Identity::generate().unwrap();
        let tls = server_config(&identity).unwrap();
        let strangers = Arc::new(Strangers::start().unwrap());
        let door = Listening::bind("127.0.0.1:0").unwrap();
        let to = door.local_addr().unwrap();
        let groups = [kx_group::X25519MLKEM768];
        let mut client = Client::come(to, &identity, ALPN_NATIVE, &groups);
        let (stream, _) = door.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let stream = TcpStream::from_std(stream).unwrap();
        let at_the_door = Arc::clone(&strangers);
        let shaking =
            tokio::spawn(async move { handshake(stream, &tls, &at_the_door, ann()).await.is_ok() });
        tokio::task::block_in_place(|| client.hear());
        // All of the strangers' threads are busy from here on.
        let (leave, left) = mpsc::channel::<()>();
        let left = Arc::new(std::sync::Mutex::new(left));
        for _ in 0..available_parallelism().unwrap().get() {
            let (strangers, left) = (Arc::clone(&strangers), Arc::clone(&left));
            let (begun, begins) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let busy = move || {
                    let _asked_for_no_more = begun.send(());
                    let _until_the_end = left.lock().map(|left| left.recv());
                };
                strangers.run(ann(), busy).await
            });
            begins.await.unwrap();
        }
        client.say();
        let shaken = tokio::time::timeout(Duration::from_secs(20), shaking).await;
        drop(leave);
        assert!(shaken.unwrap().unwrap());
    }
}
