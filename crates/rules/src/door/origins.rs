//! Where newcomers come from: in a surge whoever runs the server is shown it, and sees whom a ban would
//! keep out. Networks of a /16 (of IPv6 a /32), or the /24 (/48) that nearly all of one come from.

use std::collections::HashMap;

use snug_proto::Timestamp;

use super::Block;
use crate::Network;

/// So many networks are counted at a time; more are counted in the sum only.
pub(super) const MAX_ORIGINS: usize = 4_096;
/// Counted is what came in the last so many milliseconds, and twice as many at most.
const WINDOW_MS: u64 = 10_000;
/// Of fewer newcomers nothing is said: those are people.
const CROWD: u32 = 20;
/// A network is shown from this part of all newcomers on, in percent.
const LEAST_PERCENT: u32 = 5;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Origins {
    since: Timestamp,
    now: Window,
    before: Window,
}

#[derive(Debug, Default)]
struct Window {
    all: u32,
    of: HashMap<Block, Origin>,
}

/// What came from one network.
#[derive(Debug, Clone, Copy)]
struct Origin {
    come: u32,
    /// The network within it that most come from, if one has the most, by a vote: each that comes from it
    /// is one for it, each other one against.
    within: Block,
    lead: u32,
}

impl Origins {
    /// Somebody is let in.
    pub(super) fn comes(&mut self, from: Block, now: Timestamp) {
        self.turn(now);
        self.now.comes(from);
    }

    /// Somebody has signed in, and is no newcomer.
    pub(super) fn is_known(&mut self, from: Block, now: Timestamp) {
        self.turn(now);
        if !self.now.goes(from) {
            self.before.goes(from);
        }
    }

    /// The networks that most newcomers come from, and how many of a hundred do, most first.
    pub(super) fn most(&mut self, most: usize, now: Timestamp) -> Vec<(Network, u8)> {
        self.turn(now);
        let all = self.now.all.saturating_add(self.before.all);
        if all < CROWD {
            return Vec::new();
        }
        let mut of = self.before.of.clone();
        for (network, origin) in &self.now.of {
            of.entry(*network)
                .and_modify(|joint| {
                    joint.come = joint.come.saturating_add(origin.come);
                    joint.votes(origin.within, origin.lead);
                })
                .or_insert(*origin);
        }
        let share = |come: u32| u64::from(come) * 100 / u64::from(all);
        let mut of: Vec<(u32, Network)> = of
            .into_iter()
            .filter(|(_, origin)| share(origin.come) >= u64::from(LEAST_PERCENT))
            .map(|(network, origin)| (origin.come, origin.network(network)))
            .collect();
        of.sort_unstable_by(|one, other| other.cmp(one));
        let of = of.into_iter().take(most);
        of.map(|(come, network)| (network, u8::try_from(share(come)).unwrap_or(100)))
            .collect()
    }

    /// How many networks are counted.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.now.of.len()
    }

    fn turn(&mut self, now: Timestamp) {
        let passed = now.ms().saturating_sub(self.since.ms());
        if passed < WINDOW_MS {
            return;
        }
        let last = std::mem::take(&mut self.now);
        self.before = if passed < 2 * WINDOW_MS {
            last
        } else {
            Window::default()
        };
        self.since = now;
    }
}

impl Window {
    fn comes(&mut self, from: Block) {
        self.all = self.all.saturating_add(1);
        let (network, within) = (from.far_around(), from.around());
        if self.of.len() >= MAX_ORIGINS && !self.of.contains_key(&network) {
            return;
        }
        let origin = self.of.entry(network).or_insert(Origin {
            come: 0,
            within,
            lead: 0,
        });
        origin.come = origin.come.saturating_add(1);
        origin.votes(within, 1);
    }

    /// False if none is left that came from there.
    fn goes(&mut self, from: Block) -> bool {
        let origin = self.of.get_mut(&from.far_around());
        let Some(origin) = origin.filter(|origin| origin.come > 0) else {
            return false;
        };
        origin.come -= 1;
        origin.lead = origin.lead.min(origin.come);
        self.all = self.all.saturating_sub(1);
        true
    }
}

impl Origin {
    fn votes(&mut self, within: Block, votes: u32) {
        if self.within == within {
            self.lead = self.lead.saturating_add(votes);
        } else if self.lead >= votes {
            self.lead -= votes;
        } else {
            self.within = within;
            self.lead = votes - self.lead;
        }
    }

    /// The network itself, or the one within it that nine of ten come from.
    fn network(&self, whole: Block) -> Network {
        let nearly_all = u64::from(self.lead) * 10 >= u64::from(self.come) * 8;
        let shown = if nearly_all { self.within } else { whole };
        shown.network()
    }
}
