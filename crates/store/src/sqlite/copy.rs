//! Copies of a whole database: a backup beside a running server, what it is restored from, and every row
//! of it for an export.
//!
//! A backup is one file: the database as of one moment, and with it the files without which it is worth
//! nothing (the server's keys and identity), in a table that only backups have.

use std::path::Path;

use rusqlite::{
    Connection, OpenFlags, OptionalExtension, config::DbConfig, params, params_from_iter,
    types::ValueRef,
};

use super::{connect, rooms, schema};
use crate::StoreError;

/// A file that is kept with a backup.
pub struct KeptFile {
    /// Its name in the data folder.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for KeptFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptFile")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Looks a whole database through, beside a running server or without one, and changes nothing of it.
pub fn check(path: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(StoreError::Corrupt(found));
    }
    match schema::version(&connection)? {
        0 => Err(StoreError::Corrupt("it is empty".to_owned())),
        _ => Ok(()),
    }
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row of some table: its columns and what is in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The table.
    pub table: String,
    /// The columns, in the table's order.
    pub cells: Vec<(String, Cell)>,
}

/// Of an event `e` and its log `l`: it is out of sight, or an edit of a message that is. Its words are erased
/// a little later; nothing that leaves the database has them any more (DECISIONS 8, 9).
const PRUNED: &str = "(e.seq < l.first OR (e.kind = 5 AND e.of < l.first))";

/// Writes a backup of the database to a new file, as of one moment, while others read and write it.
pub fn back_up(database: &Path, to: &Path, files: &[KeptFile]) -> Result<(), StoreError> {
    let source = beside(database)?;
    // SQLite writes into an empty file, which so has our mode from the beginning.
    connect::make_private(to)?;
    let name = to
        .to_str()
        .ok_or_else(|| StoreError::Failed("the file's name is not UTF-8".to_owned()))?;
    source.execute("VACUUM INTO ?1", [name])?;
    let copy = connect::open(to)?;
    let transaction = copy.unchecked_transaction()?;
    copy.execute_batch(
        "CREATE TABLE kept_file (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
    )?;
    copy.execute_batch(&format!(
        "UPDATE event AS e SET body = '', kind = CASE kind WHEN 2 THEN 7 WHEN 5 THEN 8 ELSE kind END \
         FROM log l WHERE l.room = e.room AND e.body <> '' AND {PRUNED}"
    ))?;
    for file in files {
        copy.execute(
            "INSERT INTO kept_file (name, bytes) VALUES (?1, ?2)",
            params![file.name, file.bytes],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

/// Turns a copy of a backup, at its place already, into a database again; gives the files kept with it.
/// Every log goes on under a new id, because its numbers may have run back (DECISIONS 33).
pub fn restore(copy: &Path) -> Result<Vec<KeptFile>, StoreError> {
    let connection = connect::open(copy)?;
    if schema::version(&connection)? == 0 || !has_kept_files(&connection)? {
        return Err(StoreError::Corrupt("it is no backup".to_owned()));
    }
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Err(StoreError::Corrupt(found));
    }
    let files = connection
        .prepare("SELECT name, bytes FROM kept_file")?
        .query_map([], |row| {
            Ok(KeptFile {
                name: row.get(0)?,
                bytes: row.get(1)?,
            })
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let transaction = connection.unchecked_transaction()?;
    connection.execute_batch("DROP TABLE kept_file")?;
    rooms::rename_logs(&connection)?;
    transaction.commit()?;
    Ok(files)
}

/// Hands every row of the database over, as of one moment, and gives the version of its schema first.
pub fn export<E: From<StoreError>>(
    database: &Path,
    mut begin: impl FnMut(u32) -> Result<(), E>,
    mut row: impl FnMut(TableRow) -> Result<(), E>,
) -> Result<(), E> {
    let connection = beside(database).map_err(E::from)?;
    let failed = |error: rusqlite::Error| E::from(StoreError::from(error));
    let _snapshot = connection.unchecked_transaction().map_err(failed)?;
    begin(known_version(&connection).map_err(E::from)?)?;
    for table in tables(&connection).map_err(E::from)? {
        let mut statement = rows_of(&connection, &table).map_err(failed)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(found) = rows.next().map_err(failed)? {
            let cells = columns.iter().enumerate().map(|(number, column)| {
                let value = found.get_ref(number).map_err(StoreError::from)?;
                Ok((column.clone(), cell(value)?))
            });
            let cells = cells.collect::<Result<_, StoreError>>().map_err(E::from)?;
            row(TableRow {
                table: table.clone(),
                cells,
            })?;
        }
    }
    Ok(())
}

/// Every row of a table, in an order that does not change, without words that were pruned. The names come
/// from the schema itself.
fn rows_of<'a>(
    connection: &'a Connection,
    table: &str,
) -> Result<rusqlite::Statement<'a>, rusqlite::Error> {
    if table == "event" {
        let columns = connection.prepare("SELECT * FROM event LIMIT 0")?;
        let columns = columns.column_names().map(|column| match column {
            "body" => format!("iif({PRUNED}, '', e.body) AS body"),
            "kind" => format!(
                "CASE WHEN {PRUNED} AND e.kind = 2 THEN 7 WHEN {PRUNED} AND e.kind = 5 THEN 8 \
                 ELSE e.kind END AS kind"
            ),
            other => format!("e.\"{other}\""),
        });
        let columns: Vec<String> = columns.collect();
        return connection.prepare(&format!(
            "SELECT {} FROM event e JOIN log l ON l.room = e.room ORDER BY e.room, e.seq",
            columns.join(", ")
        ));
    }
    connection
        .prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))
        .or_else(|_| connection.prepare(&format!("SELECT * FROM \"{table}\" ORDER BY 1")))
}

/// A new database that is filled row by row; nothing of it is kept until [`Import::finish`].
#[derive(Debug)]
pub struct Import {
    connection: Connection,
    tables: Vec<String>,
}

impl Import {
    /// Makes the database, with the schema that the rows have. The file must not be there.
    pub fn begin(database: &Path, version: u32) -> Result<Self, StoreError> {
        connect::make_private(database)?;
        let connection = connect::open(database)?;
        schema::make_at(&connection, version)?;
        // Rows come table by table; what they refer to is checked at the end.
        connection.pragma_update(None, "foreign_keys", false)?;
        let tables = tables(&connection)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for table in &tables {
            connection.execute(&format!("DELETE FROM \"{table}\""), [])?;
        }
        Ok(Self { connection, tables })
    }

    /// Takes a row in.
    pub fn row(&mut self, row: &TableRow) -> Result<(), StoreError> {
        let fits =
            self.tables.contains(&row.table) && row.cells.iter().all(|(column, _)| is_word(column));
        if !fits {
            return Err(StoreError::Corrupt(format!(
                "there is no table {:?}, or a column of it has a strange name",
                row.table
            )));
        }
        let columns: Vec<&str> = row.cells.iter().map(|(name, _)| name.as_str()).collect();
        let places = vec!["?"; columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO \"{}\" ({}) VALUES ({places})",
            row.table,
            columns.join(", ")
        );
        let values = row.cells.iter().map(|(_, cell)| match cell {
            Cell::Null => rusqlite::types::Value::Null,
            Cell::Integer(number) => (*number).into(),
            Cell::Text(text) => text.clone().into(),
            Cell::Blob(bytes) => bytes.clone().into(),
        });
        self.connection
            .prepare_cached(&sql)?
            .execute(params_from_iter(values))?;
        Ok(())
    }

    /// Checks what was taken in, gives every log a new id (DECISIONS 33), and keeps it.
    pub fn finish(self) -> Result<(), StoreError> {
        rooms::rename_logs(&self.connection)?;
        let dangling: Option<String> = self
            .connection
            .query_row("PRAGMA foreign_key_check", [], |row| row.get(0))
            .optional()?;
        if let Some(table) = dangling {
            return Err(StoreError::Corrupt(format!(
                "a row of {table} refers to one that is missing"
            )));
        }
        self.connection.execute_batch("COMMIT")?;
        schema::migrate(&self.connection)
    }
}

/// A connection beside a server that may be running: it never moves the server's log into the database
/// (DECISIONS 34).
fn beside(database: &Path) -> Result<Connection, StoreError> {
    let connection = connect::open(database)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if schema::version(&connection)? == 0 {
        return Err(StoreError::Corrupt("there is nothing in it".to_owned()));
    }
    Ok(connection)
}

fn known_version(connection: &Connection) -> Result<u32, StoreError> {
    let version = schema::version(connection)?;
    u32::try_from(version).map_err(|_| StoreError::Corrupt(format!("it has version {version}")))
}

/// Its tables, in the order in which they were made.
fn tables(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let tables = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' \
             ESCAPE '~' ORDER BY rowid",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(tables)
}

fn has_kept_files(connection: &Connection) -> Result<bool, StoreError> {
    let found = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'kept_file'")?
        .exists([])?;
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> Result<Cell, StoreError> {
    let strange = || StoreError::Corrupt("a value is of a kind that is never written".to_owned());
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(text) => {
            Cell::Text(String::from_utf8(text.to_vec()).map_err(|_| strange())?)
        }
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
        ValueRef::Real(_) => return Err(strange()),
    })
}

fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Durability, SqliteStore, Store,
        conformance::world::{
            DEN, LOBBY, NOW, all_of, edited, entry, events, read, say, settle, write,
        },
    };
    use snug_rules::Content;

    fn exported(database: &Path) -> (u32, Vec<TableRow>) {
        let (mut version, mut rows) = (0, Vec::new());
        export::<StoreError>(
            database,
            |found| {
                version = found;
                Ok(())
            },
            |row| {
                rows.push(row);
                Ok(())
            },
        )
        .unwrap();
        (version, rows)
    }

    /// Without what is meant to change: the logs' ids.
    fn but_log_ids(mut rows: Vec<TableRow>) -> Vec<TableRow> {
        for row in rows.iter_mut().filter(|row| row.table == "log") {
            row.cells.retain(|(column, _)| column != "id");
        }
        rows
    }

    fn lived_in(database: &Path) -> SqliteStore {
        let store = SqliteStore::open(database, Durability::Process).unwrap();
        settle(&store);
        write(&store, |transaction| {
            transaction.append(&[entry(DEN, 1, 0, Content::Joined), say(2, "hello")], NOW)
        });
        store
    }

    #[test]
    fn a_backup_is_restored_as_it_was_under_new_log_ids() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("snug.db");
        let store = lived_in(&database);
        let backup = folder.path().join("backup");
        let keys = KeptFile {
            name: "keys".to_owned(),
            bytes: vec![7; 32],
        };
        back_up(&database, &backup, &[keys]).unwrap();
        // What comes afterwards is not in it.
        write(&store, |transaction| {
            transaction.append(&[say(2, "later")], NOW)
        });
        let before = but_log_ids(exported(&database).1);
        let files = restore(&backup).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(
            (files[0].name.as_str(), &files[0].bytes),
            ("keys", &vec![7; 32])
        );
        let restored = SqliteStore::open(&backup, Durability::Process).unwrap();
        assert_eq!(events(&restored, LOBBY).len(), 1);
        let log = |store: &dyn Store| read(store).room(&LOBBY).unwrap().unwrap().counts.log;
        assert_ne!(log(&restored), log(&store));
        drop(restored);
        assert_eq!(but_log_ids(exported(&backup).1).len() + 1, before.len());
        // Restored once, it is no backup any more.
        assert!(matches!(restore(&backup), Err(StoreError::Corrupt(_))));
        assert!(matches!(restore(&database), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn what_is_exported_and_imported_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("snug.db");
        lived_in(&database);
        let (version, rows) = exported(&database);
        let copy = folder.path().join("copy.db");
        let mut import = Import::begin(&copy, version).unwrap();
        for row in &rows {
            import.row(row).unwrap();
        }
        import.finish().unwrap();
        let store = SqliteStore::open(&copy, Durability::Process).unwrap();
        let words = read(&store).events(&all_of(LOBBY), crate::Range::After(0), 9);
        assert_eq!(words.unwrap().len(), 1);
        drop(store);
        let (same, again) = exported(&copy);
        assert_eq!(same, version);
        assert_eq!(but_log_ids(again), but_log_ids(rows));
    }

    #[test]
    fn words_that_were_pruned_and_not_yet_erased_leave_in_no_copy() {
        const DAY_MS: u64 = 24 * 3_600_000;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("snug.db");
        let store = SqliteStore::open(&database, Durability::Process).unwrap();
        settle(&store);
        write(&store, |transaction| {
            let said = [say(1, "xprunedx"), say(1, "xkeptx")];
            transaction.append(&said[..1], NOW)?;
            transaction.append(&said[1..], NOW.plus_ms(9 * DAY_MS))?;
            let edit = edited(1, "xedited prunedx");
            transaction.append(&[entry(LOBBY, 1, 0, edit)], NOW.plus_ms(9 * DAY_MS))
        });
        let days = snug_proto::Retention::days(2).unwrap();
        let log = snug_proto::LogId::from_bytes([50; 16]);
        write(&store, |transaction| {
            transaction.keep_for(&LOBBY, days, &log)?;
            transaction.expire(&LOBBY, NOW.plus_ms(8 * DAY_MS))
        });
        let (version, rows) = exported(&database);
        let said = format!("{rows:?}");
        assert!(
            said.contains("xkeptx") && !said.contains("prunedx"),
            "{said}"
        );
        let backup = folder.path().join("backup");
        back_up(&database, &backup, &[]).unwrap();
        let bytes = std::fs::read(&backup).unwrap();
        let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        assert!(has(b"xkeptx") && !has(b"prunedx"));
        // What is imported of it reads as it did, and what is left to be erased is.
        let copy = folder.path().join("copy.db");
        let mut import = Import::begin(&copy, version).unwrap();
        for row in &rows {
            import.row(row).unwrap();
        }
        import.finish().unwrap();
        let imported = SqliteStore::open(&copy, Durability::Process).unwrap();
        while write(&imported, |transaction| transaction.erase(100)) > 0 {}
        while write(&store, |transaction| transaction.erase(100)) > 0 {}
        assert_eq!(events(&imported, LOBBY), events(&store, LOBBY));
        assert_eq!(events(&imported, LOBBY).len(), 2);
    }

    #[test]
    fn rows_that_no_database_of_ours_has_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut import = Import::begin(&folder.path().join("a.db"), 1).unwrap();
        let row = |table: &str, column: &str, cell| TableRow {
            table: table.to_owned(),
            cells: vec![(column.to_owned(), cell)],
        };
        assert!(
            import
                .row(&row("sqlite_schema", "name", Cell::Null))
                .is_err()
        );
        assert!(import.row(&row("log\"; --", "room", Cell::Null)).is_err());
        assert!(
            import
                .row(&row("log", "room) VALUES (1); --", Cell::Null))
                .is_err()
        );
        assert!(
            import
                .row(&row("log", "room", Cell::Text("x".to_owned())))
                .is_err()
        );
        let newer = Import::begin(&folder.path().join("b.db"), 10_000);
        assert!(matches!(newer, Err(StoreError::Newer { .. })));
    }
}
