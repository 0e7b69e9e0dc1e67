//! Who is connected, so that a server that stops can tell them all.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use tokio::sync::Notify;

/// How far a stop has come. Each connection looks at it whenever it is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// No stop.
    Running,
    /// Answer what was accepted, then close.
    Stopping,
    /// Close now.
    Dropping,
}

/// The wakers of all connections.
#[derive(Debug)]
pub(crate) struct Registry {
    phase: AtomicU8,
    /// Guards the list only; no other lock is taken while it is held, and wakers are called outside it.
    wakers: Mutex<Wakers>,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Wakers {
    /// Connections that exist, whether their task has run yet or not.
    living: usize,
    next: u64,
    by_key: HashMap<u64, Waker>,
}

/// A connection's place in the list.
pub(crate) type Key = u64;

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(0),
            wakers: Mutex::default(),
            emptied: Notify::new(),
        }
    }

    /// Counts a connection in. It is there from now until [`Registry::leave`].
    pub(crate) fn arrive(&self) {
        self.lock().living += 1;
    }

    /// Enters the waker of one that arrived. Its task's waker stays the same for life.
    pub(crate) fn enter(&self, waker: Waker) -> Key {
        let mut wakers = self.lock();
        let key = wakers.next;
        wakers.next += 1;
        wakers.by_key.insert(key, waker);
        key
    }

    /// Takes a connection out.
    pub(crate) fn leave(&self, key: Option<Key>) {
        let mut wakers = self.lock();
        let waker = key.and_then(|key| wakers.by_key.remove(&key));
        wakers.living = wakers.living.saturating_sub(1);
        let empty = wakers.living == 0;
        drop(wakers);
        drop(waker);
        if empty {
            self.emptied.notify_waiters();
        }
    }

    /// How far a stop has come.
    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Stopping,
            _ => Phase::Dropping,
        }
    }

    /// Goes on to a phase and wakes everybody to see it.
    pub(crate) fn advance(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
        let wakers: Vec<Waker> = self.lock().by_key.values().cloned().collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until nobody is connected.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            // Listening begins before the look, so that a last one leaving between is not missed.
            emptied.as_mut().enable();
            if self.lock().living == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Wakers> {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
