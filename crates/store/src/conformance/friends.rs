//! Friends and blocks.

use snug_proto::Friendship;
use snug_rules::{Acquaintance, Between, Content};

use super::world::{
    DEN, NOW, account, entry, new_direct, new_room, read, room, say_in, settle, write,
};
use crate::Store;

/// One row a pair: whatever one sees, the other sees its mirror.
pub fn both_sides_see_one_friendship(store: &dyn Store) {
    settle(store);
    let (ann, bob, cid) = (account(1), account(2), account(3));
    let set = |me, other, state| {
        write(store, |transaction| {
            transaction.set_friendship(me, other, state, NOW)
        });
    };
    let seen = |me, other| read(store).between(me, other).unwrap().friendship;
    set(&ann, &bob, Friendship::Asked);
    assert_eq!(seen(&ann, &bob), Friendship::Asked);
    assert_eq!(seen(&bob, &ann), Friendship::Asks);
    set(&cid, &ann, Friendship::Asked);
    write(store, |transaction| {
        assert_eq!(transaction.count_friends(&ann)?, (1, 1));
        assert_eq!(transaction.count_friends(&bob)?, (0, 1));
        assert_eq!(
            transaction.between(&bob, &ann)?.friendship,
            Friendship::Asks
        );
        Ok(())
    });
    set(&bob, &ann, Friendship::Friends);
    assert_eq!(seen(&ann, &bob), Friendship::Friends);
    assert_eq!(seen(&bob, &ann), Friendship::Friends);
    let mut reader = read(store);
    assert_eq!(reader.friend_ids(&ann).unwrap(), [bob]);
    assert_eq!(reader.friend_ids(&bob).unwrap(), [ann]);
    assert_eq!(reader.friend_ids(&cid).unwrap(), []);
    let listed = |reader: &mut dyn crate::Reader, after: Option<&str>, limit| {
        let rows = reader.friends(&ann, after, limit).unwrap();
        rows.into_iter()
            .map(|row| (row.name, row.state))
            .collect::<Vec<_>>()
    };
    let both = [
        ("bob".to_owned(), Friendship::Friends),
        ("cid".to_owned(), Friendship::Asks),
    ];
    assert_eq!(listed(&mut *reader, None, 10), both);
    assert_eq!(listed(&mut *reader, None, 1), both[..1]);
    assert_eq!(listed(&mut *reader, Some("bob"), 10), both[1..]);
    drop(reader);
    set(&ann, &bob, Friendship::None);
    assert_eq!(seen(&bob, &ann), Friendship::None);
}

/// A block moves the counter of the pair's conversation, so that what was decided before it is stale.
pub fn a_block_makes_what_was_decided_before_it_stale(store: &dyn Store) {
    settle(store);
    let (ann, bob) = (account(1), account(2));
    let block = |since| {
        write(store, |transaction| {
            transaction.set_block(&ann, &bob, since, 77)
        })
    };
    assert_eq!(block(Some(NOW)), None);
    assert_eq!(block(None), None);
    let direct = room(50);
    write(store, |transaction| {
        transaction.create_room(&new_direct(direct, 2, 1))
    });
    write(store, |transaction| {
        let said = transaction.append(&[say_in(direct, 2, "before")], NOW)?;
        assert!(said[0].is_ok());
        assert_eq!(
            transaction.set_block(&ann, &bob, Some(NOW), 77)?,
            Some(direct)
        );
        let said = transaction.append(&[say_in(direct, 2, "after")], NOW)?;
        assert!(said[0].is_err());
        assert_eq!(transaction.count_blocks(&ann)?, 1);
        Ok(())
    });
    let mut reader = read(store);
    let seen = reader.between(&bob, &ann).unwrap();
    assert_eq!(
        seen,
        Between {
            blocked: true,
            ..Between::STRANGERS
        }
    );
    assert_eq!(reader.between(&ann, &bob).unwrap(), seen.turned());
    assert_eq!(reader.blocks(&bob, None, 10).unwrap(), []);
    assert_eq!(reader.blocks(&ann, None, 10).unwrap()[0].name, "bob");
    let others = [account(3), bob];
    assert_eq!(reader.closed_among(&ann, &others).unwrap(), [bob]);
    assert_eq!(reader.closed_among(&bob, &[ann]).unwrap(), [ann]);
    assert_eq!(reader.counts(&direct).unwrap().unwrap().rules, 77);
    drop(reader);
    assert_eq!(block(None), Some(direct));
    assert!(!read(store).between(&bob, &ann).unwrap().is_closed());
}

/// A room in common, or a word of theirs, makes an acquaintance; having been written to does not.
pub fn acquaintances_share_a_room_or_were_written_to(store: &dyn Store) {
    settle(store);
    let (ann, bob) = (account(1), account(2));
    let known = |me, other| read(store).acquaintance(me, other).unwrap();
    let stranger = Acquaintance {
        shares_a_room: false,
        was_written_to: false,
    };
    assert_eq!(known(&ann, &bob), stranger);
    let direct = room(50);
    write(store, |transaction| {
        transaction.create_room(&new_direct(direct, 1, 2))?;
        transaction.append(&[say_in(direct, 1, "hello")], NOW)
    });
    assert_eq!(known(&ann, &bob), stranger);
    assert!(known(&bob, &ann).was_written_to);
    write(store, |transaction| {
        transaction.create_room(&new_room(room(51), "attic"))?;
        transaction.append(&[entry(DEN, 1, 0, Content::Joined)], NOW)?;
        transaction.append(&[entry(room(51), 2, 0, Content::Joined)], NOW)
    });
    assert!(!known(&ann, &bob).shares_a_room);
    let rules = read(store).counts(&DEN).unwrap().unwrap().rules;
    write(store, |transaction| {
        transaction.append(&[entry(DEN, 2, rules, Content::Joined)], NOW)
    });
    assert!(known(&ann, &bob).shares_a_room);
    assert!(known(&bob, &ann).shares_a_room);
}

/// An account takes from strangers until it says otherwise.
pub fn whether_strangers_are_welcome_is_kept(store: &dyn Store) {
    settle(store);
    let welcome = || read(store).account(&account(1)).unwrap().unwrap().strangers;
    assert!(welcome());
    write(store, |transaction| {
        transaction.set_strangers(&account(1), false)
    });
    assert!(!welcome());
    let closed = || read(store).account(&account(1)).unwrap().unwrap().no_guests;
    assert!(!closed());
    write(store, |transaction| {
        transaction.set_no_guests(&account(1), true)
    });
    assert!(closed());
}
