//! An endless line, garbage, broken TLS, HTTP, deeply nested JSON, bytes that are no UTF-8, replayed bytes.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::{Length, Row, honest::Honest, must, must_in_time, server, told};
use crate::{
    child::Snugd,
    pinned::client_config,
    proc::memory_bytes,
    wire::{ALPN, connect_tls_from, dial},
};

/// More than this the server must not grow, in bytes.
const MAX_GROWTH: u64 = 32 * 1024 * 1024;
/// All of it ends after so long, however much was sent.
const AT_MOST: Duration = Duration::from_mins(2);
/// Bytes at a time.
const CHUNK: usize = 64 * 1024;

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    // So many bytes in all, of each kind from so many addresses at most: each is shut out before long.
    let (bytes, addresses, watched): (usize, _, _) = match length {
        Length::Full => (1 << 30, 30, Duration::from_secs(10)),
        Length::Short => (1 << 27, 1, Duration::from_secs(3)),
    };
    let folder = crate::attack::folder()?;
    let data = folder.path().join("data");
    let server = server(&data)?;
    let mut honest = Honest::come(&server).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    honest.fared();
    tokio::time::sleep(watched).await;
    let quiet = honest.fared();
    let memory_before = memory_bytes(server.pid())?;
    let nested = [
        b"{\"id\":1,\"do\":\"ping\",\"x\":".to_vec(),
        vec![b'['; 60_000],
        b"\n".to_vec(),
    ];
    let lines: [(u8, Vec<u8>); 4] = [
        (1, vec![b'x'; CHUNK]),
        (2, b"{\"id\":1,\"do\":\xff\xfe\"ping\"}\n".repeat(500)),
        (3, nested.concat()),
        (4, b"{\"id\":1,\"do\":\"dance\"}\n\0\x01\x02\n".repeat(500)),
    ];
    let began = Instant::now();
    let mut attackers = Attackers {
        server: &server,
        addresses,
        until: began + AT_MOST,
        used: 0,
        memory: memory_before,
        sent: 0,
    };
    for (number, line) in lines {
        attackers.within_tls(number, &line, bytes / 4).await?;
    }
    for (number, junk) in [
        (5, vec![0xa5; CHUNK]),
        (6, b"GET / HTTP/1.1\r\nX: y\r\n".repeat(2000)),
        (7, [&[22, 3, 1, 0xff, 0xff][..], &vec![0; CHUNK]].concat()),
        (8, b"\x16\x03\x01\x00\x05hello".repeat(2000)),
    ] {
        attackers.in_the_open(number, &junk, bytes / 16).await?;
    }
    attackers.look()?;
    let (used, sent, took) = (attackers.used, attackers.sent, began.elapsed());
    let growth = attackers.memory.saturating_sub(memory_before);
    tokio::time::sleep(watched.saturating_sub(began.elapsed())).await;
    let attacked = honest.fared();
    honest.go().await?;
    server.stop()?;
    let report = std::fs::read_to_string(data.join("report.txt")).unwrap_or_default();
    let reported = report.matches("event=garbage").count();
    Ok(Row {
        attack: "garbage: endless lines, broken TLS, HTTP, nested JSON, no UTF-8",
        figures: vec![
            told(
                "bytes that were taken",
                format!("{} MiB in {took:.1?}", sent >> 20),
            ),
            must("honest people lost", attacked.lost, attacked.lost == 0),
            must_in_time(
                "p99 of a message, attacked, against quiet",
                format!("{:?}, {:?}", attacked.p99, quiet.p99),
                attacked.p99 <= quiet.p99 * 2,
            ),
            must(
                "memory grown, at most",
                format!("{} KiB", growth / 1024),
                growth <= MAX_GROWTH,
            ),
            must(
                "report lines, and attackers",
                format!("{reported}, {used}"),
                (used..=2 * used).contains(&reported),
            ),
        ],
    })
}

/// Those who send garbage.
struct Attackers<'a> {
    server: &'a Snugd,
    /// So many for each kind of garbage, one after another.
    addresses: u8,
    /// It ends by then, however much was sent.
    until: Instant,
    /// So many came.
    used: usize,
    /// The most that the server held meanwhile.
    memory: u64,
    /// In bytes.
    sent: usize,
}

impl Attackers<'_> {
    /// Says this over and over on one connection after another, until so much was sent or all are shut out.
    async fn within_tls(&mut self, number: u8, line: &[u8], bytes: usize) -> Result<()> {
        let config = client_config(self.server.fingerprint, ALPN)?;
        let end = self.sent + bytes;
        for address in 0..self.addresses {
            if self.is_over(end) {
                break;
            }
            self.used += 1;
            // Until it is shut out.
            while Instant::now() < self.until {
                let from = Some(attacker(number, address));
                let connected = connect_tls_from(from, self.server.address, config.clone()).await;
                let Ok(stream) = connected else { break };
                self.sent += say_and_hear(stream, line, bytes).await;
            }
            self.look()?;
        }
        Ok(())
    }

    /// Says it on one connection after another, a part on each.
    async fn in_the_open(&mut self, number: u8, junk: &[u8], bytes: usize) -> Result<()> {
        const CONNECTIONS: usize = 40;
        let end = self.sent + bytes;
        let part = bytes / usize::from(self.addresses) / CONNECTIONS;
        for address in 0..self.addresses {
            if self.is_over(end) {
                break;
            }
            self.used += 1;
            for _ in 0..CONNECTIONS {
                let mut stream = dial(Some(attacker(number, address)), self.server.address).await?;
                let mut said = 0;
                while said < part {
                    let writing =
                        tokio::time::timeout(Duration::from_secs(5), stream.write_all(junk));
                    if !matches!(writing.await, Ok(Ok(()))) {
                        break;
                    }
                    said += junk.len();
                }
                self.sent += said;
                // Until it is closed: what was said last may not have been looked at.
                let mut answer = [0; 256];
                let reading =
                    async { while stream.read(&mut answer).await.is_ok_and(|read| read > 0) {} };
                let _closed = tokio::time::timeout(Duration::from_secs(5), reading).await;
            }
            self.look()?;
        }
        Ok(())
    }

    fn is_over(&self, end: usize) -> bool {
        self.sent >= end || Instant::now() > self.until
    }

    /// Looks at how much memory the server has.
    fn look(&mut self) -> Result<()> {
        self.memory = self.memory.max(memory_bytes(self.server.pid())?);
        Ok(())
    }
}

/// One of them, each in a /24 of its own.
fn attacker(number: u8, address: u8) -> IpAddr {
    IpAddr::from([127, 30 + number, address, 1])
}

/// Says this until so much was said or it is closed; how much was.
async fn say_and_hear(stream: TlsStream<TcpStream>, line: &[u8], bytes: usize) -> usize {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let reading = tokio::spawn(async move {
        let mut thrown_away = vec![0; CHUNK];
        while reader
            .read(&mut thrown_away)
            .await
            .is_ok_and(|read| read > 0)
        {}
    });
    let mut sent = 0;
    while sent < bytes {
        let writing = tokio::time::timeout(Duration::from_secs(5), writer.write_all(line));
        if !matches!(writing.await, Ok(Ok(()))) {
            break;
        }
        sent += line.len();
    }
    reading.abort();
    sent
}
