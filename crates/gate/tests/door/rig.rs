//! A door with fronts that echo, and a client that pins.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use rustls::pki_types::ServerName;
use snug_gate::{
    Arrival, Doorman, Ending, Fingerprint, Flow, Front, Gate, HangUp, Identity, Line, Listener,
    Newcomer, OUTPUT_BYTES, Protocol, Speaks, Times, server_config,
};
use snug_proto::Direct;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::pinned::client_config;

/// How long a peer that speaks IRC may be silent, by a clock that jumps where a test stops it.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the fronts of a door saw and did.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub produced: AtomicUsize,
    pub told: Mutex<Vec<HangUp>>,
    /// Lines that come for the client from elsewhere.
    news: Mutex<VecDeque<String>>,
    /// How the newest connection is reached.
    direct: Mutex<Option<Weak<dyn Direct>>>,
    waker: Mutex<Option<Waker>>,
    /// No line is wanted.
    pub busy: AtomicBool,
}

impl Seen {
    /// Has a line for the client, and tells nobody.
    pub(crate) fn bring(&self, line: &str) {
        self.news.lock().unwrap().push_back(line.to_owned());
    }

    /// Writes to the newest connection directly. False also if there is none any more.
    pub(crate) fn write_now(&self) -> bool {
        self.direct().is_some_and(|direct| direct.write_now())
    }

    /// The newest connection, if it is still there.
    pub(crate) fn direct(&self) -> Option<Arc<dyn Direct>> {
        let direct = self.direct.lock().unwrap().clone();
        direct.unwrap().upgrade()
    }

    /// Wakes the newest connection's task.
    pub(crate) fn wake(&self) {
        self.waker.lock().unwrap().as_ref().unwrap().wake_by_ref();
    }
}

/// Says every line back. `quit` closes, `flood` gives output without end, `stuck` never closes. In IRC
/// it asks after a peer that is silent, and closes when it hears nothing. `coming` and `in` tell how far
/// its peer has come.
struct Echo {
    answers: VecDeque<Vec<u8>>,
    flood: bool,
    stuck: bool,
    closing: bool,
    patience: Option<Duration>,
    silences: usize,
    arrival: Arrival,
    waker: Option<Waker>,
    seen: Arc<Seen>,
}

impl Front for Echo {
    fn line(&mut self, line: Line<'_>) {
        self.silences = 0;
        match line {
            Line::Whole(b"coming") => self.arrival = Arrival::UnderWay,
            Line::Whole(b"in") => self.arrival = Arrival::In,
            Line::TooLong => self.answers.push_back(b"too long".to_vec()),
            Line::Whole(b"quit") => self.closing = true,
            Line::Whole(b"flood") => self.flood = true,
            Line::Whole(b"stuck") => self.stuck = true,
            Line::Whole(line) => self.answers.push_back(line.to_vec()),
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn wants_input(&self) -> bool {
        self.answers.len() < 100 && !self.closing && !self.seen.busy.load(Ordering::SeqCst)
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        let before = out.len();
        while out.len() < OUTPUT_BYTES {
            let Some(answer) = self.answers.pop_front() else {
                break;
            };
            out.extend(answer);
            out.push(b'\n');
        }
        while out.len() < OUTPUT_BYTES {
            let Some(line) = self.seen.news.lock().unwrap().pop_front() else {
                break;
            };
            out.extend(line.into_bytes());
            out.push(b'\n');
        }
        while self.flood && out.len() < OUTPUT_BYTES {
            out.extend(b"more and more\n");
        }
        self.seen
            .produced
            .fetch_add(out.len() - before, Ordering::SeqCst);
        if self.closing && self.answers.is_empty() {
            return Poll::Ready(Flow::Closing);
        }
        if out.len() > before {
            return Poll::Ready(Flow::Open);
        }
        self.waker = Some(context.waker().clone());
        *self.seen.waker.lock().unwrap() = Some(context.waker().clone());
        Poll::Pending
    }

    fn patience(&self) -> Option<Duration> {
        self.patience
    }

    fn silent(&mut self) {
        self.silences += 1;
        self.closing |= self.silences > 1;
        let words: &[u8] = if self.closing { b"gone" } else { b"there?" };
        self.answers.push_back(words.to_vec());
    }

    fn arrival(&self) -> Arrival {
        self.arrival
    }

    fn too_late(&mut self) {
        self.answers.push_back(b"too late".to_vec());
        self.closing = true;
    }

    fn hang_up(&mut self, why: HangUp) {
        self.seen.told.lock().unwrap().push(why);
        if !self.stuck {
            self.closing = true;
        }
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

struct Usher {
    seen: Arc<Seen>,
    endings: mpsc::UnboundedSender<(Option<Protocol>, Ending)>,
}

impl Doorman for Usher {
    fn open(
        &self,
        protocol: Protocol,
        _: &Newcomer,
        direct: Weak<dyn Direct>,
    ) -> Option<Box<dyn Front>> {
        *self.seen.direct.lock().unwrap() = Some(direct);
        let mut answers = VecDeque::new();
        if protocol == Protocol::Irc {
            answers.push_back(b"this is irc".to_vec());
        }
        Some(Box::new(Echo {
            answers,
            flood: false,
            stuck: false,
            closing: false,
            patience: (protocol == Protocol::Irc).then_some(PATIENCE),
            silences: 0,
            arrival: Arrival::Outside,
            waker: None,
            seen: Arc::clone(&self.seen),
        }))
    }

    fn ended(&self, _: SocketAddr, protocol: Option<Protocol>, how: &Ending) {
        let _test_is_over = self.endings.send((protocol, how.clone()));
    }
}

/// An open door on a free port of loopback.
pub(crate) struct Door {
    pub gate: Gate,
    pub address: SocketAddr,
    pub plain: SocketAddr,
    pub fingerprint: Fingerprint,
    pub seen: Arc<Seen>,
    pub endings: mpsc::UnboundedReceiver<(Option<Protocol>, Ending)>,
    pub clock: Arc<Standing>,
}

/// A clock that a test moves by hand.
#[derive(Debug)]
pub(crate) struct Standing(pub AtomicU64);

impl Default for Standing {
    fn default() -> Self {
        Self(AtomicU64::new(1_000_000))
    }
}

impl snug_gate::Steady for Standing {
    fn steady(&self) -> snug_proto::Timestamp {
        snug_proto::Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

impl Door {
    pub(crate) fn open(times: Times) -> Self {
        Self::with_limits(times, snug_rules::DoorLimits::NONE)
    }

    pub(crate) fn with_limits(times: Times, limits: snug_rules::DoorLimits) -> Self {
        Self::behind(times, limits, Vec::new())
    }

    pub(crate) fn behind(
        times: Times,
        limits: snug_rules::DoorLimits,
        proxies: Vec<snug_rules::Network>,
    ) -> Self {
        let identity = Identity::generate().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::bind(any, Speaks::Everything).unwrap();
        let plain = Listener::bind(any, Speaks::PlainIrc).unwrap();
        let (address, plain_address) = (listener.local_addr(), plain.local_addr());
        let seen = Arc::new(Seen::default());
        let (sender, endings) = mpsc::unbounded_channel();
        let usher = Usher {
            seen: Arc::clone(&seen),
            endings: sender,
        };
        let config = server_config(&identity).unwrap();
        let clock = Arc::new(Standing::default());
        let steady = Arc::clone(&clock) as Arc<dyn snug_gate::Steady>;
        let counts = snug_gate::Door::new(
            snug_gate::DoorOptions {
                limits,
                proxies,
                web_origins: vec!["welcome.example".parse().unwrap()],
                ..snug_gate::DoorOptions::unlimited()
            },
            steady,
        );
        let usher = Arc::new(usher);
        let gate = Gate::open(vec![listener, plain], config, usher, times, counts).unwrap();
        Self {
            gate,
            address,
            plain: plain_address,
            fingerprint: identity.fingerprint(),
            seen,
            endings,
            clock,
        }
    }

    pub(crate) async fn dial(&self) -> TlsStream<TcpStream> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        self.shake(stream, &[]).await
    }

    pub(crate) async fn shake<S>(&self, stream: S, alpn: &[&[u8]]) -> TlsStream<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut config = client_config(self.fingerprint);
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect(name, stream).await.unwrap()
    }
}

/// Times that no test should meet, but for the one it sets.
pub(crate) fn patient() -> Times {
    Times {
        handshake: Duration::from_mins(1),
        first_bytes: Duration::from_mins(1),
        sign_in: Duration::from_hours(1),
        write: Duration::from_mins(1),
        linger: Duration::from_mins(1),
    }
}

/// Reads lines until there are so many.
pub(crate) async fn lines(stream: &mut (impl AsyncRead + Unpin), count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    while lines.len() < count {
        match stream.read_u8().await.unwrap() {
            b'\n' => lines.push(String::from_utf8(std::mem::take(&mut line)).unwrap()),
            byte => line.push(byte),
        }
    }
    lines
}
