//! How many accounts are made from an address (P1, M2): where anybody may register, what counts by account
//! would count nothing if one address could make as many as it likes. Pure: blocks and a moment in.

use std::collections::HashMap;

use snug_proto::Timestamp;

use crate::Block;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// The network around an address may make so many times as many.
const AROUND: u32 = 4;
/// Blocks that are counted for. Past it those whose time is over are forgotten; if that makes no room,
/// nobody makes an account from a new one.
pub const MAX_MAKING_BLOCKS: usize = 50_000;

/// The options. A limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MakingLimits {
    /// Accounts that an address makes in an hour.
    pub per_hour: u32,
    /// Accounts that an address makes in a day.
    pub per_day: u32,
}

impl Default for MakingLimits {
    /// Enough for a class behind one address.
    fn default() -> Self {
        Self {
            per_hour: 30,
            per_day: 100,
        }
    }
}

impl MakingLimits {
    /// No limit.
    pub const NONE: Self = Self {
        per_hour: 0,
        per_day: 0,
    };
}

/// What was made lately, by block and by the network around it.
#[derive(Debug, Default)]
pub struct Makings {
    blocks: HashMap<Block, Made>,
    /// When it was full and looked through last.
    full_at: Option<Timestamp>,
}

/// No account is made from there before so many milliseconds have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyMade {
    /// Until then.
    pub retry_after_ms: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Made {
    hour: Window,
    day: Window,
}

/// What was made since the first of it.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    since: Timestamp,
    count: u32,
}

impl Makings {
    /// May an account be made from this address? Nothing is counted by asking.
    pub fn may(
        &self,
        block: Block,
        limits: MakingLimits,
        now: Timestamp,
    ) -> Result<(), TooManyMade> {
        let both = [(block, 1), (block.around(), AROUND)];
        let waits = both.map(|(block, times)| self.wait(block, limits, times, now));
        match waits.into_iter().max() {
            Some(retry_after_ms) if retry_after_ms > 0 => Err(TooManyMade { retry_after_ms }),
            _ => Ok(()),
        }
    }

    /// An account is about to be made from this address. It counts until it is taken back.
    pub fn begin(
        &mut self,
        block: Block,
        limits: MakingLimits,
        now: Timestamp,
    ) -> Result<(), TooManyMade> {
        self.may(block, limits, now)?;
        let both = [block, block.around()];
        if !self.has_room(both, now) {
            return Err(TooManyMade {
                retry_after_ms: HOUR_MS,
            });
        }
        for block in both {
            let made = self.blocks.entry(block).or_default();
            made.hour.count(HOUR_MS, now);
            made.day.count(DAY_MS, now);
        }
        Ok(())
    }

    /// It was not made after all.
    pub fn take_back(&mut self, block: Block) {
        for block in [block, block.around()] {
            if let Some(made) = self.blocks.get_mut(&block) {
                made.hour.count = made.hour.count.saturating_sub(1);
                made.day.count = made.day.count.saturating_sub(1);
            }
        }
    }

    /// Forgets those whose time is over.
    pub fn forget(&mut self, now: Timestamp) {
        self.blocks
            .retain(|_, made| made.day.left(DAY_MS, now).is_some());
    }

    fn wait(&self, block: Block, limits: MakingLimits, times: u32, now: Timestamp) -> u64 {
        let Some(made) = self.blocks.get(&block) else {
            return 0;
        };
        let hour = made.hour.wait(limits.per_hour, times, HOUR_MS, now);
        hour.max(made.day.wait(limits.per_day, times, DAY_MS, now))
    }

    fn has_room(&mut self, blocks: [Block; 2], now: Timestamp) -> bool {
        let new = |makings: &Self| {
            let unknown = blocks.iter().filter(|it| !makings.blocks.contains_key(it));
            makings.blocks.len() + unknown.count()
        };
        // Where all are wanted still, each look would be for nothing.
        let looked = self
            .full_at
            .is_some_and(|at| now >= at && now.ms() - at.ms() < MINUTE_MS);
        if new(self) > MAX_MAKING_BLOCKS && !looked {
            self.forget(now);
            self.full_at = Some(now);
        }
        new(self) <= MAX_MAKING_BLOCKS
    }
}

impl Window {
    /// How long it still lasts; `None` if it is over. A clock that was put back begins it anew.
    fn left(&self, lasts_ms: u64, now: Timestamp) -> Option<u64> {
        let end = self.since.plus_ms(lasts_ms);
        (now >= self.since && now < end).then(|| end.ms().saturating_sub(now.ms()))
    }

    fn wait(&self, most: u32, times: u32, lasts_ms: u64, now: Timestamp) -> u64 {
        let full = most > 0 && self.count >= most.saturating_mul(times);
        if full {
            self.left(lasts_ms, now).unwrap_or(0)
        } else {
            0
        }
    }

    fn count(&mut self, lasts_ms: u64, now: Timestamp) {
        if self.count == 0 || self.left(lasts_ms, now).is_none() {
            *self = Self {
                since: now,
                count: 0,
            };
        }
        self.count = self.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(address: &str) -> Block {
        Block::of(address.parse().unwrap())
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    const LIMITS: MakingLimits = MakingLimits {
        per_hour: 3,
        per_day: 5,
    };

    #[test]
    fn an_address_makes_so_many_an_hour_and_so_many_a_day_and_is_told_when_it_may_again() {
        let mut makings = Makings::default();
        let home = block("192.0.2.7");
        for _ in 0..3 {
            makings.begin(home, LIMITS, at(0)).unwrap();
        }
        let refused = makings.begin(home, LIMITS, at(10)).unwrap_err();
        assert_eq!(refused.retry_after_ms, HOUR_MS - 10);
        makings.begin(home, LIMITS, at(HOUR_MS)).unwrap();
        makings.begin(home, LIMITS, at(HOUR_MS)).unwrap();
        let refused = makings.begin(home, LIMITS, at(2 * HOUR_MS)).unwrap_err();
        assert_eq!(refused.retry_after_ms, DAY_MS - 2 * HOUR_MS, "the day's");
        makings.begin(home, LIMITS, at(DAY_MS)).unwrap();
        makings.begin(block("198.51.100.7"), LIMITS, at(0)).unwrap();
    }

    #[test]
    fn what_was_not_made_does_not_count_and_no_limit_is_none() {
        let mut makings = Makings::default();
        let home = block("192.0.2.7");
        for _ in 0..100 {
            makings.begin(home, LIMITS, at(0)).unwrap();
            makings.take_back(home);
        }
        for _ in 0..1_000 {
            makings.begin(home, MakingLimits::NONE, at(0)).unwrap();
        }
    }

    #[test]
    fn a_network_that_goes_through_its_addresses_makes_four_times_as_many() {
        for (one, address) in [
            ("192.0.2.", "198.51.100.1"),
            ("2001:db8:1:", "2001:db8:2:1::1"),
        ] {
            let mut makings = Makings::default();
            let made = (1..=100).filter(|number| {
                let tail = if one.contains(':') { "::1" } else { "" };
                let address = format!("{one}{number}{tail}");
                makings.begin(block(&address), LIMITS, at(0)).is_ok()
            });
            assert_eq!(made.count(), 12);
            makings.begin(block(address), LIMITS, at(0)).unwrap();
        }
    }

    #[test]
    fn so_many_blocks_are_remembered_and_a_clock_put_back_locks_nobody_out() {
        let mut makings = Makings::default();
        let mut refused = 0;
        for number in 0..u32::try_from(MAX_MAKING_BLOCKS).unwrap() {
            let address = std::net::Ipv4Addr::from_bits(number << 8 | 1);
            let begun = makings.begin(Block::of(address.into()), LIMITS, at(0));
            refused += usize::from(begun.is_err());
        }
        assert!(makings.blocks.len() <= MAX_MAKING_BLOCKS && refused > 0);
        makings
            .begin(block("192.0.2.7"), LIMITS, at(DAY_MS))
            .unwrap();
        assert_eq!(makings.blocks.len(), 2);
        for _ in 0..20 {
            makings
                .begin(block("192.0.2.7"), LIMITS, Timestamp::from_ms(5))
                .ok();
        }
        assert!(
            makings
                .begin(block("192.0.2.7"), LIMITS, Timestamp::from_ms(5 + HOUR_MS))
                .is_ok()
        );
    }
}
