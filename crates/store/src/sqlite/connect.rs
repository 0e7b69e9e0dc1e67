//! Opening connections, and the settings that each kind of them has.

use std::{fs::OpenOptions, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{Durability, schema};
use crate::StoreError;

/// How long a connection waits for another's lock before it gives up.
const BUSY: Duration = Duration::from_secs(10);
/// Databases of up to this many bytes are checked whole when they are opened (a tenth of a second).
const CHECKED_BYTES: i64 = 32 * 1024 * 1024;
/// Prepared statements that a connection keeps; there are fewer than this many different ones.
const STATEMENTS: usize = 256;
/// Pages in the write-ahead log before the writer moves them into the database: 16 MiB. Fewer and
/// the pages that every commit touches are moved too often.
const CHECKPOINT_PAGES: u32 = 4000;

/// Opens the file for the first time in this process: makes it if it is not there, checks it, and
/// brings it to the newest schema.
pub(super) fn prepare(path: &Path, durability: Durability) -> Result<(), StoreError> {
    make_private(path)?;
    let connection = open(path)?;
    if connection.is_readonly("main")? {
        return Err(cannot_write(path, "it is read-only"));
    }
    // Before anything is written: a file that is not ours stays as it is.
    schema::version(&connection)?;
    check(&connection)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(cannot_write(
            path,
            "its file system has no write-ahead logs",
        ));
    }
    set_up(&connection, durability)?;
    schema::migrate(&connection)
}

/// The writer's connection: the only one that ever checkpoints (DECISIONS 34).
pub(super) fn writer(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let connection = open(path)?;
    set_up(&connection, durability)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(connection)
}

/// A connection that reads, and can do nothing else.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // Closing the last connection would checkpoint as well.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.pragma_update(None, "cache_size", -2048)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A database in this process's memory and nowhere else.
pub(super) fn memory() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    always(&connection)?;
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    schema::migrate(&connection)?;
    Ok(connection)
}

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    always(&connection)?;
    Ok(connection)
}

/// What holds for every connection.
pub(super) fn always(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY)?;
    // Deleted words are overwritten, and temporary tables never reach a file (DECISIONS 8).
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // A read error must come back as an error; through a memory map it would be a signal.
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A statement is planned once: without this, SQLite (built with STAT4) plans it again whenever a
    // parameter gets another value, which was a fifth of what a sign-in cost.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // A damaged file must not be able to make SQLite call functions.
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

fn set_up(connection: &Connection, durability: Durability) -> Result<(), StoreError> {
    let synchronous = match durability {
        // The log is synced before a commit returns.
        Durability::Power => "FULL",
        // What the kernel has outlives the process. Not OFF: checkpoints are still synced, so that
        // a loss of power costs the newest commits and never the database.
        Durability::Process => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    Ok(())
}

fn check(connection: &Connection) -> Result<(), StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("page_count")?.saturating_mul(pragma("page_size")?) > CHECKED_BYTES {
        return Ok(());
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(StoreError::Corrupt(found))
    }
}

/// Makes the file, if it is not there, readable by its owner only. SQLite gives its write-ahead log
/// the same mode.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(cannot_write(path, &error.to_string())),
    }
}

fn cannot_write(path: &Path, why: &str) -> StoreError {
    StoreError::Failed(format!("{} cannot be written: {why}", path.display()))
}
