//! Attacks on the real server, with honest people chatting meanwhile (P2, P3, P5): `cargo xtask attack`.
//! Loopback only, each bounded in time. Attackers and honest people come from different /16 blocks of
//! 127.0.0.0/8. One file a row of the table.

pub mod connections;
pub mod decoy;
pub mod faults;
pub mod garbage;
pub mod guessing;
pub mod half_open;
pub mod honest;
mod irc;
pub mod spam;
pub mod stalled;
pub mod storms;

use std::{fmt, net::SocketAddr, path::Path};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::{
    child::{Snugd, Start},
    pinned::Fingerprint,
};

/// How long an attack lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As the table has it.
    Full,
    /// A few seconds, for the checks.
    Short,
}

/// A figure of a row, and what it may be.
#[derive(Debug)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// How much it is, for people.
    pub value: String,
    /// Is it as it must be? `None` for what is only told.
    pub met: Option<bool>,
    /// Is it how long something took? Where others use the machine too, that says little.
    pub timed: bool,
}

/// What an attack came to.
#[derive(Debug)]
pub struct Row {
    /// The attack.
    pub attack: &'static str,
    /// Its figures.
    pub figures: Vec<Figure>,
}

impl Row {
    /// Is all as it must be?
    pub fn holds(&self) -> bool {
        self.figures.iter().all(|figure| figure.met != Some(false))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.attack)?;
        for figure in &self.figures {
            let mark = match figure.met {
                Some(true) => "ok  ",
                Some(false) => "FAIL",
                None => "    ",
            };
            writeln!(f, "  {mark} {}: {}", figure.name, figure.value)?;
        }
        Ok(())
    }
}

/// A figure that must be so.
pub(crate) fn must(name: &str, value: impl fmt::Display, met: bool) -> Figure {
    Figure {
        name: name.to_owned(),
        value: value.to_string(),
        met: Some(met),
        timed: false,
    }
}

/// A time that must be so.
pub(crate) fn must_in_time(name: &str, value: impl fmt::Display, met: bool) -> Figure {
    Figure {
        timed: true,
        ..must(name, value, met)
    }
}

/// A figure that is only told.
pub(crate) fn told(name: &str, value: impl fmt::Display) -> Figure {
    Figure {
        name: name.to_owned(),
        value: value.to_string(),
        met: None,
        timed: false,
    }
}

/// A server as those see it who come from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) fingerprint: Fingerprint,
}

impl From<&Snugd> for Target {
    fn from(server: &Snugd) -> Self {
        Self {
            address: server.address,
            fingerprint: server.fingerprint,
        }
    }
}

/// A folder for a server's data: in memory where there is such a place. On a disk that others use too, what a
/// message takes is what its sync takes, up to a hundred times the rest, and hides what an attack costs.
pub(crate) fn folder() -> std::io::Result<TempDir> {
    const IN_MEMORY: &str = "/dev/shm";
    if Path::new(IN_MEMORY).is_dir() && std::env::var_os("TMPDIR").is_none() {
        tempfile::tempdir_in(IN_MEMORY)
    } else {
        tempfile::tempdir()
    }
}

/// A server as anybody starts it, but for cheap passwords and open registration: budgets and shield are on.
pub(crate) fn server(data: &Path) -> Result<Snugd> {
    Start::new(data)?
        .env("SNUG_TRUSTED", "")
        .env("SNUG_REGISTRATION", "open")
        .run()
}

/// Runs the attacks that are named; all of them if none is.
pub async fn run(names: &[String], length: Length) -> Result<Vec<Row>> {
    let known = [
        "connections",
        "half-open",
        "garbage",
        "guessing",
        "spam",
        "stalled",
        "storms",
        "descriptors",
        "clock",
        "disk",
    ];
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no attack {unknown}: {}", known.join(", "));
    }
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    crate::proc::raise_open_files(16_000)?;
    let mut rows = Vec::new();
    for name in known {
        if !wanted(name) {
            continue;
        }
        let row = match name {
            "connections" => connections::run(length).await?,
            "half-open" => half_open::run(length).await?,
            "garbage" => garbage::run(length).await?,
            "guessing" => guessing::run(length).await?,
            "spam" => spam::run(length).await?,
            "stalled" => stalled::run(length).await?,
            "storms" => storms::run(length).await?,
            "descriptors" => faults::descriptors::run(length).await?,
            "clock" => faults::clock::run(length).await?,
            _ => faults::disk::run(length).await?,
        };
        println!("{row}");
        rows.push(row);
    }
    Ok(rows)
}
