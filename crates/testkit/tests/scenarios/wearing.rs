//! Accounts that go by another name than their own, over both fronts (ADR 13, DECISIONS 31).

use anyhow::{Context, Result};
use data_encoding::BASE64;
use serde_json::json;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
    wire::Wire,
};

use super::names::{asks, has};

/// An account that signs in by SASL under this nick.
async fn irc(server: &TestServer, account: &str, nick: &str) -> Result<IrcPerson> {
    let mut person = IrcPerson::connect(server).await?;
    let secret = BASE64.encode(format!("\0{account}\0{PASSWORD}").as_bytes());
    for line in [
        "CAP REQ :sasl account-tag account-notify extended-join extended-monitor",
        &format!("NICK {nick}"),
        "USER u 0 * :u",
        "AUTHENTICATE PLAIN",
        &format!("AUTHENTICATE {secret}"),
        "CAP END",
    ] {
        person.send(line).await?;
    }
    asks(&mut person, "JOIN #den").await?;
    Ok(person)
}

/// An open server that takes guests, with the account ann, who goes by `foo`, and bob on the native wire.
async fn worn_and_bob() -> Result<(TestServer, IrcPerson, Wire)> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    let open = json!({"registration": "open", "guests": "on"});
    owner.ok("server", open).await?;
    let mut bob = server.newcomer("bob").await?;
    bob.ok("create_room", json!({"room": "den"})).await?;
    server.add_account("ann", PASSWORD).await?;
    let worn = irc(&server, "ann", "foo").await?;
    Ok((server, worn, bob))
}

/// What a newcomer who asks for this name is told.
async fn registers(server: &TestServer, name: &str) -> Result<Option<String>> {
    let mut wire = server.wire().await?;
    let register = json!({"name": name, "password": PASSWORD});
    let answer = wire.ask("register", register).await?;
    Ok(answer.err().map(|refused| refused.code))
}

/// Tries until the name is free: what ended is taken off a moment later.
async fn once_free(server: &TestServer, name: &str) -> Result<Wire> {
    loop {
        let mut wire = server.wire().await?;
        let register = json!({"name": name, "password": PASSWORD});
        match wire.ask("register", register).await? {
            Ok(_) => return Ok(wire),
            Err(refused) if refused.code == "name_taken" => tokio::task::yield_now().await,
            Err(refused) => anyhow::bail!("{refused:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn native_clients_see_the_account_and_what_it_goes_by_beside_it() -> Result<()> {
    let (server, mut worn, mut bob) = worn_and_bob().await?;
    let changed = bob.event_named("account_changed").await?;
    assert_eq!(
        (&changed["name"], &changed["worn"], &changed["wore"]),
        (&json!("ann"), &json!("foo"), &json!("ann"))
    );
    asks(&mut worn, "PRIVMSG #den :hi").await?;
    let said = bob.said("hi").await?;
    assert_eq!(
        (&said["from"], &said["from_worn"]),
        (&json!("ann"), &json!("foo"))
    );
    // Either name finds them, and the conversation is the account's.
    for name in ["foo", "FOO", "ann"] {
        let sent = json!({"to": name, "body": format!("to {name}")});
        assert_eq!(bob.ok("send", sent).await?["room"], "@ann");
        let card = bob.ok("whois", json!({"person": name})).await?;
        assert_eq!(
            (&card["name"], &card["worn"]),
            (&json!("ann"), &json!("foo"))
        );
    }
    let heard = asks(&mut worn, "PRIVMSG bob :psst").await?;
    has(&heard, ":bob!u@")?;
    has(&heard, " PRIVMSG foo :to ann")?;
    let psst = bob.said("psst").await?;
    assert_eq!(
        (&psst["room"], &psst["from"], &psst["from_worn"]),
        (&json!("@ann"), &json!("ann"), &json!("foo"))
    );
    // A mention of either is one.
    bob.ok("send", json!({"room": "den", "body": "hey @foo"}))
        .await?;
    assert!(bob.said("hey @foo").await?["mentions"][0].is_string());
    // The log keeps the account: once they are gone, what they said is under its name alone.
    worn.send("QUIT").await?;
    worn.closed().await?;
    let off = bob
        .event(|event| event["ev"] == "account_changed" && event["wore"] == "foo")
        .await?;
    assert_eq!((&off["name"], &off["worn"]), (&json!("ann"), &json!(null)));
    let page = bob.ok("read", json!({"room": "den"})).await?;
    let events = page["events"].as_array().context("events")?;
    let said = events.iter().find(|event| event["body"] == "hi");
    let said = said.context("what was said")?;
    assert_eq!(
        (&said["from"], &said["from_worn"]),
        (&json!("ann"), &json!(null))
    );
    drop(bob);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn irc_shows_the_nick_and_tells_the_account() -> Result<()> {
    let (server, mut worn, bob) = worn_and_bob().await?;
    server.add_account("cid", PASSWORD).await?;
    let mut cid = irc(&server, "cid", "cid").await?;
    // IRCv3 account-tag and extended-join.
    asks(&mut worn, "PART #den").await?;
    asks(&mut worn, "JOIN #den").await?;
    asks(&mut worn, "PRIVMSG #den :hi").await?;
    let seen = asks(&mut cid, "WHOIS foo").await?;
    has(&seen, ".cloak JOIN #den ann :")?;
    has(&seen, "@account=ann :foo!u@")?;
    has(&seen, " 311 cid foo ")?;
    has(&seen, " 330 cid foo ann :")?;
    has(&asks(&mut cid, "WHO foo %na").await?, " 354 cid foo ann")?;
    has(&asks(&mut cid, "NAMES #den").await?, "foo")?;
    has(
        &asks(&mut cid, "MONITOR + foo,ann").await?,
        "730 cid :foo!u@",
    )?;
    // Another client of the account goes by the same nick; a NICK by one is for both.
    let mut other = irc(&server, "ann", "laptop").await?;
    has(&asks(&mut other, "NICK bar").await?, ":foo!u@")?;
    has(&asks(&mut worn, "PING x").await?, ".cloak NICK bar")?;
    let seen = asks(&mut cid, "PING x").await?;
    has(&seen, ".cloak NICK bar")?;
    has(&seen, " 731 cid :foo")?;
    // What one says to a nick is shown to one's other clients under that nick.
    let mut second = irc(&server, "cid", "cid").await?;
    asks(&mut cid, "PRIVMSG bar :to you").await?;
    has(&asks(&mut second, "PING x").await?, " PRIVMSG bar :to you")?;
    has(&asks(&mut other, "NICK ann").await?, ".cloak NICK ann")?;
    drop((worn, other, cid, second, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_goes_by_anothers_name_or_by_what_looks_like_it() -> Result<()> {
    let (server, mut worn, mut bob) = worn_and_bob().await?;
    let mut owner = server.sign_in("owner").await?;
    // Neither another's name, nor its look-alike, nor one that passes for the server's.
    let mut cid = server.newcomer("cid").await?;
    let mut eve = server.newcomer("eve").await?;
    for (who, taken) in [
        (&mut cid, ["bob", "B0B", "admin"]),
        (&mut eve, ["NickServ", "foo", "f00"]),
    ] {
        for name in taken {
            let wear = json!({"name": name});
            assert_eq!(who.code("wear", wear).await?, "name_taken", "{name}");
        }
        // That was often enough.
        let wear = json!({"name": "zed"});
        assert_eq!(who.code("wear", wear).await?, "too_fast");
    }
    // Nobody takes what one goes by, in whatever way.
    for look_alike in ["foo", "FOO", "f00"] {
        assert_eq!(
            registers(&server, look_alike).await?.as_deref(),
            Some("name_taken")
        );
        let mut guest = server.wire().await?;
        let came = guest.code("guest", json!({"name": look_alike})).await?;
        assert_eq!(came, "name_taken");
        let rename = json!({"who": "bob", "name": look_alike});
        assert_eq!(owner.code("rename_account", rename).await?, "name_taken");
    }
    let display = json!({"display": "Foo"});
    assert_eq!(bob.code("me", display).await?, "name_taken");
    // Nobody signs in by it: it is no account's name.
    let mut wire = server.wire().await?;
    let sign_in = json!({"name": "foo", "password": PASSWORD});
    assert_eq!(wire.code("sign_in", sign_in).await?, "bad_credentials");
    // A name that was given up is nobody's to go by (DECISIONS 2).
    owner
        .ok("rename_account", json!({"who": "bob", "name": "robert"}))
        .await?;
    let mut dan = server.newcomer("dan").await?;
    assert_eq!(
        dan.code("wear", json!({"name": "bob"})).await?,
        "name_taken"
    );
    has(&asks(&mut worn, "NICK dan").await?, " 433 ")?;
    drop((wire, cid, dan, eve, worn, bob, owner));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worn_name_is_free_once_the_last_connection_is_gone() -> Result<()> {
    let (server, mut worn, mut bob) = worn_and_bob().await?;
    let other = irc(&server, "ann", "foo").await?;
    worn.send("QUIT").await?;
    worn.closed().await?;
    let presence = bob.ok("whois", json!({"person": "foo"})).await?;
    assert_eq!(presence["online"], true);
    assert_eq!(
        registers(&server, "foo").await?.as_deref(),
        Some("name_taken")
    );
    drop(other);
    let mut newcomer = once_free(&server, "foo").await?;
    let card = newcomer.ok("whois", json!({"person": "foo"})).await?;
    assert_eq!(
        (&card["name"], &card["worn"]),
        (&json!("foo"), &json!(null))
    );
    // Who comes back by it finds that it is somebody's, and goes by the account's name.
    let mut back = irc(&server, "ann", "foo").await?;
    has(&asks(&mut back, "WHOIS ann").await?, " 311 ann ann ")?;
    drop((newcomer, back, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bans_mutes_and_blocks_hold_whatever_the_account_goes_by() -> Result<()> {
    let (server, mut worn, mut bob) = worn_and_bob().await?;
    let say = |text: &str| format!("PRIVMSG #den :{text}");
    // A mask of the nick is one of the account.
    let mask = |remove| json!({"room": "den", "kind": "ban", "mask": "foo!*@*", "remove": remove});
    bob.ok("set_mask", mask(false)).await?;
    assert_eq!(bob.event_named("mask_changed").await?["mask"], "ann!*@*");
    has(&asks(&mut worn, &say("one")).await?, " 404 ")?;
    has(&asks(&mut worn, "NICK bar").await?, " NICK bar")?;
    has(&asks(&mut worn, &say("two")).await?, " 404 ")?;
    let lift = json!({"room": "den", "kind": "ban", "mask": "ann!*@*", "remove": true});
    bob.ok("set_mask", lift).await?;
    // A pattern keeps out what is worn, and gives nothing to it.
    let pattern = |kind: &str| json!({"room": "den", "kind": kind, "mask": "ba*"});
    bob.ok("set_mask", pattern("ban")).await?;
    has(&asks(&mut worn, &say("three")).await?, " 404 ")?;
    bob.ok(
        "set_mask",
        json!({"room": "den", "kind": "exempt", "mask": "ba*"}),
    )
    .await?;
    has(&asks(&mut worn, &say("four")).await?, " 404 ")?;
    bob.ok(
        "set_mask",
        json!({"room": "den", "kind": "ban", "mask": "ba*", "remove": true}),
    )
    .await?;
    // A voice for the nick is the account's too.
    bob.ok("set_room", json!({"room": "den", "moderated": true}))
        .await?;
    has(&asks(&mut worn, &say("five")).await?, " 404 ")?;
    bob.ok(
        "set_mask",
        json!({"room": "den", "kind": "voice", "mask": "bar"}),
    )
    .await?;
    has(&asks(&mut worn, &say("six")).await?, " +v bar")?;
    bob.said("six").await?;
    // A block by the nick, and a ban from the room.
    bob.ok("block", json!({"person": "bar"})).await?;
    has(&asks(&mut worn, "NICK foo").await?, " NICK foo")?;
    let refused = asks(&mut worn, "PRIVMSG bob :hello?").await?;
    assert!(
        refused.iter().any(|line| line.contains(" bob :")),
        "{refused:?}"
    );
    bob.ok("ban", json!({"room": "den", "who": "foo"})).await?;
    has(&asks(&mut worn, "JOIN #den").await?, " 474 ")?;
    drop((worn, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nicks_change_only_now_and_then() -> Result<()> {
    let (server, mut worn, mut bob) = worn_and_bob().await?;
    // The one it came by counts too.
    for nick in ["one", "two"] {
        has(
            &asks(&mut worn, &format!("NICK {nick}")).await?,
            ".cloak NICK ",
        )?;
    }
    for nick in ["three", "ann"] {
        let refused = asks(&mut worn, &format!("NICK {nick}")).await?;
        has(&refused, "You took other names a moment ago")?;
    }
    let card = bob.ok("whois", json!({"person": "ann"})).await?;
    assert_eq!(card["worn"], "two");
    drop((worn, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_signs_in_keeps_the_nick() -> Result<()> {
    let (server, worn, mut bob) = worn_and_bob().await?;
    server.add_account("cid", PASSWORD).await?;
    let mut watcher = irc(&server, "bob", "bob").await?;
    let mut guest = IrcPerson::connect(&server).await?;
    for line in ["CAP REQ :sasl", "NICK gus", "USER u 0 * :u", "CAP END"] {
        guest.send(line).await?;
    }
    asks(&mut guest, "PING x").await?;
    has(&asks(&mut watcher, "MONITOR + gus").await?, " 730 ")?;
    let secret = BASE64.encode(format!("\0cid\0{PASSWORD}").as_bytes());
    guest.send("AUTHENTICATE PLAIN").await?;
    let seen = asks(&mut guest, &format!("AUTHENTICATE {secret}")).await?;
    has(&seen, " 900 gus gus!u@")?;
    has(&seen, " cid :You are now signed in")?;
    assert!(!seen.iter().any(|line| line.contains(" NICK ")), "{seen:?}");
    // IRCv3 extended-monitor with account-notify: the nick has another account, and never went.
    let heard = asks(&mut watcher, "WHOIS gus").await?;
    has(&heard, ".cloak ACCOUNT cid")?;
    has(&heard, " 330 bob gus cid :")?;
    assert!(
        !heard.iter().any(|line| line.contains(" 731 ")),
        "{heard:?}"
    );
    // Where the account is here already, the client goes by what that goes by.
    let mut late = IrcPerson::guest(&server, "ida").await?;
    let secret = BASE64.encode(format!("\0ann\0{PASSWORD}").as_bytes());
    late.send("CAP REQ :sasl").await?;
    late.send("AUTHENTICATE PLAIN").await?;
    let seen = asks(&mut late, &format!("AUTHENTICATE {secret}")).await?;
    has(&seen, ".cloak NICK foo")?;
    // Who registers as a guest, under another name, keeps the nick too.
    let mut new = IrcPerson::guest(&server, "jon").await?;
    let seen = asks(&mut new, &format!("REGISTER kim * :{PASSWORD}")).await?;
    has(&seen, "REGISTER SUCCESS kim")?;
    let card = bob.ok("whois", json!({"person": "jon"})).await?;
    assert_eq!(
        (&card["name"], &card["worn"]),
        (&json!("kim"), &json!("jon"))
    );
    drop((worn, bob, watcher, guest, late, new));
    server.stop().await
}
