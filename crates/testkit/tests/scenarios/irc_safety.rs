//! What an IRC client may cost before it has signed in (P2), and what others are told of how somebody is
//! connected: on the raw wire, against the real server.

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::DoorLimits;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
    wire::dial,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::irc_people::{Raw, has, of};

/// Lines that cost nothing by themselves.
const FREE_LINES: u32 = 30;

/// RFC 2812 says nothing of 671; modern.ircdocs.horse has `RPL_WHOISSECURE`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whois_says_who_comes_by_tls_with_every_client() -> Result<()> {
    let server = TestServer::with(|options| {
        options.listen_plain = vec![([127, 0, 0, 1], 0).into()];
        options.registration = snug_proto::Registration::Open;
    })
    .await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let _bob = Raw::newcomer(&server, "bob", "").await?;
    has(
        &ann.ask("WHOIS bob").await?,
        " 671 ann bob :is using a secure connection",
    )?;
    // One without TLS among them, and what is said to him can be read along.
    let plain = server.running().plain_addresses().first().copied();
    let mut open = dial(None, plain.context("none")?).await?;
    open.write_all(format!("PASS :bob:{PASSWORD}\r\nNICK bob\r\nUSER b 0 * :b\r\n").as_bytes())
        .await?;
    let mut came = Vec::new();
    while !String::from_utf8_lossy(&came).contains(" 422 ") {
        anyhow::ensure!(open.read_buf(&mut came).await? > 0, "closed");
    }
    let seen = ann.ask("WHOIS bob").await?;
    assert!(of(&seen, "671").is_empty(), "{seen:?}");
    // Native clients are told the same.
    let mut native = server.sign_in("ann").await?;
    let card = native.ok("whois", json!({"person": "bob"})).await?;
    assert_eq!(card.get("secure"), None);
    let card = native.ok("whois", json!({"person": "ann"})).await?;
    assert_eq!(card["secure"], true);
    drop(open);
    server.stop().await
}

/// As 30 requests do on the native wire: here most lines ask nothing of the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_lines_before_a_sign_in_shut_the_address_out_like_requests_and_nobody_else() -> Result<()>
{
    let server = TestServer::with(|options| {
        options.door = DoorLimits::default();
        options.registration = snug_proto::Registration::Open;
    })
    .await?;
    server.add_account("ann", PASSWORD).await?;
    let mut one = IrcPerson::connect_from(&server, "127.1.0.1").await?;
    let requests = DoorLimits::default().requests;
    for _ in 0..FREE_LINES + requests {
        one.send("CAP LIST").await?;
    }
    for _ in 0..FREE_LINES + requests {
        let line = one.raw_line().await?.context("closed too soon")?;
        assert!(line.contains(" CAP * LIST "), "{line}");
    }
    one.send("CAP LIST").await?;
    let end = one.raw_line().await?.context("no ERROR came")?;
    assert_eq!(
        end,
        "ERROR :Too many lines before signing in. Try again in 30 s."
    );
    assert_eq!(one.raw_line().await?, None);
    assert!(
        IrcPerson::connect_from(&server, "127.1.0.1").await.is_err(),
        "it is shut out"
    );
    // Somebody else comes in as ever, and says then what they like.
    let mut other = IrcPerson::connect_from(&server, "127.1.0.2").await?;
    other
        .send(&format!(
            "PASS :ann:{PASSWORD}\r\nNICK ann\r\nUSER a 0 * :a"
        ))
        .await?;
    for _ in 0..2 * (FREE_LINES + requests) {
        other.send("CAP LIST").await?;
    }
    other.send("PING there").await?;
    loop {
        let line = other.raw_line().await?.context("closed")?;
        if line.contains(" PONG ") {
            break;
        }
    }
    server.stop().await
}
