//! What the kernel says of a process: CPU time and memory. And how many files this one may open.

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kernel ticks a second, as `/proc` counts CPU time. 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time that a process has used, its threads that ended included.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold spaces; utime and stime are fields 14 and 15 (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || -> Result<u64> { Ok(fields.next().context("a short stat")?.parse()?) };
    let (user, system) = (ticks()?, ticks()?);
    Ok(Duration::from_millis(
        (user + system) * (1000 / TICKS_PER_SECOND),
    ))
}

/// The same to the nanosecond, of the threads that are there: for what takes less than a tick.
pub fn cpu_time_exact(pid: u32) -> Result<Duration> {
    let mut spent = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end meanwhile. The first number is the time on a processor (proc(5)).
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let ran = stat
            .split_whitespace()
            .next()
            .context("a short schedstat")?;
        spent += ran.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(spent))
}

/// Memory of a process in bytes, shared pages counted in proportion (Pss).
pub fn memory_bytes(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kib = pss.and_then(|line| line.split_whitespace().next());
    Ok(kib.context("no Pss in smaps_rollup")?.parse::<u64>()? * 1024)
}

/// How many files and sockets a process has open.
pub fn open_files(pid: u32) -> Result<u64> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count() as u64)
}

/// Lets this process, and those it starts, open at least so many files.
pub fn raise_open_files(wanted: u64) -> Result<()> {
    let now = getrlimit(Resource::Nofile);
    if now.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let maximum = now.maximum.map(|maximum| maximum.max(wanted));
    let raised = Rlimit {
        current: Some(wanted),
        maximum,
    };
    setrlimit(Resource::Nofile, raised)
        .with_context(|| format!("{wanted} open files are needed; raise `ulimit -n`"))
}
