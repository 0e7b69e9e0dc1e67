//! Reaching the readers of a message. Under its lock the room puts it into their outboxes; once it is
//! unlocked they are reached, many one after the other on one thread: to wake and schedule a task for
//! each of them costs half as much as the write itself.

use std::{
    sync::{Arc, LazyLock},
    task::Waker,
    thread::available_parallelism,
};

use snug_proto::Direct;

use crate::session::Core;

/// Readers that one thread writes to in one go: about a millisecond.
const READERS_IN_ONE_GO: usize = 128;
/// Readers in one share where readers are shared out to tasks: some 300 µs of a thread.
const READERS_IN_A_SHARE: usize = 32;
/// Readers that are gathered for together, and then written to together.
const READERS_TOGETHER: usize = 32;
/// Tasks that readers are shared out to at most.
static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| available_parallelism().map_or(1, usize::from));
/// So few are woken, each its own task: sharing them out saves nothing.
const FEW: usize = 3;

/// Readers whose outboxes hold something that they wait for, and askers whose answer is there. Dropped, the
/// readers are shared out to tasks and the askers woken, so that none is forgotten. Neither that nor
/// [`Unreached::reach_here`] may happen under a room's lock: a front that is reached may ask something of
/// the room.
#[derive(Default)]
#[must_use]
pub(crate) struct Unreached {
    readers: Vec<Arc<Core>>,
    askers: Vec<(Arc<Core>, Waker)>,
}

/// Readers being written to. Those that are not come to are woken.
struct Share(Vec<Arc<Core>>);

impl Unreached {
    /// One more.
    pub(crate) fn add(&mut self, core: &Arc<Core>) {
        self.readers.push(Arc::clone(core));
    }

    /// A session whose answer is there, and whom to wake for it where it is not reached.
    pub(crate) fn add_asker(&mut self, core: &Arc<Core>, waker: Waker) {
        self.askers.push((Arc::clone(core), waker));
    }

    /// Writes to them on this thread, which has nothing better to do: it is the cheapest. The rest of a
    /// large room is shared out, so that nobody waits for this thread for long.
    pub(crate) fn reach_here(mut self) {
        let askers = std::mem::take(&mut self.askers);
        let rest = self.readers.len().saturating_sub(READERS_IN_ONE_GO);
        let here = Share(self.readers.split_off(rest));
        drop(self);
        here.reach();
        for (core, waker) in askers {
            // Most had their answer with what was written to them as readers.
            if !core.direct().is_some_and(|direct| direct.write_now()) {
                waker.wake();
            }
        }
    }
}

impl Drop for Unreached {
    fn drop(&mut self) {
        for (_core, waker) in self.askers.drain(..) {
            waker.wake();
        }
        if self.readers.len() <= FEW {
            drop(Share(std::mem::take(&mut self.readers)));
            return;
        }
        let Some(engine) = self.readers.last().map(|core| Arc::clone(&core.engine)) else {
            return;
        };
        // No more tasks than processors, and others have their turn after each share: a large room would
        // else stand in front of everybody. Where many wait already, each of these turns would be behind all of
        // them anew, and who is in the last share be told after seconds: then it is one turn for each share.
        let shares = self.readers.len().div_ceil(READERS_IN_A_SHARE);
        let tasks = if engine.is_crowded() {
            shares
        } else {
            *PROCESSORS
        };
        let mut turns: Vec<Vec<Share>> = Vec::new();
        for number in 0..shares {
            let rest = self.readers.len().saturating_sub(READERS_IN_A_SHARE);
            let share = Share(self.readers.split_off(rest));
            match turns.get_mut(number % tasks) {
                Some(turn) => turn.push(share),
                None => turns.push(vec![share]),
            }
        }
        for turn in turns {
            engine.spawn(async move {
                for share in turn {
                    share.reach();
                    tokio::task::yield_now().await;
                }
            });
        }
    }
}

impl Share {
    fn reach(mut self) {
        let mut group: Vec<Arc<dyn Direct>> = Vec::with_capacity(READERS_TOGETHER);
        let mut readers: Vec<&Core> = Vec::with_capacity(READERS_TOGETHER);
        let mut left = Vec::new();
        for together in self.0.chunks(READERS_TOGETHER) {
            group.clear();
            readers.clear();
            for core in together {
                core.bring_near();
            }
            for core in together {
                match core.direct() {
                    Some(direct) => {
                        group.push(direct);
                        readers.push(core);
                    }
                    None => core.outbox.wake(),
                }
            }
            if let Some(first) = group.first() {
                first.write_each_now(&group, &mut left);
            }
            for reader in left.drain(..).filter_map(|index| readers.get(index)) {
                reader.outbox.wake();
            }
        }
        self.0.clear();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        for core in self.0.drain(..) {
            core.outbox.wake();
        }
    }
}
