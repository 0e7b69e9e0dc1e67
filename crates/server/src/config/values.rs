//! Reads each option's value from its text; the problem is a sentence for whoever wrote it.

use std::{io::Read, net::SocketAddr, path::PathBuf};

use snug_gate::WebOrigin;
use snug_proto::{GuestPolicy, Registration, Secret};
use snug_rules::Network;
use snug_store::Durability;

use crate::options::{LogForm, PasswordCost, Profile};

fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("\"{text}\" is not one of {}.", names.join(", "))
    })
}

pub(super) fn profile(text: &str) -> Result<Profile, String> {
    let all = [Profile::Community, Profile::Private, Profile::Ephemeral];
    let names = all.map(|profile| (profile.to_string(), profile));
    let names: Vec<(&str, Profile)> = names
        .iter()
        .map(|(name, of)| (name.as_str(), *of))
        .collect();
    one_of(text, &names)
}

pub(super) fn durability(text: &str) -> Result<Durability, String> {
    one_of(
        text,
        &[
            ("power", Durability::Power),
            ("process", Durability::Process),
        ],
    )
}

pub(super) fn registration(text: &str) -> Result<Registration, String> {
    one_of(
        text,
        &[
            ("open", Registration::Open),
            ("code", Registration::Code),
            ("invite", Registration::Invite),
            ("roster", Registration::Roster),
        ],
    )
}

pub(super) fn guests(text: &str) -> Result<GuestPolicy, String> {
    one_of(
        text,
        &[
            ("off", GuestPolicy::Off),
            ("on", GuestPolicy::On),
            ("code", GuestPolicy::Code),
        ],
    )
}

pub(super) fn log_form(text: &str) -> Result<LogForm, String> {
    one_of(text, &[("text", LogForm::Text), ("json", LogForm::Json)])
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    let checked = tracing_subscriber::EnvFilter::try_new(text);
    checked
        .map(|_| text.to_owned())
        .map_err(|_| format!("\"{text}\" is no level (error, warn, info, debug, trace) or filter."))
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("name a folder.".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("\"{text}\" is no address with a port, like 0.0.0.0:7667 or [::]:7667.")
    })
}

pub(super) fn optional_address(text: &str) -> Result<Option<SocketAddr>, String> {
    match text {
        "" => Ok(None),
        text => address(text).map(Some),
    }
}

pub(super) fn loopback_address(text: &str) -> Result<SocketAddr, String> {
    let address = address(text)?;
    if address.ip().to_canonical().is_loopback() {
        return Ok(address);
    }
    Err(format!(
        "\"{text}\" can be reached from elsewhere, and what is said there can be read on the way. \
         Name a loopback address, or add --plain-beyond-loopback."
    ))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    one_of(
        text,
        &[("true", true), ("1", true), ("false", false), ("0", false)],
    )
}

#[expect(clippy::unnecessary_wraps, reason = "one of several readers of values")]
pub(super) fn text(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

pub(super) fn network_name(text: &str) -> Result<String, String> {
    let fits = (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a network's name has 1 to 32 characters, on one line.".to_owned())
    }
}

/// IRC's message of the day from its file; of no file, none.
pub(super) fn text_of_file(path: &str) -> Result<String, String> {
    const MAX_BYTES: usize = 16 * 1024;
    if path.is_empty() {
        return Ok(String::new());
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map(|file| file.take(MAX_BYTES as u64 + 1));
    let read = file.and_then(|mut file| file.read_to_string(&mut text));
    read.map_err(|error| format!("{path} could not be read: {error}."))?;
    if text.len() > MAX_BYTES {
        return Err(format!("{path} is longer than {MAX_BYTES} bytes."));
    }
    Ok(text)
}

pub(super) fn access_code(text: &str) -> Result<Option<Secret>, String> {
    // The value itself is not shown: it is a secret, if a bad one.
    if text.len() > 128 || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("a code has at most 128 bytes and no spaces.".to_owned());
    }
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

pub(super) fn server_name(text: &str) -> Result<Option<String>, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if text.len() > 253 || !text.chars().all(fits) {
        return Err(format!(
            "\"{text}\" is no host name, like chat.example.org."
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is no whole number, like 4."))
}

pub(super) fn at_least_one(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("\"{text}\" is no whole number from 1 on."))
}

pub(super) fn threads(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| *number <= 1024);
    number.ok_or_else(|| format!("\"{text}\" is no number of threads, from 1 to 1024, or 0."))
}

pub(super) fn network(text: &str) -> Result<Network, String> {
    text.parse()
        .map_err(|error| format!("\"{text}\": {error}."))
}

pub(super) fn web_origin(text: &str) -> Result<WebOrigin, String> {
    text.parse()
        .map_err(|error| format!("\"{text}\": {error}."))
}

pub(super) fn passwords(text: &str) -> Result<PasswordCost, String> {
    one_of(
        text,
        &[
            ("true", PasswordCost::CheapForTests),
            ("1", PasswordCost::CheapForTests),
            ("false", PasswordCost::Release),
            ("0", PasswordCost::Release),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_of_a_file_is_read_than_a_message_of_the_day_may_have() {
        let refused = text_of_file("/dev/zero").unwrap_err();
        assert!(refused.contains("longer than 16384 bytes"), "{refused}");
    }
}
