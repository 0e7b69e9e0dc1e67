//! What is particular to an index in a file: words on the disk, coming back, damage.

use std::{fs, path::Path};

use snug_rules::{Authority, Content};

use crate::{
    Durability, SqliteStore, Store,
    conformance::{
        search::{catch_up, found},
        world::{LOBBY, NOW, edited, entry, say, seqs, settle, write_by},
    },
    sqlite::tests::found_on_disk,
};

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, Durability::Process).unwrap()
}

fn index_file(folder: &Path) -> std::path::PathBuf {
    folder.join("snug-search.db")
}

#[test]
fn deleted_words_are_on_no_disk_after_the_follower_tidied() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    let mut writer = store.writer().unwrap();
    let mut follower = store.follower().unwrap();
    let count: u64 = 1500;
    // Many words of their own, so that they stand all over the index, and an edit of every third.
    let words = |number: u64| {
        format!(
            "xdoomed{} and zdoomed{number} too",
            number.wrapping_mul(0x9E37_79B9) % 99_991
        )
    };
    let mut messages = Vec::new();
    for number in 0..count {
        let said = write_by(&mut *writer, |transaction| {
            transaction.append(&[say(1, &words(number))], NOW)
        });
        let seq = crate::conformance::world::seq(said[0]);
        messages.push(seq);
        if number % 3 == 0 {
            let edit = entry(LOBBY, 1, 0, edited(seq, &format!("ydoomed{number}")));
            write_by(&mut *writer, |transaction| transaction.append(&[edit], NOW));
        }
        if number % 40 == 0 {
            follower.follow(1000).unwrap();
        }
    }
    while follower.follow(1000).unwrap() > 0 {}
    let mut order = messages.clone();
    order.sort_by_key(|seq| seq.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    for chunk in order.chunks(9) {
        let batch: Vec<_> = chunk
            .iter()
            .map(|seq| {
                entry(
                    LOBBY,
                    1,
                    0,
                    Content::Deleted {
                        of: *seq,
                        reason: None,
                        by: Authority::Room,
                    },
                )
            })
            .collect();
        write_by(&mut *writer, |transaction| transaction.append(&batch, NOW));
        follower.follow(1000).unwrap();
    }
    assert!(found_on_disk(folder.path(), "doomed") > 0);
    while follower.follow(1000).unwrap() > 0 {}
    writer.tidy(NOW).unwrap();
    follower.tidy().unwrap();
    assert_eq!(found_on_disk(folder.path(), "doomed"), 0);
}

#[test]
fn the_follower_goes_on_where_the_one_before_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    seqs(&store, &[say(1, "one"), say(1, "two"), say(1, "three")]);
    let mut follower = store.follower().unwrap();
    assert_eq!(follower.follow(2).unwrap(), 2);
    drop(follower);
    let mut follower = store.follower().unwrap();
    assert_eq!(follower.follow(9).unwrap(), 1);
    assert_eq!(follower.follow(9).unwrap(), 0);
    seqs(&store, &[say(1, "four")]);
    assert_eq!(follower.follow(9).unwrap(), 1);
    assert_eq!(found(&store, "four"), [4]);
}

#[test]
fn an_index_that_is_lost_or_damaged_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    seqs(&store, &[say(1, "hello there")]);
    catch_up(&store);
    fs::remove_file(index_file(folder.path())).unwrap();
    assert_eq!(found(&store, "hello"), [1], "without an index at all");
    catch_up(&store);
    fs::write(index_file(folder.path()), "Dear diary, ".repeat(999)).unwrap();
    catch_up(&store);
    assert_eq!(found(&store, "hello"), [1]);
}

#[test]
fn an_index_left_beside_another_database_finds_nothing_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    seqs(&store, &[say(1, "old"), say(1, "older")]);
    catch_up(&store);
    drop(store);
    // As a restore does it: another database in the same place, its logs under new ids.
    fs::remove_file(folder.path().join("snug.db")).unwrap();
    let store = open(&folder.path().join("snug.db"));
    settle(&store);
    crate::conformance::world::write(&store, |transaction| transaction.rename_logs());
    seqs(&store, &[say(1, "new")]);
    assert!(found(&store, "old").is_empty());
    catch_up(&store);
    assert!(found(&store, "old").is_empty());
    assert_eq!(found(&store, "new"), [1]);
}
