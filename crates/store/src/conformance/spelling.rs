//! Names as they were written (ADR 10).

use snug_proto::{AccountName, RoomName};

use super::world::{DEN, NOW, account, new_account, new_room, read, settle, write};
use crate::{Store, StoreError};

fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

fn create(store: &dyn Store, number: u8, text: &str) -> Result<(), StoreError> {
    let made = |number| write(store, |transaction| Ok(transaction.create_account(&number)));
    made(new_account(number, text))
}

fn rename(store: &dyn Store, number: u8, text: &str) -> Result<(), StoreError> {
    write(store, |transaction| {
        let until = NOW.plus_ms(1000);
        Ok(transaction.rename_account(&account(number), &name(text), 5, NOW, until))
    })
}

fn taken(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Taken))
}

/// One name, however it is written; its spelling changes.
pub fn a_name_is_shown_as_it_was_written_and_found_by_any_spelling(store: &dyn Store) {
    settle(store);
    create(store, 9, "Zoe").unwrap();
    for spelling in ["zoe", "ZOE", "Zoe"] {
        let found = read(store).account_to_try(&name(spelling).skeleton(), 0);
        assert_eq!(found.unwrap().unwrap().name, "Zoe");
        assert!(taken(&create(store, 10, spelling)), "{spelling}");
    }
    rename(store, 9, "zoE").unwrap();
    assert_eq!(
        read(store).account(&account(9)).unwrap().unwrap().name,
        "zoE"
    );
    rename(store, 9, "zoe").unwrap();
    assert_eq!(
        read(store).account(&account(9)).unwrap().unwrap().name,
        "zoe"
    );
}

/// A capital I is a small L to the eye, whichever was there first; groups are called otherwise as well.
pub fn no_name_looks_like_anothers_as_that_is_written(store: &dyn Store) {
    settle(store);
    create(store, 9, "paypal").unwrap();
    assert!(taken(&create(store, 10, "paypaI")));
    create(store, 10, "paypai").unwrap();
    assert!(taken(&rename(store, 10, "PaypaI")));
    create(store, 11, "Ian").unwrap();
    assert!(taken(&create(store, 12, "lan")));
    assert!(taken(&rename(store, 1, "LAN")));
    rename(store, 11, "IAN").unwrap();
    let group = |group: &str| {
        write(store, |transaction| {
            Ok(transaction.create_group(&name(group), NOW))
        })
    };
    assert!(matches!(group("lan"), Err(StoreError::Taken)));
    assert!(group("link").unwrap());
    assert!(taken(&create(store, 12, "Iink")));
    // As it is written, and whichever of the two is a group's.
    assert!(group("Idle").unwrap());
    assert!(taken(&create(store, 12, "ldle")));
    assert!(matches!(group("ldle"), Err(StoreError::Taken)));
    assert!(!group("iDLE").unwrap());
    let groups = read(store).groups().unwrap();
    let groups: Vec<_> = groups.into_iter().map(|group| group.name).collect();
    assert_eq!(groups, ["Idle", "link"]);
}

/// What a name looked like is kept for whom it was, as the name is.
pub fn a_freed_spelling_is_kept_with_its_name(store: &dyn Store) {
    settle(store);
    create(store, 9, "Ian").unwrap();
    rename(store, 9, "john").unwrap();
    assert!(taken(&create(store, 10, "lan")));
    assert!(taken(&create(store, 10, "ian")));
    rename(store, 9, "Ian").unwrap();
}

/// As accounts do.
pub fn rooms_keep_their_spelling_too(store: &dyn Store) {
    settle(store);
    let id = snug_proto::RoomId::from_bytes([77; 16]);
    let create = |id, name: &str| {
        write(store, |transaction| {
            Ok(transaction.create_room(&new_room(id, name)))
        })
    };
    create(id, "Attic").unwrap();
    assert_eq!(read(store).room(&id).unwrap().unwrap().name, "Attic");
    let other = snug_proto::RoomId::from_bytes([78; 16]);
    assert!(taken(&create(other, "aTTic")));
    create(other, "mall").unwrap();
    let third = snug_proto::RoomId::from_bytes([79; 16]);
    assert!(taken(&create(third, "maIl")));
    let skeleton = RoomName::parse("ATTIC").unwrap().skeleton();
    let found = read(store).room_by_skeleton(&skeleton).unwrap().unwrap();
    assert_eq!((found.id, &*found.name), (id, "Attic"));
    assert_ne!(found.id, DEN);
}
