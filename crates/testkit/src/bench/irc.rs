//! (f) IRC: 10 rooms of 100 members, beside `InspIRCd` and ngIRCd from Debian, their throttles off. Paced at
//! 50,000 deliveries a second, then as fast as each goes; plain and TLS; each server in turn, several times
//! in one run. Ours writes its log: without waiting for the disk, and beside that with full syncs.

mod hall;
mod rival;

use anyhow::{Context, Result};
use serde_json::json;

use self::{
    hall::{Hall, Place},
    rival::Rival,
};
use super::{Goal, Report, folder_beside_program, median};
use crate::{
    child::{Snugd, Start},
    load::{Door, PASSWORD, Site, register_many},
    pinned::client_config,
};

const ROUNDS: usize = 3;
/// IRC's protocol name in ALPN.
const ALPN: &[u8] = b"irc";
/// What a client of today asks for, where the server has it.
const TAGS: &str = "message-tags server-time account-tag";

/// The servers, in the order in which they take turns.
const SERVERS: [&str; 5] = [
    "InspIRCd",
    "ngIRCd",
    "Snug, --durability process",
    "Snug, --durability power",
    "Snug, --durability process, with tags",
];
const INSPIRCD: usize = 0;
const NGIRCD: usize = 1;
const PROCESS: usize = 2;
const FULL: usize = 3;
const TAGGED: usize = 4;

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let rivals = tokio::task::spawn_blocking(Rival::start_all).await?;
    let process = Ours::start(&["--durability", "process"]).await?;
    let full = Ours::start(&["--durability", "power"]).await?;
    for transport in [Transport::Plain, Transport::Tls] {
        // One transport after the other, so that no more clients are connected than take turns.
        let mut halls: [Option<Hall>; SERVERS.len()] = Default::default();
        for (index, rival) in rivals.iter().enumerate() {
            if let Some(rival) = rival {
                let door = rival.door(transport);
                halls[index] = Some(Hall::fill(&door, &Place::new(transport, rival.pid())).await?);
            }
        }
        for (index, ours, tags) in [
            (PROCESS, &process, ""),
            (FULL, &full, ""),
            (TAGGED, &process, TAGS),
        ] {
            halls[index] = Some(ours.hall(transport, tags).await?);
        }
        take_turns(report, transport, &mut halls).await?;
    }
    Ok(())
}

/// What lies between the lines and the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Plain,
    Tls,
}

impl Transport {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "TLS",
        }
    }
}

/// Each server's rounds.
#[derive(Debug, Default)]
struct Rounds {
    cpu_us: Vec<f64>,
    p99_ms: Vec<f64>,
    a_second: Vec<f64>,
}

async fn take_turns(
    report: &mut Report,
    transport: Transport,
    halls: &mut [Option<Hall>; SERVERS.len()],
) -> Result<()> {
    let mut rounds: [Rounds; SERVERS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (index, server) in SERVERS.iter().enumerate() {
            let Some(hall) = &halls[index] else { continue };
            let (paced, a_second) = match hall.turn().await {
                Ok(measured) => measured,
                // One of the others may be broken without being our defect.
                Err(error) if index < PROCESS => {
                    let name = transport.name();
                    eprintln!("\n*** SKIPPED: no figures of {server}, {name}: {error:#}\n");
                    halls[index] = None;
                    rounds[index] = Rounds::default();
                    continue;
                }
                Err(error) => return Err(error.context(*server)),
            };
            let rounds = &mut rounds[index];
            println!(
                "    {}, {server}: {:.2} µs, p99 {:.2} ms, {a_second:.0} a second",
                transport.name(),
                paced.cpu_us,
                paced.p99_ms
            );
            rounds.cpu_us.push(paced.cpu_us);
            rounds.p99_ms.push(paced.p99_ms);
            rounds.a_second.push(a_second);
        }
    }
    tell(report, transport.name(), &rounds);
    Ok(())
}

fn tell(report: &mut Report, name: &str, rounds: &[Rounds; SERVERS.len()]) {
    for (server, rounds) in SERVERS.iter().zip(rounds) {
        if rounds.cpu_us.is_empty() {
            continue;
        }
        let mut add = |what: &str, measured: &[f64], goal| {
            let what = format!("{name}, {server}: {what}");
            report.add("f", what, median(measured.to_vec()), goal);
        };
        let goal = if *server == SERVERS[PROCESS] {
            Goal::AtMost(1.4)
        } else {
            Goal::None
        };
        add("paced, CPU a delivery, µs", &rounds.cpu_us, Goal::None);
        add("paced, p99, ms", &rounds.p99_ms, goal);
        add("saturated, a second", &rounds.a_second, Goal::None);
    }
    let [theirs, ngircd] = [INSPIRCD, NGIRCD].map(|index| &rounds[index]);
    let mut compare = |what: &str, ours: &[f64], theirs: &[f64], goal| {
        if !theirs.is_empty() {
            let of = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs);
            report.add("f", format!("{name}: {what}"), median(of.collect()), goal);
        }
    };
    for (ours, goal) in [
        (PROCESS, Goal::AtMost(1.1)),
        (FULL, Goal::None),
        (TAGGED, Goal::None),
    ] {
        let what = format!("{}: CPU, of InspIRCd's", SERVERS[ours]);
        compare(&what, &rounds[ours].cpu_us, &theirs.cpu_us, goal);
    }
    for (ours, goal) in [
        (PROCESS, Goal::AtLeast(1.0)),
        (FULL, Goal::None),
        (TAGGED, Goal::None),
    ] {
        let what = format!("{}: deliveries, of InspIRCd's", SERVERS[ours]);
        compare(&what, &rounds[ours].a_second, &theirs.a_second, goal);
    }
    let ours = &rounds[PROCESS];
    let what = "CPU, of ngIRCd's";
    compare(what, &ours.cpu_us, &ngircd.cpu_us, Goal::None);
    let what = "deliveries, of ngIRCd's";
    compare(what, &ours.a_second, &ngircd.a_second, Goal::None);
}

/// Our server, open to all, with IRC in plain beside its one port.
struct Ours {
    server: Snugd,
    site: Site,
    _folder: tempfile::TempDir,
}

impl Ours {
    async fn start(arguments: &[&str]) -> Result<Self> {
        let folder = folder_beside_program()?;
        let mut start = Start::new(&folder.path().join("data"))?
            .argument("--listen-plain")
            .argument("127.0.0.1:0");
        for argument in arguments {
            start = start.argument(*argument);
        }
        let server = tokio::task::spawn_blocking(move || start.run()).await??;
        let site = Site::new(server.address, server.fingerprint)?;
        let code = server.owner_code.clone();
        site.open_to_all(&code.context("a new server without an owner's code")?)
            .await?;
        Ok(Self {
            server,
            site,
            _folder: folder,
        })
    }

    /// Its accounts are made by the native wire; all else is IRC.
    async fn hall(&self, transport: Transport, tags: &'static str) -> Result<Hall> {
        let place = Place::new(transport, self.server.pid()).with(PASSWORD, tags);
        let members = register_many(&self.site, &place.prefix(), hall::PEOPLE).await?;
        for member in &members {
            member.submit("quit", json!({})).await?;
        }
        drop(members);
        let door = match transport {
            Transport::Plain => Door {
                address: self.server.plain.context("no plain listener")?,
                tls: None,
            },
            Transport::Tls => Door {
                address: self.server.address,
                tls: Some(client_config(self.server.fingerprint, ALPN)?),
            },
        };
        Hall::fill(&door, &place).await
    }
}
