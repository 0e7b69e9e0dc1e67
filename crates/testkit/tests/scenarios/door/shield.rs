//! A surge, and the shield that goes up (P3).

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::{DoorLimits, SurgeLimits};
use snug_server::Options;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD, Person},
    wire::dial,
};

use super::{irc_hears, is_shut, with_old_owner};

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
