//! Who runs where: the server, the honest people and the attackers on cores of their own, where there are enough.
//! Else what is measured as the server's is the delay of a load generator whose cores the attackers have taken.

use std::{
    io,
    process::{Child, Command},
    sync::OnceLock,
    thread::available_parallelism,
};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// With fewer everybody runs everywhere.
const ENOUGH: usize = 4;

/// Those who run apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Half of the cores.
    Server,
    /// A quarter.
    Honest,
    /// The others.
    Attackers,
}

static SHARED_OUT: OnceLock<[CpuSet; 3]> = OnceLock::new();

/// Gives everybody cores of their own from now on, this thread and those it starts the attackers'; `false` if
/// there are too few.
pub fn share_out() -> io::Result<bool> {
    let all = sched_getaffinity(None)?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|core| all.is_set(*core))
        .collect();
    if cores.len() < ENOUGH {
        return Ok(false);
    }
    let (servers, rest) = cores.split_at(cores.len() / 2);
    let (honest, attackers) = rest.split_at(rest.len() / 2);
    SHARED_OUT.get_or_init(|| [servers, honest, attackers].map(set_of));
    go_to(Side::Attackers)?;
    Ok(true)
}

/// This thread, and those it starts, run on this side's cores from now on.
pub fn go_to(side: Side) -> io::Result<()> {
    SHARED_OUT
        .get()
        .map_or(Ok(()), |sides| sched_setaffinity(None, of(sides, side)))?;
    Ok(())
}

/// Starts a program on the server's cores. It sees as many as that.
pub fn spawn_as_server(command: &mut Command) -> io::Result<Child> {
    let Some(sides) = SHARED_OUT.get() else {
        return command.spawn();
    };
    let before = sched_getaffinity(None)?;
    sched_setaffinity(None, of(sides, Side::Server))?;
    let child = command.spawn();
    sched_setaffinity(None, &before)?;
    child
}

/// How it is, for people.
pub fn told() -> String {
    match SHARED_OUT.get() {
        Some([server, honest, attackers]) => format!(
            "cores: the server {}, honest people {}, attackers {}",
            server.count(),
            honest.count(),
            attackers.count()
        ),
        None => format!(
            "cores: {} for everybody",
            available_parallelism().map_or(1, std::num::NonZero::get)
        ),
    }
}

fn of(sides: &[CpuSet; 3], side: Side) -> &CpuSet {
    let [server, honest, attackers] = sides;
    match side {
        Side::Server => server,
        Side::Honest => honest,
        Side::Attackers => attackers,
    }
}

fn set_of(cores: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    set
}
