//! Guests: people who are here by a name alone, and what is left of them (A9, DECISIONS 2, 11, 29, 31).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// A server that takes guests, and its owner.
async fn hosting() -> Result<(TestServer, Wire)> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    let open = json!({"registration": "open", "guests": "on"});
    owner.ok("server", open).await?;
    Ok((server, owner))
}

/// A guest of this name.
async fn guest(server: &TestServer, name: &str) -> Result<Wire> {
    let mut wire = server.wire().await?;
    wire.ok("guest", json!({"name": name})).await?;
    Ok(wire)
}

/// An account of this name, signed in.
async fn member(server: &TestServer, name: &str) -> Result<Wire> {
    let mut wire = server.wire().await?;
    let who = json!({"name": name, "password": PASSWORD});
    wire.ok("register", who).await?;
    Ok(wire)
}

/// Who asks for this name as a guest, until it is free: what ended is erased a moment later.
async fn guest_once_free(server: &TestServer, name: &str) -> Result<Wire> {
    loop {
        let mut wire = server.wire().await?;
        match wire.ask("guest", json!({"name": name})).await? {
            Ok(_) => return Ok(wire),
            Err(refused) if refused.code == "name_taken" => tokio::task::yield_now().await,
            Err(refused) => anyhow::bail!("{refused:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_nobody_comes_in_by_a_name_alone_unless_the_owner_says_so() -> Result<()> {
    let server = TestServer::start().await?;
    let mut wire = server.wire().await?;
    let refused = wire.ask("guest", json!({"name": "gus"})).await?;
    assert_eq!(refused.unwrap_err().code, "forbidden");
    let mut owner = server.owner().await?;
    // Without an access code there is none to ask for.
    let code = json!({"guests": "code"});
    assert_eq!(owner.code("server", code).await?, "bad_request");
    let code = json!({"guests": "code", "access_code": "green door"});
    assert_eq!(owner.ok("server", code).await?["guests"], "code");
    let hello = json!({"client": "test", "wire": 1});
    assert_eq!(wire.ok("hello", hello).await?["guests"], "code");
    for (asked, code) in [
        (json!({"name": "gus"}), "code_needed"),
        (json!({"name": "gus", "code": "red door"}), "bad_code"),
        (json!({"name": "gus", "code": "green door"}), "ok"),
    ] {
        assert_eq!(wire.code("guest", asked).await?, code);
    }
    owner.ok("server", json!({"guests": "off"})).await?;
    // Whoever was here as a guest is told, and goes.
    let told = wire.event_named("notice").await?;
    assert!(told["text"].to_string().contains("no guests"), "{told}");
    wire.read_to_end().await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guests_name_is_theirs_while_they_are_here_and_no_longer() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = server.wire().await?;
    let came = gus.ok("guest", json!({"name": "Gus"})).await?;
    assert_eq!(
        (&came["name"], &came["role"]),
        (&json!("gus"), &json!("guest"))
    );
    assert_eq!(came["session"], Value::Null);
    // Neither another guest nor an account takes it, nor what looks like it.
    let mut other = server.wire().await?;
    for name in ["gus", "GUS", "gυs"] {
        let asked = json!({"name": name});
        assert_eq!(other.code("guest", asked).await?, "name_taken", "{name}");
        let asked = json!({"name": name, "password": PASSWORD});
        assert_eq!(other.code("register", asked).await?, "name_taken", "{name}");
    }
    // Nobody signs in to it, resets it or finds what an account has.
    let asked = json!({"name": "gus", "password": PASSWORD});
    assert_eq!(other.code("sign_in", asked).await?, "bad_credentials");
    let asked = json!({"name": "gus"});
    assert_eq!(owner.code("reset_code", asked).await?, "forbidden");
    gus.ok("quit", json!({})).await?;
    gus.read_to_end().await?;
    // Free at once: it is kept for nobody.
    other.ok("guest", json!({"name": "gus"})).await?;
    drop(other);
    // The same after a connection that was lost.
    let again = guest_once_free(&server, "gus").await?;
    drop(again);
    let mut account = loop {
        let mut wire = server.wire().await?;
        let who = json!({"name": "gus", "password": PASSWORD});
        match wire.code("register", who).await?.as_str() {
            "ok" => break wire,
            code => assert_eq!(code, "name_taken"),
        }
    };
    let mut late = server.wire().await?;
    assert_eq!(
        late.code("guest", json!({"name": "gus"})).await?,
        "name_taken"
    );
    account.ok("ping", json!({})).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_poses_neither_as_an_account_nor_as_the_server() -> Result<()> {
    let (server, _owner) = hosting().await?;
    let _bob = member(&server, "paypal").await?;
    let mut wire = server.wire().await?;
    // As it is, in other letters, in letters of another script, with a digit for a letter.
    for name in [
        "paypal", "PAYPAL", "pаypаl", "paypa1", "owner", "admin", "Server", "0wner",
    ] {
        let asked = json!({"name": name});
        assert_eq!(wire.code("guest", asked).await?, "name_taken", "{name}");
    }
    let asked = json!({"name": "no such name"});
    assert_eq!(wire.code("guest", asked).await?, "bad_name");
    wire.ok("guest", json!({"name": "gus"})).await?;
    // Nor by taking another name later.
    for name in ["owner", "0wner"] {
        let asked = json!({"who": "gus", "name": name});
        assert_eq!(
            wire.code("rename_account", asked).await?,
            "name_taken",
            "{name}"
        );
    }
    let asked = json!({"who": "gus", "name": "paypa1"});
    assert_eq!(wire.code("rename_account", asked).await?, "name_taken");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_what_a_guest_said_stays_and_nothing_else_of_them() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    let mut gus = guest(&server, "gus").await?;
    gus.ok("join", json!({"room": "den"})).await?;
    gus.ok("send", json!({"room": "den", "body": "hello"}))
        .await?;
    gus.ok("send", json!({"to": "owner", "body": "psst"}))
        .await?;
    owner.event(|event| event["body"] == "psst").await?;
    let direct = json!({"room": "@gus"});
    owner.ok("read", direct).await?;
    drop(gus);
    // Others are told at once, and see that the room was left.
    owner
        .event(|event| event["ev"] == "left" && event["name"] == "gus")
        .await?;
    let again = guest_once_free(&server, "gus").await?;
    let page = owner.ok("read", json!({"room": "den"})).await?;
    let said = page["events"].as_array().context("no events")?;
    let said = said.iter().find(|event| event["body"] == "hello");
    let said = said.context("what was said in a room that keeps it is gone")?;
    assert_eq!(said["from_display"], "a guest");
    assert_ne!(said["from"], "gus");
    // The conversation went with the guest; the next of that name is somebody else.
    let unknown = json!({"room": "@gus"});
    assert_eq!(owner.code("read", unknown).await?, "unknown_room");
    let mine = owner.ok("rooms", json!({"mine": true})).await?;
    assert!(!mine.to_string().contains('@'), "{mine}");
    let people = owner.ok("who", json!({"room": "den"})).await?;
    assert!(!people.to_string().contains("gus"), "{people}");
    drop(again);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guests_room_keeps_nothing_and_goes_with_its_last_member() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = guest(&server, "gus").await?;
    let kept = json!({"room": "nook", "retention": "forever"});
    assert_eq!(gus.code("create_room", kept).await?, "forbidden");
    let made = gus.ok("create_room", json!({"room": "nook"})).await?;
    assert_eq!(made["retention"], "ram");
    let kept = json!({"room": "nook", "retention": "forever"});
    assert_eq!(gus.code("set_room", kept).await?, "forbidden");
    // Whoever is left keeps it; with the last one it is gone, and its name free.
    owner.ok("join", json!({"room": "nook"})).await?;
    gus.ok("quit", json!({})).await?;
    owner
        .event(|event| event["ev"] == "role_changed" && event["role"] == "founder")
        .await?;
    owner
        .ok("send", json!({"room": "nook", "body": "alone"}))
        .await?;
    owner.ok("leave", json!({"room": "nook"})).await?;
    let made = owner.ok("create_room", json!({"room": "nook"})).await?;
    assert_eq!(
        made["retention"],
        Value::Null,
        "another room, which is kept"
    );
    // A guest makes few of them.
    let mut gus = guest(&server, "gus").await?;
    for room in ["one", "two", "three"] {
        gus.ok("create_room", json!({"room": room})).await?;
    }
    let asked = json!({"room": "four"});
    assert_eq!(gus.code("create_room", asked).await?, "too_many");
    drop(gus);
    let mut again = guest_once_free(&server, "gus").await?;
    let rooms = again.ok("rooms", json!({})).await?.to_string();
    for room in ["one", "two", "three"] {
        assert!(!rooms.contains(room), "{rooms}");
    }
    server.stop().await
}
