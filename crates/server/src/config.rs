//! Reads the options: from flags, the environment and a file, checked here; an error names the option
//! and where its value came from.

mod values;

use std::{
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ArgMatches;
use snug_irc::AccountRegistration;
use snug_proto::Secret;
use snug_rules::{DoorLimits, SurgeLimits};

use crate::{
    arguments::{SETTINGS, Setting, Times, Via, given, key},
    options::{Options, Profile},
};
use values::{
    access_code, address, at_least_one, count, durability, guests, log_filter, log_form,
    loopback_address, network, network_name, optional_address, passwords, path, profile,
    registration, server_name, switch, text, text_of_file, threads, web_origin,
};

/// Why the options cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadOptions {
    /// A value is not one.
    #[error("{origin}: {problem}")]
    Value {
        /// The option and where its value came from.
        origin: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file cannot be read.
    #[error("The configuration file {path} could not be read: {source}.")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("The configuration file {path} is not valid TOML: {problem}")]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        problem: String,
    },
    /// The file has a key that is no option.
    #[error("The configuration file {path} sets \"{key}\", which is no option.{nearest}")]
    UnknownKey {
        /// Which file.
        path: PathBuf,
        /// The key.
        key: String,
        /// A sentence with the nearest name, or nothing.
        nearest: String,
    },
}

/// An option's values and where they came from.
struct Given {
    values: Vec<String>,
    origin: String,
}

/// Where the options are looked up.
struct Sources<'a> {
    matches: &'a ArgMatches,
    file: Option<(PathBuf, toml::Table)>,
}

/// Reads the options that the command line, the environment and the file that they name give.
pub fn read(matches: &ArgMatches) -> Result<Options, BadOptions> {
    let file = match matches.get_one::<String>("config") {
        Some(path) => Some(read_file(Path::new(path))?),
        None => None,
    };
    laid_over(matches, file)
}

/// The options that the command line, the environment and this file give.
pub(crate) fn laid_over(
    matches: &ArgMatches,
    file: Option<(PathBuf, toml::Table)>,
) -> Result<Options, BadOptions> {
    let sources = Sources { matches, file };
    let profile = sources.one("profile", profile)?;
    let mut options = Options::new(profile.unwrap_or(Profile::Community));
    let set = |options: &mut Options| -> Result<(), BadOptions> {
        put(&mut options.data, sources.one("data", path)?);
        put(&mut options.listen, sources.several("listen", address)?);
        put(&mut options.listen_plain, plain_addresses(&sources)?);
        put(
            &mut options.durability,
            sources.one("durability", durability)?,
        );
        let registration = sources.one("registration", registration)?;
        put(&mut options.registration, registration);
        let guests = sources.one("guests", guests)?;
        let by_profile = Options::guests_by(options.profile, options.registration);
        options.guests = guests.unwrap_or(by_profile);
        options.access_code = sources.one("access-code", access_code)?.flatten();
        options.server_name = sources.one("server-name", server_name)?.flatten();
        put(&mut options.announce, sources.one("announce", switch)?);
        put(&mut options.log, sources.one("log", log_form)?);
        put(
            &mut options.log_filter,
            sources.one("log-level", log_filter)?,
        );
        let threads = sources.one("threads", threads)?;
        options.threads = threads.filter(|number| *number > 0);
        let rate = sources.one("messages-per-second", count)?;
        put(&mut options.messages_per_second, rate);
        let wrong = sources.one("wrong-passwords", at_least_one)?;
        put(&mut options.guessing.wrong_in_row, wrong);
        let seconds = sources.one("shut-seconds", at_least_one)?;
        let shut_ms = seconds.map(|seconds| u64::from(seconds) * 1000);
        put(&mut options.guessing.shut_ms, shut_ms);
        put(
            &mut options.makings.per_hour,
            sources.one("accounts-per-hour", count)?,
        );
        put(
            &mut options.makings.per_day,
            sources.one("accounts-per-day", count)?,
        );
        options.door = door_limits(&sources, options.door)?;
        options.surge = surge_limits(&sources, options.surge)?;
        let wait = sources.one("shield-wait-seconds", count)?;
        let wait = wait.map(|seconds| Duration::from_secs(u64::from(seconds)));
        put(&mut options.shield.wait, wait);
        put(&mut options.proxies, sources.several("proxies", network)?);
        put(
            &mut options.web_origins,
            sources.several("web-origins", web_origin)?,
        );
        options.metrics = sources.one("metrics", optional_address)?.flatten();
        let report = sources.one("report", text)?;
        options.report = report.filter(|path| !path.is_empty()).map(PathBuf::from);
        put(&mut options.trusted, sources.several("trusted", network)?);
        let cheap = sources.one("cheap-passwords-for-tests", passwords)?;
        put(&mut options.passwords, cheap);
        if sources.one("short-passwords-for-tests", switch)? == Some(true) {
            options.min_password_chars = 1;
        }
        put(
            &mut options.network_name,
            sources.one("network-name", network_name)?,
        );
        put(&mut options.motd, sources.one("motd", text_of_file)?);
        options.operator = operator(&sources)?;
        if sources.one("irc-register-once-connected", switch)? == Some(true) {
            options.account_registration = AccountRegistration::Connected;
        }
        options.scram_for_new_accounts =
            sources.one("scram-for-new-accounts", switch)? == Some(true);
        let sts = sources.one("sts-seconds", count)?;
        options.sts_seconds = sts.filter(|seconds| *seconds > 0).map(u64::from);
        options.irc_lobby = sources.one("irc-without-lobby", switch)? != Some(true);
        Ok(())
    };
    set(&mut options)?;
    if options.listen.is_empty() {
        return Err(BadOptions::Value {
            origin: "--listen".to_owned(),
            problem: "name one address at least, like 0.0.0.0:7667.".to_owned(),
        });
    }
    let identity = std::env::var("SNUG_IDENTITY").ok();
    options.identity = identity.filter(|pem| !pem.is_empty()).map(Secret::new);
    Ok(options)
}

/// What an address may cost before a sign-in (P2).
fn door_limits(sources: &Sources<'_>, by_default: DoorLimits) -> Result<DoorLimits, BadOptions> {
    let mut limits = by_default;
    for (flag, limit) in [
        ("open-per-address", &mut limits.open),
        ("connections-per-minute", &mut limits.per_minute),
        ("handshakes-per-address", &mut limits.unfinished),
        ("requests-before-sign-in", &mut limits.requests),
        ("codes-before-sign-in", &mut limits.codes),
    ] {
        put(limit, sources.one(flag, count)?);
    }
    let seconds = sources.one("door-shut-seconds", at_least_one)?;
    put(
        &mut limits.shut_ms,
        seconds.map(|seconds| u64::from(seconds) * 1000),
    );
    put(
        &mut limits.around,
        sources.one("network-factor", at_least_one)?,
    );
    Ok(limits)
}

/// When the shield goes up and comes down (P3).
fn surge_limits(sources: &Sources<'_>, by_default: SurgeLimits) -> Result<SurgeLimits, BadOptions> {
    let mut limits = by_default;
    put(&mut limits.newcomers, sources.one("surge", count)?);
    for (flag, limit) in [
        ("surge-patience-seconds", &mut limits.patience_ms),
        ("shield-calm-seconds", &mut limits.calm_ms),
        ("shield-ban-seconds", &mut limits.ban_ms),
    ] {
        let seconds = sources.one(flag, at_least_one)?;
        put(limit, seconds.map(|seconds| u64::from(seconds) * 1000));
    }
    Ok(limits)
}

/// Where to listen without TLS: on loopback, unless the operator insists (S1).
fn plain_addresses(sources: &Sources<'_>) -> Result<Option<Vec<SocketAddr>>, BadOptions> {
    let insists = sources.one("plain-beyond-loopback", switch)? == Some(true);
    let parse = if insists { address } else { loopback_address };
    sources.several("listen-plain", parse)
}

/// The account that is to be there as the owner: both of its options, or neither.
fn operator(sources: &Sources<'_>) -> Result<Option<(String, Secret)>, BadOptions> {
    let name = sources
        .one("operator", text)?
        .filter(|name| !name.is_empty());
    let password = sources.one("operator-password", text)?;
    let password = password.filter(|password| !password.is_empty());
    match (name, password) {
        (Some(name), Some(password)) => Ok(Some((name, Secret::new(password)))),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(BadOptions::Value {
            origin: "--operator and --operator-password".to_owned(),
            problem: "one is no use without the other.".to_owned(),
        }),
    }
}

/// The text of a file with every option at its default, explained.
pub fn default_file() -> String {
    let mut text = String::from(
        "# Options of snugd. What is commented out has the value shown.\n\
         # A flag (--data) or a variable of the environment (SNUG_DATA) comes before this file.\n",
    );
    for setting in SETTINGS
        .iter()
        .filter(|setting| setting.times != Times::Switch)
    {
        text.push('\n');
        for line in wrapped(setting.help, 98) {
            text.push_str("# ");
            text.push_str(&line);
            text.push('\n');
        }
        for part in ["# ", &key(setting), " = ", setting.default, "\n"] {
            text.push_str(part);
        }
    }
    text
}

fn wrapped(words: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if let Some(line) = lines.last_mut() {
        line.push('.');
    }
    lines
}

impl Sources<'_> {
    fn given(&self, flag: &str) -> Result<Option<Given>, BadOptions> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.flag == flag) else {
            return Ok(None);
        };
        if let Some((values, via)) = given(self.matches, setting) {
            let origin = match via {
                Via::Flag => format!("--{flag}"),
                Via::Environment => {
                    format!("--{flag} (from the environment, {})", setting.variable)
                }
            };
            return Ok(Some(Given { values, origin }));
        }
        let Some((path, table)) = &self.file else {
            return Ok(None);
        };
        let Some(value) = table.get(&key(setting)) else {
            return Ok(None);
        };
        let origin = format!("{} in {}", key(setting), path.display());
        let values = texts(value, setting).ok_or_else(|| BadOptions::Value {
            origin: origin.clone(),
            problem: format!("write it like {}.", setting.default),
        })?;
        Ok(Some(Given { values, origin }))
    }

    fn one<T>(
        &self,
        flag: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, BadOptions> {
        let all = self.several(flag, parse)?;
        Ok(all.and_then(|all| all.into_iter().next_back()))
    }

    fn several<T>(
        &self,
        flag: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, BadOptions> {
        let Some(Given { values, origin }) = self.given(flag)? else {
            return Ok(None);
        };
        let parsed = values.iter().map(|value| parse(value.trim()));
        let parsed: Result<Vec<T>, String> = parsed.collect();
        parsed
            .map(Some)
            .map_err(|problem| BadOptions::Value { origin, problem })
    }
}

fn read_file(path: &Path) -> Result<(PathBuf, toml::Table), BadOptions> {
    let text = std::fs::read_to_string(path).map_err(|source| BadOptions::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok((path.to_owned(), parsed(path, &text)?))
}

/// The options of a file with this text.
pub(crate) fn parsed(path: &Path, text: &str) -> Result<toml::Table, BadOptions> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // Not the whole error: it quotes the line, which may hold the access code.
        let line = error.span().map_or(1, |span| {
            1 + text
                .bytes()
                .take(span.start)
                .filter(|byte| *byte == b'\n')
                .count()
        });
        BadOptions::NotToml {
            path: path.to_owned(),
            problem: format!("{} (line {line}).", error.message()),
        }
    })?;
    for name in table.keys() {
        if SETTINGS.iter().all(|setting| key(setting) != *name) {
            return Err(BadOptions::UnknownKey {
                path: path.to_owned(),
                key: name.clone(),
                nearest: nearest(name),
            });
        }
    }
    Ok(table)
}

fn nearest(name: &str) -> String {
    let keys = SETTINGS.iter().map(key);
    let best = keys.map(|key| (distance(name, &key), key)).min();
    match best {
        Some((distance, key)) if distance <= 1 + name.chars().count() / 3 => {
            format!(" Did you mean \"{key}\"?")
        }
        _ => " snugd config --write-default FILE writes a file with all of them.".to_owned(),
    }
}

/// How many letters must change to make the one the other (Levenshtein), hyphens being underscores.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let letter = if letter == '-' { '_' } else { letter };
        let mut next = vec![at + 1];
        for (of, with) in other.iter().zip(row.windows(2)) {
            let &[diagonal, above] = with else { continue };
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(*of != letter);
            next.push(changed.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

fn texts(value: &toml::Value, setting: &Setting) -> Option<Vec<String>> {
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        _ => None,
    };
    match value {
        toml::Value::Array(values) if setting.times == Times::Several => {
            values.iter().map(text).collect()
        }
        value => text(value).map(|text| vec![text]),
    }
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}
