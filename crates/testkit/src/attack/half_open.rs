//! 10,000 connections that begin a handshake and do not end it: silent ones, and ones that say a byte a
//! second.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Length, Row, connections::attacker, honest::Honest, must, must_in_time, server, told};
use crate::{proc::memory_bytes, wire::dial};

/// Addresses that they come from.
const ADDRESSES: u64 = 500;
/// The start of a `ClientHello`, said a byte at a time.
const HELLO: [u8; 11] = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3];
/// The last of them is closed so long after its beginning at the latest.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);
/// More than this the server must not grow, in bytes.
const MAX_GROWTH: u64 = 128 * 1024 * 1024;

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let (count, watched) = match length {
        Length::Full => (10_000, Duration::from_secs(10)),
        Length::Short => (2_000, Duration::from_secs(3)),
    };
    let folder = crate::attack::folder()?;
    let server = server(&folder.path().join("data"))?;
    let mut honest = Honest::come(&server).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    honest.fared();
    tokio::time::sleep(watched).await;
    let quiet = honest.fared();
    let memory_before = memory_bytes(server.pid())?;
    let mut attackers = tokio::task::JoinSet::new();
    let mut made: u64 = 0;
    for number in 0..count {
        let from = attacker(number % ADDRESSES);
        if let Ok(stream) = dial(Some(from), server.address).await {
            made += 1;
            attackers.spawn(hold(stream, number % 2 == 0));
        }
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let growth = memory_bytes(server.pid())?.saturating_sub(memory_before);
    let mut longest = Duration::ZERO;
    while let Some(held) = attackers.join_next().await {
        longest = longest.max(held?);
    }
    let attacked = honest.fared();
    honest.go().await?;
    server.stop()?;
    Ok(Row {
        attack: "10,000 half-open and slow connections",
        figures: vec![
            told("connections made", made),
            must("honest people lost", attacked.lost, attacked.lost == 0),
            must_in_time(
                "p99 of a message, attacked, against quiet",
                format!("{:?}, {:?}", attacked.p99, quiet.p99),
                attacked.p99 <= quiet.p99 * 2,
            ),
            must(
                "the longest was held",
                format!("{longest:?}"),
                longest <= CLOSED_WITHIN,
            ),
            must(
                "memory grown",
                format!("{} KiB", growth / 1024),
                growth <= MAX_GROWTH,
            ),
        ],
    })
}

/// Holds a connection until the server closes it; how long that took.
async fn hold(mut stream: TcpStream, silent: bool) -> Duration {
    let began = Instant::now();
    let mut bytes = HELLO.iter();
    loop {
        let mut answer = [0; 256];
        let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut answer)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            return began.elapsed();
        }
        if !silent
            && let Some(byte) = bytes.next()
            && stream.write_all(&[*byte]).await.is_err()
        {
            return began.elapsed();
        }
        if began.elapsed() > 2 * CLOSED_WITHIN {
            return began.elapsed();
        }
    }
}
