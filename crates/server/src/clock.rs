//! The machine's clock, and what is believed of it when it jumps.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use snug_engine::Clock;
use snug_proto::Timestamp;
use snug_rules::{Believed, ClockNews, apart};

/// A jump is believed when it has lasted so long: nothing ends or is shut for a clock that was wrong for less.
const PATIENCE_MS: u64 = 5 * 60_000;
/// Nothing is deleted for good because of a jump until it has lasted so long.
const SETTLES_MS: u64 = 24 * 3_600_000;
/// A clock that is further ahead at the start than this, of when the server last wrote something, has jumped.
const LONG_AWAY_MS: u64 = 30 * 24 * 3_600_000;
/// So far from what is believed nothing is looked into: the clock is being set right by degrees.
const DRIFT_MS: u64 = 200;
/// `ahead`, while a jump is looked into.
const JUMPING: i64 = i64::MIN;
/// Set for the programs that it starts by `faketime`, which gives them another clock on purpose.
const FAKED: &str = "FAKETIME";

/// See the module.
#[derive(Debug)]
pub(crate) struct MachineClock {
    believes: Believes,
    /// How far it is ahead of the steady clock, as believed: most look at nothing else.
    ahead: AtomicI64,
    /// No other lock is taken while it is held.
    looked_into: Mutex<LookedInto>,
}

/// What is believed of the machine's clock?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Believes {
    /// What stays so for a while.
    InTime,
    /// All that it says: test rigs let it run fast (docs/irc.md, "A conformance rig").
    All,
}

#[derive(Debug)]
struct LookedInto {
    now: Believed,
    settled: Believed,
}

impl MachineClock {
    /// Believes it as it is now, and a jump once it has lasted; all of it where whoever started the server
    /// gave it a clock of its own.
    pub(crate) fn as_started() -> Self {
        let (clock, steady) = read();
        if std::env::var_os(FAKED).is_none() {
            return Self::started(clock, steady);
        }
        Self {
            believes: Believes::All,
            ..Self::started(clock, steady)
        }
    }

    /// Believes it as it was when the server started.
    fn started(clock: Timestamp, steady: Timestamp) -> Self {
        Self {
            believes: Believes::InTime,
            ahead: AtomicI64::new(apart(clock, steady)),
            looked_into: Mutex::new(LookedInto {
                now: Believed::new(clock, steady, PATIENCE_MS),
                settled: Believed::new(clock, steady, SETTLES_MS),
            }),
        }
    }

    /// Something was written then, before the server stopped.
    fn was(&self, then: Timestamp, clock: Timestamp, steady: Timestamp) {
        if self.believes == Believes::All {
            tracing::warn!("{FAKED} is set: the clock is faked, and believed whatever it says");
            return;
        }
        if clock > then.plus_ms(LONG_AWAY_MS) {
            let mut of = self.lock();
            of.settled = Believed::new(then, steady, SETTLES_MS);
            drop(of);
            tracing::warn!(
                clock = %clock,
                last_written = %then,
                "the machine's clock is more than a month past what was written last. Nothing past its \
                 time is deleted for a day"
            );
        } else if clock.plus_ms(PATIENCE_MS) < then {
            tracing::warn!(
                clock = %clock,
                last_written = %then,
                "the machine's clock is before what was written last; is it right?"
            );
        }
    }

    fn at(&self, clock: Timestamp, steady: Timestamp) -> Timestamp {
        if self.believes == Believes::All {
            return clock;
        }
        let ahead = self.ahead.load(Ordering::Relaxed);
        if ahead != JUMPING && apart(clock, steady).abs_diff(ahead) <= DRIFT_MS {
            return clock;
        }
        self.look_into(clock, steady)
    }

    fn look_into(&self, clock: Timestamp, steady: Timestamp) -> Timestamp {
        let mut of = self.lock();
        // Told by the first only: the other is a day later.
        of.settled.now(clock, steady);
        let (now, news) = of.now.now(clock, steady);
        let ahead = of.now.ahead().unwrap_or(JUMPING);
        self.ahead.store(ahead, Ordering::Relaxed);
        drop(of);
        if let Some(news) = news {
            tell(news, now);
        }
        now
    }

    fn settled_at(&self, clock: Timestamp, steady: Timestamp) -> Timestamp {
        let now = self.at(clock, steady);
        if self.believes == Believes::All {
            return now;
        }
        let (settled, _) = self.lock().settled.now(clock, steady);
        // Later than now it is only for what was false for a day.
        settled.min(now)
    }

    fn lock(&self) -> MutexGuard<'_, LookedInto> {
        let of = self.looked_into.lock();
        of.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        let (clock, steady) = read();
        self.at(clock, steady)
    }

    fn steady(&self) -> Timestamp {
        steady()
    }

    fn settled(&self) -> Timestamp {
        let (clock, steady) = read();
        self.settled_at(clock, steady)
    }

    fn was(&self, then: Timestamp) {
        let (clock, steady) = read();
        MachineClock::was(self, then, clock, steady);
    }
}

fn tell(news: ClockNews, now: Timestamp) {
    match news {
        ClockNews::Jumped(by_ms) => tracing::warn!(
            by_s = by_ms / 1000,
            believed = %now,
            "the machine's clock jumped. It is believed if it stays so for five minutes; until then time \
             goes on as before"
        ),
        ClockNews::Returned => tracing::info!("the machine's clock is what it was again"),
        ClockNews::Believed(by_ms) => tracing::warn!(
            by_s = by_ms / 1000,
            now = %now,
            "the machine's clock stayed as it is for five minutes and is believed now. Nothing past its time \
             is deleted because of that for a day"
        ),
    }
}

fn read() -> (Timestamp, Timestamp) {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    (Timestamp::from_ms(ms), steady())
}

/// Time since the machine was started, asleep or not: a lid that was closed is no jump.
#[cfg(target_os = "linux")]
fn steady() -> Timestamp {
    let since = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(since.tv_sec).unwrap_or_default();
    let ms = u64::try_from(since.tv_nsec / 1_000_000).unwrap_or_default();
    Timestamp::from_ms(STEADY_START_MS + seconds * 1000 + ms)
}

/// Some time after the beginning of all times, so that nothing is before it: ten years.
#[cfg(target_os = "linux")]
const STEADY_START_MS: u64 = 10 * 365 * 24 * 3_600_000;

#[cfg(not(target_os = "linux"))]
fn steady() -> Timestamp {
    snug_engine::SystemClock.steady()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: u64 = 24 * 3_600_000;

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_jump_is_believed_after_minutes_and_deletes_after_a_day() {
        let (start, steady) = read();
        let clock = MachineClock::started(start, steady);
        let say = |jumped: u64, since: u64| {
            let (clock_says, steady) = (start.plus_ms(jumped + since), steady.plus_ms(since));
            let now = clock.at(clock_says, steady);
            (now, clock.settled_at(clock_says, steady))
        };
        let jump = 10 * DAY_MS;
        assert_eq!(say(0, 1_000), (start.plus_ms(1_000), start.plus_ms(1_000)));
        let (now, settled) = say(jump, 2_000);
        assert_eq!((now, settled), (start.plus_ms(2_000), start.plus_ms(2_000)));
        let (now, settled) = say(jump, 2_000 + PATIENCE_MS);
        assert_eq!(now, start.plus_ms(jump + 2_000 + PATIENCE_MS));
        assert_eq!(settled, start.plus_ms(2_000 + PATIENCE_MS));
        let (_, settled) = say(jump, 2_000 + SETTLES_MS);
        assert_eq!(settled, start.plus_ms(jump + 2_000 + SETTLES_MS));
        // Back again: what is deleted by is never later than what is believed.
        say(0, 3_000 + SETTLES_MS);
        let (now, settled) = say(0, 3_000 + SETTLES_MS + PATIENCE_MS);
        assert_eq!((now, settled), (now, now));
        assert_eq!(now, start.plus_ms(3_000 + SETTLES_MS + PATIENCE_MS));
    }

    /// `faketime -f '+1y x30'`, as the public IRC suite starts servers whose channels are to grow old.
    #[test]
    fn a_clock_that_is_faked_on_purpose_is_believed_however_fast_it_runs() {
        let (start, steady) = read();
        let clock = MachineClock {
            believes: Believes::All,
            ..MachineClock::started(start, steady)
        };
        for seconds in [1, 2, 4, 6] {
            let says = start.plus_ms(365 * DAY_MS + seconds * 30_000);
            let steady = steady.plus_ms(seconds * 1_000);
            assert_eq!(clock.at(says, steady), says);
            assert_eq!(clock.settled_at(says, steady), says);
        }
    }

    #[test]
    fn a_clock_long_past_what_was_written_last_deletes_nothing_for_a_day() {
        let (start, steady) = read();
        let clock = MachineClock::started(start, steady);
        let years = 74 * 365 * DAY_MS;
        let later = |ms| (start.plus_ms(years + ms), steady.plus_ms(ms));
        clock.was(start, start.plus_ms(years), steady);
        let (says, steadily) = later(60_000);
        assert_eq!(clock.settled_at(says, steadily), start.plus_ms(60_000));
        let (says, steadily) = later(60_000 + SETTLES_MS);
        assert_eq!(clock.settled_at(says, steadily), says);
        // A month is no long time.
        clock.was(at(start.ms() - 29 * DAY_MS), start, steady);
        assert_eq!(clock.settled_at(says, steadily), says);
    }
}
