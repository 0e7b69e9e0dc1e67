//! Bans from the server (M2).

use anyhow::{Context, Result};
use serde_json::json;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, No, PASSWORD, Person},
    server::TestServer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_a_ban_holds_on_every_way_in_and_is_told_only_to_who_proved_who_they_are() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut one, mut two) = (server.wire().await?, server.wire().await?);
    let who = json!({"name": "bob", "password": PASSWORD});
    let session = one.ok("sign_in", who.clone()).await?["session"].clone();
    two.ok("sign_in", who.clone()).await?;
    let token = one.ok("new_token", json!({"label": "weechat"})).await?["token"].clone();
    one.ok("send", json!({"room": "lobby", "body": "first"}))
        .await?;
    let ban = json!({"who": "bob", "for_s": 3600, "reason": "noise"});
    owner.ok("server_ban", ban).await?;
    for wire in [&mut one, &mut two] {
        let told = wire.event_named("notice").await?;
        let text = told["text"].as_str().context("no text")?;
        assert!(
            text.starts_with("You are banned from this server, by owner, until "),
            "{text}"
        );
        assert!(text.ends_with(": noise"), "{text}");
        wire.read_to_end().await?;
    }
    let mut wire = server.wire().await?;
    let wrong = json!({"name": "bob", "password": "not this one"});
    assert_eq!(wire.code("sign_in", wrong).await?, "bad_credentials");
    let app = json!({"name": "bob", "password": token});
    let resume = json!({"session": session});
    for (what, fields) in [("sign_in", &who), ("sign_in", &app), ("resume", &resume)] {
        let error = wire
            .ask(what, fields.clone())
            .await?
            .err()
            .context("let in")?;
        assert_eq!(error.code, "banned", "{what}");
        assert!(error.text.ends_with(": noise"), "{}", error.text);
    }
    let password = token.as_str().context("no token")?;
    let irc = IrcPerson::try_sign_in(&server, "bob", password).await?;
    assert_eq!(irc.err(), Some(No::Credentials));
    // What they said stays, and they cannot be asked in again by others' doing.
    let bans = owner.ok("server_bans", json!({})).await?;
    assert_eq!(bans["bans"][0]["name"], "bob");
    owner.ok("server_unban", json!({"who": "bob"})).await?;
    assert_eq!(
        owner.code("server_unban", json!({"who": "bob"})).await?,
        "unknown_person"
    );
    wire.ok("resume", resume).await?;
    assert_eq!(
        wire.code("send", json!({"room": "lobby", "body": "back"}))
            .await?,
        "ok"
    );
    drop((owner, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_banned_addresses_shut_out_those_below_who_banned_them() -> Result<()> {
    let clock = HandClock::default();
    let of_server = clock.for_server();
    let server = TestServer::with(|options| options.clock = of_server).await?;
    let mut owner = server.owner().await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    owner.appoint("ann").await?;
    let ban = |even_me: bool| json!({"address": "127.0.0.77/8", "even_me": even_me});
    assert_eq!(bob.code("server_ban", ban(true)).await?, "forbidden");
    let error = ann
        .ask("server_ban", ban(false))
        .await?
        .err()
        .context("banned")?;
    assert_eq!(error.code, "bad_request");
    assert!(error.text.starts_with("Your own address"), "{}", error.text);
    for wrong in ["everywhere", "0.0.0.0/0", "127.0.0.1/33"] {
        let wrong = json!({"address": wrong, "even_me": true});
        assert_eq!(ann.code("server_ban", wrong).await?, "bad_request");
    }
    ann.ok("server_ban", ban(true)).await?;
    bob.read_to_end().await?;
    let mut wire = server.wire().await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    assert_eq!(wire.code("sign_in", who.clone()).await?, "banned");
    let new = json!({"name": "cat", "password": PASSWORD});
    assert_eq!(wire.code("register", new).await?, "banned");
    // Those as high as who banned them go on, and come in.
    assert_eq!(ann.code("ping", json!({})).await?, "ok");
    // The door lets one in a minute, to be told or to prove who they are (DECISIONS 27).
    clock.advance_ms(60_000);
    let mut again = server.sign_in("owner").await?;
    assert_eq!(again.code("ping", json!({})).await?, "ok");
    let listed = ann.ok("server_bans", json!({})).await?;
    assert_eq!(listed["bans"][0]["address"], "127.0.0.0/8");
    ann.ok("server_unban", json!({"address": "127.0.0.0/8"}))
        .await?;
    wire.ok("sign_in", who).await?;
    // What the owner banned is not a moderator's to lift.
    owner
        .ok("server_ban", json!({"address": "2001:db8::/48"}))
        .await?;
    let lift = json!({"address": "2001:db8::/48"});
    assert_eq!(ann.code("server_unban", lift).await?, "forbidden");
    drop((owner, ann, again, wire));
    server.stop().await
}
