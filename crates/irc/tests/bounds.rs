//! What a peer or an event can make one connection hold: bounded, whoever they are (FEATURES P6).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not there fails the test"
)]

mod world;

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use snug_irc::{MAX_MESSAGE_LINES, MAX_OUTPUT_BYTES, State};
use snug_proto::{
    AccountId, Author, Delivery, Event, Message, Place, Timestamp, limits::MAX_BODY_BYTES,
};
use world::{Client, World};

/// The message that is most lines for its bytes.
fn many_lines() -> String {
    "a\n".repeat(MAX_BODY_BYTES / 2)
}

/// What a driver gets that asks once and cannot write: this is all that is ever encoded for a reader
/// that does not read.
fn one_output(client: &mut Client) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    let polled = client.front.poll_output(&mut context, &mut bytes);
    assert_ne!(polled, Poll::Ready(State::Closing));
    assert!(bytes.len() <= MAX_OUTPUT_BYTES, "{} bytes", bytes.len());
    bytes
}

/// All that is there, asked for as a driver does that writes each output before the next.
fn all_outputs(client: &mut Client) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let bytes = one_output(client);
        if bytes.is_empty() {
            return seen;
        }
        seen.extend(world::lines(&bytes));
    }
}

fn count(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

#[test]
fn p6_a_reader_that_never_reads_holds_a_bounded_output() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = world.client("bob", "message-tags server-time account-tag");
    // As much as an engine's outbox holds, of the longest message and of the one that is most lines.
    for _ in 0..15 {
        world.say("ann", "lobby", &many_lines());
    }
    for _ in 0..700 {
        world.say("ann", "lobby", &"a\n".repeat(MAX_MESSAGE_LINES));
    }
    assert!(!one_output(&mut bob).is_empty());
}

#[test]
fn p6_what_did_not_fit_comes_in_order_and_before_the_answer_that_follows_it() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = world.client("bob", "echo-message");
    for number in 0..15 {
        world.say("ann", "lobby", &format!("{number}\n{}", "x\n".repeat(40)));
        let long = "y".repeat(MAX_BODY_BYTES);
        world.say("ann", "lobby", &long);
    }
    bob.give(b"PRIVMSG #lobby :mine");
    bob.give(b"PING end");
    let seen = all_outputs(&mut bob);
    let words: Vec<_> = seen
        .iter()
        .map(|line| line.split_once(" :").unwrap().1)
        .filter(|words| !words.starts_with(['x', 'y']))
        .collect();
    let mut expected: Vec<_> = (0..15).map(|number| number.to_string()).collect();
    expected.extend(["mine".to_owned(), "end".to_owned()]);
    assert_eq!(words, expected);
    assert_eq!(count(&seen, " :x"), 15 * 40);
    assert!(bob.front.wants_input());
}

#[test]
fn p6_a_message_of_too_many_lines_is_cut_with_a_sentence_live_and_in_replay() {
    let world = World::new(&["ann", "bob"]);
    world.say("ann", "lobby", &many_lines());
    world.edit("ann", "lobby", 1, &many_lines());
    let mut bob = Client::new(world.session());
    let replayed = bob.sign_in("bob", "batch message-tags server-time");
    world.say("ann", "lobby", &many_lines());
    let live = bob.read();
    let more = MAX_BODY_BYTES / 2 - MAX_MESSAGE_LINES;
    for (seen, cuts) in [(replayed, 2), (live, 1)] {
        let said = seen
            .iter()
            .filter(|line| line.ends_with(" PRIVMSG #lobby :a"));
        assert_eq!(said.count(), MAX_MESSAGE_LINES);
        let sentence = format!(
            ":ann!u@snug.test NOTICE #lobby :* {more} more lines of this message are not shown here; any Snug client shows them."
        );
        assert_eq!(count(&seen, &sentence), cuts, "{:?}", seen.last());
    }
    world.say("ann", "lobby", &"b\n".repeat(MAX_MESSAGE_LINES));
    assert_eq!(bob.read().len(), MAX_MESSAGE_LINES);
    world.say("ann", "lobby", &"b\n".repeat(MAX_MESSAGE_LINES + 1));
    assert!(
        bob.read()
            .last()
            .unwrap()
            .contains(":* 1 more line of this message is not shown here;")
    );
}

#[test]
fn p6_lines_that_outweigh_their_words_are_not_kept_for_those_who_are_behind() {
    let world = World::new(&["ann", "bob"]);
    let mut readers = [
        world.client("bob", ""),
        world.client("bob", "extended-join"),
        world.client("bob", "account-tag"),
    ];
    for (seq, body, kept) in [(1, "one line", 2), (2, "two\nlines", 0)] {
        let place = Place {
            room: "lobby".to_owned(),
            room_id: world.room_id("lobby"),
            seq,
            at: Timestamp::from_ms(0),
            direct: false,
        };
        let author = Author {
            from: "ann".to_owned(),
            from_id: AccountId::from_bytes([9; 16]),
            from_display: None,
            from_worn: None,
            bot: false,
            from_guest: false,
        };
        let delivery = Arc::new(Delivery::new(Event::Message(Message {
            manner: None,
            place,
            author,
            body: body.to_owned(),
            deleted: false,
            reply_to: None,
            quote: None,
            mentions: Vec::new(),
        })));
        world.deliver_all(&delivery);
        for reader in &mut readers {
            assert!(reader.read().last().unwrap().contains(" PRIVMSG #lobby :"));
        }
        let made = |key| {
            let bytes = delivery.encoded(key, |_| b"made now".to_vec());
            *bytes != b"made now"[..]
        };
        assert_eq!((0..1024).filter(|key| made(*key)).count(), kept, "{body:?}");
    }
}

#[test]
fn p6_a_client_that_asks_and_never_reads_is_read_no_further() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "");
    let mut stranger = Client::new(world.session());
    let asked = [&b"VERSION"[..], b"WHO #nowhere", b"\xff"].map(|line| (line, true));
    let unasked = [&b"CAP LS"[..], b"x"].map(|line| (line, false));
    for (line, signed_in) in asked.into_iter().chain(unasked) {
        let client = if signed_in { &mut ann } else { &mut stranger };
        let mut given = 0;
        while client.front.wants_input() {
            client.front.line(line);
            given += 1;
            assert!(given < 10_000, "{line:?} is wanted for ever");
        }
        one_output(client);
        assert!(client.front.wants_input(), "written, so it goes on");
        assert!(all_outputs(client).is_empty());
    }
}

#[test]
fn p6_lists_of_many_people_and_rooms_come_in_bounded_portions() {
    let names: Vec<String> = (0..2000)
        .map(|n| format!("p{n:04}{}", "\u{e9}".repeat(27)))
        .collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("ann");
    let world = World::new(&all);
    let room = "\u{e9}".repeat(47);
    world.room(&room, &all, None);
    for n in 0..600 {
        world.room(&format!("{n:03}{}", "\u{e9}".repeat(44)), &[], None);
    }
    world.page_sizes(370, 200);
    let mut ann = Client::new(world.session());
    ann.sign_in("ann", "");
    for (line, part, lines, end) in [
        (format!("WHO #{room}"), " 352 ", 2001, " 315 "),
        ("LIST".to_owned(), " 322 ", 602, " 323 "),
    ] {
        ann.give(line.as_bytes());
        let seen = all_outputs(&mut ann);
        assert_eq!(count(&seen, part), lines);
        assert!(seen.last().unwrap().contains(end));
        assert!(ann.front.wants_input());
    }
    ann.give(format!("NAMES #{room}").as_bytes());
    let seen = all_outputs(&mut ann);
    let shown = seen.iter().filter(|line| line.contains(" 353 "));
    let shown: usize = shown
        .map(|line| line.split(" :").nth(1).unwrap().split(' ').count())
        .sum();
    assert_eq!(shown, 2001);
}

#[test]
fn p6_a_line_of_a_hundred_rooms_is_done_one_after_the_other() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "");
    let rooms: Vec<String> = (0..100).map(|n| format!("#r{n:02}")).collect();
    ann.give(format!("JOIN {}", rooms.join(",")).as_bytes());
    assert!(!ann.front.wants_input(), "one such line at a time");
    let seen = all_outputs(&mut ann);
    assert_eq!(count(&seen, " JOIN #r"), 100);
    ann.give(format!("PART {}", rooms.join(",")).as_bytes());
    assert_eq!(count(&all_outputs(&mut ann), " PART #r"), 100);
    let targets = vec!["a"; 240].join(",");
    ann.give(format!("PRIVMSG {targets} :x").as_bytes());
    assert!(all_outputs(&mut ann)[0].contains(" 407 "));
}

#[test]
fn p6_a_sign_in_with_much_to_replay_is_written_in_bounded_portions() {
    let world = World::new(&["ann", "bob"]);
    for n in 0..2 {
        let room = format!("big{n:02}");
        world.room(&room, &["ann", "bob"], None);
        for _ in 0..50 {
            world.say("ann", &room, &many_lines());
        }
    }
    for n in 0..300 {
        let room = format!("small{n:03}");
        world.room(&room, &["ann", "bob"], None);
        world.say("ann", &room, "hi");
    }
    let mut bob = Client::new(world.session());
    for line in [
        "CAP REQ :batch message-tags server-time account-tag",
        "PASS bob:password",
        "NICK bob",
        "USER bob 0 * :bob",
        "CAP END",
    ] {
        bob.give(line.as_bytes());
        if line != "CAP END" {
            bob.read();
        }
    }
    // What is said meanwhile waits for its turn.
    let mut seen = world::lines(&one_output(&mut bob));
    world.say("ann", "big00", "the last word");
    seen.extend(all_outputs(&mut bob));
    assert_eq!(
        count(&seen, " PRIVMSG #big"),
        2 * 50 * MAX_MESSAGE_LINES + 1
    );
    assert_eq!(count(&seen, " PRIVMSG #small"), 300);
    assert_eq!(count(&seen, " BATCH +"), count(&seen, " BATCH -"));
    let last = |words: &str| seen.iter().rposition(|line| line.ends_with(words)).unwrap();
    assert!(last(" PRIVMSG #big00 :the last word") > last(" PRIVMSG #big00 :a"));
}

#[test]
fn a_person_is_looked_up_among_thousands_by_one_page() {
    let names: Vec<String> = (0..2000).map(|n| format!("p{n:04}")).collect();
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    all.push("ann");
    let world = World::new(&all);
    world.session().sign_in("p1999");
    let mut ann = world.client("ann", "");
    let before = world.requests();
    assert!(ann.send("WHOIS P1999")[0].contains(" 311 ann p1999 "));
    assert!(ann.send("WHOIS p1998")[0].contains(" 401 ann p1998 "));
    assert!(ann.send("WHO p1999")[0].contains(" 352 ann * "));
    assert_eq!(world.requests() - before, 3);
}
