//! Names that accounts go by beside their own (ADR 13).

use snug_proto::{AccountName, Role};

use super::world::{NOW, account, new_account, read, settle, write};
use crate::{Store, StoreError, Worn};

fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

fn wear(store: &dyn Store, number: u8, text: &str, mark: u64) -> Result<(), StoreError> {
    write(store, |transaction| {
        Ok(transaction.wear(&account(number), (&name(text), mark), NOW))
    })
}

fn taken(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Taken))
}

/// Nobody is called what another wears, nor wears what another is called or wears, nor what looks like it.
pub fn a_worn_name_is_nobody_elses(store: &dyn Store) {
    settle(store);
    wear(store, 1, "paypal", 5).unwrap();
    let worn = Some(Worn {
        name: "paypal".to_owned(),
        mark: 5,
    });
    assert_eq!(
        read(store).account(&account(1)).unwrap().unwrap().worn,
        worn
    );
    let called = |text: &str| {
        let found = read(store).account_called(&name(text).skeleton());
        found.unwrap().map(|account| account.name)
    };
    assert_eq!(called("PayPal").as_deref(), Some("ann"));
    assert_eq!(called("ann").as_deref(), Some("ann"));
    assert_eq!(called("nobody"), None);
    // It is no account's name: nobody signs in by it.
    let named = read(store).account_to_try(&name("paypal").skeleton(), 1);
    assert_eq!(named.unwrap().unwrap().name, "bob");
    for look_alike in ["paypal", "PAYPAL", "paypa1", "bob", "B0B"] {
        let worn = wear(store, 3, look_alike, 6);
        assert!(taken(&worn), "{look_alike}");
    }
    let mut guest = new_account(9, "paypa1");
    guest.account.role = Role::Guest;
    let created = write(store, |transaction| Ok(transaction.create_account(&guest)));
    assert!(taken(&created), "an account");
    let renamed = write(store, |transaction| {
        Ok(transaction.rename_account(&account(2), &name("paypal"), 7, NOW, NOW))
    });
    assert!(taken(&renamed), "another name");
    let grouped = write(store, |transaction| {
        Ok(transaction.create_group(&name("paypal"), NOW))
    });
    assert!(matches!(grouped, Err(StoreError::Taken)), "a group");
    // One's own name, or what looks like it, is one's own to wear.
    wear(store, 1, "Ann", 8).unwrap();
    assert_eq!(called("paypal"), None);
}

/// It is free again once it is taken off, as its account goes and at a start; a wearing that is over is not
/// taken off again.
pub fn a_name_that_is_taken_off_is_free_at_once(store: &dyn Store) {
    settle(store);
    wear(store, 1, "zed", 5).unwrap();
    wear(store, 1, "zed", 6).unwrap();
    let take_off = |mark| write(store, |transaction| transaction.take_off(&account(1), mark));
    assert!(!take_off(Some(5)), "that was worn before");
    assert!(take_off(Some(6)));
    assert!(!take_off(None));
    wear(store, 2, "zed", 7).unwrap();
    write(store, |transaction| transaction.take_all_off());
    assert_eq!(
        read(store).account(&account(2)).unwrap().unwrap().worn,
        None
    );
    let until = NOW.plus_ms(1000);
    write(store, |transaction| {
        transaction.rename_account(&account(2), &name("robert"), 8, NOW, until)
    });
    // A name that was given up is nobody's to go by for as long as it is kept (DECISIONS 2).
    assert!(taken(&wear(store, 3, "bob", 9)));
    wear(store, 3, "zed", 9).unwrap();
}
