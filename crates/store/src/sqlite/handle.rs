//! Who has the connection. Each user of a file has one of their own; a database in memory has one
//! for all, behind a lock.
//!
//! The lock guards the connection of a database in memory. Whoever writes holds it from the beginning
//! of the transaction to its end, whoever reads for one call, so nobody sees what is not committed.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use rusqlite::Connection;

use crate::StoreError;

/// The one connection of a database in memory.
pub(super) struct Shared {
    connection: Mutex<Connection>,
    /// Held while one waits for the connection, so that a busy writer does not take it again and
    /// again before those who read: whoever waits next in line has its turn.
    turn: Mutex<()>,
    /// The thread that has a transaction open: were it to ask again, it would wait for itself.
    writing: Mutex<Option<ThreadId>>,
}

impl Shared {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(connection),
            turn: Mutex::new(()),
            writing: Mutex::new(None),
        }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Connection>, StoreError> {
        if *ignore_poison(&self.writing) == Some(thread::current().id()) {
            return Err(StoreError::Failed(
                "this thread has a transaction open on the database in memory".to_owned(),
            ));
        }
        let _turn = ignore_poison(&self.turn);
        // A thread that panicked with a transaction open rolled it back as it unwound.
        Ok(ignore_poison(&self.connection))
    }
}

fn ignore_poison<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection, or a share in one.
pub(super) enum Handle {
    Own(Connection),
    Shared(Arc<Shared>),
}

impl Handle {
    /// The connection, for a call or a transaction.
    pub(super) fn lock(&self) -> Result<Locked<'_>, StoreError> {
        match self {
            Self::Own(connection) => Ok(Locked::Own(connection)),
            Self::Shared(shared) => Ok(Locked::Shared(shared.lock()?)),
        }
    }

    /// The connection, for a transaction of this thread.
    pub(super) fn lock_to_write(&self) -> Result<Writing<'_>, StoreError> {
        let locked = self.lock()?;
        let writing = match self {
            Self::Own(_) => None,
            Self::Shared(shared) => {
                *ignore_poison(&shared.writing) = Some(thread::current().id());
                Some(&**shared)
            }
        };
        Ok(Writing { writing, locked })
    }
}

/// A connection that nobody else uses meanwhile.
pub(super) enum Locked<'a> {
    Own(&'a Connection),
    Shared(MutexGuard<'a, Connection>),
}

impl Deref for Locked<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        match self {
            Self::Own(connection) => connection,
            Self::Shared(guard) => guard,
        }
    }
}

/// A connection locked by the thread that writes.
pub(super) struct Writing<'a> {
    writing: Option<&'a Shared>,
    locked: Locked<'a>,
}

impl Deref for Writing<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.locked
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(shared) = self.writing {
            *ignore_poison(&shared.writing) = None;
        }
    }
}
