//! Replies, mentions, reactions, and who is writing (R10).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, NativePerson, Person},
    server::TestServer,
    wire::Wire,
};

async fn say(wire: &mut Wire, fields: Value) -> Result<u64> {
    let sent = wire.ok("send", fields).await?;
    sent["seq"].as_u64().context("no seq")
}

async fn heard(wire: &mut Wire, body: &str) -> Result<Value> {
    wire.event(|event| event["ev"] == "message" && event["body"] == body)
        .await
}

async fn page(wire: &mut Wire, room: &str) -> Result<Vec<Value>> {
    let page = wire.ok("read", json!({"room": room})).await?;
    Ok(page["events"].as_array().cloned().unwrap_or_default())
}

/// Unread mentions of a room, in the list of one's rooms.
async fn unread_mentions(wire: &mut Wire, room: &str) -> Result<u64> {
    let rooms = wire.ok("rooms", json!({"mine": true})).await?;
    let rooms = rooms["rooms"].as_array().context("no rooms")?;
    let entry = rooms.iter().find(|entry| entry["room"] == room);
    Ok(entry.context("not in it")?["mentions"]
        .as_u64()
        .unwrap_or(0))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_reply_quotes_only_to_those_who_may_read_what_it_answers() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
    let den = json!({"room": "den", "history": "since_joining"});
    ann.ok("create_room", den).await?;
    let old = say(&mut ann, json!({"room": "den", "body": "the  old\nplan"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let answer = json!({"room": "den", "body": "still so", "reply_to": old});
    say(&mut ann, answer).await?;
    let quote = json!({"seq": old, "from": "ann", "excerpt": "the old plan"});
    let seen = heard(&mut ann, "still so").await?;
    assert_eq!(seen["reply_to"], old);
    for field in ["seq", "from", "excerpt"] {
        assert_eq!(seen["quote"][field], quote[field], "{seen}");
    }
    // The newcomer hears that it is an answer, live, in a page, and read from the log.
    let live = heard(&mut bob, "still so").await?;
    assert_eq!(
        (&live["reply_to"], &live["quote"]),
        (&json!(old), &Value::Null)
    );
    let read = page(&mut bob, "den").await?;
    let read = read.iter().find(|event| event["body"] == "still so");
    assert_eq!(read, Some(&live));
    let read = page(&mut ann, "den").await?;
    assert_eq!(read.last(), Some(&seen));
    // What one may not read one cannot answer, nor learn that it is there.
    let peek = json!({"room": "den", "body": "what?", "reply_to": old});
    assert_eq!(bob.code("send", peek).await?, "unknown_event");
    let peek = json!({"room": "den", "seq": old, "emoji": "👍"});
    assert_eq!(bob.code("react", peek).await?, "unknown_event");
    let beyond = json!({"room": "den", "body": "what?", "reply_to": 99});
    assert_eq!(bob.code("send", beyond).await?, "unknown_event");
    // A joining is no message.
    let joining = json!({"room": "den", "body": "hello", "reply_to": old + 1});
    assert_eq!(ann.code("send", joining).await?, "unknown_event");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_quote_says_what_stands_now_and_nothing_of_what_was_deleted() -> Result<()> {
    for ephemeral in [false, true] {
        let server = if ephemeral {
            TestServer::ephemeral_open().await?
        } else {
            TestServer::open_to_all().await?
        };
        let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
        let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
        let of = say(&mut ann, json!({"room": "lobby", "body": "at noon"})).await?;
        let edit = json!({"room": "lobby", "seq": of, "body": "at one"});
        ann.ok("edit", edit).await?;
        let reply = json!({"room": "lobby", "body": "fine", "reply_to": of});
        say(&mut bob, reply).await?;
        let react = json!({"room": "lobby", "seq": of, "emoji": "👍"});
        bob.ok("react", react.clone()).await?;
        let live = heard(&mut ann, "fine").await?;
        assert_eq!(live["quote"]["excerpt"], "at one", "{live}");
        let reacted = ann.event_named("reacted").await?;
        assert_eq!(reacted["quote"]["excerpt"], "at one", "{reacted}");
        let before = page(&mut ann, "lobby").await?;
        assert!(before.contains(&live) && before.contains(&reacted));
        ann.ok("delete", json!({"room": "lobby", "seq": of}))
            .await?;
        let text = serde_json::to_string(&page(&mut bob, "lobby").await?)?;
        assert!(
            !text.contains("at one") && !text.contains("at noon"),
            "{text}"
        );
        assert!(text.contains(&format!("\"reply_to\":{of}")), "{text}");
        // It cannot be answered any more.
        let late = json!({"room": "lobby", "body": "what was it?", "reply_to": of});
        assert_eq!(bob.code("send", late).await?, "gone");
        assert_eq!(bob.code("react", react).await?, "gone");
        drop((ann, bob));
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_who_is_named_and_a_member_is_mentioned_and_counts_it() -> Result<()> {
    for ephemeral in [false, true] {
        let server = if ephemeral {
            TestServer::ephemeral_open().await?
        } else {
            TestServer::open_to_all().await?
        };
        let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
        let (mut bob, bob_in) = server.newcomer_told("bob").await?;
        let (mut cat, _) = server.newcomer_told("cat").await?;
        ann.ok("create_room", json!({"room": "den"})).await?;
        bob.ok("join", json!({"room": "den"})).await?;
        let body = "@bob and @cat, ask @nobody or me@bob.example (@ann says) @BOB.";
        let said = say(&mut ann, json!({"room": "den", "body": body})).await?;
        let seen = heard(&mut bob, body).await?;
        assert_eq!(seen["mentions"], json!([bob_in["account"]]), "members only");
        assert_eq!(unread_mentions(&mut bob, "den").await?, 1);
        assert_eq!(unread_mentions(&mut ann, "den").await?, 0);
        // Direct ones count as well.
        say(&mut ann, json!({"to": "bob", "body": "@bob psst"})).await?;
        assert_eq!(unread_mentions(&mut bob, "@ann").await?, 1);
        // Reading on, and taking it back, end it.
        bob.ok("mark", json!({"room": "den", "seq": said})).await?;
        assert_eq!(unread_mentions(&mut bob, "den").await?, 0);
        let of = say(&mut ann, json!({"room": "den", "body": "@bob again"})).await?;
        assert_eq!(unread_mentions(&mut bob, "den").await?, 1);
        // An edit mentions nobody anew.
        let edit = json!({"room": "den", "seq": of, "body": "@bob @bob"});
        ann.ok("edit", edit).await?;
        assert_eq!(unread_mentions(&mut bob, "den").await?, 1);
        ann.ok("delete", json!({"room": "den", "seq": of})).await?;
        assert_eq!(unread_mentions(&mut bob, "den").await?, 0);
        // A block stops mentions either way, and is not told.
        for (who, other) in [("bob", "ann"), ("cat", "ann")] {
            let wire = if who == "bob" { &mut bob } else { &mut cat };
            wire.ok("block", json!({"person": other})).await?;
        }
        let sent = ann.ask("send", json!({"room": "lobby", "body": "@bob @cat hello"}));
        assert!(sent.await?.is_ok());
        let unheard = heard(&mut bob, "@bob @cat hello").await?;
        assert_eq!(unheard["mentions"], Value::Null);
        assert_eq!(unread_mentions(&mut bob, "lobby").await?, 0);
        drop((ann, bob, cat));
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_ten_thousand_mentions_in_one_message_are_fifty() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
    let body = format!("{}@bob", "@a ".repeat(5_000));
    say(&mut ann, json!({"room": "lobby", "body": body})).await?;
    assert_eq!(
        unread_mentions(&mut bob, "lobby").await?,
        1,
        "each name once"
    );
    let mut many: Vec<_> = (0..2_000).map(|number| format!("@p{number}")).collect();
    many.push("@bob".to_owned());
    let body = many.join(" ");
    say(&mut ann, json!({"room": "lobby", "body": body})).await?;
    assert_eq!(
        unread_mentions(&mut bob, "lobby").await?,
        1,
        "not the 2001st"
    );
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_a_reaction_stands_once_is_taken_away_and_is_bounded() -> Result<()> {
    for ephemeral in [false, true] {
        let server = if ephemeral {
            TestServer::ephemeral_open().await?
        } else {
            TestServer::open_to_all().await?
        };
        let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
        let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
        let of = say(&mut ann, json!({"room": "lobby", "body": "done"})).await?;
        let react = |emoji: &str| json!({"room": "lobby", "seq": of, "emoji": emoji});
        let first = bob.ok("react", react("👍")).await?;
        assert_eq!(
            bob.ok("react", react("👍")).await?,
            first,
            "as the first time"
        );
        let seen = ann.event_named("reacted").await?;
        assert_eq!((&seen["of"], &seen["emoji"]), (&json!(of), &json!("👍")));
        assert_eq!(
            ann.code("react", react("👍")).await?,
            "ok",
            "another person"
        );
        let off = json!({"room": "lobby", "seq": of, "emoji": "👍", "remove": true});
        bob.ok("react", off.clone()).await?;
        let seen = ann.event_named("unreacted").await?;
        assert_eq!(
            (&seen["from"], &seen["emoji"]),
            (&json!("bob"), &json!("👍"))
        );
        assert_eq!(bob.code("react", off).await?, "unknown_event");
        let again = bob.ok("react", react("👍")).await?;
        assert_ne!(again["seq"], first["seq"]);
        for bad in ["", "ab", "👍👍", ":a b:", "\u{1b}[2J", &"👍".repeat(200)] {
            assert_eq!(
                bob.code("react", react(bad)).await?,
                "bad_request",
                "{bad:?}"
            );
        }
        // A flood of them stops, and reactions are no unread messages.
        let mut codes = Vec::new();
        for number in 0..30 {
            codes.push(bob.code("react", react(&format!(":r{number}:"))).await?);
        }
        assert_eq!(codes.iter().filter(|code| *code == "ok").count(), 19);
        assert_eq!(codes.last().map(String::as_str), Some("too_many"));
        assert_eq!(
            ann.code("react", react(":r3:")).await?,
            "ok",
            "one that is there"
        );
        let rooms = ann.ok("rooms", json!({"mine": true})).await?;
        assert_eq!(rooms["rooms"][0]["unread"], 0);
        // One who is blocked puts none on the blocker's messages.
        ann.ok("block", json!({"person": "bob"})).await?;
        assert_eq!(bob.code("react", react(":r3:")).await?, "not_accepting");
        drop((ann, bob));
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_others_are_told_who_is_writing_at_most_every_three_seconds() -> Result<()> {
    let clock = HandClock::default();
    let at = clock.for_server();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.clock = at;
    });
    let server = server.await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
    let mut cat = NativePerson::newcomer(&server, "cat").await?.wire;
    cat.ok("block", json!({"person": "ann"})).await?;
    for _ in 0..5 {
        ann.ok("typing", json!({"room": "lobby"})).await?;
    }
    clock.advance_ms(3_000);
    ann.ok("typing", json!({"room": "lobby"})).await?;
    say(&mut ann, json!({"room": "lobby", "body": "that was it"})).await?;
    let told = |heard: Vec<snug_testkit::wire::Heard>| {
        let told = heard.iter().filter(|heard| heard.event["ev"] == "typing");
        told.map(|heard| heard.event["name"].clone())
            .collect::<Vec<_>>()
    };
    for (wire, times) in [(&mut ann, 0), (&mut bob, 2), (&mut cat, 0)] {
        // The answer comes after what was heard before it.
        wire.ok("read", json!({"room": "lobby"})).await?;
        assert_eq!(told(wire.take_events()), vec![json!("ann"); times]);
    }
    // To one person, before and after the first words.
    assert_eq!(bob.code("typing", json!({"to": "ann"})).await?, "ok");
    say(&mut bob, json!({"to": "ann", "body": "hi"})).await?;
    clock.advance_ms(3_000);
    bob.ok("typing", json!({"to": "ann"})).await?;
    let seen = ann.event_named("typing").await?;
    assert_eq!(
        (&seen["room"], &seen["name"]),
        (&json!("@bob"), &json!("bob"))
    );
    // Where one may not speak, one is not writing; it is nowhere to be read.
    ann.ok("create_room", json!({"room": "den"})).await?;
    assert_eq!(
        bob.code("typing", json!({"room": "den"})).await?,
        "not_a_member"
    );
    assert_eq!(bob.code("typing", json!({})).await?, "bad_request");
    assert_eq!(
        ann.code("typing", json!({"to": "cat"})).await?,
        "ok",
        "nothing is begun"
    );
    let events = page(&mut ann, "lobby").await?;
    assert!(events.iter().all(|event| event["ev"] == "message"));
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_irc_shows_replies_and_reactions_as_sentences() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = IrcPerson::newcomer(&server, "bob").await?;
    let mut cat = NativePerson::newcomer(&server, "cat").await?.wire;
    assert_eq!(bob.say("lobby", "who has the keys?").await?, Ok(()));
    let of = heard(&mut ann, "who has the keys?").await?["seq"].clone();
    let reply = json!({"room": "lobby", "body": "@bob I do", "reply_to": of});
    say(&mut ann, reply).await?;
    ann.ok("react", json!({"room": "lobby", "seq": of, "emoji": "🔑"}))
        .await?;
    ann.ok("typing", json!({"room": "lobby"})).await?;
    let off = json!({"room": "lobby", "seq": of, "emoji": "🔑", "remove": true});
    ann.ok("react", off).await?;
    let mut lines = Vec::new();
    while lines.len() < 4 {
        let line = bob.line().await?.context("the server closed")?;
        // That she is writing comes as a TAGMSG, which has no words.
        lines.extend(line.text().filter(|text| *text != "#lobby"));
    }
    assert_eq!(
        lines,
        [
            "* in reply to <bob> who has the keys?",
            "@bob I do",
            "* ann reacted with 🔑 to <bob> who has the keys?",
            "* ann took 🔑 back",
        ]
    );
    // What is said on IRC mentions as it does anywhere.
    assert_eq!(bob.say("lobby", "thanks @ann").await?, Ok(()));
    assert_eq!(unread_mentions(&mut ann, "lobby").await?, 1);
    let seen = heard(&mut cat, "thanks @ann").await?;
    assert_eq!(seen["mentions"].as_array().map(Vec::len), Some(1));
    drop((ann, bob, cat));
    server.stop().await
}
