//! The embedded store: SQLite in a file, or in memory for servers that leave nothing behind.
//!
//! A file has write-ahead logging: one writer (its write lock taken as each transaction begins) and
//! readers that see the last commit meanwhile. A database in memory has one connection that all share.

mod accounts;
mod announcements;
mod append;
mod audit;
mod checkpoint;
mod circles;
mod connect;
pub mod copy;
mod credits;
mod details;
mod door;
mod fault;
mod friends;
mod governing;
mod guests;
mod handle;
mod log;
mod masks;
mod memo;
mod order;
mod people;
mod presence;
mod reader;
mod reading;
mod reads;
mod reports;
mod retention;
mod rooms;
mod roster;
mod rows;
mod schema;
mod scram;
mod search;
mod second_factor;
mod spelling;
mod talking;
#[cfg(test)]
mod tests;
mod tidy;
mod worn;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use self::{
    handle::{Handle, Shared},
    reader::SqliteReader,
    search::{Index, SqliteFollower},
    writer::SqliteWriter,
};
use crate::{Follower, Reader, Store, StoreError, Writer};

/// What a commit outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Loss of power: each commit waits for the disk.
    Power,
    /// The end of the process, however it came; loss of power may cost the newest commits.
    Process,
}

/// A store on SQLite.
pub struct SqliteStore(Place);

enum Place {
    File(PathBuf, Durability),
    /// The database, and the index of its words.
    Memory(Arc<Shared>, Arc<Shared>),
}

impl SqliteStore {
    /// The store in this file, which is made if it is not there and brought to the newest schema.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        connect::prepare(path, durability)?;
        Ok(Self(Place::File(path.to_owned(), durability)))
    }

    /// A new store in memory, gone with its last user. Nothing of it ever touches a disk. While a
    /// thread has a transaction open, its own reads fail and those of others wait.
    pub fn in_memory() -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::new(connect::memory()?));
        let index = Arc::new(Shared::new(search::memory()?));
        Ok(Self(Place::Memory(shared, index)))
    }

    fn index(&self) -> Index {
        match &self.0 {
            Place::File(path, _) => Index::beside(path),
            Place::Memory(_, index) => Index::Memory(Arc::clone(index)),
        }
    }

    fn reading(&self) -> Result<Handle, StoreError> {
        Ok(match &self.0 {
            Place::File(path, _) => Handle::Own(connect::reader(path)?),
            Place::Memory(shared, _) => Handle::Shared(Arc::clone(shared)),
        })
    }

    fn sqlite_writer(&self) -> Result<SqliteWriter, StoreError> {
        match &self.0 {
            Place::File(path, durability) => SqliteWriter::on_file(path, *durability),
            Place::Memory(shared, _) => Ok(SqliteWriter::on_memory(Arc::clone(shared))),
        }
    }
}

impl Store for SqliteStore {
    fn writer(&self) -> Result<Box<dyn Writer>, StoreError> {
        Ok(Box::new(self.sqlite_writer()?))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(SqliteReader::new(self.reading()?, self.index())))
    }

    fn follower(&self) -> Result<Box<dyn Follower>, StoreError> {
        let follower = SqliteFollower::new(self.reading()?, self.index())?;
        Ok(Box::new(follower))
    }
}
