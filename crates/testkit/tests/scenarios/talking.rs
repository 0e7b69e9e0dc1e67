//! Talking with each other: how fast.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, NativePerson, PASSWORD, Person},
    server::TestServer,
    wire::Wire,
};

/// A server that anybody may register on, where an account may send so many messages a second.
async fn limited(per_second: u32, clock: &HandClock) -> Result<TestServer> {
    let clock = clock.for_server();
    let server = TestServer::with(|options| {
        options.messages_per_second = per_second;
        options.registration = snug_proto::Registration::Open;
        options.clock = clock;
    });
    server.await
}

/// Sends until it is refused for being too fast: how many went through, and when to try again.
async fn flood(wire: &mut Wire) -> Result<(usize, u64)> {
    for sent in 0.. {
        let send = json!({"room": "lobby", "body": format!("buy {sent}")});
        if let Err(error) = wire.ask("send", send).await? {
            assert_eq!(error.code, "too_fast");
            return Ok((sent, error.retry_after_ms.context("no time to wait")?));
        }
    }
    unreachable!("sends are counted without end")
}

/// The notices heard since the last look.
fn notices(wire: &mut Wire) -> Vec<String> {
    let heard = wire.take_events();
    let notices = heard.iter().filter(|heard| heard.event["ev"] == "notice");
    notices
        .map(|heard| heard.event["text"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_the_third_warning_ends_all_sessions_of_the_account_on_every_front() -> Result<()> {
    let clock = HandClock::default();
    let server = limited(4, &clock).await?;
    let mut phone = NativePerson::newcomer(&server, "ann").await?;
    let mut laptop = server.sign_in("ann").await?;
    let mut irc = IrcPerson::sign_in(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;

    // One bucket for all of them: what the phone says, the laptop may not.
    for word in ["one", "two", "three", "four"] {
        assert_eq!(phone.say("lobby", word).await?, Ok(()));
    }
    assert_eq!(irc.say("lobby", "five").await?, Ok(()));
    assert_eq!(flood(&mut laptop).await?, (5, 250));
    assert_eq!(notices(&mut laptop).len(), 1, "the first warning");
    // No second warning a moment later, whatever is asked.
    assert_eq!(flood(&mut laptop).await?, (0, 250));
    let edit = json!({"room": "lobby", "seq": 1, "body": "won"});
    assert_eq!(phone.wire.code("edit", edit).await?, "too_fast");
    assert_eq!(notices(&mut laptop), Vec::<String>::new());
    // Reading and the like are not talking.
    laptop.ok("read", json!({"room": "lobby"})).await?;
    // Others are not concerned.
    assert_eq!(bob.say("lobby", "calm down").await?, Ok(()));

    clock.advance_ms(5_000);
    assert_eq!(flood(&mut laptop).await?.0, 10);
    assert_eq!(notices(&mut laptop).len(), 1, "the second warning");
    clock.advance_ms(5_000);
    let sends: Vec<Value> = (0..12)
        .map(|number| json!({"room": "lobby", "body": format!("more {number}")}))
        .collect();
    for send in sends {
        laptop.submit("send", send).await?;
    }
    laptop.read_to_end().await?;
    assert!(notices(&mut laptop)[0].contains("all your sessions"));
    phone.wire.read_to_end().await?;
    while irc.line().await?.is_some() {}

    // Coming back forgives nothing: nothing is taken for half a minute, whatever she comes by.
    clock.advance_ms(5_000);
    let mut again = server.sign_in("ann").await?;
    assert_eq!(flood(&mut again).await?, (0, 25_000));
    let mut by_irc = IrcPerson::sign_in(&server, "ann").await?;
    let said = by_irc.asks("PRIVMSG #lobby :me again").await?;
    let told = said
        .iter()
        .any(|said| said.contains("Nothing you say is taken for 25 s"));
    assert!(told, "{said:?}");
    drop(by_irc);
    assert_eq!(notices(&mut again), Vec::<String>::new(), "and no warning");
    // Too fast again soon after it is a kick at once.
    clock.advance_ms(25_000);
    for number in 0..12 {
        let send = json!({"room": "lobby", "body": format!("and more {number}")});
        again.submit("send", send).await?;
    }
    again.read_to_end().await?;
    // After twice as long a silence, and ten minutes of peace, all is forgotten.
    clock.advance_ms(60_000 + 600_000);
    let mut again = server.sign_in("ann").await?;
    assert_eq!(flood(&mut again).await?.0, 10);
    assert_eq!(again.code("ping", json!({})).await?, "ok");
    drop((phone, laptop, irc, bob, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_whoever_waits_as_told_is_let_through() -> Result<()> {
    let clock = HandClock::default();
    let server = limited(4, &clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let mut ann = server.sign_in("ann").await?;
    let (_, mut wait) = flood(&mut ann).await?;
    for _ in 0..20 {
        clock.advance_ms(wait);
        let (sent, again) = flood(&mut ann).await?;
        assert_eq!(sent, 1);
        wait = again;
        // Long enough for every warning to be forgotten.
        clock.advance_ms(120_000);
        assert_eq!(flood(&mut ann).await?.0, 10, "and no more than the burst");
        notices(&mut ann);
    }
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_twenty_pasted_lines_survive_on_irc_and_a_flood_does_not() -> Result<()> {
    let clock = HandClock::default();
    // Ten times the usual, so that what waits here waits a tenth as long.
    let server = limited(40, &clock).await?;
    let mut ann = IrcPerson::newcomer(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    // As a client pastes them: forty at once, then twenty that wait.
    let lines: Vec<String> = (0..60).map(|n| format!("line {n}")).collect();
    let paste = |lines: &[String]| {
        let lines = lines.iter().map(|words| format!("PRIVMSG #lobby :{words}"));
        lines.collect::<Vec<_>>().join("\r\n")
    };
    ann.send(&paste(&lines)).await?;
    let heard = bob.hears_up_to("lobby", "line 59").await?;
    assert_eq!(heard, lines[..59]);

    // What is over that is refused, warned about, and the third time it is over.
    for round in 0..3 {
        clock.advance_ms(5_000);
        let flood: Vec<String> = (0..100).map(|n| format!("flood {round} {n}")).collect();
        ann.send(&paste(&flood)).await?;
        if round < 2 {
            let last = format!("flood {round} 59");
            assert_eq!(bob.hears_up_to("lobby", &last).await?, flood[..59]);
        }
    }
    let mut told = Vec::new();
    while let Some(line) = ann.line().await? {
        told.extend(line.text());
    }
    let warnings = told.iter().filter(|text| text.contains("of 3;")).count();
    assert_eq!(warnings, 2, "{told:?}");
    let kicked = told
        .iter()
        .any(|text| text.contains("all your sessions here end"));
    assert!(kicked, "{told:?}");
    drop(bob);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_a_trusted_address_is_not_counted() -> Result<()> {
    let clock = HandClock::default();
    let at = clock.for_server();
    let server = TestServer::with(|options| {
        options.messages_per_second = 1;
        options.registration = snug_proto::Registration::Open;
        options.trusted = vec![
            "127.0.0.0/8"
                .parse()
                .unwrap_or_else(|_| panic!("a network")),
        ];
        options.clock = at;
    });
    let server = server.await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    for number in 0..50 {
        assert_eq!(ann.say("lobby", &format!("load {number}")).await?, Ok(()));
    }
    drop(ann);
    server.stop().await
}
