//! Guests, and the rooms that go with them.

use snug_proto::{ReportState, Retention, Role};
use snug_rules::Content;

use super::world::{
    DEN, LOBBY, NOW, account, entry, new_account, new_direct, new_room, read, room, say_in, settle,
    write,
};
use crate::{Append, GuestErased, NewAccount, NewReport, NewRoom, Store};

/// Account 4, a guest.
fn gus() -> NewAccount {
    let mut gus = new_account(4, "gus");
    gus.account.role = Role::Guest;
    gus
}

/// Nothing is left of a guest but what it said, under the name of nobody; and its name is free at once.
pub fn an_erased_guest_leaves_what_it_said_and_its_name_is_free(store: &dyn Store) {
    settle(store);
    let (ann, guest, talk) = (account(1), account(4), room(9));
    write(store, |transaction| transaction.create_account(&gus()));
    assert_eq!(read(store).guests().unwrap(), [guest]);
    write(store, |transaction| {
        transaction.append(&[say_in(LOBBY, 4, "hello")], NOW)?;
        transaction.create_room(&NewRoom {
            retention: Retention::Ram,
            ..new_direct(talk, 1, 4)
        })?;
        transaction.mark_passing(&talk)?;
        transaction.set_block(&guest, &ann, Some(NOW), 7)?;
        transaction.append(&[entry(DEN, 4, 0, Content::Joined)], NOW)?;
        Ok(())
    });
    // It reported something, and saw what was announced.
    let report = NewReport {
        at: NOW,
        by: guest,
        room: DEN,
        seq: 1,
        author: ann,
        body: "words".to_owned(),
        why: None,
        state: ReportState::Open,
    };
    let seen = write(store, |transaction| {
        transaction.report(&report)?;
        transaction.report(&NewReport { by: ann, ..report })?;
        let seen = transaction.announce(&ann, "news", NOW, 9)?;
        transaction.seen_announcements(&guest, seen)?;
        Ok(seen)
    });
    let unseen = || read(store).unseen_announcements(&guest, 9).unwrap();
    assert_eq!(unseen(), []);
    let of_guests = || write(store, |transaction| transaction.open_reports_of_guests());
    assert_eq!(of_guests(), 1);
    let erase = || write(store, |transaction| transaction.erase_guest(&guest, 99));
    assert_eq!(read(store).guests_in(&DEN).unwrap(), [guest]);
    assert_eq!(read(store).count_rooms_of(&guest, false).unwrap(), 1);
    assert_eq!(read(store).count_rooms_of(&guest, true).unwrap(), 0);
    assert_eq!(erase(), GuestErased::InRooms);
    write(store, |transaction| {
        transaction.append(&[entry(DEN, 4, 1, Content::Left { reason: None })], NOW)
    });
    assert_eq!(erase(), GuestErased::Yes(vec![talk]));
    assert_eq!(erase(), GuestErased::NoGuest);
    assert_eq!(of_guests(), 1, "it outlives the guest");
    // Not even that it saw something is left.
    assert_eq!(unseen().first().map(|row| row.number), Some(seen));
    let mut reader = read(store);
    assert_eq!(reader.guests().unwrap(), []);
    assert_eq!(reader.room(&talk).unwrap(), None);
    assert!(!reader.between(&guest, &ann).unwrap().blocks);
    let left = reader.account(&guest).unwrap().unwrap();
    assert_eq!((left.role, left.rules), (Role::Member, 99));
    assert_eq!(left.display.as_deref(), Some("a guest"));
    assert_ne!(left.name, "gus");
    drop(reader);
    // An account of one who stays can never be erased this way.
    let kept = write(store, |transaction| transaction.erase_guest(&ann, 1));
    assert_eq!(kept, GuestErased::NoGuest);
    let mut again = new_account(5, "gus");
    again.account.role = Role::Guest;
    write(store, |transaction| transaction.create_account(&again));
}

/// A room that goes with its last member is removed when there is none, and never before; others stay.
pub fn a_passing_room_goes_with_its_last_member(store: &dyn Store) {
    settle(store);
    let nook = room(9);
    write(store, |transaction| {
        transaction.create_room(&NewRoom {
            retention: Retention::Ram,
            ..new_room(nook, "nook")
        })?;
        transaction.mark_passing(&nook)?;
        let joined = Append {
            keep: false,
            ..entry(nook, 1, 0, Content::Joined)
        };
        transaction.append(&[joined], NOW)?;
        Ok(())
    });
    assert!(read(store).is_passing(&nook).unwrap());
    assert!(!read(store).is_passing(&DEN).unwrap());
    let remove = |id| write(store, |transaction| transaction.remove_passing(&id));
    assert!(!remove(nook) && !remove(DEN) && !remove(LOBBY));
    assert_eq!(read(store).passed_rooms().unwrap(), []);
    let left = Append {
        keep: false,
        ..entry(nook, 1, 1, Content::Left { reason: None })
    };
    write(store, |transaction| {
        transaction.append(std::slice::from_ref(&left), NOW)
    });
    assert_eq!(read(store).passed_rooms().unwrap(), [nook]);
    assert!(remove(nook) && !remove(nook));
    assert_eq!(read(store).room(&nook).unwrap(), None);
    // Its name is free at once, and what comes to a room that is gone is refused.
    let again = room(10);
    write(store, |transaction| {
        transaction.create_room(&new_room(again, "nook"))?;
        transaction.mark_passing(&again)?;
        let late = transaction.append(&[entry(nook, 1, 2, Content::Joined)], NOW)?;
        assert!(late[0].is_err());
        assert_eq!(transaction.remove_passing_named("no such")?, None);
        assert_eq!(transaction.remove_passing_named("nook")?, Some(again));
        Ok(())
    });
}
