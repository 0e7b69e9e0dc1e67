//! Accounts: one's sessions, one's password, a new one for a forgotten one.

mod deleting;
mod guessing;
mod making;
mod passwords;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, PASSWORD, Person},
    server::TestServer,
    wire::{Wire, WireAnswer},
};

const NEW: &str = "eight blue lamps";

async fn sign_in_with(
    server: &TestServer,
    name: &str,
    password: &str,
) -> Result<(Wire, WireAnswer)> {
    let mut wire = server.wire().await?;
    let who = json!({"name": name, "password": password});
    let answer = wire.ask("sign_in", who).await?;
    Ok((wire, answer))
}

/// Somebody signed in, and the token to come back with.
async fn come_in(server: &TestServer, name: &str) -> Result<(Wire, Value)> {
    let (wire, answer) = sign_in_with(server, name, PASSWORD).await?;
    let signed_in = answer.map_err(|error| anyhow::anyhow!("{name}: {error:?}"))?;
    Ok((wire, signed_in["session"].clone()))
}

async fn resume(server: &TestServer, session: &Value) -> Result<String> {
    let mut wire = server.wire().await?;
    wire.code("resume", json!({"session": session})).await
}

async fn sessions(wire: &mut Wire) -> Result<Vec<Value>> {
    let list = wire.ok("sessions", json!({})).await?;
    Ok(list["sessions"].as_array().cloned().unwrap_or_default())
}

/// Waits until the connection of a session that was ended closes, and gives what it was told.
async fn told_why(mut wire: Wire) -> Result<String> {
    let notice = wire.event_named("notice").await?;
    wire.read_to_end().await?;
    Ok(notice["text"].as_str().unwrap_or_default().to_owned())
}

/// A server on this clock that anybody may register on.
async fn on_clock(clock: &HandClock) -> Result<TestServer> {
    let clock = clock.for_server();
    TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.clock = clock;
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_session_is_listed_with_its_client_and_revoked_at_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let mut laptop = server.wire().await?;
    laptop
        .ok("hello", json!({"client": "laptop 1.0", "wire": 1}))
        .await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    let token = laptop.ok("sign_in", who).await?["session"].clone();
    let (mut phone, phone_token) = come_in(&server, "ann").await?;
    let listed = sessions(&mut phone).await?;
    let online: Vec<_> = listed.iter().filter(|one| one["online"] == true).collect();
    assert_eq!(online.len(), 2, "{listed:?}");
    let of_laptop = online.iter().find(|one| one["client"] == "laptop 1.0");
    let of_laptop = of_laptop.context("the laptop is not listed")?;
    assert_eq!(of_laptop["address"], "127.0.0.1");
    assert_eq!(of_laptop["this"], Value::Null);
    assert!(of_laptop["created_at"].is_string() && of_laptop["seen_at"].is_string());
    assert!(online.iter().any(|one| one["this"] == true));

    // Another account's sessions are nobody's business.
    let mut bob = server.wire().await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who).await?;
    let revoke = json!({"session": of_laptop["session_id"]});
    let code = bob.code("revoke_session", revoke.clone()).await?;
    assert_eq!(code, "unknown_session");
    assert_eq!(sessions(&mut bob).await?.len(), 1);

    phone.ok("revoke_session", revoke.clone()).await?;
    assert!(told_why(laptop).await?.contains("ended from another"));
    assert_eq!(resume(&server, &token).await?, "bad_session");
    assert_eq!(
        phone.code("revoke_session", revoke).await?,
        "unknown_session"
    );
    assert_eq!(sessions(&mut phone).await?.len(), listed.len() - 1);

    // Oneself too, and then nothing is left of it.
    let mine = json!({"session": online.iter().find(|one| one["this"] == true).context("me")?["session_id"]});
    let _closes = phone.submit("revoke_session", mine).await?;
    phone.read_to_end().await?;
    assert_eq!(resume(&server, &phone_token).await?, "bad_session");
    drop(bob);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_connection_that_dies_is_listed_as_gone_at_once() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let (other, token) = come_in(&server, "ann").await?;
    let irc = IrcPerson::sign_in(&server, "ann").await?;
    let online = async |ann: &mut Wire| -> Result<usize> {
        let listed = sessions(ann).await?;
        Ok(listed.iter().filter(|one| one["online"] == true).count())
    };
    assert_eq!(online(&mut ann).await?, 3);
    let listed = sessions(&mut ann).await?;
    assert!(
        listed.iter().any(|one| one["client"] == "IRC"),
        "{listed:?}"
    );
    clock.advance_ms(60_000);
    // No word of farewell: the sockets are closed, and that is all.
    drop(other);
    drop(irc);
    while online(&mut ann).await? != 1 {}
    let listed = sessions(&mut ann).await?;
    assert!(
        listed.iter().all(|one| one["client"] != "irc"),
        "{listed:?}"
    );
    // What can come back is kept; when it was there last is known.
    assert_eq!(resume(&server, &token).await?, "ok");
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_the_connection_of_an_app_token_is_listed_with_its_scope_and_ends_with_it() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let made = ann
        .ok("new_token", json!({"label": "bot", "scope": "send"}))
        .await?;
    let token = made["token"].as_str().context("no token")?.to_owned();
    let (mut bot, answer) = sign_in_with(&server, "ann", &token).await?;
    assert!(answer.is_ok());
    for (what, fields) in [
        ("sessions", json!({})),
        ("revoke_session", json!({"session": "others"})),
        ("change_password", json!({"old": PASSWORD, "new": NEW})),
    ] {
        assert_eq!(bot.code(what, fields).await?, "forbidden", "{what}");
    }
    let listed = sessions(&mut ann).await?;
    let of_bot = listed.iter().find(|one| one["token"] == "bot");
    let of_bot = of_bot.context("the bot is not listed")?;
    assert_eq!(of_bot["scope"], "send");
    // Its connection alone can be ended; the token stays, until it is revoked.
    ann.ok("revoke_session", json!({"session": of_bot["session_id"]}))
        .await?;
    told_why(bot).await?;
    let (bot, answer) = sign_in_with(&server, "ann", &token).await?;
    assert!(answer.is_ok());
    ann.ok("revoke_token", json!({"token": "bot"})).await?;
    assert!(told_why(bot).await?.contains("revoked"));
    let (_, answer) = sign_in_with(&server, "ann", &token).await?;
    assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_session_unused_for_ninety_days_has_expired() -> Result<()> {
    const DAY: u64 = 24 * 3_600_000;
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let (ann, token) = come_in(&server, "ann").await?;
    drop(ann);
    let (mut ann, used) = come_in(&server, "ann").await?;
    while sessions(&mut ann)
        .await?
        .iter()
        .filter(|one| one["online"] == true)
        .count()
        != 1
    {}
    clock.advance_ms(89 * DAY);
    let mut wire = server.wire().await?;
    let next = wire.ok("resume", json!({"session": used})).await?["session"].clone();
    clock.advance_ms(2 * DAY);
    assert_eq!(resume(&server, &token).await?, "bad_session");
    assert_eq!(resume(&server, &next).await?, "ok");
    drop((ann, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_by_roster_only_its_members_register_and_are_shown_by_its_names() -> Result<()> {
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Roster;
    })
    .await?;
    let entry = |name: &str, display: &str| -> Result<snug_store::RosterEntry> {
        Ok(snug_store::RosterEntry {
            name: snug_proto::AccountName::parse(name)?,
            display: snug_proto::DisplayName::parse(display)?,
        })
    };
    let mut owner = server.owner().await?;
    let engine = server.running().engine();
    let roster = vec![entry("19803021", "Pranav Gupta")?, entry("ann", "Ann A.")?];
    engine.import_roster(roster).await?;
    let who = |name: &str| json!({"name": name, "password": PASSWORD});
    let mut wire = server.wire().await?;
    assert_eq!(wire.code("register", who("bob")).await?, "forbidden");
    // An invite does not make a member of the list either.
    let code = owner.ok("invite", json!({})).await?["code"].clone();
    let invited = json!({"name": "bob", "password": PASSWORD, "code": code});
    assert_eq!(wire.code("register", invited).await?, "forbidden");
    wire.ok("register", who("19803021")).await?;
    let mut other = server.wire().await?;
    assert_eq!(other.code("register", who("19803021")).await?, "name_taken");
    wire.ok("send", json!({"room": "lobby", "body": "hello"}))
        .await?;
    let said = owner.event_named("message").await?;
    assert_eq!(
        (&said["from"], &said["from_display"]),
        (&json!("19803021"), &json!("Pranav Gupta"))
    );
    // On IRC the name is the realname.
    let mut irc = IrcPerson::sign_in(&server, "owner").await?;
    irc.send("WHOIS _19803021").await?;
    loop {
        let line = irc.line().await?.context("it closed")?;
        if line.text().as_deref() == Some("Pranav Gupta") {
            break;
        }
    }
    // Nobody else goes by a member's name or looks, whether the member has an account yet or not; the last
    // begins with a Cyrillic letter.
    owner.ok("server", json!({"guests": "on"})).await?;
    for display in [
        "Pranav Gupta",
        "PranavGupta",
        "ANN A.",
        "\u{430}nn a.",
        "ann",
    ] {
        let shown = json!({"display": display});
        assert_eq!(owner.code("me", shown).await?, "name_taken", "{display}");
    }
    owner.ok("me", json!({"display": "Anna B."})).await?;
    let mut guest = server.wire().await?;
    for name in ["ann", "Ann"] {
        let refused = guest.code("guest", json!({"name": name})).await?;
        assert_eq!(refused, "name_taken", "{name}");
    }
    let as_her = json!({"name": "gus", "display": "Pranav Gupta"});
    guest.ok("guest", as_her).await?;
    guest
        .ok("send", json!({"room": "lobby", "body": "it is me"}))
        .await?;
    let said = owner.said("it is me").await?;
    assert_eq!(said["from_display"], serde_json::Value::Null);
    let as_member = json!({"who": "gus", "name": "ann"});
    assert_eq!(guest.code("rename_account", as_member).await?, "name_taken");
    // A new list renames at once; whoever left it keeps the account.
    engine
        .import_roster(vec![entry("19803021", "Pranav G.")?])
        .await?;
    wire.ok("send", json!({"room": "lobby", "body": "again"}))
        .await?;
    let said = owner.event_named("message").await?;
    assert_eq!(said["from_display"], "Pranav G.");
    assert_eq!(other.code("register", who("ann")).await?, "forbidden");
    drop((owner, wire, other, irc, guest));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_quiet_session_comes_and_goes_unseen_and_hides_nothing_that_it_does() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    server.add_account("bob", PASSWORD).await?;
    owner.ok("watch", json!({"on": true})).await?;
    let mut bob = server.wire().await?;
    bob.ok(
        "hello",
        json!({"client": "script 1", "wire": 1, "quiet": true}),
    )
    .await?;
    bob.ok("sign_in", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    // Those who run the server hear of it, and its own account lists it; others do not.
    owner
        .event(|event| {
            let text = event["text"].as_str().unwrap_or_default();
            event["what"] == "signed_in" && text.starts_with("bob")
        })
        .await?;
    let listed = sessions(&mut bob).await?;
    assert!(listed.iter().any(|one| one["this"] == true), "{listed:?}");
    let people = ann.ok("who", json!({"room": "lobby"})).await?;
    assert!(!people.to_string().contains("bob"), "{people}");
    // What it says is said by bob, like anything else.
    bob.ok("send", json!({"room": "lobby", "body": "from a script"}))
        .await?;
    assert_eq!(ann.said("from a script").await?["from"], "bob");
    bob.ok("quit", json!({})).await?;
    ann.ok("send", json!({"room": "lobby", "body": "marker"}))
        .await?;
    ann.said("marker").await?;
    let told = ann.take_events();
    let presence = told.iter().filter(|heard| heard.event["name"] == "bob");
    assert_eq!(presence.count(), 0);
    drop((owner, ann, bob));
    server.stop().await
}
