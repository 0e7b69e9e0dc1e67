//! 1,000 members who spam the lobby, each over ten connections: native, WebSocket and IRC.

mod counted;
mod spammer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use snug_engine::{Clock, SystemClock};
use snug_proto::Timestamp;
use tokio::{runtime::Handle, sync::watch, task::JoinSet};

use super::{
    Figure, Length, Row, Target, faults::logged, honest::Honest, must, must_in_time, told,
};
use crate::child::Start;
use counted::Counted;
use spammer::{Heard, Spammer};

/// They register so many at once.
const AT_ONCE: usize = 32;
/// By then the server has warned all of them three times: two pauses of five seconds, and half of that for what
/// comes between.
const KICKED_WITHIN: Duration = Duration::from_secs(15);
/// Each of the honest says something so often: what ten thousand connections in one room can all be told.
const EVERY: Duration = Duration::from_secs(4);
/// It is waited for so long until they are.
const PATIENCE: Duration = Duration::from_mins(1);
/// What they said before it may be on its way for so long.
const AFTERMATH: Duration = Duration::from_secs(1);
/// Of the lines after that so many are spam, in percent, at most.
const MAX_SPAM: usize = 5;
/// What the server logs of a kick.
const KICK: &str = "warned three times for talking too fast";
/// And so long a message of the honest takes at most, of a hundred ninety-nine.
const READABLE_WITHIN: Duration = Duration::from_secs(2);

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let (members, connections, goes_on) = match length {
        Length::Full => (1_000, 10, Duration::from_mins(1)),
        Length::Short => (20, 5, Duration::from_secs(3)),
    };
    let folder = crate::attack::folder()?;
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    // The pace as anybody has it.
    let server = Start::new(&data)?
        // But for the one who reads the whole log at the end.
        .env("SNUG_TRUSTED", &counted::FROM.to_string())
        .env("SNUG_REGISTRATION", "open")
        .env("SNUG_MESSAGES_PER_SECOND", "4")
        .log_to(&log)
        .run()?;
    let target = Target::from(&server);
    let mut honest = Honest::come_slowly(&server, EVERY).await?;
    let mouth = spammer::mouth()?;
    let spammers = come(target, members, connections, mouth.handle()).await?;
    honest.fared();
    tokio::time::sleep(2 * EVERY).await;
    let quiet = honest.fared();

    let (stop, stopped) = watch::channel(false);
    let mut spamming = JoinSet::new();
    let (began, ended) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut kicked_after = None;
    for spammer in spammers {
        spamming.spawn(spammer.go_on(stopped.clone(), Arc::clone(&ended)));
    }
    let all = usize::from(members) * connections;
    while ended.load(Ordering::Relaxed) < all && began.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if kicked_after.is_none() && logged(&log, KICK)? >= usize::from(members) {
            kicked_after = Some(began.elapsed());
        }
    }
    let ended_after = began.elapsed();
    let late = spammer::latest();
    let kicked_after = kicked_after.unwrap_or(ended_after);
    tokio::time::sleep(AFTERMATH).await;
    let until_kicked = honest.fared();
    let from_then = SystemClock.now();
    tokio::time::sleep(goes_on).await;
    let afterwards = honest.fared();
    stop.send_replace(true);
    let mut heard = Vec::new();
    while let Some(member) = spamming.join_next().await {
        heard.push(member?);
    }
    mouth.shutdown_background();
    let said = honest.said();
    let counted = counted::read(target).await?;
    honest.go().await?;
    server.stop()?;

    let lost = until_kicked.lost + afterwards.lost;
    let missing = said.iter().filter(|body| !counted.has(body)).count();
    let mut figures = vec![
        told(
            "members, connections of each",
            format!("{members}, {connections}"),
        ),
        must("honest people lost", lost, lost == 0),
        must(
            "messages of the honest that are not in the log",
            format!("{missing} of {}", said.len()),
            missing == 0 && !said.is_empty(),
        ),
    ];
    figures.extend(reproved(&heard, connections));
    figures.extend(slowed(&counted, ended_after, from_then));
    figures.extend([
        must_in_time(
            "all of them were kicked after; their connections had read to the end after",
            format!("{kicked_after:.1?}; {ended_after:.1?}"),
            kicked_after <= KICKED_WITHIN,
        ),
        told(
            "the longest that a spammer was late with its lines",
            format!("{late:.1?}"),
        ),
        told("p99 of a message, quiet", format!("{:?}", quiet.p99)),
        told(
            "p99 of a message until they are kicked",
            format!("{:?}", until_kicked.p99),
        ),
        must_in_time(
            "p99 of a message from then on",
            format!("{:?} of {}", afterwards.p99, afterwards.messages),
            afterwards.p99 <= READABLE_WITHIN,
        ),
    ]);
    Ok(Row {
        attack: "1,000 members spamming over 10 connections each, native, WebSocket and IRC",
        figures,
    })
}

/// They make their accounts and come in, over every front.
async fn come(
    target: Target,
    members: u16,
    connections: usize,
    mouth: &Handle,
) -> Result<Vec<Spammer>> {
    let mut coming = JoinSet::new();
    let mut come = Vec::new();
    for number in 0..members {
        if coming.len() >= AT_ONCE
            && let Some(spammer) = coming.join_next().await
        {
            come.push(spammer??);
        }
        coming.spawn(Spammer::come(target, number, connections, mouth.clone()));
    }
    while let Some(spammer) = coming.join_next().await {
        come.push(spammer??);
    }
    Ok(come)
}

/// What they were told, and that it ended all of their connections.
fn reproved(heard: &[Heard], connections: usize) -> Vec<Figure> {
    let count = |which: fn(&Heard) -> usize| heard.iter().filter(|of| which(of) > 0).count();
    let (warned, told_why) = (count(|of| of.warnings), count(|of| of.kicks));
    let ended = heard.iter().filter(|of| of.ended >= connections).count();
    let most = heard.iter().map(|of| of.warnings).max().unwrap_or(0);
    let all = heard.len();
    vec![
        must(
            "members warned",
            format!("{warned} of {all}"),
            warned == all,
        ),
        must(
            "warnings to one of them, over all of its connections",
            format!("{most} at most, 2 allowed"),
            most <= 2,
        ),
        must(
            "members kicked from all of their connections, and told why",
            format!("{} of {all}", ended.min(told_why)),
            ended == all && told_why == all,
        ),
    ]
}

/// How much they said, in all and each.
fn slowed(counted: &Counted, kicked_after: Duration, from_then: Timestamp) -> Vec<Figure> {
    // A burst, what IRC has waiting, four a second until the third warning, and one after each silence.
    let seconds = u32::try_from(kicked_after.as_secs()).unwrap_or(u32::MAX);
    let most = snug_rules::BURST + snug_rules::MAX_DELAYED + 4 * (seconds + 1) + 2;
    let of_one = counted.most_of_one();
    let (spam, honest) = counted.lines();
    let (later_spam, later_honest) = counted.lines_from(from_then);
    let share = later_spam * 100 / (later_spam + later_honest).max(1);
    vec![
        must(
            "lines of one member, over all of its connections",
            format!("{of_one}, at most {most}"),
            of_one > 0 && of_one <= most,
        ),
        told(
            "lines of spammers and of the honest in all",
            format!("{spam}, {honest}"),
        ),
        must(
            "spam among the lines once they were kicked",
            format!("{share} %: {later_spam} lines beside {later_honest}"),
            share <= MAX_SPAM && later_honest > 0,
        ),
    ]
}
