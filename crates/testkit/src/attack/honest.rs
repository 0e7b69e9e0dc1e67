//! Honest people: they chat in the lobby, each from an address of their own, while something else goes on. They
//! run on a thread of their own, so that what attackers do in this program delays none of them.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    task::JoinSet,
};

use super::Target;
use crate::{
    child::Snugd,
    cores::{Side, go_to},
    driver::PASSWORD,
    wire::Wire,
};

/// How many there are.
pub(crate) const PEOPLE: u8 = 20;
/// Each says something so often.
const EVERY: Duration = Duration::from_millis(500);
/// The second number of their addresses, if nothing else is said.
pub(crate) const NETWORK: u8 = 10;

/// What the honest people run on.
pub(crate) fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if RUNTIME.get().is_none() {
        let apart = Builder::new_multi_thread()
            .worker_threads(1)
            .on_thread_start(|| drop(go_to(Side::Honest)))
            .enable_all()
            .build()?;
        // Two tests at once: the second one's is not used.
        if let Err(unused) = RUNTIME.set(apart) {
            unused.shutdown_background();
        }
    }
    RUNTIME.get().context("no runtime for the honest people")
}

/// What this one of them is called.
pub(crate) fn name(network: u8, number: u8) -> String {
    format!("honest{network}x{number}")
}

/// They are here, and talk.
pub(crate) struct Honest {
    people: JoinSet<Result<()>>,
    stop: watch::Sender<()>,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    said: HashMap<String, Instant>,
    /// From saying to hearing, of every message at every person.
    took: Vec<Duration>,
    answers: Answers,
}

/// What they were answered since they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    /// What they said and was acknowledged.
    pub(crate) acknowledged: Vec<String>,
    /// How often they were refused, by the error's code.
    pub(crate) refused: BTreeMap<String, usize>,
}

/// How they fared for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fared {
    pub(crate) p99: Duration,
    pub(crate) messages: usize,
    pub(crate) lost: usize,
}

impl Honest {
    /// They register, come in and begin to talk in the lobby.
    pub(crate) async fn come(server: &Snugd) -> Result<Self> {
        Self::come_into(server, "lobby", NETWORK).await
    }

    /// The same, but each of them says something only so often.
    pub(crate) async fn come_slowly(server: &Snugd, every: Duration) -> Result<Self> {
        Self::come_so(server, "lobby", NETWORK, every).await
    }

    /// The same in this room, which is open; from addresses whose second number is this.
    pub(crate) async fn come_into(server: &Snugd, room: &str, network: u8) -> Result<Self> {
        Self::come_so(server, room, network, EVERY).await
    }

    async fn come_so(server: &Snugd, room: &str, network: u8, every: Duration) -> Result<Self> {
        let (stop, stopped) = watch::channel(());
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let mut people = JoinSet::new();
        for number in 1..=PEOPLE {
            let name = name(network, number);
            let coming = come_in(server.into(), network, number, room.to_owned());
            let wire = runtime()?.spawn(coming).await??;
            let (heard, stopped) = (Arc::clone(&heard), stopped.clone());
            let talker = Talker {
                wire,
                room: room.to_owned(),
                name,
                every,
            };
            let talking = talker.talk(heard, stopped);
            people.spawn_on(talking, runtime()?.handle());
        }
        Ok(Self {
            people,
            stop,
            heard,
        })
    }

    /// How they fared since the last time this was asked.
    pub(crate) fn fared(&mut self) -> Fared {
        let mut lost = 0;
        while self.people.try_join_next().is_some() {
            lost += 1;
        }
        let mut heard = lock(&self.heard);
        let mut took = std::mem::take(&mut heard.took);
        took.sort_unstable();
        let at = took.len().saturating_sub(1) * 99 / 100;
        Fared {
            p99: took.get(at).copied().unwrap_or(Duration::MAX),
            messages: took.len(),
            lost,
        }
    }

    /// What they were answered since they came.
    pub(crate) fn answers(&self) -> Answers {
        lock(&self.heard).answers.clone()
    }

    /// What they have said up to a moment ago; what they say now may be on its way.
    pub(crate) fn said(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let long_ago = |(_, at): &(&String, &Instant)| at.elapsed() > 2 * EVERY;
        let said = heard.said.iter().filter(long_ago);
        said.map(|(body, _)| body.clone()).collect()
    }

    /// They go.
    pub(crate) async fn go(mut self) -> Result<()> {
        self.stop.send_replace(());
        while let Some(left) = self.people.join_next().await {
            left??;
        }
        Ok(())
    }
}

async fn come_in(server: Target, network: u8, number: u8, room: String) -> Result<Wire> {
    let from = IpAddr::from([127, network, number, 1]);
    let mut wire = Wire::connect_from(from, server.address, server.fingerprint).await?;
    let who = json!({"name": name(network, number), "password": PASSWORD});
    wire.ok("register", who).await?;
    if room != "lobby" {
        wire.ok("join", json!({"room": room})).await?;
    }
    Ok(wire)
}

/// One of them, and what they do.
struct Talker {
    wire: Wire,
    room: String,
    name: String,
    every: Duration,
}

impl Talker {
    async fn talk(self, heard: Arc<Mutex<Heard>>, mut stopped: watch::Receiver<()>) -> Result<()> {
        let Self {
            mut wire,
            room,
            name,
            every,
        } = self;
        let mut count = 0;
        let mut asked = HashMap::new();
        let mut ticks = tokio::time::interval(every);
        loop {
            tokio::select! {
                _ = stopped.changed() => return Ok(()),
                _ = ticks.tick() => {
                    count += 1;
                    let body = format!("{name}-{count}");
                    let now = Instant::now();
                    lock(&heard).said.insert(body.clone(), now);
                    let id = wire.submit("send", json!({"room": room, "body": body})).await?;
                    asked.insert(id, body);
                }
                read = wire.read() => {
                    read.context("an honest person lost the connection")?;
                    let now = Instant::now();
                    let (events, answers) = (wire.take_events(), wire.take_answers());
                    let mut heard = lock(&heard);
                    for (id, answer) in answers {
                        let body = asked.remove(&id).context("an answer to nothing")?;
                        match answer {
                            Ok(_) => heard.answers.acknowledged.push(body),
                            Err(error) => *heard.answers.refused.entry(error.code).or_default() += 1,
                        }
                    }
                    for event in events {
                        let body = event.event["body"].as_str().unwrap_or_default();
                        if let Some(said) = heard.said.get(body).copied() {
                            heard.took.push(now - said);
                        }
                    }
                }
            }
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
