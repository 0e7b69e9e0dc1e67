//! What strangers may try: lines that are no lines, words that want to be lines, every refusal.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not there fails the test"
)]

mod world;

use proptest::prelude::*;
use snug_irc::line::Line;
use snug_proto::{ErrorCode, Event, Notice};
use world::World;

#[test]
fn nothing_that_was_said_can_begin_a_line_of_its_own() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = world.client("bob", "message-tags server-time account-tag extended-join");
    let attack = "x\r\nQUIT :gone\0\r:ann!u@h NICK eve\n\u{1}ACTION";
    world.say("ann", "lobby", attack);
    world.edit("ann", "lobby", 1, attack);
    world.tell_all(Event::Notice(Notice {
        text: attack.to_owned(),
    }));
    let seen = bob.read();
    assert!(seen.len() >= 3);
    for line in &seen {
        let command = line
            .split(' ')
            .find(|word| word.chars().all(|c| c.is_ascii_uppercase()));
        assert!(matches!(command, Some("PRIVMSG" | "NOTICE")), "{line:?}");
    }
}

#[test]
fn names_from_a_hostile_server_stay_one_word() {
    let world = World::new(&["ann", "e\r\nQUIT x", ":e f"]);
    let mut ann = world.client("ann", "account-tag extended-join message-tags");
    for name in ["e\r\nQUIT x", ":e f"] {
        world.say(name, "lobby", "hi");
        world.presence(name, "lobby", true);
        world.presence(name, "lobby", false);
    }
    let seen = ann.read();
    assert_eq!(seen.len(), 6, "{seen:#?}");
    assert!(
        seen.iter().all(|line| line.contains("!u@snug.test ")),
        "{seen:#?}"
    );
}

#[test]
fn every_refusal_is_one_line_for_every_command() {
    let world = World::new(&["ann"]);
    world.room("den", &["ann"], None);
    for caps in ["", "standard-replies"] {
        let mut ann = world.client("ann", caps);
        for code in ErrorCode::ALL {
            world.refuse_with(Some(*code));
            for line in [
                "PRIVMSG #den :x",
                "PRIVMSG ann :x",
                "PART #den",
                "JOIN #other",
            ] {
                let seen = ann.send(line);
                assert_eq!(seen.len(), 1, "{code} {line}: {seen:?}");
                assert!(
                    seen[0].ends_with(code.sentence()),
                    "{code} {line}: {seen:?}"
                );
            }
            assert_eq!(ann.send("LIST").len(), 3);
            world.refuse_with(None);
        }
    }
}

#[test]
fn lines_that_are_none_are_answered_and_change_nothing() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "standard-replies");
    for (line, answer) in [
        (
            &b"PRIVMSG #lobby :\xff\xfe"[..],
            Some(" FAIL PRIVMSG INVALID_UTF8 "),
        ),
        (b"PRIVMSG #lobby :a\0b", Some(" FAIL * BAD_LINE ")),
        (b"PRIVMSG #lobby :a\rb", Some(" FAIL * BAD_LINE ")),
        (b":ann", Some(" FAIL * BAD_LINE ")),
        (&[b'x'; 600], Some(" 417 ann ")),
        (b"", None),
        (b"   ", None),
        (b"\r\n", None),
    ] {
        ann.give(line);
        let seen = ann.read();
        match answer {
            Some(answer) => assert!(seen.len() == 1 && seen[0].contains(answer), "{seen:?}"),
            None => assert!(seen.is_empty()),
        }
    }
    let tags = format!("@{} PRIVMSG #lobby :x", "a".repeat(4095));
    assert!(ann.send(&tags)[0].contains(" 417 ann "));
    assert!(world.bodies("lobby").is_empty());
    let tags = format!("@{} PRIVMSG #lobby :x", "a".repeat(4094));
    assert!(ann.send(&tags).is_empty());
    assert_eq!(world.bodies("lobby"), ["x"]);
}

/// modern.ircdocs.horse, "Message Format": a line is 512 bytes, and its tags at most 8,191. One of over 16 KiB
/// is no client's, and ends the connection, tags or none.
#[test]
fn a_line_of_more_than_16_kib_ends_the_connection_and_reaches_nobody() {
    for caps in ["", "message-tags"] {
        let world = World::new(&["ann"]);
        let mut ann = world.client("ann", caps);
        let longest = format!("PRIVMSG #lobby :{}", "a".repeat(16 * 1024 - 16));
        assert!(ann.send(&longest)[0].contains(" 417 ann "), "{caps}");
        let seen = ann.send(&format!("{longest}a"));
        assert!(
            seen.len() == 1 && seen[0].starts_with("ERROR :"),
            "{seen:?}"
        );
        assert!(!ann.front.wants_input());
        assert!(world.bodies("lobby").is_empty());
    }
}

fn command() -> impl Strategy<Value = String> {
    let words = [
        "CAP",
        "LS",
        "REQ",
        "END",
        "AUTHENTICATE",
        "PLAIN",
        "+",
        "*",
        "PASS",
        "NICK",
        "USER",
        "PING",
        "PRIVMSG",
        "NOTICE",
        "JOIN",
        "PART",
        "NAMES",
        "TOPIC",
        "MODE",
        "LIST",
        "WHO",
        "WHOIS",
        "USERHOST",
        "LUSERS",
        "VERSION",
        "#lobby",
        "#den",
        "#",
        "ann",
        "bob",
        "0",
        "+b",
        "#a,#b,#c",
        "ann,#lobby",
        "\u{1}ACTION x\u{1}",
        ":",
        ":x y",
        "@a=b",
        "\u{1f37a}",
        "",
    ];
    let word = prop_oneof![
        4 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        1 => "\\PC{0,40}",
    ];
    proptest::collection::vec(word, 0..6).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn the_parser_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Line::parse(&bytes);
    }

    #[test]
    fn a_message_is_read_back_as_it_was_made(
        command in "[A-Z]{1,8}",
        middles in proptest::collection::vec("[^ :\r\n\0][^ \r\n\0]{0,8}", 0..6),
        trailing in "[^\r\n\0]{0,40}",
        value in "[^\0]{0,20}",
    ) {
        let escaped = value.replace('\\', "\\\\").replace(';', "\\:").replace(' ', "\\s")
            .replace('\r', "\\r").replace('\n', "\\n");
        let middle = middles.join(" ") + if middles.is_empty() { "" } else { " " };
        let text = format!("@k={escaped} :ann!u@h {command} {middle}:{trailing}\r\n");
        let line = Line::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(&line.tags, &[("k", value.into())]);
        prop_assert_eq!(line.source, Some("ann!u@h"));
        prop_assert_eq!(line.command, command);
        let params: Vec<&str> = middles.iter().map(String::as_str).chain([trailing.as_str()]).collect();
        prop_assert_eq!(line.params, params);
    }

    #[test]
    fn whatever_a_client_sends_gets_whole_lines_back(lines in proptest::collection::vec(command(), 0..40)) {
        let world = World::new(&["ann", "bob"]);
        let mut ann = world.client("ann", "message-tags batch");
        let mut stranger = world::Client::new(world.session());
        for line in &lines {
            // `Client::read` checks every line that comes.
            ann.send(line);
            if !stranger.closed {
                stranger.send(line);
            }
        }
        let seen = ann.send("PING end");
        prop_assert_eq!(seen.last().map(String::as_str), Some(":snug.test PONG snug.test :end"));
    }
}
