//! What people say of themselves.

use snug_proto::{AccountName, DisplayName};

use super::world::{DEN, account, read, settle, write};
use crate::{KeySet, MetadataOf, RosterEntry, Store};

/// A display name is kept, and is the roster's where that has one.
pub fn a_display_name_is_ones_own_unless_the_roster_has_it(store: &dyn Store) {
    settle(store);
    let ann = account(1);
    let shown = || read(store).account(&ann).unwrap().unwrap().display;
    assert!(write(store, |of| of.set_display(&ann, Some("Ann A."))));
    assert_eq!(shown().as_deref(), Some("Ann A."));
    let name = read(store).account(&ann).unwrap().unwrap().name;
    let entry = RosterEntry {
        name: AccountName::parse(&name).unwrap(),
        display: DisplayName::parse("Ann of the roster").unwrap(),
    };
    write(store, |of| of.replace_roster(&[entry]));
    assert!(!write(store, |of| of.set_display(&ann, None)));
    assert_eq!(shown().as_deref(), Some("Ann of the roster"));
    write(store, |of| of.set_bot(&ann, true));
    assert!(read(store).account(&ann).unwrap().unwrap().bot);
}

/// Keys are set, replaced, counted and taken away, of accounts and rooms apart.
pub fn keys_have_values_and_a_bound(store: &dyn Store) {
    settle(store);
    let (ann, den) = (MetadataOf::Account(account(1)), MetadataOf::Room(DEN));
    let set = |of: MetadataOf, key: &'static str, value: Option<&'static str>| {
        write(store, move |store| store.set_metadata(&of, key, value, 2))
    };
    assert_eq!(set(ann, "url", Some("one")), KeySet::Done);
    assert_eq!(set(ann, "url", Some("two")), KeySet::Done);
    assert_eq!(set(ann, "mood", Some("fine")), KeySet::Done);
    assert_eq!(set(ann, "third", Some("no")), KeySet::Full);
    assert_eq!(set(ann, "third", None), KeySet::NotThere);
    assert_eq!(set(den, "url", Some("den")), KeySet::Done);
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let all = read(store).metadata(&ann).unwrap();
    assert_eq!(all, [pair("mood", "fine"), pair("url", "two")]);
    let keys = ["url".to_owned()];
    let among = read(store).metadata_among(&[account(2), account(1)], &keys);
    assert_eq!(
        among.unwrap(),
        [(account(1), "url".to_owned(), "two".to_owned())]
    );
    assert_eq!(set(ann, "url", None), KeySet::Done);
    assert_eq!(write(store, |of| of.clear_metadata(&ann)), ["mood"]);
    assert_eq!(read(store).metadata(&den).unwrap(), [pair("url", "den")]);
}
