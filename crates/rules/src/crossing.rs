//! Going into the same room again and again: each going in and out is an event of its log, told to everyone
//! there, so one account is let into one room only so often.

use std::collections::HashMap;

use snug_proto::{AccountId, Timestamp};

/// So often one account goes into one room within [`CROSSING_WINDOW_MS`].
pub const MAX_CROSSINGS: u8 = 3;
/// For so long goings-in are counted, from the first of them on, in milliseconds.
pub const CROSSING_WINDOW_MS: u64 = 60_000;

/// Who went into a room lately. It remembers nobody for longer than twice the window.
#[derive(Debug, Default)]
pub struct Crossings {
    lately: HashMap<AccountId, (Timestamp, u8)>,
    swept_at: Option<Timestamp>,
}

impl Crossings {
    /// Counts a going in, or says in how many milliseconds it may be tried again.
    pub fn ask(&mut self, who: AccountId, now: Timestamp) -> Result<(), u64> {
        self.sweep(now);
        let (first, count) = self.lately.entry(who).or_insert((now, 0));
        if !counts(*first, now) {
            (*first, *count) = (now, 0);
        }
        if *count >= MAX_CROSSINGS {
            let until = first.plus_ms(CROSSING_WINDOW_MS).ms();
            return Err(until.saturating_sub(now.ms()).max(1));
        }
        *count += 1;
        Ok(())
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.lately.len()
    }

    /// Is nobody remembered?
    pub fn is_empty(&self) -> bool {
        self.lately.is_empty()
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.swept_at.is_some_and(|swept| counts(swept, now)) {
            return;
        }
        self.lately.retain(|_, (first, _)| counts(*first, now));
        self.lately.shrink_to_fit();
        self.swept_at = Some(now);
    }
}

/// Does what began then still count? After a clock that was set back it does not.
fn counts(then: Timestamp, now: Timestamp) -> bool {
    then <= now && now < then.plus_ms(CROSSING_WINDOW_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    const fn account(number: u8) -> AccountId {
        AccountId::from_bytes([number; 16])
    }

    #[test]
    fn the_fourth_time_within_a_minute_is_refused_and_others_are_not() {
        let mut crossings = Crossings::default();
        for _ in 0..MAX_CROSSINGS {
            assert_eq!(crossings.ask(account(1), at(1_000)), Ok(()));
        }
        assert_eq!(crossings.ask(account(1), at(11_000)), Err(50_000));
        assert_eq!(crossings.ask(account(2), at(11_000)), Ok(()));
        assert_eq!(crossings.ask(account(1), at(60_999)), Err(1));
        assert_eq!(crossings.ask(account(1), at(61_000)), Ok(()));
    }

    #[test]
    fn nobody_is_remembered_for_long_nor_locked_out_by_a_clock_set_back() {
        let mut crossings = Crossings::default();
        for number in 0..100 {
            assert_eq!(crossings.ask(account(number), at(1_000)), Ok(()));
        }
        assert_eq!(crossings.ask(account(200), at(62_000)), Ok(()));
        assert_eq!(crossings.len(), 1);
        for _ in 0..10 {
            let _full = crossings.ask(account(3), at(90_000));
        }
        assert_eq!(crossings.ask(account(3), at(5)), Ok(()), "set back");
    }
}
