//! The load generator: many bare clients in one process, each reading all the time, some sending.

mod chatter;
mod irc_reader;
mod member;
mod reader;
mod tally;

pub use chatter::{Chatter, Door};
pub use member::{Member, PASSWORD, Site};
pub use reader::body_of;
pub use tally::{Percentiles, Tally};

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use tokio::{task::JoinSet, time::sleep_until};

/// Sets up at most so many members at once: more would only wait in the server's queue for passwords.
const AT_ONCE: usize = 32;

/// Microseconds since 1970: what the load generator stamps requests and bodies with.
pub fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(now.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

/// Members `prefix0` … each registered over a connection of its own, in the lobby; the one of number `n` is
/// the `n`th of them.
pub async fn register_many(site: &Site, prefix: &str, number: usize) -> Result<Vec<Member>> {
    let mut members = Vec::with_capacity(number);
    let mut under_way = JoinSet::new();
    for index in 0..number {
        if under_way.len() >= AT_ONCE
            && let Some(member) = under_way.join_next().await
        {
            members.push(member??);
        }
        let (site, name) = (site.clone(), format!("{prefix}{index}"));
        under_way.spawn(async move {
            let member = Member::register(&site, &name).await?;
            anyhow::Ok((index, member))
        });
    }
    while let Some(member) = under_way.join_next().await {
        members.push(member??);
    }
    // They come back in the order in which they were let in.
    members.sort_by_key(|(index, _)| *index);
    Ok(members.into_iter().map(|(_, member)| member).collect())
}

/// What all of them counted since they were last asked to forget.
pub fn tally_of(members: &[Member]) -> Tally {
    let mut whole = Tally::default();
    for member in members {
        whole.add(member.tally());
    }
    whole
}

/// Forgets what was counted; the order of events goes on being checked.
pub fn forget(members: &[Member]) {
    for member in members {
        let _forgotten = member.tally();
    }
}

/// Calls `act` with 0, 1, 2 … at an even pace for so long. A call that comes late is made at once, so the
/// number of calls is right even if the machine paused.
pub async fn pace(
    a_second: u32,
    lasting: Duration,
    mut act: impl AsyncFnMut(u64) -> Result<()>,
) -> Result<()> {
    let began = Instant::now();
    let step = Duration::from_secs(1) / a_second;
    let mut number = 0_u32;
    loop {
        let due = step * number;
        if due >= lasting {
            return Ok(());
        }
        sleep_until((began + due).into()).await;
        act(u64::from(number)).await?;
        number += 1;
    }
}
