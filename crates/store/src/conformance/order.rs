//! Order in rooms: kicks, bans, mutes, invitations, roles and settings, as appends and as rows.

use snug_proto::{AccountName, RoomChanges, RoomName, RoomRole, Timestamp};
use snug_rules::{Access, Authority, Change, Content, Sanction, SettingsChange};

use super::world::{
    DEN, LOBBY, NOW, account, append, entry, events, message, new_room, read, room, seqs, settle,
    write, write_by,
};
use crate::{Append, AppendRefused, Footing, NewRoom, SanctionKind, Store, StoreError};

fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

fn order(by: u8, rules: u64, change: Change) -> Append {
    let by_room = Authority::Room;
    let content = Content::Changed {
        change,
        by: by_room,
    };
    entry(DEN, by, rules, content)
}

fn settings(changes: RoomChanges) -> SettingsChange {
    SettingsChange {
        was: changes.name.is_some().then(|| "den".to_owned()),
        changes,
        was_access: None,
        new_password: false,
        reason: None,
    }
}

fn sanction(until: Option<u64>) -> Sanction {
    Sanction {
        until: until.map(|ms| NOW.plus_ms(ms)),
        reason: Some("spam".to_owned()),
    }
}

/// The counter moves by one with each, as these appends say.
fn joined(store: &dyn Store, people: u8) -> u64 {
    let all: Vec<_> = (1..=people)
        .map(|by| entry(DEN, by, u64::from(by) - 1, Content::Joined))
        .collect();
    seqs(store, &all);
    u64::from(people)
}

/// A kick takes a member out once; a ban takes out whoever is in, and is there whoever was not.
pub fn kicks_and_bans_end_memberships_and_bans_stay(store: &dyn Store) {
    settle(store);
    let rules = joined(store, 3);
    let kick = Change::Kicked {
        who: account(2),
        reason: Some("noise".to_owned()),
    };
    let ban = |who, until| Change::Banned {
        who: account(who),
        sanction: sanction(until),
    };
    seqs(store, &[order(1, rules, kick.clone())]);
    let again = append(store, &[order(1, rules + 1, kick)]);
    assert_eq!(again, [Err(AppendRefused::Stale)]);
    // A message that was decided before is stale: the counter moved.
    let late = append(store, &[entry(DEN, 2, rules, message("late"))]);
    assert_eq!(late, [Err(AppendRefused::Stale)]);
    seqs(
        store,
        &[
            order(1, rules + 1, ban(2, None)),
            order(1, rules + 2, ban(3, Some(1000))),
        ],
    );
    let mut reader = read(store);
    assert_eq!(reader.members(&DEN).unwrap().len(), 1);
    assert_eq!(reader.counts(&DEN).unwrap().unwrap().members, 1);
    let mut kept = reader.sanctions(&DEN).unwrap();
    kept.sort_by_key(|row| row.account);
    assert_eq!(kept.len(), 2);
    assert_eq!(
        (kept[0].account, kept[0].kind),
        (account(2), SanctionKind::Ban)
    );
    assert_eq!(kept[1].sanction, sanction(Some(1000)));
    drop(reader);
    // What they were is read as it was written, and housekeeping forgets what has ended.
    let written = events(store, DEN);
    let Some(Content::Changed { change, .. }) = written.last().map(|event| &event.content) else {
        panic!("{written:?}");
    };
    assert_eq!(*change, ban(3, Some(1000)));
    let mut writer = store.writer().unwrap();
    writer.tidy(NOW.plus_ms(1000)).unwrap();
    drop(writer);
    assert_eq!(read(store).sanctions(&DEN).unwrap().len(), 1);
    seqs(
        store,
        &[order(1, rules + 3, Change::Unbanned { who: account(2) })],
    );
    assert_eq!(read(store).sanctions(&DEN).unwrap(), []);
}

/// An admin, a founder in another's place, a mute that an admin has not.
pub fn roles_are_kept_and_a_new_founder_makes_the_old_one_an_admin(store: &dyn Store) {
    settle(store);
    let rules = joined(store, 3);
    let role = |who, role| Change::Role {
        who: account(who),
        role,
    };
    let muted = Change::Muted {
        who: account(2),
        sanction: sanction(None),
    };
    seqs(
        store,
        &[
            order(1, rules, role(1, RoomRole::Founder)),
            order(1, rules + 1, muted),
            order(1, rules + 2, role(2, RoomRole::Admin)),
            order(1, rules + 3, role(3, RoomRole::Founder)),
        ],
    );
    let mut reader = read(store);
    let kept: Vec<_> = reader
        .members(&DEN)
        .unwrap()
        .iter()
        .map(|member| member.role)
        .collect();
    assert_eq!(kept, [RoomRole::Admin; 3]);
    assert_eq!(
        reader.room(&DEN).unwrap().unwrap().founder,
        Some(account(3))
    );
    assert_eq!(reader.sanctions(&DEN).unwrap(), []);
    let standing = reader.standing(&DEN, &account(2)).unwrap().unwrap();
    assert_eq!(standing.role, RoomRole::Admin);
    drop(reader);
    // Nobody who is not in it is anything in it, and nothing of such a try stays.
    seqs(
        store,
        &[entry(DEN, 2, rules + 4, Content::Left { reason: None })],
    );
    let gone = order(1, rules + 5, role(2, RoomRole::Founder));
    assert_eq!(append(store, &[gone]), [Err(AppendRefused::Stale)]);
    let found = read(store).room(&DEN).unwrap().unwrap();
    assert_eq!(found.founder, Some(account(3)));
}

/// Hidden from whoever is not in it, invited, or banned now; an invitation is used up by joining.
pub fn a_hidden_room_is_known_to_those_it_concerns(store: &dyn Store) {
    settle(store);
    let rules = joined(store, 1);
    let hidden = settings(RoomChanges {
        listed: Some(false),
        access: Some(Access::Invitation),
        topic: Some("tea".to_owned()),
        slow_mode_ms: Some(5000),
        ..RoomChanges::default()
    });
    let ban = Change::Banned {
        who: account(3),
        sanction: sanction(Some(1000)),
    };
    seqs(
        store,
        &[
            order(1, rules, Change::Settings(hidden)),
            order(1, rules + 1, Change::Invited { who: account(2) }),
            order(1, rules + 2, ban),
        ],
    );
    let skeleton = RoomName::parse("den").unwrap().skeleton();
    let known = |who: u8, now: Timestamp| {
        let found = read(store).room_known_to(&account(who), &skeleton, now);
        found.unwrap().is_some()
    };
    assert!(known(1, NOW) && known(2, NOW) && known(3, NOW));
    assert!(!known(3, NOW.plus_ms(1000)), "the ban is over");
    let listed = |who: u8| {
        let rooms = read(store).listed_rooms(&account(who), None, 9).unwrap();
        let rooms: Vec<_> = rooms
            .iter()
            .map(|(room, footing)| (room.id, *footing))
            .collect();
        rooms
    };
    let lobby = (LOBBY, Footing::Member);
    assert_eq!(listed(1), [lobby, (DEN, Footing::Member)]);
    assert_eq!(listed(2), [lobby, (DEN, Footing::Invited)]);
    assert_eq!(listed(3), [lobby]);
    let invitations = read(store).invitations_of(&account(2), 9).unwrap();
    assert_eq!((invitations.len(), invitations[0].by), (1, account(1)));
    seqs(store, &[entry(DEN, 2, rules + 3, Content::Joined)]);
    assert_eq!(read(store).invitations_of(&account(2), 9).unwrap(), []);
    assert_eq!(read(store).invited(&DEN).unwrap(), []);
    let found = read(store).room(&DEN).unwrap().unwrap();
    assert_eq!((found.listed, found.access), (false, Access::Invitation));
    assert_eq!((found.topic.as_str(), found.slow_mode_ms), ("tea", 5000));
}

/// The old name is kept for the room for 30 days, from everybody else (DECISIONS 2).
pub fn a_room_is_renamed_and_its_old_name_is_kept_for_it(store: &dyn Store) {
    const MONTH_MS: u64 = 30 * 24 * 3_600_000;
    settle(store);
    let rules = joined(store, 1);
    write(store, |transaction| {
        transaction.create_room(&new_room(room(50), "attic"))
    });
    let rename = |name: &str| {
        Change::Settings(settings(RoomChanges {
            name: Some(name.to_owned()),
            ..RoomChanges::default()
        }))
    };
    let taken = append(store, &[order(1, rules, rename("Attic"))]);
    assert_eq!(taken, [Err(AppendRefused::NameTaken)]);
    seqs(store, &[order(1, rules, rename("snuggery"))]);
    let skeleton = |name: &str| RoomName::parse(name).unwrap().skeleton();
    let found = read(store).room_by_skeleton(&skeleton("snuggery")).unwrap();
    assert_eq!(
        found.map(|room| (room.id, room.name)),
        Some((DEN, "snuggery".to_owned()))
    );
    assert_eq!(
        read(store).room_by_skeleton(&skeleton("den")).unwrap(),
        None
    );
    let make = |at: Timestamp| {
        let mut writer = store.writer().unwrap();
        write_by(&mut *writer, |transaction| {
            let new = NewRoom {
                created_at: at,
                ..new_room(room(51), "den")
            };
            Ok(transaction.create_room(&new))
        })
    };
    assert!(matches!(make(NOW), Err(StoreError::Taken)));
    // It may have it back, and then nobody has the one it had meanwhile.
    seqs(store, &[order(1, rules + 1, rename("den"))]);
    seqs(store, &[order(1, rules + 2, rename("snuggery"))]);
    make(NOW.plus_ms(MONTH_MS)).unwrap();
    // A room that passes with its guests keeps no name from anybody.
    write(store, |transaction| transaction.mark_passing(&DEN));
    seqs(store, &[order(1, rules + 3, rename("nook"))]);
    write(store, |transaction| {
        transaction.create_room(&new_room(room(52), "snuggery"))
    });
}

/// A room that is open to a group is known to those in it, and what was decided before the group changed
/// is stale (M7).
pub fn a_room_is_open_to_whoever_is_in_its_groups(store: &dyn Store) {
    settle(store);
    let rules = joined(store, 1);
    write(store, |transaction| {
        assert!(transaction.create_group(&name("crew"), NOW)?);
        assert!(!transaction.create_group(&name("Crew"), NOW)?);
        transaction.set_group_member("crew", &account(2), true)
    });
    let open = |groups: &[&str]| {
        Change::Settings(settings(RoomChanges {
            listed: Some(false),
            groups: Some(groups.iter().map(|group| (*group).to_owned()).collect()),
            ..RoomChanges::default()
        }))
    };
    seqs(store, &[order(1, rules, open(&["crew", "gone"]))]);
    let admitted = || read(store).admitted(&DEN).unwrap();
    assert_eq!(admitted(), (vec!["crew".to_owned()], vec![account(2)]));
    let skeleton = RoomName::parse("den").unwrap().skeleton();
    let known = |who: u8| {
        let found = read(store).room_known_to(&account(who), &skeleton, NOW);
        found.unwrap().is_some()
    };
    assert!(known(2) && !known(3));
    let listed = |who: u8| {
        let rooms = read(store).listed_rooms(&account(who), None, 9).unwrap();
        rooms
            .iter()
            .find(|(room, _)| room.id == DEN)
            .map(|(_, footing)| *footing)
    };
    assert_eq!((listed(2), listed(3)), (Some(Footing::Admitted), None));
    let moved = write(store, |transaction| {
        let moved = transaction.move_rooms_of_group("crew", 77)?;
        transaction.set_group_member("crew", &account(2), false)?;
        Ok(moved)
    });
    assert_eq!(moved, [DEN]);
    assert!(!known(2));
    let late = append(store, &[entry(DEN, 2, rules + 1, Content::Joined)]);
    assert_eq!(late, [Err(AppendRefused::Stale)]);
    write(store, |transaction| transaction.delete_group("crew"));
    assert_eq!(admitted(), (vec![], vec![]));
    seqs(store, &[order(1, 77, open(&[]))]);
}
