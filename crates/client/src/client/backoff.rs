//! How long to wait before the next try: doubling, with full jitter, so that a thousand clients of a
//! server that restarts do not come back in one instant.

use std::time::Duration;

use rand::Rng;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Counts the tries.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// Waits anything up to 0.25 s, 0.5 s, 1 s … 30 s, and at least as long as the server asked for.
    pub(super) fn next<R: Rng>(&mut self, rng: &mut R, at_least: Option<Duration>) -> Duration {
        let ceiling = FIRST
            .saturating_mul(2_u32.saturating_pow(self.tries))
            .min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        let wait = ceiling.mul_f64(rng.gen_range(0.0..=1.0));
        at_least.unwrap_or_default().saturating_add(wait)
    }

    /// It worked, and for a while.
    pub(super) const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_thirty_seconds_and_never_fall_short_of_what_the_server_asked() {
        let mut rng = rand::thread_rng();
        let mut backoff = Backoff::default();
        for ceiling in [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000] {
            assert!(backoff.next(&mut rng, None) <= Duration::from_millis(ceiling));
        }
        let asked = Duration::from_mins(1);
        assert!(backoff.next(&mut rng, Some(asked)) >= asked);
        backoff.reset();
        assert!(backoff.next(&mut rng, None) <= FIRST);
    }
}
