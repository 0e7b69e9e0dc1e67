//! Pruning: what is older than its room keeps it is out of sight at once, and off the disk soon after
//! (DECISIONS 8, 9).

use snug_proto::{LogId, Retention, RoomId, Timestamp};

use crate::StoreError;

/// The part of a transaction that prunes.
pub trait Pruning {
    /// Puts what a log has from before `cutoff` out of sight: `first` moves to the oldest event at or
    /// after it. The new `first`, if it moved.
    fn expire(&mut self, room: &RoomId, cutoff: Timestamp) -> Result<Option<u64>, StoreError>;
    /// Takes the words from at most so many events that are out of sight, and from all edits of them.
    /// How many.
    fn erase(&mut self, most: u32) -> Result<u32, StoreError>;
    /// Sets how long a room keeps its events. What it has is out of sight at once if it becomes `ram`,
    /// and its log begins anew under this id; so it does if it ceases to be (DECISIONS 23).
    fn keep_for(
        &mut self,
        room: &RoomId,
        retention: Retention,
        log: &LogId,
    ) -> Result<(), StoreError>;
}

/// The part of a reader that finds what to prune.
pub trait PruningReads {
    /// Rooms whose oldest event is past its time now, and what that time is; at most so many.
    fn expired(
        &mut self,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<(RoomId, Timestamp)>, StoreError>;
}
