//! What a word that is being written may become: a name, a room, a command, an emoji.

use std::collections::BTreeSet;

use crate::{
    emoji, fuzzy, sanitize,
    state::{Room, Server, State},
};

/// Possibilities that are shown at most.
const MAX_OPTIONS: usize = 50;
/// Letters of a short name before emoji are sought: a colon alone is a colon.
const MIN_EMOJI: usize = 1;

/// What can be put in place of which part of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The first byte.
    pub from: usize,
    /// The byte after the last.
    pub to: usize,
    /// What, the likeliest first; at least one.
    pub options: Vec<Completed>,
}

/// One possibility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completed {
    /// What is written in place of the word, with the space after it.
    pub text: String,
    /// What a person reads in the list. Cleaned.
    pub label: String,
    /// Beside it. Cleaned.
    pub detail: String,
    score: i32,
    begins: bool,
}

impl Completed {
    fn new(sought: &str, name: &str, text: String, detail: &str) -> Option<Self> {
        let fit = fuzzy::fit(sought, name)?;
        let begins = name.to_lowercase().starts_with(&sought.to_lowercase());
        Some(Self {
            label: sanitize::line(text.trim_end()),
            text,
            detail: sanitize::line(detail),
            score: fit.score,
            begins,
        })
    }
}

/// What the word before the cursor may become; `None` if nothing fits.
pub(crate) fn complete(words: &str, cursor: usize, state: &State) -> Option<Completion> {
    let head = words.get(..cursor)?;
    let from = head
        .char_indices()
        .rev()
        .find(|(_, character)| character.is_whitespace())
        .map_or(0, |(at, character)| at + character.len_utf8());
    let word = head.get(from..)?;
    let (server, room) = state.current()?;
    let mut options = if let Some(name) = word.strip_prefix('@') {
        names(name, "@", server, room)
    } else if let Some(name) = word.strip_prefix('#') {
        rooms(name, "#", server)
    } else if let Some(name) = word.strip_prefix('/').filter(|_| from == 0) {
        commands(name, state)
    } else if let Some(name) = word.strip_prefix(':') {
        emoji_named(name.trim_end_matches(':'))
    } else if word.is_empty() {
        Vec::new()
    } else if words.starts_with('/') && !words.starts_with("//") {
        let mut options = names(word, "", server, room);
        options.extend(rooms(word, "", server));
        options
    } else {
        names(word, "@", server, room)
    };
    // What begins so is meant, where something does; else what has the letters.
    if options.iter().any(|option| option.begins) {
        options.retain(|option| option.begins);
    }
    options.sort_by_key(|option| std::cmp::Reverse(option.score));
    options.truncate(MAX_OPTIONS);
    (!options.is_empty()).then_some(Completion {
        from,
        to: cursor,
        options,
    })
}

/// Names: those of the room's members, then the others one knows of.
fn names(sought: &str, sign: &str, server: &Server, room: &Room) -> Vec<Completed> {
    let members: BTreeSet<_> = room.members.list.keys().collect();
    let mut found = Vec::new();
    for (id, person) in &server.people {
        if Some(*id) == server.me || person.name.is_empty() {
            continue;
        }
        let text = format!("{sign}{} ", person.name);
        let detail = person.display.as_deref().unwrap_or_default();
        if let Some(mut option) = Completed::new(sought, &person.name, text, detail) {
            option.score += 200 * i32::from(members.contains(id));
            option.score += 100 * i32::from(person.online);
            found.push(option);
        }
    }
    found
}

fn rooms(sought: &str, sign: &str, server: &Server) -> Vec<Completed> {
    let rooms = server.rooms.values().filter(|room| !room.direct);
    let option = |room: &Room| {
        let topic = room.topic.as_deref().unwrap_or_default();
        Completed::new(sought, &room.name, format!("{sign}{} ", room.name), topic)
    };
    rooms.filter_map(option).collect()
}

fn commands(sought: &str, state: &State) -> Vec<Completed> {
    let commands = state.settings.commands.iter();
    let option = |command: &crate::CommandInfo| {
        let usage = command.usage.split_once(' ').map_or("", |(_, rest)| rest);
        Completed::new(sought, command.name, format!("/{} ", command.name), usage)
    };
    commands.filter_map(option).collect()
}

fn emoji_named(sought: &str) -> Vec<Completed> {
    if sought.chars().count() < MIN_EMOJI {
        return Vec::new();
    }
    let found = emoji::all().filter_map(|(name, sign)| {
        let mut option = Completed::new(sought, name, format!("{sign} "), "")?;
        option.label = format!("{sign} :{name}:");
        Some(option)
    });
    found.collect()
}
