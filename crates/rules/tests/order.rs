//! Keeping order: what time ends, whom one may touch, what is bounded.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use snug_proto::{
    Access, AccountId, Body, ErrorCode, Refusal, Role, RoomChanges, RoomId, RoomRole, Timestamp,
};
use snug_rules::{
    Action, Actor, Authority, Change, Concerned, Content, Entry, NewPassword, Order, Outcome,
    PasswordCheck, RoomKind, RoomView, Sanction, decide, replay,
};

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

const fn who(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

fn actor(number: u8) -> Actor {
    Actor {
        account: who(number),
        role: Role::Member,
        rules: 0,
        masked: snug_rules::Masked::default(),
    }
}

const fn whom(number: u8) -> Concerned {
    Concerned {
        account: who(number),
        role: Role::Member,
    }
}

/// A room that the first founded, the second is an admin of, and the third to fifth are in.
fn den() -> RoomView {
    let mut view = RoomView {
        founder: Some(who(1)),
        ..RoomView::new(RoomId::from_bytes([9; 16]), RoomKind::Ordinary)
    };
    for number in 1..=5 {
        let entry = Entry {
            actor: who(number),
            content: Content::Joined,
        };
        view.apply(&entry, u64::from(number));
        view.committed(&entry, u64::from(number));
    }
    done(&mut view, 1, Order::SetRole(whom(2), RoomRole::Admin), NOW).unwrap();
    view
}

/// Decides, checks by the checker's replay, and applies.
fn done(view: &mut RoomView, by: u8, order: Order, now: Timestamp) -> Result<(), Refusal> {
    let outcome = decide(view, &actor(by), Action::Order(order), now)?;
    if let Outcome::Append(entry) = outcome {
        let mut replayed = view.clone();
        replay(&mut replayed, &entry, None, now).unwrap();
        view.apply(&entry, view.rules + 1);
        assert_eq!(replayed.members, view.members);
    }
    Ok(())
}

fn says(view: &RoomView, by: u8, now: Timestamp) -> Result<Outcome, Refusal> {
    let body = Body::parse("words".to_owned()).unwrap();
    let action = Action::Send(body, snug_rules::Addressed::default());
    decide(view, &actor(by), action, now)
}

fn code<T>(answer: Result<T, Refusal>) -> Option<ErrorCode> {
    answer.err().map(|refusal| refusal.code)
}

#[test]
fn r4_a_ban_and_a_mute_end_when_their_time_is_over_and_not_before() {
    let mut view = den();
    let minute = Sanction {
        until: Some(NOW.plus_ms(60_000)),
        reason: Some("spam".to_owned()),
    };
    done(&mut view, 2, Order::Ban(whom(3), minute.clone()), NOW).unwrap();
    done(&mut view, 2, Order::Mute(whom(4), minute), NOW).unwrap();
    let (before, after) = (NOW.plus_ms(59_999), NOW.plus_ms(60_000));
    let join = |now| decide(&view, &actor(3), Action::Join(PasswordCheck::Absent), now);
    let refused = join(before).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Banned);
    assert_eq!(
        refused.text,
        "You are banned from that room until 2027-01-15 08:01 UTC: spam"
    );
    assert!(join(after).is_ok());
    let refused = says(&view, 4, before).unwrap_err();
    assert_eq!(refused.code, ErrorCode::Muted);
    assert!(says(&view, 4, after).is_ok());
    // The checker judges by the time that stands in the log.
    let joined = Entry {
        actor: who(3),
        content: Content::Joined,
    };
    assert!(replay(&mut view.clone(), &joined, None, before).is_err());
    assert!(replay(&mut view.clone(), &joined, None, after).is_ok());
}

#[test]
fn r4_slow_mode_counts_from_ones_own_last_message() {
    let mut view = den();
    view.slow_mode_ms = 10_000;
    assert!(says(&view, 3, NOW).is_ok());
    view.says(who(3), NOW);
    let refused = says(&view, 3, NOW.plus_ms(4_000)).unwrap_err();
    assert_eq!(
        (refused.code, refused.retry_after_ms),
        (ErrorCode::TooFast, Some(6_000))
    );
    assert!(says(&view, 4, NOW.plus_ms(4_000)).is_ok(), "another member");
    assert!(says(&view, 3, NOW.plus_ms(10_000)).is_ok());
    for admin in [1, 2] {
        view.says(who(admin), NOW);
        assert!(says(&view, admin, NOW).is_ok(), "admins are not slowed");
    }
}

#[test]
fn r4_slow_mode_does_not_wait_for_a_clock_that_was_set_back() {
    let mut view = den();
    view.slow_mode_ms = 10_000;
    view.says(who(3), NOW.plus_ms(86_400_000));
    assert!(says(&view, 3, NOW).is_ok());
    view.says(who(3), NOW);
    assert!(says(&view, 3, NOW.plus_ms(4_000)).is_err());
}

#[test]
fn r4_nobody_touches_whoever_stands_above_or_beside_them() {
    let view = den();
    let owner = Concerned {
        account: who(5),
        role: Role::Owner,
    };
    for (by, concerned) in [
        (2, whom(1)),
        (2, owner),
        (1, owner),
        (2, whom(2)),
        (1, whom(1)),
    ] {
        let ban = Action::Order(Order::Ban(concerned, Sanction::default()));
        let refused = decide(&view, &actor(by), ban, NOW);
        assert_eq!(
            code(refused),
            Some(ErrorCode::Forbidden),
            "{by} {concerned:?}"
        );
    }
    let mute = Action::Order(Order::Mute(whom(2), Sanction::default()));
    let refused = decide(&view, &actor(1), mute, NOW);
    assert_eq!(
        code(refused),
        Some(ErrorCode::Forbidden),
        "admins are not muted"
    );
    // The server's owner reaches the founder, and the log says by which authority.
    let owner = Actor {
        role: Role::Owner,
        ..actor(8)
    };
    let kick = Action::Order(Order::Kick(whom(1), None));
    let Ok(Outcome::Append(entry)) = decide(&view, &owner, kick, NOW) else {
        panic!("the owner may")
    };
    assert!(matches!(
        entry.content,
        Content::Changed {
            by: Authority::Server,
            ..
        }
    ));
}

#[test]
fn r4_an_orphaned_room_passes_to_the_admin_who_came_first_else_to_the_member() {
    let mut view = den();
    done(&mut view, 1, Order::SetRole(whom(4), RoomRole::Admin), NOW).unwrap();
    for (gone, heir) in [(1, 2), (2, 4), (4, 3), (3, 5)] {
        let left = Entry {
            actor: who(gone),
            content: Content::Left { reason: None },
        };
        view.apply(&left, view.rules + 1);
        assert_eq!(view.heir(), Some(who(heir)));
        done(&mut view, gone, Order::PassOn(Vec::new()), NOW).unwrap();
        assert_eq!(view.founder, Some(who(heir)));
        assert_eq!(view.heir(), None);
    }
    // Not to who is the founder of too many rooms already: to the next, or to nobody.
    let mut other = den();
    let left = Entry {
        actor: who(1),
        content: Content::Left { reason: None },
    };
    other.apply(&left, other.rules + 1);
    let full: Vec<_> = (2..=5).map(who).collect();
    done(&mut other, 1, Order::PassOn(full.clone()), NOW).unwrap();
    assert_eq!(other.founder, Some(who(1)), "it stays theirs");
    done(&mut other, 1, Order::PassOn(full[..2].to_vec()), NOW).unwrap();
    assert_eq!(other.founder, Some(who(4)));
    // Nobody else makes themselves the founder of a room that has one.
    let stolen = Entry {
        actor: who(3),
        content: Content::Changed {
            change: Change::Role {
                who: who(3),
                role: RoomRole::Founder,
            },
            by: Authority::Room,
        },
    };
    assert!(replay(&mut den(), &stolen, None, NOW).is_err());
}

#[test]
fn r4_ten_thousand_bans_are_fine_and_one_over_the_bound_is_refused() {
    let mut view = den();
    let ban = |number: u32| {
        let mut id = [7; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        AccountId::from_bytes(id)
    };
    let most = u32::try_from(snug_proto::limits::MAX_ROOM_SANCTIONS).unwrap();
    for number in 0..most {
        let over = Sanction {
            until: (number == 0).then_some(NOW),
            reason: None,
        };
        view.bans.insert(ban(number), over);
    }
    // One of them is over, so there is room for one more; then there is none.
    let order = || Order::Ban(whom(3), Sanction::default());
    assert!(decide(&view, &actor(1), Action::Order(order()), NOW).is_ok());
    view.bans.insert(ban(0), Sanction::default());
    let refused = decide(&view, &actor(1), Action::Order(order()), NOW);
    assert_eq!(code(refused), Some(ErrorCode::TooMany));
}

#[test]
fn m7_a_group_lets_in_whatever_the_room_asks_for_but_past_no_ban_and_no_archive() {
    let mut view = den();
    let invitation = RoomChanges {
        access: Some(Access::Invitation),
        listed: Some(false),
        ..RoomChanges::default()
    };
    let open = RoomChanges {
        groups: Some(vec!["crew".to_owned()]),
        ..RoomChanges::default()
    };
    let set = |changes: &RoomChanges| Order::Set(changes.clone(), NewPassword::Absent, None);
    done(&mut view, 2, set(&invitation), NOW).unwrap();
    let refused = done(&mut view, 3, set(&open), NOW);
    assert_eq!(
        code(refused),
        Some(ErrorCode::Forbidden),
        "a member keeps no door"
    );
    view.admitted.insert(who(8));
    done(&mut view, 2, set(&open), NOW).unwrap();
    let join =
        |view: &RoomView, by| decide(view, &actor(by), Action::Join(PasswordCheck::Absent), NOW);
    // The view was told of the group and not yet of who is in it.
    assert_eq!(code(join(&view, 8)), Some(ErrorCode::UnknownRoom));
    view.admitted.insert(who(8));
    assert!(join(&view, 8).is_ok());
    assert_eq!(code(join(&view, 9)), Some(ErrorCode::UnknownRoom));
    let again = decide(&view, &actor(2), Action::Order(set(&open)), NOW);
    assert!(matches!(again, Ok(Outcome::Already)));
    let mut banned = view.clone();
    done(
        &mut banned,
        2,
        Order::Ban(whom(8), Sanction::default()),
        NOW,
    )
    .unwrap();
    assert_eq!(code(join(&banned, 8)), Some(ErrorCode::Banned));
    view.archived = true;
    assert_eq!(code(join(&view, 8)), Some(ErrorCode::Forbidden));
}

#[test]
fn m7_of_a_group_those_in_the_room_are_mentioned_and_too_many_are_refused() {
    let view = den();
    let say = |view: &RoomView, names: &[u8], groups: Vec<AccountId>| {
        let to = snug_rules::Addressed {
            manner: None,
            reply_to: None,
            names: names.iter().map(|name| who(*name)).collect(),
            groups,
        };
        let body = Body::parse("words".to_owned()).unwrap();
        decide(view, &actor(1), Action::Send(body, to), NOW)
    };
    let outcome = say(&view, &[3], (1..=9).map(who).collect()).unwrap();
    let Outcome::Append(Entry {
        content: Content::Message { about, .. },
        ..
    }) = outcome
    else {
        panic!("not said")
    };
    assert_eq!(about.mentions, [who(3), who(2), who(4), who(5)]);
    let mut crowd = den();
    let many: Vec<AccountId> = (0..=200_u8)
        .map(|n| AccountId::from_bytes([n, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]))
        .collect();
    for account in &many {
        let entry = Entry {
            actor: *account,
            content: Content::Joined,
        };
        crowd.apply(&entry, 99);
    }
    assert!(say(&crowd, &[], many[..200].to_vec()).is_ok());
    assert_eq!(code(say(&crowd, &[], many)), Some(ErrorCode::TooMany));
}
