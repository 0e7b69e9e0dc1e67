//! What happened in a room, as it is kept to be drawn.

use std::collections::BTreeMap;

use snug_proto::{AccountId, Quote, Timestamp};

use super::Spot;

/// Somebody's reactions on one message that are kept; further ones are not shown.
const MAX_REACTIONS_KEPT: usize = 500;

/// An event of a room that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What names it.
    pub spot: Spot,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody said something.
    Said(Box<Said>),
    /// Somebody came or went for good, in a sentence.
    Came(String),
    /// Something else, in a sentence.
    Done(String),
    /// What a command of one's own had to say. Kept here only; its number is that of the event before.
    Told(Vec<String>),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub from: AccountId,
    /// By this name then.
    pub name: String,
    /// Shown as this.
    pub display: Option<String>,
    /// A program spoke.
    pub bot: bool,
    /// The words as first sent.
    pub body: String,
    /// They were taken back.
    pub deleted: bool,
    /// The message that it answers.
    pub reply_to: Option<u64>,
    /// The beginning of that.
    pub quote: Option<Box<Quote>>,
    /// It mentions one.
    pub mentions_me: bool,
}

/// What happened to a message after it was said. Kept apart from it, because a page of the past brings
/// the change before the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The newest edit: its number and the words.
    pub edit: Option<(u64, String)>,
    /// The newest of its being taken back and being there again: its number, and the words if it is there again.
    there: Option<(u64, Option<String>)>,
    reactions: BTreeMap<(String, AccountId), (u64, bool)>,
}

impl Change {
    pub(crate) fn edited(&mut self, seq: u64, body: String) {
        if self.edit.as_ref().is_none_or(|(known, _)| *known < seq) {
            self.edit = Some((seq, body));
        }
    }

    pub(crate) fn deleted(&mut self, seq: u64) {
        self.is_there(seq, None);
    }

    /// It is there again after a purge, with these words.
    pub(crate) fn restored(&mut self, seq: u64, body: String) {
        self.is_there(seq, Some(body));
    }

    fn is_there(&mut self, seq: u64, words: Option<String>) {
        if self.there.as_ref().is_none_or(|(known, _)| *known < seq) {
            self.there = Some((seq, words));
        }
    }

    /// Was it taken back, as far as is known here?
    pub const fn is_deleted(&self) -> bool {
        matches!(self.there, Some((_, None)))
    }

    /// The words with which it is there again, and since when.
    pub(crate) fn words_again(&self) -> Option<(u64, &str)> {
        let (seq, words) = self.there.as_ref()?;
        Some((*seq, words.as_deref()?))
    }

    pub(crate) fn reacted(&mut self, seq: u64, emoji: String, by: AccountId, is_on: bool) {
        let place = (emoji, by);
        if self.reactions.len() >= MAX_REACTIONS_KEPT && !self.reactions.contains_key(&place) {
            return;
        }
        let known = self.reactions.entry(place).or_default();
        if known.0 < seq {
            *known = (seq, is_on);
        }
    }

    /// Each reaction, how many put it there, and whether one did oneself.
    pub fn reactions(&self, me: Option<AccountId>) -> Vec<(&str, usize, bool)> {
        let mut counted: Vec<(&str, usize, bool)> = Vec::new();
        for ((emoji, by), (_, is_on)) in &self.reactions {
            if !is_on {
                continue;
            }
            let mine = Some(*by) == me;
            match counted.last_mut() {
                Some(last) if last.0 == emoji => {
                    last.1 += 1;
                    last.2 |= mine;
                }
                _ => counted.push((emoji, 1, mine)),
            }
        }
        counted
    }

    /// About as many bytes as it takes.
    pub(crate) fn bytes(&self) -> usize {
        let edit = self.edit.as_ref().map_or(0, |(_, body)| body.len());
        let again = self.words_again().map_or(0, |(_, words)| words.len());
        edit + again + self.reactions.len() * 96 + 64
    }
}

impl Item {
    /// The message, if it is one.
    pub const fn said(&self) -> Option<&Said> {
        match &self.what {
            What::Said(said) => Some(said),
            _ => None,
        }
    }

    /// About as many bytes as it takes.
    pub(crate) fn bytes(&self) -> usize {
        let words = match &self.what {
            What::Said(said) => {
                let quote = said
                    .quote
                    .as_ref()
                    .map_or(0, |quote| quote.excerpt.len() + 96);
                said.body.len() + said.name.len() + quote + 128
            }
            What::Came(text) | What::Done(text) => text.len(),
            What::Told(lines) => lines.iter().map(|line| line.len() + 24).sum(),
        };
        words + 64
    }
}
