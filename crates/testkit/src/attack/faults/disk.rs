//! The disk is full while people chat: in the lobby, which is kept, and in a room that keeps nothing on it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use serde_json::json;

use super::{
    super::{
        Length, Row,
        honest::{Answers, Honest},
        must, told,
    },
    Watched, all_kept_once, busy, logged, lost_and_twice, newcomer,
};
use crate::{child::Snugd, driver::PASSWORD, shim::Shim, wire::Wire};

/// How large the small disk is, as mount takes it.
const SIZE: &str = "size=24m";
/// By then the first must have been refused, and, with room again, the first acknowledged.
const PATIENCE: Duration = Duration::from_mins(1);
/// How soon messages are taken again.
const RECOVERS_WITHIN: Duration = Duration::from_secs(10);
/// Processor time of one core that the server may take more than in quiet.
const MAX_BUSIER: f64 = 0.5;
/// Lines of its log about it, however long it lasts.
const MAX_LINES: usize = 30;

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let lasts = match length {
        Length::Full => Duration::from_secs(30),
        Length::Short => Duration::from_secs(2),
    };
    let folder = crate::attack::folder()?;
    let log = folder.path().join("log");
    let mut disk = Disk::small(&folder.path().canonicalize()?)?;
    let watched = disk.server(&log)?;
    let server = watched.start.run()?;
    room_that_keeps_nothing(&server).await?;
    let mut lobby = Honest::come(&server).await?;
    let mut other = Honest::come_into(&server, "ram", 11).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    lobby.fared();
    other.fared();
    let quiet_cpu = busy(server.pid(), lasts).await?;
    let (quiet, quiet_other) = (lobby.fared(), other.fared());

    disk.fill()?;
    until(|| !lobby.answers().refused.is_empty()).await?;
    lobby.fared();
    other.fared();
    let full_cpu = busy(server.pid(), lasts).await?;
    let (full, full_other) = (lobby.fared(), other.fared());
    let refused = newcomer(&server, 1).await.err();
    let refused = refused.map_or_else(|| "nothing".to_owned(), |error| format!("{error:#}"));
    let ill = until_ill(&watched).await;

    let before = lobby.answers().acknowledged.len();
    disk.empty()?;
    let began = Instant::now();
    until(|| lobby.answers().acknowledged.len() > before).await?;
    let took = began.elapsed();
    let mut clean = newcomer(&server, 2).await.is_ok();
    let well_again = watched.is_well().await;
    let (after, after_other) = (lobby.fared(), other.fared());

    let (answers, of_other) = (lobby.answers(), other.answers());
    lobby.go().await?;
    other.go().await?;
    let lines = logged(&log, "a commit failed")?;
    let ((gone, twice), ended) = after_a_kill(&watched, server, &answers).await?;
    clean &= ended;
    let lost = full.lost + after.lost + full_other.lost + after_other.lost;
    let only_full = answers.refused.keys().all(|code| code == "storage_full");
    Ok(Row {
        attack: "the disk is full",
        figures: vec![
            told("how it was filled", disk.how()),
            must("honest people lost", lost, lost == 0),
            must(
                "refused in the lobby, of those asked",
                format!("{:?} of {}", answers.refused, answers.acknowledged.len()),
                only_full,
            ),
            must(
                "refused in the room that keeps nothing",
                format!("{:?}", of_other.refused),
                of_other.refused.is_empty(),
            ),
            must(
                "messages heard there: quiet, full",
                format!("{}, {}", quiet_other.messages, full_other.messages),
                full_other.messages > quiet_other.messages / 2,
            ),
            told(
                "p99 there: quiet, full; in the lobby, quiet",
                format!(
                    "{:?}, {:?}; {:?}",
                    quiet_other.p99, full_other.p99, quiet.p99
                ),
            ),
            must(
                "a newcomer meanwhile",
                &refused,
                refused.contains("storage_full"),
            ),
            must(
                "says that it is well: full, with room again",
                format!("{}, {well_again}", !ill),
                ill && well_again,
            ),
            must(
                "of a core: quiet, full",
                format!("{quiet_cpu:.3}, {full_cpu:.3}"),
                full_cpu <= quiet_cpu + MAX_BUSIER,
            ),
            must(
                "lines of its log about it",
                lines,
                (1..=MAX_LINES).contains(&lines),
            ),
            must(
                "until messages were taken again",
                format!("{took:?}"),
                took <= RECOVERS_WITHIN,
            ),
            all_kept_once(gone, twice, &answers),
            must("newcomers again, and ended without an error", clean, clean),
        ],
    })
}

/// As after a crash: of what was acknowledged, how much is lost and how much stands there twice; and did the
/// server end well?
async fn after_a_kill(
    watched: &Watched,
    server: Snugd,
    answers: &Answers,
) -> Result<((usize, usize), bool)> {
    server.kill()?;
    let server = watched.start.run()?;
    let lost = lost_and_twice(&mut newcomer(&server, 3).await?, answers).await?;
    Ok((lost, server.stop()?.success()))
}

/// The owner makes a room, open to all, of which nothing is written to the disk.
async fn room_that_keeps_nothing(server: &Snugd) -> Result<()> {
    let from = [127, 14, 1, 1].into();
    let mut owner = Wire::connect_from(from, server.address, server.fingerprint).await?;
    let code = server.owner_code.as_ref().context("no owner's code")?;
    let who = json!({"name": "owner", "password": PASSWORD, "code": code});
    owner.ok("register", who).await?;
    owner.ok("create_room", json!({"room": "ram"})).await?;
    let nothing = json!({"room": "ram", "retention": "ram"});
    owner.ok("set_room", nothing).await?;
    Ok(())
}

/// Does it say that it is not well? It may just have written something.
async fn until_ill(watched: &Watched) -> bool {
    for _ in 0..50 {
        if !watched.is_well().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

async fn until(so: impl Fn() -> bool) -> Result<()> {
    let waiting = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.map_err(|_| anyhow!("it did not come about within {PATIENCE:?}"))
}

/// A disk that can be filled: a small one of its own where one can be mounted, else writes that fail.
struct Disk {
    data: PathBuf,
    mounted: Option<PathBuf>,
    trigger: PathBuf,
    filling: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Disk {
    fn small(folder: &Path) -> Result<Self> {
        let place = folder.join("disk");
        fs::create_dir(&place)?;
        let mount = ["-t", "tmpfs", "-o", SIZE, "none"];
        let mounting = Command::new("mount").args(mount).arg(&place).output();
        let mounted = mounting.is_ok_and(|done| done.status.success());
        Ok(Self {
            data: place.join("data"),
            mounted: mounted.then(|| place.clone()),
            trigger: folder.join("trigger"),
            filling: None,
        })
    }

    fn how(&self) -> &'static str {
        match self.mounted {
            Some(_) => "a small file system, filled with a file",
            None => "writes below the data folder fail (ENOSPC)",
        }
    }

    fn server(&self, log: &Path) -> Result<Watched> {
        let mut watched = Watched::new(&self.data, log)?;
        if let Some(shim) = self.shim() {
            watched.start = watched.start.shim(shim);
        }
        Ok(watched)
    }

    fn shim(&self) -> Option<Shim> {
        self.mounted.is_none().then(|| Shim {
            root: Some(self.data.clone()),
            fail: Some(self.trigger.clone()),
            ..Shim::default()
        })
    }

    /// From now on there is no room, whatever is freed.
    fn fill(&mut self) -> Result<()> {
        let Some(place) = &self.mounted else {
            return Ok(fs::write(&self.trigger, "write ENOSPC")?);
        };
        let mut options = OpenOptions::new();
        let ballast = options.create(true).append(true);
        let mut ballast = ballast.open(place.join("ballast"))?;
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let filling = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                for length in [1 << 20, 4096, 1] {
                    while ballast.write_all(&vec![b'x'; length]).is_ok() {}
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        self.filling = Some((over, filling));
        Ok(())
    }

    /// There is room again.
    fn empty(&mut self) -> Result<()> {
        if let Some((over, filling)) = self.filling.take() {
            over.store(true, Ordering::Relaxed);
            let _ended = filling.join();
        }
        match &self.mounted {
            Some(place) => fs::remove_file(place.join("ballast"))?,
            None => fs::remove_file(&self.trigger)?,
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Some((over, filling)) = self.filling.take() {
            over.store(true, Ordering::Relaxed);
            let _ended = filling.join();
        }
        if let Some(place) = &self.mounted {
            // Lazily: a server that is being killed may still hold it.
            let _unmounted = Command::new("umount").arg("-l").arg(place).output();
        }
    }
}
