//! The benchmarks (a) to (f) and (h) to (k) of docs/benchmarks.md: the released server as a child process, measured from
//! outside, with floors in the same run.

mod fanout;
mod history;
mod idle;
mod irc;
mod latency;
mod report;
mod scale;
mod screen;
mod sends;
mod storm;
mod transfers;

pub use report::{Figure, Goal, Report};

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{
    child::{Snugd, Start},
    counters::Counters,
    load::Site,
    proc::{cpu_time, raise_open_files},
    shim::Shim,
};

/// Sockets on our side and a few files; the server, a child, inherits the limit.
const OPEN_FILES: u64 = 11_000;

/// Runs the benchmarks so named, all if none is, and prints as it goes.
pub async fn run(names: &[String]) -> Result<Report> {
    raise_open_files(OPEN_FILES)?;
    let mut report = Report::default();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|given| given == name);
    if wanted("a") {
        sends::measure(&mut report).await.context("(a)")?;
    }
    if wanted("b") {
        fanout::measure(&mut report).await.context("(b)")?;
    }
    if wanted("c") {
        latency::measure(&mut report).await.context("(c)")?;
    }
    if wanted("d") {
        idle::measure(&mut report).await.context("(d)")?;
    }
    if wanted("e") {
        storm::measure(&mut report).await.context("(e)")?;
    }
    if wanted("f") {
        irc::measure(&mut report).await.context("(f)")?;
    }
    if wanted("h") {
        history::measure(&mut report).await.context("(h)")?;
    }
    if wanted("i") {
        transfers::measure(&mut report).await.context("(i)")?;
    }
    if wanted("j") {
        scale::measure(&mut report).await.context("(j)")?;
    }
    if wanted("k") {
        screen::measure(&mut report).await.context("(k)")?;
    }
    Ok(report)
}

/// A server for one round, on a folder of its own, open to all.
struct Round {
    server: Snugd,
    site: Site,
    folder: TempDir,
}

impl Round {
    async fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_in(folder_beside_program()?, arguments).await
    }

    async fn start_in(folder: TempDir, arguments: &[&str]) -> Result<Self> {
        let start = Start::new(&folder.path().join("data"))?;
        Self::start_as(start, folder, arguments).await
    }

    /// A server whose calls of the kernel are counted, which costs it a little: its time is not the server's.
    async fn counted(arguments: &[&str]) -> Result<Self> {
        let folder = folder_beside_program()?;
        let shim = Shim {
            count: Some(counters_in(folder.path())),
            ..Shim::default()
        };
        let start = Start::new(&folder.path().join("data"))?.shim(shim);
        Self::start_as(start, folder, arguments).await
    }

    async fn start_as(mut start: Start, folder: TempDir, arguments: &[&str]) -> Result<Self> {
        for argument in arguments {
            start = start.argument(*argument);
        }
        // A server with password hashing and blocking file input is started off the async threads.
        let server = tokio::task::spawn_blocking(move || start.run()).await??;
        let site = Site::new(server.address, server.fingerprint)?;
        let code = server.owner_code.clone();
        let code = code.context("a new server without an owner's code")?;
        site.open_to_all(&code).await?;
        Ok(Self {
            server,
            site,
            folder,
        })
    }

    /// CPU time that the server has spent.
    fn cpu(&self) -> Result<Duration> {
        cpu_time(self.server.pid())
    }

    /// CPU time that it has spent since it was so much.
    fn cpu_since(&self, before: Duration) -> Result<Duration> {
        Ok(self.cpu()?.saturating_sub(before))
    }

    /// The calls that it has made, where they are counted.
    fn calls(&self) -> Result<Counters> {
        Counters::read(&counters_in(self.folder.path()))
    }
}

/// CPU time for each of so many, in microseconds.
fn us_each(cpu: Duration, number: u64) -> f64 {
    cpu.as_secs_f64() * 1e6 / float(number)
}

fn counters_in(folder: &Path) -> std::path::PathBuf {
    folder.join("counters")
}

/// On the disk that the server's data is on too, not in a memory file system.
fn folder_beside_program() -> Result<TempDir> {
    let own = std::env::current_exe()?;
    let folder = own.parent().unwrap_or_else(|| Path::new("."));
    let mut named = tempfile::Builder::new();
    Ok(named.prefix("snug-bench-").tempdir_in(folder)?)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]
const fn float(number: u64) -> f64 {
    number as f64
}

/// The middle one.
fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured
        .get(measured.len() / 2)
        .copied()
        .unwrap_or(f64::NAN)
}
