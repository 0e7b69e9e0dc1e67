//! Storms and floods by people who are signed in: what each may ask for beside talking, and what a large room
//! hears of who comes and goes.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use snug_rules::MAX_CROSSINGS;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, PASSWORD, Person},
    server::TestServer,
    wire::Wire,
};

async fn limited(clock: &HandClock) -> Result<TestServer> {
    let clock = clock.for_server();
    let server = TestServer::with(|options| {
        options.messages_per_second = 4;
        options.registration = snug_proto::Registration::Open;
        options.clock = clock;
    });
    server.await
}

/// Asks until it is refused as too much: how often it was taken, and when to try again.
async fn until_refused(
    wire: &mut Wire,
    what: &str,
    mut fields: impl FnMut(u64) -> Value,
) -> Result<(u64, Option<u64>)> {
    for taken in 0..1_000 {
        if let Err(error) = wire.ask(what, fields(taken)).await? {
            ensure!(error.code == "too_fast", "{error:?}");
            return Ok((taken, error.retry_after_ms));
        }
    }
    anyhow::bail!("{what} is never too much")
}

/// Seen to go red: with every joining let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_who_goes_in_and_out_of_a_room_all_the_time_is_let_in_three_times_a_minute() -> Result<()>
{
    let clock = HandClock::default();
    let server = limited(&clock).await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let den = || json!({"room": "den"});
    ann.ok("create_room", den()).await?;
    for _ in 0..MAX_CROSSINGS {
        bob.ok("join", den()).await?;
        bob.ok("leave", den()).await?;
    }
    let refused = bob.ask("join", den()).await?.unwrap_err();
    assert_eq!(refused.code, "too_fast");
    assert!(refused.text.contains("this room"), "{refused:?}");
    assert_eq!(refused.retry_after_ms, Some(60_000));
    // Not by another front either; others are not concerned.
    let mut irc = IrcPerson::sign_in(&server, "bob").await?;
    let refused = irc.asks("JOIN #den").await?.concat();
    assert!(refused.contains("263"), "{refused}");
    let mut cat = server.newcomer("cat").await?;
    cat.ok("join", den()).await?;
    clock.advance_ms(60_000);
    bob.ok("join", den()).await?;
    drop((ann, bob, irc, cat));
    server.stop().await
}

/// Looking up two hundred names is two hundred look-ups, and blocking is written each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_who_of_many_names_costs_by_how_many_and_blocks_are_counted() -> Result<()> {
    let clock = HandClock::default();
    let server = limited(&clock).await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let names: Vec<String> = (0..200).map(|number| format!("nobody{number}")).collect();
    let (taken, wait) = until_refused(&mut ann, "who", |_| json!({"people": names})).await?;
    assert!((10..=14).contains(&taken), "{taken}");
    assert!(wait.is_some_and(|wait| wait <= 1_000), "{wait:?}");
    let answer = bob
        .ok("who", json!({"people": ["ann", "nobody", "bob", "?"]}))
        .await?;
    assert_eq!(
        answer["people"].as_array().map(Vec::len),
        Some(2),
        "{answer}"
    );
    let (taken, wait) = until_refused(&mut bob, "block", |_| json!({"person": "ann"})).await?;
    assert_eq!((taken, wait), (50, Some(500)));
    drop((ann, bob));
    server.stop().await
}

/// Seen to go red: with every errand taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_searches_rooms_and_codes_beyond_an_allowance_are_refused_and_told_when() -> Result<()> {
    let clock = HandClock::default();
    let server = limited(&clock).await?;
    let mut ann = server.newcomer("ann").await?;
    let mut laptop = server.sign_in("ann").await?;
    let bob = server.newcomer("bob").await?;
    let search = |_| json!({"query": "snug"});
    let refused = until_refused(&mut ann, "search", search).await?;
    assert_eq!(refused, (10, Some(1_000)));
    // One allowance for all its sessions, and another for each kind of errand and each account.
    let refused = until_refused(&mut laptop, "search", search).await?;
    assert_eq!(refused, (0, Some(1_000)));
    let room = |number| json!({"room": format!("room{number}")});
    let refused = until_refused(&mut laptop, "create_room", room).await?;
    assert_eq!(refused, (10, Some(15_000)));
    clock.advance_ms(1_000);
    ann.ok("search", search(0)).await?;
    let (_, refused) = until_refused(
        &mut ann,
        "new_token",
        |number| json!({"label": format!("token {number}")}),
    )
    .await?;
    assert_eq!(refused, Some(2_000));
    // Who reads as many pages as time brings is refused none.
    for _ in 0..110 {
        ann.ok("read", json!({"room": "lobby"})).await?;
        clock.advance_ms(50);
    }
    drop((ann, laptop, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_who_signs_in_again_and_again_is_told_to_wait_and_who_is_in_stays() -> Result<()> {
    let clock = HandClock::default();
    let server = limited(&clock).await?;
    let mut ann = server.newcomer("ann").await?;
    let who = || json!({"name": "ann", "password": PASSWORD});
    let mut came = 0;
    let refused = loop {
        let mut wire = server.wire().await?;
        match wire.ask("sign_in", who()).await? {
            Ok(_) => came += 1,
            Err(error) => break error,
        }
        ensure!(came < 200, "nobody says stop");
    };
    // Registering was a coming too, and so was the first sign-in.
    assert_eq!((refused.code.as_str(), came), ("too_fast", 98));
    assert_eq!(refused.retry_after_ms, Some(1_000));
    ann.ok("send", json!({"room": "lobby", "body": "still here"}))
        .await?;
    clock.advance_ms(1_000);
    let mut wire = server.wire().await?;
    wire.ok("sign_in", who()).await?;
    drop((ann, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_large_room_hears_of_joins_soon_and_in_their_order() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    ann.ok("create_room", json!({"room": "hall"})).await?;
    let mut crowd = Vec::new();
    for name in ["bob", "cat", "dan"] {
        let mut first = server.newcomer(name).await?;
        first.ok("join", json!({"room": "hall"})).await?;
        crowd.push(first);
        for _ in 0..69 {
            crowd.push(server.sign_in(name).await?);
        }
    }
    let mut eve = server.newcomer("eve").await?;
    for what in ["join", "leave", "join"] {
        eve.ok(what, json!({"room": "hall"})).await?;
    }
    let mut last = 0;
    for expected in ["joined", "left", "joined"] {
        for reader in [&mut ann, &mut crowd[100]] {
            let heard = reader
                .event(|event| event["room"] == "hall" && event["name"] == "eve")
                .await?;
            assert_eq!(heard["ev"], expected, "{heard}");
            let seq = heard["seq"].as_u64().unwrap_or_default();
            assert!(seq == last || seq == last + 1 || last == 0, "{heard}");
            last = seq;
        }
    }
    drop((ann, eve, crowd));
    server.stop().await
}
