//! 5,000 readers that stop reading, over the native wire and over IRC: most of them only hear what is said,
//! some ask for page upon page of it besides. What the system keeps in its socket buffers is not counted.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustls::{ClientConfig, pki_types::ServerName};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{Length, Row, honest::Honest, must, must_in_time, server, told};
use crate::{
    child::Snugd,
    driver::PASSWORD,
    pinned::client_config,
    proc::{memory_bytes, open_files},
    wire::{ALPN, PATIENCE, Wire},
};

/// What the server keeps of a reader that does not read: the engine's outbox (`MAX_OUTBOX_BYTES`), and as much
/// again for what its front has taken, its answers and its connection.
const MAX_EACH: u64 = 2 * 256 * 1024;
/// Readers come from addresses of their own, so many from each: no more than the door takes in a minute.
const FROM_AN_ADDRESS: u64 = 10;
/// So many come at once.
const AT_ONCE: usize = 32;
/// Its clients take in no more than this.
const RECEIVE_BUFFER: u32 = 4096;
/// What is said to fill their outboxes, and how often: more than an outbox and the system's buffers take.
const WORDS: usize = 15 * 1024;
const SAID: usize = 80;
/// Requests that one who asks sends at once: as many as may wait.
const ASKED: usize = 256;

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let (count, watched): (u64, _) = match length {
        Length::Full => (5_000, Duration::from_secs(10)),
        Length::Short => (150, Duration::from_secs(2)),
    };
    let folder = crate::attack::folder()?;
    let server = server(&folder.path().join("data"))?;
    let mut honest = Honest::come(&server).await?;
    let herald = IpAddr::from([127, 10, 200, 1]);
    let mut herald = Wire::connect_from(herald, server.address, server.fingerprint).await?;
    let who = json!({"name": "herald", "password": PASSWORD});
    herald.ok("register", who).await?;
    // What the readers that ask are answered with.
    say(&mut herald, SAID).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    honest.fared();
    tokio::time::sleep(watched).await;
    let quiet = honest.fared();
    let memory_before = memory_bytes(server.pid())?;
    let files_before = open_files(server.pid())?;

    let began = Instant::now();
    let readers = come(&server, count).await?;
    let came = began.elapsed();
    let coming = honest.fared();
    let began = Instant::now();
    say(&mut herald, SAID).await?;
    let filled = began.elapsed();
    // What was said last is still on its way to thousands.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let filling = honest.fared();
    let grown = memory_bytes(server.pid())?.saturating_sub(memory_before);
    tokio::time::sleep(watched).await;
    let attacked = honest.fared();
    let still_here = open_files(server.pid())?.saturating_sub(files_before);
    drop(readers);
    drop(herald);
    honest.go().await?;
    server.stop()?;

    let each = grown / count;
    let lost = coming.lost + filling.lost + attacked.lost;
    Ok(Row {
        attack: "5,000 readers that stop reading",
        figures: vec![
            told(
                "readers, native, native that ask, and IRC",
                format!("{count}, within {came:.1?}"),
            ),
            told(
                "said to fill them",
                format!("{} KiB each, within {filled:.1?}", SAID * WORDS / 1024),
            ),
            must(
                "of the readers, still connected at the end",
                still_here,
                still_here >= count / 100 * 95,
            ),
            must("honest people lost", lost, lost == 0),
            told(
                "p99 of a message while the readers were filled",
                format!("{:?}", filling.p99),
            ),
            must_in_time(
                "p99 of a message, attacked, against quiet",
                format!(
                    "{:?} of {} messages, {:?}",
                    attacked.p99, attacked.messages, quiet.p99
                ),
                attacked.messages > 0 && attacked.p99 <= quiet.p99 * 2,
            ),
            must(
                "memory for each reader",
                format!("{} KiB of {}", each / 1024, MAX_EACH / 1024),
                each <= MAX_EACH,
            ),
        ],
    })
}

/// Says so many long messages, a few at a time.
async fn say(herald: &mut Wire, messages: usize) -> Result<()> {
    let words = "x".repeat(WORDS);
    for _ in 0..messages {
        let said = json!({"room": "lobby", "body": words});
        herald.ok("send", said).await?;
        herald.take_events();
    }
    Ok(())
}

/// How a reader stops reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It hears, and says nothing.
    Native,
    /// It asks for pages first.
    Asking,
    /// It speaks IRC.
    Irc,
}

/// They come in, and from then on read nothing.
async fn come(server: &Snugd, count: u64) -> Result<Vec<TlsStream<TcpStream>>> {
    let native = client_config(server.fingerprint, ALPN)?;
    let irc = client_config(server.fingerprint, b"irc")?;
    let target = server.address;
    let mut readers = Vec::new();
    let mut under_way = JoinSet::new();
    for number in 0..count {
        if under_way.len() >= AT_ONCE
            && let Some(reader) = under_way.join_next().await
        {
            readers.push(reader??);
        }
        let (native, irc) = (Arc::clone(&native), Arc::clone(&irc));
        under_way.spawn(async move {
            let kind = match number % 3 {
                0 => Kind::Native,
                1 => Kind::Asking,
                _ => Kind::Irc,
            };
            let [.., high, low] = (number / FROM_AN_ADDRESS).to_be_bytes();
            let from = IpAddr::from([127, 40 + high, low, 1]);
            let stream = register(from, target, native, number).await?;
            match kind {
                Kind::Native => Ok(stream),
                Kind::Asking => ask(stream).await,
                Kind::Irc => {
                    drop(stream);
                    chat(from, target, irc, number).await
                }
            }
        });
    }
    while let Some(reader) = under_way.join_next().await {
        readers.push(reader??);
    }
    Ok(readers)
}

async fn connect(
    from: IpAddr,
    target: SocketAddr,
    config: Arc<ClientConfig>,
) -> Result<TlsStream<TcpStream>> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = timeout(PATIENCE, socket.connect(target)).await??;
    stream.set_nodelay(true)?;
    let name = ServerName::IpAddress(target.ip().into());
    let connecting = TlsConnector::from(config).connect(name, stream);
    Ok(timeout(PATIENCE, connecting).await??)
}

async fn register(
    from: IpAddr,
    target: SocketAddr,
    config: Arc<ClientConfig>,
    number: u64,
) -> Result<TlsStream<TcpStream>> {
    let mut stream = connect(from, target, config).await?;
    let who = json!({
        "id": 1, "do": "register", "name": format!("stalled{number}"), "password": PASSWORD,
    });
    say_line(&mut stream, &format!("{who}\n")).await?;
    until(&mut stream, "\"re\":1,\"ok\"").await?;
    Ok(stream)
}

async fn ask(mut stream: TlsStream<TcpStream>) -> Result<TlsStream<TcpStream>> {
    let lines: Vec<_> = (2..ASKED + 2)
        .map(|id| format!("{{\"id\":{id},\"do\":\"read\",\"room\":\"lobby\",\"limit\":500}}\n"))
        .collect();
    let lines = lines.concat();
    // All of it is on its way, whether the server reads it or not.
    let _read_no_further = timeout(Duration::from_secs(1), say_line(&mut stream, &lines)).await;
    Ok(stream)
}

async fn chat(
    from: IpAddr,
    target: SocketAddr,
    config: Arc<ClientConfig>,
    number: u64,
) -> Result<TlsStream<TcpStream>> {
    let mut stream = connect(from, target, config).await?;
    let nick = format!("stalled{number}");
    let hello = format!("PASS :{nick}:{PASSWORD}\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n");
    say_line(&mut stream, &hello).await?;
    until(&mut stream, " 001 ").await?;
    Ok(stream)
}

async fn say_line(stream: &mut TlsStream<TcpStream>, line: &str) -> Result<()> {
    stream.write_all(line.as_bytes()).await?;
    Ok(stream.flush().await?)
}

/// Reads until this was said.
async fn until(stream: &mut TlsStream<TcpStream>, wanted: &str) -> Result<()> {
    let mut heard = String::new();
    let mut buffer = [0; 4096];
    while !heard.contains(wanted) {
        let read = timeout(PATIENCE, stream.read(&mut buffer))
            .await
            .with_context(|| format!("no {wanted} in {heard}"))??;
        if read == 0 {
            bail!("closed before {wanted}: {heard}");
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        heard.push_str(&String::from_utf8_lossy(bytes));
    }
    Ok(())
}
