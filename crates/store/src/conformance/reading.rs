//! Ranges of logs, read markers and unread counts.

use snug_proto::{HistoryPolicy, Timestamp};
use snug_rules::{Authority, Content};

use super::world::{
    DEN, LOBBY, NOW, account, all_of, entry, grant, message, new_room, read, room, say, seqs,
    settle, write,
};
use crate::{Append, NewRoom, Range, Reader, Store};

fn numbers(
    reader: &mut dyn Reader,
    grant: &snug_rules::ReadGrant,
    range: Range,
    limit: u32,
) -> Vec<u64> {
    let found = reader.events(grant, range, limit).unwrap();
    found.iter().map(|event| event.seq).collect()
}

/// Always oldest first, always next to the anchor, never outside of the grant.
pub fn ranges_keep_to_the_grant_and_to_their_anchor(store: &dyn Store) {
    settle(store);
    let texts: Vec<_> = (1..=10).map(|number| say(1, &number.to_string())).collect();
    seqs(store, &texts);
    let mut reader = read(store);
    let whole = all_of(LOBBY);
    let part = grant(LOBBY, HistoryPolicy::SinceJoining, 4);
    let mut ask = |grant, range, limit| numbers(&mut *reader, grant, range, limit);
    assert_eq!(ask(&whole, Range::After(0), 3), [1, 2, 3]);
    assert_eq!(ask(&whole, Range::After(8), 3), [9, 10]);
    assert_eq!(ask(&whole, Range::After(10), 3), [] as [u64; 0]);
    assert_eq!(ask(&whole, Range::After(u64::MAX), 3), [] as [u64; 0]);
    assert_eq!(ask(&whole, Range::Before(u64::MAX), 3), [8, 9, 10]);
    assert_eq!(ask(&whole, Range::Before(3), 9), [1, 2]);
    assert_eq!(ask(&whole, Range::Before(0), 9), [] as [u64; 0]);
    assert_eq!(ask(&whole, Range::After(0), 0), [] as [u64; 0]);
    assert_eq!(ask(&part, Range::After(0), 3), [4, 5, 6]);
    assert_eq!(ask(&part, Range::Before(6), 9), [4, 5]);
    assert_eq!(ask(&part, Range::Before(4), 9), [] as [u64; 0]);
    assert_eq!(ask(&part, Range::Since(NOW), 2), [4, 5]);
    assert_eq!(ask(&all_of(room(77)), Range::After(0), 9), [] as [u64; 0]);
}

/// At the time or after it; several events of one moment begin with the first of them.
pub fn since_finds_the_first_event_of_a_time(store: &dyn Store) {
    settle(store);
    for step in 0..7 {
        let pair = [say(1, "a"), say(1, "b")];
        write(store, |transaction| {
            transaction.append(&pair, NOW.plus_ms(step * 10))
        });
    }
    let mut reader = read(store);
    let mut since = |ms: u64| {
        let at = Timestamp::from_ms(NOW.ms() - 100 + ms);
        let found = numbers(&mut *reader, &all_of(LOBBY), Range::Since(at), 100);
        (found.first().copied(), found.len())
    };
    assert_eq!(since(0), (Some(1), 14));
    assert_eq!(since(100), (Some(1), 14));
    assert_eq!(since(101), (Some(3), 12));
    assert_eq!(since(130), (Some(7), 8));
    assert_eq!(since(160), (Some(13), 2));
    assert_eq!(since(161), (None, 0));
}

fn standing(store: &dyn Store, in_room: snug_proto::RoomId, of: u8) -> (u64, u64) {
    let found = read(store).standing(&in_room, &account(of)).unwrap();
    let found = found.unwrap();
    (found.read, found.unread)
}

/// Messages only; sending moves one's own marker to what was sent (DECISIONS 6).
pub fn unread_counts_messages_after_the_marker(store: &dyn Store) {
    settle(store);
    let batch = [
        say(1, "one"),
        say(1, "two"),
        entry(LOBBY, 1, 0, super::world::edited(1, "uno")),
        say(2, "three"),
        say(1, "four"),
        entry(
            LOBBY,
            1,
            0,
            Content::Deleted {
                of: 1,
                reason: None,
                by: Authority::Room,
            },
        ),
    ];
    seqs(store, &batch);
    assert_eq!(standing(store, LOBBY, 1), (5, 0));
    assert_eq!(standing(store, LOBBY, 2), (4, 1));
    assert_eq!(standing(store, LOBBY, 3), (0, 4));
    let mark = |seq| {
        write(store, |transaction| {
            transaction.mark(&LOBBY, &account(3), seq)
        });
    };
    mark(1);
    assert_eq!(standing(store, LOBBY, 3), (1, 3));
    mark(3);
    assert_eq!(standing(store, LOBBY, 3), (3, 2));
    mark(6);
    assert_eq!(standing(store, LOBBY, 3), (6, 0));
    assert_eq!(read(store).standing(&DEN, &account(1)).unwrap(), None);
    assert_eq!(read(store).standing(&LOBBY, &account(99)).unwrap(), None);
}

/// Where newcomers read from their joining on, only what came since counts.
pub fn one_who_came_later_has_no_unread_from_before(store: &dyn Store) {
    settle(store);
    let attic = room(50);
    let new = NewRoom {
        history: HistoryPolicy::SinceJoining,
        ..new_room(attic, "attic")
    };
    write(store, |transaction| transaction.create_room(&new));
    for (in_room, unread) in [(attic, 1), (DEN, 3)] {
        let to = |by, rules, content| -> Append { entry(in_room, by, rules, content) };
        let batch = [
            to(1, 0, Content::Joined),
            to(1, 1, message("one")),
            to(1, 1, message("two")),
            to(2, 1, Content::Joined),
            to(1, 2, message("three")),
        ];
        seqs(store, &batch);
        assert_eq!(standing(store, in_room, 2), (0, unread));
        write(store, |transaction| {
            transaction.mark(&in_room, &account(2), 5)
        });
        assert_eq!(standing(store, in_room, 2), (5, 0));
    }
}

/// Never back, never past the head.
pub fn a_marker_moves_forward_only(store: &dyn Store) {
    settle(store);
    seqs(store, &[say(1, "one"), say(1, "two"), say(1, "three")]);
    let mark = |seq| {
        write(store, |transaction| {
            transaction.mark(&LOBBY, &account(2), seq)
        });
        standing(store, LOBBY, 2)
    };
    assert_eq!(mark(2), (2, 1));
    assert_eq!(mark(1), (2, 1));
    assert_eq!(mark(0), (2, 1));
    assert_eq!(mark(u64::MAX), (3, 0));
    seqs(store, &[say(1, "four")]);
    assert_eq!(standing(store, LOBBY, 2), (3, 1));
}
