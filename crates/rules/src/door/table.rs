//! The budgets of all blocks of one width, in bounded memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use snug_proto::Timestamp;

use super::{Block, DoorLimits, budget::Budget};
use crate::Network;

/// Addresses (of IPv6, /64s) that are counted for by themselves.
pub const MAX_BLOCKS: usize = 65_536;
/// Networks around them.
pub const MAX_WIDE_BLOCKS: usize = 16_384;
/// Slots that are shared by those that the full table has no room for.
pub const SLOTS: usize = 4_096;
/// A full table is not swept again within so many milliseconds.
const SWEEP_EVERY_MS: u64 = 1_000;

/// Where a block's budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the table, by itself.
    Own(Block),
    /// In a slot, with others.
    Shared(usize),
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) limits: DoorLimits,
    most: usize,
    blocks: HashMap<Block, Budget>,
    /// Empty until the table was full for the first time.
    slots: Vec<Budget>,
    /// New at every start, so that nobody can choose whose slot to fill.
    key: RandomState,
    swept_at: Option<Timestamp>,
}

impl Table {
    pub(super) fn new(limits: DoorLimits, most: usize) -> Self {
        Self {
            limits,
            most,
            blocks: HashMap::new(),
            slots: Vec::new(),
            key: RandomState::new(),
            swept_at: None,
        }
    }

    /// The budget of a block, made if there is none and there is room.
    pub(super) fn budget(&mut self, of: Block, now: Timestamp) -> (&mut Budget, Place) {
        if self.blocks.len() >= self.most && !self.blocks.contains_key(&of) {
            self.make_room(now);
            if self.blocks.len() >= self.most {
                return self.slot(of);
            }
        }
        (self.blocks.entry(of).or_default(), Place::Own(of))
    }

    /// The budget at a place that was given before.
    pub(super) fn at(&mut self, place: Place) -> Option<&mut Budget> {
        match place {
            Place::Own(of) => self.blocks.get_mut(&of),
            Place::Shared(slot) => self.slots.get_mut(slot),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    pub(super) fn worst(&self, most: usize, now: Timestamp) -> Vec<(Network, u32, u64, u32)> {
        let bad = self.blocks.iter().filter_map(|(block, budget)| {
            let shut = budget.shut_ms(now).unwrap_or(0);
            (shut > 0 || budget.open > 1).then_some((shut, budget.strikes, budget.open, *block))
        });
        let mut bad: Vec<_> = bad.collect();
        bad.sort_unstable_by(|one, other| other.cmp(one));
        let bad = bad.into_iter().take(most);
        bad.map(|(shut, strikes, open, block)| (block.network(), open, shut, strikes))
            .collect()
    }

    pub(super) fn shut_worst(&mut self, most: usize, for_ms: u64, now: Timestamp) -> usize {
        let bad = self.blocks.iter();
        let bad = bad.filter_map(|(block, budget)| Some((budget.badness(for_ms, now)?, *block)));
        let mut bad: Vec<_> = bad.collect();
        bad.sort_unstable_by(|one, other| other.cmp(one));
        bad.truncate(most);
        for (_, block) in &bad {
            if let Some(budget) = self.blocks.get_mut(block) {
                budget.shut_for(for_ms, now);
            }
        }
        bad.len()
    }

    pub(super) fn let_back(&mut self) {
        self.blocks.values_mut().for_each(Budget::let_back);
    }

    fn slot(&mut self, of: Block) -> (&mut Budget, Place) {
        if self.slots.is_empty() {
            self.slots = vec![Budget::default(); SLOTS];
        }
        let hash = usize::try_from(self.key.hash_one(of) % SLOTS as u64).unwrap_or(0);
        let slot = hash.min(self.slots.len().saturating_sub(1));
        #[expect(clippy::indexing_slicing, reason = "made above, and never shorter")]
        (&mut self.slots[slot], Place::Shared(slot))
    }

    /// Forgets those that owe nothing. If that does not help, those that owe nothing but how often they
    /// were shut out, an eighth of the table at most, the least first. Never one that is shut out, has a
    /// connection or has spent something: filling the table helps nobody to be forgotten.
    fn make_room(&mut self, now: Timestamp) {
        let again = |at: Timestamp| now.ms().abs_diff(at.ms()) >= SWEEP_EVERY_MS;
        if !self.swept_at.is_none_or(again) {
            return;
        }
        self.swept_at = Some(now);
        let limits = self.limits;
        self.blocks
            .retain(|_, budget| !budget.is_idle(&limits, now));
        let enough = self.most / 8;
        if self.blocks.len() + enough <= self.most {
            return;
        }
        let settled = self.blocks.iter();
        let settled = settled.filter(|(_, budget)| budget.is_settled(&limits, now));
        let mut settled: Vec<(u32, Block)> = settled
            .map(|(block, budget)| (budget.strikes, *block))
            .collect();
        settled.sort_unstable();
        for (_, block) in settled.into_iter().take(enough) {
            self.blocks.remove(&block);
        }
    }
}
