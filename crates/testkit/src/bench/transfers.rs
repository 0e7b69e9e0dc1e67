//! (i) Transfers of credits against durable sends: 64 accounts, each with 4 in flight; each pays the owner,
//! or sends into a room of its own. Both are one durable row an answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Goal, Report, Round, float, median, us_each};
use crate::load::{Member, body_of, forget, register_many, tally_of};

const ACCOUNTS: usize = 64;
const IN_FLIGHT: usize = 4;
const ROUNDS: usize = 3;
const LASTING: Duration = Duration::from_secs(3);

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let (mut paid, mut ratios, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (transfers, cpu_us) = round(
            "transfer",
            |index| json!({"person": format!("payer{}", (index + 1) % ACCOUNTS), "amount": 1}),
        )
        .await?;
        let (sends, _) = round(
            "send",
            |index| json!({"room": format!("own{index}"), "body": body_of(100)}),
        )
        .await?;
        println!("    round: {transfers:.0} transfers/s at {cpu_us:.1} µs CPU; {sends:.0} sends/s");
        paid.push(transfers);
        ratios.push(transfers / sends);
        cpu.push(cpu_us);
    }
    report.add("i", "transfers a second", median(paid), Goal::None);
    report.add("i", "rate, of that of sends", median(ratios), Goal::None);
    report.add("i", "server CPU of a transfer, µs", median(cpu), Goal::None);
    Ok(())
}

/// Answers a second to this request, and the server's CPU for each in microseconds.
async fn round(
    what: &'static str,
    request: impl Fn(usize) -> Value + Send + Sync + 'static,
) -> Result<(f64, f64)> {
    let round = Round::start(&[]).await?;
    let members = register_many(&round.site, "payer", ACCOUNTS).await?;
    let mut owner = round.site.wire().await?;
    let who = json!({"name": "owner", "password": "correct horse battery"});
    owner.ok("sign_in", who).await?;
    owner.ok("server", json!({"credits": true})).await?;
    for (index, member) in members.iter().enumerate() {
        let grant = json!({"person": format!("payer{index}"), "amount": 1_000_000});
        owner.ok("grant", grant).await?;
        let room = json!({"room": format!("own{index}")});
        member.settle("create_room", room).await?;
        member.widen(IN_FLIGHT);
    }
    drop(owner);
    forget(&members);
    let before = round.cpu()?;
    let (began, end) = (Instant::now(), Instant::now() + LASTING);
    let (members, request) = (Arc::new(members), Arc::new(request));
    let mut asking = JoinSet::new();
    for index in 0..members.len() {
        let (members, request) = (Arc::clone(&members), Arc::clone(&request));
        asking.spawn(ask_on(members, index, what, request, end));
    }
    while let Some(asked) = asking.join_next().await {
        asked??;
    }
    let tally = tally_of(&members);
    let seconds = began.elapsed().as_secs_f64();
    let spent = round.cpu_since(before)?;
    ensure!(tally.refusals == 0, "{} were refused", tally.refusals);
    Ok((
        float(tally.answers) / seconds,
        us_each(spent, tally.answers),
    ))
}

async fn ask_on(
    members: Arc<Vec<Member>>,
    index: usize,
    what: &'static str,
    request: Arc<impl Fn(usize) -> Value>,
    end: Instant,
) -> Result<()> {
    while Instant::now() < end {
        if let Some(member) = members.get(index) {
            member.submit_in_window(what, || request(index)).await?;
        }
    }
    Ok(())
}
