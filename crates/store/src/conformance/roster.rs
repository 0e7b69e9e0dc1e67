//! The roster.

use snug_proto::{AccountName, DisplayName};

use super::world::{account, read, settle, write};
use crate::{RosterChange, RosterEntry, Store};

fn entry(name: &str, display: &str) -> RosterEntry {
    RosterEntry {
        name: AccountName::parse(name).unwrap(),
        display: DisplayName::parse(display).unwrap(),
    }
}

/// What changed is counted, and accounts are shown as the roster has it.
pub fn a_roster_replaces_the_one_before_and_says_what_changed(store: &dyn Store) {
    settle(store);
    let replace =
        |entries: &[RosterEntry]| write(store, |transaction| transaction.replace_roster(entries));
    let first = replace(&[entry("ann", "Ann A."), entry("19803021", "Pranav Gupta")]);
    let expected = RosterChange {
        added: 2,
        shown_anew: vec![account(1)],
        ..RosterChange::default()
    };
    assert_eq!(first, expected);
    let display = |of| read(store).account(&account(of)).unwrap().unwrap().display;
    assert_eq!(display(1).as_deref(), Some("Ann A."));
    let listed = |name: &str| {
        read(store)
            .listed(&AccountName::parse(name).unwrap())
            .unwrap()
    };
    assert_eq!(listed("19803021").as_deref(), Some("Pranav Gupta"));
    assert_eq!(listed("bob"), None);
    let roster = |after: &str, limit| read(store).roster(after, limit).unwrap();
    let [one, two] = [("19803021", "Pranav Gupta"), ("ann", "Ann A.")]
        .map(|(name, display)| (name.to_owned(), display.to_owned()));
    assert_eq!(roster("", 9), [one.clone(), two.clone()]);
    assert_eq!(
        (roster("", 1), roster("19803021", 1)),
        (vec![one], vec![two])
    );
    let second = replace(&[
        entry("ann", "Ann B."),
        entry("bob", "Bob"),
        entry("cid", "Cid"),
    ]);
    let expected = RosterChange {
        added: 2,
        changed: 1,
        removed: 1,
        shown_anew: vec![account(1), account(2), account(3)],
        ..RosterChange::default()
    };
    assert_eq!(second, expected);
    assert_eq!(listed("19803021"), None);
    let third = replace(&[
        entry("ann", "Ann B."),
        entry("bob", "Bob"),
        entry("cid", "Cid"),
    ]);
    assert_eq!((third.kept, third.shown_anew.len()), (3, 0));
    assert_eq!(display(1).as_deref(), Some("Ann B."));
}
