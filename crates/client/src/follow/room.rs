//! One room of a [`super::Follower`].

use std::collections::BTreeMap;

use snug_proto::{AccountId, Cursor, Event, Gap, LogId, Page, Rewound, RoomEntry, RoomId};

use super::{Fill, Passed, Step};

/// Events that came before their turn. Past it the highest are let go; a page brings them again.
const MAX_EARLY: usize = 256;
/// Stretches that will never come. Past it the highest are let go; a page says again that they are gone.
const MAX_GONE: usize = 256;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(super) struct Room {
    pub(super) name: String,
    pub(super) log: Option<LogId>,
    /// The newest event shown or passed over. `None` until the first one says where to begin.
    pub(super) shown: Option<u64>,
    /// The highest seq known to exist.
    pub(super) head: u64,
    pub(super) filling: Option<Fill>,
    early: BTreeMap<u64, Event>,
    /// Ends of stretches that will never come, and why, by the seq before each.
    gone: BTreeMap<u64, (u64, Passed)>,
    listed: bool,
    /// The newest event when the room was listed.
    target: u64,
    /// One has left: what happened until one is back is not missed.
    left: bool,
}

impl Room {
    pub(super) const fn is_listed(&self) -> bool {
        self.listed
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.left || self.shown.is_none_or(|shown| shown >= self.target)
    }

    /// How many stretches that will never come are remembered.
    #[cfg(test)]
    pub(super) fn stretches(&self) -> usize {
        self.gone.len()
    }

    pub(super) fn cursor(&self) -> Option<Cursor> {
        if self.left {
            return None;
        }
        let (log, seq) = (self.log?, self.shown?);
        Some(Cursor { log, seq })
    }

    /// The connection is another one: what was on its way will be sent again.
    pub(super) fn disconnect(&mut self) {
        self.listed = false;
        self.filling = None;
        self.early.clear();
        self.gone.clear();
        self.head = 0;
        self.target = 0;
    }

    pub(super) fn list(&mut self, entry: &RoomEntry, tail: u64, steps: &mut Vec<Step>) {
        self.name.clone_from(&entry.room);
        self.listed = true;
        self.target = entry.seq.unwrap_or(0);
        if self.log.is_none() {
            self.log = entry.log;
        }
        if self.left {
            self.left = false;
            self.log = entry.log;
            self.shown = entry.seq;
        }
        let (None, Some(seq)) = (self.shown, entry.seq) else {
            return;
        };
        // The first time here: what is unread, and not more of it than one can look at.
        let read = match (entry.read, entry.unread) {
            (Some(read), Some(unread)) if unread > 0 => read.min(seq),
            _ => seq,
        };
        self.shown = Some(read);
        self.skip_to(seq.saturating_sub(tail), entry.room_id, steps);
    }

    /// Told of before its first event, which says where to begin.
    pub(super) fn add(&mut self, entry: &RoomEntry) {
        self.name.clone_from(&entry.room);
        self.listed = true;
        if self.log.is_none() || self.left {
            self.log = entry.log;
        }
    }

    pub(super) fn logged(&mut self, event: Event) {
        let Some(place) = event.place() else {
            return;
        };
        let seq = place.seq;
        self.listed = true;
        self.name.clone_from(&place.room);
        let shown = *self.shown.get_or_insert(seq.saturating_sub(1));
        if seq <= shown {
            return;
        }
        if self.left && self.early.is_empty() {
            self.shown = Some(seq.saturating_sub(1));
        }
        self.left = false;
        self.head = self.head.max(seq);
        self.early.insert(seq, event);
        if self.early.len() > MAX_EARLY {
            self.early.pop_last();
        }
    }

    pub(super) fn gap(&mut self, gap: &Gap, tail: u64, steps: &mut Vec<Step>) {
        let shown = *self.shown.get_or_insert(gap.after);
        if gap.to <= shown {
            return;
        }
        self.head = self.head.max(gap.to);
        if gap.lost {
            self.pass(gap.after.max(shown), gap.to, Passed::Gone);
        } else {
            self.skip_to(gap.to.saturating_sub(tail), gap.room_id, steps);
        }
    }

    pub(super) fn rewind(&mut self, rewound: &Rewound, tail: u64, steps: &mut Vec<Step>) {
        self.disconnect();
        self.listed = true;
        self.left = false;
        self.name.clone_from(&rewound.room);
        self.log = Some(rewound.log);
        self.shown = Some(rewound.first.saturating_sub(1));
        self.target = rewound.seq;
        // A server need not send what the new log holds already: `read` has it.
        self.head = rewound.seq;
        steps.push(Step::Restarted {
            room_id: rewound.room_id,
            room: self.name.clone(),
        });
        self.skip_to(rewound.seq.saturating_sub(tail), rewound.room_id, steps);
    }

    /// Takes in a page that begins after the event that [`Fill`] names. A page has no holes of its
    /// own, so events of it that this version cannot read are counted by their place in it.
    pub(super) fn page(&mut self, fill: &Fill, page: Page) {
        if self.log.is_none() {
            self.log = Some(page.log);
        }
        let mut next = fill
            .after
            .max(page.first.saturating_sub(1))
            .saturating_add(1);
        self.pass(fill.after, next.saturating_sub(1), Passed::Gone);
        for event in page.events {
            let Some(place) = event.place() else {
                self.pass(next.saturating_sub(1), next, Passed::Unknown);
                next = next.saturating_add(1);
                continue;
            };
            let seq = place.seq;
            if place.room_id != fill.room_id || seq < next {
                continue;
            }
            self.pass(next.saturating_sub(1), seq.saturating_sub(1), Passed::Gone);
            if self.shown.is_none_or(|shown| seq > shown) {
                self.early.insert(seq, event);
            }
            next = seq.saturating_add(1);
        }
        if next.saturating_sub(1) <= fill.after {
            // It brought nothing: asking again would bring nothing again.
            self.give_up_hole();
        }
    }

    /// What stands between the last event shown and the next one known will not come.
    pub(super) fn give_up_hole(&mut self) {
        let Some(shown) = self.shown else {
            return;
        };
        let next = self.early.first_key_value().map(|(seq, _)| *seq);
        let end = next.map_or(self.head, |next| next.saturating_sub(1));
        self.pass(shown, end, Passed::Gone);
    }

    fn pass(&mut self, after: u64, to: u64, why: Passed) {
        if after >= to {
            return;
        }
        let end = self.gone.entry(after).or_insert((to, why));
        *end = (*end).max((to, why));
        if self.gone.len() > MAX_GONE {
            self.gone.pop_last();
        }
    }

    /// Passes over what one did not ask to see.
    fn skip_to(&mut self, to: u64, room_id: RoomId, steps: &mut Vec<Step>) {
        match self.shown {
            Some(after) if after < to => {
                self.shown = Some(to);
                self.early = self.early.split_off(&to.saturating_add(1));
                steps.push(self.passed(room_id, after, to, Passed::Skipped));
            }
            _ => {}
        }
    }

    /// Shows all that can be shown now.
    pub(super) fn advance(
        &mut self,
        room_id: RoomId,
        me: Option<AccountId>,
        steps: &mut Vec<Step>,
    ) {
        while let Some(shown) = self.shown {
            let next = shown.saturating_add(1);
            if let Some(event) = self.early.remove(&next) {
                self.shown = Some(next);
                self.left = event.ends_membership().is_some() && event.ends_membership() == me;
                steps.push(Step::Show(event));
            } else if let Some((to, why)) = self.gone_through(next) {
                // Events that did come, of a stretch said to be gone, are shown all the same.
                let known = self.early.first_key_value();
                let to = known.map_or(to, |(seq, _)| to.min(seq.saturating_sub(1)));
                self.shown = Some(to);
                steps.push(self.passed(room_id, shown, to, why));
            } else {
                break;
            }
        }
        let shown = self.shown.unwrap_or(0);
        self.gone.retain(|_, (to, _)| *to > shown);
    }

    /// The end of the stretch without events that this seq lies in.
    fn gone_through(&self, seq: u64) -> Option<(u64, Passed)> {
        let covers = |(_, end): (&u64, &(u64, Passed))| (end.0 >= seq).then_some(*end);
        self.gone.range(..seq).find_map(covers)
    }

    /// Asks for the page that the next event to show is on, if it is known to exist.
    pub(super) fn fill(&mut self, room_id: RoomId, steps: &mut Vec<Step>) {
        let Some(after) = self.shown else {
            return;
        };
        if after >= self.head || self.filling.is_some() || self.left {
            return;
        }
        let fill = Fill {
            room_id,
            log: self.log,
            after,
        };
        self.filling = Some(fill.clone());
        steps.push(Step::Fill(fill));
    }

    fn passed(&self, room_id: RoomId, after: u64, to: u64, why: Passed) -> Step {
        Step::Passed {
            room_id,
            room: self.name.clone(),
            after,
            to,
            why,
        }
    }
}
