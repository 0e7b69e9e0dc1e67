//! (c) From one's sending to another's screen: when it is quiet, against the disk's own sync time in the
//! same moments; and at the pace of (b) where no disk is waited for.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde_json::json;
use tokio::time::sleep;

use super::{Goal, Report, Round, fanout::Rooms, folder_beside_program, median};
use crate::{floor::sync::SyncFloor, load::Percentiles};

const MESSAGES: usize = 600;
/// Between two messages: long enough that nothing is gathered.
const PAUSE: Duration = Duration::from_millis(5);
const ROUNDS: usize = 3;

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let mut measured: [Vec<f64>; 6] = Default::default();
    for _ in 0..ROUNDS {
        let (latency, floor) = quiet().await?;
        let ms = |us: u32| f64::from(us) / 1000.0;
        let figures = [
            ms(latency.p50),
            ms(floor.p50),
            ms(latency.p99),
            ms(floor.p99),
            // Both goals as "what is left of the allowance": at most 1 is met.
            ms(latency.p50) / (2.0 * ms(floor.p50) + 1.0),
            ms(latency.p99) / (4.0 * ms(floor.p99) + 1.0),
        ];
        for (all, one) in measured.iter_mut().zip(figures) {
            all.push(one);
        }
    }
    let [p50, floor_p50, p99, floor_p99, of_p50, of_p99] = measured.map(median);
    report.add(
        "c",
        "quiet: send to another's screen, p50, ms",
        p50,
        Goal::None,
    );
    report.add(
        "c",
        "quiet: the disk's sync, p50, ms",
        floor_p50,
        Goal::None,
    );
    report.add(
        "c",
        "quiet: send to another's screen, p99, ms",
        p99,
        Goal::None,
    );
    report.add(
        "c",
        "quiet: the disk's sync, p99, ms",
        floor_p99,
        Goal::None,
    );
    report.add(
        "c",
        "quiet: p50, of 2 syncs and 1 ms",
        of_p50,
        Goal::AtMost(1.0),
    );
    report.add(
        "c",
        "quiet: p99, of 4 syncs and 1 ms",
        of_p99,
        Goal::AtMost(1.0),
    );
    for (name, arguments) in [
        ("--durability process", &["--durability", "process"][..]),
        ("ram rooms", &["--profile", "ephemeral"][..]),
    ] {
        let (p50, p99) = at_pace(arguments).await?;
        let what = format!("at the pace of (b), {name}: p50, ms");
        report.add("c", what, p50, Goal::None);
        let what = format!("at the pace of (b), {name}: p99, ms");
        report.add("c", what, p99, Goal::AtMost(1.5));
    }
    Ok(())
}

async fn quiet() -> Result<(Percentiles, Percentiles)> {
    let round = Round::start(&[]).await?;
    let folder = folder_beside_program()?;
    let mut floor = SyncFloor::new(folder.path())?;
    let mut sender = round.site.wire().await?;
    let mut reader = round.site.wire().await?;
    for (wire, name) in [(&mut sender, "ann"), (&mut reader, "bob")] {
        let who = json!({"name": name, "password": "correct horse battery"});
        wire.ok("register", who).await?;
    }
    let (mut latencies, mut syncs) = (Vec::new(), Vec::new());
    for _ in 0..MESSAGES {
        sleep(PAUSE).await;
        let sent = SystemTime::now();
        let id = sender
            .submit("send", json!({"room": "lobby", "body": "hi"}))
            .await?;
        let heard = reader.heard(|event| event["ev"] == "message").await?;
        latencies.push(micros(heard.at.duration_since(sent)?));
        sender
            .answer(id)
            .await?
            .map_err(|error| anyhow::anyhow!("{error:?}"))?;
        sleep(PAUSE).await;
        syncs.push(micros(floor.once()?));
    }
    Ok((Percentiles::of(&mut latencies), Percentiles::of(&mut syncs)))
}

async fn at_pace(arguments: &[&str]) -> Result<(f64, f64)> {
    let round = Round::start(arguments).await?;
    let rooms = Rooms::fill(&round).await?;
    let (mut half, mut most) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (mut tally, _) = rooms.paced(&round).await?;
        let times = Rooms::delivery_times(&mut tally);
        half.push(f64::from(times.p50) / 1000.0);
        most.push(f64::from(times.p99) / 1000.0);
    }
    Ok((median(half), median(most)))
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
