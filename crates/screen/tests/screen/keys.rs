//! What keys do.

use snug_proto::{Event, IsAway, Presence, Refusal, Request};
use snug_screen::{Effect, Input, Link, Mouse, MouseKind};

use crate::rig::{HOME, ME, NOW, Rig, name, room_id, subject};

fn three_rooms() -> Rig {
    let mut rig = Rig::new(100, 30);
    rig.room(1, "lobby");
    rig.room(2, "den");
    rig.room(3, "ops");
    rig.room(4, "@ben");
    for n in 1..=4 {
        rig.say(n, 2, &format!("first in {n}"));
        rig.rooms.get_mut(&n).unwrap().read = 1;
    }
    rig.sign_in();
    rig.effects.clear();
    rig
}

fn sends(rig: &Rig, n: u8) -> Vec<String> {
    let said = rig.rooms[&n].log.iter().filter_map(|event| match event {
        Event::Message(m) if m.author.from_id == crate::rig::account(ME) => Some(m.body.clone()),
        _ => None,
    });
    said.collect()
}

#[test]
fn what_is_written_is_sent_once_and_waits_until_it_is_acknowledged() {
    let mut rig = three_rooms();
    rig.type_only("hello<Enter>");
    assert!(rig.picture().contains("waiting ⟳"), "{}", rig.picture());
    assert_eq!(rig.draft(), "");
    rig.flush();
    let picture = rig.picture();
    assert!(!picture.contains("waiting"), "{picture}");
    assert_eq!(picture.matches("hello").count(), 1, "{picture}");
    assert_eq!(sends(&rig, 1), ["hello"]);
}

#[test]
fn between_the_event_and_the_answer_it_shows_once() {
    let mut rig = three_rooms();
    rig.type_only("hello<Enter>");
    rig.say(1, ME, "hello");
    assert_eq!(rig.picture().matches("hello").count(), 1);
}

#[test]
fn the_line_that_a_command_answered_with_is_copied_whole() {
    let mut rig = three_rooms();
    rig.press("<Alt-y>");
    assert!(rig.picture().contains("No command has answered"));
    let line = format!(
        "snug join snug://localhost:7667/#{} --code {}",
        "K7QD3MZP".repeat(7),
        "x".repeat(32)
    );
    let answer = [
        "-- for one person; give them this line:",
        &line,
        "-- it says localhost",
    ];
    let lines = answer.map(str::to_owned).to_vec();
    rig.input(Input::Said(HOME, None, lines));
    let picture = rig.picture();
    assert!(
        picture.contains("Alt-y copies the line") && !picture.contains(&line),
        "{picture}"
    );
    rig.press("<Alt-y>");
    assert!(
        rig.effects.contains(&Effect::Copy(line)),
        "{:?}",
        rig.effects
    );
}

#[test]
fn what_is_written_offline_waits_and_is_sent_in_order() {
    let mut rig = three_rooms();
    rig.lose();
    rig.press("one<Enter>two<Enter>three");
    assert_eq!(rig.picture().matches("waiting ⟳").count(), 2);
    rig.sign_in();
    assert_eq!(sends(&rig, 1), ["one", "two"]);
    assert_eq!(rig.draft(), "three");
}

#[test]
fn a_new_line_is_no_end() {
    let mut rig = three_rooms();
    rig.press("one<Alt-Enter>two<Ctrl-J>three<Enter>");
    assert_eq!(sends(&rig, 1), ["one\ntwo\nthree"]);
}

#[test]
fn two_slashes_say_one_and_one_slash_is_a_command() {
    let mut rig = three_rooms();
    rig.press("//me waves<Enter>/who den<Enter>");
    assert_eq!(sends(&rig, 1), ["/me waves"]);
    let line = "/who den".to_owned();
    let command = Effect::Command {
        server: HOME,
        room: Some(room_id(1)),
        line,
    };
    assert!(rig.effects.contains(&command), "{:?}", rig.effects);
}

#[test]
fn each_room_keeps_its_own_draft() {
    let mut rig = three_rooms();
    rig.press("for the lobby");
    rig.press("<Ctrl-N>for the den<Ctrl-P>");
    assert_eq!(
        (rig.here().as_str(), rig.draft().as_str()),
        ("lobby", "for the lobby")
    );
    rig.press("<Ctrl-N>");
    assert_eq!(
        (rig.here().as_str(), rig.draft().as_str()),
        ("den", "for the den")
    );
    let words = "for the den".to_owned();
    assert!(rig.effects.contains(&Effect::SaveDraft {
        server: HOME,
        room: room_id(2),
        words
    }));
}

#[test]
fn a_draft_of_an_earlier_run_is_there_once_its_room_is_known() {
    let mut rig = Rig::new(80, 24);
    rig.room(1, "lobby");
    rig.input(Input::Server(HOME, "home".to_owned()));
    rig.input(Input::Draft(HOME, room_id(1), "half a".to_owned()));
    rig.sign_in();
    assert_eq!(rig.draft(), "half a");
}

#[test]
fn giving_up_an_edit_brings_the_draft_back() {
    let mut rig = three_rooms();
    rig.press("first words<Enter>");
    rig.press("a draft<Alt-e>");
    assert_eq!(rig.draft(), "first words");
    rig.press(" changed<Esc>");
    assert_eq!(rig.draft(), "a draft");
    rig.press("<Alt-e>, better<Enter>");
    assert_eq!(rig.draft(), "a draft");
    assert!(
        rig.picture().contains("first words, better"),
        "{}",
        rig.picture()
    );
    assert!(rig.picture().contains("edited"));
}

#[test]
fn the_next_that_needs_one_is_a_mention_first() {
    let mut rig = three_rooms();
    rig.say(2, 2, "nothing for anybody");
    rig.say(3, 2, "@ann look");
    rig.press("<Alt-Down>");
    assert_eq!(rig.here(), "ops");
    rig.press("<Alt-Down>");
    assert_eq!(rig.here(), "den");
    rig.press("<Alt-Up>");
    assert_eq!(rig.here(), "ops");
    rig.press("<Alt-Down>");
    assert!(rig.picture().contains("Nothing is unread elsewhere."));
}

#[test]
fn reading_to_the_end_marks_it_read_and_leaves_the_line_new() {
    let mut rig = three_rooms();
    rig.say(2, 2, "one more");
    assert_eq!(rig.screen.state().elsewhere(), (1, 0));
    rig.press("<Ctrl-N>");
    let marks = |rig: &Rig| {
        rig.asked
            .iter()
            .filter(|r| matches!(r, Request::Mark(m) if m.seq == 2))
            .count()
    };
    assert_eq!(marks(&rig), 1);
    assert_eq!(rig.screen.state().current().unwrap().1.unread, 0);
    assert!(rig.picture().contains("─ new · 1 ─"), "{}", rig.picture());
    rig.later(60);
    rig.say(2, 2, "and one that is seen");
    assert!(rig.picture().contains("─ new · 1 ─"));
    rig.press("<Ctrl-P><Ctrl-N>");
    assert!(!rig.picture().contains("─ new"), "{}", rig.picture());
}

#[test]
fn without_the_focus_nothing_is_read() {
    let mut rig = three_rooms();
    rig.input(Input::Focus(false));
    rig.say(1, 2, "are you there?");
    assert_eq!(rig.screen.state().current().unwrap().1.unread, 1);
    assert!(rig.picture().contains("─ new · 1 ─"));
    rig.input(Input::Focus(true));
    assert_eq!(rig.screen.state().current().unwrap().1.unread, 0);
    assert!(rig.picture().contains("─ new · 1 ─"));
}

#[test]
fn a_mention_rings_and_tells_and_stands_in_the_title() {
    let mut rig = three_rooms();
    rig.say(3, 2, "@ann look\u{1b}[2J");
    assert!(rig.effects.contains(&Effect::Bell));
    let told = rig.effects.iter().find_map(|effect| match effect {
        Effect::Notify { title, body } => Some((title.as_str(), body.as_str())),
        _ => None,
    });
    assert_eq!(told, Some(("olga in ops", "@ann look[U+001B][2J")));
    let title = rig.effects.iter().rev().find_map(|effect| match effect {
        Effect::Title(title) => Some(title.as_str()),
        _ => None,
    });
    assert_eq!(title, Some("(1 @) lobby · snug"));
}

#[test]
fn a_long_paste_is_one_question() {
    let mut rig = three_rooms();
    let pasted = (0..500)
        .map(|n| format!("line {n}"))
        .collect::<Vec<_>>()
        .join("\r\n");
    rig.press("draft ");
    rig.input(Input::Paste(pasted.clone()));
    insta::assert_snapshot!("paste_100x30", rig.picture());
    rig.press("<Esc>");
    assert_eq!(rig.draft(), "draft ");
    assert!(sends(&rig, 1).is_empty());
    rig.input(Input::Paste(pasted.clone()));
    rig.press("1");
    assert_eq!(sends(&rig, 1), [pasted.replace("\r\n", "\n")]);
    rig.input(Input::Paste("a\nb\n\nc\nd\n".to_owned()));
    rig.press("n");
    assert_eq!(sends(&rig, 1)[1..], ["a", "b", "c", "d"]);
    rig.input(Input::Paste("one line\n".to_owned()));
    assert_eq!(rig.draft(), "draft one line");
}

#[test]
fn a_message_under_the_cursor_is_answered_edited_deleted_and_copied() {
    let mut rig = three_rooms();
    rig.press("mine<Enter><Alt-k><Alt-k>r");
    assert!(rig.picture().contains("replying to olga"));
    rig.press("yes<Enter>");
    assert!(
        rig.picture().contains("↳ olga: first in 1"),
        "{}",
        rig.picture()
    );
    rig.press("<Alt-k><Alt-k>e!<Enter>");
    assert!(rig.picture().contains("mine!"), "{}", rig.picture());
    rig.press("<Alt-k><Alt-k>y");
    assert!(
        rig.effects.contains(&Effect::Copy("mine!".to_owned())),
        "{:?}",
        rig.effects
    );
    rig.press("<Alt-k><Alt-k>d");
    assert!(rig.picture().contains("Delete this message?"));
    rig.press("y");
    assert!(rig.picture().contains("deleted"), "{}", rig.picture());
    rig.press("<Alt-k><Alt-k><Alt-k>e");
    assert!(
        rig.picture().contains("Only its author"),
        "{}",
        rig.picture()
    );
}

#[test]
fn a_link_is_opened_and_nothing_else() {
    let mut rig = three_rooms();
    rig.say(1, 2, "see https://example.org/a?b and javascript:alert(1)");
    rig.press("<Alt-k>o");
    let opened: Vec<_> = rig
        .effects
        .iter()
        .filter(|e| matches!(e, Effect::Open(_)))
        .collect();
    assert_eq!(
        opened,
        [&Effect::Open("https://example.org/a?b".to_owned())]
    );
}

#[test]
fn an_error_stands_until_the_next_key() {
    let mut rig = three_rooms();
    rig.press("mine<Enter>");
    rig.refuse = Some(Refusal::from(snug_proto::ErrorCode::NotYours));
    rig.press("<Alt-e>x<Enter>");
    assert!(
        rig.picture()
            .contains("! Only the author may change that message.")
    );
    rig.press("a");
    assert!(!rig.picture().contains("! Only the author"));
}

#[test]
fn who_is_here_follows_what_is_told() {
    let mut rig = Rig::new(120, 20);
    rig.room(1, "lobby");
    rig.person(2, true);
    rig.person(3, false);
    rig.sign_in();
    assert!(rig.picture().contains("HERE 1 of 12"), "{}", rig.picture());
    let presence = Presence {
        room: "lobby".to_owned(),
        room_id: room_id(1),
        subject: subject(3),
        online: true,
        reason: None,
    };
    rig.input(Input::Event(HOME, Box::new(Event::Presence(presence))));
    let away = IsAway {
        subject: subject(2),
        text: Some("lunch".to_owned()),
    };
    rig.input(Input::Event(HOME, Box::new(Event::Away(away))));
    let picture = rig.picture();
    assert!(picture.contains("HERE 2 of 12"), "{picture}");
    assert!(
        picture.contains(&format!("● {}      away", name(2))),
        "{picture}"
    );
}

#[test]
fn the_mouse_chooses_rooms_and_messages_and_is_never_needed() {
    let mut rig = three_rooms();
    let press = |column, row| {
        Input::Mouse(Mouse {
            kind: MouseKind::Press,
            column,
            row,
        })
    };
    rig.input(press(3, 3));
    assert_eq!(rig.here(), "den");
    let line = rig
        .picture()
        .lines()
        .position(|line| line.contains("first in 2"))
        .unwrap();
    rig.input(press(40, u16::try_from(line).unwrap()));
    rig.press("r");
    assert!(rig.picture().contains("replying to olga"));
}

#[test]
fn a_room_that_one_is_put_out_of_is_gone_and_the_words_are_not() {
    let mut rig = three_rooms();
    rig.press("/den<Enter>half a sentence");
    let mut message = rig.message(2, 2, "");
    message.place.seq = 2;
    let kicked = snug_proto::Sanctioned {
        place: message.place,
        author: message.author,
        subject: Box::new(subject(ME)),
        until: None,
        reason: Some("spam".to_owned()),
        by_server: false,
    };
    rig.input(Input::Event(HOME, Box::new(Event::Kicked(kicked))));
    assert_eq!(rig.here(), "lobby");
    assert!(
        rig.picture().contains("olga kicked ann: spam"),
        "{}",
        rig.picture()
    );
    rig.press("<Up>");
    assert_eq!(rig.draft(), "half a sentence");
}

#[test]
fn what_was_missed_is_told_again_and_changes_nothing_that_is_known() {
    let mut rig = three_rooms();
    rig.press("/den<Enter>");
    // One left and came back while away: the list has the room, the log tells of both.
    let mut place = rig.message(2, ME, "").place;
    place.seq = 1;
    let left = snug_proto::Membership {
        place,
        subject: subject(ME),
        quit: false,
        reason: None,
    };
    rig.input(Input::Event(HOME, Box::new(Event::Left(left))));
    assert_eq!(rig.here(), "den");
}

#[test]
fn a_hole_is_read_when_it_is_looked_at_and_a_place_is_kept() {
    let mut rig = three_rooms();
    for n in 0..60 {
        rig.say(1, 2, &format!("message {n}"));
    }
    rig.press("<PageUp>");
    let place = rig.picture();
    rig.online = false;
    for n in 60..400 {
        rig.say(1, 2, &format!("message {n}"));
    }
    rig.online = true;
    let hole = snug_screen::Hole {
        room: room_id(1),
        after: 61,
        to: 401,
        readable: true,
    };
    rig.input(Input::Hole(HOME, hole));
    let words = |picture: &str| -> Vec<String> {
        picture
            .lines()
            .filter(|line| line.contains("message "))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(words(&rig.picture()), words(&place));
    rig.press("<Esc>");
    assert!(rig.picture().contains("message 399"), "{}", rig.picture());
    rig.press("<PageUp><PageUp><PageUp><PageUp><PageUp><PageUp>");
    assert!(rig.picture().contains("message 2"), "{}", rig.picture());
}

#[test]
fn a_hit_is_shown_amid_its_history_and_esc_goes_back_to_exactly_where_one_was() {
    let mut rig = three_rooms();
    for n in 0..600 {
        rig.say(2, 2, &format!("message {n} of the den"));
        rig.say(1, 2, &format!("message {n} of the lobby"));
    }
    rig.press("<PageUp><PageUp>");
    let place = rig.picture();
    let show = |rig: &mut Rig, n: u8, seq: u64| {
        let deed = || vec![snug_screen::overlay::Deed::Show(HOME, room_id(n), seq)];
        let choice = snug_screen::overlay::Choice {
            key: 'x'.into(),
            label: "hit".to_owned(),
            deeds: deed(),
        };
        let question =
            snug_screen::overlay::Question::new("hits".to_owned(), Vec::new(), vec![choice]);
        rig.screen.lay_over(Box::new(question));
        rig.press("x");
    };
    show(&mut rig, 2, 100);
    let picture = rig.picture();
    let at = picture
        .lines()
        .position(|line| line.contains("message 98 of the den"))
        .unwrap();
    assert!((8..20).contains(&at), "{at} {picture}");
    show(&mut rig, 1, 50);
    assert!(
        rig.picture().contains("message 48 of the lobby"),
        "{}",
        rig.picture()
    );
    rig.press("<Esc>");
    assert_eq!(rig.picture(), place);
}

#[test]
fn what_is_told_before_the_history_is_there_stands_after_it() {
    let mut rig = Rig::new(80, 20);
    rig.room(1, "lobby");
    for n in 0..30 {
        rig.say(1, 2, &format!("message {n}"));
    }
    rig.sign_in();
    rig.input(Input::Restarted(HOME, room_id(1)));
    let lines = vec!["one line".to_owned(), "and another".to_owned()];
    rig.input(Input::Said(HOME, Some(room_id(1)), lines));
    let picture = rig.picture();
    let at = |words: &str| {
        picture
            .lines()
            .position(|line| line.contains(words))
            .unwrap()
    };
    assert!(at("one line") > at("message 29"), "{picture}");
}

#[test]
fn what_was_missed_stands_below_the_line_and_is_marked_once_it_has_come() {
    let mut rig = three_rooms();
    rig.lose();
    rig.say(1, 2, "one that was missed");
    rig.say(1, 2, "@ann and another");
    rig.rooms.get_mut(&1).unwrap().mentions = 1;
    rig.asked.clear();
    rig.effects.clear();
    rig.sign_in();
    assert!(rig.effects.contains(&Effect::Bell));
    let marks = |rig: &Rig| rig.asked.iter().any(|r| matches!(r, Request::Mark(_)));
    assert!(!marks(&rig));
    for event in rig.rooms[&1].log.clone().into_iter().skip(1) {
        rig.input(Input::Event(HOME, Box::new(event)));
    }
    let picture = rig.picture();
    assert!(picture.contains("─ new · 2 ─"), "{picture}");
    assert!(marks(&rig), "{:?}", rig.asked);
    assert_eq!(
        rig.effects
            .iter()
            .filter(|effect| **effect == Effect::Bell)
            .count(),
        1
    );
}

#[test]
fn what_waits_is_kept_with_the_draft_until_it_is_acknowledged() {
    let mut rig = three_rooms();
    rig.lose();
    rig.press("one<Enter>two<Enter>a draft<Ctrl-N>");
    let kept = |rig: &Rig| {
        let mut effects = rig.effects.iter().rev();
        effects.find_map(|effect| match effect {
            Effect::SaveDraft { room, words, .. } if *room == room_id(1) => Some(words.clone()),
            _ => None,
        })
    };
    assert_eq!(kept(&rig).as_deref(), Some("one\ntwo\na draft"));
    rig.sign_in();
    assert_eq!(kept(&rig).as_deref(), Some("a draft"));
    // As after a restart: it stands in the input, and goes nowhere by itself.
    let mut rig = three_rooms();
    rig.input(Input::Draft(
        HOME,
        room_id(1),
        "one\ntwo\na draft".to_owned(),
    ));
    assert_eq!(rig.draft(), "one\ntwo\na draft");
    assert!(sends(&rig, 1).is_empty());
}

#[test]
fn a_screen_can_be_sent_to_another_thread() {
    const fn is_send<T: Send>() {}
    is_send::<snug_screen::Screen>();
    is_send::<Input>();
    is_send::<Effect>();
}

#[test]
fn in_the_room_that_is_shown_a_mention_rings_only_if_nobody_was_there_for_a_while() {
    let mut rig = three_rooms();
    rig.press("x");
    rig.effects.clear();
    rig.later(30);
    rig.say(1, 2, "@ann here");
    assert!(!rig.effects.contains(&Effect::Bell));
    rig.later(60);
    rig.say(1, 2, "@ann are you there?");
    assert!(rig.effects.contains(&Effect::Bell));
}

#[test]
fn a_command_before_any_room_is_known_is_typed_and_answered_in_full() {
    let mut rig = Rig::new(80, 24);
    rig.input(Input::Server(HOME, "home".to_owned()));
    rig.press("/server<Enter>");
    let asked = rig.effects.iter().find_map(|effect| match effect {
        Effect::Command { room, line, .. } => Some((*room, line.clone())),
        _ => None,
    });
    assert_eq!(asked, Some((None, "/server".to_owned())));
    assert_eq!(rig.draft(), "");
    // One sentence, and several.
    let sentence = "!! There is no connection just now. It is being tried again by itself.";
    rig.input(Input::Said(HOME, None, vec![sentence.to_owned()]));
    assert!(
        rig.picture().contains("There is no connection"),
        "{}",
        rig.picture()
    );
    let lines = ["-- the first", "snug join snug://x", "-- the last"];
    let lines: Vec<String> = lines.map(str::to_owned).to_vec();
    rig.input(Input::Said(HOME, None, lines));
    for line in ["the first", "snug join snug://x", "the last"] {
        assert!(rig.picture().contains(line), "{line}\n{}", rig.picture());
    }
    rig.press("<Alt-y>");
    let copied = Effect::Copy("snug join snug://x".to_owned());
    assert!(rig.effects.contains(&copied));
}

#[test]
fn what_was_written_before_any_room_is_known_waits_and_goes_on_in_the_first_one() {
    let mut rig = Rig::new(80, 24);
    rig.input(Input::Server(HOME, "home".to_owned()));
    rig.press("hello<Enter>");
    assert!(
        rig.picture().contains("You are in no room yet"),
        "{}",
        rig.picture()
    );
    assert_eq!(rig.draft(), "hello");
    let told = vec!["-- one".to_owned(), "-- two".to_owned()];
    rig.input(Input::Said(HOME, None, told));
    rig.room(1, "lobby");
    rig.sign_in();
    assert_eq!(rig.draft(), "hello");
    assert!(rig.picture().contains("-- two"), "{}", rig.picture());
    assert!(sends(&rig, 1).is_empty());
    rig.press("<Enter>");
    assert_eq!(sends(&rig, 1), ["hello"]);
}

#[test]
fn a_sentence_above_the_input_is_shown_to_its_end_which_says_what_to_do() {
    for (width, height) in [(40, 12), (80, 24), (120, 40)] {
        let mut rig = Rig::new(width, height);
        rig.room(1, "lobby");
        rig.sign_in();
        let sentence = "!! There is no command /guests. /help lists the commands. (//guests says \
                        /guests as words.)";
        rig.input(Input::Said(HOME, None, vec![sentence.to_owned()]));
        assert!(rig.picture().contains("as words.)"), "{}", rig.picture());
        rig.press("x");
        assert!(!rig.picture().contains("as words.)"), "{}", rig.picture());
    }
}

#[test]
fn an_answer_that_is_taller_than_the_screen_says_how_one_sees_its_beginning() {
    let mut rig = three_rooms();
    let tall: Vec<String> = (1..=60).map(|n| format!("-- line {n}")).collect();
    rig.input(Input::Said(HOME, None, tall));
    let picture = rig.picture();
    assert!(picture.contains("PageUp, Shift-Up"), "{picture}");
    assert!(picture.contains("line 60"), "{picture}");
    let short = vec!["-- one".to_owned(), "-- two".to_owned()];
    rig.press("x");
    rig.input(Input::Said(HOME, None, short));
    assert!(!rig.picture().contains("PageUp"), "{}", rig.picture());
}

#[test]
fn a_lost_connection_says_why_in_a_room_and_before_any_room_is_known() {
    let why = "it cannot be reached: Connection refused";
    let lost = |rig: &mut Rig| {
        let link = Link::Retrying {
            at: snug_proto::Timestamp::from_ms(NOW + 4000),
            why: why.to_owned(),
        };
        rig.input(Input::Link(HOME, link));
        assert!(rig.picture().contains(why), "{}", rig.picture());
    };
    let mut rig = Rig::new(80, 24);
    rig.input(Input::Server(HOME, "home".to_owned()));
    lost(&mut rig);
    let mut rig = three_rooms();
    lost(&mut rig);
    rig.sign_in();
    assert!(!rig.picture().contains(why), "{}", rig.picture());
}
