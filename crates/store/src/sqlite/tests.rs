//! What is particular to SQLite: files, their damage, full disks, words on the disk.

use std::path::Path;

use super::{Durability, SqliteStore};
use crate::conformance;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Durability::Process).unwrap()
}

#[test]
fn a_store_in_a_file_conforms() {
    for (name, demand) in conformance::ALL {
        println!("{name}");
        let folder = tempfile::tempdir().unwrap();
        demand(&open(&folder.path().join("snug.db")));
    }
}

#[test]
fn a_store_in_memory_conforms() {
    for (name, demand) in conformance::ALL {
        println!("{name}");
        demand(&SqliteStore::in_memory().unwrap());
    }
}
