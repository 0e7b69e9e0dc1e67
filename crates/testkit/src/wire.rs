//! A bare client of the native wire: lines of JSON over TLS, nothing of the SDK. What it reads it
//! keeps, in order, with the moment it was read.

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, anyhow, bail};
use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::pinned::{Fingerprint, client_config};

/// The native wire's protocol name in ALPN.
pub const ALPN: &[u8] = b"snug/1";

/// A test never waits longer than this for the server: only a defect takes so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a request came to: the `ok` object or the `error` object.
pub type WireAnswer = std::result::Result<Value, WireError>;

/// An `error` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// The code.
    pub code: String,
    /// The sentence.
    pub text: String,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
}

/// A line from the server and when it was read.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The event.
    pub event: Value,
    /// The moment.
    pub at: SystemTime,
    /// How many answers were read on this connection before it.
    pub answers_before: u64,
}

/// One connection.
#[derive(Debug)]
pub struct Wire {
    reader: ReadHalf<TlsStream<TcpStream>>,
    writer: WriteHalf<TlsStream<TcpStream>>,
    buffer: Vec<u8>,
    next_id: u64,
    events: VecDeque<Heard>,
    answers: HashMap<u64, (WireAnswer, SystemTime)>,
    answers_read: u64,
    /// Answers to lines whose id could not be read.
    nameless: VecDeque<WireError>,
}

/// Opens a TLS connection.
pub async fn connect_tls(
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>> {
    connect_tls_from(None, address, config).await
}

/// The same from one of this machine's addresses.
pub async fn connect_tls_from(
    from: Option<IpAddr>,
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>> {
    let socket = timeout(PATIENCE, dial(from, address)).await??;
    tls_over(socket, address, config).await
}

/// Opens TLS on a connection that is there.
pub async fn tls_over(
    socket: TcpStream,
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>> {
    socket.set_nodelay(true)?;
    let name = ServerName::IpAddress(address.ip().into());
    let connecting = TlsConnector::from(config).connect(name, socket);
    Ok(timeout(PATIENCE, connecting).await??)
}

/// Connects without TLS from one of this machine's addresses.
pub async fn dial(from: Option<IpAddr>, address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let Some(from) = from {
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(from, 0))?;
    }
    socket.connect(address).await
}

impl Wire {
    /// Connects to the server with this certificate.
    pub async fn connect(address: SocketAddr, fingerprint: Fingerprint) -> Result<Self> {
        Self::connect_with(address, client_config(fingerprint, ALPN)?).await
    }

    /// Connects with a TLS configuration that many share.
    pub async fn connect_with(address: SocketAddr, config: Arc<ClientConfig>) -> Result<Self> {
        Ok(Self::over(connect_tls(address, config).await?))
    }

    /// Connects from one of this machine's addresses.
    pub async fn connect_from(
        from: IpAddr,
        address: SocketAddr,
        fingerprint: Fingerprint,
    ) -> Result<Self> {
        let config = client_config(fingerprint, ALPN)?;
        Ok(Self::over(
            connect_tls_from(Some(from), address, config).await?,
        ))
    }

    /// On a connection that is there.
    pub fn over(stream: TlsStream<TcpStream>) -> Self {
        let (reader, writer) = split(stream);
        Self {
            reader,
            writer,
            buffer: Vec::new(),
            next_id: 1,
            events: VecDeque::new(),
            answers: HashMap::new(),
            answers_read: 0,
            nameless: VecDeque::new(),
        }
    }

    /// Sends a request and gives its id.
    pub async fn submit(&mut self, what: &str, fields: Value) -> Result<u64> {
        let id = self.next_id;
        self.next_id += 1;
        let mut line = Map::from_iter([("id".into(), json!(id)), ("do".into(), json!(what))]);
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let mut line = Value::Object(line).to_string();
        line.push('\n');
        self.write(line.as_bytes()).await?;
        Ok(id)
    }

    /// Sends bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        timeout(PATIENCE, self.writer.write_all(bytes)).await??;
        timeout(PATIENCE, self.writer.flush()).await??;
        Ok(())
    }

    /// Waits for a request's answer.
    pub async fn answer(&mut self, id: u64) -> Result<WireAnswer> {
        Ok(self.timed_answer(id).await?.0)
    }

    /// Waits for a request's answer; with it, when it was read.
    pub async fn timed_answer(&mut self, id: u64) -> Result<(WireAnswer, SystemTime)> {
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            self.read().await?;
        }
    }

    /// Asks and waits.
    pub async fn ask(&mut self, what: &str, fields: Value) -> Result<WireAnswer> {
        let id = self.submit(what, fields).await?;
        self.answer(id).await
    }

    /// Asks and waits; a refusal is an error.
    pub async fn ok(&mut self, what: &str, fields: Value) -> Result<Value> {
        let answer = self.ask(what, fields).await?;
        answer.map_err(|error| anyhow!("{what} was refused: {error:?}"))
    }

    /// Asks and waits; the code of the refusal, or `ok`.
    pub async fn code(&mut self, what: &str, fields: Value) -> Result<String> {
        let answer = self.ask(what, fields).await?;
        Ok(answer.map_or_else(|error| error.code, |_| "ok".into()))
    }

    /// Makes somebody a moderator of the server; its owner's connection is this.
    pub async fn appoint(&mut self, name: &str) -> Result<()> {
        let role = json!({"who": name, "role": "moderator"});
        self.ok("set_server_role", role).await.map(drop)
    }

    /// The next error whose request could not be read.
    pub async fn nameless_error(&mut self) -> Result<WireError> {
        loop {
            if let Some(error) = self.nameless.pop_front() {
                return Ok(error);
            }
            self.read().await?;
        }
    }

    /// The next event that satisfies this; those before it are dropped.
    pub async fn event(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        Ok(self.heard(wanted).await?.event)
    }

    /// The same, with the moment at which it was read.
    pub async fn heard(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Heard> {
        loop {
            while let Some(heard) = self.events.pop_front() {
                if wanted(&heard.event) {
                    return Ok(heard);
                }
            }
            self.read().await?;
        }
    }

    /// The next event of this kind, those before it dropped.
    pub async fn event_named(&mut self, ev: &str) -> Result<Value> {
        self.event(|event| event["ev"] == ev).await
    }

    /// The message of these words, what comes before it dropped.
    pub async fn said(&mut self, body: &str) -> Result<Value> {
        self.event(|event| event["ev"] == "message" && event["body"] == body)
            .await
    }

    /// What has been heard and not taken yet.
    pub fn take_events(&mut self) -> Vec<Heard> {
        self.events.drain(..).collect()
    }

    /// The answers that have come and that nobody waited for.
    pub fn take_answers(&mut self) -> HashMap<u64, WireAnswer> {
        let answers = self.answers.drain();
        answers.map(|(id, (answer, _))| (id, answer)).collect()
    }

    /// Reads until the server closes the connection.
    pub async fn read_to_end(&mut self) -> Result<()> {
        while self.read_some().await? {}
        Ok(())
    }

    /// Reads what comes next; the end of the connection is an error.
    pub async fn read(&mut self) -> Result<()> {
        if self.read_some().await? {
            Ok(())
        } else {
            bail!("the server closed the connection")
        }
    }

    /// The two directions, for whoever reads on without us.
    pub(crate) fn into_halves(
        self,
    ) -> (
        ReadHalf<TlsStream<TcpStream>>,
        WriteHalf<TlsStream<TcpStream>>,
    ) {
        (self.reader, self.writer)
    }

    async fn read_some(&mut self) -> Result<bool> {
        let reading = self.reader.read_buf(&mut self.buffer);
        let got = timeout(PATIENCE, reading).await.context("no line came")??;
        let at = SystemTime::now();
        let whole = self.buffer.iter().rposition(|byte| *byte == b'\n');
        if let Some(end) = whole {
            let rest = self.buffer.split_off(end + 1);
            let lines = std::mem::replace(&mut self.buffer, rest);
            for line in lines.split(|byte| *byte == b'\n') {
                if !line.is_empty() {
                    self.take_line(line, at)?;
                }
            }
        }
        Ok(got > 0)
    }

    fn take_line(&mut self, line: &[u8], at: SystemTime) -> Result<()> {
        let mut line: Value = serde_json::from_slice(line)
            .with_context(|| format!("no JSON: {}", String::from_utf8_lossy(line)))?;
        if line.get("ev").is_some() {
            self.events.push_back(Heard {
                event: line,
                at,
                answers_before: self.answers_read,
            });
            return Ok(());
        }
        self.answers_read += 1;
        let answer = match line.get_mut("ok") {
            Some(ok) => Ok(ok.take()),
            None => Err(WireError::parse(&line["error"])),
        };
        match (line["re"].as_u64(), answer) {
            (Some(re), answer) => {
                self.answers.insert(re, (answer, at));
            }
            (None, Err(error)) => self.nameless.push_back(error),
            (None, Ok(_)) => bail!("an answer to nothing: {line}"),
        }
        Ok(())
    }
}

impl WireError {
    fn parse(error: &Value) -> Self {
        let text = |key| error[key].as_str().unwrap_or_default().to_owned();
        Self {
            code: text("code"),
            text: text("text"),
            retry_after_ms: error["retry_after_ms"].as_u64(),
        }
    }
}
