//! Tasks that run beside the sessions, and the end, which waits for them or cuts them off.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::Engine;
use crate::{lock::lock, session::Closing};

/// How long the engine waits at its end for tasks under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// So many tasks that wait beside those of the processors' own queues are a crowd.
const CROWD: usize = 64;

/// Tasks under way, and the bell for the last of them.
#[derive(Default)]
pub(super) struct Tasks {
    running: AtomicUsize,
    ended: Notify,
}

struct Running(Arc<Tasks>);

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}

impl Engine {
    /// Takes no new requests, carries out those it took, ends all sessions, stops the store's threads.
    /// Within a multi-threaded runtime.
    pub async fn shut_down(&self) {
        self.stopping.store(true, Ordering::Release);
        self.stop.notify_waiters();
        let settled = async {
            // What a flush brings back may start a task (a stale append is decided again), and a task
            // may queue something: until neither does.
            loop {
                self.tasks_ended().await;
                self.flush().await;
                if self.tasks.running.load(Ordering::Acquire) == 0 {
                    return;
                }
            }
        };
        if tokio::time::timeout(STOP_WITHIN, settled).await.is_err() {
            tracing::warn!("some requests did not end in time and were left");
        }
        self.touch_everyone().await;
        for core in self.online.everyone() {
            core.close(Closing::Lost);
        }
        // Guests go with their connections.
        if tokio::time::timeout(STOP_WITHIN, self.tasks_ended())
            .await
            .is_err()
        {
            tracing::warn!("guests were not all erased in time; the next start goes on with it");
        }
        // What is to be erased is erased by a server that stops, if that does not take long.
        if !matches!(
            tokio::time::timeout(STOP_WITHIN, self.prune()).await,
            Ok(Ok(_))
        ) {
            tracing::warn!("pruning did not end in time; the next start goes on with it");
        }
        let counting = lock(&self.counting).take();
        if let Some(counting) = counting {
            counting.abort();
        }
        // The threads end by themselves once their queues are empty; joining them blocks.
        tokio::task::block_in_place(|| {
            self.plain.stop();
            self.opaque.stop();
            self.storage.stop();
        });
    }

    async fn tasks_ended(&self) {
        loop {
            let ended = self.tasks.ended.notified();
            if self.tasks.running.load(Ordering::Acquire) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Is it ending?
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Waits so long, or until the engine ends.
    pub(crate) async fn pause(&self, pause: Duration) {
        let stop = self.stop.notified();
        if self.is_stopping() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop => {}
        }
    }

    /// Runs a task that the end of the engine waits for.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.running.fetch_add(1, Ordering::AcqRel);
        let running = Running(Arc::clone(&self.tasks));
        self.runtime.spawn(async move {
            task.await;
            drop(running);
        });
    }

    /// Do many tasks wait for a processor?
    pub(crate) fn is_crowded(&self) -> bool {
        self.runtime.metrics().global_queue_depth() >= CROWD
    }

    /// Runs a task that the end of the engine cuts off.
    pub(crate) fn spawn_until_stop(
        self: &Arc<Self>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let engine = Arc::clone(self);
        self.runtime.spawn(async move {
            let stop = engine.stop.notified();
            if engine.is_stopping() {
                return;
            }
            tokio::select! {
                () = task => {}
                () = stop => {}
            }
        });
    }
}
