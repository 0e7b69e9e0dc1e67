//! The listeners: sockets, the accept loops, and how they end.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener as StdListener},
    sync::Arc,
    time::Duration,
};

use snug_rules::{PROXY_HEAD_BYTES, ProxyHead, may_begin_header};
use socket2::{Domain, Protocol as SocketProtocol, Socket, TcpKeepalive, Type};
use tokio::{
    io::{AsyncReadExt, unix::AsyncFd},
    net::TcpStream,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::{
    Doorman, Ending, Statistics,
    connection::{Connection, direct::Driven},
    door::{Door, Guest},
    handshake::{Greeted, HandshakeFailure, handshake},
    registry::{Phase, Registry},
    strangers::{Strangers, Whose},
    tls::Tls,
};

/// Newcomers that are accepted in one go before others get their turn.
const ACCEPTS: usize = 64;
/// While some are refused, more are let gather before they are looked at: each look costs as much as a few
/// of them.
const GATHER: Duration = Duration::from_millis(2);
/// Newcomers that the system holds for us.
const BACKLOG: i32 = 4096;
/// Handshakes at a time on one listener. When so many are unfinished, newcomers wait in the backlog.
const MAX_HANDSHAKES: usize = 16_384;
/// When more than this are unfinished, each new one has less time.
const MANY_HANDSHAKES: usize = 1024;
/// So much less: an honest client needs a tenth of a second.
const TIME_WHEN_MANY: Duration = Duration::from_secs(3);
/// What the system may hold for a reader that does not read (Linux doubles it).
const SEND_BUFFER_BYTES: usize = 128 * 1024;
/// A silent peer is asked for a sign of life after this long, then every quarter of it, four times (A5).
const KEEPALIVE: Duration = Duration::from_mins(1);
/// What is on its way to a peer and not acknowledged for so long ends the connection. While something
/// is, the system asks for no sign of life and would go on sending for a quarter of an hour: a peer
/// that vanished from a busy room would stay listed so long. As long as a silent one that vanished.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_mins(2);
/// The pause after an accept that failed for want of files or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Every protocol, over TLS.
    Everything,
    /// IRC without TLS: for loopback, or where the operator named the address (S1).
    PlainIrc,
}

/// How long the door waits for a peer.
#[derive(Debug, Clone)]
pub struct Times {
    /// For the whole TLS handshake.
    pub handshake: Duration,
    /// For the first bytes after it, where they must tell the protocol.
    pub first_bytes: Duration,
    /// For a newcomer to sign in, counted from the end of the handshake; once more as long for one
    /// whose sign-in is under way then. Until then it has cost nothing to be there (A5).
    pub sign_in: Duration,
    /// For a peer to take some of what waits for it.
    pub write: Duration,
    /// For a peer to close after us.
    pub linger: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            first_bytes: Duration::from_mins(1),
            sign_in: Duration::from_mins(1),
            write: Duration::from_mins(1),
            linger: Duration::from_secs(2),
        }
    }
}

/// A socket that listens; nothing is accepted before [`Gate::open`].
#[derive(Debug)]
pub struct Listener {
    socket: StdListener,
    speaks: Speaks,
    address: SocketAddr,
}

impl Listener {
    /// Takes the address. Port 0 takes a free one.
    pub fn bind(address: SocketAddr, speaks: Speaks) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(SocketProtocol::TCP),
        )?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        // Linux hands these on to what is accepted, so that a newcomer costs no call for them.
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE)
            .with_interval(KEEPALIVE / 4)
            .with_retries(4);
        socket.set_tcp_keepalive(&keepalive)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let socket = StdListener::from(socket);
        let address = socket.local_addr()?;
        Ok(Self {
            socket,
            speaks,
            address,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it speaks.
    pub fn speaks(&self) -> Speaks {
        self.speaks
    }
}

/// What all connections of a door share.
pub(crate) struct Shared {
    pub(crate) doorman: Arc<dyn Doorman>,
    pub(crate) statistics: Arc<Statistics>,
    pub(crate) registry: Registry,
    pub(crate) times: Times,
    tls: Arc<Tls>,
    strangers: Strangers,
    pub(crate) door: Arc<Door>,
}

/// The open door. Dropping it stops accepting and closes every connection.
pub struct Gate {
    shared: Arc<Shared>,
    stop: watch::Sender<()>,
    loops: Vec<JoinHandle<()>>,
}

impl Gate {
    /// Begins to accept. Must be called within a tokio runtime.
    pub fn open(
        listeners: Vec<Listener>,
        tls: Arc<Tls>,
        doorman: Arc<dyn Doorman>,
        times: Times,
        door: Arc<Door>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            doorman,
            statistics: door.statistics(),
            registry: Registry::new(),
            times,
            tls,
            strangers: Strangers::start()?,
            door,
        });
        let (stop, stopped) = watch::channel(());
        let mut loops = Vec::new();
        for listener in listeners {
            let speaks = listener.speaks;
            let socket = watched(listener.socket)?;
            let accepting = accept(socket, speaks, Arc::clone(&shared), stopped.clone());
            loops.push(tokio::spawn(accepting));
        }
        Ok(Self {
            shared,
            stop,
            loops,
        })
    }

    /// Closes the listeners, and drops the handshakes that are not finished.
    pub async fn stop_accepting(&mut self) {
        self.stop.send_replace(());
        for accepting in self.loops.drain(..) {
            let _it_has_ended = accepting.await;
        }
    }

    /// Asks every front to answer what it accepted and to close; drops what is still there after
    /// `patience`. When it returns, no connection is left.
    pub async fn drain(&mut self, patience: Duration) {
        self.stop_accepting().await;
        self.shared.registry.advance(Phase::Stopping);
        let emptied = self.shared.registry.emptied();
        if tokio::time::timeout(patience, emptied).await.is_err() {
            self.shared.registry.advance(Phase::Dropping);
            self.shared.registry.emptied().await;
        }
    }

    /// The counters.
    pub fn statistics(&self) -> Arc<Statistics> {
        Arc::clone(&self.shared.statistics)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.stop.send_replace(());
        self.shared.registry.advance(Phase::Dropping);
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("statistics", &self.shared.statistics)
            .finish_non_exhaustive()
    }
}

/// A listener whose readiness is told, so that who is refused is never registered with the system.
#[expect(
    deprecated,
    reason = "its safe successor does not exist yet; a listener's descriptor stays the same for life"
)]
fn watched(listener: StdListener) -> io::Result<AsyncFd<StdListener>> {
    AsyncFd::new(listener)
}

async fn accept(
    listener: AsyncFd<StdListener>,
    speaks: Speaks,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<()>,
) {
    let mut handshakes = JoinSet::new();
    let mut refused_before = 0;
    // For want of files or memory nothing is accepted before then; handshakes go on.
    let mut again_at: Option<Instant> = None;
    loop {
        let paused = async {
            match again_at {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = stopped.changed() => return,
            Some(done) = handshakes.join_next(), if !handshakes.is_empty() => {
                if let Ok(Some(connection)) = done {
                    live(connection, &shared);
                }
            }
            () = paused => again_at = None,
            ready = listener.readable(), if again_at.is_none() && handshakes.len() < MAX_HANDSHAKES => {
                let Ok(mut ready) = ready else { return };
                let accepted = accept_some(&listener, &shared, |stream, guest| {
                    if speaks == Speaks::PlainIrc && guest.behind().is_none() {
                        guest.shaken();
                        live(Connection::plain(stream, guest, Arc::clone(&shared)), &shared);
                    } else {
                        let time = if handshakes.len() < MANY_HANDSHAKES {
                            shared.times.handshake
                        } else {
                            shared.times.handshake.min(TIME_WHEN_MANY)
                        };
                        let shared = Arc::clone(&shared);
                        handshakes.spawn(greet(stream, guest, speaks, time, shared));
                    }
                });
                match accepted {
                    Ok(()) => tokio::task::yield_now().await,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        ready.clear_ready();
                        let refused = shared.statistics.refused();
                        if std::mem::replace(&mut refused_before, refused) != refused {
                            tokio::time::sleep(GATHER).await;
                        }
                    }
                    Err(error) if is_of_one(&error) => {}
                    Err(error) => {
                        shared.door.turn_away(&error);
                        again_at = Some(Instant::now() + ACCEPT_PAUSE);
                    }
                }
            }
        }
    }
}

/// Accepts those who wait, a few at most, and hands over whom the door lets in. Who is refused costs the
/// call that accepts and the one that closes: nothing else is done for them.
fn accept_some(
    listener: &AsyncFd<StdListener>,
    shared: &Shared,
    mut welcome: impl FnMut(TcpStream, Guest),
) -> io::Result<()> {
    for _ in 0..ACCEPTS {
        let (stream, peer) = listener.get_ref().accept()?;
        shared.statistics.count_accepted(1);
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let Some(guest) = shared.door.arrive(peer) else {
            continue;
        };
        let taken = stream.set_nonblocking(true);
        match taken.and_then(|()| TcpStream::from_std(stream)) {
            Ok(stream) => welcome(stream, guest),
            Err(error) => {
                // It was let in, and is gone again.
                shared.statistics.count_failed_handshake(1);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Lets a connection live in a fresh task, which holds nothing of what the handshake needed.
fn live(connection: Connection, shared: &Shared) {
    shared.statistics.count_opened(1);
    tokio::spawn(Driven::new(connection));
}

async fn greet(
    mut stream: TcpStream,
    mut guest: Guest,
    speaks: Speaks,
    time: Duration,
    shared: Arc<Shared>,
) -> Option<Connection> {
    let shaken = async {
        if guest.behind().is_some() && !introduced(&mut stream, &mut guest).await? {
            return Ok(None);
        }
        match speaks {
            Speaks::PlainIrc => Ok(Some(Greeted::plain(stream))),
            Speaks::Everything => {
                let whose = Whose::first(guest.address().ip());
                let shaken = handshake(stream, &shared.tls, &shared.strangers, whose);
                shaken.await.map(Some)
            }
        }
    };
    let ending = match tokio::time::timeout(time, shaken).await {
        Ok(Ok(Some(greeted))) => {
            guest.shaken();
            return Some(Connection::new(greeted, guest, shared));
        }
        Ok(Ok(None)) => Ending::TurnedAway,
        Ok(Err(HandshakeFailure::Lost(error))) => Ending::Lost(error.kind()),
        Ok(Err(failure)) => Ending::Tls(failure.to_string()),
        Err(_elapsed) => Ending::SlowHandshake,
    };
    shared.statistics.count_failed_handshake(1);
    guest.ended(&ending);
    shared.doorman.ended(guest.address(), None, &ending);
    None
}

/// Reads what a proxy says before anything else of whom it connects for, if it says anything (PROXY
/// protocol, version 2). False if that one is not let in.
async fn introduced(stream: &mut TcpStream, guest: &mut Guest) -> Result<bool, HandshakeFailure> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    let [first] = first;
    if !may_begin_header(first) {
        // It may speak for somebody in a request for a WebSocket.
        return Ok(true);
    }
    let mut head = [0; PROXY_HEAD_BYTES];
    stream.read_exact(&mut head).await?;
    let head = ProxyHead::parse(&head).map_err(|_| HandshakeFailure::NotProxy)?;
    let mut rest = vec![0; head.rest];
    stream.read_exact(&mut rest).await?;
    match head.source(&rest) {
        Some(source) => Ok(guest.comes_from(source)),
        None => Ok(true),
    }
}

/// Does an accept that failed say something about one newcomer? Else files or memory have run out, and a
/// pause lets others end. The listener itself goes on in any case.
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use socket2::SockRef;

    use super::*;

    #[test]
    fn a5_the_system_looks_after_every_connection_whether_silent_or_busy() {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, Speaks::PlainIrc).unwrap();
        let _client = std::net::TcpStream::connect(listener.local_addr()).unwrap();
        listener.socket.set_nonblocking(false).unwrap();
        let (accepted, _) = listener.socket.accept().unwrap();
        let accepted = SockRef::from(&accepted);
        assert!(accepted.keepalive().unwrap());
        assert_eq!(accepted.tcp_keepalive_time().unwrap(), KEEPALIVE);
        assert_eq!(accepted.tcp_user_timeout().unwrap(), Some(UNACKNOWLEDGED));
    }
}
