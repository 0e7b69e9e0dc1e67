//! The door: what addresses may cost before anybody signs in from them (P2), over real sockets.

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::DoorLimits;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
    wire::{Wire, dial},
};
use tokio::io::AsyncReadExt;

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
