//! Loss of power (DECISIONS 33): what the server does to its files is recorded from outside; images that
//! hold only what was synced, and of the rest what chance leaves, are cut from the record; the real
//! server is started on each and judged by what clients had seen up to then.
//!
//! Under `--durability process` the newest of it may be lost with the power; what is left is a prefix,
//! and clients that have more are told `rewound` (DECISIONS 33).
//!
//! Seen to go red: with `--without-sync` (what `PRAGMA synchronous=OFF` does: accounts and acknowledged
//! messages gone, the database damaged); with one in three transactions answered and not committed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use tokio::task::JoinSet;

use super::{
    disk::{Disk, Left},
    recording::{self, Call, What},
    site::{Crowd, Reader, nanos, read_logs, site_of, wait_for},
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
    /// What the server was asked to keep.
    pub durability: Durability,
    /// Chooses the moments and what is left.
    pub seed: u64,
}

/// The server's `--durability`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What is acknowledged outlives a loss of power.
    Power,
    /// It outlives the end of the process.
    Process,
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
    /// Images on which something was gone that clients had seen by then: none but under
    /// [`Durability::Process`], and some there, or it was no test.
    pub lost_tails: usize,
    /// What was wrong, cut by cut.
    pub failures: Vec<String>,
}

/// What was recorded, and what clients saw meanwhile.
struct Story {
    calls: Vec<Call>,
    root: PathBuf,
    durability: Durability,
    /// Power is not lost before this call.
    begun: usize,
    witness: Witness,
    readers: Vec<Reader>,
    fingerprint: [u8; 32],
    /// When the server said where it listens, in nanoseconds since 1970.
    ready: u64,
    /// When the accounts and the room were there.
    settled: u64,
    /// See [`Outcome::lost_tails`].
    lost_tails: AtomicUsize,
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
        lost_tails: 0,
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
    outcome.lost_tails = story.lost_tails.load(Ordering::Relaxed);
    Ok(outcome)
}

/// Half of the cuts fall at the end of a sync, where most hangs on it; the others anywhere. In the order
/// of the record.
fn choose(story: &Story, number: usize, chance: &mut StdRng) -> Vec<(usize, Left)> {
    let syncs: Vec<usize> = (story.begun..story.calls.len())
        .filter(|index| matches!(story.calls[*index].what, What::Sync { .. }))
        .collect();
    let mut cuts: Vec<(usize, Left)> = (0..number)
        .map(|index| {
            let anywhere = chance.gen_range(story.begun..story.calls.len());
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
    let start = Start::new(&root)?.shim(shim);
    let mut server = begin(start.clone()).await?;
    let ready = nanos(SystemTime::now());
    let fingerprint = server.fingerprint;
    let crowd = Crowd::settle(&server, WRITERS, READERS).await?;
    let settled = nanos(SystemTime::now());
    let mut begun = 0;
    if plan.durability == Durability::Process {
        // Accounts are kept no better than messages then: they are made by a server that syncs.
        tokio::task::spawn_blocking(move || server.stop()).await??;
        server = begin(start.argument("--durability").argument("process")).await?;
        // Before it was ready, nobody was told anything that could be lost.
        begun = recording::read(&log)?.len();
    }
    let (witness, readers) = witness(server, crowd, plan.messages).await?;
    let calls = recording::read(&log)?;
    let mut whole = Disk::new(&root);
    for call in &calls {
        whole.apply(call)?;
    }
    whole.compare_with(&root)?;
    Ok(Story {
        calls,
        root,
        durability: plan.durability,
        begun,
        witness,
        readers,
        fingerprint,
        ready,
        settled,
        lost_tails: AtomicUsize::new(0),
    })
}

/// Lets everybody write and read until enough is acknowledged; then the server is killed, as tidying up
/// at a clean stop would only hide what was not synced.
async fn witness(server: Snugd, crowd: Crowd, messages: u64) -> Result<(Witness, Vec<Reader>)> {
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
    let mut readers = Vec::new();
    while let Some(reader) = reading.join_next().await {
        let mut reader = reader??;
        witness.heard.push(std::mem::take(&mut reader.heard));
        readers.push(reader);
    }
    Ok((witness, readers))
}

impl Story {
    /// Power was lost while this call was under way: it did nothing, and what clients had seen before its
    /// end must be there.
    async fn judge(&self, image: &Path, cut: usize) -> Result<()> {
        let by = self.calls.get(cut).map_or(u64::MAX, |call| call.at);
        let server = begin(self.start_on(image)?)
            .await
            .context("the server does not start")?;
        if by > self.ready {
            let same = server.fingerprint == self.fingerprint;
            ensure!(same, "the server has another identity than its link said");
        }
        if by > self.settled {
            let site = site_of(&server)?;
            match self.durability {
                Durability::Power => self.witness.judge(&read_logs(&site).await?, by)?,
                Durability::Process => {
                    let logs = read_logs(&site).await?;
                    self.witness.judge_prefix(&logs)?;
                    if self.witness.judge(&logs, by).is_err() {
                        self.lost_tails.fetch_add(1, Ordering::Relaxed);
                    }
                    for reader in &self.readers {
                        reader.comes_back_after_a_loss(&site).await?;
                    }
                }
            }
        }
        tokio::task::spawn_blocking(move || server.kill()).await?
    }

    /// A server on this image, after the machine was started again.
    fn start_on(&self, image: &Path) -> Result<Start> {
        let start = Start::new(&image.join("data"))?;
        if self.durability == Durability::Power {
            return Ok(start);
        }
        let boot = image.join("boot");
        fs::write(&boot, "9a1e4c4e-0b0d-4f5a-9d0c-5a5e5b5d5f51\n")?;
        let shim = Shim {
            boot: Some(boot),
            ..Shim::default()
        };
        Ok(start
            .shim(shim)
            .argument("--durability")
            .argument("process"))
    }
}

async fn begin(start: Start) -> Result<Snugd> {
    tokio::task::spawn_blocking(move || start.run()).await?
}
