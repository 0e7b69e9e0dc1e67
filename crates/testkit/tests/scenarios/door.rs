//! The door: what addresses may cost before anybody signs in from them (P2), over real sockets.

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::{DoorLimits, SurgeLimits};
use snug_server::{Options, Server};
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, PASSWORD, Person},
    pinned::client_config,
    server::TestServer,
    wire::{ALPN, Wire, dial, tls_over},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server with these limits, its owner in the room, and a clock that stands.
async fn server(limits: DoorLimits) -> Result<(TestServer, HandClock, Wire)> {
    let clock = HandClock::default();
    let of_server = clock.for_server();
    let server = TestServer::with(|options| {
        options.clock = of_server;
        options.door = limits;
    })
    .await?;
    let mut owner = server.wire_from("127.9.0.1").await?;
    let code = server.owner_code.as_ref().context("no owner yet")?;
    let who = json!({"name": "owner", "password": PASSWORD, "code": code});
    owner.ok("register", who).await?;
    Ok((server, clock, owner))
}

async fn sign_in(server: &TestServer, from: &str) -> Result<Wire> {
    let mut wire = server.wire_from(from).await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    Ok(wire)
}

/// The connection is closed before a byte of the handshake is answered.
async fn is_shut(server: &TestServer, from: &str) -> Result<bool> {
    let mut socket = dial(Some(from.parse()?), server.address).await?;
    let refused = tokio::time::timeout(std::time::Duration::from_millis(300), socket.read_u8());
    Ok(refused.await.is_ok())
}

/// An office in the morning: everybody mistypes, nobody has been there for a day. Guesses at others' stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_wrong_passwords_before_the_right_one_shut_no_address_out() -> Result<()> {
    let (server, _clock, mut owner) = server(DoorLimits::default()).await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    let tried = |name: &str, password: &str| json!({"name": name, "password": password});
    for number in 0..8 {
        let name = format!("clerk{number}");
        let mut wire = server.wire_from("127.3.0.1").await?;
        wire.ok("register", tried(&name, PASSWORD)).await?;
        wire.ok("quit", json!({})).await?;
        let mut wire = server.wire_from("127.3.0.1").await?;
        for _ in 0..2 {
            let wrong = wire.code("sign_in", tried(&name, "not this one")).await?;
            assert_eq!(wrong, "bad_credentials", "{name}");
        }
        wire.ok("sign_in", tried(&name, PASSWORD)).await?;
        wire.ok("quit", json!({})).await?;
    }
    assert_eq!(server.running().statistics().shut_out(), 0);
    // Between them nobody guesses for free.
    for number in 0..10 {
        let mut wire = server.wire_from("127.3.0.1").await?;
        let name = format!("nobody{number}");
        wire.code("sign_in", tried(&name, "not this one")).await?;
    }
    let mut wire = server.wire_from("127.3.0.1").await?;
    let over = wire.code("sign_in", tried("clerk0", PASSWORD)).await?;
    assert_eq!(over, "too_fast");
    drop((owner, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_thirty_requests_without_a_sign_in_shut_the_address_out_and_nobody_else() -> Result<()> {
    let (server, clock, mut owner) = server(DoorLimits::default()).await?;
    let mut one = server.wire_from("127.1.0.1").await?;
    let mut two = server.wire_from("127.1.0.1").await?;
    for _ in 0..15 {
        one.ok("ping", json!({})).await?;
        two.ok("hello", json!({"client": "x", "wire": 1})).await?;
    }
    let over = one.ask("ping", json!({})).await?.err();
    let over = over.context("it is the 31st")?;
    assert_eq!(
        (over.code.as_str(), over.retry_after_ms),
        ("too_fast", Some(30_000))
    );
    one.read_to_end().await?;
    assert!(is_shut(&server, "127.1.0.1").await?);
    assert_eq!(server.running().statistics().shut_out(), 1);
    let mut neighbour = server.wire_from("127.1.0.2").await?;
    neighbour.ok("ping", json!({})).await?;
    owner.ok("ping", json!({})).await?;
    clock.advance_ms(29_999);
    assert!(is_shut(&server, "127.1.0.1").await?);
    clock.advance_ms(1);
    assert!(!is_shut(&server, "127.1.0.1").await?, "it is over");
    drop((owner, one, two, neighbour));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_ten_wrong_codes_shut_the_address_out() -> Result<()> {
    let (server, _clock, _owner) = server(DoorLimits::default()).await?;
    let mut guesser = server.wire_from("127.1.0.1").await?;
    let with = |code: u32| {
        let name = format!("guest{code}");
        json!({"name": name, "password": PASSWORD, "code": format!("maple-{code}")})
    };
    for code in 0..10 {
        assert_eq!(guesser.code("register", with(code)).await?, "bad_code");
    }
    assert_eq!(guesser.code("register", with(10)).await?, "too_fast");
    guesser.read_to_end().await?;
    assert!(is_shut(&server, "127.1.0.1").await?);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_wrong_secrets_that_are_tried_from_inside_count_for_the_address_too() -> Result<()> {
    let (server, clock, mut owner) = server(DoorLimits::default()).await?;
    let open = json!({"guests": "on", "registration": "code", "access_code": "green door"});
    owner.ok("server", open).await?;
    // A guest tries each name's password a few times, so that no name shuts it out, and codes.
    let mut guest = server.wire_from("127.1.0.1").await?;
    guest.ok("guest", json!({"name": "gus"})).await?;
    for name in 0..8 {
        let wrong = json!({"name": format!("member{name}"), "password": "correct horse"});
        assert_eq!(guest.code("operate", wrong).await?, "bad_credentials");
    }
    for code in ["red door", "blue door"] {
        let with = json!({"name": "gus", "password": PASSWORD, "code": code});
        assert_eq!(guest.code("register", with).await?, "bad_code");
    }
    let right = json!({"name": "owner", "password": PASSWORD});
    assert_eq!(guest.code("operate", right.clone()).await?, "too_fast");
    guest.read_to_end().await?;
    assert!(is_shut(&server, "127.1.0.1").await?);

    // Signing in to an account of one's own gives nothing of that back, nor does leaving OPAQUE undone.
    clock.advance_ms(3_600_000);
    let mut spy = server.wire_from("127.2.0.1").await?;
    for name in 0..10 {
        let wrong = json!({"name": format!("member{name}"), "password": "correct horse"});
        assert_eq!(spy.code("sign_in", wrong).await?, "bad_credentials");
    }
    assert_eq!(spy.code("sign_in", right).await?, "too_fast");
    assert!(is_shut(&server, "127.2.0.1").await?);
    owner.ok("ping", json!({})).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_an_irc_guest_who_signs_in_again_and_again_is_shut_out() -> Result<()> {
    let (server, _clock, mut owner) = server(DoorLimits::default()).await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut gus = IrcPerson::guest(&server, "gus").await?;
    for name in 0..11 {
        gus.send(&format!("NS IDENTIFY member{name} correct-horse"))
            .await?;
    }
    let refused = async {
        while let Some(line) = gus.line().await? {
            if line.shown().contains("Too much was asked or tried") {
                return Ok(());
            }
        }
        anyhow::bail!("it is looked at")
    };
    refused.await?;
    assert!(is_shut(&server, "127.0.0.1").await?);
    drop((owner, gus));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_private_address_that_most_come_from_is_seen() -> Result<()> {
    let (server, _clock, owner) = server(DoorLimits::default()).await?;
    let mut here = Vec::new();
    for _ in 0..8 {
        here.push(server.wire_from("127.1.0.1").await?);
    }
    let engine = server.running().engine();
    assert_eq!(engine.crowd(), None, "too few to tell");
    here.push(server.wire_from("127.1.0.1").await?);
    for wire in &mut here {
        wire.ok("ping", json!({})).await?;
    }
    let crowd = engine.crowd().context("nine of ten")?;
    assert_eq!(
        (crowd.address.to_string().as_str(), crowd.from_it, crowd.of),
        ("127.1.0.1", 9, 10)
    );
    drop((owner, here));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_who_signs_in_is_given_back_what_it_cost_and_keeps_the_address_open() -> Result<()> {
    let limits = DoorLimits {
        per_minute: 20,
        open: 8,
        ..DoorLimits::default()
    };
    let (server, clock, _owner) = server(limits).await?;
    clock.advance_ms(120_000);
    let mut inside = Vec::new();
    for _ in 0..60 {
        inside.push(sign_in(&server, "127.1.0.1").await?);
    }
    assert_eq!(server.running().statistics().refused(), 0);
    // An account younger than a day keeps nobody from being shut out.
    let mut outside = Vec::new();
    for _ in 0..8 {
        outside.push(server.wire_from("127.1.0.1").await?);
    }
    assert!(is_shut(&server, "127.1.0.1").await?);
    drop((inside, outside));
    clock.advance_ms(24 * 3_600_000);
    // One that is a day old does: the address is slowed, and open again as soon as there is room.
    let mut friend = sign_in(&server, "127.2.0.1").await?;
    let mut outside = Vec::new();
    for _ in 0..8 {
        outside.push(server.wire_from("127.2.0.1").await?);
    }
    assert!(is_shut(&server, "127.2.0.1").await?);
    assert_eq!(
        server.running().statistics().shut_out(),
        1,
        "not by machine"
    );
    outside.pop().context("one")?.write(b"\x00\n").await.ok();
    drop(outside);
    friend.ok("ping", json!({})).await?;
    let again = async {
        while sign_in(&server, "127.2.0.1").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), again).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_an_irc_client_that_asks_too_much_before_signing_in_is_shut_out_too() -> Result<()> {
    let limits = DoorLimits {
        requests: 3,
        ..DoorLimits::default()
    };
    let (server, _clock, _owner) = server(limits).await?;
    let mut client = IrcPerson::connect(&server).await?;
    client.send("CAP LS 302").await?;
    client.send("NICK ann").await?;
    client.send("USER ann 0 * :Ann").await?;
    client.send("CAP REQ :sasl").await?;
    for _ in 0..6 {
        client.send("AUTHENTICATE PLAIN").await?;
        client
            .send("AUTHENTICATE AGFubgB3cm9uZyBwYXNzd29yZA==")
            .await?;
    }
    while client.line().await?.is_some() {}
    assert!(is_shut(&server, "127.0.0.1").await?);
    server.stop().await
}

/// Seen to go red: without the count, where all of a hundred are looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_who_is_in_already_guesses_at_others_on_the_same_budget() -> Result<()> {
    let limits = DoorLimits {
        codes: 5,
        ..DoorLimits::default()
    };
    let clock = HandClock::default();
    let here = clock.for_server();
    let server = TestServer::with(|options| {
        options.door = limits;
        options.registration = snug_proto::Registration::Open;
        options.guests = snug_proto::GuestPolicy::On;
        options.clock = here;
    })
    .await?;
    // By IRC, as a guest.
    let mut guest = IrcPerson::guest(&server, "gil").await?;
    let mut heard = Vec::new();
    for number in 0..100 {
        let said = guest
            .asks(&format!("NS IDENTIFY name{number} wrong"))
            .await?;
        heard.extend(said);
    }
    let count = |words: &str| heard.iter().filter(|said| said.contains(words)).count();
    assert_eq!(count("name or the password is wrong"), 5, "{heard:?}");
    assert_eq!(count("from your address"), 95);
    assert!(is_shut(&server, "127.0.0.1").await?);
    // By OPER, as a member.
    let mut member = server.wire_from("127.6.0.1").await?;
    let who = json!({"name": "mel", "password": PASSWORD});
    member.ok("register", who).await?;
    for number in 0..5 {
        let who = json!({"name": format!("name{number}"), "password": "wrong"});
        assert_eq!(member.code("operate", who).await?, "bad_credentials");
    }
    let who = json!({"name": "name5", "password": "wrong"});
    assert_eq!(member.code("operate", who).await?, "too_fast");
    member.read_to_end().await?;
    assert!(is_shut(&server, "127.6.0.1").await?);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_trusted_addresses_are_not_counted() -> Result<()> {
    let limits = DoorLimits {
        per_minute: 2,
        requests: 2,
        ..DoorLimits::default()
    };
    let server = TestServer::with(|options| {
        options.door = limits;
        options.trusted = vec!["127.7.0.0/16".parse().unwrap_or_else(|_| unreachable!())];
    })
    .await?;
    for _ in 0..10 {
        let mut wire = server.wire_from("127.7.0.1").await?;
        for _ in 0..10 {
            wire.ok("ping", json!({})).await?;
        }
    }
    server.stop().await
}

/// The same, and the owner's account is a day old.
async fn with_old_owner(
    change: impl FnOnce(&mut Options),
) -> Result<(TestServer, HandClock, Wire)> {
    let clock = HandClock::default();
    let of_server = clock.for_server();
    let server = TestServer::with(|options| {
        options.clock = of_server;
        change(options);
    })
    .await?;
    let mut owner = server.wire_from("127.9.0.1").await?;
    let code = server.owner_code.as_ref().context("no owner yet")?;
    let who = json!({"name": "owner", "password": PASSWORD, "code": code});
    owner.ok("register", who).await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    clock.advance_ms(25 * 3_600_000);
    Ok((server, clock, owner))
}

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
    let (server, _clock, mut owner) =
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
    let longer = json!({"level": "closed", "for_s": 7_200});
    owner.ok("lockdown", longer).await?;
    let audit = owner.ok("audit", json!({})).await?.to_string();
    assert!(audit.contains("address_unbanned"), "{audit}");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_purge_takes_back_all_that_somebody_said_since_a_time() -> Result<()> {
    let (server, clock, mut owner) = with_old_owner(|_| ()).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    bob.ok("register", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    bob.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("send", json!({"room": "lobby", "body": "before"}))
        .await?;
    let older = bob
        .ok("send", json!({"room": "lobby", "body": "innocent"}))
        .await?;
    clock.advance_ms(3_600_000);
    let since = owner
        .ok("send", json!({"room": "lobby", "body": "mine"}))
        .await?["at"]
        .clone();
    for number in 0..20 {
        for room in ["lobby", "den"] {
            let body = format!("spam {number}");
            bob.ok("send", json!({"room": room, "body": body})).await?;
        }
    }
    bob.ok("send", json!({"to": "owner", "body": "spam to you"}))
        .await?;
    // What was said by changing older words, by tags and by leaving goes as well.
    let edit = json!({"room": "lobby", "seq": older["seq"], "body": "spam by edit"});
    bob.ok("edit", edit).await?;
    let tags = json!({"room": "lobby", "tags": {"+x": "spam by tag"}});
    bob.ok("tag", tags).await?;
    owner.ok("create_room", json!({"room": "yard"})).await?;
    bob.ok("join", json!({"room": "yard"})).await?;
    bob.ok(
        "leave",
        json!({"room": "yard", "reason": "spam by leaving"}),
    )
    .await?;
    let purge = json!({"who": "bob", "since": since, "reason": "spam"});
    assert_eq!(
        bob.code("purge", json!({"who": "owner", "since": since}))
            .await?,
        "forbidden"
    );
    let purged = owner.ok("purge", purge).await?;
    assert_eq!(
        (&purged["messages"], &purged["left"]),
        (&json!(44), &json!(0))
    );
    bob.event(|event| {
        event["ev"] == "notice"
            && event["text"]
                .as_str()
                .is_some_and(|text| text.contains("spam"))
    })
    .await?;
    for room in ["lobby", "den", "@owner"] {
        let page = bob
            .ok("read", json!({"room": room, "limit": 200}))
            .await?
            .to_string();
        assert!(!page.contains("spam "), "{room}");
    }
    let yard = owner.ok("read", json!({"room": "yard"})).await?.to_string();
    assert!(!yard.contains("spam by leaving"), "{yard}");
    let page = owner
        .ok("read", json!({"room": "lobby", "limit": 200}))
        .await?
        .to_string();
    assert!(page.contains("before") && page.contains("mine"));
    server.stop().await
}

/// A server whose shield goes up soon, and whose newcomers wait so long.
fn soon(options: &mut Options, wait: std::time::Duration) {
    options.surge = SurgeLimits {
        newcomers: 20,
        patience_ms: 30_000,
        calm_ms: 60_000,
        ban_ms: 600_000,
    };
    options.shield.wait = wait;
    options.shield.bits = 10;
}

/// Reads lines until one says so.
async fn irc_hears(person: &mut IrcPerson, words: &str) -> Result<()> {
    while let Some(line) = person.raw_line().await? {
        if line.contains(" NOTICE ") && line.contains(words) {
            return Ok(());
        }
    }
    anyhow::bail!("the server closed the connection")
}

fn says(words: &'static str) -> impl Fn(&serde_json::Value) -> bool {
    move |event| {
        let text = event["text"].as_str();
        event["ev"] == "notice" && text.is_some_and(|text| text.contains(words))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_a_surge_warns_the_owner_on_every_front_and_the_shield_goes_up_and_comes_down()
-> Result<()> {
    let limits = DoorLimits {
        per_minute: 10,
        ..DoorLimits::default()
    };
    let (server, clock, mut owner) = with_old_owner(|options| {
        soon(options, std::time::Duration::ZERO);
        options.door = limits;
    })
    .await?;
    let mut by_irc = IrcPerson::sign_in(&server, "owner").await?;
    let surge = async {
        // The second that is counted is the server's own: until it has seen enough, they go on coming.
        loop {
            for number in 0..10_u8 {
                let from = std::net::IpAddr::from([127, 3, number, 1]);
                let _refused = dial(Some(from), server.address).await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let hears = async {
        let told = owner
            .event(says("Many strangers connect"))
            .await?
            .to_string();
        assert!(told.contains("answers within 30 seconds"), "{told}");
        irc_hears(&mut by_irc, "Many strangers connect").await?;
        clock.advance_ms(30_000);
        owner.event(says("The shield is up")).await?;
        irc_hears(&mut by_irc, "The shield is up").await
    };
    tokio::select! {
        () = surge => {}
        told = hears => told?,
    }
    let state = owner.ok("shield", json!({})).await?;
    assert_eq!(
        (&state["up"], &state["wanted"]),
        (&json!(true), &json!("auto"))
    );
    assert!(state["refused"].as_u64() > Some(0), "{state}");
    clock.advance_ms(590_000);
    assert!(is_shut(&server, "127.3.0.1").await?, "for ten minutes");
    owner.ok("ping", json!({})).await?;
    let calm = async {
        loop {
            clock.advance_ms(10_000);
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
    };
    tokio::select! {
        () = calm => {}
        told = owner.event(says("The shield is down again")) => drop(told?),
    }
    let audit = owner.ok("audit", json!({})).await?.to_string();
    assert!(audit.contains("shield_changed"));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_an_owner_who_lowers_the_shield_lets_in_whom_it_shut_out() -> Result<()> {
    let limits = DoorLimits {
        per_minute: 3,
        ..DoorLimits::default()
    };
    let (server, clock, mut owner) = with_old_owner(|options| {
        soon(options, std::time::Duration::ZERO);
        options.door = limits;
    })
    .await?;
    while !is_shut(&server, "127.3.0.1").await? {}
    owner.ok("shield", json!({"wanted": "up"})).await?;
    clock.advance_ms(300_000);
    assert!(is_shut(&server, "127.3.0.1").await?, "for ten minutes");
    owner.ok("shield", json!({"wanted": "down"})).await?;
    assert!(!is_shut(&server, "127.3.0.1").await?);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_under_the_shield_newcomers_pay_by_computing_or_waiting_and_friends_pass() -> Result<()>
{
    let wait = std::time::Duration::from_secs(2);
    let (server, _clock, mut owner) = with_old_owner(|options| soon(options, wait)).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    let token = bob.ok("register", who.clone()).await?["session"].clone();
    let mut carol = server.wire_from("127.5.0.1").await?;
    let other = json!({"name": "carol", "password": PASSWORD});
    carol.ok("register", other).await?;
    owner.ok("shield", json!({"wanted": "up"})).await?;
    bob.ok("ping", json!({})).await?;
    // Who comes back passes at once.
    let begun = std::time::Instant::now();
    let mut back = server.wire_from("127.5.0.1").await?;
    back.ok("resume", json!({"session": token})).await?;
    // So does who computes.
    let mut computes = server.wire_from("127.5.0.2").await?;
    let hello = computes
        .ok("hello", json!({"client": "x", "wire": 1}))
        .await?;
    let challenge = hello["work"]["challenge"]
        .as_str()
        .context("nothing to do")?;
    let bits = hello["work"]["bits"].as_u64().context("no bits")?;
    assert_eq!(
        computes
            .code("prove_work", json!({"nonce": u64::MAX}))
            .await?,
        "bad_request"
    );
    let nonce = snug_auth::do_work(challenge, u8::try_from(bits)?).context("too much")?;
    computes.ok("prove_work", json!({"nonce": nonce})).await?;
    computes.ok("sign_in", who.clone()).await?;
    assert!(begun.elapsed() < wait, "{:?}", begun.elapsed());
    // And our client, without being told to.
    let begun = std::time::Instant::now();
    let link = server.running().link().to_string().parse()?;
    let options = snug_client::ClientOptions::default();
    let (connection, welcome) = snug_client::Opened::hello(&link, &options).await?;
    assert!(welcome.work.is_some());
    snug_client::sign_in_plain(&connection, "bob", PASSWORD.into()).await?;
    assert!(begun.elapsed() < wait, "{:?}", begun.elapsed());
    // IRC waits, but for an account that has signed in from there before.
    for (name, waits) in [("carol", true), ("bob", false), ("carol", false)] {
        let begun = std::time::Instant::now();
        drop(IrcPerson::sign_in(&server, name).await?);
        let took = begun.elapsed();
        assert_eq!(took >= wait, waits, "{name}: {took:?}");
    }
    // An allowed address does not.
    owner.ok("allow", json!({"address": "127.8.0.1"})).await?;
    let begun = std::time::Instant::now();
    let mut allowed = server.wire_from("127.8.0.1").await?;
    allowed.ok("sign_in", who).await?;
    assert!(begun.elapsed() < wait);
    let down = owner.ok("shield", json!({"wanted": "auto"})).await?;
    assert_eq!(down["up"], false);
    server.stop().await
}

/// The report's lines once there are so many.
async fn report(path: &std::path::Path, count: usize) -> Result<String> {
    let written = async {
        loop {
            let text = std::fs::read_to_string(path).unwrap_or_default();
            if text.lines().count() >= count {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    Ok(tokio::time::timeout(std::time::Duration::from_secs(20), written).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_an_account_has_a_hundred_connections_and_the_first_gives_way() -> Result<()> {
    let (server, _clock, _owner) = with_old_owner(|_| ()).await?;
    // Over IRC nothing is recorded that could be trimmed. The owner is here already.
    let mut first = IrcPerson::sign_in(&server, "owner").await?;
    let mut more = Vec::new();
    while more.len() < 98 {
        more.push(IrcPerson::sign_in(&server, "owner").await?);
    }
    for _ in 0..2 {
        more.push(IrcPerson::sign_in(&server, "owner").await?);
    }
    irc_hears(&mut first, "100 connections at most").await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_what_a_server_reports_is_what_fail2ban_reads() -> Result<()> {
    let limits = DoorLimits {
        requests: 12,
        ..DoorLimits::default()
    };
    let (server, _clock, _owner) = with_old_owner(|options| options.door = limits).await?;
    for number in 1..=5 {
        let mut wire = server.wire_from(&format!("127.4.{number}.1")).await?;
        for _ in 0..12 {
            wire.ok("ping", json!({})).await?;
        }
        assert_eq!(wire.code("ping", json!({})).await?, "too_fast");
    }
    let mut rude = server.wire_from("127.4.9.1").await?;
    for _ in 0..20 {
        rude.write(b"rubbish\n").await?;
    }
    rude.read_to_end().await?;
    let _friend = sign_in(&server, "127.9.0.1").await?;
    // Wrong passwords are a line once they shut the account, and none from where friends are.
    for from in ["127.9.0.1", "127.4.10.1"] {
        for _ in 0..8 {
            let mut guesses = server.wire_from(from).await?;
            let who = json!({"name": "eve", "password": "not hers at all"});
            assert_eq!(guesses.code("sign_in", who).await?, "bad_credentials");
        }
    }
    let path = server.data().join("report.txt");
    let text = report(&path, 7).await?;
    for line in text.lines() {
        let mut words = line.split(' ');
        assert!(words.next().is_some_and(|at| at.ends_with('Z')), "{line}");
        assert_eq!(words.next(), Some("snug"));
        assert!(
            words
                .next()
                .is_some_and(|of| of.starts_with("address=127.4.")),
            "{line}"
        );
        assert!(
            words.next().is_some_and(|of| of.starts_with("event=")),
            "{line}"
        );
        assert!(
            words.next().is_some_and(|of| of.starts_with("count=")),
            "{line}"
        );
    }
    assert_eq!(text.matches("event=requests").count(), 5);
    assert_eq!(text.matches("event=garbage").count(), 1);
    assert_eq!(text.matches("event=passwords").count(), 1);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let filter = root.join("../../deploy/fail2ban/filter.conf");
    let filter = filter.to_string_lossy();
    let people = format!("{filter}[events=\"passwords|spam\"]");
    for (filter, matched, of) in [
        (filter.as_ref(), 6, "127.4.3.1"),
        (&people, 1, "127.4.10.1"),
    ] {
        let said = std::process::Command::new("fail2ban-regex")
            .arg("--print-all-matched")
            .arg(&path)
            .arg(filter)
            .output();
        match said {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stdout);
                let missed = 7 - matched;
                let expected =
                    format!("Lines: 7 lines, 0 ignored, {matched} matched, {missed} missed");
                assert!(said.contains(&expected), "{said}");
                assert!(said.contains(of), "{said}");
            }
            Err(_) if std::env::var_os("SNUG_REQUIRE_CLIENTS").is_none() => {
                eprintln!("SKIPPED: fail2ban-regex is not installed (Debian: fail2ban)");
            }
            Err(error) => anyhow::bail!("fail2ban-regex is not installed: {error}"),
        }
    }
    server.stop().await
}

/// The body of an answer over HTTP, and its first line.
async fn get(address: std::net::SocketAddr, path: &str) -> Result<(String, String)> {
    let mut socket = dial(None, address).await?;
    socket
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes())
        .await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no head")?;
    let status = head.lines().next().unwrap_or_default().to_owned();
    Ok((status, body.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_metrics_and_health_say_how_things_stand() -> Result<()> {
    let limits = DoorLimits {
        requests: 3,
        ..DoorLimits::default()
    };
    let (server, _clock, mut owner) = with_old_owner(|options| {
        options.door = limits;
        options.metrics = Some(([127, 0, 0, 1], 0).into());
    })
    .await?;
    let mut wire = server.wire_from("127.4.0.1").await?;
    for _ in 0..3 {
        wire.ok("ping", json!({})).await?;
    }
    assert_eq!(wire.code("ping", json!({})).await?, "too_fast");
    assert!(is_shut(&server, "127.4.0.1").await?);
    let address = server.running().metrics_address().context("no metrics")?;
    let (status, body) = get(address, "/metrics").await?;
    assert!(status.contains("200"), "{status}");
    for line in [
        "snug_connections{state=\"signed_in\"} 1",
        "snug_refused_total 1",
        "snug_shut_out_total{why=\"requests\"} 1",
        "snug_shut_out_total{why=\"codes\"} 0",
        "snug_shield_up 0",
        "snug_lockdown 0",
        "snug_offender_shut_out{block=\"127.4.0.1\"} 1",
    ] {
        assert!(body.lines().any(|of| of == line), "{line}: {body}");
    }
    owner.ok("shield", json!({"wanted": "up"})).await?;
    assert!(
        get(address, "/metrics")
            .await?
            .1
            .contains("snug_shield_up 1")
    );
    assert_eq!(
        get(address, "/health").await?,
        ("HTTP/1.1 200 OK".into(), "ok\n".into())
    );
    assert!(get(address, "/else").await?.0.contains("404"));
    let state = owner.ok("shield", json!({})).await?;
    assert_eq!(state["offenders"][0]["address"], "127.4.0.1");
    assert_eq!(state["shut_for"], json!([{"why": "requests", "times": 1}]));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_bans_of_addresses_are_handed_to_a_firewall() -> Result<()> {
    let (server, _clock, mut owner) = with_old_owner(|_| ()).await?;
    owner
        .ok(
            "server_ban",
            json!({"address": "203.0.113.0/24", "for_s": 3600}),
        )
        .await?;
    owner
        .ok("server_ban", json!({"address": "2001:db8::/48"}))
        .await?;
    let mut bans = server.running().engine().banned_networks();
    bans.sort();
    let shown: Vec<_> = bans
        .iter()
        .map(|(network, left)| (network.to_string(), *left))
        .collect();
    let expected = [
        ("203.0.113.0/24".to_owned(), Some(3600)),
        ("2001:db8::/48".to_owned(), None),
    ];
    assert_eq!(shown, expected);
    server.stop().await
}
