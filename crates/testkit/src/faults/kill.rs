//! `kill -9` under load, again and again, on one data folder.
//!
//! Seen to go red: with one in three transactions answered and not committed (acknowledged and gone, or a
//! hole in what a reader hears); with the retry keys kept from the store (a message stands twice); with a
//! page of the log delivered after a `follow` had moved the session back (a hole).

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rand::Rng;
use tokio::task::JoinSet;

use super::{
    site::{Crowd, read_logs, site_of, wait_for},
    witness::{Log, Witness},
};
use crate::child::{Snugd, Start};

const WRITERS: usize = 4;
const READERS: usize = 2;

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Killed {
    /// How often the server was killed.
    pub times: u32,
    /// Messages that clients saw acknowledged.
    pub acknowledged: usize,
    /// Messages in the logs.
    pub kept: usize,
}

/// Kills a server under load so many times, starts it again each time, and judges at the end.
pub async fn run(times: u32) -> Result<Killed> {
    let folder = tempfile::tempdir()?;
    let start = Start::new(&folder.path().join("data"))?;
    let mut server = begin(&start).await?;
    let mut crowd = Crowd::settle(&server, WRITERS, READERS).await?;
    for time in 0..times {
        crowd = under_load(server, crowd)
            .await
            .with_context(|| format!("kill {time}"))?;
        server = begin(&start).await?;
    }
    let site = site_of(&server)?;
    for writer in &mut crowd.writers {
        writer.finish(&site).await?;
    }
    let logs = read_logs(&site).await?;
    for reader in &mut crowd.readers {
        reader.read(site.clone(), Some(logs.clone())).await?;
    }
    let (acknowledged, heard): (Vec<_>, Vec<_>) = (
        crowd
            .writers
            .into_iter()
            .flat_map(|w| w.acknowledged)
            .collect(),
        crowd.readers.into_iter().map(|r| r.heard).collect(),
    );
    let killed = Killed {
        times,
        acknowledged: acknowledged.len(),
        kept: messages(&logs),
    };
    Witness {
        acknowledged,
        heard,
    }
    .judge(&logs, u64::MAX)?;
    // Everything was retried until it was answered: the log holds that and nothing else.
    ensure!(killed.kept == killed.acknowledged, "{killed:?}");
    let status = tokio::task::spawn_blocking(move || server.stop()).await??;
    ensure!(status.success(), "the server ended with {status}");
    Ok(killed)
}

/// Lets everybody write and read for a while, kills the server, and waits until all have noticed.
async fn under_load(server: Snugd, crowd: Crowd) -> Result<Crowd> {
    let site = site_of(&server)?;
    let answered = Arc::new(AtomicU64::new(0));
    let mut writing = JoinSet::new();
    for mut writer in crowd.writers {
        let (site, answered) = (site.clone(), Arc::clone(&answered));
        writing.spawn(async move { writer.write(site, &answered).await.map(|()| writer) });
    }
    let mut reading = JoinSet::new();
    for mut reader in crowd.readers {
        let site = site.clone();
        reading.spawn(async move { reader.read(site, None).await.map(|()| reader) });
    }
    // At any moment: sometimes in the middle of the first sends, sometimes later.
    let until = rand::thread_rng().gen_range(0..400);
    wait_for(&answered, until, Duration::from_secs(5)).await;
    tokio::task::spawn_blocking(move || server.kill()).await??;
    let mut crowd = Crowd {
        writers: Vec::new(),
        readers: Vec::new(),
    };
    while let Some(writer) = writing.join_next().await {
        crowd.writers.push(writer??);
    }
    while let Some(reader) = reading.join_next().await {
        crowd.readers.push(reader??);
    }
    Ok(crowd)
}

async fn begin(start: &Start) -> Result<Snugd> {
    let start = start.clone();
    tokio::task::spawn_blocking(move || start.run()).await?
}

fn messages(logs: &Log) -> usize {
    let events = logs.values().flatten();
    events.filter(|(_, body)| body.is_some()).count()
}
