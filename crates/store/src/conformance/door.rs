//! Allowed addresses and the lockdown.

use snug_proto::LockdownLevel;
use snug_rules::Network;

use super::world::{NOW, account, read, settle, write};
use crate::{LockdownRow, Store};

/// One of each, newest first; a second takes the place of the first.
pub fn allowed_addresses_are_listed_replaced_and_taken_out(store: &dyn Store) {
    settle(store);
    let network = |text: &str| text.parse::<Network>().unwrap();
    let (one, many) = (network("192.0.2.7"), network("2001:db8::/48"));
    write(store, |transaction| {
        transaction.allow(&one, &account(1), NOW, None, None)?;
        transaction.allow(&many, &account(1), NOW, Some(NOW.plus_ms(9)), None)?;
        transaction.allow(&one, &account(1), NOW, None, Some("again"))?;
        assert_eq!(transaction.count_allowed()?, 2);
        Ok(())
    });
    let listed = read(store).allowed(None, 9).unwrap();
    assert_eq!([listed[0].network, listed[1].network], [one, many]);
    assert_eq!(listed[0].reason.as_deref(), Some("again"));
    assert_eq!(listed[1].until, Some(NOW.plus_ms(9)));
    let older = read(store).allowed(Some(listed[0].number), 9).unwrap();
    assert_eq!(older, listed[1..]);
    write(store, |transaction| {
        assert!(transaction.disallow(&one)?);
        assert!(!transaction.disallow(&one)?);
        Ok(())
    });
    assert_eq!(read(store).allowed(None, 9).unwrap().len(), 1);
}

/// There is one or none.
pub fn a_lockdown_is_kept_until_it_is_lifted(store: &dyn Store) {
    settle(store);
    assert_eq!(read(store).lockdown().unwrap(), None);
    for level in [LockdownLevel::On, LockdownLevel::Closed] {
        let row = LockdownRow {
            level,
            until: NOW.plus_ms(5),
            reason: Some("a flood".to_owned()),
        };
        write(store, |transaction| transaction.set_lockdown(Some(&row)));
        assert_eq!(read(store).lockdown().unwrap(), Some(row));
    }
    write(store, |transaction| transaction.set_lockdown(None));
    assert_eq!(read(store).lockdown().unwrap(), None);
}
