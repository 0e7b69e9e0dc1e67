//! A room's lock, and what happens when it is let go.

use std::{
    ops::{Deref, DerefMut},
    sync::MutexGuard,
};

use super::State;
use crate::reach::Unreached;

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
