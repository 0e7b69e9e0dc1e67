//! What is particular to SQLite: files, their damage, full disks, words on the disk.

use std::{
    fs::{self, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::Path,
};

use rusqlite::Connection;
use snug_rules::{Authority, Content};

use super::{Durability, SqliteStore};
use crate::{
    AppendRefused, Store, StoreError, Writer,
    conformance::{
        self,
        world::{
            DEN, LOBBY, NOW, account, append, edited, entry, events, message, new_account, read,
            say, seq, seqs, settle, write, write_by,
        },
    },
};

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Durability::Process).unwrap()
}

fn why_not(path: &Path) -> StoreError {
    match SqliteStore::open(path, Durability::Power) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
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

#[test]
fn two_stores_on_one_file_bind_each_other_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let (one, other) = (open(&path), open(&path));
    settle(&one);
    let (mut first, mut second) = (one.writer().unwrap(), other.writer().unwrap());
    let late = entry(DEN, 2, 0, message("decided before"));
    write_by(&mut *second, |transaction| transaction.append(&[], NOW));
    let join = [entry(DEN, 1, 0, Content::Joined)];
    write_by(&mut *first, |transaction| transaction.append(&join, NOW));
    let outcome = write_by(&mut *second, |transaction| transaction.append(&[late], NOW));
    assert_eq!(outcome, [Err(AppendRefused::Stale)]);
}

#[test]
fn what_was_committed_is_there_when_the_process_died() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = open(&path);
    settle(&store);
    let mut writer = store.writer().unwrap();
    write_by(&mut *writer, |transaction| {
        transaction.append(&[say(1, "kept")], NOW)
    });
    let mut transaction = writer.begin().unwrap();
    transaction.append(&[say(1, "lost")], NOW).unwrap();
    // The files as a killed process leaves them: nothing closed, a transaction open.
    let after = tempfile::tempdir().unwrap();
    for name in ["snug.db", "snug.db-wal"] {
        fs::copy(folder.path().join(name), after.path().join(name)).unwrap();
    }
    let found = events(&open(&after.path().join("snug.db")), LOBBY);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].content, message("kept"));
}

/// Fills the disk, sees what was asked refused and nothing of it kept, frees the disk, goes on.
fn survives_a_full_disk(store: &SqliteStore) {
    settle(store);
    let mut writer = store.sqlite_writer().unwrap();
    write_by(&mut writer, |transaction| {
        transaction.append(&[say(1, "before")], NOW)
    });
    writer.set_max_pages(1).unwrap();
    let large = vec![say(1, &"x".repeat(16_000)); 64];
    for _ in 0..3 {
        let mut transaction = writer.begin().unwrap();
        let refused = transaction.append(&large, NOW);
        assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
        assert!(transaction.append(&[say(1, "after that")], NOW).is_err());
        assert!(transaction.commit().is_err());
    }
    assert_eq!(events(store, LOBBY).len(), 1);
    writer.set_max_pages(u32::MAX - 1).unwrap();
    let outcomes = write_by(&mut writer, |transaction| transaction.append(&large, NOW));
    assert_eq!(seq(outcomes[63]), 65);
    // A page ends once its words are more than anybody can be sent at once.
    let page = events(store, LOBBY);
    let words = crate::MAX_PAGE_BYTES / 16_000 + 1;
    assert_eq!(
        page.len(),
        words + 1,
        "the short one and as many long ones as fit"
    );
}

#[test]
fn a_full_disk_refuses_and_the_store_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    survives_a_full_disk(&open(&folder.path().join("snug.db")));
    survives_a_full_disk(&SqliteStore::in_memory().unwrap());
}

/// How often the words stand in any file of the folder.
pub(super) fn found_on_disk(folder: &Path, words: &str) -> usize {
    let count = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        bytes
            .windows(words.len())
            .filter(|window| *window == words.as_bytes())
            .count()
    };
    let files = fs::read_dir(folder).unwrap();
    files.map(|file| count(&file.unwrap().path())).sum()
}

#[test]
fn deleted_words_are_on_no_disk_after_tidying() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    let mut writer = store.writer().unwrap();
    // Words of all lengths, some over several pages, and two edits of each.
    let words = |number: u64| {
        let length = if number.is_multiple_of(50) {
            9000
        } else {
            number * 131 % 900
        };
        format!(
            "doomed-{number}-{}",
            "y".repeat(usize::try_from(length).unwrap())
        )
    };
    let count: u64 = 2000;
    for number in 0..count {
        let edit = entry(LOBBY, 1, 0, edited(3 * number + 1, &words(number)));
        let batch = [say(1, &words(number)), edit.clone(), edit];
        write_by(&mut *writer, |transaction| transaction.append(&batch, NOW));
    }
    writer.tidy(NOW).unwrap();
    assert!(found_on_disk(folder.path(), "doomed-") >= 6000);
    // In an order that has nothing to do with where they stand; every tenth stays.
    let mut order: Vec<u64> = (0..count)
        .filter(|number| !number.is_multiple_of(10))
        .collect();
    order.sort_by_key(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    for numbers in order.chunks(7) {
        let batch: Vec<_> = numbers
            .iter()
            .map(|number| {
                entry(
                    LOBBY,
                    1,
                    0,
                    Content::Deleted {
                        of: 3 * number + 1,
                        reason: None,
                        by: if number.is_multiple_of(2) {
                            Authority::Room
                        } else {
                            Authority::Server
                        },
                    },
                )
            })
            .collect();
        write_by(&mut *writer, |transaction| transaction.append(&batch, NOW));
    }
    writer.tidy(NOW).unwrap();
    let purged = order.iter().filter(|number| number.is_multiple_of(2));
    let purged = order.len() - purged.count();
    assert_eq!(
        found_on_disk(folder.path(), "doomed-"),
        600 + 3 * purged,
        "a purge may be undone"
    );
    write_by(&mut *writer, |transaction| {
        transaction.purge_ends(&account(1), NOW)
    });
    // A round blanks so many, for the writer's sake.
    for _ in 0..3 {
        writer.tidy(NOW).unwrap();
    }
    assert_eq!(found_on_disk(folder.path(), "doomed-"), 600);
}

#[test]
fn only_the_writer_moves_the_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = open(&path);
    let mut writer = store.writer().unwrap();
    let mut reader = store.reader().unwrap();
    settle(&store);
    write_by(&mut *writer, |transaction| {
        transaction.append(&[say(1, "hello")], NOW)
    });
    let log = || fs::metadata(folder.path().join("snug.db-wal")).map_or(0, |file| file.len());
    assert!(log() > 0);
    assert!(reader.lobby().unwrap().is_some());
    // The last connection to close would otherwise checkpoint.
    drop(reader);
    assert!(log() > 0);
    drop(writer);
    assert_eq!(log(), 0);
}

#[test]
fn a_thread_that_writes_in_memory_is_told_instead_of_waiting_for_itself() {
    let store = SqliteStore::in_memory().unwrap();
    settle(&store);
    let mut writer = store.writer().unwrap();
    let transaction = writer.begin().unwrap();
    let mut reader = store.reader().unwrap();
    assert!(matches!(reader.lobby(), Err(StoreError::Failed(_))));
    drop(transaction);
    assert!(reader.lobby().unwrap().is_some());
}

#[test]
fn what_is_not_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    fs::write(&path, "Dear diary, ".repeat(100)).unwrap();
    assert!(matches!(why_not(&path), StoreError::Corrupt(_)));
    assert_eq!(
        fs::read(&path).unwrap(),
        "Dear diary, ".repeat(100).as_bytes()
    );
    fs::remove_file(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    assert!(matches!(why_not(&path), StoreError::Corrupt(_)));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    drop(open(&path));
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = why_not(&path);
    assert!(matches!(
        refused,
        StoreError::Newer { found: 99, known } if (1..99).contains(&known)
    ));
}

#[test]
fn a_database_of_the_first_version_is_brought_to_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch(include_str!("migrations/0001_first.sql"))
        .unwrap();
    // "SNUG" in ASCII.
    connection
        .execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 0x534E5547")
        .unwrap();
    drop(connection);
    let store = open(&path);
    settle(&store);
    seqs(&store, &[say(1, "kept")]);
    assert_eq!(events(&store, LOBBY).len(), 1);
}

#[test]
fn a_damaged_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = open(&path);
    settle(&store);
    seqs(&store, &vec![say(1, &"x".repeat(3000)); 50]);
    store.writer().unwrap().tidy(NOW).unwrap();
    drop(store);
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    for page in 20..60 {
        file.seek(SeekFrom::Start(page * 4096)).unwrap();
        file.write_all(&[0xA5; 64]).unwrap();
    }
    assert!(matches!(why_not(&path), StoreError::Corrupt(_)));
}

#[test]
fn a_place_that_cannot_be_written_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().to_owned(),
        folder.path().join("no/such/folder"),
    ] {
        match why_not(&path) {
            StoreError::Failed(text) => assert!(text.contains("cannot be written"), "{text}"),
            other => panic!("{other}"),
        }
    }
}

#[cfg(unix)]
#[test]
fn the_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    let _writer = store.writer().unwrap();
    settle(&store);
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
}

#[test]
fn a_store_is_as_it_was_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = open(&path);
    settle(&store);
    seqs(&store, &[say(1, "hello")]);
    let before = events(&store, LOBBY);
    drop(store);
    let store = open(&path);
    assert_eq!(events(&store, LOBBY), before);
    assert_eq!(append(&store, &[say(1, "again")]).len(), 1);
    write(&store, |transaction| {
        transaction.create_account(&new_account(9, "zed"))
    });
    assert_eq!(read(&store).lobby().unwrap().unwrap().counts.seq, 2);
}
