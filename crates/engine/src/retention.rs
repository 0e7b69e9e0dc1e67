//! Keeping no longer than was promised: the job that prunes logs from the oldest (R11).

use std::{sync::Arc, time::Duration};

use snug_proto::RoomId;
use snug_store::StoreError;

use crate::engine::Engine;

/// How often logs are looked through for what is past its time; what is counted is days.
const PRUNE_EVERY: Duration = Duration::from_mins(10);
/// Rooms looked up at once.
const ROOMS: u32 = 100;
/// Events that lose their words in one transaction: what others write waits no longer.
const ERASE_BATCH: u32 = 200;
/// Between two such transactions, so that those who send have the writer meanwhile.
const BETWEEN_BATCHES: Duration = Duration::from_millis(20);

impl Engine {
    /// Prunes every log that keeps events for so long only, in small steps, until nothing is past its
    /// time and what is out of sight has lost its words. How many rooms it pruned.
    pub async fn prune(&self) -> Result<usize, StoreError> {
        let now = self.config.clock.settled();
        let mut pruned = 0;
        loop {
            let due = self
                .storage
                .read(move |reader| reader.expired(now, ROOMS))
                .await?;
            let last = due.len() < ROOMS as usize;
            for (room, cutoff) in due {
                let moved = self
                    .storage
                    .write(move |transaction| transaction.expire(&room, cutoff));
                if let Some(first) = moved.await? {
                    self.begins_at(&room, first);
                    pruned += 1;
                }
            }
            if last {
                break;
            }
        }
        loop {
            let erased = self
                .storage
                .write(move |transaction| transaction.erase(ERASE_BATCH));
            if erased.await? < ERASE_BATCH {
                return Ok(pruned);
            }
            tokio::time::sleep(BETWEEN_BATCHES).await;
        }
    }

    /// Prunes now and then, until the engine ends.
    pub(crate) fn start_pruning(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        self.spawn_until_stop(async move {
            let mut ticks = tokio::time::interval(PRUNE_EVERY);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = engine.prune_is_wanted() => {}
                }
                match engine.prune().await {
                    Ok(0) => {}
                    Ok(rooms) => tracing::info!(rooms, "events past their time were pruned"),
                    Err(error) => tracing::warn!(%error, "pruning failed; trying again later"),
                }
            }
        });
    }

    /// Lets a live room know where its log begins now.
    fn begins_at(&self, id: &RoomId, first: u64) {
        let Some(room) = self.known_room(id) else {
            return;
        };
        let mut state = room.state();
        if let Some(head) = &mut state.head {
            head.first = head.first.max(first);
        }
        if let Some(row) = &mut state.row {
            row.counts.first = row.counts.first.max(first);
        }
    }
}
