//! Words on the raw wire, a test a specification, which it names. What the session has to know for it is
//! proved over the real server in `crates/testkit/tests/scenarios/irc_words.rs`.

use snug_proto::Manner;

use super::world::{Client, World};

/// What most clients here ask for.
const CAPS: &str = "message-tags echo-message batch labeled-response";

fn two(caps: &str, others: &str) -> (World, Client, Client) {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, mut bob) = (world.client("ann", caps), world.client("bob", others));
    ann.read();
    bob.read();
    (world, ann, bob)
}

/// The words of a line after its source.
fn after_source(line: &str) -> &str {
    let line = line.strip_prefix('@').map_or(line, |tagged| {
        tagged.split_once(' ').map_or(tagged, |(_, rest)| rest)
    });
    line.split_once(' ').map_or(line, |(_, rest)| rest)
}

fn tags(line: &str) -> Vec<&str> {
    let tagged = line.strip_prefix('@').and_then(|line| line.split_once(' '));
    tagged.map_or_else(Vec::new, |(tags, _)| tags.split(';').collect())
}

/// `IRCv3` labeled-response: ACK, one line, several in a batch.
#[test]
fn a_labeled_line_is_answered_by_one_response() {
    let (_world, mut ann, mut bob) = two(CAPS, CAPS);
    assert_eq!(ann.send("@label=a PONG x"), ["@label=a :snug.test ACK"]);
    assert_eq!(
        ann.send("@label=b NONSENSE"),
        ["@label=b :snug.test 421 ann NONSENSE :Unknown command"]
    );
    assert_eq!(
        ann.send("@label=c PING x"),
        ["@label=c :snug.test PONG snug.test :x"]
    );
    let seen = ann.send("@label=d JOIN #new");
    let first = seen.first().unwrap();
    assert_eq!(first, "@label=d :snug.test BATCH +l1 labeled-response");
    assert_eq!(seen.last().unwrap(), ":snug.test BATCH -l1");
    let inner = &seen[1..seen.len() - 1];
    assert!(inner.len() >= 3 && inner.iter().all(|line| tags(line).contains(&"batch=l1")));
    let echo = ann.send("@label=e PRIVMSG #lobby :hi");
    assert_eq!(echo.len(), 1);
    assert!(tags(&echo[0]).contains(&"label=e") && after_source(&echo[0]) == "PRIVMSG #lobby :hi");
    let heard = bob.read();
    assert!(
        heard.iter().all(|line| !line.contains("label=")),
        "{heard:#?}"
    );
    // Over its bound it is no label.
    let long = format!("@label={} PONG x", "a".repeat(65));
    assert!(ann.send(&long).is_empty());
}

/// A labeled line waits for what was asked before it, and its answer holds nothing of that.
#[test]
fn a_labeled_line_waits_its_turn() {
    let (_world, mut ann, _bob) = two(CAPS, "");
    ann.session.hold_answers();
    ann.give(b"PRIVMSG #lobby :first");
    ann.give(b"@label=x PRIVMSG #lobby :second");
    assert!(!ann.front.wants_input());
    let mut seen = ann.read();
    ann.session.release();
    seen.extend(ann.read());
    let labels: Vec<_> = seen
        .iter()
        .map(|line| tags(line).contains(&"label=x"))
        .collect();
    let words: Vec<_> = seen.iter().map(|line| after_source(line)).collect();
    assert_eq!(words, ["PRIVMSG #lobby :first", "PRIVMSG #lobby :second"]);
    assert_eq!(labels, [false, true]);
    assert!(ann.front.wants_input());
}

/// `IRCv3` labeled-response: to oneself the echo is labeled and the delivery is not.
#[test]
fn what_one_tells_oneself_comes_once_with_its_label_and_once_without() {
    let (_world, mut ann, _bob) = two(CAPS, "");
    let seen = ann.send("@label=x PRIVMSG ann :note");
    let labels: Vec<_> = seen
        .iter()
        .map(|line| tags(line).contains(&"label=x"))
        .collect();
    assert_eq!(labels, [true, false], "{seen:#?}");
    assert!(
        seen.iter()
            .all(|line| after_source(line) == "PRIVMSG ann :note")
    );
}

/// RFC 2812 §3.3.2, `IRCv3` message-tags: a notice stays one, and client tags go to those who know tags.
#[test]
fn a_notice_and_its_tags_arrive_as_they_were_sent() {
    let (world, mut ann, mut bob) = two("message-tags", "message-tags");
    let mut cat = world.client("bob", "");
    cat.read();
    ann.send(r"@+a=b\:c;+d;e=f;label=x NOTICE #lobby :hi");
    let heard = bob.read();
    assert_eq!(after_source(&heard[0]), "NOTICE #lobby :hi");
    assert_eq!(tags(&heard[0])[1..], [r"+a=b\:c", "+d"]);
    assert_eq!(cat.read(), [":ann!u@snug.test NOTICE #lobby :hi"]);
    let manner = world.manner("lobby", 1).unwrap();
    assert!(manner.notice && manner.tags.len() == 2);
}

/// `IRCv3` multiline: a batch becomes one body with its cuts, and goes out as it came in.
#[test]
fn several_lines_are_one_message_and_keep_their_cuts() {
    let caps = &format!("{CAPS} draft/multiline");
    let (world, mut ann, mut bob) = two(caps, caps);
    let mut plain = world.client("bob", "");
    plain.read();
    for line in [
        "@label=x BATCH +1 draft/multiline #lobby",
        "@batch=1 PRIVMSG #lobby hello",
        "@batch=1 PRIVMSG #lobby :how is ",
        "@batch=1;draft/multiline-concat PRIVMSG #lobby :everyone?",
    ] {
        assert!(ann.send(line).is_empty(), "{line}");
    }
    let echo = ann.send("BATCH -1");
    assert_eq!(world.bodies("lobby"), ["hello\nhow is everyone?"]);
    let manner = world.manner("lobby", 1).unwrap();
    assert_eq!(
        manner,
        Manner {
            joints: vec![13],
            ..Manner::default()
        }
    );
    let words: Vec<_> = echo.iter().map(|line| after_source(line)).collect();
    assert_eq!(
        words,
        [
            "BATCH +m1 draft/multiline #lobby",
            "PRIVMSG #lobby :hello",
            "PRIVMSG #lobby :how is ",
            "PRIVMSG #lobby :everyone?",
            "BATCH -m1"
        ]
    );
    assert!(tags(&echo[0]).contains(&"label=x"));
    assert_eq!(tags(&echo[3]), ["batch=m1", "draft/multiline-concat"]);
    assert_eq!(bob.read().len(), 5);
    let fallback = plain.read();
    assert_eq!(fallback.len(), 3);
    assert!(
        fallback
            .iter()
            .all(|line| line.starts_with(":ann!u@snug.test PRIVMSG #lobby :"))
    );
}

/// `IRCv3` multiline, "Errors".
#[test]
fn several_lines_that_do_not_fit_together_are_refused_at_once() {
    let (world, mut ann, _bob) = two(&format!("{CAPS} draft/multiline"), "");
    for (line, code) in [
        ("@batch=2 PRIVMSG #lobby :x", "MULTILINE_INVALID"),
        (
            "@batch=1 PRIVMSG #other :x",
            "MULTILINE_INVALID_TARGET #lobby #other",
        ),
        (
            "@batch=1;draft/multiline-concat PRIVMSG #lobby :x",
            "MULTILINE_INVALID",
        ),
        ("@batch=1 JOIN #lobby", "MULTILINE_INVALID"),
        ("BATCH -1", "MULTILINE_INVALID"),
        ("BATCH -2", "MULTILINE_INVALID"),
    ] {
        ann.send("BATCH +1 draft/multiline #lobby");
        let seen = ann.send(line);
        let expected = format!(":snug.test FAIL BATCH {code} :");
        assert!(
            seen.len() == 1 && seen[0].starts_with(&expected),
            "{line}: {seen:#?}"
        );
        ann.send("BATCH -1");
    }
    assert!(world.bodies("lobby").is_empty());
}

/// `IRCv3` chathistory: errors, and an empty batch where there is nothing.
#[test]
fn history_that_cannot_be_asked_for_so_is_refused() {
    let (_world, mut ann, _bob) = two(&format!("{CAPS} draft/chathistory"), "");
    for (asked, code) in [
        ("", "NEED_MORE_PARAMS"),
        ("LATEST #lobby", "NEED_MORE_PARAMS LATEST"),
        ("LATEST #lobby * x", "INVALID_PARAMS LATEST"),
        ("LATEST #lobby day=1 5", "INVALID_MSGREFTYPE LATEST #lobby"),
        ("AFTER #lobby msgid=x 5", "MESSAGE_ERROR AFTER #lobby"),
        ("TARGETS * * 5", "INVALID_PARAMS TARGETS"),
        ("LATEST #nowhere * 5", "INVALID_TARGET LATEST #nowhere"),
    ] {
        let seen = ann.send(&format!("CHATHISTORY {asked}"));
        let expected = format!(":snug.test FAIL CHATHISTORY {code} :");
        assert!(
            seen.len() == 1 && seen[0].starts_with(&expected),
            "{asked}: {seen:#?}"
        );
    }
    assert_eq!(
        ann.send("@label=x CHATHISTORY LATEST #lobby * 5"),
        [
            "@label=x :snug.test BATCH +h1 chathistory #lobby",
            ":snug.test BATCH -h1"
        ]
    );
}

/// `IRCv3` chathistory: pages are turned until there are as many messages as were asked for.
#[test]
fn history_is_read_page_by_page() {
    let (world, mut ann, _bob) = two(&format!("{CAPS} draft/chathistory"), "");
    for number in 0..450 {
        world.say("bob", "lobby", &format!("{number}"));
        world.delete("bob", "lobby", number);
    }
    ann.read();
    for (asked, first, last) in [
        ("LATEST #lobby * 100", "350", "449"),
        ("LATEST #lobby * 1000", "350", "449"),
        ("LATEST #lobby * 3", "447", "449"),
    ] {
        let seen = ann.send(&format!("CHATHISTORY {asked}"));
        let words: Vec<_> = seen.iter().map(|line| after_source(line)).collect();
        assert_eq!(words[1], format!("PRIVMSG #lobby :{first}"), "{asked}");
        assert_eq!(words[words.len() - 2], format!("PRIVMSG #lobby :{last}"));
    }
}

/// `IRCv3` utf8-only, with the command and the label as far as they could be read.
#[test]
fn what_is_not_utf_8_fails_by_the_name_of_its_command() {
    let (world, mut ann, _bob) = two(CAPS, "");
    ann.give(b"@label=x PRIVMSG #lobby hi\xaa");
    let seen = ann.read();
    assert_eq!(seen.len(), 1);
    assert!(
        seen[0].starts_with("@label=x :snug.test FAIL PRIVMSG INVALID_UTF8 :"),
        "{seen:#?}"
    );
    assert!(world.bodies("lobby").is_empty());
}

/// RFC 2812 §3.2.1: whoever joins first makes the channel, and whoever comes at the same time is in it.
#[test]
fn a_channel_that_another_makes_first_is_joined() {
    let world = World::new(&["ann", "another"]);
    let mut ann = world.client("ann", "labeled-response batch");
    ann.read();
    world.make_the_next_room_first();
    let seen = ann.send("@label=j JOIN #new");
    assert!(
        seen[0].ends_with(" BATCH +l1 labeled-response"),
        "{seen:#?}"
    );
    assert_eq!(after_source(&seen[1]), "JOIN #new");
    assert!(seen.iter().any(|line| line.contains(" 366 ")), "{seen:#?}");
    assert_eq!(world.members("new").len(), 2);
    assert!(!seen.iter().any(|line| line.contains(" 437 ")), "{seen:#?}");
}
