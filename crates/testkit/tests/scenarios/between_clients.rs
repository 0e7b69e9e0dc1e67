//! What clients tell each other besides words, and until when one has read by the clock.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_client::{Client, ClientOptions, Link, Update};
use snug_proto::{Event, Secret};
use snug_testkit::{
    driver::{NativePerson, PASSWORD, Person},
    server::TestServer,
    wire::Wire,
};

async fn say(wire: &mut Wire, fields: Value) -> Result<u64> {
    let sent = wire.ok("send", fields).await?;
    sent["seq"].as_u64().context("no seq")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_how_something_was_said_comes_back_with_it_until_it_is_taken_back() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
    let manner = json!({"notice": true, "joints": [3], "tags": {"+a": "b"}});
    let said = json!({"room": "lobby", "body": "one two", "manner": manner});
    let seq = say(&mut ann, said).await?;
    assert_eq!(bob.event_named("message").await?["manner"], manner);
    for bad in [
        json!({"joints": [7]}),
        json!({"tags": {"a": "no plus"}}),
        json!({"tags": {"+a": "x".repeat(5000)}}),
    ] {
        let said = json!({"room": "lobby", "body": "one two", "manner": bad});
        assert_eq!(ann.code("send", said).await?, "bad_request");
    }
    let tags = json!({"room": "lobby", "tags": {"+x": "y"}});
    ann.ok("tag", tags).await?;
    assert_eq!(bob.event_named("tagged").await?["tags"], json!({"+x": "y"}));
    let taken = json!({"room": "lobby", "seq": seq, "reason": "wrong room"});
    ann.ok("delete", taken).await?;
    let told = bob.event_named("deleted").await?;
    assert_eq!(
        (&told["of"], &told["reason"]),
        (&json!(seq), &json!("wrong room"))
    );
    let page = bob.ok("read", json!({"room": "lobby"})).await?;
    let kinds: Vec<_> = page["events"]
        .as_array()
        .map(|events| {
            let kind =
                |event: &serde_json::Value| (event["ev"].clone(), event.get("manner").is_some());
            events.iter().map(kind).collect()
        })
        .unwrap_or_default();
    assert_eq!(
        kinds,
        [
            (json!("message"), false),
            (json!("tagged"), false),
            (json!("deleted"), false)
        ]
    );
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_a_signal_reaches_those_who_are_here_and_is_not_kept() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(&server, "bob").await?.wire;
    let mut cat = NativePerson::newcomer(&server, "cat").await?.wire;
    ann.ok("create_room", json!({"room": "den"})).await?;
    for wire in [&mut bob, &mut cat] {
        wire.ok("join", json!({"room": "den"})).await?;
    }
    ann.ok(
        "set_role",
        json!({"room": "den", "who": "bob", "role": "admin"}),
    )
    .await?;
    let words = json!({"room": "den", "words": "for the admins", "admins": true});
    cat.ok("signal", words).await?;
    for wire in [&mut ann, &mut bob] {
        let heard = wire.event_named("signalled").await?;
        assert_eq!(
            (&heard["from"], &heard["words"], &heard["admins"]),
            (&json!("cat"), &json!("for the admins"), &json!(true))
        );
    }
    bob.ok("block", json!({"person": "ann"})).await?;
    ann.ok("signal", json!({"room": "den", "tags": {"+x": "y"}}))
        .await?;
    assert_eq!(
        cat.event_named("signalled").await?["tags"],
        json!({"+x": "y"})
    );
    assert_eq!(
        ann.code(
            "signal",
            json!({"to": "bob", "words": "hi", "machine": true})
        )
        .await?,
        "not_accepting"
    );
    // The answer comes after what was heard before it.
    for wire in [&mut ann, &mut bob, &mut cat] {
        let page = wire.ok("read", json!({"room": "den"})).await?;
        assert!(!page.to_string().contains("for the admins"));
        let heard = wire.take_events();
        assert!(
            heard.iter().all(|heard| heard.event["ev"] != "signalled"),
            "neither a blocked one's, nor one's own, nor those to admins"
        );
    }
    for bad in [
        json!({"room": "den"}),
        // What people say is kept, slowed and reported: it is sent.
        json!({"room": "den", "words": "behind the log's back"}),
        json!({"to": "cat", "words": "behind the log's back"}),
        json!({"room": "den", "words": "two\nlines", "admins": true}),
        json!({"room": "den", "words": "x".repeat(513), "admins": true}),
        // An action is words, in whatever it is wrapped.
        json!({"room": "den", "words": "ACTION waves", "machine": true}),
        json!({"to": "cat", "words": "action waves", "machine": true}),
        json!({"room": "den", "words": "x".repeat(65), "machine": true}),
    ] {
        assert_eq!(ann.code("signal", bad).await?, "bad_request");
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_until_when_one_has_read_is_said_by_the_clock_too() -> Result<()> {
    for server in [
        TestServer::open_to_all().await?,
        TestServer::ephemeral_open().await?,
    ] {
        read_by_the_clock(&server).await?;
        server.stop().await?;
    }
    Ok(())
}

async fn read_by_the_clock(server: &TestServer) -> Result<()> {
    let mut ann = NativePerson::newcomer(server, "ann").await?.wire;
    let mut other = NativePerson::sign_in(server, "ann").await?.wire;
    let mut bob = NativePerson::newcomer(server, "bob").await?.wire;
    assert_eq!(
        ann.ok("read_until", json!({"room": "lobby"})).await?,
        json!({})
    );
    let past = "2019-01-04T14:33:26.123Z";
    let until = |at: &str| json!({"room": "lobby", "until": at});
    for at in [past, "2018-01-01T00:00:00.000Z"] {
        let answer = ann.ok("read_until", until(at)).await?;
        assert_eq!(answer["until"], past, "it never moves back");
        assert_eq!(other.event_named("marked").await?["until"], past);
    }
    // With whom nobody has spoken yet.
    let answer = ann
        .ok("read_until", json!({"room": "@bob", "until": past}))
        .await?;
    assert_eq!(answer["until"], past);
    // What was read by its number is read by the clock.
    let sent = bob
        .ok("send", json!({"room": "lobby", "body": "hi"}))
        .await?;
    ann.ok("mark", json!({"room": "lobby", "seq": sent["seq"]}))
        .await?;
    let answer = ann.ok("read_until", json!({"room": "lobby"})).await?;
    assert_eq!(answer["until"], sent["at"]);
    // And the other way.
    let again = bob
        .ok("send", json!({"room": "lobby", "body": "ho"}))
        .await?;
    ann.ok("read_until", json!({"room": "lobby", "until": again["at"]}))
        .await?;
    let marked = loop {
        let marked = other.event_named("marked").await?;
        if marked["seq"] == again["seq"] {
            break marked;
        }
    };
    assert_eq!(
        (&marked["unread"], &marked["until"]),
        (&json!(0), &again["at"])
    );
    Ok(())
}

/// `IRCv3` echo-message: what one says to oneself is echoed and comes, but from another client only comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_what_another_client_says_to_oneself_is_shown_once() -> anyhow::Result<()> {
    use super::names::{asks, irc_newcomer};
    let server = snug_testkit::server::TestServer::open_to_all().await?;
    let mut here = irc_newcomer(&server, "ann").await?;
    asks(&mut here, "CAP REQ :echo-message").await?;
    let mut there = server.sign_in("ann").await?;
    let said = |lines: &[String]| {
        let is = |line: &&String| line.contains("PRIVMSG ann :note");
        lines.iter().filter(is).count()
    };
    let one = asks(&mut here, "PRIVMSG ann :note one").await?;
    assert_eq!(said(&one), 2, "{one:?}");
    let note = serde_json::json!({"to": "ann", "body": "note two"});
    there.ok("send", note).await?;
    assert_eq!(said(&asks(&mut here, "PING nothing").await?), 1);
    drop((here, there));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k4_a_program_on_the_client_crate_signs_in_hears_and_answers() -> Result<()> {
    // Passwords as dear as they are for everybody: the client takes no others.
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.passwords = snug_server::PasswordCost::Release;
    })
    .await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    server.add_account("parrot", PASSWORD).await?;
    let link = server.running().link().to_string().parse()?;
    let sign_in = |password: &str| {
        let (link, password) = (Link::clone(&link), Secret::from(password));
        async move { Client::sign_in(&link, "parrot", &password, ClientOptions::default()).await }
    };
    assert!(sign_in("not the password").await.is_err());
    let (me, client, mut updates) = sign_in(PASSWORD).await?;
    say(&mut ann, json!({"to": "parrot", "body": "hello"})).await?;
    let said = loop {
        let update = updates.next().await.context("it ended")?;
        if let Update::Event(Event::Message(said)) = update {
            break said;
        }
    };
    assert!(said.author.from_id != me && said.place.direct && said.body == "hello");
    let echo = snug_proto::Send {
        room: Some(said.place.room_id.into()),
        to: None,
        body: said.body,
        reply_to: None,
        manner: None,
        key: None,
    };
    client.submit(echo)?;
    loop {
        let heard = ann.event_named("message").await?;
        if heard["from"] == "parrot" {
            assert_eq!(heard["body"], "hello");
            break;
        }
    }
    client.close(updates).await;
    server.stop().await
}
