//! How far each room was shown and not yet saved.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use snug_proto::{Cursor, RoomId};
use tokio::sync::Notify;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Guards the positions; held for one change.
    positions: Mutex<BTreeMap<RoomId, Cursor>>,
    changed: Notify,
}

impl Shown {
    /// This was shown.
    pub(super) fn note(&self, room: RoomId, cursor: Cursor) {
        self.positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(room, cursor);
        self.changed.notify_one();
    }

    /// All that is to be saved now.
    pub(super) fn take(&self) -> BTreeMap<RoomId, Cursor> {
        let mut positions = self
            .positions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *positions)
    }

    /// Waits until something was shown.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
