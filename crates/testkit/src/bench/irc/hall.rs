//! The rooms of one IRC server, with all their members in and reading: what is sent there, and what it
//! costs the server. Everything is bounded in time and in number.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{task::JoinSet, time::sleep};

use super::Transport;
use crate::{
    bench::float,
    load::{Chatter, Door, Percentiles, Tally, body_of, pace},
    proc::cpu_time,
};

pub(super) const PEOPLE: usize = ROOMS * MEMBERS;

const ROOMS: usize = 10;
const MEMBERS: usize = 100;
const BODY_BYTES: usize = 100;
/// Nobody hears their own words. Times 99 readers: 50,000 deliveries a second.
const MESSAGES_PER_SECOND: u32 = 505;
const LASTING: Duration = Duration::from_secs(4);
/// How many members of a room send as fast as they can, how many messages each writes at once, and how
/// many such bursts it has under way.
const SENDERS: usize = 4;
const BURST: usize = 32;
const BURSTS: usize = 2;
/// Clients that come in at the same time.
const AT_ONCE: usize = 32;

/// Whose rooms, and how one comes in.
#[derive(Debug, Clone)]
pub(super) struct Place {
    transport: Transport,
    pid: u32,
    password: Option<&'static str>,
    capabilities: &'static str,
}

/// The rooms.
pub(super) struct Hall {
    members: Arc<Vec<Chatter>>,
    prefix: String,
    pid: u32,
}

/// What the pace cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paced {
    /// The server's CPU time of a delivery.
    pub(super) cpu_us: f64,
    /// From sending to reading.
    pub(super) p99_ms: f64,
}

impl Place {
    /// On this process, with nothing asked for.
    pub(super) fn new(transport: Transport, pid: u32) -> Self {
        Self {
            transport,
            pid,
            password: None,
            capabilities: "",
        }
    }

    /// For accounts with this password, whose clients ask for these capabilities.
    pub(super) fn with(self, password: &'static str, capabilities: &'static str) -> Self {
        Self {
            password: Some(password),
            capabilities,
            ..self
        }
    }

    /// What its people's names begin with: short, since ngIRCd takes nine letters.
    pub(super) fn prefix(&self) -> String {
        let tagged = if self.capabilities.is_empty() {
            ""
        } else {
            "g"
        };
        match self.transport {
            Transport::Plain => format!("p{tagged}u"),
            Transport::Tls => format!("t{tagged}u"),
        }
    }
}

impl Hall {
    pub(super) async fn fill(door: &Door, place: &Place) -> Result<Self> {
        let prefix = place.prefix();
        let mut under_way = JoinSet::new();
        let mut members = Vec::with_capacity(PEOPLE);
        for index in 0..PEOPLE {
            if under_way.len() >= AT_ONCE
                && let Some(member) = under_way.join_next().await
            {
                members.push(member??);
            }
            let (door, place) = (door.clone(), place.clone());
            let nick = format!("{prefix}{index}");
            under_way.spawn(async move {
                let Place {
                    password,
                    capabilities,
                    ..
                } = place;
                let chatter = Chatter::connect(&door, &nick, password, capabilities).await?;
                anyhow::Ok((index, chatter))
            });
        }
        while let Some(member) = under_way.join_next().await {
            members.push(member??);
        }
        members.sort_by_key(|(index, _)| *index);
        let members: Vec<Chatter> = members.into_iter().map(|(_, chatter)| chatter).collect();
        for (index, member) in members.iter().enumerate() {
            let join = format!("JOIN {}\r\n", room_of(&prefix, index));
            member.settle(&join).await?;
        }
        // Who came in is told to all who were there; the last of it may still be under way.
        sleep(Duration::from_secs(1)).await;
        Ok(Self {
            members: Arc::new(members),
            prefix,
            pid: place.pid,
        })
    }

    /// Both measurements: what the pace cost, and the deliveries of a second as fast as it goes.
    pub(super) async fn turn(&self) -> Result<(Paced, f64)> {
        let paced = self.paced().await.context("paced")?;
        let a_second = self.saturated().await.context("saturated")?;
        Ok((paced, a_second))
    }

    /// Sends at the pace of 50,000 deliveries a second; nothing may be lost.
    async fn paced(&self) -> Result<Paced> {
        self.forget();
        let before = cpu_time(self.pid)?;
        let members = &self.members;
        let mut sent = 0;
        pace(MESSAGES_PER_SECOND, LASTING, async |number| {
            sent = number + 1;
            let index = usize::try_from(number)? % members.len();
            let line = self.line(index);
            members[index].write(&line).await
        })
        .await?;
        let mut tally = self.wait_for(sent).await?;
        let cpu = cpu_time(self.pid)?.saturating_sub(before);
        let times = Percentiles::of(&mut tally.delivery_us);
        Ok(Paced {
            cpu_us: cpu.as_secs_f64() * 1e6 / float(tally.deliveries),
            p99_ms: f64::from(times.p99) / 1e3,
        })
    }

    /// Sends as fast as the server answers; the deliveries of a second, until the last has come.
    async fn saturated(&self) -> Result<f64> {
        self.forget();
        let (began, end) = (Instant::now(), Instant::now() + LASTING);
        let mut senders = JoinSet::new();
        for index in 0..ROOMS * SENDERS {
            let (members, prefix) = (Arc::clone(&self.members), self.prefix.clone());
            senders.spawn(async move {
                let (mut sent, mut under_way) = (0, 0);
                while Instant::now() < end {
                    let mut burst: String = (0..BURST).map(|_| line_of(&prefix, index)).collect();
                    burst.push_str("PING :burst\r\n");
                    members[index].write(&burst).await?;
                    sent += BURST as u64;
                    under_way += 1;
                    if under_way >= BURSTS {
                        members[index].answered().await?;
                        under_way -= 1;
                    }
                }
                for _ in 0..under_way {
                    members[index].answered().await?;
                }
                anyhow::Ok(sent)
            });
        }
        let mut sent = 0;
        while let Some(sender) = senders.join_next().await {
            sent += sender??;
        }
        let tally = self.wait_for(sent).await?;
        Ok(float(tally.deliveries) / began.elapsed().as_secs_f64())
    }

    fn line(&self, index: usize) -> String {
        line_of(&self.prefix, index)
    }

    fn forget(&self) {
        for member in self.members.iter() {
            let _forgotten = member.tally();
        }
    }

    fn complaint(&self) -> Option<String> {
        self.members.iter().find_map(Chatter::complaint)
    }

    fn deliveries(&self) -> u64 {
        self.members.iter().map(Chatter::deliveries).sum()
    }

    /// Waits until all of so many messages were heard; gives up when nothing comes any more.
    async fn wait_for(&self, messages: u64) -> Result<Tally> {
        let expected = messages * (MEMBERS as u64 - 1);
        let mut patience = Patience::new();
        while self.deliveries() < expected {
            let heard = self.deliveries();
            ensure!(!self.members.iter().any(Chatter::is_closed), "it hung up");
            patience
                .with(heard)
                .with_context(|| format!("{heard} deliveries of {expected} came"))
                .with_context(|| format!("refused: {:?}", self.complaint()))?;
            sleep(Duration::from_millis(2)).await;
        }
        let mut whole = Tally::default();
        for member in self.members.iter() {
            whole.add(member.tally());
        }
        ensure!(whole.deliveries == expected, "some came twice");
        ensure!(whole.refusals == 0, "{} lines were refused", whole.refusals);
        Ok(whole)
    }
}

/// Longer than any pause of a server's or the machine's.
struct Patience {
    heard: u64,
    since: Instant,
}

impl Patience {
    fn new() -> Self {
        Self {
            heard: 0,
            since: Instant::now(),
        }
    }

    fn with(&mut self, heard: u64) -> Result<()> {
        if heard > self.heard {
            *self = Self {
                heard,
                since: Instant::now(),
            };
        }
        let still = self.since.elapsed() < Duration::from_secs(10);
        ensure!(still, "and then nothing more");
        Ok(())
    }
}

fn room_of(prefix: &str, index: usize) -> String {
    format!("#{prefix}{}", index % ROOMS)
}

fn line_of(prefix: &str, index: usize) -> String {
    let room = room_of(prefix, index);
    format!("PRIVMSG {room} :{}\r\n", body_of(BODY_BYTES))
}
