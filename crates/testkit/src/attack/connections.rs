//! 20,000 connections a second from 500 addresses, whose TLS is never finished.

use std::{
    io::{BufRead, BufReader, Write},
    net::{IpAddr, SocketAddr},
    os::unix::net::UnixStream,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;
use socket2::{Domain, SockAddr, Socket, Type};

use super::{Length, Row, decoy::Decoy, honest::Honest, must, must_in_time, server, told};
use crate::proc::{cpu_time, memory_bytes};

/// Connections a second, in all.
const RATE: u64 = 20_000;
/// Addresses that they come from.
const ADDRESSES: u64 = 500;
/// By then each has spent its budget, and is shut out.
const UNTIL_OUT: Duration = Duration::from_secs(6);
/// Threads that make them.
const THREADS: u64 = 2;
/// The server may cost so much more than accepting and closing, and slow others so much more, in tenths.
const TENTHS: u32 = 15;
/// More than this it must not grow, in bytes.
const MAX_GROWTH: u64 = 64 * 1024 * 1024;

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let lasts = match length {
        Length::Full => Duration::from_secs(20),
        Length::Short => Duration::from_secs(3),
    };
    let folder = crate::attack::folder()?;
    let data = folder.path().join("data");
    let server = server(&data)?;
    let mut honest = Honest::come(&server).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    honest.fared();
    let cpu_before = cpu_time(server.pid())?;
    tokio::time::sleep(lasts).await;
    let (quiet, quiet_cpu) = (honest.fared(), spent(server.pid(), cpu_before)?);

    let decoy = Decoy::start()?;
    let cpu_before = cpu_time(decoy.pid())?;
    let at_decoy = flood(decoy.address, lasts).await?;
    let decoy_cpu = spent(decoy.pid(), cpu_before)?;
    let beside_decoy = honest.fared();
    drop(decoy);

    let memory_before = memory_bytes(server.pid())?;
    // Until each has spent its budget, which is its right: what is measured is what they cost from then on.
    let begun = flood(server.address, UNTIL_OUT).await?;
    let spending = honest.fared();
    let control = data.join("control.sock");
    let refused_before = refused(&control)?;
    let cpu_before = cpu_time(server.pid())?;
    let at_server = flood(server.address, lasts).await?;
    let server_cpu = spent(server.pid(), cpu_before)?.saturating_sub(quiet_cpu);
    let attacked = honest.fared();
    let memory_after = memory_bytes(server.pid())?;
    let out = refused(&control)?.saturating_sub(refused_before);
    honest.go().await?;
    server.stop()?;

    let each = |cpu: Duration, made: u64| {
        let made = u32::try_from(made.max(1)).unwrap_or(u32::MAX);
        cpu.as_secs_f64() * 1e6 / f64::from(made)
    };
    let (of_decoy, of_server) = (each(decoy_cpu, at_decoy), each(server_cpu, at_server));
    let allowed = f64::from(TENTHS) / 10.0;
    let growth = memory_after.saturating_sub(memory_before);
    Ok(Row {
        attack: "20,000 connections a second from 500 addresses",
        figures: vec![
            told(
                "connections made at the decoy and at the server",
                format!("{at_decoy}, {at_server}"),
            ),
            told(
                "connections until all attackers had spent their budget",
                begun,
            ),
            must(
                "of those after it, refused",
                format!("{out} of {at_server}"),
                out >= at_server / 100 * 95,
            ),
            must(
                "honest people lost",
                attacked.lost,
                attacked.lost + spending.lost == 0,
            ),
            told(
                "p99 of a message while they spent it",
                format!("{:?}", spending.p99),
            ),
            told("p99 of a message, quiet", format!("{:?}", quiet.p99)),
            must_in_time(
                "p99 of a message, attacked, against the decoy attacked",
                format!(
                    "{:?} of {} messages, {:?}",
                    attacked.p99, attacked.messages, beside_decoy.p99
                ),
                attacked.p99 <= beside_decoy.p99 * TENTHS / 10,
            ),
            must(
                "CPU for each connection, against accepting and closing",
                format!("{of_server:.1} µs, {of_decoy:.1} µs"),
                of_server <= of_decoy * allowed,
            ),
            must(
                "memory grown",
                format!("{} KiB", growth / 1024),
                growth <= MAX_GROWTH,
            ),
        ],
    })
}

/// How many connections a server has refused, by its own count.
fn refused(control: &Path) -> Result<u64> {
    let mut control = UnixStream::connect(control)?;
    control.write_all(b"{\"do\":\"statistics\"}\n")?;
    let mut answer = String::new();
    BufReader::new(control).read_line(&mut answer)?;
    let answer: Value = serde_json::from_str(&answer)?;
    let counters = answer["ok"].as_str().context("no counters")?;
    let counters: Value = serde_json::from_str(counters)?;
    counters["refused"]
        .as_u64()
        .context("no count of those refused")
}

/// CPU time that a process has spent since it had spent this.
fn spent(pid: u32, before: Duration) -> Result<Duration> {
    Ok(cpu_time(pid)?.saturating_sub(before))
}

/// Connects as fast as it was told to for so long; how many connections it made.
async fn flood(target: SocketAddr, lasts: Duration) -> Result<u64> {
    let made = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (made, over) = (Arc::clone(&made), Arc::clone(&over));
            thread::spawn(move || connect(target, thread, &made, &over))
        })
        .collect();
    tokio::time::sleep(lasts).await;
    over.store(true, Ordering::Relaxed);
    let joined = tokio::task::spawn_blocking(move || {
        for thread in threads {
            let _ended = thread.join();
        }
    });
    joined.await?;
    Ok(made.load(Ordering::Relaxed))
}

fn connect(target: SocketAddr, thread: u64, made: &AtomicU64, over: &AtomicBool) {
    let began = Instant::now();
    let mut count: u64 = 0;
    while !over.load(Ordering::Relaxed) {
        let due = Duration::from_micros(count * THREADS * 1_000_000 / RATE);
        if let Some(early) = due.checked_sub(began.elapsed()) {
            thread::sleep(early);
        }
        let number = (count * THREADS + thread) % ADDRESSES;
        count += 1;
        if one(attacker(number), target).is_ok() {
            made.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One of the attackers' addresses, each in a /24 of its own.
pub(crate) fn attacker(number: u64) -> IpAddr {
    let [.., high, low] = number.to_be_bytes();
    IpAddr::from([127, 20 + high, low, 1])
}

/// Connects and goes away without a word, leaving nothing behind in the system.
fn one(from: IpAddr, target: SocketAddr) -> std::io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_linger(Some(Duration::ZERO))?;
    socket.bind(&SockAddr::from(SocketAddr::new(from, 0)))?;
    socket.connect_timeout(&SockAddr::from(target), Duration::from_secs(1))
}
