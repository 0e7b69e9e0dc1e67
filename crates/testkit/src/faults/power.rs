//! Loss of power (DECISIONS 33): what the server does to its files is recorded from outside; images that
//! hold only what was synced, and of the rest what chance leaves, are cut from the record; the real
//! server is started on each and judged by what clients had seen up to then.
//!
//! Seen to go red: with `--without-sync` (what `PRAGMA synchronous=OFF` does: accounts and acknowledged
//! messages gone, the database damaged); with one in three transactions answered and not committed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use tokio::task::JoinSet;

use super::{
    disk::{Disk, Left},
    recording::{self, Call, What},
    site::{Crowd, nanos, read_logs, site_of, wait_for},
    witness::Witness,
};
use crate::{
    child::{Snugd, Start},
    shim::Shim,
};

const WRITERS: usize = 4;
const READERS: usize = 2;
/// Servers that are started on images at the same time.
const AT_ONCE: usize = 3;

/// How a run is made.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Moments at which power is lost.
    pub cuts: usize,
    /// Messages to be acknowledged before the recording ends.
    pub messages: u64,
    /// The database is never synced.
    pub without_sync: bool,
    /// Chooses the moments and what is left.
    pub seed: u64,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// Images that a server was started on.
    pub images: usize,
    /// Calls in the record.
    pub calls: usize,
    /// Messages that clients saw acknowledged.
    pub acknowledged: usize,
    /// What was wrong, cut by cut.
    pub failures: Vec<String>,
}

/// What was recorded, and what clients saw meanwhile.
struct Story {
    calls: Vec<Call>,
    root: PathBuf,
    witness: Witness,
    fingerprint: [u8; 32],
    /// When the server said where it listens, in nanoseconds since 1970.
    ready: u64,
    /// When the accounts and the room were there.
    settled: u64,
}

/// Records, cuts, starts, judges.
pub async fn run(plan: Plan) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let story = Arc::new(record(folder.path(), plan).await?);
    let mut chance = StdRng::seed_from_u64(plan.seed);
    let cuts = choose(&story, plan.cuts, &mut chance);
    let mut outcome = Outcome {
        images: cuts.len(),
        calls: story.calls.len(),
        acknowledged: story.witness.acknowledged.len(),
        failures: Vec::new(),
    };
    let mut disk = Disk::new(&story.root);
    let mut applied = 0;
    let mut judging = JoinSet::new();
    for (cut, left) in cuts {
        for call in story.calls.iter().take(cut).skip(applied) {
            disk.apply(call)?;
        }
        applied = cut;
        let image = tempfile::tempdir()?;
        disk.write_image(&image.path().join("data"), left, &mut chance)?;
        if judging.len() >= AT_ONCE
            && let Some(judged) = judging.join_next().await
        {
            outcome.failures.extend(judged?);
        }
        let story = Arc::clone(&story);
        judging.spawn(async move {
            let judged = story.judge(image.path(), cut).await;
            let name = format!("cut {cut} ({left:?} of the unsynced left)");
            judged.err().map(|error| format!("{name}: {error:#}"))
        });
    }
    while let Some(judged) = judging.join_next().await {
        outcome.failures.extend(judged?);
    }
    Ok(outcome)
}

/// Half of the cuts fall at the end of a sync, where most hangs on it; the others anywhere. In the order
/// of the record.
fn choose(story: &Story, number: usize, chance: &mut StdRng) -> Vec<(usize, Left)> {
    let syncs: Vec<usize> = (0..story.calls.len())
        .filter(|index| matches!(story.calls[*index].what, What::Sync { .. }))
        .collect();
    let mut cuts: Vec<(usize, Left)> = (0..number)
        .map(|index| {
            let anywhere = chance.gen_range(0..story.calls.len());
            let at_a_sync = syncs.choose(chance).copied().unwrap_or(anywhere);
            let cut = if index % 2 == 0 { at_a_sync } else { anywhere };
            let left = match index / 2 % 4 {
                0 => Left::Nothing,
                1 => Left::Everything,
                _ => Left::Chance,
            };
            (cut, left)
        })
        .collect();
    cuts.sort_by_key(|(cut, _)| *cut);
    cuts
}

async fn record(folder: &Path, plan: Plan) -> Result<Story> {
    let folder = folder.canonicalize()?;
    let (root, log) = (folder.join("data"), folder.join("recording"));
    let shim = Shim {
        root: Some(root.clone()),
        log: Some(log.clone()),
        without_sync: plan.without_sync,
        ..Shim::default()
    };
    let server = begin(Start::new(&root)?.shim(shim)).await?;
    let ready = nanos(SystemTime::now());
    let fingerprint = server.fingerprint;
    let crowd = Crowd::settle(&server, WRITERS, READERS).await?;
    let settled = nanos(SystemTime::now());
    let witness = witness(server, crowd, plan.messages).await?;
    let calls = recording::read(&log)?;
    let mut whole = Disk::new(&root);
    for call in &calls {
        whole.apply(call)?;
    }
    whole.compare_with(&root)?;
    Ok(Story {
        calls,
        root,
        witness,
        fingerprint,
        ready,
        settled,
    })
}

/// Lets everybody write and read until enough is acknowledged; then the server is killed, as tidying up
/// at a clean stop would only hide what was not synced.
async fn witness(server: Snugd, crowd: Crowd, messages: u64) -> Result<Witness> {
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
    wait_for(&answered, messages, Duration::from_mins(2)).await;
    tokio::task::spawn_blocking(move || server.kill()).await??;
    let mut witness = Witness::default();
    while let Some(writer) = writing.join_next().await {
        witness.acknowledged.extend(writer??.acknowledged);
    }
    while let Some(reader) = reading.join_next().await {
        witness.heard.push(reader??.heard);
    }
    Ok(witness)
}

impl Story {
    /// Power was lost while this call was under way: it did nothing, and what clients had seen before its
    /// end must be there.
    async fn judge(&self, image: &Path, cut: usize) -> Result<()> {
        let by = self.calls.get(cut).map_or(u64::MAX, |call| call.at);
        let server = begin(Start::new(&image.join("data"))?)
            .await
            .context("the server does not start")?;
        if by > self.ready {
            let same = server.fingerprint == self.fingerprint;
            ensure!(same, "the server has another identity than its link said");
        }
        if by > self.settled {
            let logs = read_logs(&site_of(&server)?).await?;
            self.witness.judge(&logs, by)?;
        }
        tokio::task::spawn_blocking(move || server.kill()).await?
    }
}

async fn begin(start: Start) -> Result<Snugd> {
    tokio::task::spawn_blocking(move || start.run()).await?
}
