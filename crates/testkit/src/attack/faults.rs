//! The machine fails the server while people chat: a full disk, a clock that jumps, no more files to open.

pub mod clock;
pub mod descriptors;
pub mod disk;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Figure, honest::Answers, must};
use crate::{
    child::{Snugd, Start},
    driver::PASSWORD,
    proc::cpu_time_exact,
    wire::Wire,
};

/// A server as in the other attacks, that logs into a file and tells metrics.
struct Watched {
    start: Start,
    metrics: SocketAddr,
}

impl Watched {
    fn new(data: &Path, log: &Path) -> Result<Self> {
        // Free a moment ago, on an address that nobody else uses.
        let free = TcpListener::bind(("127.0.66.1", 0))?.local_addr()?;
        let start = Start::new(data)?
            .env("SNUG_TRUSTED", "")
            .env("SNUG_REGISTRATION", "open")
            .env("SNUG_METRICS", &free.to_string())
            .log_to(log);
        Ok(Self {
            start,
            metrics: free,
        })
    }

    /// What is at this path of the metrics.
    async fn get(&self, path: &str) -> Result<String> {
        let asking = async {
            let mut stream = TcpStream::connect(self.metrics).await?;
            let request = format!("GET {path} HTTP/1.1\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok(answer)
        };
        tokio::time::timeout(Duration::from_secs(10), asking).await?
    }

    /// A metric without labels.
    async fn metric(&self, name: &str) -> Result<u64> {
        let text = self.get("/metrics").await?;
        let mut lines = text.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.with_context(|| format!("no {name}"))?.parse()?)
    }

    /// Does it say of itself that it is well?
    async fn is_well(&self) -> bool {
        let answer = self.get("/health").await;
        answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

/// Somebody new registers, from an address of their own.
async fn newcomer(server: &Snugd, number: u8) -> Result<Wire> {
    let from = IpAddr::from([127, 12, number, 1]);
    let mut wire = Wire::connect_from(from, server.address, server.fingerprint).await?;
    let who = json!({"name": format!("newcomer{number}"), "password": PASSWORD});
    wire.ok("register", who).await?;
    Ok(wire)
}

/// Of what was acknowledged in the lobby: how much is not in its log, and how much stands there twice.
async fn lost_and_twice(reader: &mut Wire, answers: &Answers) -> Result<(usize, usize)> {
    let mut kept: HashMap<String, usize> = HashMap::new();
    let mut after = 0;
    loop {
        let page = json!({"room": "lobby", "after": after, "limit": 500});
        let page = reader.ok("read", page).await?;
        for event in page["events"].as_array().context("no events")? {
            after = event["seq"].as_u64().context("no seq")?;
            let body = event["body"].as_str().unwrap_or_default();
            *kept.entry(body.to_owned()).or_default() += 1;
        }
        if page["more"] != true {
            break;
        }
    }
    let said = answers.acknowledged.iter();
    let lost = said.filter(|body| !kept.contains_key(*body)).count();
    let twice = kept
        .iter()
        .filter(|(body, times)| !body.is_empty() && **times > 1);
    Ok((lost, twice.count()))
}

/// Nobody lost the connection, and nobody was refused anything.
fn lost_or_refused(lost: usize, answers: &Answers) -> Figure {
    must(
        "honest people lost, refused",
        format!("{lost}, {:?}", answers.refused),
        lost == 0 && answers.refused.is_empty(),
    )
}

/// What was acknowledged stands in the log once.
fn all_kept_once(lost: usize, twice: usize, answers: &Answers) -> Figure {
    must(
        "acknowledged and lost, kept twice",
        format!("{lost} and {twice} of {}", answers.acknowledged.len()),
        lost + twice == 0 && !answers.acknowledged.is_empty(),
    )
}

/// How many lines of a log hold these words.
pub(super) fn logged(log: &Path, words: &str) -> Result<usize> {
    let text = std::fs::read_to_string(log)?;
    Ok(text.lines().filter(|line| line.contains(words)).count())
}

/// How much of a core it takes for so long.
async fn busy(pid: u32, lasts: Duration) -> Result<f64> {
    let (before, began) = (cpu_time_exact(pid)?, Instant::now());
    tokio::time::sleep(lasts).await;
    let spent = cpu_time_exact(pid)?.saturating_sub(before);
    Ok(spent.as_secs_f64() / began.elapsed().as_secs_f64())
}
