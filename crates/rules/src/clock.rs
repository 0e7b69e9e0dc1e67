//! Which time is believed when the machine's clock jumps. A clock that never jumps stands beside it: what the
//! two are apart is believed for as long as it stays so, and another distance only once it has lasted. So a
//! clock that is wrong for a minute ends no ban, session or message.

use snug_proto::Timestamp;

/// A clock is set right by so much at a time without being thought to jump. In milliseconds.
pub const STEP_MS: u64 = 2_000;

/// What is to be told of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockNews {
    /// It jumped by so many milliseconds, back if negative. It is not believed yet.
    Jumped(i64),
    /// It is again what it was.
    Returned,
    /// It has stayed so far off for so long that it is believed now.
    Believed(i64),
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Believed {
    /// A jump is believed when it has lasted so long.
    patience_ms: u64,
    /// How far the clock is ahead of the steady one, as believed.
    ahead: i64,
    /// How far it has been ahead lately, and since when by the steady one, if that is not believed.
    jump: Option<(i64, Timestamp)>,
}

impl Believed {
    /// Believes the clock as it is now.
    pub fn new(clock: Timestamp, steady: Timestamp, patience_ms: u64) -> Self {
        Self {
            patience_ms,
            ahead: apart(clock, steady),
            jump: None,
        }
    }

    /// The time, when the clocks say this; and what is to be told.
    pub fn now(&mut self, clock: Timestamp, steady: Timestamp) -> (Timestamp, Option<ClockNews>) {
        let seen = apart(clock, steady);
        let by = seen.saturating_sub(self.ahead);
        if by.unsigned_abs() <= STEP_MS {
            self.ahead = seen;
            let news = self.jump.take().map(|_| ClockNews::Returned);
            return (clock, news);
        }
        let same = self
            .jump
            .filter(|(then, _)| seen.abs_diff(*then) <= STEP_MS);
        let since = same.map_or(steady, |(_, since)| since);
        if steady.ms().saturating_sub(since.ms()) >= self.patience_ms {
            (self.ahead, self.jump) = (seen, None);
            return (clock, Some(ClockNews::Believed(by)));
        }
        // One that wanders about is told of once.
        let news = self.jump.is_none().then_some(ClockNews::Jumped(by));
        self.jump = Some((seen, since));
        (self.at(steady), news)
    }

    /// How far the clock is believed to be ahead of the steady one, in milliseconds; `None` while it says
    /// something else.
    pub fn ahead(&self) -> Option<i64> {
        self.jump.is_none().then_some(self.ahead)
    }

    fn at(&self, steady: Timestamp) -> Timestamp {
        Timestamp::from_ms(steady.ms().saturating_add_signed(self.ahead))
    }
}

/// How far one is ahead of the other. Neither is past the year 9999, so it fits.
pub fn apart(clock: Timestamp, steady: Timestamp) -> i64 {
    let signed = |at: Timestamp| i64::try_from(at.ms()).unwrap_or(i64::MAX);
    signed(clock) - signed(steady)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: u64 = 1_770_000_000_000;
    const DAY: u64 = 24 * 3_600_000;

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn five_minutes() -> Believed {
        Believed::new(at(START), at(1_000), 300_000)
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_minute_is_not_followed() {
        for wrong in [0, START - 365 * DAY, START + DAY, 4_102_444_800_000] {
            let mut believed = five_minutes();
            let (now, news) = believed.now(at(wrong), at(2_000));
            assert_eq!(now, at(START + 1_000));
            assert!(matches!(news, Some(ClockNews::Jumped(_))), "{news:?}");
            let (now, news) = believed.now(at(wrong + 60_000), at(62_000));
            assert_eq!((now, news), (at(START + 61_000), None));
            let (now, news) = believed.now(at(START + 62_000), at(63_000));
            assert_eq!(now, at(START + 62_000));
            assert_eq!(news, Some(ClockNews::Returned));
        }
    }

    #[test]
    fn a_clock_that_was_set_right_is_followed_once_that_has_lasted() {
        let mut believed = five_minutes();
        believed.now(at(START + DAY), at(1_000));
        let (now, _) = believed.now(at(START + DAY + 299_999), at(300_999));
        assert_eq!(now, at(START + 299_999));
        let (now, news) = believed.now(at(START + DAY + 300_000), at(301_000));
        assert_eq!(now, at(START + DAY + 300_000));
        assert_eq!(news, Some(ClockNews::Believed(DAY.cast_signed())));
    }

    #[test]
    fn small_steps_are_followed_at_once() {
        let mut believed = five_minutes();
        let back = believed.now(at(START - 1_500), at(1_000));
        assert_eq!(back, (at(START - 1_500), None));
        let on = believed.now(at(START + 400), at(1_000));
        assert_eq!(on, (at(START + 400), None));
    }

    proptest! {
        /// However it jumps about, time goes on by what the steady clock says, until one distance has lasted.
        #[test]
        fn a_clock_that_wanders_about_is_never_followed(
            clocks in prop::collection::vec((0_u64..5_000_000_000_000, 1_u64..100_000), 1..50),
        ) {
            let mut believed = five_minutes();
            let mut steady = 1_000;
            for (number, (clock, pause)) in clocks.into_iter().enumerate() {
                steady += pause;
                // Never twice as far off.
                let clock = clock / 1_000_000 * 1_000_000 + number as u64 * 10_000 + steady;
                if clock.abs_diff(START + steady - 1_000) > 600_000 {
                    let (now, _) = believed.now(at(clock), at(steady));
                    prop_assert_eq!(now, at(START + steady - 1_000));
                }
            }
        }
    }
}
