//! `snugd doctor`: looks at what a server stands on (its folder, its database, the disk, the clock, ports,
//! the certificate, the limit of open files, a proxy it does not know of), and says of each whether it is
//! well, and what to do if it is not. It changes nothing.

use std::{
    fmt,
    fs::Metadata,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{fs::statvfs, process::getrlimit};
use snug_gate::Identity;
use snug_proto::Timestamp;
use snug_rules::Network;
use snug_store::copy;

use crate::{
    Options, Profile,
    admin::{Command, Outcome, SharedAddress},
    control,
    data_folder::{DATABASE, KEPT},
};

/// With less room than this on the disk an owner should do something soon, in bytes.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;
/// With less than this the next backup, or the next day, may fail.
const NO_ROOM: u64 = 64 * 1024 * 1024;
/// Each connection is a file; with fewer than this a crowd is refused.
const FEW_FILES: u64 = 10_000;
/// A file from so far in the future says that the clock was put back.
const CLOCK_SLACK: Duration = Duration::from_mins(5);
/// This program was not made before this, in milliseconds since 1970: November 2026.
const MADE_MS: u64 = 1_793_491_200_000;
/// A certificate that ends this soon wants to be seen to, in milliseconds: 90 days.
const SOON_MS: u64 = 90 * 24 * 3_600_000;
/// A listener of this machine answers within this.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// How it is with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Well,
    Warning,
    ToDo,
}

/// What was found of one thing.
#[derive(Debug)]
pub(crate) struct Finding {
    verdict: Verdict,
    what: &'static str,
    text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Well => "ok",
            Verdict::Warning => "warning",
            Verdict::ToDo => "TO DO",
        };
        writeln!(f, "{verdict:<8}{:<12}{}", self.what, self.text)
    }
}

impl Finding {
    /// Can the server go on like this?
    pub(crate) fn is_bearable(&self) -> bool {
        self.verdict != Verdict::ToDo
    }

    fn well(what: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            verdict: Verdict::Well,
            what,
            text,
        }
    }

    fn warning(what: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            verdict: Verdict::Warning,
            what,
            text,
        }
    }

    fn to_do(what: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            verdict: Verdict::ToDo,
            what,
            text,
        }
    }
}

/// Looks at everything.
pub(crate) fn examine(options: &Options) -> Vec<Finding> {
    let now = SystemTime::now();
    let mut findings = Vec::new();
    let mut running = Asked::Nobody;
    if options.profile == Profile::Ephemeral {
        findings.push(Finding::well("data", "an ephemeral server keeps nothing"));
    } else if let Ok(folder) = std::fs::metadata(&options.data) {
        let data = &options.data;
        running = ask(data);
        findings.push(folder_finding(data, &folder));
        findings.push(database(&data.join(DATABASE)));
        findings.push(disk(data));
        findings.push(certificate(data, now));
        let written = std::fs::metadata(data.join(DATABASE));
        findings.push(clock(now, written.and_then(|of| of.modified()).ok()));
    } else {
        let text = format!(
            "there is no folder {}: name it with --data, or start snugd once to make it",
            options.data.display()
        );
        findings.push(Finding::to_do("data", text));
        findings.push(clock(now, None));
    }
    for address in options.listen.iter().chain(&options.listen_plain) {
        findings.push(port(*address, &running));
    }
    let limit = getrlimit(rustix::process::Resource::Nofile);
    findings.push(files(limit.maximum));
    findings.push(proxy(&running, &options.proxies));
    findings
}

/// What the server that runs on the folder says.
enum Asked {
    Nobody,
    Failed(String),
    Answered(Option<SharedAddress>),
}

fn ask(data: &Path) -> Asked {
    match control::ask(data, &Command::Crowd) {
        Ok(None) => Asked::Nobody,
        Ok(Some(Outcome::Ok(text))) => match serde_json::from_str(&text) {
            Ok(crowd) => Asked::Answered(crowd),
            Err(error) => Asked::Failed(error.to_string()),
        },
        Ok(Some(Outcome::Error(sentence))) => Asked::Failed(sentence),
        Err(error) => Asked::Failed(error.to_string()),
    }
}

/// Only its owner may look into the folder, and it is whole.
fn folder_finding(data: &Path, folder: &Metadata) -> Finding {
    let shown = data.display();
    if !folder.is_dir() {
        return Finding::to_do(
            "data",
            format!("{shown} is no folder: name another with --data"),
        );
    }
    if folder.mode() & 0o077 != 0 {
        let text = format!("others on this machine can look into {shown}: chmod 700 {shown}");
        return Finding::to_do("data", text);
    }
    for name in KEPT.into_iter().chain([DATABASE]) {
        let path = data.join(name);
        match std::fs::metadata(&path) {
            Ok(of) if of.mode() & 0o077 != 0 => {
                let path = path.display();
                let text = format!("others on this machine can read {path}: chmod 600 {path}");
                return Finding::to_do("data", text);
            }
            Ok(of) if of.uid() != folder.uid() => {
                let text = format!(
                    "{} belongs to another user than the folder: chown them alike",
                    path.display()
                );
                return Finding::to_do("data", text);
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = format!(
                    "{} is missing: start snugd once to make it, or restore a backup if there was one",
                    path.display()
                );
                return Finding::to_do("data", text);
            }
            Err(error) => {
                let text = format!("{} cannot be looked at: {error}", path.display());
                return Finding::to_do("data", text);
            }
        }
    }
    Finding::well("data", format!("{shown}, for its owner's eyes only"))
}

fn database(path: &Path) -> Finding {
    if !path.exists() {
        return Finding::to_do("database", "there is none: start snugd once to make it");
    }
    match copy::check(path) {
        Ok(()) => Finding::well("database", "whole"),
        Err(error) => Finding::to_do(
            "database",
            format!(
                "{error}. Stop the server, keep a copy of the folder, and restore the last backup"
            ),
        ),
    }
}

fn disk(data: &Path) -> Finding {
    match statvfs(data) {
        Ok(of) => room(of.f_bavail.saturating_mul(of.f_frsize)),
        Err(error) => Finding::warning("disk", format!("it does not say how full it is: {error}")),
    }
}

fn room(free: u64) -> Finding {
    let free_mb = free / (1024 * 1024);
    if free < NO_ROOM {
        let text = format!("{free_mb} MB are free: make room now, or messages will be refused");
        Finding::to_do("disk", text)
    } else if free < LITTLE_ROOM {
        let text = format!("{free_mb} MB are free: make room, or keep less (/room retention)");
        Finding::warning("disk", text)
    } else {
        Finding::well("disk", format!("{} GB are free", free / LITTLE_ROOM))
    }
}

/// Nobody here asks another machine for the time; but it is seen if it runs back.
fn clock(now: SystemTime, written: Option<SystemTime>) -> Finding {
    let ms = timestamp(now).ms();
    let ahead = written.and_then(|at| at.duration_since(now).ok());
    let at = timestamp(now);
    if ms < MADE_MS {
        let text = format!("it says {at}, which is over: set it (timedatectl set-ntp true)");
        Finding::to_do("clock", text)
    } else if ahead.is_some_and(|ahead| ahead > CLOCK_SLACK) {
        let text = format!(
            "it says {at}, and the database was written after that: set it (timedatectl set-ntp true)"
        );
        Finding::to_do("clock", text)
    } else {
        Finding::well("clock", format!("{at}"))
    }
}

fn timestamp(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn certificate(data: &Path, now: SystemTime) -> Finding {
    const WHAT: &str = "certificate";
    let read = std::fs::read_to_string(data.join("identity.pem"));
    let identity = match read.map(|pem| Identity::from_pem(&pem)) {
        Ok(Ok(identity)) => identity,
        Ok(Err(error)) => {
            let text = format!(
                "{error}. Restore identity.pem from a backup; with a new one every client needs a new join link"
            );
            return Finding::to_do(WHAT, text);
        }
        Err(error) => {
            return Finding::to_do(WHAT, format!("it cannot be read: {error}"));
        }
    };
    match identity.validity() {
        None => Finding::warning(WHAT, "it does not say how long it is good"),
        Some((from, until)) => age(timestamp(now), from, until),
    }
}

fn age(now: Timestamp, from: Timestamp, until: Timestamp) -> Finding {
    const WHAT: &str = "certificate";
    let renew = "Move identity.pem aside and start snugd: everybody then needs a new join link";
    if now < from {
        Finding::to_do(
            WHAT,
            format!("it is good from {from} on only: is the clock right?"),
        )
    } else if now >= until {
        Finding::to_do(WHAT, format!("it was good until {until}. {renew}"))
    } else if until.ms() - now.ms() < SOON_MS {
        Finding::warning(
            WHAT,
            format!("it is good until {until}, which is soon. {renew}"),
        )
    } else {
        let days = (now.ms() - from.ms()) / (24 * 3_600_000);
        Finding::well(WHAT, format!("{days} days old, good until {until}"))
    }
}

fn port(address: SocketAddr, running: &Asked) -> Finding {
    const WHAT: &str = "port";
    if address.port() == 0 {
        return Finding::well(WHAT, format!("{address}: a free one at each start"));
    }
    if matches!(running, Asked::Nobody) {
        return match TcpListener::bind(address) {
            Ok(_free) => Finding::well(WHAT, format!("{address} is free; no server runs")),
            Err(error) => Finding::to_do(
                WHAT,
                format!(
                    "{address} cannot be used: {error}. End what uses it, or choose another with --listen"
                ),
            ),
        };
    }
    match TcpStream::connect_timeout(&of_this_machine(address), ANSWERS_WITHIN) {
        Ok(_) => Finding::well(WHAT, format!("{address} answers")),
        Err(error) => Finding::to_do(
            WHAT,
            format!(
                "a server runs, but {address} does not answer: {error}. Was it started with other options?"
            ),
        ),
    }
}

/// Where something answers that listens there.
fn of_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// What a server may raise its own limit to.
fn files(most: Option<u64>) -> Finding {
    const WHAT: &str = "open files";
    match most {
        Some(most) if most < FEW_FILES => Finding::warning(
            WHAT,
            format!(
                "at most {most}, and each connection is one: LimitNOFILE=65536 in the service's unit, or ulimit -Hn 65536"
            ),
        ),
        Some(most) => Finding::well(WHAT, format!("up to {most}")),
        None => Finding::well(WHAT, "as many as one likes"),
    }
}

fn proxy(running: &Asked, proxies: &[Network]) -> Finding {
    const WHAT: &str = "proxy";
    match running {
        Asked::Nobody => Finding::well(WHAT, "no server runs, so nobody is seen to come from one"),
        Asked::Failed(error) => Finding::warning(
            WHAT,
            format!("the running server could not be asked: {error}"),
        ),
        Asked::Answered(None) => Finding::well(WHAT, "people come from addresses of their own"),
        Asked::Answered(Some(SharedAddress {
            address,
            from_it,
            of,
        })) => {
            let known = proxies.iter().any(|network| network.contains(*address));
            let text = if known {
                format!(
                    "{from_it} of {of} come from {address}, a proxy that does not say for whom: let it send \
                     the PROXY protocol, version 2, or X-Forwarded-For"
                )
            } else {
                format!(
                    "{from_it} of {of} come from {address}: the server stands behind a proxy or a router, and \
                     budgets and bans meet all of them at once. Name it with --proxies {address}, and let \
                     it send the PROXY protocol; or take its hand off the port"
                )
            };
            Finding::warning(WHAT, text)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn o3_a_full_disk_few_files_and_a_clock_that_ran_back_are_seen() {
        let verdict = |finding: Finding| finding.verdict;
        assert_eq!(verdict(room(NO_ROOM - 1)), Verdict::ToDo);
        assert_eq!(verdict(room(LITTLE_ROOM - 1)), Verdict::Warning);
        assert_eq!(verdict(room(LITTLE_ROOM)), Verdict::Well);
        assert_eq!(verdict(files(Some(1024))), Verdict::Warning);
        assert_eq!(verdict(files(Some(65_536))), Verdict::Well);
        assert_eq!(verdict(files(None)), Verdict::Well);
        let now = UNIX_EPOCH + Duration::from_millis(MADE_MS + 1);
        assert_eq!(verdict(clock(now, Some(now))), Verdict::Well);
        let later = now + CLOCK_SLACK + Duration::from_secs(1);
        assert_eq!(verdict(clock(now, Some(later))), Verdict::ToDo);
        assert_eq!(verdict(clock(UNIX_EPOCH, None)), Verdict::ToDo);
    }

    #[test]
    fn o3_a_certificate_is_seen_to_before_it_ends() {
        let at = Timestamp::from_ms;
        let of = |now| age(at(now), at(1_000), at(SOON_MS * 2)).verdict;
        assert_eq!(of(500), Verdict::ToDo);
        assert_eq!(of(2_000), Verdict::Well);
        assert_eq!(of(SOON_MS + 1), Verdict::Warning);
        assert_eq!(of(SOON_MS * 2), Verdict::ToDo);
    }

    #[test]
    fn p5_everybody_from_one_private_address_is_the_proxy_trap() {
        let shared = SharedAddress {
            address: "172.17.0.1".parse().unwrap(),
            from_it: 40,
            of: 41,
        };
        let found = proxy(&Asked::Answered(Some(shared)), &[]);
        assert_eq!(found.verdict, Verdict::Warning);
        assert!(found.text.contains("--proxies 172.17.0.1"), "{found}");
        let named = ["172.17.0.0/16".parse().unwrap()];
        let found = proxy(&Asked::Answered(Some(shared)), &named);
        assert!(found.text.contains("does not say for whom"), "{found}");
        assert_eq!(proxy(&Asked::Answered(None), &[]).verdict, Verdict::Well);
    }

    #[test]
    fn o3_a_folder_that_others_can_read_is_to_be_closed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let look = || folder_finding(data, &std::fs::metadata(data).unwrap());
        let close = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        close(data, 0o700);
        assert!(look().text.contains("is missing"), "{}", look());
        for name in KEPT.into_iter().chain([DATABASE]) {
            std::fs::write(data.join(name), "x").unwrap();
            close(&data.join(name), 0o600);
        }
        assert_eq!(look().verdict, Verdict::Well);
        close(&data.join("keys"), 0o644);
        assert!(look().text.contains("chmod 600"), "{}", look());
        close(&data.join("keys"), 0o600);
        close(data, 0o755);
        assert!(look().text.contains("chmod 700"), "{}", look());
        assert_eq!(database(&data.join(DATABASE)).verdict, Verdict::ToDo);
        assert_eq!(certificate(data, SystemTime::now()).verdict, Verdict::ToDo);
    }
}
