//! All or nothing.

use super::world::{LOBBY, NOW, account, events, new_account, read, say, seqs, settle};
use crate::{Store, StoreError};

/// Dropped before its commit, or dropped after a refusal: nothing is kept, and the writer goes on.
pub fn what_is_not_committed_leaves_nothing(store: &dyn Store) {
    settle(store);
    let mut writer = store.writer().unwrap();
    let mut transaction = writer.begin().unwrap();
    transaction.append(&[say(1, "lost")], NOW).unwrap();
    transaction.create_account(&new_account(9, "zed")).unwrap();
    drop(transaction);
    assert_eq!(events(store, LOBBY), []);
    assert_eq!(read(store).account(&account(9)).unwrap(), None);
    let mut transaction = writer.begin().unwrap();
    transaction.append(&[say(1, "kept")], NOW).unwrap();
    transaction.commit().unwrap();
    assert_eq!(events(store, LOBBY).len(), 1);
}

/// A part's work goes when the part is undone, and what was before and after it stays; a name that is
/// taken spoils only itself.
pub fn a_part_is_undone_alone(store: &dyn Store) {
    settle(store);
    let mut writer = store.writer().unwrap();
    let mut transaction = writer.begin().unwrap();
    transaction.append(&[say(1, "before")], NOW).unwrap();
    transaction.begin_part().unwrap();
    transaction.create_account(&new_account(8, "yan")).unwrap();
    transaction.append(&[say(8, "undone")], NOW).unwrap();
    let taken = transaction.create_account(&new_account(9, "ann"));
    assert!(matches!(taken, Err(StoreError::Taken)));
    transaction.undo_part().unwrap();
    transaction.begin_part().unwrap();
    transaction.create_account(&new_account(7, "xia")).unwrap();
    transaction.append(&[say(7, "kept")], NOW).unwrap();
    transaction.keep_part().unwrap();
    transaction.append(&[say(1, "after")], NOW).unwrap();
    transaction.commit().unwrap();
    let numbers: Vec<_> = events(store, LOBBY)
        .into_iter()
        .map(|event| (event.seq, event.actor))
        .collect();
    assert_eq!(numbers, [(1, account(1)), (2, account(7)), (3, account(1))]);
    assert_eq!(read(store).account(&account(8)).unwrap(), None);
    assert!(read(store).account(&account(7)).unwrap().is_some());
}

/// A reader in another thread sees nothing of a transaction, or waits for its end; never a part of it.
pub fn readers_see_only_what_is_committed(store: &dyn Store) {
    settle(store);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..50 {
                let texts = ["a", "b", "c", "d"].map(|text| say(1, text));
                assert_eq!(seqs(store, &texts).len(), 4);
            }
        });
        let mut reader = read(store);
        let mut last = 0;
        while last < 200 {
            let counts = reader.counts(&LOBBY).unwrap().unwrap();
            assert_eq!(counts.seq % 4, 0, "half a transaction");
            assert!(counts.seq >= last);
            last = counts.seq;
        }
    });
}
