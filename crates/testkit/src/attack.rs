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
    if wanted("connections") {
        rows.push(connections::run(length).await?);
    }
    if wanted("half-open") {
        rows.push(half_open::run(length).await?);
    }
    if wanted("garbage") {
        rows.push(garbage::run(length).await?);
    }
    if wanted("guessing") {
        rows.push(guessing::run(length).await?);
    }
    if wanted("spam") {
        rows.push(spam::run(length).await?);
    }
    if wanted("stalled") {
        rows.push(stalled::run(length).await?);
    }
    if wanted("storms") {
        rows.push(storms::run(length).await?);
    }
    if wanted("descriptors") {
        rows.push(faults::descriptors::run(length).await?);
    }
    if wanted("clock") {
        rows.push(faults::clock::run(length).await?);
    }
    if wanted("disk") {
        rows.push(faults::disk::run(length).await?);
    }
    Ok(rows)
}
