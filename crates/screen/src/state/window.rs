//! The part of a room's log that is in memory: a stretch without holes, with what changed in it.

use std::collections::{BTreeMap, VecDeque};

use snug_proto::Timestamp;

use super::{Change, Item, Spot, What};
use crate::Tag;

/// Most that is kept of the room that is looked at.
const MAX_HERE: Bound = Bound {
    items: 3000,
    bytes: 8 << 20,
};
/// Most that is kept of each other room: a thousand of them stay below 64 MiB.
const MAX_ELSEWHERE: Bound = Bound {
    items: 150,
    bytes: 64 << 10,
};
/// Changes that are kept of one room; those of the oldest messages make room.
const MAX_CHANGES: usize = 8000;

#[derive(Clone, Copy)]
struct Bound {
    items: usize,
    bytes: usize,
}

/// Which end makes room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Oldest,
    Newest,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Window {
    items: VecDeque<Item>,
    changes: BTreeMap<u64, Change>,
    changes_bytes: usize,
    bytes: usize,
    /// The lowest number that is covered, and the highest. `None` for nothing yet.
    covers: Option<(u64, u64)>,
    /// There is nothing before it that one may read.
    pub at_start: bool,
    /// The newest event of the log is in it, and what comes belongs to it.
    pub at_end: bool,
    /// A page that was asked for.
    pub(crate) loading: Option<Tag>,
    /// The page before was refused, and is not asked for again until one comes back.
    pub(crate) refused: bool,
}

impl Window {
    /// What shows, oldest first.
    pub const fn items(&self) -> &VecDeque<Item> {
        &self.items
    }

    /// What happened to the message of this number.
    pub fn change(&self, seq: u64) -> Option<&Change> {
        self.changes.get(&seq)
    }

    /// Notes what happened to the message of this number, in memory or not.
    pub(crate) fn note(&mut self, seq: u64, happened: impl FnOnce(&mut Change)) {
        let before = self.change(seq).map_or(0, Change::bytes);
        let change = self.changes.entry(seq).or_default();
        happened(change);
        let more = change.bytes().saturating_sub(before);
        self.changes_bytes = self.changes_bytes.saturating_add(more);
        while self.changes.len() > MAX_CHANGES || self.changes_bytes > MAX_HERE.bytes {
            let Some((_, oldest)) = self.changes.pop_first() else {
                break;
            };
            self.changes_bytes = self.changes_bytes.saturating_sub(oldest.bytes());
        }
    }

    /// The lowest number that is covered, and the highest.
    pub const fn covers(&self) -> Option<(u64, u64)> {
        self.covers
    }

    /// Forgets all of it.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Where this is, or would be.
    pub fn find(&self, spot: Spot) -> usize {
        self.items.partition_point(|item| item.spot < spot)
    }

    /// The event of this number.
    pub fn item(&self, seq: u64) -> Option<&Item> {
        let item = self.items.get(self.find(Spot::event(seq)))?;
        (item.spot == Spot::event(seq)).then_some(item)
    }

    /// An event at the end. One that is covered already says nothing new.
    pub(crate) fn push(&mut self, seq: u64, item: Option<Item>) -> bool {
        match &mut self.covers {
            Some((_, high)) if seq <= *high => return false,
            Some((_, high)) => *high = seq,
            covers @ None => *covers = Some((seq, seq)),
        }
        if let Some(item) = item {
            self.bytes = self.bytes.saturating_add(item.bytes());
            self.items.push_back(item);
        }
        true
    }

    /// A page before the oldest, in its order; it covers from `low` on.
    pub(crate) fn prepend(&mut self, low: u64, items: Vec<Item>) {
        let Some(covers) = &mut self.covers else {
            return;
        };
        let known = covers.0;
        covers.0 = covers.0.min(low);
        for item in items.into_iter().rev().filter(|item| item.spot.seq < known) {
            self.bytes = self.bytes.saturating_add(item.bytes());
            self.items.push_front(item);
        }
    }

    /// Begins a stretch that covers these numbers. What was told before it is there stands after it.
    pub(crate) fn begin(&mut self, low: u64, high: u64, items: Vec<Item>) {
        self.covers = Some((low, high));
        let told = std::mem::take(&mut self.items);
        self.bytes = 0;
        for item in items {
            self.bytes = self.bytes.saturating_add(item.bytes());
            self.items.push_back(item);
        }
        for item in told {
            if let What::Told(lines) = item.what {
                self.tell(item.at, lines);
            }
        }
    }

    /// Puts in what a command had to say, after the newest.
    pub(crate) fn tell(&mut self, at: Timestamp, lines: Vec<String>) {
        let high = self.covers.map_or(0, |(_, high)| high);
        let last = self
            .items
            .back()
            .map_or(Spot::event(high), |item| item.spot);
        let spot = if last.seq == high {
            Spot {
                seq: high,
                sub: last.sub.saturating_add(1),
            }
        } else {
            Spot { seq: high, sub: 1 }
        };
        let item = Item {
            spot,
            at,
            what: What::Told(lines),
        };
        self.bytes = self.bytes.saturating_add(item.bytes());
        self.items.push_back(item);
        self.trim(true, End::Oldest);
    }

    /// Keeps to its bound.
    pub(crate) fn trim(&mut self, is_here: bool, end: End) {
        let most = if is_here { MAX_HERE } else { MAX_ELSEWHERE };
        while self.items.len() > most.items || self.bytes > most.bytes && self.items.len() > 1 {
            self.drop_one(end);
        }
        if self.changes_bytes > most.bytes {
            // What happened to messages before those in memory gives way first.
            let low = self.covers.unwrap_or_default().0;
            self.changes.retain(|seq, _| *seq >= low);
            self.changes_bytes = self.changes.values().map(Change::bytes).sum();
        }
    }

    fn drop_one(&mut self, end: End) {
        let Some((low, high)) = self.covers else {
            self.items.clear();
            return;
        };
        let dropped = match end {
            End::Oldest => self.items.pop_front(),
            End::Newest => self.items.pop_back(),
        };
        self.bytes = self
            .bytes
            .saturating_sub(dropped.as_ref().map_or(0, Item::bytes));
        match end {
            End::Oldest => {
                self.at_start = false;
                let low = self
                    .items
                    .front()
                    .map_or(high, |item| item.spot.seq)
                    .max(low);
                self.covers = Some((low, high));
            }
            End::Newest => {
                self.at_end = false;
                let high = self
                    .items
                    .back()
                    .map_or(low, |item| item.spot.seq)
                    .min(high);
                self.covers = Some((low, high));
            }
        }
    }

    /// The newest message of one's own that can still be edited.
    pub fn last_said_by(&self, me: snug_proto::AccountId) -> Option<&Item> {
        self.items.iter().rev().find(|item| match &item.what {
            What::Said(said) => said.from == me && self.words(item).is_some(),
            _ => false,
        })
    }

    /// The words of a message as they are now; `None` once they were taken back.
    pub fn words<'a>(&'a self, item: &'a Item) -> Option<&'a str> {
        let said = item.said()?;
        let change = self.change(item.spot.seq);
        let again = change.and_then(Change::words_again);
        if change.is_some_and(Change::is_deleted) || (said.deleted && again.is_none()) {
            return None;
        }
        let edit = change.and_then(|change| change.edit.as_ref());
        let edit = edit.map(|(seq, body)| (*seq, &**body));
        let newest = edit.max(again);
        Some(newest.map_or(&*said.body, |(_, words)| words))
    }
}
