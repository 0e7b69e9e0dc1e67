//! (a) Durable sends: 64 accounts, each with 4 in flight in a room of its own, against a program that
//! only inserts the same rows in batches of the same size.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{Goal, Report, Round, float, folder_beside_program, median, us_each};
use crate::{
    floor::rows,
    load::{Percentiles, body_of, forget, register_many, tally_of},
};

const ACCOUNTS: u32 = 64;
const IN_FLIGHT: usize = 4;
const BODY_BYTES: usize = 100;
const ROUNDS: usize = 3;
pub(super) const LASTING: Duration = Duration::from_secs(4);

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let (mut rates, mut floors, mut cpu_ratios, mut batches) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut ratios = Vec::new();
    let mut waits = Vec::new();
    for _ in 0..ROUNDS {
        let batch = batch().await?;
        let sent = in_round(&Round::start(&[]).await?).await?;
        let floor = floor(batch).await?;
        rates.push(sent.a_second);
        floors.push(floor.a_second);
        ratios.push(sent.a_second / floor.a_second);
        cpu_ratios.push(sent.cpu_us / floor.cpu_us);
        batches.push(batch);
        waits.push(f64::from(sent.wait.p50) / 1000.0);
        println!(
            "    round: {:.0}/s at {:.1} µs CPU; floor {:.0}/s at {:.1} µs; batches of {:.0}; p99 {} µs",
            sent.a_second, sent.cpu_us, floor.a_second, floor.cpu_us, batch, sent.wait.p99
        );
    }
    report.add(
        "a",
        "acknowledged messages a second",
        median(rates),
        Goal::None,
    );
    report.add(
        "a",
        "floor: rows a second by rusqlite alone",
        median(floors),
        Goal::None,
    );
    report.add("a", "messages in a commit", median(batches), Goal::None);
    report.add(
        "a",
        "acknowledged after, p50, ms",
        median(waits),
        Goal::None,
    );
    report.add(
        "a",
        "rate, of the floor's",
        median(ratios),
        Goal::AtLeast(0.4),
    );
    report.add(
        "a",
        "server CPU of a message, of the floor's of a row",
        median(cpu_ratios),
        Goal::AtMost(3.0),
    );
    Ok(())
}

struct Sent {
    a_second: f64,
    cpu_us: f64,
    answers: u64,
    wait: Percentiles,
}

/// Messages acknowledged in a second by a server on this folder.
pub(super) async fn a_second(folder: TempDir) -> Result<f64> {
    let round = Round::start_in(folder, &[]).await?;
    Ok(in_round(&round).await?.a_second)
}

/// Messages in a commit of a server whose calls are counted.
async fn batch() -> Result<f64> {
    let round = Round::counted(&[]).await?;
    let before = round.calls()?;
    let sent = in_round(&round).await?;
    let syncs = (round.calls()? - before).syncs;
    Ok(float(sent.answers) / float(syncs.max(1)))
}

async fn in_round(round: &Round) -> Result<Sent> {
    let members = register_many(&round.site, "sender", ACCOUNTS as usize).await?;
    for (index, member) in members.iter().enumerate() {
        let room = json!({"room": format!("own{index}")});
        member.settle("create_room", room).await?;
        member.widen(IN_FLIGHT);
    }
    forget(&members);
    let before = round.cpu()?;
    let (began, end) = (Instant::now(), Instant::now() + LASTING);
    let mut senders = JoinSet::new();
    let members = std::sync::Arc::new(members);
    for index in 0..members.len() {
        let members = std::sync::Arc::clone(&members);
        senders.spawn(async move {
            let room = format!("own{index}");
            while Instant::now() < end {
                let message = || json!({"room": room, "body": body_of(BODY_BYTES)});
                members[index].submit_in_window("send", message).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(sender) = senders.join_next().await {
        sender??;
    }
    let mut tally = tally_of(&members);
    let seconds = began.elapsed().as_secs_f64();
    let cpu = round.cpu_since(before)?;
    ensure!(tally.refusals == 0, "{} sends were refused", tally.refusals);
    ensure!(tally.lost + tally.repeated == 0, "the order was broken");
    Ok(Sent {
        a_second: float(tally.answers) / seconds,
        cpu_us: us_each(cpu, tally.answers),
        answers: tally.answers,
        wait: Percentiles::of(&mut tally.answer_us),
    })
}

async fn floor(batch: f64) -> Result<rows::RowsFloor> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a batch is a small positive number"
    )]
    let batch = (batch.round() as u32).max(1);
    let work = move || {
        let folder = folder_beside_program()?;
        rows::measure(folder.path(), ACCOUNTS, batch, BODY_BYTES, LASTING)
    };
    tokio::task::spawn_blocking(work).await?
}
