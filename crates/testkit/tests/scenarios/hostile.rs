//! What somebody tries who knows the protocol and means harm: each has no way past a block, a demotion or
//! the pace of the others.

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, SignIn};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// Proves the password by OPAQUE, but for the last step: what that is to send.
async fn almost_in(wire: &mut Wire, name: &str) -> Result<Value> {
    let mut rng = rand::thread_rng();
    let (state, ke1) = SignIn::start(PASSWORD, &mut rng)?;
    let start = json!({"name": name, "opaque": BASE64URL_NOPAD.encode(&ke1)});
    let reply = wire.ok("sign_in_start", start).await?;
    let opaque = reply["opaque"].as_str().context("no reply")?;
    let opaque = BASE64URL_NOPAD.decode(opaque.as_bytes())?;
    let parameters = serde_json::from_value(reply["argon2"].clone())?;
    let bounds = ParameterBounds::for_tests();
    let ke3 = state.finish(&opaque, parameters, &bounds, &mut rng)?;
    Ok(json!({"opaque": BASE64URL_NOPAD.encode(&ke3)}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_a_sign_in_begun_before_one_was_demoted_makes_nobody_more_than_they_are() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut bob = server.newcomer("bob").await?;
    let role = |role: &str| json!({"who": "bob", "role": role});
    owner.ok("set_server_role", role("moderator")).await?;
    bob.ok("server_bans", json!({})).await?;
    let mut held = server.wire().await?;
    let finish = almost_in(&mut held, "bob").await?;
    owner.ok("set_server_role", role("member")).await?;
    assert_eq!(held.ok("sign_in_finish", finish).await?["role"], "member");
    for wire in [&mut held, &mut bob] {
        assert_eq!(wire.code("server_bans", json!({})).await?, "forbidden");
        assert_eq!(wire.ok("me", json!({})).await?["role"], "member");
    }
    drop((owner, bob, held));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_nobody_registers_as_a_program_that_is_told_passwords() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut wire = server.wire().await?;
    for name in ["nickserv", "ChanServ", "nicksеrv"] {
        let who = json!({"name": name, "password": PASSWORD});
        assert_eq!(wire.code("register", who).await?, "name_taken", "{name}");
    }
    drop(wire);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_room_of_ones_own_and_its_bans_are_no_way_past_a_block() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    bob.ok("block", json!({"person": "ann"})).await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    let words = json!({"room": "den", "who": "bob", "reason": "hear this"});
    let about = json!({"room": "den", "who": "bob"});
    for (what, how) in [
        ("ban", &words),
        ("unban", &about),
        ("mute", &words),
        ("unmute", &about),
    ] {
        ann.ok(what, how.clone()).await?;
    }
    ann.ok("ban", words).await?;
    bob.ok("unblock", json!({"person": "ann"})).await?;
    ann.ok("unban", about).await?;
    let notice = bob.event_named("notice").await?;
    assert_eq!(notice["text"], "ann lifted your ban from den.");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_what_others_hear_of_is_paced_like_talking() -> Result<()> {
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.messages_per_second = 4;
        options.trusted.clear();
    })
    .await?;
    let mut ann = server.newcomer("ann").await?;
    let bob = server.newcomer("bob").await?;
    // A quarter of a message each: forty at once, then sixteen a second.
    let mut refused = 0;
    for _ in 0..60 {
        for what in ["befriend", "unfriend"] {
            let code = ann.code(what, json!({"person": "bob"})).await?;
            refused += usize::from(code == "too_fast");
            if refused > 0 {
                drop((ann, bob));
                return server.stop().await;
            }
        }
    }
    anyhow::bail!("a hundred and twenty times nothing was too fast")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a8_words_that_may_not_be_taken_back_keep_no_others_from_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    // As many as are taken back at once, in a room that is archived.
    ann.ok("create_room", json!({"room": "attic"})).await?;
    for number in 0..200 {
        let say = json!({"room": "attic", "body": format!("old {number}")});
        ann.ok("send", say).await?;
    }
    ann.ok("set_room", json!({"room": "attic", "archived": true}))
        .await?;
    let say = json!({"room": "lobby", "body": "forget this"});
    ann.ok("send", say).await?;
    let delete = json!({"password": PASSWORD, "with_messages": true});
    ann.ok("delete_account", delete).await?;
    let page = bob.ok("read", json!({"room": "lobby"})).await?;
    let page = page.to_string();
    assert!(!page.contains("forget this"), "{page}");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_an_invitation_made_before_a_block_is_not_told_after_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut cat = server.newcomer("cat").await?;
    let mut bob = server.newcomer("bob").await?;
    for (host, room) in [(&mut ann, "anns"), (&mut cat, "cats")] {
        let made = json!({"room": room, "access": "invitation"});
        host.ok("create_room", made).await?;
        host.ok("invite_to", json!({"room": room, "who": "bob"}))
            .await?;
        let invitation = bob.event_named("invitation").await?;
        assert_eq!(invitation["room"], room);
    }
    bob.ok("block", json!({"person": "ann"})).await?;
    // The oldest is told of first, and is not there.
    let mut again = server.sign_in("bob").await?;
    assert_eq!(again.event_named("invitation").await?["room"], "cats");
    bob.ok("unblock", json!({"person": "ann"})).await?;
    let mut again = server.sign_in("bob").await?;
    let anns = |event: &Value| event["ev"] == "invitation" && event["room"] == "anns";
    again.event(anns).await?;
    drop((ann, bob, cat, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_stands_for_all_that_a_new_room_is_to_be() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let den = json!({"room": "den", "key": "k"});
    let made = ann.ok("create_room", den.clone()).await?;
    let again = ann.ok("create_room", den.clone()).await?;
    assert_eq!(again["room_id"], made["room_id"]);
    for (what, how) in [
        ("history", "since_joining"),
        ("retention", "ram"),
        ("access", "invitation"),
    ] {
        let mut other = den.clone();
        other[what] = json!(how);
        let code = ann.code("create_room", other).await?;
        assert_eq!(code, "key_reused", "{what}");
    }
    drop(ann);
    server.stop().await
}
