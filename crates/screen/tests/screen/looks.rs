//! What is drawn, as pictures.

use snug_proto::{Event, IsTyping};
use snug_screen::{Input, Link, ServerId, Settings, Theme};

use crate::rig::{HOME, ME, NOW, Rig, name, room_id, subject};

/// The evening of SCREENS.md.
fn evening(width: u16, height: u16) -> Rig {
    evening_with(width, height, Settings::default())
}

fn evening_with(width: u16, height: u16, settings: Settings) -> Rig {
    let mut rig = Rig::with(width, height, settings);
    rig.room(1, "lobby");
    rig.room(2, "den").topic = Some("Where we plan the trip".to_owned());
    rig.room(3, "ops").mentions = 2;
    rig.room(4, "kitchen");
    rig.room(5, "@ben");
    rig.room(6, "@cem");
    rig.person(2, true).founder = true;
    rig.person(3, true);
    rig.person(4, true).away = Some("at lunch".to_owned());
    rig.person(5, false);
    rig.person(6, false);
    // The evening before.
    rig.now = NOW - 24 * 3_600_000 + 86 * 60_000;
    rig.say(2, 2, "The keys are under the mat.");
    rig.say(2, 3, "Which mat?");
    rig.later(10);
    rig.reply(
        2,
        2,
        2,
        "The blue one. Two pictures are at https://example.org/mat, look there.",
    );
    rig.edit(2, 3, 2, "Which mat??");
    rig.react(2, 3, 3, "👍");
    rig.react(2, 4, 3, "👍");
    rig.react(2, ME, 3, "🔑");
    rig.later(60);
    rig.say(2, 4, "secret");
    let last = rig.rooms[&2].log.len() as u64;
    rig.delete(2, 4, last);
    rig.rooms.get_mut(&2).unwrap().read = last + 1;
    for (room, count) in [(3, 2), (4, 14), (6, 1)] {
        for _ in 0..count {
            rig.say(room, 4, "x");
        }
    }
    rig.now = NOW;
    rig.say(2, 4, "@ann did you ask the neighbours?");
    rig.later(60);
    rig.joins(2, 5);
    rig.later(60);
    rig.sign_in();
    rig.press("/den<Enter>");
    rig
}

fn typing(rig: &mut Rig) {
    let typing = IsTyping {
        room: "den".to_owned(),
        room_id: room_id(2),
        subject: subject(2),
    };
    rig.input(Input::Event(HOME, Box::new(Event::Typing(typing))));
}

#[test]
fn an_evening_on_a_wide_screen() {
    let mut rig = evening(120, 40);
    rig.lose();
    rig.press("I will ring them tonight.<Enter>ask for the ladder too");
    typing(&mut rig);
    insta::assert_snapshot!("evening_120x40", rig.picture());
}

#[test]
fn an_evening_on_a_usual_terminal() {
    let mut rig = evening(80, 24);
    typing(&mut rig);
    rig.press("ask for the ladder too");
    insta::assert_snapshot!("evening_80x24", rig.picture());
    rig.press("<Alt-p>");
    insta::assert_snapshot!("evening_80x24_people", rig.picture());
}

#[test]
fn an_evening_on_a_small_screen() {
    let rig = evening(40, 12);
    insta::assert_snapshot!("evening_40x12", rig.picture());
}

#[test]
fn without_colour_names_stand_between_brackets() {
    let settings = Settings {
        theme: Theme::no_colour(),
        ..Settings::default()
    };
    let rig = evening_with(80, 24, settings);
    insta::assert_snapshot!("evening_80x24_no_colour", rig.picture());
}

#[test]
fn wide_glyphs_emoji_and_marks_keep_their_columns() {
    let mut rig = Rig::new(80, 24);
    rig.room(2, "den");
    rig.say(2, 2, "日本語の長い文章を折り返すと、幅の広い文字が二つの桁を占めることがわかります。そうでしょう？");
    rig.later(600);
    rig.say(
        2,
        3,
        "family 👩\u{200d}👩\u{200d}👧 flag 🇩🇪 heart ❤\u{fe0f} thumbs 👍🏽 cafe\u{301} Zürich",
    );
    rig.later(600);
    rig.say(2, 4, "한국어와 ไทย and हिन्दी beside each other");
    rig.sign_in();
    rig.press("日本👩\u{200d}👧x");
    insta::assert_snapshot!("wide_80x24", rig.picture());
}

#[test]
fn right_to_left_stays_in_its_column() {
    let mut rig = Rig::new(80, 24);
    rig.room(2, "den");
    rig.say(2, 2, "שלום לכולם, מה שלומכם היום?");
    rig.say(2, 3, "مرحبا بالجميع\u{202e} txt.exe\u{202c} and back");
    rig.sign_in();
    insta::assert_snapshot!("right_to_left_80x24", rig.picture());
}

#[test]
fn several_servers_each_have_their_mark() {
    let mut rig = evening(120, 16);
    let school = ServerId(2);
    rig.input(Input::Server(school, "school".to_owned()));
    let at = snug_proto::Timestamp::from_ms(rig.now + 3500);
    rig.input(Input::Link(
        school,
        Link::Retrying {
            at,
            why: "no route".to_owned(),
        },
    ));
    let picture = rig.picture();
    let first = picture.lines().next().unwrap();
    assert!(
        first.starts_with(" home ● 11 ms   school ○ retrying in 4 s"),
        "{first}"
    );
    rig.later(2);
    rig.input(Input::Tick);
    assert!(rig.picture().contains("retrying in 2 s"));
    assert!(rig.screen.next_tick().unwrap().ms() <= rig.now + 1000);
}

#[test]
fn a_message_that_was_refused_says_why_and_what_to_do() {
    let mut rig = evening(80, 24);
    let text = "You are muted in that room: you may read, and not speak.";
    rig.refuse = Some(snug_proto::Refusal::with_text(
        snug_proto::ErrorCode::Muted,
        text,
    ));
    rig.press("hello all<Enter>");
    insta::assert_snapshot!("refused_80x24", rig.picture());
    rig.press("<Alt-k>r");
    assert!(!rig.picture().contains("not sent"));
    assert_eq!(rig.rooms[&2].log.len(), 12);
}

#[test]
fn a_person_who_is_not_known_by_any_name_is_still_shown() {
    assert_eq!(name(99), "emil");
    let rig = Rig::new(80, 24);
    insta::assert_snapshot!("nothing_80x24", rig.picture());
}

#[test]
fn a_direct_conversation_says_whether_the_other_one_is_there() {
    let mut rig = evening(80, 24);
    rig.press("/@cem<Enter>");
    assert!(
        rig.picture().contains("@cem  away: at lunch"),
        "{}",
        rig.picture()
    );
    rig.press("/@ben<Enter>");
    assert!(rig.picture().contains("@ben  is here"), "{}", rig.picture());
}

#[test]
fn at_the_top_of_the_pane_one_sees_who_goes_on() {
    let mut rig = Rig::new(80, 24);
    rig.room(2, "den");
    for n in 0..40 {
        rig.say(2, 2, &format!("line {n}"));
    }
    rig.rooms.get_mut(&2).unwrap().read = 40;
    rig.sign_in();
    let first = |rig: &Rig| rig.picture().lines().nth(2).unwrap().to_owned();
    assert!(first(&rig).contains("olga"), "{}", rig.picture());
    rig.press("<PageUp>");
    assert!(first(&rig).contains("olga"), "{}", rig.picture());
    assert_eq!(
        rig.picture().matches("olga").count(),
        1,
        "{}",
        rig.picture()
    );
}

#[test]
fn a_message_that_waits_stands_as_it_will_stand() {
    let mut rig = evening(80, 24);
    rig.press("one<Enter>");
    rig.later(20);
    rig.type_only(
        "two, which goes on for longer than one row of this screen has columns for<Enter>",
    );
    let waiting = rig.picture();
    rig.flush();
    let sent = rig.picture();
    let without = |picture: &str| -> Vec<String> {
        picture
            .lines()
            .map(|line| line.replace("waiting ⟳", "").trim_end().to_owned())
            .collect()
    };
    assert_ne!(waiting, sent);
    assert_eq!(without(&waiting), without(&sent));
}

#[test]
fn s1_why_a_server_is_not_tried_any_more_is_shown_whole_where_no_room_is_open() {
    let mut rig = Rig::new(60, 14);
    rig.input(Input::Server(HOME, "home".to_owned()));
    let why = "THE SERVER'S IDENTITY HAS CHANGED: the fingerprint should be K7QD3MZP, but the server at \
               this address shows X43OWF5A; do not go on unless the person who runs it tells you";
    let offline = Link::Offline { why: why.into() };
    rig.input(Input::Link(HOME, offline));
    let picture = rig.picture();
    let middle = picture
        .lines()
        .map(|line| line.split('│').nth(1).unwrap_or(line).trim());
    let words = middle.collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("home: {why}")), "{picture}");
    assert!(!picture.contains("connecting…"), "{picture}");
}
