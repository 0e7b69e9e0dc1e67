//! Rooms and their lists.

use snug_proto::{HistoryPolicy, LogId, RoomId, RoomName};
use snug_rules::{Access, Content, Retention, RoomKind};

use super::world::{
    DEN, LOBBY, NOW, account, entry, events, message, new_direct, new_room, read, room, say, seqs,
    settle, write,
};
use crate::{Append, NewRoom, Store, StoreError};

/// By id, by skeleton, as the lobby; as it was made; its name once.
pub fn a_room_is_found_every_way(store: &dyn Store) {
    assert_eq!(read(store).lobby().unwrap(), None);
    settle(store);
    let new = NewRoom {
        access: Access::Password,
        password_tag: Some([8; 32]),
        history: HistoryPolicy::SinceJoining,
        retention: Retention::Ram,
        founder: Some(account(2)),
        ..new_room(room(50), "attic")
    };
    write(store, |transaction| {
        transaction.create_room(&new)?;
        let again = transaction.create_room(&new_room(room(51), "Attic"));
        assert!(matches!(again, Err(StoreError::Taken)));
        let lobby = transaction.create_room(&NewRoom {
            kind: RoomKind::Lobby,
            ..new_room(room(52), "second")
        });
        assert!(matches!(lobby, Err(StoreError::Taken)));
        Ok(())
    });
    let mut reader = read(store);
    let found = reader.room(&room(50)).unwrap().unwrap();
    assert_eq!(
        (found.kind, found.name.as_str()),
        (RoomKind::Ordinary, "attic")
    );
    assert_eq!(
        (found.access, found.password_tag),
        (Access::Password, Some([8; 32]))
    );
    assert_eq!(
        (found.history, found.retention),
        (new.history, new.retention)
    );
    assert_eq!((found.founder, found.created_at), (Some(account(2)), NOW));
    assert_eq!(found.counts.log, LogId::from_bytes([50; 16]));
    assert_eq!((found.counts.first, found.counts.seq), (1, 0));
    let skeleton = RoomName::parse("attic").unwrap().skeleton();
    assert_eq!(reader.room_by_skeleton(&skeleton).unwrap(), Some(found));
    assert_eq!(reader.lobby().unwrap().map(|found| found.id), Some(LOBBY));
    assert_eq!(reader.room(&room(51)).unwrap(), None);
}

/// One for the pair, in either order; and one for notes to oneself.
pub fn a_pair_has_one_direct_conversation(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_room(&new_direct(room(60), 2, 1))?;
        transaction.create_room(&new_direct(room(61), 1, 1))?;
        for again in [new_direct(room(62), 1, 2), new_direct(room(63), 1, 1)] {
            let again = transaction.create_room(&again);
            assert!(matches!(again, Err(StoreError::Taken)));
        }
        Ok(())
    });
    let mut reader = read(store);
    let mut direct = |one, other| {
        let found = reader.direct_room(&account(one), &account(other)).unwrap();
        found.map(|found| (found.id, found.kind))
    };
    let pair = Some((room(60), RoomKind::Direct(account(2), account(1))));
    assert_eq!(direct(1, 2), pair);
    assert_eq!(direct(2, 1), pair);
    let own = Some((room(61), RoomKind::Direct(account(1), account(1))));
    assert_eq!(direct(1, 1), own);
    assert_eq!(direct(1, 3), None);
    assert_eq!(direct(2, 2), None);
}

/// The lobby, then by name, then direct conversations; each once; pages meet without overlap.
pub fn rooms_of_an_account_come_in_order_and_in_pages(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_room(&new_direct(room(60), 1, 2))?;
        transaction.create_room(&new_direct(room(61), 1, 1))?;
        transaction.create_room(&new_direct(room(62), 3, 2))?;
        transaction.create_room(&new_room(room(50), "zoo"))?;
        transaction.create_room(&new_room(room(51), "attic"))
    });
    let join = |to: RoomId, by, rules| entry(to, by, rules, Content::Joined);
    let batch = [
        join(room(50), 1, 0),
        join(DEN, 2, 0),
        join(DEN, 1, 1),
        join(room(51), 1, 0),
        entry(room(60), 2, 0, message("psst")),
    ];
    seqs(store, &batch);
    let mut reader = read(store);
    let all = reader.rooms_of(&account(1), None, 100).unwrap();
    let order: Vec<_> = all.iter().map(|standing| standing.room.id).collect();
    let expected = [LOBBY, room(51), DEN, room(50), room(60), room(61)];
    assert_eq!(order, expected);
    assert_eq!(all[4].unread, 1);
    for (number, after) in expected.iter().enumerate() {
        let page = reader.rooms_of(&account(1), Some(after), 2).unwrap();
        let ids: Vec<_> = page.iter().map(|standing| standing.room.id).collect();
        let rest = &expected[number + 1..];
        assert_eq!(ids, rest[..rest.len().min(2)]);
    }
    assert_eq!(reader.rooms_of(&account(3), None, 9).unwrap().len(), 2);
    let ids =
        |rooms: Vec<(crate::RoomRow, _)>| rooms.iter().map(|room| room.0.id).collect::<Vec<_>>();
    let listed = reader.listed_rooms(&account(1), None, 3).unwrap();
    assert_eq!(ids(listed), [LOBBY, room(51), DEN]);
    let listed = reader.listed_rooms(&account(1), Some(&DEN), 3).unwrap();
    assert_eq!(ids(listed), [room(50)]);
}

/// A new life: no events, no markers, numbers from 1, members as they were.
pub fn a_renewed_log_begins_again(store: &dyn Store) {
    settle(store);
    let keyed = Append {
        key: Some(("k".to_owned(), [1; 32])),
        ..entry(DEN, 1, 1, message("old"))
    };
    let batch = [
        entry(DEN, 1, 0, Content::Joined),
        keyed.clone(),
        entry(DEN, 2, 1, Content::Joined),
        say(1, "elsewhere"),
    ];
    seqs(store, &batch);
    let log = LogId::from_bytes([9; 16]);
    write(store, |transaction| transaction.renew_log(&DEN, &log));
    assert_eq!(events(store, DEN), []);
    assert_eq!(events(store, LOBBY).len(), 1);
    let mut reader = read(store);
    let standing = reader.standing(&DEN, &account(1)).unwrap().unwrap();
    let counts = standing.room.counts;
    assert_eq!((counts.log, counts.first, counts.seq), (log, 4, 3));
    assert_eq!((counts.messages, counts.members), (0, 2));
    assert_eq!((standing.read, standing.unread), (0, 0));
    assert!(counts.rules > 2, "views of the old life are stale");
    let members = reader.members(&DEN).unwrap();
    assert!(members.iter().all(|member| member.joined == 0));
    drop(reader);
    let keyed = Append {
        expect: crate::Expect {
            room_rules: counts.rules,
            account_rules: 0,
        },
        ..keyed
    };
    assert_eq!(seqs(store, &[keyed]), [4]);
}

/// Every log gets an id of its own that it did not have, and holds and counts what it did.
pub fn renamed_logs_keep_what_they_hold(store: &dyn Store) {
    settle(store);
    let keyed = Append {
        key: Some(("k".to_owned(), [1; 32])),
        ..say(1, "kept")
    };
    seqs(store, &[keyed, say(2, "too")]);
    let find = || {
        let mut reader = read(store);
        let counts = [LOBBY, DEN].map(|id| reader.counts(&id).unwrap().unwrap());
        let key = reader.key_use(&account(1), "k").unwrap();
        let standing = reader.standing(&LOBBY, &account(1)).unwrap().unwrap();
        (counts, key, (standing.read, standing.unread))
    };
    let (before, key, standing) = find();
    write(store, |transaction| transaction.rename_logs());
    let (after, key_after, standing_after) = find();
    let logs: std::collections::BTreeSet<_> = before
        .iter()
        .chain(&after)
        .map(|counts| counts.log.to_string())
        .collect();
    assert_eq!(logs.len(), 4);
    for (was, is) in before.into_iter().zip(after) {
        assert_eq!(crate::RoomCounts { log: was.log, ..is }, was);
    }
    assert_eq!((key_after, standing_after), (key, standing));
    assert!(key.is_some());
    assert_eq!(events(store, LOBBY).len(), 2);
}
