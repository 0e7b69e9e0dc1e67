//! The file of the index: its tables, and opening it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::{Connection, config::DbConfig};

use crate::{
    StoreError,
    sqlite::{
        connect,
        handle::{Handle, Shared},
    },
};

/// "SNUX" in ASCII: no other program's file, and none of ours but this.
const APPLICATION_ID: i64 = 0x534E_5558;
/// Another version is thrown away and made anew.
const VERSION: i64 = 1;
/// Pages in its write-ahead log before they are moved into the file: 4 MiB.
const CHECKPOINT_PAGES: u32 = 1000;

/// `place`: how far each log is in the index, by the log's id, so that a log that began anew is told
/// from the one before. `words`: one row a message; `by` is one word that names the author.
/// `secure-delete` takes the words of a deleted row out of the index at once and not at some later
/// merge; the prefix index makes a prefix of three letters as quick as a word.
const SCHEMA: &str = "
    CREATE TABLE place (
        room INTEGER PRIMARY KEY,
        log BLOB NOT NULL,
        first INTEGER NOT NULL,
        seq INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE state (no INTEGER PRIMARY KEY CHECK (no = 1), erased INTEGER NOT NULL) STRICT;
    INSERT INTO state VALUES (1, 0);
    CREATE VIRTUAL TABLE words USING fts5(
        body, by, tokenize = 'unicode61 remove_diacritics 2', prefix = '3', columnsize = 0
    );
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
";

/// The table of the messages that the index does not have yet, in memory: the same words are words.
pub(super) const FRESH: &str = "
    CREATE VIRTUAL TABLE fresh USING fts5(
        body, by, tokenize = 'unicode61 remove_diacritics 2', columnsize = 0
    );
";

/// Where an index is.
#[derive(Clone)]
pub(in crate::sqlite) enum Index {
    File(PathBuf),
    Memory(Arc<Shared>),
}

impl Index {
    /// The index that belongs to this database: `snug.db` has `snug-search.db`.
    pub(in crate::sqlite) fn beside(database: &Path) -> Self {
        let mut name = database.file_stem().unwrap_or_default().to_owned();
        name.push("-search.db");
        Self::File(database.with_file_name(name))
    }

    /// The connection of the one that writes, which makes the index if it is not there.
    pub(super) fn writer(&self) -> Result<Handle, StoreError> {
        match self {
            Self::File(path) => match open_to_write(path) {
                Ok(connection) => Ok(Handle::Own(connection)),
                Err(error) => {
                    tracing::warn!(%error, "the index of words is made anew");
                    remove(path)?;
                    Ok(Handle::Own(open_to_write(path)?))
                }
            },
            Self::Memory(shared) => Ok(Handle::Shared(Arc::clone(shared))),
        }
    }

    /// Throws the index away: nothing is lost by it.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        match self {
            Self::File(path) => remove(path),
            Self::Memory(_) => Ok(()),
        }
    }

    /// A connection that reads; `None` while nobody has made the index.
    pub(in crate::sqlite) fn reader(&self) -> Result<Option<Handle>, StoreError> {
        match self {
            Self::File(path) => {
                if !path.exists() {
                    return Ok(None);
                }
                let connection = connect::reader(path)?;
                // Made, but not finished yet, or about to be made anew.
                Ok(is_ours(&connection)?.then_some(Handle::Own(connection)))
            }
            Self::Memory(shared) => Ok(Some(Handle::Shared(Arc::clone(shared)))),
        }
    }
}

/// An index in this process's memory and nowhere else.
pub(in crate::sqlite) fn memory() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    connect::always(&connection)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    connect::make_private(path)?;
    let connection = connect::open(path)?;
    // What a commit here loses with the power is in the log, and is taken in again.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let made = make(&connection);
    let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute_batch(end)?;
    made.map(|()| connection)
}

fn make(connection: &Connection) -> Result<(), StoreError> {
    if is_ours(connection)? {
        return Ok(());
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        return Err(StoreError::Corrupt(
            "an index of another version".to_owned(),
        ));
    }
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", VERSION)?;
    Ok(())
}

fn is_ours(connection: &Connection) -> Result<bool, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(pragma("application_id")? == APPLICATION_ID && pragma("user_version")? == VERSION)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Failed(format!(
                    "the index of words cannot be removed: {error}"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}
