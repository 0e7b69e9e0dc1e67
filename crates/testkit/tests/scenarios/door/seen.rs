//! How an owner sees the door: reports for fail2ban, metrics, a firewall's set, the doctor (P4, P5, O3, M2).

use anyhow::{Context, Result};
use serde_json::json;
use snug_rules::DoorLimits;
use snug_testkit::wire::dial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{is_shut, server, sign_in, with_old_owner};

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
async fn o3_who_runs_the_server_sees_where_a_crowd_comes_from_and_a_network_that_is_shut_out()
-> Result<()> {
    let limits = DoorLimits {
        per_minute: 5,
        ..DoorLimits::default()
    };
    let (server, _clock, mut owner) = with_old_owner(|options| options.door = limits).await?;
    let state = owner.ok("shield", json!({})).await?;
    assert_eq!(state.get("from"), None, "{state}");
    let mut crowd = Vec::new();
    for number in 1..=20 {
        crowd.push(server.wire_from(&format!("127.4.3.{number}")).await?);
    }
    assert!(
        is_shut(&server, "127.4.3.99").await?,
        "four times five came"
    );
    let state = owner.ok("shield", json!({})).await?;
    let all_of_it = json!([{"network": "127.4.3.0/24", "percent": 100}]);
    assert_eq!(state["from"], all_of_it, "{state}");
    assert_eq!(state["offenders"][0]["address"], "127.4.3.0/24", "{state}");
    assert!(state["offenders"][0]["shut_ms"].as_u64() > Some(0));
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
