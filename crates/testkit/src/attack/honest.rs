//! Honest people: they chat in the lobby, each from an address of their own, while something else goes on.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};

use crate::{child::Snugd, driver::PASSWORD, wire::Wire};

/// How many there are.
const PEOPLE: u8 = 20;
/// Each says something so often.
const EVERY: Duration = Duration::from_millis(500);

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
}

/// How they fared for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fared {
    pub(crate) p99: Duration,
    pub(crate) messages: usize,
    pub(crate) lost: usize,
}

impl Honest {
    /// They register, come in and begin to talk.
    pub(crate) async fn come(server: &Snugd) -> Result<Self> {
        let (stop, stopped) = watch::channel(());
        let heard: Arc<Mutex<Heard>> = Arc::default();
        let mut people = JoinSet::new();
        for number in 1..=PEOPLE {
            let from = IpAddr::from([127, 10, number, 1]);
            let mut wire = Wire::connect_from(from, server.address, server.fingerprint).await?;
            let who = json!({"name": format!("honest{number}"), "password": PASSWORD});
            wire.ok("register", who).await?;
            let (heard, stopped) = (Arc::clone(&heard), stopped.clone());
            people.spawn(talk(wire, number, heard, stopped));
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
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut took = std::mem::take(&mut heard.took);
        took.sort_unstable();
        let at = took.len().saturating_sub(1) * 99 / 100;
        Fared {
            p99: took.get(at).copied().unwrap_or(Duration::MAX),
            messages: took.len(),
            lost,
        }
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

async fn talk(
    mut wire: Wire,
    number: u8,
    heard: Arc<Mutex<Heard>>,
    mut stopped: watch::Receiver<()>,
) -> Result<()> {
    let mut count = 0;
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = stopped.changed() => return Ok(()),
            _ = ticks.tick() => {
                count += 1;
                let body = format!("{number}-{count}");
                let now = Instant::now();
                lock(&heard).said.insert(body.clone(), now);
                wire.submit("send", json!({"room": "lobby", "body": body})).await?;
            }
            read = wire.read() => {
                read.context("an honest person lost the connection")?;
                let now = Instant::now();
                let events = wire.take_events();
                let mut heard = lock(&heard);
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

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
