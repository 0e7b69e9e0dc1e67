//! The roster.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, AccountName};

use super::{reader::SqliteReader, rows::Sql, writer::SqliteTransaction};
use crate::{RosterChange, RosterEntry, RosterReads, RosterWrites, StoreError};

impl RosterWrites for SqliteTransaction<'_> {
    fn replace_roster(&mut self, entries: &[RosterEntry]) -> Result<RosterChange, StoreError> {
        self.change(|connection| replace(connection, entries))
    }

    fn listed(&mut self, name: &AccountName) -> Result<Option<String>, StoreError> {
        self.run(|connection| listed(connection, name))
    }
}

impl RosterReads for SqliteReader {
    fn roster(&mut self, after: &str, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        self.run(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT name, display FROM roster WHERE name > ?1 ORDER BY name LIMIT ?2",
                )?
                .query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            Ok(found)
        })
    }

    fn listed(&mut self, name: &AccountName) -> Result<Option<String>, StoreError> {
        self.run(|connection| listed(connection, name))
    }
}

fn listed(connection: &Connection, name: &AccountName) -> Result<Option<String>, StoreError> {
    let found = connection
        .prepare_cached("SELECT display FROM roster WHERE name = ?1")?
        .query_row([name.as_str()], |row| row.get(0))
        .optional()?;
    Ok(found)
}

fn replace(connection: &Connection, entries: &[RosterEntry]) -> Result<RosterChange, StoreError> {
    let mut before: HashMap<String, String> = connection
        .prepare_cached("SELECT name, display FROM roster")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut change = RosterChange::default();
    let mut put = connection.prepare_cached(
        "INSERT INTO roster (name, display) VALUES (?1, ?2) \
         ON CONFLICT (name) DO UPDATE SET display = excluded.display",
    )?;
    let mut show = connection.prepare_cached(
        "UPDATE account SET display = ?2 WHERE name = ?1 AND display IS NOT ?2 RETURNING id",
    )?;
    for RosterEntry { name, display } in entries {
        let (name, display) = (name.as_str(), display.as_str());
        match before.remove(name) {
            Some(same) if same == display => change.kept += 1,
            Some(_) => change.changed += 1,
            None => change.added += 1,
        }
        put.execute(params![name, display])?;
        let shown = show
            .query_map(params![name, display], |row| Ok(row.get::<_, Sql<_>>(0)?.0))?
            .collect::<Result<Vec<AccountId>, _>>()?;
        change.shown_anew.extend(shown);
    }
    let mut remove = connection.prepare_cached("DELETE FROM roster WHERE name = ?1")?;
    for name in before.keys() {
        remove.execute([name])?;
        change.removed += 1;
    }
    Ok(change)
}
