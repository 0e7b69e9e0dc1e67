//! A clock that a test moves by hand, so that what depends on time needs no waiting.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use snug_engine::Clock;
use snug_proto::Timestamp;
use snug_server::ServerClock;

/// Stands still until it is moved.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicU64>);

impl Default for HandClock {
    fn default() -> Self {
        // Some day in 2026.
        Self(Arc::new(AtomicU64::new(1_770_000_000_000)))
    }
}

impl HandClock {
    /// Moves it on.
    pub fn advance_ms(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// The same clock, as a server takes it.
    pub fn for_server(&self) -> ServerClock {
        ServerClock(Arc::new(self.clone()))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Timestamp {
        self.now()
    }
}
