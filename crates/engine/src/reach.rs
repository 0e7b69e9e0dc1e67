//! Reaching the readers of a message. Under its lock the room puts it into their outboxes; once it is
//! unlocked they are reached, many one after the other on one thread: to wake and schedule a task for
//! each of them costs half as much as the write itself.

use std::sync::Arc;

use crate::session::Core;

/// Readers that one thread writes to in one go: about a millisecond.
const READERS_IN_ONE_GO: usize = 128;
/// Readers in the share of one task where readers are shared out: some 300 µs of its thread.
const READERS_IN_A_SHARE: usize = 32;
/// So few are woken, each its own task: sharing them out saves nothing.
const FEW: usize = 3;

/// Readers whose outboxes hold something that they wait for. Dropped, they are shared out to tasks, so
/// that none is forgotten. Neither that nor [`Unreached::reach_here`] may happen under a room's lock: a
/// front that is reached may ask something of the room.
#[derive(Default)]
#[must_use]
pub(crate) struct Unreached(Vec<Arc<Core>>);

/// Readers being written to. Those that are not come to are woken.
struct Share(Vec<Arc<Core>>);

impl Unreached {
    /// One more.
    pub(crate) fn add(&mut self, core: &Arc<Core>) {
        self.0.push(Arc::clone(core));
    }

    /// Writes to them on this thread, which has nothing better to do: it is the cheapest. The rest of a
    /// large room is shared out, so that nobody waits for this thread for long.
    pub(crate) fn reach_here(mut self) {
        let rest = self.0.len().saturating_sub(READERS_IN_ONE_GO);
        let here = Share(self.0.split_off(rest));
        drop(self);
        here.reach();
    }
}

impl Drop for Unreached {
    fn drop(&mut self) {
        if self.0.len() <= FEW {
            drop(Share(std::mem::take(&mut self.0)));
            return;
        }
        while let Some(core) = self.0.last() {
            let engine = Arc::clone(&core.engine);
            let rest = self.0.len().saturating_sub(READERS_IN_A_SHARE);
            let share = Share(self.0.split_off(rest));
            engine.spawn(async move { share.reach() });
        }
    }
}

impl Share {
    fn reach(mut self) {
        while let Some(core) = self.0.pop() {
            core.reach();
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        for core in self.0.drain(..) {
            core.outbox.wake();
        }
    }
}
