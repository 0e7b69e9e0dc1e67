//! (b) Fan-out: 10 rooms of 100 members. Paced, against the cheapest program that writes the same bytes
//! through the same TLS library; then as fast as it goes.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use super::{Goal, Report, Round, float, median, us_each};
use crate::{
    floor::fanout::{self, Fanout},
    load::{Member, Percentiles, Tally, body_of, forget, pace, register_many, tally_of},
};

pub(super) const ROOMS: usize = 10;
pub(super) const MEMBERS: usize = 100;
const BODY_BYTES: usize = 100;
/// Times 100 members: 50,000 deliveries a second.
const MESSAGES_PER_SECOND: u32 = 500;
const ROUNDS: usize = 7;
const LASTING: Duration = Duration::from_secs(3);
/// How many members of a room send as fast as they can, and how many messages each has in flight.
const SENDERS: usize = 4;
const IN_FLIGHT: usize = 32;

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let round = Round::counted(&[]).await?;
    let rooms = Rooms::fill(&round).await?;
    let before = round.calls()?;
    let (tally, _) = rooms.paced(&round).await?;
    let writes = (round.calls()? - before).socket_writes;
    let writes = float(writes) / float(tally.deliveries + tally.answers);
    drop((rooms, round));
    let round = Round::start(&[]).await?;
    let rooms = Rooms::fill(&round).await?;
    let (mut costs, mut floors, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (tally, cpu) = rooms.paced(&round).await?;
        let cost = us_each(cpu, tally.deliveries);
        let line = usize::try_from(tally.bytes / tally.deliveries.max(1))?;
        let floor = floor(line).await?;
        println!("    round: {cost:.2} µs a delivery, floor {floor:.2} µs, {line} bytes");
        costs.push(cost);
        floors.push(floor);
        ratios.push(cost / floor);
    }
    report.add(
        "b",
        "paced: write calls a line (a delivery or an answer)",
        writes,
        Goal::AtMost(1.0),
    );
    report.add(
        "b",
        "paced: server CPU of a delivery, µs",
        median(costs),
        Goal::None,
    );
    report.add(
        "b",
        "paced: floor's CPU of a delivery, µs",
        median(floors),
        Goal::None,
    );
    report.add(
        "b",
        "paced: CPU of a delivery, of the floor's",
        median(ratios),
        Goal::AtMost(1.3),
    );
    if std::env::var_os("PACED").is_some() {
        return Ok(());
    }
    let (mut a_core, mut a_second, mut lost) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let (tally, cpu, seconds) = rooms.saturated(&round).await?;
        a_core.push(float(tally.deliveries) / cpu.as_secs_f64());
        a_second.push(float(tally.deliveries) / seconds);
        lost += tally.lost + tally.repeated;
    }
    report.add(
        "b",
        "saturated: deliveries a second of wall time",
        median(a_second),
        Goal::None,
    );
    report.add(
        "b",
        "saturated: deliveries a second of server CPU",
        median(a_core),
        Goal::AtLeast(1e6),
    );
    report.add(
        "b",
        "saturated: lost or repeated",
        float(lost),
        Goal::AtMost(0.0),
    );
    Ok(())
}

async fn floor(line_bytes: usize) -> Result<f64> {
    fanout::measure(Fanout {
        rooms: u32::try_from(ROOMS)?,
        members: u32::try_from(MEMBERS)?,
        messages_per_second: MESSAGES_PER_SECOND,
        line_bytes,
        seconds: u32::try_from(LASTING.as_secs())?,
    })
    .await
}

/// Rooms with all their members in and reading.
pub(super) struct Rooms(Arc<Vec<Member>>);

impl Rooms {
    pub(super) async fn fill(round: &Round) -> Result<Self> {
        let members = register_many(&round.site, "reader", ROOMS * MEMBERS).await?;
        for (index, member) in members.iter().enumerate() {
            let room = json!({"room": room_of(index)});
            let what = if index < ROOMS { "create_room" } else { "join" };
            member.settle(what, room).await?;
        }
        // Who came in is told to all who were there; the last of it may still be under way.
        sleep(Duration::from_secs(1)).await;
        forget(&members);
        Ok(Self(Arc::new(members)))
    }

    /// Sends at the pace of 50,000 deliveries a second; nothing may be lost.
    pub(super) async fn paced(&self, round: &Round) -> Result<(Tally, Duration)> {
        forget(&self.0);
        let before = round.cpu()?;
        let members = &self.0;
        pace(MESSAGES_PER_SECOND, LASTING, async |number| {
            let index = usize::try_from(number)? % members.len();
            let message = json!({"room": room_of(index), "body": body_of(BODY_BYTES)});
            members[index].submit("send", message).await
        })
        .await?;
        let messages = u64::from(MESSAGES_PER_SECOND) * LASTING.as_secs();
        self.wait_for(messages * MEMBERS as u64).await?;
        let cpu = round.cpu_since(before)?;
        let tally = tally_of(&self.0);
        ensure!(tally.refusals == 0, "{} sends were refused", tally.refusals);
        ensure!(tally.lost + tally.repeated == 0, "the order was broken");
        Ok((tally, cpu))
    }

    async fn saturated(&self, round: &Round) -> Result<(Tally, Duration, f64)> {
        forget(&self.0);
        let before = round.cpu()?;
        let (began, end) = (Instant::now(), Instant::now() + LASTING);
        let mut senders = JoinSet::new();
        for index in 0..ROOMS * SENDERS {
            let members = Arc::clone(&self.0);
            members[index].widen(IN_FLIGHT);
            senders.spawn(async move {
                let mut sent = 0_u64;
                while Instant::now() < end {
                    let message = || json!({"room": room_of(index), "body": body_of(BODY_BYTES)});
                    members[index].submit_in_window("send", message).await?;
                    sent += 1;
                }
                // All permits back: every send is answered, and none is under way in the next round.
                members[index].narrow(IN_FLIGHT).await?;
                anyhow::Ok(sent)
            });
        }
        let mut messages = 0;
        while let Some(sender) = senders.join_next().await {
            messages += sender??;
        }
        self.wait_for(messages * MEMBERS as u64).await?;
        let seconds = began.elapsed().as_secs_f64();
        let cpu = round.cpu_since(before)?;
        let tally = tally_of(&self.0);
        ensure!(tally.refusals == 0, "{} sends were refused", tally.refusals);
        Ok((tally, cpu, seconds))
    }

    /// Waits until so many deliveries were counted; gives up when none comes any more.
    async fn wait_for(&self, deliveries: u64) -> Result<()> {
        let mut before = 0;
        loop {
            let heard = self.0.iter().map(|m| m.counted(|t| t.deliveries)).sum();
            if heard >= deliveries {
                return Ok(());
            }
            ensure!(heard > before, "{heard} deliveries of {deliveries} came");
            before = heard;
            // Longer than any pause of the server's or the machine's; the time is not counted as CPU.
            for _ in 0..50 {
                sleep(Duration::from_millis(100)).await;
                let now: u64 = self.0.iter().map(|m| m.counted(|t| t.deliveries)).sum();
                if now >= deliveries {
                    break;
                }
            }
        }
    }

    /// The times of the deliveries heard since they were last asked for.
    pub(super) fn delivery_times(tally: &mut Tally) -> Percentiles {
        Percentiles::of(&mut tally.delivery_us)
    }
}

fn room_of(index: usize) -> String {
    format!("hall{}", index % ROOMS)
}
