//! How many accounts an address makes (P1, M2), by whatever it comes.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_rules::MakingLimits;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
    wire::Wire,
};

fn who(name: &str) -> Value {
    json!({"name": name, "password": PASSWORD})
}

async fn register_from(server: &TestServer, from: &str, name: &str) -> Result<(Wire, String)> {
    let mut wire = server.wire_from(from).await?;
    let code = wire.code("register", who(name)).await?;
    Ok((wire, code))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_an_address_makes_so_many_accounts_an_hour_by_whatever_it_comes_unless_somebody_asked_them_in()
-> Result<()> {
    let clock = HandClock::default();
    let here = clock.for_server();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.guests = snug_proto::GuestPolicy::On;
        options.makings = MakingLimits {
            per_hour: 2,
            per_day: 100,
        };
        options.clock = here;
    })
    .await?;
    let mut owner = server.owner().await?;
    server.add_account("ann", PASSWORD).await?;
    let mut wire = server.wire().await?;
    // What is not made does not count.
    assert_eq!(wire.code("register", who("ann")).await?, "name_taken");
    server.add_account("bob", PASSWORD).await?;
    let refused = wire.ask("register", who("cid")).await?;
    let refused = refused.err().context("it came in")?;
    assert_eq!(refused.code, "too_fast");
    assert_eq!(refused.retry_after_ms, Some(3_600_000));
    assert!(refused.text.contains("in 60 minutes"), "{}", refused.text);
    let start = json!({"name": "cid", "opaque": "AAAA"});
    assert_eq!(wire.code("register_start", start).await?, "too_fast");
    // IRC's REGISTER, and a guest who would stay.
    let mut cid = IrcPerson::connect(&server).await?;
    cid.send(&format!(
        "CAP LS 302\r\nNICK cid\r\nREGISTER * * {PASSWORD}"
    ))
    .await?;
    let mut line = String::new();
    while !line.contains("FAIL REGISTER") {
        line = cid.raw_line().await?.context("closed")?;
    }
    assert!(
        line.contains("TEMPORARILY_UNAVAILABLE cid :As many"),
        "{line}"
    );
    let mut gus = server.wire().await?;
    gus.ok("guest", json!({"name": "gus"})).await?;
    assert_eq!(gus.code("register", who("gus")).await?, "too_fast");
    // Whom somebody inside asked in is not counted, nor is another address.
    let code = owner.ok("invite", json!({})).await?["code"].clone();
    let invited = json!({"name": "dan", "password": PASSWORD, "code": code});
    assert_eq!(wire.code("register", invited).await?, "ok");
    // But not by one who is new: they would ask themselves in again and again.
    let code = wire.ok("invite", json!({})).await?["code"].clone();
    let invited = json!({"name": "hal", "password": PASSWORD, "code": code});
    let mut hal = server.wire().await?;
    assert_eq!(hal.code("register", invited.clone()).await?, "too_fast");
    assert_eq!(register_from(&server, "127.5.0.1", "eve").await?.1, "ok");
    let office = json!({"address": "127.0.0.1"});
    owner.ok("allow", office.clone()).await?;
    server.add_account("cid", PASSWORD).await?;
    owner.ok("disallow", office).await?;
    let mut late = server.wire().await?;
    assert_eq!(late.code("register", who("fay")).await?, "too_fast");
    clock.advance_ms(3_600_000);
    assert_eq!(hal.code("register", invited).await?, "ok");
    drop(hal);
    assert_eq!(late.code("register", who("fay")).await?, "ok");
    drop((owner, wire, cid, gus, late));
    server.stop().await
}
