//! Much of everything: the history of years, a thousand rooms.

use std::time::Instant;

use crate::rig::Rig;

/// Keys that are pressed to see what one costs.
const KEYS: u32 = 40;

fn long_room(count: usize) -> Rig {
    let mut rig = Rig::new(120, 40);
    rig.room(1, "lobby");
    for n in 0..count {
        rig.later(7);
        let who = 2 + u8::try_from(n % 4).unwrap();
        rig.say(
            1,
            who,
            &format!("message {n} with some words that are long enough to be wrapped now and then"),
        );
    }
    rig.rooms.get_mut(&1).unwrap().read = count as u64;
    rig.sign_in();
    rig
}

fn shown(rig: &Rig) -> Vec<usize> {
    let picture = rig.picture();
    let numbers = picture.lines().filter_map(|line| {
        let (_, rest) = line.split_once("message ")?;
        rest.split(' ').next()?.parse().ok()
    });
    numbers.collect()
}

#[test]
fn scrolling_back_loads_page_after_page_without_a_hole() {
    let mut rig = long_room(1000);
    let mut seen = shown(&rig);
    assert_eq!(seen.last(), Some(&999));
    for _ in 0..200 {
        rig.press("<PageUp>");
        let now = shown(&rig);
        assert!(now.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{now:?}");
        assert!(
            *now.last().unwrap() + 1 >= seen[0],
            "{} {}",
            now.last().unwrap(),
            seen[0]
        );
        seen = now;
    }
    assert_eq!(seen[0], 0);
    for _ in 0..200 {
        rig.press("<PageDown>");
        let now = shown(&rig);
        assert!(now[0] <= seen.last().unwrap() + 1);
        seen = now;
    }
    assert_eq!(seen.last(), Some(&999));
}

#[test]
fn memory_keeps_a_window_of_a_long_room_and_the_place_in_it() {
    let mut rig = long_room(20_000);
    for _ in 0..700 {
        rig.press("<PageUp>");
    }
    let (_, room) = rig.screen.state().current().unwrap();
    assert!(room.window.items().len() <= 3000);
    let before = shown(&rig);
    assert!(before[0] < 10_000, "{before:?}");
    for _ in 0..50 {
        rig.say(1, 2, "message 99 that comes meanwhile");
    }
    assert_eq!(shown(&rig), before);
    rig.press("<Alt-End>");
    assert_eq!(shown(&rig).last(), Some(&99));
}

#[test]
fn nothing_moves_while_one_reads_further_up() {
    let mut rig = long_room(300);
    rig.press("<PageUp><PageUp>");
    let before = rig.picture();
    let messages = |picture: &str| -> Vec<String> {
        picture
            .lines()
            .filter(|line| line.contains("message "))
            .map(|line| line[30..].to_owned())
            .collect()
    };
    rig.say(1, 3, "something new");
    assert_eq!(messages(&rig.picture()), messages(&before));
    assert_eq!(rig.screen.state().current().unwrap().1.unread, 1);
}

/// A thousand rooms besides, in which somebody else each says something.
fn among_a_thousand(rig: &mut Rig) {
    for n in 0..1000_u32 {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        bytes[15] = 1;
        let place = snug_proto::Place {
            room: format!("room{n}"),
            room_id: snug_proto::RoomId::from_bytes(bytes),
            seq: 1,
            at: snug_proto::Timestamp::from_ms(rig.now),
            direct: false,
        };
        let message = snug_proto::Message {
            place,
            ..rig.message(1, 2, "hi")
        };
        let event = Box::new(snug_proto::Event::Message(message));
        rig.input(snug_screen::Input::Event(crate::rig::HOME, event));
    }
}

/// The goal is 16 ms in a release build; a test build of this crate is many times slower, so that this
/// sees an order of magnitude and no more. `cargo xtask bench` measures.
#[test]
fn a_key_costs_the_same_in_a_long_room_and_among_a_thousand_rooms() {
    let mut rig = long_room(100_000);
    among_a_thousand(&mut rig);
    let begun = Instant::now();
    for _ in 0..KEYS / 2 {
        rig.press("x<PageUp>");
        rig.picture();
    }
    let each = begun.elapsed() / KEYS;
    assert!(each.as_millis() < 160, "{each:?}");
}

#[test]
fn a_key_in_the_switcher_or_in_completion_costs_little_among_a_thousand_rooms() {
    let mut rig = long_room(100);
    among_a_thousand(&mut rig);
    let begun = Instant::now();
    for _ in 0..KEYS / 4 {
        rig.press("<Ctrl-K>r7<Esc>");
        rig.picture();
        rig.press("#r<Tab><Esc><Backspace><Backspace>");
        rig.picture();
    }
    let each = begun.elapsed() / (KEYS * 2);
    assert!(each.as_millis() < 160, "{each:?}");
}

#[test]
fn the_first_message_is_one_key_away_and_pages_lead_from_it_to_the_newest() {
    let mut rig = long_room(700);
    rig.press("<Home>");
    let mut seen = shown(&rig);
    assert_eq!(seen[0], 0, "{}", rig.picture());
    for _ in 0..100 {
        rig.press("<PageDown>");
        let now = shown(&rig);
        assert!(now[0] <= seen.last().unwrap() + 1, "{seen:?} {now:?}");
        seen = now;
    }
    assert_eq!(seen.last(), Some(&699));
}

#[test]
fn a_page_that_is_slow_to_come_moves_nobody() {
    let mut rig = long_room(700);
    rig.press("<Home>");
    rig.lose();
    for _ in 0..100 {
        rig.press("<PageDown>");
    }
    let last = *shown(&rig).last().unwrap();
    assert!((60..300).contains(&last), "{last}");
    rig.sign_in();
    rig.press("<PageDown>");
    let now = shown(&rig);
    assert!(now[0] <= last + 1 && now[0] > 50, "{now:?}");
}

#[test]
fn rooms_that_nobody_looks_at_keep_little() {
    let mut rig = Rig::new(80, 24);
    for n in 1..=30 {
        rig.room(n, &format!("room{n}"));
    }
    rig.sign_in();
    for n in 1..=30 {
        for seq in 0..300 {
            rig.say(n, 2, &format!("{seq} {}", "x".repeat(400)));
        }
    }
    let here = rig.screen.state().here.unwrap();
    let rooms = &rig.screen.state().servers[0].rooms;
    let elsewhere = rooms.values().filter(|room| room.id != here.room);
    let most = elsewhere.map(|room| room.window.items().len()).max();
    assert!(most.unwrap() <= 150, "{most:?}");
    rig.press("<Alt-Down><Home>");
    assert!(
        rig.picture().contains("olga        0\n"),
        "{}",
        rig.picture()
    );
}

#[test]
fn many_new_messages_are_read_from_the_first_on() {
    for unread in [40, 80, 400] {
        let mut rig = Rig::new(100, 30);
        rig.room(1, "lobby");
        rig.room(2, "den");
        for n in 0..500 {
            rig.later(7);
            rig.say(2, 2, &format!("message {n} of the den"));
        }
        rig.rooms.get_mut(&2).unwrap().read = 500 - unread;
        rig.sign_in();
        rig.asked.clear();
        rig.press("<Alt-Down>");
        let picture = rig.picture();
        let new = picture
            .lines()
            .position(|line| line.contains(&format!("─ new · {unread} ─")));
        assert!(new.is_some_and(|at| at < 6), "{unread} {picture}");
        let marked = |rig: &Rig| {
            rig.asked
                .iter()
                .any(|r| matches!(r, snug_proto::Request::Mark(_)))
        };
        assert!(!marked(&rig));
        for _ in 0..40 {
            rig.press("<PageDown>");
        }
        assert_eq!(shown(&rig).last(), Some(&499));
        assert!(marked(&rig));
    }
}

#[test]
fn what_a_purge_took_back_shows_again_once_that_is_undone_whenever_it_is_loaded() {
    let mut rig = Rig::new(80, 24);
    rig.room(1, "lobby");
    rig.say(1, 2, "the minutes of today");
    let said = rig.rooms[&1].log.len() as u64;
    rig.sign_in();
    rig.delete(1, 3, said);
    assert!(!rig.picture().contains("minutes"), "{}", rig.picture());
    rig.restore(1, 3, said, "the minutes of today");
    assert!(rig.picture().contains("the minutes of today"));
    // Who comes only now reads the taking back before the undoing, and the message as it was in the meantime.
    rig.sign_in();
    assert!(rig.picture().contains("the minutes of today"));
    rig.delete(1, 2, said);
    assert!(!rig.picture().contains("minutes"), "{}", rig.picture());
}

#[test]
fn an_edit_that_was_seen_before_its_message_counts_once_that_is_loaded() {
    let mut rig = Rig::new(120, 40);
    rig.room(1, "lobby");
    for n in 0..500 {
        rig.say(1, 2, &format!("message {n}"));
    }
    rig.edit(1, 2, 10, "message 9 in other words");
    rig.react(1, 3, 11, "👍");
    rig.delete(1, 2, 12);
    rig.rooms.get_mut(&1).unwrap().read = 503;
    rig.sign_in();
    for _ in 0..30 {
        rig.press("<PageUp>");
    }
    let picture = rig.picture();
    let line = |words: &str| {
        picture
            .lines()
            .position(|line| line.contains(words))
            .unwrap()
    };
    let at = line("message 9 in other words");
    let lines: Vec<&str> = picture.lines().collect();
    assert!(lines[at].contains("edited"), "{picture}");
    assert!(
        lines[at + 2].contains("👍 1") && lines[at + 3].contains("deleted"),
        "{picture}"
    );
    assert!(!picture.contains("message 11"), "{picture}");
}
