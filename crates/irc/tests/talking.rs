//! Rooms and messages as an IRC client sees them: joins, words both ways, names, presence, replay.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not there fails the test"
)]

#[path = "talking/conformance.rs"]
mod conformance;
#[path = "talking/kinds.rs"]
mod kinds;
#[path = "talking/sharing.rs"]
mod sharing;
mod world;

use std::sync::Arc;

use snug_irc::{Capability, Caps};
use snug_proto::{AccountId, Delivery, Event, Gap, LogId, Notice, Presence, Rewound, Subject};
use world::World;

const TAGS: &str = "message-tags server-time account-tag";

#[test]
fn a_message_reaches_the_others_and_is_not_echoed() {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, mut bob) = (world.client("ann", ""), world.client("bob", TAGS));
    ann.read();
    assert!(ann.send("PRIVMSG #lobby :hello there").is_empty());
    let room = world.room_id("lobby").to_string();
    let msgid = format!("{}-1", room.trim_start_matches("r:"));
    assert_eq!(
        bob.read(),
        [format!(
            "@time=1970-01-01T00:00:01.000Z;msgid={msgid};account=ann :ann!u@snug.test PRIVMSG #lobby :hello there"
        )]
    );
    assert!(ann.read().is_empty());
}

#[test]
fn with_echo_message_a_client_sees_its_own_words_with_their_id() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "echo-message");
    assert_eq!(
        ann.send("PRIVMSG #LOBBY :hi"),
        [":ann!u@snug.test PRIVMSG #lobby :hi"]
    );
}

#[test]
fn what_the_same_account_said_elsewhere_is_shown_and_ones_own_is_not() {
    let world = World::new(&["ann"]);
    let mut here = world.client("ann", "");
    here.session.hold_answers();
    here.give(b"PRIVMSG #lobby :one");
    here.give(b"PRIVMSG #lobby :two");
    assert!(here.read().is_empty());
    world.say("ann", "lobby", "from elsewhere");
    here.give(b"PRIVMSG #lobby :three");
    assert!(
        here.read().is_empty(),
        "nothing is known until the answers come"
    );
    here.session.release();
    assert_eq!(
        here.read(),
        [":ann!u@snug.test PRIVMSG #lobby :from elsewhere"]
    );
    world.say("ann", "lobby", "again");
    assert_eq!(here.read(), [":ann!u@snug.test PRIVMSG #lobby :again"]);
}

#[test]
fn others_words_keep_their_place_while_an_answer_is_awaited() {
    let world = World::new(&["ann", "bob"]);
    let mut ann = world.client("ann", "");
    ann.session.hold_answers();
    world.say("bob", "lobby", "first");
    ann.give(b"PRIVMSG #lobby :mine");
    world.say("ann", "lobby", "second, from elsewhere");
    world.say("bob", "lobby", "third");
    let before = ann.read();
    ann.session.release();
    let seen: Vec<_> = before.into_iter().chain(ann.read()).collect();
    let words: Vec<_> = seen
        .iter()
        .filter_map(|line| line.split_once(" :"))
        .map(|(_, words)| words)
        .collect();
    assert_eq!(words, ["first", "second, from elsewhere", "third"]);
}

#[test]
fn a_ping_is_answered_after_what_was_said_before_it() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "");
    ann.session.hold_answers();
    ann.give(b"PRIVMSG #nowhere :hi");
    ann.give(b"PRIVMSG #lobby :hi");
    ann.give(b"PING x");
    assert!(ann.read().is_empty());
    assert!(!ann.front.wants_input(), "input waits");
    ann.session.release();
    let seen = ann.read();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[0].contains(" 403 ann #nowhere "));
    assert_eq!(seen[1], ":snug.test PONG snug.test :x");
    assert!(ann.front.wants_input());
}

#[test]
fn a_direct_message_is_a_query_on_both_sides() {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, mut bob) = (world.client("ann", ""), world.client("bob", ""));
    let mut other = world.client("ann", "");
    for client in [&mut ann, &mut bob] {
        client.read();
    }
    assert!(ann.send("PRIVMSG Bob :psst").is_empty());
    assert_eq!(bob.read(), [":ann!u@snug.test PRIVMSG bob :psst"]);
    assert_eq!(other.read(), [":ann!u@snug.test PRIVMSG bob :psst"]);
    assert!(bob.send("PRIVMSG ann :yes?").is_empty());
    assert_eq!(ann.read(), [":bob!u@snug.test PRIVMSG ann :yes?"]);
    let seen = ann.send("PRIVMSG nobody :hi");
    assert!(
        seen[0].starts_with(":snug.test 401 ann nobody :"),
        "{seen:?}"
    );
}

#[test]
fn bad_messages_get_their_numerics_and_notices_never_any() {
    let world = World::new(&["ann"]);
    world.room("den", &[], Some("key"));
    let mut ann = world.client("ann", "");
    for (line, numeric) in [
        ("PRIVMSG", "411"),
        ("PRIVMSG #lobby", "412"),
        ("PRIVMSG #lobby :", "412"),
        ("PRIVMSG #lobby :  ", "412"),
        ("PRIVMSG a,b,c,d,e :x", "407"),
        ("PRIVMSG #den :x", "404"),
        ("PRIVMSG #none :x", "403"),
    ] {
        let seen = ann.send(line);
        assert_eq!(seen.len(), 1, "{line}: {seen:?}");
        assert!(
            seen[0].starts_with(&format!(":snug.test {numeric} ann ")),
            "{line}: {seen:?}"
        );
        assert!(
            ann.send(&line.replace("PRIVMSG", "NOTICE")).is_empty(),
            "{line}"
        );
    }
    assert!(world.bodies("lobby").is_empty());
}

#[test]
fn several_targets_each_get_the_message() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["ann"], None);
    let (mut ann, mut bob) = (world.client("ann", ""), world.client("bob", ""));
    assert_eq!(ann.read().len(), 1, "bob came");
    assert!(ann.send("PRIVMSG #lobby,bob,#den :all").is_empty());
    assert_eq!(bob.read().len(), 2);
    assert_eq!(world.bodies("den"), ["all"]);
}

#[test]
fn actions_and_formatting_pass_as_text() {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, mut bob) = (world.client("ann", ""), world.client("bob", ""));
    ann.send("PRIVMSG #lobby :\u{1}ACTION waves\u{1}");
    ann.send("PRIVMSG #lobby :\u{2}bold\u{2}");
    assert!(ann.send("@+typing=active TAGMSG #lobby").is_empty());
    let ctcp = ann.send("PRIVMSG bob :\u{1}VERSION\u{1}");
    assert!(ctcp[0].contains(" NOTICE ann :"), "{ctcp:?}");
    assert_eq!(world.bodies("lobby"), ["/me waves", "bold"]);
    assert_eq!(
        bob.read(),
        [
            ":ann!u@snug.test PRIVMSG #lobby :\u{1}ACTION waves\u{1}",
            ":ann!u@snug.test PRIVMSG #lobby :bold"
        ]
    );
}

#[test]
fn long_and_many_lined_messages_arrive_in_pieces_with_one_id() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = world.client("bob", "message-tags");
    let long = "word ".repeat(300);
    world.say("ann", "lobby", &format!("one\n\ntwo\n{long}"));
    let seen = bob.read();
    assert!(seen.len() > 5);
    assert!(
        seen[0].starts_with("@msgid=") && seen[0].ends_with(" :one"),
        "{}",
        seen[0]
    );
    assert!(
        seen[1].starts_with(':') && seen[1].ends_with(" :two"),
        "{}",
        seen[1]
    );
    let rest: String = seen[2..]
        .iter()
        .map(|line| line.split_once(" :").unwrap().1)
        .collect();
    assert_eq!(rest, long);
}

#[test]
fn joining_makes_unknown_rooms_and_asks_for_keys() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["bob"], Some("key"));
    let mut ann = world.client("ann", "extended-join");
    let seen = ann.send("JOIN #den,#new,#den,bad,#lobby wrong,k2,key");
    let starts = [":snug.test 475 ann #den :", ":snug.test 403 ann bad :"];
    for start in starts {
        assert!(
            seen.iter().any(|line| line.starts_with(start)),
            "{start} {seen:#?}"
        );
    }
    let joined: Vec<_> = seen.iter().filter(|line| line.contains(" JOIN ")).collect();
    assert_eq!(
        joined,
        [
            ":ann!u@snug.test JOIN #new ann :ann",
            ":ann!u@snug.test JOIN #den ann :ann"
        ]
    );
    let names = |line: &String| line.starts_with(":snug.test 353 ann = #new :~ann");
    assert!(seen.iter().any(names), "{seen:#?}");
    assert_eq!(world.members("den"), ["ann", "bob"]);
    assert!(ann.send("JOIN #new").is_empty(), "already there");
    let mut bob = world.client("bob", "");
    assert!(
        bob.send("JOIN #new")[0].contains(" 475 bob #new "),
        "the key became its password"
    );
    assert!(ann.send("JOIN")[0].contains(" 461 ann JOIN "));
    assert!(ann.send("JOIN #")[0].contains(" 403 ann # "));
    assert!(ann.send("JOIN #a:b")[0].contains(" 403 ann #a:b "));
    assert!(ann.send("JOIN #@bob")[0].contains(" 403 ann #@bob "));
    assert!(ann.send("JOIN #-x")[0].contains(" 476 ann #-x "));
}

#[test]
fn parting_leaves_the_room_for_good() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["ann", "bob"], None);
    world.room("pub", &["ann"], None);
    let (mut ann, mut bob) = (world.client("ann", ""), world.client("bob", ""));
    ann.read();
    assert_eq!(ann.send("PART #den :bye"), [":ann!u@snug.test PART #den"]);
    assert_eq!(bob.read(), [":ann!u@snug.test PART #den"]);
    assert_eq!(world.members("den"), ["bob"]);
    assert!(ann.send("PART #den")[0].contains(" 442 ann #den "));
    assert!(ann.send("PART #none")[0].contains(" 403 ann #none "));
    assert!(ann.send("PART #lobby")[0].contains(" 482 ann #lobby "));
    let seen = ann.send("JOIN 0");
    assert!(
        seen.contains(&":ann!u@snug.test PART #pub".to_owned()),
        "{seen:?}"
    );
}

#[test]
fn a_join_on_another_client_of_the_account_is_followed() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["bob"], None);
    world.say("bob", "den", "earlier");
    let (mut one, mut two) = (world.client("ann", ""), world.client("ann", ""));
    one.send("JOIN #den");
    let seen = two.read();
    assert_eq!(seen[0], ":ann!u@snug.test JOIN #den");
    assert!(seen[1].contains(" 353 ann = #den :ann"), "{seen:#?}");
    // With the time before it, for clients without `server-time`.
    assert!(
        seen[3].starts_with(":bob!u@snug.test PRIVMSG #den :[") && seen[3].ends_with("] earlier"),
        "{seen:#?}"
    );
    one.send("PART #den");
    assert_eq!(two.read(), [":ann!u@snug.test PART #den"]);
}

#[test]
fn coming_in_shows_names_and_the_last_words_before_anything_new() {
    let world = World::new(&["ann", "bob"]);
    for n in 1..=60 {
        world.say("bob", "lobby", &format!("line {n}"));
    }
    world.edit("bob", "lobby", 60, "line sixty");
    let client = world.session();
    let mut ann = world::Client::new(client);
    let seen = ann.sign_in("ann", "batch server-time message-tags");
    let join = seen
        .iter()
        .position(|line| line.ends_with(" JOIN #lobby"))
        .unwrap();
    let tail = &seen[join..];
    assert!(tail[1].contains(" 353 ann = #lobby :ann"), "{tail:#?}");
    assert!(tail[2].contains(" 366 "));
    assert_eq!(tail[3], ":snug.test BATCH +h1 chathistory #lobby");
    assert!(
        tail[4].starts_with("@batch=h1;time=1970-01-01T00:00:12.000Z;msgid="),
        "{}",
        tail[4]
    );
    assert!(tail[4].ends_with(":bob!u@snug.test PRIVMSG #lobby :line 12"));
    assert!(
        tail[53].ends_with(" NOTICE #lobby :* bob edited: line sixty"),
        "{}",
        tail[53]
    );
    assert_eq!(tail[54], ":snug.test BATCH -h1");
    assert_eq!(tail.len(), 55);
}

#[test]
fn presence_keeps_the_lists_of_nicks_right() {
    let world = World::new(&["ann", "bob", "cat"]);
    world.room("den", &["ann", "bob"], None);
    let mut ann = world.client("ann", "");
    world.presence("bob", "lobby", true);
    world.presence("bob", "den", true);
    world.presence("bob", "den", true);
    assert_eq!(
        ann.read(),
        [":bob!u@snug.test JOIN #lobby", ":bob!u@snug.test JOIN #den"]
    );
    world.presence("bob", "lobby", false);
    world.presence("bob", "den", false);
    assert_eq!(ann.read(), [":bob!u@snug.test QUIT :offline"]);
    world.presence("cat", "lobby", false);
    world.presence("ann", "lobby", false);
    assert!(ann.read().is_empty(), "not shown, so nothing goes");
    world.presence("cat", "lobby", true);
    world.join("cat", "den");
    assert_eq!(
        ann.read(),
        [":cat!u@snug.test JOIN #lobby", ":cat!u@snug.test JOIN #den"]
    );
}

#[test]
fn edits_and_deletions_are_told_as_sentences() {
    let world = World::new(&["ann", "bob"]);
    let mut ann = world.client("ann", "");
    let seq = world.say("bob", "lobby", "helo");
    world.edit("bob", "lobby", seq, "hello");
    world.delete("bob", "lobby", seq);
    assert_eq!(
        ann.read(),
        [
            ":bob!u@snug.test PRIVMSG #lobby :helo",
            ":bob!u@snug.test NOTICE #lobby :* bob edited: hello",
            ":bob!u@snug.test NOTICE #lobby :* bob deleted a message"
        ]
    );
}

#[test]
fn gaps_rewinds_and_notices_are_plain_sentences() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "");
    let (room, room_id) = ("lobby".to_owned(), world.room_id("lobby"));
    world.tell_all(Event::Gap(Gap {
        room: room.clone(),
        room_id,
        after: 0,
        to: 7,
        lost: false,
    }));
    world.tell_all(Event::Rewound(Rewound {
        room,
        room_id,
        log: LogId::from_bytes([2; 16]),
        first: 1,
        seq: 1,
    }));
    world.tell_all(Event::Notice(Notice {
        text: "Many connect. /shield up raises the shield.".to_owned(),
    }));
    let seen = ann.read();
    assert!(
        seen[0].starts_with(":snug.test NOTICE #lobby :7 events "),
        "{seen:?}"
    );
    assert!(seen[1].starts_with(":snug.test NOTICE #lobby :This room's log began anew"));
    assert_eq!(
        seen[2], ":snug.test NOTICE ann :Many connect. /msg SnugServ SHIELD up raises the shield.",
        "as one types it here"
    );
    world.say("ann", "lobby", "goes on");
    assert_eq!(ann.read().len(), 1);
}

#[test]
fn what_clients_ask_on_joining_is_answered() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["ann", "bob"], Some("key"));
    let mut ann = world.client("ann", "");
    let _bob = world.client("bob", "");
    ann.read();
    assert_eq!(
        ann.send("MODE #den"),
        [
            ":snug.test 324 ann #den +ntk *",
            ":snug.test 329 ann #den 5"
        ]
    );
    assert_eq!(
        ann.send("MODE #den b"),
        [":snug.test 368 ann #den :End of channel ban list"]
    );
    assert_eq!(
        ann.send("MODE #den +b"),
        [":snug.test 368 ann #den :End of channel ban list"]
    );
    assert!(ann.send("MODE #den +b a!*@*")[0].contains(" 482 ann #den "));
    assert!(ann.send("MODE #den +m")[0].contains(" 482 ann #den "));
    assert!(ann.send("MODE #none")[0].contains(" 403 ann #none "));
    assert_eq!(ann.send("MODE ann"), [":snug.test 221 ann +r"]);
    assert_eq!(ann.send("MODE ann +i"), [":ann!u@snug.test MODE ann :+i"]);
    assert!(ann.send("MODE ann +i").is_empty(), "it is so already");
    assert!(ann.send("MODE bob")[0].contains(" 502 ann "));
    assert_eq!(
        ann.send("TOPIC #den"),
        [":snug.test 331 ann #den :No topic is set"]
    );
    assert!(ann.send("TOPIC #den :x")[0].contains(" 482 ann #den "));
    assert!(ann.send("TOPIC #none")[0].contains(" 403 ann #none "));
    assert_eq!(
        ann.send("NAMES #den"),
        [
            ":snug.test 353 ann = #den :ann bob",
            ":snug.test 366 ann #den :End of /NAMES list"
        ]
    );
    assert_eq!(
        ann.send("NAMES #none"),
        [":snug.test 366 ann #none :End of /NAMES list"]
    );
    assert_eq!(
        ann.send("WHO #den"),
        [
            ":snug.test 352 ann #den u snug.test snug.test ann H :0 ann",
            ":snug.test 352 ann #den u snug.test snug.test bob H :0 bob",
            ":snug.test 315 ann #den :End of WHO list"
        ]
    );
    assert_eq!(ann.send("WHO bob").len(), 2);
    assert_eq!(
        ann.send("USERHOST ann bob"),
        [":snug.test 302 ann :ann=+u@snug.test bob=+u@snug.test"]
    );
}

#[test]
fn lists_and_lookups_end_with_their_numerics() {
    let world = World::new(&["ann", "bob"]);
    world.room("den", &["bob"], None);
    let mut ann = world.client("ann", "");
    let listed = ann.send("LIST");
    assert!(
        listed[1].starts_with(":snug.test 322 ann #den 1 :"),
        "{listed:?}"
    );
    assert_eq!(listed.last().unwrap(), ":snug.test 323 ann :End of /LIST");
    assert_eq!(ann.send("LIST #lobby").len(), 3);
    let found = ann.send("WHOIS ann");
    assert!(
        found[0].starts_with(":snug.test 311 ann ann u snug.test * :ann"),
        "{found:?}"
    );
    assert!(found.last().unwrap().contains(" 318 ann ann "));
    assert!(ann.send("WHOIS bob")[0].contains(" 401 ann bob "));
    assert!(ann.send("LUSERS")[0].contains(" 251 ann :There are 1 users"));
    assert!(ann.send("VERSION")[0].contains(" 351 ann snug-0 snug.test "));
    assert!(ann.send("MOTD")[0].contains(" 422 ann "));
    assert_eq!(
        ann.send("WIBBLE x"),
        [":snug.test 421 ann WIBBLE :Unknown command"]
    );
}

/// Every nick that was listed for a channel, in order.
fn listed<'a>(lines: &'a [String], channel: &str) -> Vec<&'a str> {
    let head = format!(" = {channel} :");
    let names = lines.iter().filter(|line| line.contains(" 353 "));
    let names = names.filter_map(|line| line.split_once(&head));
    names.flat_map(|(_, names)| names.split(' ')).collect()
}

#[test]
fn many_rooms_and_many_people_come_by_pages() {
    let names: Vec<String> = (0..150).map(|n| format!("p{n:03}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::new(&all);
    for n in 0..9 {
        world.room(&format!("room{n}"), &["p000"], None);
    }
    let mut client = world::Client::new(world.session());
    let seen = client.sign_in("p000", "");
    let joins = seen.iter().filter(|line| line.contains(" JOIN "));
    assert_eq!(joins.count(), 10);
    assert_eq!(client.send("LIST").len(), 12);
    assert_eq!(listed(&seen, "#lobby"), ["p000"], "only those who are here");
    assert!(client.send("WHOIS p000").len() > 2);
}

#[test]
fn in_a_large_room_membership_is_shown_in_place_of_presence() {
    let names: Vec<String> = (0..202).map(|n| format!("p{n:03}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = World::new(&all);
    world.room("big", &all[..201], None);
    world.room("small", &all[..200], None);
    let mut client = world::Client::new(world.session());
    let seen = client.sign_in("p000", "");
    assert_eq!(listed(&seen, "#big").len(), 201);
    assert_eq!(listed(&seen, "#small"), ["p000"]);
    world.presence("p001", "big", true);
    world.presence("p001", "big", false);
    assert!(
        client.read().is_empty(),
        "nobody is told of, so nobody moves"
    );
    world.join("p201", "big");
    assert_eq!(client.read(), [":p201!u@snug.test JOIN #big"]);
}

#[test]
fn readers_with_the_same_capabilities_share_one_encoding() {
    let world = World::new(&["ann", "bob", "cat"]);
    let plain = [
        world.client("ann", ""),
        world.client("bob", "batch echo-message"),
    ];
    let tagged = world.client("cat", "account-tag");
    let presence = Presence {
        room: "lobby".to_owned(),
        room_id: world.room_id("lobby"),
        subject: Subject {
            name: "dan".to_owned(),
            account: AccountId::from_bytes([99; 16]),
            display: None,
            worn: None,
            guest: false,
        },
        online: true,
        reason: None,
    };
    let delivery = Arc::new(Delivery::new(Event::Presence(presence)));
    world.deliver_all(&delivery);
    for mut client in plain.into_iter().chain([tagged]) {
        let seen = client.read();
        let last = seen.last().unwrap();
        assert!(last.ends_with(":dan!u@snug.test JOIN #lobby"), "{seen:?}");
    }
    let made = |caps: &[Capability]| {
        let key = Caps::of(caps).encoding_key();
        let bytes = delivery.encoded(key, |_| b"made now".to_vec());
        String::from_utf8(bytes.into_owned()).unwrap()
    };
    let line = ":dan!u@mnrwgy3dmnrwg.cloak JOIN #lobby\r\n";
    assert_eq!(made(&[]), line);
    assert_eq!(
        made(&[Capability::AccountTag]),
        format!("@account=dan {line}")
    );
    assert_eq!(made(&[Capability::EchoMessage]), "made now");
}

#[test]
fn a_room_whose_announcement_was_lost_is_entered_by_its_first_event() {
    let world = World::new(&["ann", "bob"]);
    let mut ann = world.client("ann", "");
    world.room("den", &["ann", "bob"], None);
    world.say("bob", "den", "one");
    world.say("bob", "den", "two");
    assert_eq!(
        ann.read(),
        [
            ":ann!u@snug.test JOIN #den",
            ":snug.test 353 ann = #den :ann",
            ":snug.test 366 ann #den :End of /NAMES list",
            ":bob!u@snug.test PRIVMSG #den :one",
            ":bob!u@snug.test PRIVMSG #den :two"
        ]
    );
}
