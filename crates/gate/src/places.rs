//! How many connections there is room for. Each is an open file, and the process may have so many: some are
//! left for the database, the control socket and the log, so that those who are here go on chatting when
//! nobody more can be taken.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use snug_proto::Timestamp;

/// There is room again when so long nobody was turned away. In milliseconds; so what the log says of it
/// comes in pairs, seconds apart.
const CALM_MS: u64 = 10_000;

/// The places, and whether they have run out.
#[derive(Debug)]
pub(crate) struct Places {
    most: u64,
    are_out: AtomicBool,
    /// The last time that somebody was turned away, in milliseconds by the door's clock.
    last: AtomicU64,
    turned_away: AtomicU64,
}

impl Places {
    /// Room for so many.
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most,
            are_out: AtomicBool::new(false),
            last: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }

    /// A newcomer cannot be taken, and why. The first is said in the log.
    pub(crate) fn turn_away(&self, now: Timestamp, why: impl fmt::Display) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        self.last.store(now.ms(), Ordering::Relaxed);
        if !self.are_out.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                places = self.most,
                "no more connections can be taken: {why}. Those who are here go on. More open files \
                 (LimitNOFILE, ulimit -n) are room for more"
            );
        }
    }

    /// Some time has passed. When it is over is said in the log.
    pub(crate) fn tick(&self, now: Timestamp) {
        let since = now.ms().saturating_sub(self.last.load(Ordering::Relaxed));
        if since >= CALM_MS && self.are_out.swap(false, Ordering::Relaxed) {
            tracing::info!("there is room for connections again");
        }
    }

    /// How many there are in all.
    pub(crate) const fn most(&self) -> u64 {
        self.most
    }

    /// Was somebody turned away lately?
    pub(crate) fn are_out(&self) -> bool {
        self.are_out.load(Ordering::Relaxed)
    }

    /// How often somebody was turned away, or an accept failed.
    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_out_until_nobody_was_turned_away_for_a_while() {
        let at = |ms| Timestamp::from_ms(1_000_000 + ms);
        let places = Places::new(3);
        places.tick(at(0));
        assert!(!places.are_out());
        places.turn_away(at(0), "full");
        places.turn_away(at(5_000), "full");
        places.tick(at(CALM_MS));
        assert!(places.are_out(), "the last came five seconds ago");
        places.tick(at(5_000 + CALM_MS));
        assert!(!places.are_out());
        assert_eq!((places.turned_away(), places.most()), (2, 3));
    }
}
