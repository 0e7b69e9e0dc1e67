//! A founder who deletes their account while the room is on its way to another (DECISIONS 20, A8).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// What is said of founders and of those who went, in the order of the log.
async fn story(wire: &mut Wire, room: &str) -> Result<Vec<(String, String)>> {
    let page = wire.ok("read", json!({"room": room, "limit": 500})).await?;
    let events = page["events"].as_array().context("no events")?;
    let told = events
        .iter()
        .filter_map(|event| match event["ev"].as_str()? {
            "role_changed" if event["role"] == "founder" => {
                Some(("founder".to_owned(), event["name"].as_str()?.to_owned()))
            }
            "left" => Some(("left".to_owned(), String::new())),
            _ => None,
        });
    Ok(told.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_founder_who_deletes_their_account_amid_a_handover_leaves_one_founder() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut bob = server.newcomer("bob").await?;
    let mut cat = server.newcomer("cat").await?;
    let (mut passed, mut inherited) = (0, 0);
    for round in 0..12 {
        let (name, room) = (format!("founder{round}"), format!("room{round}"));
        let mut here = server.newcomer(&name).await?;
        let mut there = server.sign_in(&name).await?;
        let named = json!({"room": room});
        here.ok("create_room", named.clone()).await?;
        bob.ok("join", named.clone()).await?;
        cat.ok("join", named.clone()).await?;
        let admin = json!({"room": room, "who": "cat", "role": "admin"});
        here.ok("set_role", admin).await?;
        let hand_over = json!({"room": room, "who": "bob", "role": "founder"});
        let delete = json!({"password": PASSWORD});
        // Either is first by turns; who wins is as it comes.
        let (handing, deleting);
        if round % 2 == 0 {
            deleting = there.submit("delete_account", delete).await?;
            handing = here.submit("set_role", hand_over).await?;
        } else {
            handing = here.submit("set_role", hand_over).await?;
            deleting = there.submit("delete_account", delete).await?;
        }
        let done = there.answer(deleting).await?;
        anyhow::ensure!(done.is_ok(), "{done:?}");
        // The other session may have ended before it was answered.
        let handed = here.answer(handing).await;
        let founder = |event: &Value| {
            event["ev"] == "role_changed" && event["role"] == "founder" && event["room"] == room
        };
        let after = bob.event(founder).await?["name"].clone();
        let told = story(&mut bob, &room).await?;
        let about = bob.ok("about_room", named.clone()).await?;
        assert_eq!(about["founder"], after, "{about}");
        assert_eq!(about["members"], 2);
        let left = ("left".to_owned(), String::new());
        let made = |name: &str| ("founder".to_owned(), name.to_owned());
        if after == "bob" {
            assert_eq!(told, [made("bob"), left]);
            passed += 1;
        } else {
            // Their longest-standing admin, and whoever asked for the other was told no.
            assert_eq!(told, [left, made("cat")]);
            let refused = !matches!(handed, Ok(Ok(_)));
            assert!(refused, "{handed:?}");
            inherited += 1;
        }
        // And that one founder may do what founders may.
        let (one, other) = if after == "bob" {
            (&mut bob, &mut cat)
        } else {
            (&mut cat, &mut bob)
        };
        let topic = json!({"room": room, "archived": true});
        one.ok("set_room", topic).await?;
        assert_eq!(other.ok("about_room", named).await?["archived"], true);
        assert_eq!(
            server
                .wire()
                .await?
                .code("sign_in", json!({"name": name, "password": PASSWORD}))
                .await?,
            "bad_credentials"
        );
    }
    assert_eq!(passed + inherited, 12);
    drop((bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_an_account_that_was_offered_the_server_and_is_deleted_never_owns_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    for round in 0..6 {
        let name = format!("heir{round}");
        let mut here = server.newcomer(&name).await?;
        let mut there = server.sign_in(&name).await?;
        owner.ok("hand_over", json!({"to": name})).await?;
        let deleting = there
            .submit("delete_account", json!({"password": PASSWORD}))
            .await?;
        let taking = here.submit("accept_server", json!({})).await?;
        let deleted = there.answer(deleting).await?;
        let taken = matches!(here.answer(taking).await, Ok(Ok(_)));
        let me = owner.ok("me", json!({})).await?;
        if taken {
            // Whoever owns the server is not deleted: it is theirs now, and they hand it back.
            assert_eq!(
                deleted.err().map(|error| error.code).as_deref(),
                Some("forbidden")
            );
            assert_eq!(me["role"], "moderator");
            let mut heir = server.sign_in(&name).await?;
            heir.ok("hand_over", json!({"to": "owner"})).await?;
            owner.ok("accept_server", json!({})).await?;
        } else {
            anyhow::ensure!(deleted.is_ok(), "{deleted:?}");
            assert_eq!(me["role"], "owner");
        }
    }
    assert_eq!(owner.ok("me", json!({})).await?["role"], "owner");
    drop(owner);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_who_is_the_founder_of_too_many_rooms_gets_no_other_by_joining_or_as_a_gift()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let mut cat = server.newcomer("cat").await?;
    for number in 0..snug_rules::MAX_ROOMS {
        let room = json!({"room": format!("full{number}")});
        bob.ok("create_room", room).await?;
    }
    let more = json!({"room": "more"});
    assert_eq!(bob.code("create_room", more).await?, "too_many");
    // An empty room passes to whoever comes into it, but not to bob: it stays ann's until cat comes.
    let nook = json!({"room": "nook"});
    ann.ok("create_room", nook.clone()).await?;
    let gift = json!({"room": "nook", "who": "bob", "role": "founder"});
    bob.ok("join", nook.clone()).await?;
    assert_eq!(ann.code("set_role", gift).await?, "too_many");
    ann.ok("leave", nook.clone()).await?;
    bob.event(|event| event["ev"] == "left" && event["name"] == "ann")
        .await?;
    cat.ok("join", nook.clone()).await?;
    let passed = bob.event_named("role_changed").await?;
    assert_eq!(
        (&passed["name"], &passed["role"]),
        (&json!("cat"), &json!("founder"))
    );
    drop((ann, bob, cat));
    server.stop().await
}
