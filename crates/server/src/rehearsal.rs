//! What the program reads that somebody wrote for it, without a server: its file of options, a roster, commands
//! and answers at the control socket. For the fuzz targets.

#[cfg(test)]
mod fuzz_bodies;

use std::{path::Path, sync::OnceLock};

use clap::ArgMatches;

use crate::{
    Options,
    admin::Command,
    arguments,
    config::{self, BadOptions},
    control, firewall,
    roster::{self, BadLines, Roster},
};

/// A member's id and display name.
pub type Member = (String, String);

/// The options that a file with this text gives.
pub fn options(text: &str) -> Result<Options, BadOptions> {
    static MATCHES: OnceLock<ArgMatches> = OnceLock::new();
    let matches = MATCHES.get_or_init(|| arguments::command().get_matches_from(["snugd"]));
    let path = Path::new("snugd.toml");
    let table = config::parsed(path, text)?;
    config::laid_over(matches, Some((path.to_owned(), table)))
}

/// The members on a roster all of whose lines are right, or what is wrong with it.
pub fn roster(file: &[u8]) -> Result<Vec<Member>, String> {
    roster::read(file, BadLines::Refuse).map(|roster| roster.members)
}

/// The members on a roster, and a sentence for each line that was left out.
pub fn roster_without_bad_lines(file: &[u8]) -> Result<(Vec<Member>, Vec<String>), String> {
    let Roster { members, skipped } = roster::read(file, BadLines::Skip)?;
    Ok((members, skipped))
}

/// Why these two are no member of a roster, if they are none.
pub fn no_member(id: &str, display: &str) -> Option<String> {
    roster::entry(id, display).err()
}

/// The command that a line at the control socket says.
pub fn command(line: &str) -> Option<Command> {
    control::understood(line)
}

/// The table for nftables that is made of a server's answer.
pub fn nft(answer: &str) -> Option<String> {
    let told = serde_json::from_str(answer).ok()?;
    Some(firewall::nft(&told))
}
