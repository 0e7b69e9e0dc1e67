//! The server's rows written by a program that does only that: one connection, one prepared statement,
//! one commit a batch, synced.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;
use rusqlite::{Connection, params};
use snug_store::{Durability, SqliteStore};

use crate::{load::body_of, proc::cpu_time};

/// What it came to.
#[derive(Debug, Clone, Copy)]
pub struct RowsFloor {
    /// Rows a second.
    pub a_second: f64,
    /// CPU time of a row, in microseconds.
    pub cpu_us: f64,
}

/// Inserts rows of so many bytes of body into so many rooms, in batches of this size, for so long.
pub fn measure(
    folder: &Path,
    rooms: u32,
    batch: u32,
    body_bytes: usize,
    lasting: Duration,
) -> Result<RowsFloor> {
    let path = folder.join("rows-floor.db");
    // The very schema of the server.
    drop(SqliteStore::open(&path, Durability::Power)?);
    let mut connection = Connection::open(path)?;
    // As the server's writer sets itself up: see the store crate.
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    anyhow::ensure!(mode == "wal", "no write-ahead log here");
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    let body = body_of(body_bytes);
    let (began, cpu) = (Instant::now(), cpu_time(std::process::id())?);
    let mut rows = 0_u32;
    while began.elapsed() < lasting {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO event (room, seq, at, messages, actor, kind, of, body, subject, mentions, \
                 manner) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            for row in rows..rows + batch {
                let (room, seq) = (row % rooms + 1, row / rooms + 1);
                let nothing = None::<i64>;
                insert.execute(params![
                    room,
                    seq,
                    1_795_000_000_000_i64,
                    seq,
                    room,
                    2,
                    nothing,
                    body,
                    nothing,
                    nothing,
                    nothing
                ])?;
            }
        }
        transaction.commit()?;
        rows += batch;
    }
    let seconds = began.elapsed().as_secs_f64();
    let cpu = cpu_time(std::process::id())?.saturating_sub(cpu);
    Ok(RowsFloor {
        a_second: f64::from(rows) / seconds,
        cpu_us: cpu.as_secs_f64() * 1e6 / f64::from(rows),
    })
}
