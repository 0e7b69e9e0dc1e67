//! The door, over real sockets: what each of its scenarios begins with.

mod bans;
mod budgets;
mod purge;
mod seen;
mod shield;

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::DoorLimits;
use snug_server::Options;
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

/// Reads lines until one says so.
async fn irc_hears(person: &mut IrcPerson, words: &str) -> Result<()> {
    while let Some(line) = person.raw_line().await? {
        if line.contains(" NOTICE ") && line.contains(words) {
            return Ok(());
        }
    }
    anyhow::bail!("the server closed the connection")
}
