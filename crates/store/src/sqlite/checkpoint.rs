//! Moving what was committed into the database beside the writer, where a commit does not wait for the
//! disk. Otherwise the write-ahead log is synced for the first time when the writer itself moves it, and
//! every message of those milliseconds waits.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{Builder, JoinHandle},
    time::Duration,
};

use super::connect;
use crate::StoreError;

/// How often. What is moved at once is then small, and so is what a loss of power costs.
const EVERY: Duration = Duration::from_millis(200);

/// The thread that does it, as long as this lives.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Held while something is moved: SQLite lets one move at a time, and waits for no other.
    moving: Arc<Mutex<()>>,
}

impl Checkpointer {
    pub(super) fn start(path: &Path) -> Result<Self, StoreError> {
        let connection = connect::open(path)?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        let (stop, stopped) = channel::<()>();
        let moving = Arc::<Mutex<()>>::default();
        let turn = Arc::clone(&moving);
        let thread = Builder::new()
            .name("snug-checkpoint".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
                    let moved = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
                        row.get::<_, i64>(0)
                    });
                    if let Err(error) = moved {
                        // The writer meets it too, and says so to whom it concerns.
                        tracing::debug!(%error, "nothing was moved out of the write-ahead log");
                    }
                }
            })
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
            moving,
        })
    }

    /// Waits until nothing is being moved; nothing will be before this is let go.
    pub(super) fn paused(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{
        Durability, SqliteStore, Store,
        conformance::world::{NOW, say, settle, write_by},
    };

    #[test]
    fn what_is_committed_comes_into_the_database_without_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug.db");
        let store = SqliteStore::open(&path, Durability::Process).unwrap();
        settle(&store);
        let mut writer = store.writer().unwrap();
        write_by(&mut *writer, |transaction| {
            transaction.append(&[say(1, "moved beside the writer")], NOW)
        });
        let until = Instant::now() + Duration::from_secs(30);
        let is_there = || {
            let bytes = std::fs::read(&path).unwrap();
            let mut windows = bytes.windows(23);
            windows.any(|window| window == b"moved beside the writer")
        };
        while !is_there() {
            assert!(Instant::now() < until, "nobody moved it");
            std::thread::yield_now();
        }
        // It goes on beside a writer that goes on.
        write_by(&mut *writer, |transaction| {
            transaction.append(&[say(1, "and on")], NOW)
        });
    }
}
