//! Guests: people who are here by a name alone, and what is left of them (A9, DECISIONS 2, 11, 29, 31).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_proto::{
    RequestKind,
    limits::{MAX_GUEST_COMINGS, MAX_GUEST_ROOMS, MAX_GUEST_WRONG_CODES, MAX_GUESTS_OF_ADDRESS},
};
use snug_rules::guest_may;
use snug_testkit::{
    driver::{IrcLine as Line, IrcPerson, PASSWORD},
    server::TestServer,
    wire::Wire,
};

/// A server that takes guests, and its owner.
async fn hosting() -> Result<(TestServer, Wire)> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    let open = json!({"registration": "open", "guests": "on"});
    owner.ok("server", open).await?;
    Ok((server, owner))
}

/// A guest of this name.
async fn guest(server: &TestServer, name: &str) -> Result<Wire> {
    let mut wire = server.wire().await?;
    wire.ok("guest", json!({"name": name})).await?;
    Ok(wire)
}

/// Who asks for this name as a guest, until it is free: what ended is erased a moment later.
async fn guest_once_free(server: &TestServer, name: &str) -> Result<Wire> {
    loop {
        let mut wire = server.wire().await?;
        match wire.ask("guest", json!({"name": name})).await? {
            Ok(_) => return Ok(wire),
            Err(refused) if ["name_taken", "too_many"].contains(&refused.code.as_str()) => {
                tokio::task::yield_now().await;
            }
            Err(refused) => anyhow::bail!("{refused:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_nobody_comes_in_by_a_name_alone_unless_the_owner_says_so() -> Result<()> {
    let server = TestServer::start().await?;
    let mut wire = server.wire().await?;
    let refused = wire.ask("guest", json!({"name": "gus"})).await?;
    assert_eq!(refused.unwrap_err().code, "forbidden");
    let mut owner = server.owner().await?;
    // Without an access code there is none to ask for.
    let code = json!({"guests": "code"});
    assert_eq!(owner.code("server", code).await?, "bad_request");
    let code = json!({"guests": "code", "access_code": "green door"});
    assert_eq!(owner.ok("server", code).await?["guests"], "code");
    let hello = json!({"client": "test", "wire": 1});
    assert_eq!(wire.ok("hello", hello).await?["guests"], "code");
    for (asked, code) in [
        (json!({"name": "gus"}), "code_needed"),
        (json!({"name": "gus", "code": "red door"}), "bad_code"),
        (json!({"name": "gus", "code": "green door"}), "ok"),
    ] {
        assert_eq!(wire.code("guest", asked).await?, code);
    }
    owner.ok("server", json!({"guests": "off"})).await?;
    // Whoever was here as a guest is told, and goes.
    let told = wire.event_named("notice").await?;
    assert!(told["text"].to_string().contains("no guests"), "{told}");
    wire.read_to_end().await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guests_name_is_theirs_while_they_are_here_and_no_longer() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = server.wire().await?;
    let came = gus.ok("guest", json!({"name": "Gus"})).await?;
    assert_eq!(
        (&came["name"], &came["role"]),
        (&json!("Gus"), &json!("guest"))
    );
    assert_eq!(came["session"], Value::Null);
    // Neither another guest nor an account takes it, nor what looks like it.
    let mut other = server.wire().await?;
    for name in ["gus", "GUS", "gυs"] {
        let asked = json!({"name": name});
        assert_eq!(other.code("guest", asked).await?, "name_taken", "{name}");
        let asked = json!({"name": name, "password": PASSWORD});
        assert_eq!(other.code("register", asked).await?, "name_taken", "{name}");
    }
    // Nobody signs in to it, resets it or finds what an account has.
    let asked = json!({"name": "gus", "password": PASSWORD});
    assert_eq!(other.code("sign_in", asked).await?, "bad_credentials");
    let asked = json!({"name": "gus"});
    assert_eq!(owner.code("reset_code", asked).await?, "forbidden");
    gus.ok("quit", json!({})).await?;
    gus.read_to_end().await?;
    // Free at once: it is kept for nobody.
    other.ok("guest", json!({"name": "gus"})).await?;
    drop(other);
    // The same after a connection that was lost.
    let again = guest_once_free(&server, "gus").await?;
    drop(again);
    let mut account = loop {
        let mut wire = server.wire().await?;
        let who = json!({"name": "gus", "password": PASSWORD});
        match wire.code("register", who).await?.as_str() {
            "ok" => break wire,
            code => assert_eq!(code, "name_taken"),
        }
    };
    let mut late = server.wire().await?;
    assert_eq!(
        late.code("guest", json!({"name": "gus"})).await?,
        "name_taken"
    );
    account.ok("ping", json!({})).await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_poses_neither_as_an_account_nor_as_the_server() -> Result<()> {
    let (server, _owner) = hosting().await?;
    let _bob = server.newcomer("paypal").await?;
    let mut wire = server.wire().await?;
    // As it is, in other letters, in letters of another script, with a digit for a letter.
    for name in [
        "paypal", "PAYPAL", "pаypаl", "paypa1", "owner", "admin", "Server", "0wner",
    ] {
        let asked = json!({"name": name});
        assert_eq!(wire.code("guest", asked).await?, "name_taken", "{name}");
    }
    let asked = json!({"name": "no such name"});
    assert_eq!(wire.code("guest", asked).await?, "bad_name");
    wire.ok("guest", json!({"name": "gus"})).await?;
    // Nor by taking another name later.
    for name in ["owner", "0wner"] {
        let asked = json!({"who": "gus", "name": name});
        assert_eq!(
            wire.code("rename_account", asked).await?,
            "name_taken",
            "{name}"
        );
    }
    let asked = json!({"who": "gus", "name": "paypa1"});
    assert_eq!(wire.code("rename_account", asked).await?, "name_taken");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_what_a_guest_said_stays_and_nothing_else_of_them() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    let mut gus = guest(&server, "gus").await?;
    gus.ok("join", json!({"room": "den"})).await?;
    gus.ok("send", json!({"room": "den", "body": "hello"}))
        .await?;
    gus.ok("send", json!({"to": "owner", "body": "psst"}))
        .await?;
    owner.event(|event| event["body"] == "psst").await?;
    let direct = json!({"room": "@gus"});
    owner.ok("read", direct).await?;
    drop(gus);
    // Others are told at once, and see that the room was left.
    owner
        .event(|event| event["ev"] == "left" && event["name"] == "gus")
        .await?;
    let again = guest_once_free(&server, "gus").await?;
    let page = owner.ok("read", json!({"room": "den"})).await?;
    let said = page["events"].as_array().context("no events")?;
    let said = said.iter().find(|event| event["body"] == "hello");
    let said = said.context("what was said in a room that keeps it is gone")?;
    assert_eq!(said["from_display"], "a guest");
    assert_ne!(said["from"], "gus");
    // The conversation went with the guest; the next of that name is somebody else.
    let unknown = json!({"room": "@gus"});
    assert_eq!(owner.code("read", unknown).await?, "unknown_room");
    let mine = owner.ok("rooms", json!({"mine": true})).await?;
    assert!(!mine.to_string().contains('@'), "{mine}");
    let people = owner.ok("who", json!({"room": "den"})).await?;
    assert!(!people.to_string().contains("gus"), "{people}");
    drop(again);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guests_room_keeps_nothing_and_goes_with_its_last_member() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = guest(&server, "gus").await?;
    let kept = json!({"room": "nook", "retention": "forever"});
    assert_eq!(gus.code("create_room", kept).await?, "forbidden");
    let made = gus.ok("create_room", json!({"room": "nook"})).await?;
    assert_eq!(made["retention"], "ram");
    let kept = json!({"room": "nook", "retention": "forever"});
    assert_eq!(gus.code("set_room", kept).await?, "forbidden");
    // Whoever is left keeps it; with the last one it is gone, and its name free.
    owner.ok("join", json!({"room": "nook"})).await?;
    gus.ok("quit", json!({})).await?;
    owner
        .event(|event| event["ev"] == "role_changed" && event["role"] == "admin")
        .await?;
    owner
        .ok("send", json!({"room": "nook", "body": "alone"}))
        .await?;
    owner.ok("leave", json!({"room": "nook"})).await?;
    let made = owner.ok("create_room", json!({"room": "nook"})).await?;
    assert_eq!(
        made["retention"],
        Value::Null,
        "another room, which is kept"
    );
    // A guest makes few of them.
    let mut gus = guest(&server, "gus").await?;
    let rooms: Vec<_> = (0..MAX_GUEST_ROOMS)
        .map(|number| format!("room{number}"))
        .collect();
    for room in &rooms {
        gus.ok("create_room", json!({"room": room})).await?;
    }
    let asked = json!({"room": "more"});
    assert_eq!(gus.code("create_room", asked).await?, "too_many");
    drop(gus);
    let mut again = guest_once_free(&server, "gus").await?;
    let rooms = again.ok("rooms", json!({})).await?.to_string();
    assert!(!rooms.contains("room0"), "{rooms}");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_may_ask_what_the_table_says_and_nothing_else() -> Result<()> {
    let (server, owner) = hosting().await?;
    let mut gus = guest(&server, "gus").await?;
    // The least that each request holds, so that nothing but the table refuses it.
    let fields = json!({
        "room": "lobby", "who": "owner", "person": "owner", "name": "gus", "to": "owner", "seq": 1,
        "amount": 1, "label": "x", "role": "member", "on": true, "group": "g", "announcement": 1,
        "report": 1, "decision": "dismissed", "body": "x", "token": "x", "session": "x",
        "old": "eight blue lamps", "new": "seven red lamps", "opaque": "AAEC_w", "new_opaque": "AAEC_w",
        "argon2": {"memory_kib": 65536, "passes": 3, "lanes": 4}, "password": PASSWORD, "periods": 1,
        "state": "dismissed", "text": "x", "address": "192.0.2.7",
        "since": "2026-11-20T19:41:07.118Z", "code": "287082",
    });
    let mut tried = 0;
    for kind in RequestKind::ALL.iter().filter(|kind| !guest_may(**kind)) {
        let answer = gus.ask(kind.wire(), fields.clone()).await?;
        let refused = answer.expect_err(kind.wire());
        assert_eq!(
            refused.code,
            "forbidden",
            "{}: {}",
            kind.wire(),
            refused.text
        );
        assert!(refused.text.contains("Guests"), "{}", refused.text);
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
    // What is there for them works.
    for (asked, fields) in [
        ("send", json!({"room": "lobby", "body": "hello"})),
        ("rooms", json!({})),
        ("who", json!({})),
        ("me", json!({"strangers": false})),
        ("block", json!({"person": "owner"})),
        ("search", json!({"query": "hello"})),
        ("announcements", json!({})),
        ("server", json!({})),
    ] {
        gus.ok(asked, fields).await?;
    }
    assert_eq!(
        gus.code("server", json!({"guests": "off"})).await?,
        "forbidden"
    );
    let other = json!({"who": "owner", "name": "gone"});
    assert_eq!(gus.code("rename_account", other).await?, "forbidden");
    drop(owner);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_nothing_that_lasts_is_given_to_a_guest() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    owner.ok("server", json!({"credits": true})).await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    let mut gus = guest(&server, "gus").await?;
    gus.ok("join", json!({"room": "den"})).await?;
    for (asked, fields) in [
        ("befriend", json!({"person": "gus"})),
        ("grant", json!({"person": "gus", "amount": 5})),
        (
            "set_server_role",
            json!({"who": "gus", "role": "moderator"}),
        ),
        ("hand_over", json!({"to": "gus"})),
        (
            "label",
            json!({"who": "gus", "label": "friend", "on": true}),
        ),
        ("reset_code", json!({"name": "gus"})),
        ("device_code", json!({"name": "gus"})),
        (
            "set_role",
            json!({"room": "den", "who": "gus", "role": "admin"}),
        ),
        (
            "set_role",
            json!({"room": "den", "who": "gus", "role": "founder"}),
        ),
    ] {
        let refused = owner.ask(asked, fields.clone()).await?;
        let code = refused.err().map(|refused| refused.code);
        assert_eq!(code.as_deref(), Some("forbidden"), "{asked} {fields}");
    }
    // A room whose founder goes passes to one who stays, however long the guest was there.
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    ann.ok("create_room", json!({"room": "yard"})).await?;
    gus.ok("join", json!({"room": "yard"})).await?;
    bob.ok("join", json!({"room": "yard"})).await?;
    ann.ok("leave", json!({"room": "yard"})).await?;
    let passed = bob.event_named("role_changed").await?;
    assert_eq!(
        (&passed["name"], &passed["role"]),
        (&json!("bob"), &json!("founder"))
    );
    drop((owner, gus, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_one_who_refuses_strangers_hears_no_guest() -> Result<()> {
    let (server, owner) = hosting().await?;
    let mut ann = server.newcomer("ann").await?;
    ann.ok("me", json!({"strangers": false})).await?;
    let mut gus = guest(&server, "gus").await?;
    let psst = json!({"to": "ann", "body": "psst"});
    assert_eq!(gus.code("send", psst).await?, "not_accepting");
    drop((owner, ann, gus));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_ban_of_a_guest_holds_for_where_they_came_from_and_for_no_account() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = guest(&server, "gus").await?;
    let ban = json!({"who": "gus", "for_s": 3600, "reason": "noise"});
    owner.ok("server_ban", ban).await?;
    let told = gus.event_named("notice").await?;
    assert!(told["text"].to_string().contains("noise"), "{told}");
    gus.read_to_end().await?;
    // Under whatever name; those with an account come and go as before.
    let mut again = server.wire().await?;
    let refused = again
        .ask("guest", json!({"name": "hal"}))
        .await?
        .unwrap_err();
    assert_eq!(refused.code, "banned");
    assert!(refused.text.contains("noise"), "{}", refused.text);
    let mut ann = server.newcomer("ann").await?;
    ann.ok("ping", json!({})).await?;
    // It is listed by the name that it was made for, and lifted by it.
    let bans = owner.ok("server_bans", json!({})).await?;
    assert_eq!(bans["bans"][0]["name"], "gus", "{bans}");
    let unban = json!({"who": "gus"});
    assert_eq!(ann.code("server_unban", unban.clone()).await?, "forbidden");
    owner.ok("server_unban", unban.clone()).await?;
    assert_eq!(owner.code("server_unban", unban).await?, "unknown_person");
    again.ok("guest", json!({"name": "hal"})).await?;
    drop((owner, ann, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_who_was_muted_or_banned_in_a_room_does_not_come_back_by_another_name()
-> Result<()> {
    let (server, mut owner) = hosting().await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    let mut gus = guest(&server, "gus").await?;
    gus.ok("join", json!({"room": "den"})).await?;
    owner
        .ok("ban", json!({"room": "den", "who": "gus"}))
        .await?;
    owner
        .ok("mute", json!({"room": "lobby", "who": "gus"}))
        .await?;
    drop(gus);
    let mut hal = guest(&server, "hal").await?;
    let words = json!({"room": "lobby", "body": "again"});
    assert_eq!(hal.code("send", words.clone()).await?, "muted");
    assert_eq!(hal.code("join", json!({"room": "den"})).await?, "banned");
    // Whoever keeps order sees who it was, also when that one is gone, and lifts it.
    drop(guest_once_free(&server, "gus").await?);
    guest_once_free(&server, "gus").await?;
    let listed = |list: &Value| list["bans"].to_string().contains("\"gus\"");
    let bans = owner.ok("bans", json!({"room": "den"})).await?;
    assert!(listed(&bans), "{bans}");
    let mutes = owner
        .ok("bans", json!({"room": "lobby", "mutes": true}))
        .await?;
    assert!(listed(&mutes), "{mutes}");
    let unmute = json!({"room": "lobby", "who": "hal"});
    assert_eq!(hal.code("unmute", unmute.clone()).await?, "forbidden");
    assert_eq!(hal.code("send", words.clone()).await?, "muted");
    owner.ok("unmute", unmute).await?;
    hal.ok("send", words).await?;
    let id = bans["bans"][0]["account"].clone();
    owner.ok("unban", json!({"room": "den", "who": id})).await?;
    hal.ok("join", json!({"room": "den"})).await?;
    drop((owner, hal));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_so_many_guests_come_from_one_address_and_no_more() -> Result<()> {
    let (server, owner) = hosting().await?;
    let mut here = Vec::new();
    for number in 0..MAX_GUESTS_OF_ADDRESS {
        here.push(guest(&server, &format!("gus{number}")).await?);
    }
    let mut late = server.wire().await?;
    assert_eq!(
        late.code("guest", json!({"name": "late"})).await?,
        "too_many"
    );
    // A name that is taken costs no place.
    drop(here.pop());
    let last = format!("gus{}", MAX_GUESTS_OF_ADDRESS - 1);
    here.push(guest_once_free(&server, &last).await?);
    // Nor may they come and go for ever, nor try code after code.
    let mut came = 0;
    loop {
        drop(here.pop());
        let mut wire = server.wire().await?;
        let asked = json!({"name": format!("again{came}")});
        match wire.ask("guest", asked).await? {
            Ok(_) => {
                came += 1;
                assert!(came < MAX_GUEST_COMINGS, "nobody counts");
                here.push(wire);
            }
            // The one who goes is erased a moment later.
            Err(refused) if refused.code == "too_many" => tokio::task::yield_now().await,
            Err(refused) => {
                assert_eq!(refused.code, "too_fast");
                assert!(refused.retry_after_ms.is_some());
                break;
            }
        }
    }
    let mut guessing = server.wire().await?;
    for _ in 0..MAX_GUEST_WRONG_CODES {
        let asked = json!({"name": "late", "code": "guess"});
        assert_eq!(guessing.code("guest", asked).await?, "bad_code");
    }
    let asked = json!({"name": "late", "code": "guess"});
    assert_eq!(guessing.code("guest", asked).await?, "too_fast");
    drop((owner, here, late, guessing));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_guesses_at_the_code_of_an_account_no_oftener_than_a_stranger() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let code = json!({"registration": "code", "access_code": "green door"});
    owner.ok("server", code).await?;
    let mut gus = guest(&server, "gus").await?;
    let register = |code: &str| json!({"name": "gus", "password": PASSWORD, "code": code});
    for _ in 0..MAX_GUEST_WRONG_CODES {
        let guessed = gus.code("register", register("guess")).await?;
        assert_eq!(guessed, "bad_code");
    }
    let guessed = gus.code("register", register("green door")).await?;
    assert_eq!(guessed, "too_fast");
    drop((owner, gus));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_over_irc_a_free_nick_is_a_guest_who_may_take_another() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut irc = IrcPerson::connect(&server).await?;
    // Somebody else's nick, and what looks like it: another may be sent.
    irc.send("NICK 0wner\r\nUSER gus 0 * :Gus").await?;
    until(&mut irc, "433").await?;
    irc.send("NICK owner").await?;
    until(&mut irc, "433").await?;
    irc.send("NICK gus").await?;
    until(&mut irc, "001").await?;
    irc.send("PRIVMSG #lobby :hello").await?;
    let said = owner.event(|event| event["body"] == "hello").await?;
    assert_eq!(said["from"], "gus");
    irc.send("NICK owner").await?;
    until(&mut irc, "433").await?;
    drop(irc);
    let mut irc = IrcPerson::connect(&server).await?;
    irc.send("NICK hal\r\nUSER hal 0 * :Hal").await?;
    until(&mut irc, "001").await?;
    irc.send("NICK ida").await?;
    let renamed = until(&mut irc, "NICK").await?;
    assert_eq!(
        (renamed.nick(), renamed.text().as_deref()),
        ("hal", Some("ida"))
    );
    let changed = owner.event_named("account_changed").await?;
    assert_eq!(
        (&changed["name"], &changed["was"]),
        (&json!("ida"), &json!("hal"))
    );
    // The old one is free.
    let _hal = guest(&server, "hal").await?;
    irc.send("JOIN #nook").await?;
    until(&mut irc, "366").await?;
    let rooms = owner.ok("rooms", json!({})).await?;
    let rooms = rooms["rooms"].as_array().context("no rooms")?;
    let nook = rooms.iter().find(|room| room["room"] == "nook");
    assert_eq!(nook.context("not made")?["retention"], "ram");
    irc.send("QUIT :bye").await?;
    irc.closed().await?;
    drop(guest_once_free(&server, "ida").await?);
    let rooms = owner.ok("rooms", json!({})).await?.to_string();
    assert!(!rooms.contains("nook"), "{rooms}");
    drop(owner);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_over_irc_the_access_code_is_what_came_as_pass() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let code = json!({"guests": "code", "access_code": "door"});
    owner.ok("server", code).await?;
    for (pass, numeric) in [
        ("", "464"),
        ("PASS wrong\r\n", "464"),
        ("PASS door\r\n", "001"),
    ] {
        let mut irc = IrcPerson::connect(&server).await?;
        irc.send(&format!("{pass}NICK gus\r\nUSER gus 0 * :Gus"))
            .await?;
        until(&mut irc, numeric).await?;
    }
    owner.ok("server", json!({"guests": "off"})).await?;
    let mut irc = IrcPerson::connect(&server).await?;
    irc.send("NICK hal\r\nUSER hal 0 * :Hal").await?;
    until(&mut irc, "464").await?;
    irc.closed().await?;
    drop(owner);
    server.stop().await
}

/// The next line of this command.
async fn until(irc: &mut IrcPerson, command: &str) -> Result<Line> {
    loop {
        let line = irc.line().await?.context("the server closed")?;
        if line.command() == command {
            return Ok(line);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_who_registers_is_one_no_more_on_the_same_connection() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut gus = guest(&server, "gus").await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    gus.ok("join", json!({"room": "den"})).await?;
    assert_eq!(gus.code("friends", json!({})).await?, "forbidden");
    let who = json!({"name": "gus", "password": PASSWORD});
    assert_eq!(gus.ok("register", who.clone()).await?["role"], "member");
    gus.ok("friends", json!({})).await?;
    // A room passes to them now, and what they leave behind stays theirs.
    owner.ok("leave", json!({"room": "den"})).await?;
    let passed = gus.event_named("role_changed").await?;
    assert_eq!(
        (&passed["name"], &passed["role"]),
        (&json!("gus"), &json!("founder"))
    );
    gus.ok("quit", json!({})).await?;
    gus.read_to_end().await?;
    let mut again = server.wire().await?;
    again.ok("sign_in", who).await?;
    let about = again.ok("about_room", json!({"room": "den"})).await?;
    assert_eq!(about["founder"], "gus");
    drop((owner, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_muted_guest_who_comes_again_does_not_speak_by_signals_either() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let gus = guest(&server, "gus").await?;
    owner
        .ok("mute", json!({"room": "lobby", "who": "gus"}))
        .await?;
    drop(gus);
    let mut again = guest_once_free(&server, "hal").await?;
    // Before anything else, that nothing but this looks at what is held against them.
    let signal = json!({"room": "lobby", "words": "VERSION hi", "machine": true});
    assert_eq!(again.code("signal", signal).await?, "muted");
    let lobby = json!({"room": "lobby"});
    assert_eq!(again.code("typing", lobby).await?, "muted");
    drop((owner, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_guests_who_come_and_go_guess_at_a_rooms_password_no_oftener_than_one() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let door = json!({"room": "den", "password": "sesame"});
    owner.ok("create_room", door).await?;
    let door = json!({"room": "cave", "password": "sesame", "hidden": true});
    owner.ok("create_room", door).await?;
    let guess = |room: &str| json!({"room": room, "password": "wrong"});
    let mut first = guest(&server, "gus").await?;
    for _ in 0..3 {
        assert_eq!(first.code("join", guess("den")).await?, "wrong_password");
        assert_eq!(first.code("join", guess("cave")).await?, "unknown_room");
    }
    let mut second = guest(&server, "hal").await?;
    for _ in 0..2 {
        assert_eq!(second.code("join", guess("den")).await?, "wrong_password");
        assert_eq!(second.code("join", guess("cave")).await?, "unknown_room");
    }
    for wire in [&mut first, &mut second] {
        assert_eq!(wire.code("join", guess("den")).await?, "too_fast");
        assert_eq!(wire.code("join", guess("cave")).await?, "too_fast");
    }
    // An account is counted by itself, and tries that come at once are no more than one after the other.
    let mut ann = server.newcomer("ann").await?;
    let mut asked = Vec::new();
    for _ in 0..12 {
        asked.push(ann.submit("join", guess("cave")).await?);
    }
    let mut again = server.sign_in("ann").await?;
    for _ in 0..12 {
        again.submit("join", guess("cave")).await?;
    }
    let mut looked_at = 0;
    for id in asked {
        let refused = ann.answer(id).await?.unwrap_err();
        looked_at += usize::from(refused.code == "unknown_room");
    }
    assert!(looked_at <= 5, "{looked_at}");
    drop((owner, first, second, ann, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_guests_of_one_address_report_so_much_however_often_they_come() -> Result<()> {
    let (server, mut owner) = hosting().await?;
    let mut seqs = Vec::new();
    for number in 0..9 {
        let said = json!({"room": "lobby", "body": format!("{number}")});
        seqs.push(owner.ok("send", said).await?["seq"].clone());
    }
    let mut told = Vec::new();
    for (name, seqs) in ["gus", "hal", "ivo"].iter().zip(seqs.chunks(3)) {
        let mut wire = guest(&server, name).await?;
        for seq in seqs {
            let report = json!({"room": "lobby", "seq": seq});
            told.push(wire.code("report", report).await?);
        }
    }
    let most = usize::try_from(snug_proto::limits::MAX_REPORTS_OF_ADDRESS)?;
    let (taken, refused) = told.split_at(most);
    assert!(taken.iter().all(|code| code == "ok"), "{told:?}");
    assert!(refused.iter().all(|code| code == "too_fast"), "{told:?}");
    // Those with an account report as ever.
    let mut ann = server.newcomer("ann").await?;
    let report = json!({"room": "lobby", "seq": seqs[0]});
    ann.ok("report", report).await?;
    drop((owner, ann));
    server.stop().await
}
