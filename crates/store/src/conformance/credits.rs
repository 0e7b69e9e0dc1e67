//! Purses and the ledger.

use snug_proto::{AccountId, Cause};
use snug_rules::Movement;

use super::world::{NOW, account, read, settle, write};
use crate::{NewMovement, NotMoved, Store};

fn movement(by: u8, from: Option<u8>, to: Option<u8>, amount: u64) -> NewMovement {
    let id = |number: Option<u8>| -> Option<AccountId> { number.map(account) };
    NewMovement {
        by: account(by),
        movement: Movement {
            from: id(from),
            to: id(to),
            amount,
            cause: Cause::Transfer,
            vip_ms: 0,
        },
        why: None,
        key: None,
        at: NOW,
    }
}

/// What leaves one purse enters another, nobody is left below zero, and the sum is zero.
pub fn credits_move_and_sum_to_zero(store: &dyn Store) {
    settle(store);
    let moved = |new: &NewMovement| write(store, |transaction| transaction.move_credits(new));
    let balance = |number| read(store).purse(&account(number)).unwrap().balance;
    assert!(moved(&movement(1, None, Some(1), 100)).is_ok());
    assert_eq!(balance(1), 100);
    assert!(moved(&movement(1, Some(1), Some(2), 60)).is_ok());
    let short = moved(&movement(1, Some(1), Some(2), 41));
    assert_eq!(short.err(), Some(NotMoved::NotEnough));
    assert!(moved(&movement(2, Some(2), None, 10)).is_ok());
    assert_eq!((balance(1), balance(2)), (40, 50));
    assert_eq!(read(store).check_ledger().unwrap(), (0, 0));
    let mut reader = read(store);
    let numbers = |of: Option<u8>, before, limit| {
        let of = of.map(account);
        let rows = reader.movements(of.as_ref(), before, limit).unwrap();
        rows.iter().map(|row| row.no).collect::<Vec<_>>()
    };
    let mut numbers = numbers;
    assert_eq!(numbers(None, None, 10), [3, 2, 1]);
    assert_eq!(numbers(Some(1), None, 10), [2, 1]);
    assert_eq!(numbers(Some(2), Some(3), 10), [2]);
    assert_eq!(numbers(None, None, 2), [3, 2]);
}

/// The same request under its key is made once; another under it is refused; VIP adds up.
pub fn a_keyed_movement_is_made_once(store: &dyn Store) {
    settle(store);
    let moved = |new: &NewMovement| write(store, |transaction| transaction.move_credits(new));
    moved(&movement(1, None, Some(1), 100)).unwrap();
    let mut vip = movement(1, Some(1), None, 30);
    vip.key = Some(("k".to_owned(), [1; 32]));
    vip.movement.vip_ms = 1000;
    let first = moved(&vip).unwrap();
    assert!(first.new);
    assert_eq!(first.vip_until, Some(NOW.plus_ms(1000)));
    let again = moved(&vip).unwrap();
    assert_eq!((again.no, again.new, again.balance), (first.no, false, 70));
    assert_eq!(again.vip_until, first.vip_until);
    vip.key = Some(("k".to_owned(), [2; 32]));
    assert_eq!(moved(&vip).err(), Some(NotMoved::KeyReused));
    vip.key = None;
    assert_eq!(moved(&vip).unwrap().vip_until, Some(NOW.plus_ms(2000)));
    assert_eq!(read(store).check_ledger().unwrap(), (0, 0));
}

/// The rooms that an account is the founder of are counted.
pub fn founded_rooms_are_counted(store: &dyn Store) {
    settle(store);
    let founded = || write(store, |transaction| transaction.count_founded(&account(1)));
    assert_eq!(founded(), 0);
    let mut room = super::world::new_room(super::world::room(60), "attic");
    room.founder = Some(account(1));
    write(store, |transaction| transaction.create_room(&room));
    assert_eq!(founded(), 1);
}
