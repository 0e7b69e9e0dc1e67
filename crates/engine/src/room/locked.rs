//! A room's lock, what happens when it is let go, and what is said meanwhile.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use super::State;
use crate::{lock::lock, reach::Unreached};

/// What is said while the publisher has the room's lock: it is left to the publisher, and nobody waits. In a room
/// of thousands it has the lock for a millisecond with each message and takes it again at once; all threads
/// that serve the other connections would else stand before it, and nothing would be read from anybody.
///
/// Whoever has the room's lock next decides it, in the order in which it came and before all else: the publisher
/// looks once it has said that it is done; who comes in between looks too. As much is in it at most as all
/// sessions may have under way. Its lock comes after the room's.
pub(super) struct Left<T> {
    publishing: AtomicBool,
    /// The publisher, which has the lock, saw that the room is loaded.
    loaded: AtomicBool,
    said: Mutex<VecDeque<T>>,
}

impl<T> Default for Left<T> {
    fn default() -> Self {
        Self {
            publishing: AtomicBool::new(false),
            loaded: AtomicBool::new(false),
            said: Mutex::default(),
        }
    }
}

impl<T> Left<T> {
    /// The publisher is about to have the room's lock.
    pub(super) fn begin(&self) {
        self.publishing.store(true, Ordering::SeqCst);
    }

    /// The publisher has the lock, and sees whether the room is loaded.
    pub(super) fn sees(&self, loaded: bool) {
        self.loaded.store(loaded, Ordering::Release);
    }

    /// Has the publisher seen that it is loaded, and not let it go since?
    pub(super) fn is_seen_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// The publisher has let it go. True if it is to look once more.
    pub(super) fn end(&self) -> bool {
        self.sees(false);
        self.publishing.store(false, Ordering::SeqCst);
        !lock(&self.said).is_empty()
    }

    /// Leaves something to the publisher; gives it back if that is not there. Once it is left, it is seen by
    /// whoever ends after that or, if nobody does, by the caller, who looks for it if this says so.
    pub(super) fn leave(&self, submission: T) -> Leaving<T> {
        if !self.publishing.load(Ordering::SeqCst) {
            return Leaving::Not(submission);
        }
        lock(&self.said).push_back(submission);
        if self.publishing.load(Ordering::SeqCst) {
            Leaving::Done
        } else {
            Leaving::Look
        }
    }

    /// Is anything left to the publisher?
    #[cfg(test)]
    pub(super) fn has_some(&self) -> bool {
        !lock(&self.said).is_empty()
    }

    /// What was left first.
    pub(super) fn next(&self) -> Option<T> {
        lock(&self.said).pop_front()
    }
}

/// What became of leaving something to the publisher.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leaving<T> {
    /// It has it.
    Done,
    /// It may have been done already: the caller looks.
    Look,
    /// It was not there.
    Not(T),
}

/// Sessions that ended while somebody had the room's lock. A thousand that are thrown out of a room in which much
/// is said would else stand before it one after the other, and with them the threads that read from everybody.
/// Its lock comes after the room's.
#[derive(Default)]
pub(super) struct Ended {
    some: AtomicBool,
    sessions: Mutex<Vec<u64>>,
}

impl Ended {
    /// One more.
    pub(super) fn note(&self, session: u64) {
        let mut sessions = lock(&self.sessions);
        sessions.push(session);
        self.some.store(true, Ordering::Release);
    }

    /// All that were noted, for whoever has the room's lock.
    pub(super) fn take(&self) -> Vec<u64> {
        if !self.some.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut sessions = lock(&self.sessions);
        self.some.store(false, Ordering::Release);
        std::mem::take(&mut *sessions)
    }
}

/// A room's state, locked. Once it is unlocked, those are reached who wait for what was delivered
/// meanwhile.
pub(crate) struct Locked<'a> {
    /// Dropped first: the fields are, in this order.
    state: MutexGuard<'a, State>,
    unreached: Unreached,
}

impl<'a> Locked<'a> {
    pub(super) fn new(state: MutexGuard<'a, State>) -> Self {
        let unreached = Unreached::default();
        Self { state, unreached }
    }

    /// Unlocks it, and leaves it to the caller to reach them.
    pub(crate) fn unlock(mut self) -> Unreached {
        std::mem::take(&mut self.state.unreached)
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.unreached = std::mem::take(&mut self.state.unreached);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_to_the_publisher_is_seen_by_it_in_order_and_nothing_is_left_to_nobody() {
        let left = Left::default();
        assert_eq!(left.leave(1), Leaving::Not(1));
        left.begin();
        assert_eq!(left.leave(2), Leaving::Done);
        assert_eq!(left.leave(3), Leaving::Done);
        assert!(left.end(), "it is to look");
        assert_eq!(left.leave(4), Leaving::Not(4));
        assert_eq!(
            [left.next(), left.next(), left.next()],
            [Some(2), Some(3), None]
        );
        assert!(!left.end());
    }

    #[test]
    fn sessions_that_ended_are_found_once_by_whoever_looks_next() {
        let ended = Ended::default();
        assert!(ended.take().is_empty());
        ended.note(7);
        ended.note(9);
        assert_eq!(ended.take(), [7, 9]);
        assert!(ended.take().is_empty());
        ended.note(8);
        assert_eq!(ended.take(), [8]);
    }

    #[test]
    fn a_room_is_known_to_be_loaded_only_as_long_as_the_publisher_that_saw_it_has_it() {
        let left = Left::<()>::default();
        left.begin();
        assert!(!left.is_seen_loaded());
        left.sees(true);
        assert!(left.is_seen_loaded());
        left.end();
        assert!(!left.is_seen_loaded());
    }
}
