//! One member who spams: an account, an address, and connections over three fronts, which come back when they
//! are ended.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use data_encoding::BASE64;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, WriteHalf},
    net::TcpStream,
    runtime::{Builder, Handle, Runtime},
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_rustls::client::TlsStream;

use crate::{
    attack::Target,
    cores::{Side, go_to},
    pinned::client_config,
    wire::{ALPN, PATIENCE, Wire, connect_tls_from},
};

/// What their names begin with.
pub(super) const PREFIX: &str = "spam";
const PASSWORD: &str = "buy-cheap-lamps";
/// Each connection says so many lines so often: as much as the account may, and half of that again, on each.
const EVERY: Duration = Duration::from_secs(1);
const LINES: usize = 6;
/// One that was ended comes back after so long.
const BACK_AFTER: Duration = Duration::from_secs(2);
/// What stands in a warning, and in the last word before a kick: of one length.
const WARNING: &str = "This is warning ";
const KICK: &str = "were warned abou";

/// The longest that one of them was late with its lines, in milliseconds.
static LATE_MS: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Clone, Copy)]
enum Front {
    Native,
    WebSocket,
    Irc,
}

/// What one member was told, over all of its connections.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) warnings: usize,
    pub(super) kicks: usize,
    /// Connections that the server ended at least once.
    pub(super) ended: usize,
}

/// See the module.
pub(super) struct Spammer {
    connections: Vec<Connection>,
}

struct Connection {
    target: Target,
    number: u16,
    front: Front,
    /// `None` once it was ended.
    stream: Option<TlsStream<TcpStream>>,
    mouth: Handle,
}

impl Spammer {
    /// Makes the account, and comes in so many times.
    pub(super) async fn come(
        target: Target,
        number: u16,
        connections: usize,
        mouth: Handle,
    ) -> Result<Self> {
        let mut wire = Wire::connect_from(from(number), target.address, target.fingerprint).await?;
        let who = json!({"name": name(number), "password": PASSWORD});
        wire.ok("register", who).await?;
        let fronts = [Front::Native, Front::WebSocket, Front::Irc];
        let mut come = Vec::new();
        for front in fronts.into_iter().cycle().take(connections) {
            let stream = come_in(target, number, front).await?;
            come.push(Connection {
                target,
                number,
                front,
                stream: Some(stream),
                mouth: mouth.clone(),
            });
        }
        Ok(Self { connections: come })
    }

    /// Spams until it is told to stop; counts here the connections that the server has ended.
    pub(super) async fn go_on(self, stop: watch::Receiver<bool>, ended: Arc<AtomicUsize>) -> Heard {
        let mut spamming = JoinSet::new();
        for connection in self.connections {
            spamming.spawn(connection.go_on(stop.clone(), Arc::clone(&ended)));
        }
        let mut heard = Heard::default();
        while let Some(of) = spamming.join_next().await {
            let Ok(of) = of else { continue };
            heard.warnings += of.warnings;
            heard.kicks += of.kicks;
            heard.ended += of.ended;
        }
        heard
    }
}

impl Connection {
    async fn go_on(mut self, mut stop: watch::Receiver<bool>, ended: Arc<AtomicUsize>) -> Heard {
        let mut heard = Heard::default();
        loop {
            tokio::select! {
                _ = stop.changed() => return heard,
                () = self.spam(&mut heard) => {}
            }
            if heard.ended == 0 {
                heard.ended = 1;
                ended.fetch_add(1, Ordering::Relaxed);
            }
            loop {
                tokio::select! {
                    _ = stop.changed() => return heard,
                    () = tokio::time::sleep(BACK_AFTER) => {}
                }
                if let Ok(stream) = come_in(self.target, self.number, self.front).await {
                    self.stream = Some(stream);
                    break;
                }
            }
        }
    }

    /// Says its lines, and reads what comes, until the connection ends.
    async fn spam(&mut self, heard: &mut Heard) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        let (mut reader, writer) = tokio::io::split(stream);
        let lines = self.front.lines(&format!("cheap lamps by {}", self.number));
        // Dropped, it ends.
        let mut speaking = JoinSet::new();
        speaking.spawn_on(speak(writer, lines), &self.mouth);
        let mut bytes = vec![0; 16 * 1024];
        let mut text = String::new();
        while let Ok(read @ 1..) = reader.read(&mut bytes).await {
            let more = bytes.get(..read).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(more));
            heard.take(&mut text);
        }
    }
}

/// Says these lines again and again. Once they are not taken any more, what the server said last is read all the
/// same.
async fn speak(mut writer: WriteHalf<TlsStream<TcpStream>>, lines: Vec<u8>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let late = ticks.tick().await.elapsed();
        let late = u64::try_from(late.as_millis()).unwrap_or(u64::MAX);
        LATE_MS.fetch_max(late, Ordering::Relaxed);
        if writer.write_all(&lines).await.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
}

/// The longest that one of them was late with its lines: then the attack was weaker than it says.
pub(super) fn latest() -> Duration {
    Duration::from_millis(LATE_MS.load(Ordering::Relaxed))
}

/// What they speak on: a thread of its own. A thousand people each have a machine; the one that all of these share
/// is busy with reading what they are told, and behind that they would say nothing for seconds.
pub(super) fn mouth() -> Result<Runtime> {
    let mouth = Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(|| drop(go_to(Side::Attackers)))
        .enable_time()
        .build()?;
    Ok(mouth)
}

impl Heard {
    /// Counts what stands there whole, and leaves what may be the beginning of it.
    fn take(&mut self, text: &mut String) {
        self.warnings += text.matches(WARNING).count();
        self.kicks += text.matches(KICK).count();
        let keep = text.len().saturating_sub(WARNING.len() - 1);
        let keep = (keep..=text.len()).find(|at| text.is_char_boundary(*at));
        text.drain(..keep.unwrap_or_default());
    }
}

impl Front {
    /// So many lines that say this.
    fn lines(self, body: &str) -> Vec<u8> {
        let send = json!({"id": 1, "do": "send", "room": "lobby", "body": body}).to_string();
        match self {
            Self::Native => format!("{send}\n").repeat(LINES).into_bytes(),
            Self::WebSocket => framed(&send).repeat(LINES),
            Self::Irc => format!("PRIVMSG #lobby :{body}\r\n")
                .repeat(LINES)
                .into_bytes(),
        }
    }
}

fn name(number: u16) -> String {
    format!("{PREFIX}{number}")
}

/// Each member has a network of its own.
fn from(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::from([127, 50 + high, low, 1])
}

/// Comes in over this front, by the password.
async fn come_in(target: Target, number: u16, front: Front) -> Result<TlsStream<TcpStream>> {
    let name = name(number);
    let sign_in = json!({"id": 1, "do": "sign_in", "name": name, "password": PASSWORD}).to_string();
    let (alpn, hello, done): (&[u8], Vec<u8>, &[&str]) = match front {
        Front::Native => (ALPN, format!("{sign_in}\n").into_bytes(), &["\"ok\""]),
        Front::WebSocket => {
            let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
            let hello = [request.as_bytes(), &framed(&sign_in)].concat();
            (b"http/1.1", hello, &["\"ok\""])
        }
        Front::Irc => {
            let response = BASE64.encode(format!("\0{name}\0{PASSWORD}").as_bytes());
            let hello = format!(
                "CAP REQ :sasl\r\nNICK {name}\r\nUSER s 0 * :s\r\nAUTHENTICATE PLAIN\r\n\
                 AUTHENTICATE {response}\r\nCAP END\r\n"
            );
            (b"irc", hello.into_bytes(), &[" 376 ", " 422 "])
        }
    };
    let config = client_config(target.fingerprint, alpn)?;
    let mut stream = connect_tls_from(Some(from(number)), target.address, config).await?;
    timeout(PATIENCE, stream.write_all(&hello)).await??;
    timeout(PATIENCE, stream.flush()).await??;
    let mut heard = Vec::new();
    loop {
        let reading = stream.read_buf(&mut heard);
        let read = timeout(PATIENCE, reading).await.context("no line came")??;
        let text = String::from_utf8_lossy(&heard);
        if done.iter().any(|word| text.contains(word)) {
            return Ok(stream);
        }
        if read == 0 || text.contains("\"error\"") || text.contains(" 904 ") {
            bail!("{front:?} is not let in: {text}");
        }
    }
}

/// A message of a client by RFC 6455 §5.2, masked by nothing.
fn framed(text: &str) -> Vec<u8> {
    let head = if let Ok(length @ ..126) = u8::try_from(text.len()) {
        vec![0x81, 0x80 | length]
    } else {
        let [high, low] = u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes();
        vec![0x81, 0xfe, high, low]
    };
    [&head[..], &[0; 4], text.as_bytes()].concat()
}
