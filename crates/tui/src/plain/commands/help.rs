//! `/help`: each role its own commands, in lines of 80 columns.

use unicode_width::UnicodeWidthStr;

use super::{AREAS, Area, Command, Least, find, split_word};
use crate::sanitize;

/// A screen's width.
const COLUMNS: usize = 80;

/// What `/help` or `/help ABOUT` says to somebody of this standing.
pub(crate) fn lines(about: Option<&str>, standing: Least) -> Vec<String> {
    let Some(about) = about else {
        return overview(standing);
    };
    if about == "all" {
        let areas = AREAS.iter();
        return areas.flat_map(|area| area_lines(area, standing)).collect();
    }
    // A command may be called as its area is: then both are meant.
    let mut lines = find(about).map_or_else(Vec::new, command_lines);
    if let Some(area) = AREAS.iter().find(|area| area.title == about) {
        lines.extend(area_lines(area, standing));
    }
    if lines.is_empty() {
        let (name, _) = split_word(about);
        lines = find(name).map_or_else(|| vec![unknown(about)], command_lines);
    }
    lines
}

/// What the server refuses to guests (`snug_rules::guest_may`): they are not shown it.
const NEED_ACCOUNT: &[&str] = &[
    "friend",
    "unfriend",
    "friends",
    "token",
    "tokens",
    "sessions",
    "password",
    "scram",
    "second-factor",
    "device-code",
    "delete-account",
    "export",
    "credits",
    "pay",
    "vip",
    "ledger",
    "invite",
    "owner",
    "reports",
    "groups",
];

/// Names only: it fits a screen.
fn overview(standing: Least) -> Vec<String> {
    let mut lines = Vec::new();
    for area in AREAS {
        let names: Vec<String> = shown(area, standing)
            .map(|command| format!("/{}", command.name))
            .collect();
        if !names.is_empty() {
            let head = format!("-- {}: ", area.title);
            lines.extend(wrapped(&head, 5, &names.join(" ")));
        }
    }
    lines.extend(wrapped(
        "-- ",
        3,
        "/help COMMAND says how one is used, /help AREA (such as /help talking) and /help all what \
         they do. A line without / is said to all in the room.",
    ));
    lines
}

fn shown(area: &Area, standing: Least) -> impl Iterator<Item = &'static Command> {
    area.commands.iter().filter(move |command| match standing {
        Least::Guest => command.least <= Least::Member && !NEED_ACCOUNT.contains(&command.name),
        _ => command.least <= standing && command.least > Least::Guest,
    })
}

fn area_lines(area: &Area, standing: Least) -> Vec<String> {
    let widest = shown(area, standing)
        .map(|command| command.name.len())
        .max();
    let Some(widest) = widest else {
        return vec![format!("-- {}: nothing that is yours to do", area.title)];
    };
    let mut lines = vec![format!("-- {}:", area.title)];
    for command in shown(area, standing) {
        let head = format!("--   /{:<widest$}  ", command.name);
        lines.extend(wrapped(&head, head.len(), brief_sentence(command)));
    }
    lines
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
