//! What fails again and again, as every commit does on a full disk: said in the log now and then, not each time,
//! for the log may be on the same disk.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use snug_store::StoreError;

/// It is said again after so long.
const EVERY: Duration = Duration::from_secs(10);

/// One thing that may fail.
#[derive(Debug)]
pub(crate) struct Trouble {
    what: &'static str,
    /// The last time that it failed, since it last worked for a while.
    failed_at: Option<Instant>,
    said_at: Option<Instant>,
    /// Failures since that was said.
    unsaid: u64,
    is_on: Arc<AtomicBool>,
}

impl Trouble {
    /// It works, until it is known better.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            failed_at: None,
            said_at: None,
            unsaid: 0,
            is_on: Arc::default(),
        }
    }

    /// Did it fail the last time? To be looked at by others.
    pub(crate) fn is_on(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_on)
    }

    /// It failed; was that said?
    pub(crate) fn failed(&mut self, error: &StoreError, now: Instant) -> bool {
        self.is_on.store(true, Ordering::Relaxed);
        self.failed_at = Some(now);
        self.unsaid += 1;
        let say = self.said_at.is_none_or(|at| now - at >= EVERY);
        if say {
            tracing::error!(%error, times = self.unsaid, "{}", self.what);
            (self.said_at, self.unsaid) = (Some(now), 0);
        }
        say
    }

    /// It worked; was it said that it does again? Not before it failed no more for a while: on a disk that
    /// is nearly full it does both by turns.
    pub(crate) fn worked(&mut self, now: Instant) -> bool {
        self.is_on.store(false, Ordering::Relaxed);
        let again = self.failed_at.is_some_and(|at| now - at >= EVERY);
        if again {
            tracing::info!(times = self.unsaid, "it works again, after: {}", self.what);
            (self.failed_at, self.said_at, self.unsaid) = (None, None, 0);
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_all_the_time_is_said_every_ten_seconds_and_its_end_once() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let mut trouble = Trouble::new("a commit failed");
        let said = (0..300).filter(|number| {
            let failed = trouble.failed(&StoreError::Full, after(number * 100));
            // Between failures it works, which is not said.
            assert!(!trouble.worked(after(number * 100 + 50)));
            failed
        });
        assert_eq!(said.count(), 3);
        assert!(trouble.worked(after(40_000)));
        assert!(!trouble.worked(after(50_000)));
        assert!(trouble.failed(&StoreError::Full, after(50_000)));
    }
}
