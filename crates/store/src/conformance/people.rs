//! Accounts, sessions, tokens, invites and settings.

use snug_proto::{
    Argon2Parameters, GuestPolicy, Inviters, Registration, Role, Scope, SessionId, TokenId,
};
use snug_rules::{CreditRules, ServerRules};

use super::world::{NOW, account, new_account, read, settle, write};
use crate::{InviteRow, KNOWN_ADDRESSES, NewSession, NewToken, Settings, Store, StoreError};

/// Found by id and by skeleton, as it was given; its skeleton belongs to it alone.
pub fn an_account_is_found_by_id_and_skeleton_and_its_name_is_unique(store: &dyn Store) {
    settle(store);
    assert!(!read(store).has_owner().unwrap());
    let mut owner = new_account(9, "olga");
    owner.account.role = Role::Owner;
    owner.account.display = Some("Olga N.".to_owned());
    owner.account.rules = 5;
    owner.account.argon2 = Argon2Parameters {
        memory_kib: 32,
        passes: 1,
        lanes: 1,
    };
    write(store, |transaction| {
        assert!(!transaction.has_owner()?);
        transaction.create_account(&owner)?;
        assert!(transaction.has_owner()?);
        let again = transaction.create_account(&new_account(10, "OLGA"));
        assert!(matches!(again, Err(StoreError::Taken)));
        Ok(())
    });
    let mut reader = read(store);
    assert!(reader.has_owner().unwrap());
    let expected = Some(owner.account.clone());
    assert_eq!(reader.account(&account(9)).unwrap(), expected);
    assert_eq!(reader.account_to_try(&owner.skeleton, 0).unwrap(), expected);
    let mut instead = |otherwise| {
        let found = reader.account_to_try("nobody", otherwise);
        found.unwrap().unwrap().name
    };
    let picked = [0, 1, 2, 3, 4, u32::MAX].map(&mut instead);
    assert_eq!(
        picked,
        ["ann", "bob", "cid", "olga", "ann", "olga"].map(str::to_owned)
    );
    assert_eq!(reader.account(&account(10)).unwrap(), None);
    let usual = new_account(1, "ann").account.argon2;
    assert_eq!(
        reader.parameters_in_use().unwrap(),
        [usual, owner.account.argon2]
    );
}

/// A bound for each account; the one seen longest ago goes first, and other accounts know none of them.
pub fn the_newest_addresses_of_an_account_are_known_and_no_others(store: &dyn Store) {
    settle(store);
    let bound = u8::try_from(KNOWN_ADDRESSES).unwrap();
    let remember = |tag: u8, at: u64| {
        write(store, |transaction| {
            transaction.remember_address(&account(1), &[tag; 16], NOW.plus_ms(at))
        });
    };
    let knows = |who, tag: u8| {
        read(store)
            .knows_address(&account(who), &[tag; 16])
            .unwrap()
    };
    for tag in 0..bound {
        remember(tag, u64::from(tag));
    }
    assert!((0..bound).all(|tag| knows(1, tag)));
    assert!(!knows(2, 0) && !knows(1, bound));
    remember(0, 100);
    remember(bound, 101);
    assert!(knows(1, 0), "it was seen again");
    assert!(!knows(1, 1), "it was seen longest ago");
    assert!((2..=bound).all(|tag| knows(1, tag)));
}

/// The newest token and the one before are good, until the next of them is made.
pub fn a_session_has_two_good_tokens(store: &dyn Store) {
    settle(store);
    let session = SessionId::from_bytes([5; 16]);
    let new = NewSession {
        id: session,
        account: account(1),
        token_hash: [1; 32],
        client: "snug".to_owned(),
        address: Some("192.0.2.7".to_owned()),
        created_at: NOW,
    };
    let later = NOW.plus_ms(1000);
    let rotate = |used: u8, next: u8| {
        write(store, |transaction| {
            transaction.rotate_session(&session, &[used; 32], &[next; 32], later)
        })
    };
    let good = || {
        let mut reader = read(store);
        (1..=5_u8)
            .filter(|token| reader.session_by_token(&[*token; 32]).unwrap().is_some())
            .collect::<Vec<_>>()
    };
    write(store, |transaction| transaction.create_session(&new));
    assert_eq!(good(), [1]);
    assert!(rotate(1, 2));
    assert_eq!(good(), [1, 2]);
    // The client never heard of 2: it comes with 1 again.
    assert!(rotate(1, 3));
    assert_eq!(good(), [1, 3]);
    assert!(rotate(3, 4));
    assert_eq!(good(), [3, 4]);
    assert!(!rotate(1, 5));
    let row = read(store).session_by_token(&[4; 32]).unwrap().unwrap();
    assert_eq!((row.id, row.account), (session, account(1)));
    assert_eq!((row.created_at, row.seen_at), (NOW, later));
    assert_eq!(row.address.as_deref(), Some("192.0.2.7"));
    write(store, |transaction| transaction.end_session(&session));
    assert_eq!(good(), [] as [u8; 0]);
    assert!(!rotate(4, 5));
}

/// A label is used once an account; a voided token is gone; nobody voids another's.
pub fn app_tokens_are_listed_found_and_voided(store: &dyn Store) {
    settle(store);
    let new = |number: u8, label: &str| NewToken {
        id: TokenId::from_bytes([number; 16]),
        account: account(1),
        hash: [number; 32],
        label: label.to_owned(),
        scope: Scope::Irc,
        created_at: NOW,
    };
    write(store, |transaction| {
        transaction.create_token(&new(2, "weechat"))?;
        transaction.create_token(&new(1, "irssi"))?;
        let again = transaction.create_token(&new(3, "irssi"));
        assert!(matches!(again, Err(StoreError::Taken)));
        transaction.touch_token(&new(1, "").id, NOW.plus_ms(9))
    });
    let listed = read(store).tokens_of(&account(1)).unwrap();
    let labels: Vec<_> = listed.iter().map(|token| token.label.as_str()).collect();
    assert_eq!(labels, ["weechat", "irssi"]);
    let found = read(store).token_by_hash(&[1; 32]).unwrap().unwrap();
    assert_eq!(found, listed[1]);
    assert_eq!(found.used_at, Some(NOW.plus_ms(9)));
    write(store, |transaction| {
        transaction.find_token_by(&new(1, "").id, &[2; 32])?;
        transaction.find_token_by(&new(2, "").id, &[9; 32])
    });
    let label_by = |hash: u8| {
        let found = read(store).token_by_hash(&[hash; 32]).unwrap();
        found.map(|token| token.label)
    };
    assert_eq!(label_by(1).as_deref(), Some("irssi"), "2 was another's");
    assert_eq!(label_by(9).as_deref(), Some("weechat"));
    assert_eq!(label_by(2), None);
    let revoke = |by, number| {
        write(store, |transaction| {
            transaction.revoke_token(&account(by), &new(number, "").id)
        })
    };
    assert!(!revoke(2, 1));
    assert!(revoke(1, 1));
    assert!(!revoke(1, 1));
    assert_eq!(read(store).token_by_hash(&[1; 32]).unwrap(), None);
}

/// Used once, not after its time, and gone when it was tidied away.
pub fn an_invite_is_good_once_until_it_expires(store: &dyn Store) {
    settle(store);
    let invite = |number: u8| InviteRow {
        code_hash: [number; 32],
        by: Some(account(1)),
        created_at: NOW,
        expires_at: NOW.plus_ms(1000),
    };
    write(store, |transaction| {
        transaction.create_invite(&invite(1))?;
        transaction.create_invite(&invite(2))?;
        let again = transaction.create_invite(&invite(2));
        assert!(matches!(again, Err(StoreError::Taken)));
        Ok(())
    });
    let good = |number, now| read(store).invite_is_good(&[number; 32], now).unwrap();
    let take = |number, now| {
        write(store, |transaction| {
            transaction.use_invite(&[number; 32], &account(2), now)
        })
    };
    assert!(good(1, NOW) && good(2, NOW) && !good(3, NOW));
    assert!(take(1, NOW));
    assert!(!good(1, NOW) && !take(1, NOW));
    let late = NOW.plus_ms(1000);
    assert!(!good(2, late) && !take(2, late));
    assert!(good(2, NOW));
    store.writer().unwrap().tidy(late).unwrap();
    assert!(!good(2, NOW));
}

/// All of them, and the next ones in place of all of them.
pub fn settings_are_kept_whole(store: &dyn Store) {
    assert_eq!(read(store).settings().unwrap(), None);
    let first = Settings {
        rules: ServerRules {
            registration: Registration::Invite,
            inviters: Inviters::Moderators,
            plain_passwords: true,
            credits: CreditRules {
                on: false,
                vip_price: 0,
            },
            guests: GuestPolicy::Off,
        },
        access_code_tag: Some([3; 32]),
        owner_code: Some(([4; 32], NOW)),
        watch_open_rooms: true,
    };
    let second = Settings {
        rules: ServerRules {
            registration: Registration::Code,
            inviters: Inviters::Members,
            plain_passwords: false,
            credits: CreditRules {
                on: true,
                vip_price: 250,
            },
            guests: GuestPolicy::Code,
        },
        access_code_tag: None,
        owner_code: None,
        watch_open_rooms: false,
    };
    for settings in [first, second] {
        write(store, |transaction| transaction.set_settings(&settings));
        assert_eq!(read(store).settings().unwrap(), Some(settings));
    }
}
