//! What accounts hold: sessions, passwords, codes.

use snug_proto::{Argon2Parameters, SessionId, limits::SESSION_LIFETIME_MS};

use super::world::{NOW, account, new_account, read, settle, write};
use crate::{
    AccountCode, CodeKind, Erased, Erasure, InviteRow, NewRecord, NewSession, Store, StoreError,
};

fn id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

fn session(number: u8, of: u8) -> NewSession {
    NewSession {
        id: id(number),
        account: account(of),
        token_hash: [number; 32],
        client: "snug".to_owned(),
        address: Some("192.0.2.7".to_owned()),
        created_at: NOW.plus_ms(u64::from(number)),
    }
}

fn ids(store: &dyn Store, of: u8) -> Vec<SessionId> {
    let rows = read(store).sessions_of(&account(of)).unwrap();
    rows.iter().map(|row| row.id).collect()
}

/// Each is its account's, and nobody else ends it.
pub fn sessions_are_listed_moved_touched_and_ended(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_session(&session(2, 1))?;
        transaction.create_session(&session(1, 1))?;
        transaction.create_session(&session(3, 2))?;
        transaction.create_session(&session(4, 1))?;
        transaction.move_session(&id(2), "other", None)?;
        transaction.touch_sessions(&[id(2), id(9)], NOW.plus_ms(500))?;
        transaction.touch_sessions(&[id(2)], NOW)
    });
    let rows = read(store).sessions_of(&account(1)).unwrap();
    assert_eq!(ids(store, 1), [id(1), id(2), id(4)]);
    assert_eq!(
        (rows[1].client.as_str(), &rows[1].address),
        ("other", &None)
    );
    assert_eq!(rows[1].seen_at, NOW.plus_ms(500));
    let end = |of, number| {
        write(store, |transaction| {
            transaction.end_session_of(&account(of), &id(number))
        })
    };
    assert!(!end(2, 1));
    assert!(end(1, 1));
    assert!(!end(1, 1));
    assert!(!read(store).has_session(&id(1)).unwrap());
    write(store, |transaction| {
        transaction.end_sessions_of(&account(1), Some(&id(4)))
    });
    assert_eq!(ids(store, 1), [id(4)]);
    write(store, |transaction| {
        transaction.end_sessions_of(&account(1), None)
    });
    assert_eq!(ids(store, 1), []);
    assert!(read(store).has_session(&id(3)).unwrap());
}

/// At a bound, what is not in use goes first, the longest unused of it.
pub fn the_session_longest_unused_makes_room_an_online_one_last(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        for number in 1..=4 {
            transaction.create_session(&session(number, 1))?;
        }
        transaction.create_session(&session(5, 2))?;
        transaction.touch_sessions(&[id(2)], NOW.plus_ms(100))
    });
    let trim = |online: &[SessionId], keep| {
        write(store, |transaction| {
            transaction.trim_sessions(&account(1), online, keep)
        })
    };
    assert_eq!(trim(&[id(1)], 4), []);
    assert_eq!(trim(&[id(1)], 2), [id(3), id(4)]);
    assert_eq!(trim(&[id(1), id(2)], 1), [id(1)]);
    assert_eq!(ids(store, 1), [id(2)]);
    assert_eq!(ids(store, 2), [id(5)]);
}

/// After its lifetime without use, not before.
pub fn a_session_unused_for_its_lifetime_is_swept_away(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_session(&session(1, 1))?;
        transaction.create_session(&session(2, 1))?;
        transaction.touch_sessions(&[id(2)], NOW.plus_ms(500))
    });
    let mut writer = store.writer().unwrap();
    let end = NOW.plus_ms(1 + SESSION_LIFETIME_MS);
    writer.tidy(end).unwrap();
    assert_eq!(ids(store, 1), [id(1), id(2)]);
    writer.tidy(end.plus_ms(1)).unwrap();
    assert_eq!(ids(store, 1), [id(2)]);
}

/// Of two who change a password at once, one does.
pub fn a_record_is_replaced_only_by_who_knows_it(store: &dyn Store) {
    settle(store);
    let before = read(store).account(&account(1)).unwrap().unwrap();
    let argon2 = Argon2Parameters {
        memory_kib: 77,
        passes: 2,
        lanes: 1,
    };
    let new = NewRecord {
        account: account(1),
        expected: before.record.clone(),
        record: vec![9; 192],
        argon2,
    };
    assert!(write(store, |transaction| transaction.set_record(&new)));
    assert!(!write(store, |transaction| transaction.set_record(&new)));
    let after = read(store).account(&account(1)).unwrap().unwrap();
    assert_eq!((after.record, after.argon2), (vec![9; 192], argon2));
}

/// One of a kind an account: the newest.
pub fn a_code_is_good_once_for_its_account_and_its_purpose(store: &dyn Store) {
    settle(store);
    let code = |number: u8, kind| AccountCode {
        hash: [number; 32],
        kind,
        account: account(1),
        expires_at: NOW.plus_ms(1000),
    };
    let (reset, device) = (CodeKind::Reset, CodeKind::Device);
    write(store, |transaction| {
        transaction.create_account_code(&code(1, reset))?;
        transaction.create_account_code(&code(2, device))?;
        transaction.create_account_code(&code(3, reset))
    });
    let of = |number: u8, kind, now| {
        let found = read(store).account_of_code(&[number; 32], kind, now);
        found.unwrap() == Some(account(1))
    };
    assert!(!of(1, reset, NOW), "another came after it");
    assert!(of(2, device, NOW) && of(3, reset, NOW));
    assert!(!of(2, reset, NOW) && !of(3, reset, NOW.plus_ms(1000)));
    let waiting = |now| read(store).code_waiting(&account(1), reset, now).unwrap();
    assert_eq!(waiting(NOW), Some(NOW.plus_ms(1000)));
    assert_eq!(waiting(NOW.plus_ms(1000)), None);
    let take = |number: u8, kind, by: u8, now| {
        write(store, |transaction| {
            transaction.use_account_code(&[number; 32], kind, &account(by), now)
        })
    };
    assert!(!take(3, reset, 2, NOW), "another's");
    assert!(!take(3, device, 1, NOW), "for another purpose");
    assert!(!take(3, reset, 1, NOW.plus_ms(1000)), "too late");
    assert!(take(3, reset, 1, NOW));
    assert!(!take(3, reset, 1, NOW), "twice");
    store.writer().unwrap().tidy(NOW.plus_ms(1000)).unwrap();
    assert!(!of(2, device, NOW));
}

/// Neither used ones nor another's nor those past their time.
pub fn an_accounts_good_invites_are_counted(store: &dyn Store) {
    settle(store);
    let invite = |number: u8, by: u8| InviteRow {
        code_hash: [number; 32],
        by: Some(account(by)),
        created_at: NOW,
        expires_at: NOW.plus_ms(u64::from(number) * 100),
    };
    let good = write(store, |transaction| {
        for number in 1..=3 {
            transaction.create_invite(&invite(number, 1))?;
        }
        transaction.create_invite(&invite(4, 2))?;
        transaction.use_invite(&[3; 32], &account(2), NOW)?;
        Ok([
            transaction.good_invites_of(&account(1), NOW)?,
            transaction.good_invites_of(&account(1), NOW.plus_ms(100))?,
        ])
    });
    assert_eq!(good, [2, 1]);
}

/// Only what it said is left, under the name of nobody, and its name is kept from others for a time.
pub fn an_erased_account_leaves_what_it_said_and_nothing_else(store: &dyn Store) {
    settle(store);
    let before = read(store).account(&account(1)).unwrap().unwrap();
    let erasure = Erasure {
        account: account(1),
        expected: before.record,
        rules: 77,
        now: NOW,
        name_kept_until: NOW.plus_ms(1000),
    };
    write(store, |transaction| {
        transaction.create_session(&session(1, 1))
    });
    let wrong = Erasure {
        expected: vec![0; 192],
        ..erasure.clone()
    };
    let erase = |erasure: &Erasure| write(store, |transaction| transaction.erase_account(erasure));
    assert_eq!(erase(&wrong), Erased::Refused);
    assert_eq!(erase(&erasure), Erased::Yes(Vec::new()));
    assert_eq!(erase(&erasure), Erased::Refused, "twice");
    let mut reader = read(store);
    let after = reader.account(&account(1)).unwrap().unwrap();
    assert_eq!(after.display.as_deref(), Some("deleted account"));
    assert!(after.name != "ann" && after.record.iter().all(|byte| *byte == 0));
    assert_eq!(after.rules, 77);
    assert_eq!(reader.sessions_of(&account(1)).unwrap(), []);
    let ann = |at| {
        let mut new = new_account(9, "ann");
        new.account.created_at = at;
        let mut writer = store.writer().unwrap();
        let mut transaction = writer.begin().unwrap();
        transaction.create_account(&new)
    };
    assert!(matches!(ann(NOW), Err(StoreError::Taken)));
    assert!(ann(NOW.plus_ms(1000)).is_ok());
}
