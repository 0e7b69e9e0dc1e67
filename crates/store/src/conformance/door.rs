//! Allowed addresses, the lockdown, and finding what somebody said.

use snug_proto::LockdownLevel;
use snug_rules::{Content, Network};

use super::world::{DEN, LOBBY, NOW, account, edited, entry, events, read, say, settle, write};
use crate::{LockdownRow, Store, Words, WordsKind};

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
    // By its time only if that is over.
    for (ms, lifted) in [(4, false), (5, true), (6, false)] {
        let now = NOW.plus_ms(ms);
        assert_eq!(
            write(store, |transaction| transaction.lift_lockdown(now)),
            lifted
        );
        assert_eq!(read(store).lockdown().unwrap().is_none(), ms > 4);
    }
    write(store, |transaction| transaction.set_lockdown(None));
    assert_eq!(read(store).lockdown().unwrap(), None);
}

/// In messages, in changes of older ones, in tags and in reasons.
pub fn what_somebody_said_is_found_wherever_it_stands_and_taken_out(store: &dyn Store) {
    settle(store);
    let tags = [("+spam".to_owned(), "buy".to_owned())];
    let left = Content::Left {
        reason: Some("buy here".to_owned()),
    };
    let before = [say(2, "old"), say(2, "older")];
    write(store, |transaction| transaction.append(&before, NOW));
    let since = NOW.plus_ms(1000);
    let after = [
        entry(LOBBY, 2, 0, edited(1, "buy")),
        entry(LOBBY, 2, 0, edited(1, "buy now")),
        say(2, "buy again"),
        entry(LOBBY, 2, 0, Content::Tagged { tags: tags.into() }),
        say(1, "no"),
        entry(DEN, 2, 0, Content::Joined),
        entry(DEN, 2, 1, left),
    ];
    let done = write(store, |transaction| transaction.append(&after, since));
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    let said = |room, seq, kind| Words { room, seq, kind };
    let mut found = read(store).words_since(&account(2), since, 9).unwrap();
    found.sort_by_key(|words| (words.room.bytes().to_owned(), words.seq));
    let asides = [(LOBBY, 6), (DEN, 2)];
    assert_eq!(
        found,
        [
            said(LOBBY, 1, WordsKind::Message),
            said(LOBBY, 5, WordsKind::Message),
            said(LOBBY, 6, WordsKind::Aside),
            said(DEN, 2, WordsKind::Aside),
        ]
    );
    let mut of_account = read(store).asides_of(&account(2), 9).unwrap();
    of_account.sort_by_key(|(room, seq)| (room.bytes().to_owned(), *seq));
    assert_eq!(of_account, asides);
    write(store, |transaction| transaction.blank_asides(&asides));
    assert_eq!(read(store).asides_of(&account(2), 9).unwrap(), []);
    let found = read(store).words_since(&account(2), since, 9).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    let kept = events(store, DEN).pop().map(|event| event.content);
    assert_eq!(kept, Some(Content::Left { reason: None }));
    let tags = std::collections::BTreeMap::new();
    let mut kept = events(store, LOBBY).into_iter();
    let kept = kept.find(|event| event.seq == 6).map(|event| event.content);
    assert_eq!(kept, Some(Content::Tagged { tags }));
}
