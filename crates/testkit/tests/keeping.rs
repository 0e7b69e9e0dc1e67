//! A server's data kept and brought back: backup, restore, export, import (O3), and a ledger that a kill
//! does not unbalance (C1). Every command is the real `snugd`.

#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

#[path = "keeping/everything.rs"]
mod everything;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    child::{Snugd, Start, program},
    load::Site,
    wire::Wire,
};

const PASSWORD: &str = "correct horse battery";

/// Runs a subcommand on a data folder.
fn snugd(data: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program()?);
    command.arg("--data").arg(data).args(arguments);
    command.output().context("snugd does not run")
}

fn done(output: &Output) -> Result<String> {
    let said = String::from_utf8(output.stdout.clone())?;
    let complained = String::from_utf8(output.stderr.clone())?;
    anyhow::ensure!(output.status.success(), "{said}{complained}");
    Ok(said)
}

fn refused(output: &Output) -> Result<String> {
    let complained = String::from_utf8(output.stderr.clone())?;
    assert_eq!(output.status.code(), Some(1), "{complained}");
    assert_eq!(complained.lines().count(), 1, "one sentence: {complained}");
    Ok(complained)
}

async fn opened(server: &Snugd) -> Result<(Site, Wire)> {
    let site = Site::new(server.address, server.fingerprint)?;
    let code = server.owner_code.clone().context("it has an owner")?;
    let owner = site.open_to_all(&code).await?;
    Ok((site, owner))
}

async fn member(site: &Site, name: &str) -> Result<(Wire, Value)> {
    let mut wire = site.wire().await?;
    let who = json!({"name": name, "password": PASSWORD});
    let signed_in = wire.ok("register", who).await?;
    Ok((wire, signed_in))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_a_backup_made_while_people_chat_is_restored_and_everybody_comes_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, backup, other) = (
        folder.path().join("data"),
        folder.path().join("backup"),
        folder.path().join("other"),
    );
    let server = Start::new(&data)?.run()?;
    let (site, owner) = opened(&server).await?;
    let (mut ann, signed_in) = member(&site, "ann").await?;
    for number in 0..50 {
        let words = json!({"room": "lobby", "body": format!("before {number}")});
        ann.ok("send", words).await?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let chatting = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let mut said = 0_u64;
            while !stop.load(Ordering::Acquire) {
                ann.ok("send", json!({"room": "lobby", "body": "meanwhile"}))
                    .await?;
                said += 1;
            }
            Ok::<_, anyhow::Error>((ann, said))
        }
    });
    let made = {
        let (data, backup) = (data.clone(), backup.clone());
        tokio::task::spawn_blocking(move || snugd(&data, &["backup", text(&backup)])).await??
    };
    assert!(done(&made)?.contains("Backed up"), "{made:?}");
    stop.store(true, Ordering::Release);
    let (mut ann, _said) = chatting.await??;
    let head = ann
        .ok("send", json!({"room": "lobby", "body": "the last"}))
        .await?;
    // A second one over it, and a restore under a running server, are refused in a sentence.
    let again = snugd(&data, &["backup", text(&backup)])?;
    assert!(refused(&again)?.contains("is there already"));
    let under = snugd(&data, &["restore", text(&backup), "--replace"])?;
    assert!(refused(&under)?.contains("Another snugd is using"));
    drop((ann, owner));
    assert!(server.stop()?.success());
    let over = snugd(&data, &["restore", text(&backup)])?;
    assert!(refused(&over)?.contains("--replace"));

    done(&snugd(&other, &["restore", text(&backup)])?)?;
    let restored = Start::new(&other)?.run()?;
    assert_eq!(restored.fingerprint, site_fingerprint(&data, &other)?);
    let site = Site::new(restored.address, restored.fingerprint)?;
    let mut ann = site.wire().await?;
    ann.ok("resume", json!({"session": signed_in["session"]}))
        .await?;
    let page = ann
        .ok("read", json!({"room": "lobby", "after": 0, "limit": 500}))
        .await?;
    let events = page["events"].as_array().context("no events")?;
    let before = events.iter().filter(|event| {
        event["body"]
            .as_str()
            .is_some_and(|body| body.starts_with("before"))
    });
    assert_eq!(before.count(), 50);
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64()).collect();
    let gap_free: Vec<_> = (1..=numbers.len() as u64).map(Some).collect();
    assert_eq!(numbers, gap_free);
    // What the backup does not have is gone, and whoever had it is told to read again (DECISIONS 33).
    let old_log = signed_in["rooms"][0]["log"].clone();
    let log = json!({"room": "lobby", "after": head["seq"], "log": old_log});
    assert_eq!(ann.code("read", log).await?, "rewound");
    let mut by_password = site.wire().await?;
    by_password
        .ok("sign_in", json!({"name": "ann", "password": PASSWORD}))
        .await?;
    drop((ann, by_password));
    assert!(restored.stop()?.success());

    // In its own folder, what was there goes aside and is not lost.
    let said = done(&snugd(&data, &["restore", text(&backup), "--replace"])?)?;
    assert!(said.contains("before-restore-"), "{said}");
    let aside = fs::read_dir(&data)?
        .filter_map(Result::ok)
        .find(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("before-restore-")
        })
        .context("nothing was set aside")?;
    assert!(aside.path().join("snug.db").exists());
    assert!(Start::new(&data)?.run()?.stop()?.success());
    Ok(())
}

/// Both folders have one identity: its fingerprint, as a server on the first would show it.
fn site_fingerprint(one: &Path, other: &Path) -> Result<snug_testkit::pinned::Fingerprint> {
    let identity = |folder: &Path| fs::read(folder.join("identity.pem"));
    assert_eq!(identity(one)?, identity(other)?);
    let server = Start::new(one)?.run()?;
    let fingerprint = server.fingerprint;
    server.stop()?;
    Ok(fingerprint)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_what_is_exported_and_imported_is_the_same_server() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, export, other) = (
        folder.path().join("data"),
        folder.path().join("export.jsonl"),
        folder.path().join("other"),
    );
    let server = Start::new(&data)?.run()?;
    let (site, mut owner) = opened(&server).await?;
    let (mut ann, _) = member(&site, "ann").await?;
    ann.ok("create_room", json!({"room": "den", "password": "sesame"}))
        .await?;
    ann.ok(
        "send",
        json!({"room": "den", "body": "kept \u{1f5dd} \"as it is\""}),
    )
    .await?;
    owner.ok("server", json!({"credits": true})).await?;
    owner
        .ok("grant", json!({"person": "ann", "amount": 7}))
        .await?;
    ann.ok("befriend", json!({"person": "owner"})).await?;
    done(&snugd(&data, &["export", text(&export)])?)?;
    drop((owner, ann));
    assert!(server.stop()?.success());

    done(&snugd(&other, &["import", text(&export)])?)?;
    let again = folder.path().join("again.jsonl");
    done(&snugd(&other, &["export", text(&again)])?)?;
    assert_eq!(rows(&export)?, rows(&again)?);
    let server = Start::new(&other)?.run()?;
    let site = Site::new(server.address, server.fingerprint)?;
    let mut ann = site.wire().await?;
    ann.ok("sign_in", json!({"name": "ann", "password": PASSWORD}))
        .await?;
    let page = ann.ok("read", json!({"room": "den"})).await?;
    assert_eq!(page["events"][1]["body"], "kept \u{1f5dd} \"as it is\"");
    assert_eq!(ann.ok("credits", json!({})).await?["balance"], 7);
    drop(ann);
    assert!(server.stop()?.success());

    // What is cut off, not an export, or would overwrite something is refused, and leaves nothing.
    let third = folder.path().join("third");
    let whole = fs::read_to_string(&export)?;
    let cut = folder.path().join("cut.jsonl");
    for (bad, why) in [
        (
            whole.lines().take(20).collect::<Vec<_>>().join("\n") + "\n",
            "cut off",
        ),
        ("hello\n".to_owned(), "Line 1"),
        (String::new(), "cut off"),
        (
            whole.replace("\"table\":\"account\"", "\"table\":\"sqlite_schema\""),
            "no table",
        ),
    ] {
        fs::write(&cut, bad)?;
        let output = snugd(&third, &["import", text(&cut)])?;
        let sentence = refused(&output)?;
        assert!(sentence.contains(why), "{sentence}");
        assert!(!third.join("snug.db").exists());
    }
    let over = snugd(&other, &["import", text(&export)])?;
    assert!(refused(&over)?.contains("already"));
    let none = snugd(&third, &["backup", text(&cut)])?;
    assert!(refused(&none)?.contains("no server's data"));
    let not_one = snugd(&third, &["restore", text(&export)])?;
    assert!(!refused(&not_one)?.is_empty());
    Ok(())
}

/// The rows of an export, without what changes by intent: the logs' ids.
fn rows(export: &Path) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for line in fs::read_to_string(export)?.lines() {
        let mut line: Value = serde_json::from_str(line)?;
        if line["row"]["table"] == "log" {
            line["row"]["of"]["id"] = Value::Null;
        }
        if line.get("snug").is_none() {
            rows.push(line);
        }
    }
    Ok(rows)
}

/// Pays in both directions until the server dies; the keys of what was acknowledged, with the amounts.
async fn pay(site: Site, name: &'static str, to: &'static str, round: u32) -> Result<Vec<u64>> {
    let mut wire = site.wire().await?;
    wire.ok("sign_in", json!({"name": name, "password": PASSWORD}))
        .await?;
    let mut paid = Vec::new();
    for number in 0_u64.. {
        let amount = 1 + number % 3;
        let key = format!("{round} {number}");
        let line = json!({"person": to, "amount": amount, "key": key});
        let Ok(id) = wire.submit("transfer", line).await else {
            break;
        };
        match wire.answer(id).await {
            Ok(Ok(moved)) => paid.push(moved["movement"].as_u64().context("no number")?),
            Ok(Err(error)) => assert_eq!(error.code, "not_enough"),
            Err(_killed) => break,
        }
    }
    Ok(paid)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c1_killed_amid_payments_the_ledger_keeps_every_acknowledged_one_and_sums_to_zero()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let start = Start::new(folder.path())?;
    let server = start.run()?;
    let (site, mut owner) = opened(&server).await?;
    owner.ok("server", json!({"credits": true})).await?;
    for name in ["ann", "bob"] {
        member(&site, name).await?;
        owner
            .ok("grant", json!({"person": name, "amount": 1000}))
            .await?;
    }
    let session = owner.ok("new_token", json!({"label": "audit"})).await?;
    drop(owner);
    let mut server = server;
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let site = || Site::new(server.address, server.fingerprint);
        let paying = [
            tokio::spawn(pay(site()?, "ann", "bob", round)),
            tokio::spawn(pay(site()?, "bob", "ann", round)),
        ];
        // Killed once a few hundred payments were made, wherever the server is then.
        let mut watch = site()?.wire().await?;
        watch
            .ok("sign_in", json!({"name": "ann", "password": PASSWORD}))
            .await?;
        for _ in 0..300 {
            watch.event_named("credits").await?;
        }
        server.kill()?;
        for payer in paying {
            acknowledged.extend(payer.await??);
        }
        server = start.run()?;
    }
    let site = Site::new(server.address, server.fingerprint)?;
    let mut ann = site.wire().await?;
    ann.ok("sign_in", json!({"name": "ann", "password": PASSWORD}))
        .await?;
    let (mut purses, mut seen, mut before) = (BTreeMap::new(), Vec::new(), Value::Null);
    loop {
        let page = ann
            .ok("ledger", json!({"before": before, "limit": 100}))
            .await?;
        for movement in page["movements"].as_array().context("no movements")? {
            let amount = movement["amount"].as_i64().context("no amount")?;
            let name_of = |side: &str| movement[side]["name"].as_str().unwrap_or("").to_owned();
            *purses.entry(name_of("from")).or_insert(0) -= amount;
            *purses.entry(name_of("to")).or_insert(0) += amount;
            before = movement["movement"].clone();
            seen.push(before.as_u64().context("no number")?);
        }
        if page["more"] != true {
            break;
        }
    }
    let missing: Vec<_> = acknowledged
        .iter()
        .filter(|no| !seen.contains(no))
        .collect();
    assert_eq!(
        missing,
        Vec::<&u64>::new(),
        "acknowledged and not in the ledger"
    );
    assert!(acknowledged.len() >= 300, "{}", acknowledged.len());
    let balance = ann.ok("credits", json!({})).await?["balance"].as_i64();
    assert_eq!(balance, purses.get("ann").copied());
    let mut bob = site.wire().await?;
    bob.ok("sign_in", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    let bobs = bob.ok("credits", json!({})).await?["balance"].as_i64();
    assert_eq!(
        balance.zip(bobs).map(|(one, other)| one + other),
        Some(2000)
    );
    // bob's grant is none of ann's movements.
    assert_eq!(purses["ann"] + purses["bob"], 1000);
    drop((ann, bob, session));
    assert!(server.stop()?.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_nothing_of_a_guest_outlives_a_server_that_was_killed_or_stopped() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let start = Start::new(&data)?.env("SNUG_GUESTS", "on");
    let mut server = start.run()?;
    let (site, owner) = opened(&server).await?;
    let (mut ann, _) = member(&site, "ann").await?;
    drop(owner);
    for kill in [true, false] {
        let site = Site::new(server.address, server.fingerprint)?;
        let mut gus = site.wire().await?;
        gus.ok("guest", json!({"name": "gus"})).await?;
        gus.ok("create_room", json!({"room": "nook"})).await?;
        gus.ok("create_room", json!({"room": "cranny"})).await?;
        gus.ok("send", json!({"to": "ann", "body": "psst"})).await?;
        let words = json!({"room": "lobby", "body": "I was here"});
        gus.ok("send", words).await?;
        ann.ok("join", json!({"room": "cranny"})).await?;
        // The backup of a moment in which a guest was here has one; what is restored from it has none.
        let copy = folder.path().join(format!("copy{kill}"));
        done(&snugd(&data, &["backup", text(&copy)])?)?;
        if kill {
            server.kill()?;
        } else {
            assert!(server.stop()?.success());
        }
        server = start.run()?;
        let site = Site::new(server.address, server.fingerprint)?;
        ann = site.wire().await?;
        let who = json!({"name": "ann", "password": PASSWORD});
        ann.ok("sign_in", who).await?;
        let rooms = ann.ok("rooms", json!({})).await?.to_string();
        assert!(!rooms.contains("nook") && !rooms.contains('@'), "{rooms}");
        // A room that somebody else is in stays, and is theirs.
        let about = ann.ok("about_room", json!({"room": "cranny"})).await?;
        assert_eq!(about["role"], "admin", "{about}");
        assert_eq!(about["founder"], json!(null), "{about}");
        ann.ok("leave", json!({"room": "cranny"})).await?;
        assert_eq!(
            ann.code("befriend", json!({"person": "gus"})).await?,
            "unknown_person"
        );
        let page = ann.ok("read", json!({"room": "lobby"})).await?;
        assert_eq!(page["events"][0]["from_display"], "a guest", "{page}");
    }
    drop((ann, site));
    assert!(server.stop()?.success());
    let other = folder.path().join("other");
    done(&snugd(
        &other,
        &["restore", text(&folder.path().join("copytrue"))],
    )?)?;
    let server = Start::new(&other)?.run()?;
    let site = Site::new(server.address, server.fingerprint)?;
    let mut gus = site.wire().await?;
    // The setting is the database's, and the name is free.
    gus.ok("guest", json!({"name": "gus"})).await?;
    drop((gus, site));
    assert!(server.stop()?.success());
    let exported = done(&snugd(&other, &["export", "-"])?)?;
    let of_gus = exported.lines().find(|line| line.contains("\"gus\""));
    assert_eq!(of_gus, None);
    Ok(())
}
