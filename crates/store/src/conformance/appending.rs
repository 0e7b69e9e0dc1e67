//! Numbers, times, expectations and membership.

use std::thread;

use snug_proto::Timestamp;
use snug_rules::Content;

use super::world::{
    DEN, LOBBY, NOW, account, append, entry, events, message, read, say, seq, seqs, settle, write,
    write_by,
};
use crate::{AppendRefused, Appended, Store};

/// Numbers begin at 1 and have no gap; a clock that runs back does not take the log's time with it.
pub fn numbers_are_gap_free_and_time_never_runs_back(store: &dyn Store) {
    settle(store);
    let earlier = Timestamp::from_ms(NOW.ms() - 5000);
    let first = append(store, &[say(1, "one")]);
    let second = write(store, |transaction| {
        transaction.append(&[say(2, "two"), say(1, "three")], earlier)
    });
    let new = |seq| {
        Ok(Appended::New {
            seq,
            at: NOW,
            messages: seq,
        })
    };
    assert_eq!(first, [new(1)]);
    assert_eq!(second, [new(2), new(3)]);
    let counts = read(store).counts(&LOBBY).unwrap().unwrap();
    assert_eq!((counts.first, counts.seq, counts.messages), (1, 3, 3));
    assert_eq!(counts.last_at, NOW);
    let found: Vec<_> = events(store, LOBBY)
        .into_iter()
        .map(|event| (event.seq, event.at, event.actor, event.content))
        .collect();
    assert_eq!(
        found,
        [
            (1, NOW, account(1), message("one")),
            (2, NOW, account(2), message("two")),
            (3, NOW, account(1), message("three")),
        ]
    );
}

/// Two engines on one database: what one changed binds the other at once.
pub fn a_membership_change_by_one_writer_makes_the_others_append_stale(store: &dyn Store) {
    settle(store);
    let mut one = store.writer().unwrap();
    let mut other = store.writer().unwrap();
    let join = entry(DEN, 1, 0, Content::Joined);
    let outcome = write_by(&mut *one, |transaction| transaction.append(&[join], NOW));
    assert_eq!(outcome.into_iter().map(seq).collect::<Vec<_>>(), [1]);
    let late = entry(DEN, 2, 0, message("decided before"));
    let outcome = write_by(&mut *other, |transaction| transaction.append(&[late], NOW));
    assert_eq!(outcome, [Err(AppendRefused::Stale)]);
    let again = entry(DEN, 2, 1, message("decided again"));
    let outcome = write_by(&mut *other, |transaction| transaction.append(&[again], NOW));
    assert_eq!(outcome.into_iter().map(seq).collect::<Vec<_>>(), [2]);
}

/// A stale append, of a room or an actor, leaves the rest of its batch alone.
pub fn a_stale_append_is_refused_alone(store: &dyn Store) {
    settle(store);
    let mut by_old_account = say(1, "of an actor that changed");
    by_old_account.expect.account_rules = 7;
    let outcomes = append(
        store,
        &[
            say(1, "one"),
            entry(LOBBY, 1, 9, message("stale")),
            by_old_account,
            entry(super::world::room(77), 1, 0, message("no such room")),
            say(99, "no such account"),
            entry(DEN, 1, 0, Content::Joined),
            entry(DEN, 1, 0, message("stale within the batch")),
            entry(DEN, 1, 1, message("hello")),
            say(2, "two"),
        ],
    );
    let stale = Err(AppendRefused::Stale);
    let numbers: Vec<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.map(|appended| seq(Ok(appended))))
        .collect();
    assert_eq!(
        numbers,
        [
            Ok(1),
            stale,
            stale,
            stale,
            stale,
            Ok(1),
            stale,
            Ok(2),
            Ok(2)
        ]
        .map(|outcome| { outcome.map_err(|refused: AppendRefused| refused) })
    );
    assert_eq!(events(store, LOBBY).len(), 2);
}

/// Joining twice or leaving twice is stale, and the counters follow what happened.
pub fn joining_and_leaving_change_the_members_once(store: &dyn Store) {
    settle(store);
    let joined = |by, rules| entry(DEN, by, rules, Content::Joined);
    let left = |by, rules| entry(DEN, by, rules, Content::Left { reason: None });
    assert_eq!(seqs(store, &[joined(1, 0), joined(2, 1)]), [1, 2]);
    assert_eq!(append(store, &[joined(1, 2)]), [Err(AppendRefused::Stale)]);
    let counts = read(store).counts(&DEN).unwrap().unwrap();
    assert_eq!((counts.seq, counts.rules, counts.members), (2, 2, 2));
    assert_eq!(seqs(store, &[left(1, 2)]), [3]);
    assert_eq!(append(store, &[left(1, 3)]), [Err(AppendRefused::Stale)]);
    let members = read(store).members(&DEN).unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!((members[0].account, members[0].joined), (account(2), 2));
    let counts = read(store).counts(&DEN).unwrap().unwrap();
    assert_eq!((counts.rules, counts.members, counts.messages), (3, 1, 0));
    let kinds: Vec<_> = events(store, DEN)
        .into_iter()
        .map(|event| event.content)
        .collect();
    assert_eq!(
        kinds,
        [
            Content::Joined,
            Content::Joined,
            Content::Left { reason: None }
        ]
    );
}

/// Four writers at once, each with batches across two rooms: every number once, none missing.
pub fn writers_in_threads_leave_no_gap(store: &dyn Store) {
    const WRITERS: u8 = 4;
    const ROUNDS: usize = 25;
    settle(store);
    thread::scope(|scope| {
        for number in 0..WRITERS {
            scope.spawn(move || {
                let mut writer = store.writer().unwrap();
                for round in 0..ROUNDS {
                    let text = format!("{number} {round}");
                    let batch = [
                        say(1 + number % 3, &text),
                        entry(DEN, 1, 0, message(&text)),
                        say(1, &text),
                    ];
                    let outcomes =
                        write_by(&mut *writer, |transaction| transaction.append(&batch, NOW));
                    assert!(outcomes.iter().all(Result::is_ok));
                }
            });
        }
    });
    for (room, each) in [(LOBBY, 2), (DEN, 1)] {
        let numbers: Vec<u64> = events(store, room).iter().map(|event| event.seq).collect();
        let count = u64::from(WRITERS) * ROUNDS as u64 * each;
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
        let counts = read(store).counts(&room).unwrap().unwrap();
        assert_eq!((counts.seq, counts.messages), (count, count));
    }
}

/// A room that keeps nothing is numbered, joined and marked like any other, and holds no event.
pub fn a_room_that_keeps_nothing_counts_all_the_same(store: &dyn Store) {
    settle(store);
    let unkept = |rules, content| crate::Append {
        keep: false,
        key: Some(("k".to_owned(), [1; 32])),
        ..entry(DEN, 1, rules, content)
    };
    let batch = [
        unkept(0, Content::Joined),
        unkept(1, message("gone with the wind")),
        unkept(1, super::world::edited(2, "still gone")),
        unkept(1, message("more")),
    ];
    assert_eq!(seqs(store, &batch), [1, 2, 3, 4]);
    assert_eq!(events(store, DEN), []);
    let mut reader = read(store);
    assert_eq!(reader.key_use(&account(1), "k").unwrap(), None);
    assert_eq!(reader.members(&DEN).unwrap().len(), 1);
    let standing = reader.standing(&DEN, &account(1)).unwrap().unwrap();
    assert_eq!(standing.room.counts.messages, 2);
    assert_eq!((standing.read, standing.unread), (4, 0));
}

/// A room that kept nothing and is to keep things begins a log of its own with the event that says so.
pub fn a_log_begins_with_what_is_kept_first(store: &dyn Store) {
    settle(store);
    let unkept = |rules, content| crate::Append {
        keep: false,
        ..entry(DEN, 1, rules, content)
    };
    let first = [unkept(0, Content::Joined), unkept(1, message("gone"))];
    assert_eq!(seqs(store, &first), [1, 2]);
    let before = read(store).counts(&DEN).unwrap().unwrap();
    let log = snug_proto::LogId::from_bytes([61; 16]);
    let begin = crate::Append {
        begin_log: Some(log),
        key: Some(("k".to_owned(), [1; 32])),
        ..entry(DEN, 1, 1, message("first"))
    };
    // Amid others of the same transaction.
    let batch = [
        unkept(1, message("gone too")),
        begin,
        entry(DEN, 1, 1, message("second")),
    ];
    assert_eq!(seqs(store, &batch), [3, 1, 2]);
    assert_eq!(events(store, DEN).len(), 2);
    let counts = read(store).counts(&DEN).unwrap().unwrap();
    assert_eq!(
        (counts.log, counts.first, counts.seq, counts.messages),
        (log, 1, 2, 2)
    );
    assert_ne!(counts.log, before.log);
    let mut reader = read(store);
    assert_eq!(reader.members(&DEN).unwrap()[0].joined, 0);
    let standing = reader.standing(&DEN, &account(1)).unwrap().unwrap();
    assert_eq!((standing.read, standing.unread), (2, 0));
    assert_eq!(
        reader
            .key_use(&account(1), "k")
            .unwrap()
            .map(|used| used.seq),
        Some(1)
    );
}
