//! Asking to be let into a room, over both fronts (K5, R2).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{driver::IrcPerson, server::TestServer};

use super::names::{asks, has, irc_newcomer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_knock_reaches_those_who_keep_order_and_they_let_one_in() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = irc_newcomer(&server, "ann").await?;
    let mut eve = server.sign_in("ann").await?;
    let mut bob = irc_newcomer(&server, "bob").await?;
    asks(&mut bob, "PART #den").await?;
    asks(&mut ann, "MODE #den +i").await?;
    has(&asks(&mut bob, "JOIN #den").await?, " 473 ")?;
    let seen = asks(&mut bob, "KNOCK #den :ann knows me").await?;
    has(&seen, " 711 bob #Den :").or_else(|_| has(&seen, " 711 bob #den :"))?;
    let heard = asks(&mut ann, "PING nothing").await?;
    has(&heard, " 710 ann #Den bob!u@")?;
    has(&heard, ":has asked for an invite (ann knows me)")?;
    let told = eve.event_named("knocked").await?;
    assert_eq!(
        (&told["room"], &told["from"]),
        (&json!("Den"), &json!("bob"))
    );
    assert_eq!(told["text"], "ann knows me");
    has(&asks(&mut bob, "KNOCK #den").await?, " 712 bob #den :")?;
    asks(&mut ann, "INVITE bob #den").await?;
    has(&asks(&mut bob, "KNOCK #den").await?, " 713 bob #den :")?;
    has(&asks(&mut bob, "JOIN #den").await?, "JOIN #Den")?;
    has(&asks(&mut bob, "KNOCK #den").await?, " 714 bob #den :")?;
    has(&asks(&mut bob, "KNOCK #nowhere").await?, " 403 ")?;
    has(&asks(&mut bob, "KNOCK").await?, " 461 ")?;
    // A mere member hears nothing of it.
    let mut cat = server.newcomer("cat").await?;
    cat.ok("knock", json!({"room": "den"})).await?;
    let heard = asks(&mut bob, "PING nothing").await?;
    assert!(
        !heard.iter().any(|line| line.contains(" 710 ")),
        "{heard:?}"
    );
    drop((ann, bob, cat, eve));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_nobody_knocks_past_a_ban_or_a_block_or_at_what_they_may_not_know() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let mut cat = server.newcomer("cat").await?;
    let create = json!({"room": "den", "access": "invitation"});
    ann.ok("create_room", create).await?;
    let secret = json!({"room": "secret", "access": "invitation", "hidden": true});
    ann.ok("create_room", secret).await?;
    ann.ok("create_room", json!({"room": "open"})).await?;
    ann.ok("ban", json!({"room": "den", "who": "bob"})).await?;
    ann.ok("block", json!({"person": "cat"})).await?;
    let knock = |room: &str| json!({"room": room});
    assert_eq!(bob.code("knock", knock("den")).await?, "banned");
    assert_eq!(bob.code("knock", knock("secret")).await?, "unknown_room");
    assert_eq!(bob.code("knock", knock("open")).await?, "forbidden");
    assert_eq!(ann.code("knock", knock("den")).await?, "in_room");
    assert_eq!(cat.code("knock", knock("den")).await?, "not_in_room");
    assert_eq!(cat.code("knock", knock("den")).await?, "too_fast");
    let long = json!({"room": "den", "text": "x".repeat(201)});
    assert_eq!(cat.code("knock", long).await?, "bad_request");
    // Nothing of it came.
    ann.ok("ping", json!({})).await?;
    let heard = ann.take_events();
    assert!(heard.iter().all(|heard| heard.event["ev"] != "knocked"));
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_guest_knocks_too() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let room = json!({"room": "den", "password": "sesame"});
    owner.ok("create_room", room).await?;
    let mut gus = IrcPerson::guest(&server, "gus").await?;
    has(&asks(&mut gus, "KNOCK #den").await?, " 711 gus #den :")?;
    assert_eq!(owner.event_named("knocked").await?["from"], "gus");
    // Whoever goes and comes back has knocked all the same.
    gus.send("QUIT").await?;
    while gus.line().await?.is_some() {}
    let mut gil = IrcPerson::guest(&server, "gil").await?;
    has(&asks(&mut gil, "KNOCK #den").await?, " 712 gil #den :")?;
    // Nor are five more passwords looked at.
    let mut lou = server.wire().await?;
    lou.ok("guest", json!({"name": "lou"})).await?;
    for _ in 0..5 {
        let wrong = json!({"room": "den", "password": "open"});
        assert_eq!(lou.code("join", wrong).await?, "wrong_password");
    }
    let mut kim = server.wire().await?;
    kim.ok("guest", json!({"name": "kim"})).await?;
    let right = json!({"room": "den", "password": "sesame"});
    assert_eq!(kim.code("join", right).await?, "too_fast");
    drop((owner, gil, lou, kim));
    server.stop().await
}
