//! Words and space on the disk, as logs are pruned.

use rusqlite::Connection;
use snug_proto::{LogId, Retention};
use snug_rules::{Authority, Content};

use crate::{
    Durability, SqliteStore, Store,
    conformance::{
        retention::prune,
        world::{DEN, LOBBY, NOW, entry, message, say, settle, write, write_by},
    },
    sqlite::tests::found_on_disk,
};

const DAY: u64 = 24 * 3_600_000;

#[test]
fn pruned_words_are_on_no_disk_nor_are_copies_of_their_neighbours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = SqliteStore::open(&path, Durability::Process).unwrap();
    settle(&store);
    let mut writer = store.writer().unwrap();
    let mut follower = store.follower().unwrap();
    let log = LogId::from_bytes([50; 16]);
    let month = Retention::days(30).unwrap();
    write(&store, |transaction| {
        transaction.keep_for(&DEN, month, &log)
    });
    let join = [entry(DEN, 1, 0, Content::Joined)];
    write_by(&mut *writer, |transaction| transaction.append(&join, NOW));
    // The den is pruned, the lobby is not; in long runs, and one after the other.
    let words = |what: &str, number: u64| {
        let length = if number.is_multiple_of(60) {
            9000
        } else {
            number * 131 % 700
        };
        format!(
            "{what}-{number}-{}",
            "y".repeat(usize::try_from(length).unwrap())
        )
    };
    for number in 0..3000_u64 {
        let batch = if number / 300 % 2 == 0 || number % 3 == 0 {
            entry(DEN, 1, 1, message(&words("pruned", number)))
        } else {
            say(1, &words("neighbour", number))
        };
        let at = NOW.plus_ms(number);
        write_by(&mut *writer, |transaction| transaction.append(&[batch], at));
    }
    while follower.follow(1000).unwrap() > 0 {}
    writer.tidy(NOW).unwrap();
    assert!(found_on_disk(folder.path(), "pruned-") > 1000);
    let later = NOW.plus_ms(31 * DAY);
    prune(&store, later);
    drop(follower);
    let mut follower = store.follower().unwrap();
    while follower.follow(1000).unwrap() > 0 {}
    let rows = || -> i64 {
        let eyes = Connection::open(&path).unwrap();
        eyes.query_row("SELECT count(*) FROM event", [], |row| row.get(0))
            .unwrap()
    };
    let before = rows();
    for _ in 0..4 {
        writer.tidy(later).unwrap();
    }
    follower.tidy().unwrap();
    assert_eq!(found_on_disk(folder.path(), "pruned-"), 0);
    assert!(
        rows() + 700 < before,
        "{} rows are left of {before}",
        rows()
    );
    // Had a copy of a neighbour been made as rows went, it would outlive the neighbour.
    let deletions: Vec<_> = (1..=1000)
        .map(|of| {
            entry(
                LOBBY,
                1,
                0,
                Content::Deleted {
                    of,
                    reason: None,
                    by: Authority::Room,
                },
            )
        })
        .collect();
    for batch in deletions.chunks(50) {
        write_by(&mut *writer, |transaction| transaction.append(batch, later));
    }
    while follower.follow(1000).unwrap() > 0 {}
    writer.tidy(later).unwrap();
    drop(follower);
    let mut follower = store.follower().unwrap();
    follower.tidy().unwrap();
    assert_eq!(found_on_disk(folder.path(), "neighbour-"), 0);
}
