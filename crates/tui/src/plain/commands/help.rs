//! `/help`: each role its own commands, in lines of 80 columns.

use unicode_width::UnicodeWidthStr;

use super::{AREAS, Area, Command, Least, find};
use crate::sanitize;

/// A screen's width.
const COLUMNS: usize = 80;
/// Where what a command does begins.
const INDENT: usize = 16;

/// What `/help` or `/help ABOUT` says to somebody of this standing.
pub(crate) fn lines(about: Option<&str>, standing: Least) -> Vec<String> {
    let Some(about) = about else {
        return overview(standing);
    };
    if let Some(command) = find(about) {
        return command_lines(command);
    }
    match AREAS.iter().find(|area| area.title == about) {
        Some(area) => area_lines(area, standing, command_lines),
        None => vec![format!(
            "!! There is no command /{}.",
            sanitize::line(about)
        )],
    }
}

fn overview(standing: Least) -> Vec<String> {
    let mut lines: Vec<String> = AREAS
        .iter()
        .flat_map(|area| area_lines(area, standing, brief))
        .collect();
    lines.extend(wrapped(
        "-- ",
        3,
        "/help COMMAND says how one is used, /help AREA all of an area. A line without / is said \
         to all in the room.",
    ));
    lines
}

fn area_lines(
    area: &Area,
    standing: Least,
    command_lines: impl Fn(&Command) -> Vec<String>,
) -> Vec<String> {
    let shown = |command: &&Command| command.least <= standing;
    let commands: Vec<_> = area.commands.iter().filter(shown).collect();
    if commands.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("-- {}:", area.title)];
    lines.extend(commands.into_iter().flat_map(command_lines));
    lines
}

fn brief(command: &Command) -> Vec<String> {
    let name = format!("--   /{:<10} ", command.name);
    wrapped(&name, INDENT, brief_sentence(command))
}

/// What it does, in its first sentence.
pub(crate) fn brief_sentence(command: &Command) -> &'static str {
    let sentence = command.help.split_inclusive(". ").next();
    sentence.unwrap_or(command.help).trim_end()
}

fn command_lines(command: &Command) -> Vec<String> {
    let mut lines = wrapped("-- ", 6, command.usage);
    let mut help = command.help.to_owned();
    if !command.aliases.is_empty() {
        help.push_str(" Also /");
        help.push_str(&command.aliases.join(", /"));
        help.push('.');
    }
    lines.extend(wrapped("--   ", 5, &help));
    lines
}

/// A text after a head, its further lines indented so far.
fn wrapped(head: &str, indent: usize, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = head.to_owned();
    let mut begun = false;
    for word in text.split(' ') {
        if begun && line.width() + 1 + word.width() > COLUMNS {
            let next = format!("--{}", " ".repeat(indent.saturating_sub(2)));
            lines.push(std::mem::replace(&mut line, next));
            begun = false;
        }
        if begun {
            line.push(' ');
        }
        line.push_str(word);
        begun = true;
    }
    lines.push(line);
    lines
}

/// The line about a command that there is not.
pub(crate) fn unknown(name: &str) -> String {
    let shown = sanitize::line(name);
    let meant = super::nearest(name).map_or_else(
        || "/help lists the commands.".to_owned(),
        |meant| format!("Was it /{meant}?"),
    );
    format!("!! There is no command /{shown}. {meant} (//{shown} says /{shown}.)")
}
