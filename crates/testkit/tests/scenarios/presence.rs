//! Being here, over the native wire: away, display names, who somebody is, watching, keys with values,
//! running the server in an account's name.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// What this session was told of this kind, once all that was asked before is done.
async fn told(wire: &mut Wire, ev: &str) -> Result<Vec<Value>> {
    wire.ok("ping", json!({})).await?;
    let events = wire.take_events().into_iter().map(|heard| heard.event);
    Ok(events.filter(|event| event["ev"] == ev).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_away_while_all_its_sessions_are() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let mut other = server.sign_in("bob").await?;
    bob.ok("away", json!({"text": "lunch"})).await?;
    assert!(told(&mut ann, "away").await?.is_empty());
    other.ok("away", json!({"unattended": true})).await?;
    let away = told(&mut ann, "away").await?;
    assert_eq!(away.len(), 1, "{away:?}");
    // Nobody's silence is no word: what bob said stands.
    assert_eq!(
        (&away[0]["name"], &away[0]["text"]),
        (&json!("bob"), &json!("lunch"))
    );
    let sent = ann
        .ok("send", json!({"to": "bob", "body": "there?"}))
        .await?;
    assert_eq!(sent["away"], "lunch");
    let card = ann.ok("whois", json!({"person": "bob"})).await?;
    assert_eq!(
        (&card["online"], &card["away"]),
        (&json!(true), &json!("lunch"))
    );
    assert!(
        card["address"].is_null() && card["idle_ms"].is_u64(),
        "{card}"
    );
    ann.ok("block", json!({"person": "bob"})).await?;
    let card = ann.ok("whois", json!({"person": "bob"})).await?;
    assert!(
        card["idle_ms"].is_null(),
        "a block hides idle times: {card}"
    );
    ann.ok("unblock", json!({"person": "bob"})).await?;
    bob.ok("away", json!({})).await?;
    let back = told(&mut ann, "away").await?;
    assert_eq!(back.len(), 1, "{back:?}");
    assert!(back[0]["text"].is_null());
    let refused = bob.code("away", json!({"text": "x".repeat(201)})).await?;
    assert_eq!(refused, "bad_request");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn display_names_keys_and_watching_are_told_and_bounded() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let me = bob.ok("me", json!({"display": " Bob   B. "})).await?;
    assert_eq!(me["display"], "Bob B.");
    let changed = told(&mut ann, "account_changed").await?;
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert_eq!(changed[0]["display_changed"], true);
    let bad = bob.code("me", json!({"display": "a\nb"})).await?;
    assert_eq!(bad, "bad_name");
    let watched = ann.ok("monitor", json!({"add": ["bob", "cat"]})).await?;
    assert_eq!(watched["people"][0]["online"], true);
    assert_eq!(watched["people"][1]["online"], false);
    server.newcomer("cat").await?;
    let seen = told(&mut ann, "seen").await?;
    ensure!(seen.iter().any(|event| event["name"] == "cat"), "{seen:?}");
    ann.ok("follow_metadata", json!({"add": ["url"]})).await?;
    let url = json!({"key": "URL", "value": "https://bob.example"});
    bob.ok("set_metadata", url).await?;
    let heard = told(&mut ann, "metadata").await?;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0]["key"], "url");
    for number in 0..19 {
        let key = json!({"key": format!("k{number}"), "value": "x"});
        bob.ok("set_metadata", key).await?;
    }
    let full = bob.code("set_metadata", json!({"key": "more", "value": "x"}));
    assert_eq!(full.await?, "too_many");
    let mine = json!({"person": "bob", "key": "url", "value": "x"});
    assert_eq!(ann.code("set_metadata", mine).await?, "forbidden");
    let gone = json!({"key": "never"});
    assert_eq!(ann.code("set_metadata", gone).await?, "gone");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_who_knows_an_operators_password_runs_the_server_in_that_name() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let hail = json!({"text": "the server stops at ten"});
    assert_eq!(ann.code("hail", hail.clone()).await?, "forbidden");
    let wrong = json!({"name": "owner", "password": "not the one"});
    assert_eq!(ann.code("operate", wrong).await?, "bad_credentials");
    let member = json!({"name": "bob", "password": PASSWORD});
    assert_eq!(ann.code("operate", member).await?, "forbidden");
    let owner = json!({"name": "owner", "password": PASSWORD});
    let role = ann.ok("operate", owner).await?;
    assert_eq!(role["role"], "owner");
    ann.ok("hail", hail.clone()).await?;
    let heard = told(&mut bob, "hailed").await?;
    assert_eq!(heard[0]["from"], "ann", "{heard:?}");
    let audit = ann.ok("audit", json!({"action": "hailed"})).await?;
    let by = audit["entries"][0]["by"].as_str().context("by")?;
    assert_eq!(by, "owner");
    assert_eq!(ann.ok("operate", json!({})).await?["role"], "member");
    assert_eq!(ann.code("hail", hail).await?, "forbidden");
    let counts = bob.ok("counts", json!({})).await?;
    assert_eq!(
        (&counts["online"], &counts["operators"]),
        (&json!(2), &json!(0))
    );
    server.stop().await
}
