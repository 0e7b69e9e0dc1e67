//! Every error code and every request, provoked through the real wire.

#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

#[path = "wire_errors/accounts.rs"]
mod accounts;
#[path = "wire_errors/second_factor.rs"]
mod second_factor;

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_proto::{ErrorCode, RequestKind};
use snug_server::PasswordCost;
use snug_testkit::{
    child::Start, driver::PASSWORD, load::Site, server::TestServer, shim::Shim, wire::Wire,
};

/// The codes that no client can provoke on a sound server: they come with a defect.
const NOT_PROVOKED: &[ErrorCode] = &[ErrorCode::Internal];

/// Codes and requests that were seen.
#[derive(Default)]
struct Walk {
    codes: BTreeSet<String>,
    requests: BTreeSet<String>,
}

impl Walk {
    /// Asks, and expects this code (or `ok`).
    async fn step(
        &mut self,
        wire: &mut Wire,
        what: &str,
        fields: Value,
        expected: &str,
    ) -> Result<()> {
        let answer = wire.ask(what, fields.clone()).await?;
        let code = answer
            .as_ref()
            .err()
            .map_or("ok", |error| error.code.as_str());
        assert_eq!(code, expected, "{what} {fields}");
        self.saw(code);
        if let Err(error) = &answer {
            assert!(!error.text.is_empty(), "{code} without a sentence");
        }
        self.requests.insert(what.to_owned());
        Ok(())
    }

    /// Sends bytes that are no request, and expects this code.
    async fn bytes(&mut self, wire: &mut Wire, bytes: &[u8], expected: &str) -> Result<()> {
        wire.write(bytes).await?;
        let error = wire.nameless_error().await?;
        assert_eq!(error.code, expected, "{}", error.text);
        self.saw(expected);
        Ok(())
    }

    fn saw(&mut self, code: &str) {
        self.codes.insert(code.to_owned());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_code_and_every_request_goes_through_the_wire() -> Result<()> {
    let mut walk = Walk::default();
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    lines(&mut walk, &server).await?;
    accounts::registering(&mut walk, &server, &mut owner).await?;
    accounts::signing_in(&mut walk, &server, &mut owner).await?;
    second_factor::second_factor(&mut walk, &server).await?;
    rooms(&mut walk, &server, &mut owner).await?;
    messages(&mut walk, &server, &mut owner).await?;
    friends(&mut walk, &server, &mut owner).await?;
    credits(&mut walk, &mut owner).await?;
    order(&mut walk, &server, &mut owner).await?;
    others(&mut walk, &server, &mut owner).await?;
    accounts::tokens(&mut walk, &mut owner).await?;
    accounts::sessions(&mut walk, &server, &mut owner).await?;
    accounts::passwords(&mut walk, &server, &mut owner).await?;
    busy(&mut walk).await?;
    running(&mut walk, &server, &mut owner).await?;
    walk.step(&mut owner, "quit", json!({}), "ok").await?;
    drop(owner);
    stopping(&mut walk, server).await?;
    storage(&mut walk).await?;

    let all = RequestKind::ALL.iter().map(|kind| kind.wire().to_owned());
    let missing: Vec<_> = all.filter(|what| !walk.requests.contains(what)).collect();
    assert_eq!(missing, Vec::<String>::new(), "requests not asked");
    let all = ErrorCode::ALL
        .iter()
        .filter(|code| !NOT_PROVOKED.contains(code));
    let missing: Vec<_> = all
        .filter(|code| !walk.codes.contains(code.wire()))
        .collect();
    assert_eq!(missing, Vec::<&ErrorCode>::new(), "codes not provoked");
    Ok(())
}

async fn order(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    server.add_account("rude", PASSWORD).await?;
    let mut rude = server.wire().await?;
    let who = json!({"name": "rude", "password": PASSWORD});
    rude.ok("sign_in", who).await?;
    let club = json!({"room": "club"});
    let whom = json!({"room": "club", "who": "rude"});
    walk.step(owner, "create_room", club.clone(), "ok").await?;
    walk.step(owner, "about_room", club.clone(), "ok").await?;
    walk.step(&mut rude, "join", club.clone(), "ok").await?;
    walk.step(
        &mut rude,
        "kick",
        json!({"room": "club", "who": "owner"}),
        "forbidden",
    )
    .await?;
    walk.step(owner, "mute", whom.clone(), "ok").await?;
    let say = json!({"room": "club", "body": "hey"});
    walk.step(&mut rude, "send", say.clone(), "muted").await?;
    walk.step(owner, "unmute", whom.clone(), "ok").await?;
    walk.step(&mut rude, "send", say.clone(), "ok").await?;
    let role = json!({"room": "club", "who": "rude", "role": "admin"});
    walk.step(owner, "set_role", role, "ok").await?;
    walk.step(owner, "kick", whom.clone(), "ok").await?;
    walk.step(owner, "ban", whom.clone(), "ok").await?;
    walk.step(&mut rude, "join", club.clone(), "banned").await?;
    walk.step(owner, "bans", club.clone(), "ok").await?;
    walk.step(owner, "unban", whom.clone(), "ok").await?;
    let mask = json!({"room": "club", "kind": "ban", "mask": "rud?"});
    walk.step(owner, "set_mask", mask.clone(), "ok").await?;
    walk.step(&mut rude, "join", club.clone(), "banned").await?;
    let listed = json!({"room": "club", "kind": "ban"});
    walk.step(owner, "masks", listed, "ok").await?;
    let off = json!({"room": "club", "kind": "ban", "mask": "rud?", "remove": true});
    walk.step(owner, "set_mask", off, "ok").await?;
    let full = json!({"room": "club", "limit": 1});
    walk.step(owner, "set_room", full, "ok").await?;
    walk.step(&mut rude, "join", club.clone(), "room_full")
        .await?;
    let closed = json!({"room": "club", "access": "invitation"});
    walk.step(owner, "set_room", closed, "ok").await?;
    walk.step(&mut rude, "join", club.clone(), "invitation_needed")
        .await?;
    walk.step(owner, "kick", whom.clone(), "not_in_room")
        .await?;
    let oneself = json!({"room": "club", "who": "owner"});
    walk.step(owner, "invite_to", oneself, "in_room").await?;
    walk.step(owner, "invite_to", whom, "ok").await?;
    walk.step(&mut rude, "join", club, "ok").await
}

async fn lines(walk: &mut Walk, server: &TestServer) -> Result<()> {
    let mut wire = server.wire().await?;
    walk.bytes(&mut wire, b"{\"id\":1,\n", "bad_json").await?;
    let long = format!("{{\"id\":1,\"do\":\"{}\"}}\n", "x".repeat(70_000));
    walk.bytes(&mut wire, long.as_bytes(), "line_too_long")
        .await?;
    walk.bytes(&mut wire, b"{\"id\":1,\"do\":\"\xff\"}\n", "not_utf8")
        .await?;
    walk.step(&mut wire, "read", json!({}), "bad_request")
        .await?;
    walk.step(&mut wire, "dance", json!({}), "unknown_request")
        .await?;
    let hello = |version: u32| json!({"client": "walk", "wire": version});
    walk.step(&mut wire, "hello", hello(2), "unsupported_wire")
        .await?;
    walk.step(&mut wire, "hello", hello(1), "ok").await?;
    walk.step(&mut wire, "ping", json!({}), "ok").await?;
    let send = json!({"room": "lobby", "body": "hi"});
    walk.step(&mut wire, "send", send, "not_signed_in").await
}

async fn rooms(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    let room = |room: &str| json!({"room": room});
    let vault = |password: &str| json!({"room": "vault", "password": password});
    walk.step(owner, "create_room", vault("open sesame"), "ok")
        .await?;
    walk.step(owner, "create_room", vault("again"), "name_taken")
        .await?;
    walk.step(&mut ann, "join", room("nowhere"), "unknown_room")
        .await?;
    walk.step(&mut ann, "join", room("vault"), "password_needed")
        .await?;
    for _ in 0..5 {
        walk.step(&mut ann, "join", vault("barley"), "wrong_password")
            .await?;
    }
    walk.step(&mut ann, "join", vault("barley"), "too_fast")
        .await?;
    walk.step(&mut ann, "read", room("vault"), "not_a_member")
        .await?;
    walk.step(&mut ann, "leave", room("lobby"), "forbidden")
        .await?;
    walk.step(&mut ann, "create_room", room("den"), "ok")
        .await?;
    walk.step(&mut ann, "leave", room("den"), "ok").await?;
    walk.step(&mut ann, "rooms", json!({}), "ok").await?;
    walk.step(&mut ann, "who", json!({}), "ok").await?;
    walk.step(&mut ann, "follow", json!({"cursors": {}}), "ok")
        .await
}

async fn messages(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    let say = |body: &str| json!({"room": "lobby", "body": body});
    walk.step(&mut ann, "send", say(" \n"), "empty_body")
        .await?;
    walk.step(&mut ann, "send", say("\u{1b}[2J"), "bad_body")
        .await?;
    walk.step(&mut ann, "send", say(&"x".repeat(16_385)), "body_too_long")
        .await?;
    let nobody = json!({"to": "nobody", "body": "hi"});
    walk.step(&mut ann, "send", nobody, "unknown_person")
        .await?;
    let keyed = |body: &str| json!({"room": "lobby", "body": body, "key": "k"});
    walk.step(&mut ann, "send", keyed("one"), "ok").await?;
    walk.step(&mut ann, "send", keyed("two"), "key_reused")
        .await?;
    let mine = ann.ok("send", say("mine")).await?["seq"].clone();
    let edit = |seq: &Value| json!({"room": "lobby", "seq": seq, "body": "new words"});
    walk.step(owner, "edit", edit(&mine), "not_yours").await?;
    walk.step(&mut ann, "edit", edit(&json!(9999)), "unknown_event")
        .await?;
    walk.step(&mut ann, "edit", edit(&mine), "ok").await?;
    let react = |emoji: &str| json!({"room": "lobby", "seq": mine, "emoji": emoji});
    walk.step(&mut ann, "react", react("words"), "bad_request")
        .await?;
    walk.step(&mut ann, "react", react("👍"), "ok").await?;
    walk.step(&mut ann, "typing", json!({"room": "lobby"}), "ok")
        .await?;
    let tag = json!({"room": "lobby", "tags": {"+a": "b"}});
    walk.step(&mut ann, "tag", tag.clone(), "ok").await?;
    walk.step(&mut ann, "signal", tag, "ok").await?;
    walk.step(&mut ann, "read_until", json!({"room": "lobby"}), "ok")
        .await?;
    let delete = json!({"room": "lobby", "seq": mine});
    walk.step(&mut ann, "delete", delete, "ok").await?;
    walk.step(&mut ann, "react", react("👍"), "gone").await?;
    walk.step(&mut ann, "edit", edit(&mine), "gone").await?;
    let other = "l:aaaaaaaaaaaaaaaaaaaaaaaaaa";
    let page = json!({"room": "lobby", "after": 0, "log": other});
    walk.step(&mut ann, "read", page, "rewound").await?;
    walk.step(&mut ann, "search", json!({"query": "?!"}), "bad_request")
        .await?;
    walk.step(&mut ann, "search", json!({"query": "one from:ann"}), "ok")
        .await?;
    let mark = json!({"room": "lobby", "seq": 1});
    walk.step(&mut ann, "mark", mark, "ok").await
}

async fn friends(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    let person = |name: &str| json!({"person": name});
    walk.step(owner, "befriend", person("nobody"), "unknown_person")
        .await?;
    walk.step(owner, "befriend", person("owner"), "bad_request")
        .await?;
    walk.step(owner, "befriend", person("ann"), "ok").await?;
    walk.step(owner, "friends", json!({}), "ok").await?;
    walk.step(&mut ann, "unfriend", person("owner"), "ok")
        .await?;
    walk.step(owner, "block", person("ann"), "ok").await?;
    walk.step(owner, "befriend", person("ann"), "forbidden")
        .await?;
    walk.step(&mut ann, "befriend", person("owner"), "not_accepting")
        .await?;
    walk.step(owner, "blocks", json!({}), "ok").await?;
    walk.step(owner, "unblock", person("ann"), "ok").await?;
    walk.step(&mut ann, "me", json!({"strangers": false}), "ok")
        .await?;
    let hello = json!({"to": "ann", "body": "hello"});
    walk.step(owner, "send", hello, "not_accepting").await?;
    walk.step(&mut ann, "me", json!({"strangers": true}), "ok")
        .await
}

async fn credits(walk: &mut Walk, owner: &mut Wire) -> Result<()> {
    walk.step(owner, "credits", json!({}), "credits_off")
        .await?;
    walk.step(owner, "server", json!({"credits": true}), "ok")
        .await?;
    let pay = json!({"person": "ann", "amount": 5});
    walk.step(owner, "transfer", pay.clone(), "not_enough")
        .await?;
    walk.step(owner, "grant", pay, "ok").await?;
    walk.step(owner, "buy_vip", json!({}), "not_enough").await?;
    walk.step(owner, "ledger", json!({"all": true}), "ok")
        .await?;
    walk.step(owner, "server", json!({"credits": false}), "ok")
        .await
}

/// The requests that are there for other fronts too: each asked once, most with nothing in them.
async fn others(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let mut stranger = server.wire().await?;
    for (what, expected) in [
        ("guest", "bad_request"),
        ("sign_in_certificate", "bad_credentials"),
        ("sign_in_scram", "bad_request"),
        ("sign_in_scram_finish", "sign_in_expired"),
    ] {
        walk.step(&mut stranger, what, json!({}), expected).await?;
    }
    for (what, expected) in [
        ("away", "ok"),
        ("wear", "ok"),
        ("whois", "bad_request"),
        ("whowas", "bad_request"),
        ("monitor", "ok"),
        ("counts", "ok"),
        ("operate", "ok"),
        ("hail", "bad_request"),
        ("metadata", "ok"),
        ("set_metadata", "ok"),
        ("follow_metadata", "ok"),
        ("add_certificate", "bad_request"),
        ("set_scram", "bad_request"),
        ("knock", "bad_request"),
    ] {
        walk.step(owner, what, json!({}), expected).await?;
    }
    Ok(())
}

/// Who is let in at all; asked by a moderator and by the owner.
async fn door(walk: &mut Walk, ann: &mut Wire, owner: &mut Wire) -> Result<()> {
    for (request, fields, answer) in [
        ("allow", json!({"address": "nowhere"}), "bad_request"),
        ("allow", json!({"address": "192.0.2.7"}), "ok"),
        ("allowed", json!({}), "ok"),
        ("disallow", json!({"address": "192.0.2.7"}), "ok"),
        (
            "disallow",
            json!({"address": "192.0.2.7"}),
            "unknown_person",
        ),
        ("lockdown", json!({"level": "on", "dry_run": true}), "ok"),
        ("shield", json!({}), "ok"),
        ("prove_work", json!({"nonce": 1}), "bad_request"),
        (
            "purge",
            json!({"who": "owner", "since": "2026-11-20T19:41:07.118Z"}),
            "forbidden",
        ),
    ] {
        walk.step(ann, request, fields, answer).await?;
    }
    let gone = json!({"who": "bob", "since": "2036-11-20T19:41:07.118Z"});
    walk.step(owner, "purge", gone, "ok").await?;
    Ok(())
}

/// What only those who run the server may do.
async fn running(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    walk.step(&mut ann, "audit", json!({}), "forbidden").await?;
    walk.step(owner, "audit", json!({}), "ok").await?;
    let unknown = json!({"action": "danced"});
    walk.step(owner, "audit", unknown, "bad_request").await?;
    let role = |role: &str| json!({"who": "ann", "role": role});
    walk.step(owner, "set_server_role", role("owner"), "bad_request")
        .await?;
    walk.step(owner, "set_server_role", role("moderator"), "ok")
        .await?;
    let rename = |name: &str| json!({"who": "bob", "name": name});
    walk.step(owner, "rename_account", rename("ann"), "name_taken")
        .await?;
    walk.step(owner, "rename_account", rename("robert"), "ok")
        .await?;
    walk.step(
        owner,
        "rename_account",
        json!({"who": "robert", "name": "bob"}),
        "ok",
    )
    .await?;
    let bob = json!({"who": "bob"});
    walk.step(&mut ann, "server_kick", bob.clone(), "ok")
        .await?;
    walk.step(&mut ann, "server_ban", json!({}), "bad_request")
        .await?;
    walk.step(&mut ann, "server_ban", json!({"who": "owner"}), "forbidden")
        .await?;
    walk.step(&mut ann, "server_ban", bob.clone(), "ok").await?;
    walk.step(&mut ann, "server_bans", json!({}), "ok").await?;
    let mut wire = server.wire().await?;
    let sign_in = json!({"name": "bob", "password": PASSWORD});
    walk.step(&mut wire, "sign_in", sign_in, "banned").await?;
    walk.step(&mut ann, "server_unban", bob, "ok").await?;
    door(walk, &mut ann, owner).await?;
    walk.step(&mut ann, "accept_server", json!({}), "forbidden")
        .await?;
    walk.step(owner, "hand_over", json!({"to": "ann"}), "ok")
        .await?;
    walk.step(&mut ann, "accept_server", json!({}), "ok")
        .await?;
    walk.step(&mut ann, "hand_over", json!({"to": "owner"}), "ok")
        .await?;
    walk.step(owner, "accept_server", json!({}), "ok").await?;
    let words = json!({"body": "hear, hear"});
    walk.step(&mut ann, "announce", words.clone(), "forbidden")
        .await?;
    walk.step(owner, "announce", words, "ok").await?;
    let long = json!({"body": "x".repeat(4097)});
    walk.step(owner, "announce", long, "body_too_long").await?;
    walk.step(&mut ann, "announcements", json!({"seen": 1}), "ok")
        .await?;
    let number = json!({"announcement": 1});
    walk.step(owner, "withdraw", number.clone(), "ok").await?;
    walk.step(owner, "withdraw", number, "unknown_event")
        .await?;
    let said = ann
        .ok("send", json!({"room": "lobby", "body": "rude words"}))
        .await?;
    let report = json!({"room": "lobby", "seq": said["seq"]});
    walk.step(&mut ann, "report", report.clone(), "bad_request")
        .await?;
    walk.step(owner, "report", report.clone(), "ok").await?;
    walk.step(owner, "report", report, "too_many").await?;
    walk.step(owner, "reports", json!({}), "ok").await?;
    let decide = |state: &str| json!({"report": 1, "state": state});
    walk.step(
        &mut ann,
        "decide_report",
        decide("resolved"),
        "unknown_event",
    )
    .await?;
    walk.step(owner, "decide_report", decide("open"), "bad_request")
        .await?;
    walk.step(owner, "decide_report", decide("dismissed"), "ok")
        .await?;
    walk.step(owner, "decide_report", decide("resolved"), "gone")
        .await?;
    let on = |on: bool| json!({ "on": on });
    walk.step(&mut ann, "watch", on(true), "forbidden").await?;
    walk.step(owner, "watch", on(true), "ok").await?;
    walk.step(owner, "watch", on(false), "ok").await?;
    let label = json!({"who": "bob", "label": "staff"});
    walk.step(&mut ann, "label", label.clone(), "ok").await?;
    walk.step(owner, "label", label, "ok").await?;
    let group = |group: &str| json!({"group": group, "add": ["bob"]});
    walk.step(owner, "set_group", group("ann"), "name_taken")
        .await?;
    walk.step(owner, "set_group", group("crew"), "ok").await?;
    walk.step(owner, "groups", json!({"group": "crew"}), "ok")
        .await
}

/// More passwords at once than may wait from one place, each of which takes its time.
async fn busy(walk: &mut Walk) -> Result<()> {
    let server = TestServer::with(|options| {
        options.passwords = PasswordCost::Release;
        options.trusted = "127.0.0.0/8".parse().into_iter().collect();
    })
    .await?;
    let mut wires = Vec::new();
    for _ in 0..60 {
        wires.push(server.wire().await?);
    }
    let wrong = json!({"name": "ann", "password": "not this one"});
    for wire in &mut wires {
        wire.submit("sign_in", wrong.clone()).await?;
    }
    // Two are being looked at and 32 wait; which of the others found no place is chance.
    let mut turned_away = 0;
    for wire in &mut wires {
        let error = wire.answer(1).await?.err().context("let in")?;
        walk.saw(&error.code);
        if error.code == "busy" {
            assert!(error.retry_after_ms.is_some(), "{error:?}");
            turned_away += 1;
            break;
        }
    }
    assert_eq!(turned_away, 1, "nobody was turned away");
    drop(wires);
    server.stop().await
}

/// A server that stops carries out what it had accepted, and refuses what comes while it does.
async fn stopping(walk: &mut Walk, server: TestServer) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    let mut bob = server.sign_in("bob").await?;
    // Each waits for the disk, one after the other: the server has something to do before it ends.
    let mut asked = Vec::new();
    for _ in 0..250 {
        asked.push(ann.submit("invite", json!({})).await?);
    }
    let first = ann.answer(asked[0]).await?;
    assert!(first.is_ok(), "{first:?}");
    let stopping = tokio::spawn(server.stop());
    bob.event_named("notice").await?;
    while let Ok(_pong) = bob.ask("ping", json!({})).await? {}
    walk.step(&mut bob, "ping", json!({}), "shutting_down")
        .await?;
    for id in &asked[1..] {
        if let Err(error) = ann.answer(*id).await? {
            assert_eq!(error.code, "shutting_down");
        }
    }
    drop((ann, bob));
    stopping.await?
}

async fn storage(walk: &mut Walk) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path().canonicalize()?;
    let (data, trigger) = (folder.join("data"), folder.join("trigger"));
    let shim = Shim {
        root: Some(data.clone()),
        fail: Some(trigger.clone()),
        ..Shim::default()
    };
    let start = Start::new(&data)?.shim(shim);
    let server = tokio::task::spawn_blocking(move || start.run()).await??;
    let code = server.owner_code.clone().context("no owner's code")?;
    let site = Site::new(server.address, server.fingerprint)?;
    let mut owner = site.open_to_all(&code).await?;
    for (fault, code) in [
        ("write ENOSPC", "storage_full"),
        ("write EIO", "storage_failed"),
    ] {
        std::fs::write(&trigger, fault)?;
        let send = json!({"room": "lobby", "body": "into the void"});
        walk.step(&mut owner, "send", send, code).await?;
        std::fs::remove_file(&trigger)?;
    }
    Ok(())
}
