//! Who is let in: bans of addresses (M2), allowed addresses and the lockdown (M4).

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::DoorLimits;
use snug_server::{Options, Server};
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    pinned::client_config,
    wire::{ALPN, Wire, dial, tls_over},
};
use tokio::io::AsyncReadExt;

use super::{is_shut, with_old_owner};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_a_banned_network_is_refused_at_the_door_told_once_a_minute_and_after_a_restart()
-> Result<()> {
    let (server, clock, mut owner) = with_old_owner(|_| ()).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who.clone()).await?;
    let mut outside = server.wire_from("127.5.0.2").await?;
    outside.ok("ping", json!({})).await?;
    let ban = json!({"address": "127.5.0.0/16", "for_s": 3600, "reason": "noise"});
    owner.ok("server_ban", ban).await?;
    // Those who are there are gone at once, and told.
    bob.event(|event| {
        event["ev"] == "notice"
            && event["text"]
                .as_str()
                .is_some_and(|text| text.contains("noise"))
    })
    .await?;
    bob.read_to_end().await?;
    outside.read_to_end().await?;
    // One is told who banned them, until when and why; the others hear nothing.
    let mut told = server.wire_from("127.5.0.1").await?;
    let refused = told
        .ask("sign_in", who.clone())
        .await?
        .err()
        .context("banned")?;
    assert_eq!(refused.code, "banned");
    for part in ["owner", "until", "noise"] {
        assert!(refused.text.contains(part), "{}", refused.text);
    }
    assert!(is_shut(&server, "127.5.0.2").await?);
    assert!(!is_shut(&server, "127.6.0.1").await?, "another network");
    clock.advance_ms(60_000);
    assert!(
        !is_shut(&server, "127.5.0.3").await?,
        "a minute later another is told"
    );
    assert!(is_shut(&server, "127.5.0.4").await?);
    drop((owner, bob, told, outside));
    let folder = server.stop_and_keep().await?;
    let of_server = clock.for_server();
    let again = Server::start(Options {
        clock: of_server,
        ..Options::for_tests(folder.path().join("data"))
    })
    .await?;
    let refused = async |from: &str| -> Result<bool> {
        let mut socket = dial(Some(from.parse()?), again.local_addr()).await?;
        let read = tokio::time::timeout(std::time::Duration::from_millis(300), socket.read_u8());
        Ok(read.await.is_ok())
    };
    assert!(!refused("127.5.0.1").await?, "told once a minute");
    assert!(refused("127.5.0.1").await?, "and it holds still");
    clock.advance_ms(3_600_000);
    assert!(!refused("127.5.0.1").await?, "it is over");
    again.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_allowed_addresses_pass_bans_budgets_and_lockdown() -> Result<()> {
    let limits = DoorLimits {
        per_minute: 3,
        ..DoorLimits::default()
    };
    let (server, _clock, mut owner) = with_old_owner(|options| options.door = limits).await?;
    owner
        .ok(
            "allow",
            json!({"address": "127.5.0.7", "reason": "the office"}),
        )
        .await?;
    owner
        .ok("server_ban", json!({"address": "127.5.0.0/16"}))
        .await?;
    owner.ok("lockdown", json!({"level": "on"})).await?;
    for number in 0..6 {
        let mut wire = server.wire_from("127.5.0.7").await?;
        let who = json!({"name": format!("clerk{number}"), "password": PASSWORD});
        wire.ok("register", who).await?;
    }
    let list = owner.ok("allowed", json!({})).await?;
    assert_eq!(list["allowed"][0]["address"], "127.5.0.7");
    assert_eq!(list["allowed"][0]["reason"], "the office");
    owner
        .ok("disallow", json!({"address": "127.5.0.7"}))
        .await?;
    assert_eq!(
        owner
            .code("disallow", json!({"address": "127.5.0.7"}))
            .await?,
        "unknown_person"
    );
    let mut told = server.wire_from("127.5.0.7").await?;
    let who = json!({"name": "clerk0", "password": PASSWORD});
    assert_eq!(told.code("sign_in", who).await?, "banned");
    let audit = owner.ok("audit", json!({})).await?.to_string();
    for action in ["address_allowed", "address_disallowed", "lockdown_changed"] {
        assert!(audit.contains(action), "{action}");
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_lockdown_says_who_would_drop_drops_them_and_ends_by_itself() -> Result<()> {
    let (server, clock, mut owner) = with_old_owner(|_| ()).await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who.clone()).await?;
    let mut guest = server.wire_from("127.5.0.2").await?;
    guest.ok("guest", json!({"name": "visitor"})).await?;
    let mut silent = server.wire_from("127.5.0.3").await?;
    silent.ok("ping", json!({})).await?;
    let would = owner
        .ok("lockdown", json!({"level": "on", "dry_run": true}))
        .await?;
    assert_eq!((&would["drops"], &would["of"]), (&json!(2), &json!(4)));
    assert_eq!(would["lockdown"], "off");
    bob.ok("ping", json!({})).await?;
    let lock = json!({"level": "on", "for_s": 600, "reason": "a flood"});
    let done = owner.ok("lockdown", lock).await?;
    assert_eq!(
        (&done["drops"], &done["lockdown"]),
        (&json!(2), &json!("on"))
    );
    guest
        .event(|event| {
            event["text"]
                .as_str()
                .is_some_and(|text| text.contains("a flood"))
        })
        .await?;
    guest.read_to_end().await?;
    silent.read_to_end().await?;
    bob.ok("ping", json!({})).await?;
    // Who has an account comes in; nobody new does, on any front.
    let mut again = server.wire_from("127.5.0.4").await?;
    again.ok("sign_in", who.clone()).await?;
    let mut new = server.wire_from("127.5.0.5").await?;
    let eve = json!({"name": "eve", "password": PASSWORD});
    let refused = new
        .ask("register", eve.clone())
        .await?
        .err()
        .context("locked")?;
    assert!(refused.text.contains("a flood"), "{}", refused.text);
    assert_eq!(new.code("guest", json!({"name": "v2"})).await?, "forbidden");
    assert!(IrcPerson::guest(&server, "v3").await.is_err());
    // Closed, nobody is let in at all, not even by a connection that nothing was said on yet; then it ends by itself, and the owner hears of it.
    let mut early = Vec::new();
    for _ in 0..3 {
        early.push(dial(Some("127.5.0.4".parse()?), server.address).await?);
    }
    // They are taken in the order in which they come.
    let mut last = server.wire_from("127.5.0.4").await?;
    last.ok("ping", json!({})).await?;
    owner
        .ok("lockdown", json!({"level": "closed", "for_s": 60}))
        .await?;
    assert!(is_shut(&server, "127.5.0.6").await?);
    // Who had connected before signs in no more than others.
    for (what, fields) in [
        ("sign_in", who.clone()),
        ("guest", json!({"name": "v4"})),
        ("sign_in_start", json!({"name": "bob", "opaque": "AAAA"})),
    ] {
        let config = client_config(server.fingerprint, ALPN)?;
        let socket = early.pop().context("one is left")?;
        let mut before = Wire::over(tls_over(socket, server.address, config).await?);
        assert_eq!(before.code(what, fields).await?, "forbidden", "{what}");
    }
    clock.advance_ms(60_000);
    owner
        .event(|event| {
            event["text"]
                .as_str()
                .is_some_and(|text| text.contains("over"))
        })
        .await?;
    let mut new = server.wire_from("127.5.0.6").await?;
    new.ok("register", eve).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_moderator_shuts_nobody_out_for_long_and_the_operator_opens_from_the_machine()
-> Result<()> {
    let (server, clock, mut owner) =
        with_old_owner(|options| options.door = DoorLimits::default()).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who).await?;
    owner
        .ok(
            "set_server_role",
            json!({"who": "bob", "role": "moderator"}),
        )
        .await?;
    for too_long in [
        json!({"level": "closed", "for_s": 3_601}),
        json!({"level": "on", "for_s": 24 * 3_600 + 1}),
    ] {
        assert_eq!(bob.code("lockdown", too_long).await?, "forbidden");
    }
    let closed = json!({"level": "closed", "for_s": 3_600});
    bob.ok("lockdown", closed).await?;
    bob.ok("server_ban", json!({"address": "127.6.0.0/16"}))
        .await?;
    assert!(is_shut(&server, "127.6.0.1").await?);
    let engine = server.running().engine();
    assert!(engine.operator_lockdown_off().await?);
    assert!(!engine.operator_lockdown_off().await?);
    engine.operator_unban("127.6.0.0/16").await?;
    assert!(engine.operator_unban("127.6.0.0/16").await.is_err());
    server.wire_from("127.6.0.1").await?;
    server.wire_from("127.6.0.2").await?;
    // And lets in whom the door itself shuts out.
    for _ in 0..=DoorLimits::default().per_minute {
        let _open_or_refused = dial(Some("127.8.0.1".parse()?), server.address).await;
    }
    assert!(is_shut(&server, "127.8.0.1").await?);
    let shut = engine.door_state().offenders;
    let shut = shut.iter().filter(|of| of.shut_ms.is_some());
    assert!(shut.map(|of| &of.address).eq(["127.8.0.1"]));
    engine.operator_allow("127.8.0.1", Some(3_600)).await?;
    server.wire_from("127.8.0.1").await?;
    engine.operator_disallow("127.8.0.1").await?;
    assert!(is_shut(&server, "127.8.0.1").await?);
    // What the owner set for longer than a moderator may is the owner's to change.
    let days = json!({"level": "on", "for_s": 3 * 24 * 3_600});
    owner.ok("lockdown", days).await?;
    for less in [
        json!({"level": "off"}),
        json!({"level": "on", "for_s": 60}),
        json!({"level": "closed", "for_s": 60}),
    ] {
        assert_eq!(bob.code("lockdown", less).await?, "forbidden");
    }
    clock.advance_ms(2 * 24 * 3_600_000);
    bob.ok("lockdown", json!({"level": "off"})).await?;
    let longer = json!({"level": "closed", "for_s": 7_200});
    owner.ok("lockdown", longer).await?;
    let audit = owner.ok("audit", json!({})).await?.to_string();
    assert!(audit.contains("address_unbanned"), "{audit}");
    server.stop().await
}
