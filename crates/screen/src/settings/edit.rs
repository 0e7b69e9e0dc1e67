//! Changing one option in the file's text, and nothing else: comments and order stay.

use std::{fmt::Write as _, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The name of a room's level, for [`with_option`].
pub fn setting_of_room(server: &str, room: &str) -> String {
    format!(
        "notifications.rooms.{}",
        quoted(&format!("{server}/{room}"))
    )
}

/// The file's text with this value, as TOML writes it, for an option: `theme`,
/// `notifications.do_not_disturb`, `notifications.rooms."home/den"`. `None` where that cannot be done to
/// this text. An empty value takes the option out, with its line.
pub fn with_option(text: &str, name: &str, value: &str) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let path = path(name)?;
    let (option, tables) = path.split_last()?;
    let mut here = Some(table.get_ref());
    for name in tables {
        here = here.and_then(|table| table.get(name.as_str())?.get_ref().as_table());
    }
    let known: Option<&Spanned<DeValue<'_>>> = here.and_then(|table| table.get(option.as_str()));
    if let Some(known) = known {
        let span = known.span();
        if value.is_empty() {
            return without_line(text, &span, option);
        }
        let (before, after) = (text.get(..span.start)?, text.get(span.end..)?);
        return Some(format!("{before}{value}{after}"));
    }
    if value.is_empty() {
        return Some(text.to_owned());
    }
    let key = if is_bare(option) {
        option.clone()
    } else {
        quoted(option)
    };
    let line = format!("{key} = {value}\n");
    if tables.is_empty() {
        return Some(format!("{line}{text}"));
    }
    let header = tables.join(".");
    if let Some(at) = after_header(text, &header) {
        let (before, after) = text.split_at_checked(at)?;
        let gap = if before.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{before}{gap}{line}{after}"));
    }
    if here.is_some() {
        // The table is written inline; there is no line to add one after.
        return None;
    }
    let gap = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    Some(format!("{text}{gap}\n[{header}]\n{line}"))
}

/// The text without the line of this option, whose value stands there. `None` where the line holds more.
fn without_line(text: &str, value: &Range<usize>, option: &str) -> Option<String> {
    let from = text.get(..value.start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(value.end..)?;
    let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let (behind, after) = rest.split_at_checked(end)?;
    let behind = behind.trim();
    let key = text.get(from..value.start)?.trim_end().strip_suffix('=')?;
    let is_all = path(key.trim())?.last().is_some_and(|last| last == option)
        && (behind.is_empty() || behind.starts_with('#'));
    is_all.then(|| format!("{}{after}", text.get(..from).unwrap_or_default()))
}

/// The words of a dotted name, the last of which may be quoted.
fn path(name: &str) -> Option<Vec<String>> {
    let parsed = format!("{name} = 0");
    let table = DeTable::parse(&parsed).ok()?;
    let mut words = Vec::new();
    let mut here = table.get_ref().clone();
    loop {
        let (word, value) = here.into_iter().next()?;
        words.push(word.get_ref().to_string());
        match value.into_inner() {
            DeValue::Table(table) => here = table,
            _ => return Some(words),
        }
    }
}

fn is_bare(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    !word.is_empty() && word.chars().all(fits)
}

/// The byte after the line `[header]`.
fn after_header(text: &str, header: &str) -> Option<usize> {
    let header = format!("[{header}]");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let bare = line.split('#').next()?;
        let bare: String = bare.chars().filter(|c| !c.is_whitespace()).collect();
        if bare == header {
            return Some(at);
        }
    }
    None
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            character if character.is_control() => {
                // Writing to a string cannot fail.
                let _always = write!(quoted, "\\U{:08X}", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
