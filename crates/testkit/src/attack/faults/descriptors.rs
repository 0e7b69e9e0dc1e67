//! No more files to open: the house full by connections that strangers hold, then a limit that is lower than
//! what is in use.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::{io::AsyncReadExt, net::TcpStream, task::JoinSet};

use super::{
    super::{Length, Row, honest::Honest, must, told},
    Watched, all_kept_once, busy, logged, lost_and_twice, lost_or_refused, newcomer,
};
use crate::wire::dial;

/// Files that the server may open.
const FILES: u64 = 256;
/// Addresses of the strangers.
const ADDRESSES: u8 = 16;
/// Each holds so many, silently: half of what one address may have unfinished.
const EACH: u8 = 16;
/// Processor time of one core that the server may take more than in quiet, in hundredths.
const MAX_BUSIER: f64 = 0.25;
/// By then somebody new must have come in after it is over.
const RECOVERS_WITHIN: Duration = Duration::from_secs(20);

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let lasts = match length {
        // Shorter than an unfinished handshake may take: after it the strangers are shut out.
        Length::Full => Duration::from_secs(8),
        Length::Short => Duration::from_secs(2),
    };
    let folder = crate::attack::folder()?;
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let watched = Watched::new(&data, &log)?;
    let server = watched.start.clone().open_files(FILES).run()?;
    let pid = server.pid();
    let mut honest = Honest::come(&server).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    honest.fared();
    let quiet_cpu = busy(pid, lasts).await?;
    let quiet = honest.fared();

    // Strangers take all there is.
    let mut strangers = JoinSet::new();
    for number in 0..ADDRESSES {
        for _ in 0..EACH {
            let from = IpAddr::from([127, 40, number, 1]);
            strangers.spawn(hold(from, server.address));
        }
    }
    until_full(&watched).await?;
    let full_cpu = busy(pid, lasts).await?;
    let full = honest.fared();
    let began = Instant::now();
    let refused = newcomer(&server, 1).await.is_err() && began.elapsed() < Duration::from_secs(5);
    let (well, turned_away) = (
        watched.is_well().await,
        watched.metric("snug_no_room_total").await?,
    );
    strangers.shutdown().await;
    let took = until_taken(2, &server).await?;

    // The limit falls below what is in use: the system itself refuses.
    let before = limit_files(pid, FILES / 8)?;
    let waits = dial(Some(IpAddr::from([127, 12, 100, 1])), server.address).await?;
    let short_cpu = busy(pid, lasts).await?;
    let short = honest.fared();
    limit_files(pid, before)?;
    drop(waits);
    let took = took.max(until_taken(3, &server).await?);

    let said = logged(&log, "no more connections can be taken")?;
    let answers = honest.answers();
    honest.go().await?;
    let (lost, twice) = lost_and_twice(&mut newcomer(&server, 4).await?, &answers).await?;
    let clean = server.stop()?.success();
    let lost_people = full.lost + short.lost;
    Ok(Row {
        attack: "out of file descriptors: 256, all taken; then fewer than in use",
        figures: vec![
            lost_or_refused(lost_people, &answers),
            told(
                "p99 of a message: quiet, house full, limit lowered",
                format!("{:?}, {:?}, {:?}", quiet.p99, full.p99, short.p99),
            ),
            must(
                "messages heard: quiet, house full, limit lowered",
                format!("{}, {}, {}", quiet.messages, full.messages, short.messages),
                full.messages > quiet.messages / 2 && short.messages > quiet.messages / 2,
            ),
            must("a newcomer is refused at once", refused, refused),
            must("the server says that it is well", well, well),
            told("turned away", turned_away),
            must(
                "of a core: quiet, house full, limit lowered",
                format!("{quiet_cpu:.3}, {full_cpu:.3}, {short_cpu:.3}"),
                full_cpu.max(short_cpu) <= quiet_cpu + MAX_BUSIER,
            ),
            must("lines of its log about it", said, (1..=2).contains(&said)),
            must(
                "until a newcomer was in again",
                format!("{took:?}"),
                took <= RECOVERS_WITHIN,
            ),
            all_kept_once(lost, twice, &answers),
            must("ended without an error", clean, clean),
        ],
    })
}

/// Connects and says nothing, again whenever it was closed.
async fn hold(from: IpAddr, server: SocketAddr) {
    loop {
        if let Ok(mut stream) = dial(Some(from), server).await {
            until_closed(&mut stream).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn until_closed(stream: &mut TcpStream) {
    let mut answer = [0; 64];
    while stream.read(&mut answer).await.is_ok_and(|read| read > 0) {}
}

/// Waits until somebody was turned away.
async fn until_full(watched: &Watched) -> Result<()> {
    let full = async {
        while watched.metric("snug_full").await? == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    let full = tokio::time::timeout(Duration::from_secs(30), full);
    full.await.context("there was always room")?
}

/// How long it takes until somebody new is in.
async fn until_taken(number: u8, server: &crate::child::Snugd) -> Result<Duration> {
    let began = Instant::now();
    loop {
        match newcomer(server, number).await {
            Ok(_) => return Ok(began.elapsed()),
            Err(error) if began.elapsed() > 2 * RECOVERS_WITHIN => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Lets a process open so many files from now on; how many it might until now.
fn limit_files(pid: u32, most: u64) -> Result<u64> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let of = rustix::process::getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: Some(most),
        maximum: of.maximum.map(|_| FILES),
    };
    let before = prlimit(pid, Resource::Nofile, limit)?;
    before.current.context("it might open any number")
}
