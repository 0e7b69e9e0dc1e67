//! Keeping for a while only.

use snug_proto::{LogId, Retention, Timestamp};
use snug_rules::{Content, TargetKind};

use super::{
    search::{catch_up, found},
    world::{
        LOBBY, NOW, account, append, edited, entry, events, message, read, say, settle, write,
        write_by,
    },
};
use crate::{Append, AppendRefused, Store};

const DAY: u64 = 24 * 3_600_000;

fn day(number: u64) -> Timestamp {
    NOW.plus_ms(number * DAY)
}

fn append_at(store: &dyn Store, at: Timestamp, appends: &[Append]) {
    let mut writer = store.writer().unwrap();
    let outcomes = write_by(&mut *writer, |transaction| transaction.append(appends, at));
    assert!(outcomes.iter().all(Result::is_ok));
}

/// Makes the lobby keep events for so many days.
fn keep_days(store: &dyn Store, days: u16) {
    let retention = Retention::days(days).unwrap();
    let log = LogId::from_bytes([50; 16]);
    write(store, |transaction| {
        transaction.keep_for(&LOBBY, retention, &log)
    });
}

/// Prunes and erases everything that is due.
pub(crate) fn prune(store: &dyn Store, now: Timestamp) {
    for (room, cutoff) in read(store).expired(now, 100).unwrap() {
        let first = write(store, |transaction| transaction.expire(&room, cutoff));
        assert!(first.is_some(), "what is due moves the beginning");
    }
    while write(store, |transaction| transaction.erase(100)) > 0 {}
}

/// What is older than the room keeps it is gone, and nothing else; the log says where it begins.
pub fn what_is_past_its_time_goes_from_the_oldest(store: &dyn Store) {
    settle(store);
    for number in 0..10 {
        append_at(store, day(number), &[say(1, &format!("day {number}"))]);
    }
    prune(store, day(100));
    assert_eq!(events(store, LOBBY).len(), 10, "for ever is for ever");
    keep_days(store, 3);
    catch_up(store);
    assert_eq!(read(store).expired(day(2), 9).unwrap(), []);
    prune(store, day(9));
    let kept: Vec<_> = events(store, LOBBY).iter().map(|event| event.seq).collect();
    assert_eq!(kept, [7, 8, 9, 10]);
    let counts = read(store).counts(&LOBBY).unwrap().unwrap();
    assert_eq!((counts.first, counts.seq, counts.messages), (7, 10, 10));
    assert_eq!(found(store, "day"), [10, 9, 8, 7]);
    catch_up(store);
    assert_eq!(found(store, "day"), [10, 9, 8, 7]);
    // All of it.
    prune(store, day(50));
    assert_eq!(events(store, LOBBY), []);
    let counts = read(store).counts(&LOBBY).unwrap().unwrap();
    assert_eq!((counts.first, counts.seq), (11, 10));
    append_at(store, day(50), &[say(1, "again")]);
    assert_eq!(events(store, LOBBY)[0].seq, 11);
    prune(store, day(52));
    assert_eq!(events(store, LOBBY).len(), 1);
}

/// Unread counts leave out what was pruned, wherever one's marker is.
pub fn unread_leaves_out_what_was_pruned(store: &dyn Store) {
    settle(store);
    for number in 0..6 {
        append_at(store, day(number), &[say(1, "x")]);
    }
    let unread = |by: u8| {
        let standing = read(store).standing(&LOBBY, &account(by)).unwrap().unwrap();
        let listed = read(store).rooms_of(&account(by), None, 9).unwrap();
        assert_eq!(listed[0].unread, standing.unread);
        standing.unread
    };
    write(store, |transaction| {
        transaction.mark(&LOBBY, &account(2), 2)
    });
    assert_eq!((unread(1), unread(2), unread(3)), (0, 4, 6));
    keep_days(store, 2);
    prune(store, day(5));
    assert_eq!((unread(1), unread(2), unread(3)), (0, 3, 3));
    write(store, |transaction| {
        transaction.mark(&LOBBY, &account(3), 1)
    });
    assert_eq!(unread(3), 3);
    write(store, |transaction| {
        transaction.mark(&LOBBY, &account(3), 5)
    });
    assert_eq!(unread(3), 1);
}

/// An edit goes with its message, even one made lately; a pruned message cannot be edited.
pub fn an_edit_goes_with_its_message(store: &dyn Store) {
    settle(store);
    append_at(store, day(0), &[say(1, "old")]);
    append_at(
        store,
        day(5),
        &[
            say(1, "young"),
            entry(LOBBY, 1, 0, edited(1, "old but new")),
        ],
    );
    keep_days(store, 2);
    catch_up(store);
    let kept = || {
        let events = events(store, LOBBY).into_iter();
        events.map(|event| event.content).collect::<Vec<_>>()
    };
    let gone = Content::Edited {
        of: 1,
        body: String::new(),
        deleted: true,
    };
    let expected = [message("young"), gone];
    // As soon as the log begins after it, before anything is blanked.
    for (room, cutoff) in read(store).expired(day(5), 100).unwrap() {
        write(store, |transaction| transaction.expire(&room, cutoff));
    }
    assert_eq!(kept(), expected);
    prune(store, day(5));
    assert_eq!(kept(), expected);
    for indexed in [false, true] {
        if indexed {
            catch_up(store);
        }
        assert!(found(store, "old").is_empty());
        assert_eq!(found(store, "young"), [2]);
    }
    let late = append(store, &[entry(LOBBY, 1, 0, edited(1, "too late"))]);
    assert_eq!(late, [Err(AppendRefused::Gone)]);
    let target = read(store).target(&LOBBY, 1).unwrap();
    assert!(target.is_none_or(|target| target.kind != TargetKind::Message));
}

/// A room that becomes `ram` has nothing any more; one that ceases to be begins empty.
pub fn a_room_that_becomes_ram_forgets(store: &dyn Store) {
    settle(store);
    append_at(store, day(0), &[say(1, "one"), say(1, "two")]);
    catch_up(store);
    let log = LogId::from_bytes([51; 16]);
    write(store, |transaction| {
        transaction.keep_for(&LOBBY, Retention::Ram, &log)
    });
    assert_eq!(events(store, LOBBY), []);
    assert!(found(store, "one").is_empty());
    while write(store, |transaction| transaction.erase(1)) > 0 {}
    let log = LogId::from_bytes([52; 16]);
    write(store, |transaction| {
        transaction.keep_for(&LOBBY, Retention::Forever, &log)
    });
    let counts = read(store).counts(&LOBBY).unwrap().unwrap();
    assert_eq!(counts.log, log);
    append_at(
        store,
        day(1),
        &[entry(LOBBY, 1, counts.rules, message("three"))],
    );
    assert_eq!(events(store, LOBBY).len(), 1);
    assert_eq!(found(store, "three").len(), 1);
    catch_up(store);
    assert_eq!(found(store, "three").len(), 1);
    assert!(found(store, "one").is_empty());
}
