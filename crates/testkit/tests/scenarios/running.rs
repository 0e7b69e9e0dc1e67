//! Running a community: the audit log, roles, bans, and what else only some may do.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, No, PASSWORD, Person},
    server::TestServer,
    wire::Wire,
};

/// The actions in the audit log, newest first.
async fn audited(owner: &mut Wire, filter: Value) -> Result<Vec<Value>> {
    let page = owner.ok("audit", filter).await?;
    Ok(page["entries"].as_array().context("no entries")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_the_owner_reads_who_did_what_and_nobody_else_does() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    let code = json!({"registration": "code", "access_code": "the green door"});
    owner.ok("server", code).await?;
    let entries = audited(&mut owner, json!({})).await?;
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        [
            "server_changed",
            "server_changed",
            "owner_claimed",
            "owner_code_made"
        ]
    );
    assert_eq!(entries[0]["by"], "owner");
    assert_eq!(entries[0]["details"], "registration code, access_code");
    assert_eq!(entries[0]["undo"], "/server");
    assert!(entries[3].get("by").is_none(), "the machine's own command");
    let claims = json!({"action": "owner_claimed", "by": "owner", "about": "owner"});
    assert_eq!(audited(&mut owner, claims).await?.len(), 1);
    assert_eq!(
        audited(&mut owner, json!({"by": "ann"})).await?,
        [] as [Value; 0]
    );
    let older = json!({"before": entries[1]["entry"]});
    assert_eq!(audited(&mut owner, older).await?.len(), 2);
    assert_eq!(ann.code("audit", json!({})).await?, "forbidden");
    let token = owner.ok("new_token", json!({"label": "bot"})).await?;
    let mut bot = server.wire().await?;
    let who = json!({"name": "owner", "password": token["token"]});
    bot.ok("sign_in", who).await?;
    assert_eq!(bot.code("audit", json!({})).await?, "forbidden");
    drop((owner, ann, bot));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_the_owner_makes_a_moderator_who_learns_it_at_once_and_can_act_at_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let kick = json!({"who": "bob", "reason": "a test"});
    assert_eq!(ann.code("server_kick", kick.clone()).await?, "forbidden");
    let role = |role: &str| json!({"who": "ann", "role": role, "reason": "trust"});
    assert_eq!(
        ann.code("set_server_role", role("moderator")).await?,
        "forbidden"
    );
    owner.ok("set_server_role", role("moderator")).await?;
    let event = ann.event_named("account_changed").await?;
    assert_eq!(
        (&event["name"], &event["role"]),
        (&json!("ann"), &json!("moderator"))
    );
    let told = ann.event_named("notice").await?;
    assert_eq!(
        told["text"],
        "owner made you a moderator of this server: trust"
    );
    ann.ok("server_kick", kick.clone()).await?;
    let told = bob.event_named("notice").await?;
    assert_eq!(told["text"], "ann ended your sessions here: a test");
    bob.read_to_end().await?;
    assert_eq!(
        ann.code("server_kick", json!({"who": "owner"})).await?,
        "forbidden"
    );
    assert_eq!(
        ann.code("server_kick", json!({"who": "ann"})).await?,
        "forbidden"
    );
    owner.ok("set_server_role", role("member")).await?;
    assert_eq!(ann.code("server_kick", kick).await?, "forbidden");
    let given = audited(&mut owner, json!({"about": "ann"})).await?;
    assert_eq!(given[0]["details"], "role member, was moderator");
    assert_eq!(given[0]["why"], "trust");
    drop((owner, ann));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_the_server_is_handed_over_only_to_whom_it_was_offered_and_has_one_owner() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    assert_eq!(
        ann.code("hand_over", json!({"to": "ann"})).await?,
        "forbidden"
    );
    assert_eq!(
        owner.code("hand_over", json!({"to": "owner"})).await?,
        "forbidden"
    );
    owner.ok("hand_over", json!({"to": "ann"})).await?;
    owner.ok("hand_over", json!({})).await?;
    assert_eq!(ann.code("accept_server", json!({})).await?, "forbidden");
    owner.ok("hand_over", json!({"to": "ann"})).await?;
    assert_eq!(bob.code("accept_server", json!({})).await?, "forbidden");
    ann.ok("accept_server", json!({})).await?;
    assert_eq!(
        ann.code("accept_server", json!({})).await?,
        "forbidden",
        "once"
    );
    let roles = owner.event(|event| event["role"] == "moderator").await?;
    assert_eq!(roles["name"], "owner");
    assert_eq!(owner.code("audit", json!({})).await?, "forbidden");
    let entries = audited(&mut ann, json!({"action": "owner_handed_over"})).await?;
    assert_eq!(
        (&entries[0]["by"], &entries[0]["name"]),
        (&json!("owner"), &json!("ann"))
    );
    let who = ann.ok("who", json!({})).await?;
    let people = who["people"].as_array().context("nobody")?;
    let owners = people.iter().filter(|person| person["role"] == "owner");
    assert_eq!(owners.count(), 1);
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_a_ban_holds_on_every_way_in_and_is_told_only_to_who_proved_who_they_are() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut one, mut two) = (server.wire().await?, server.wire().await?);
    let who = json!({"name": "bob", "password": PASSWORD});
    let session = one.ok("sign_in", who.clone()).await?["session"].clone();
    two.ok("sign_in", who.clone()).await?;
    let token = one.ok("new_token", json!({"label": "weechat"})).await?["token"].clone();
    one.ok("send", json!({"room": "lobby", "body": "first"}))
        .await?;
    let ban = json!({"who": "bob", "for_s": 3600, "reason": "noise"});
    owner.ok("server_ban", ban).await?;
    for wire in [&mut one, &mut two] {
        let told = wire.event_named("notice").await?;
        let text = told["text"].as_str().context("no text")?;
        assert!(
            text.starts_with("You are banned from this server, by owner, until "),
            "{text}"
        );
        assert!(text.ends_with(": noise"), "{text}");
        wire.read_to_end().await?;
    }
    let mut wire = server.wire().await?;
    let wrong = json!({"name": "bob", "password": "not this one"});
    assert_eq!(wire.code("sign_in", wrong).await?, "bad_credentials");
    let app = json!({"name": "bob", "password": token});
    let resume = json!({"session": session});
    for (what, fields) in [("sign_in", &who), ("sign_in", &app), ("resume", &resume)] {
        let error = wire
            .ask(what, fields.clone())
            .await?
            .err()
            .context("let in")?;
        assert_eq!(error.code, "banned", "{what}");
        assert!(error.text.ends_with(": noise"), "{}", error.text);
    }
    let password = token.as_str().context("no token")?;
    let irc = IrcPerson::try_sign_in(&server, "bob", password).await?;
    assert_eq!(irc.err(), Some(No::Credentials));
    // What they said stays, and they cannot be asked in again by others' doing.
    let bans = owner.ok("server_bans", json!({})).await?;
    assert_eq!(bans["bans"][0]["name"], "bob");
    owner.ok("server_unban", json!({"who": "bob"})).await?;
    assert_eq!(
        owner.code("server_unban", json!({"who": "bob"})).await?,
        "unknown_person"
    );
    wire.ok("resume", resume).await?;
    assert_eq!(
        wire.code("send", json!({"room": "lobby", "body": "back"}))
            .await?,
        "ok"
    );
    drop((owner, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_banned_addresses_shut_out_those_below_who_banned_them() -> Result<()> {
    let clock = HandClock::default();
    let of_server = clock.for_server();
    let server = TestServer::with(|options| options.clock = of_server).await?;
    let mut owner = server.owner().await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    owner
        .ok(
            "set_server_role",
            json!({"who": "ann", "role": "moderator"}),
        )
        .await?;
    let ban = |even_me: bool| json!({"address": "127.0.0.77/8", "even_me": even_me});
    assert_eq!(bob.code("server_ban", ban(true)).await?, "forbidden");
    let error = ann
        .ask("server_ban", ban(false))
        .await?
        .err()
        .context("banned")?;
    assert_eq!(error.code, "bad_request");
    assert!(error.text.starts_with("Your own address"), "{}", error.text);
    for wrong in ["everywhere", "0.0.0.0/0", "127.0.0.1/33"] {
        let wrong = json!({"address": wrong, "even_me": true});
        assert_eq!(ann.code("server_ban", wrong).await?, "bad_request");
    }
    ann.ok("server_ban", ban(true)).await?;
    bob.read_to_end().await?;
    let mut wire = server.wire().await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    assert_eq!(wire.code("sign_in", who.clone()).await?, "banned");
    let new = json!({"name": "cat", "password": PASSWORD});
    assert_eq!(wire.code("register", new).await?, "banned");
    // Those as high as who banned them go on, and come in.
    assert_eq!(ann.code("ping", json!({})).await?, "ok");
    // The door lets one in a minute, to be told or to prove who they are (DECISIONS 27).
    clock.advance_ms(60_000);
    let mut again = server.sign_in("owner").await?;
    assert_eq!(again.code("ping", json!({})).await?, "ok");
    let listed = ann.ok("server_bans", json!({})).await?;
    assert_eq!(listed["bans"][0]["address"], "127.0.0.0/8");
    ann.ok("server_unban", json!({"address": "127.0.0.0/8"}))
        .await?;
    wire.ok("sign_in", who).await?;
    // What the owner banned is not a moderator's to lift.
    owner
        .ok("server_ban", json!({"address": "2001:db8::/48"}))
        .await?;
    let lift = json!({"address": "2001:db8::/48"});
    assert_eq!(ann.code("server_unban", lift).await?, "forbidden");
    drop((owner, ann, again, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_a_renamed_account_is_called_so_by_everyone_at_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    ann.ok("send", json!({"to": "bob", "body": "hi"})).await?;
    let rename = |who: &str, name: &str| json!({"who": who, "name": name, "reason": "as asked"});
    assert_eq!(
        ann.code("rename_account", rename("bob", "bert")).await?,
        "forbidden"
    );
    assert_eq!(
        owner.code("rename_account", rename("bob", "b ob")).await?,
        "bad_name"
    );
    owner.ok("rename_account", rename("bob", "robert")).await?;
    for wire in [&mut ann, &mut bob] {
        let event = wire.event_named("account_changed").await?;
        assert_eq!(
            (&event["name"], &event["was"]),
            (&json!("robert"), &json!("bob"))
        );
    }
    let told = bob.event_named("notice").await?;
    assert_eq!(
        told["text"],
        "owner renamed you from bob to robert: as asked"
    );
    bob.ok("send", json!({"room": "lobby", "body": "it is me"}))
        .await?;
    let said = ann.event(|event| event["body"] == "it is me").await?;
    assert_eq!(said["from"], "robert");
    // The conversation is called after the new name, and the password is what it was.
    let again = ann
        .ok("send", json!({"to": "robert", "body": "still you?"}))
        .await?;
    assert_eq!(
        (&again["room"], &again["seq"]),
        (&json!("@robert"), &json!(2))
    );
    assert_eq!(
        ann.code("send", json!({"to": "bob", "body": "?"})).await?,
        "unknown_person"
    );
    let mut wire = server.wire().await?;
    let old = json!({"name": "bob", "password": PASSWORD});
    assert_eq!(wire.code("sign_in", old.clone()).await?, "bad_credentials");
    assert_eq!(wire.code("register", old).await?, "name_taken");
    assert_eq!(
        owner.code("rename_account", rename("ann", "bob")).await?,
        "name_taken"
    );
    wire.ok("sign_in", json!({"name": "robert", "password": PASSWORD}))
        .await?;
    owner.ok("rename_account", rename("robert", "bob")).await?;
    let entries = audited(&mut owner, json!({"action": "account_renamed"})).await?;
    assert_eq!(
        (&entries[0]["name"], &entries[0]["details"]),
        (&json!("robert"), &json!("name bob"))
    );
    drop((owner, ann, bob, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m3_whose_coming_is_told_late_is_told_by_the_name_they_have_by_then() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    server.add_account("bob", PASSWORD).await?;
    // The first to come is told at once, and who comes right after it a little later.
    let _cat = server.newcomer("cat").await?;
    let mut bob = server.sign_in("bob").await?;
    let id = bob.ok("me", json!({})).await?["account"].clone();
    let rename = json!({"who": "bob", "name": "robert"});
    owner.ok("rename_account", rename).await?;
    let (mut name, mut changed, mut came) = (Value::Null, false, false);
    while !(changed && came) {
        let event = ann.event(|event| event["account"] == id).await?;
        changed |= event["ev"] == "account_changed";
        came |= event["ev"] == "presence" && event["online"] == true;
        name = event["name"].clone();
    }
    assert_eq!(name, "robert");
    drop((owner, ann, bob));
    server.stop().await
}

/// The announcements among what a connection has heard up to now.
async fn announced(wire: &mut Wire) -> Result<Vec<String>> {
    // Whatever was on its way is before the answer.
    wire.ok("ping", json!({})).await?;
    let heard = wire.take_events().into_iter().map(|heard| heard.event);
    let told = heard.filter(|event| event["ev"] == "announcement");
    Ok(told
        .map(|event| event["body"].as_str().unwrap_or_default().to_owned())
        .collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m1_everyone_hears_an_announcement_now_or_at_the_next_sign_in_and_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    server.add_account("bob", PASSWORD).await?;
    assert_eq!(
        ann.code("announce", json!({"body": "me!"})).await?,
        "forbidden"
    );
    owner
        .ok("announce", json!({"body": "we move house"}))
        .await?;
    owner.ok("announce", json!({"body": "on Sunday"})).await?;
    assert_eq!(announced(&mut ann).await?, ["we move house", "on Sunday"]);
    let mut bob = server.sign_in("bob").await?;
    assert_eq!(announced(&mut bob).await?, ["we move house", "on Sunday"]);
    // Not said to be seen: it comes again. Seen in part: the rest comes again.
    let mut bob = server.sign_in("bob").await?;
    assert_eq!(announced(&mut bob).await?.len(), 2);
    bob.ok("announcements", json!({"seen": 1})).await?;
    let mut bob = server.sign_in("bob").await?;
    assert_eq!(announced(&mut bob).await?, ["on Sunday"]);
    bob.ok("announcements", json!({"seen": 99})).await?;
    let mut bob = server.sign_in("bob").await?;
    assert_eq!(announced(&mut bob).await?, [] as [&str; 0]);
    // One who was not there yet is not told of old times, but may read them.
    let mut cat = server.newcomer("cat").await?;
    assert_eq!(announced(&mut cat).await?, [] as [&str; 0]);
    owner.ok("withdraw", json!({"announcement": 2})).await?;
    let list = cat.ok("announcements", json!({})).await?;
    let list = list["announcements"].as_array().context("no list")?;
    assert_eq!(list.len(), 1);
    assert_eq!(
        (&list[0]["body"], &list[0]["from"]),
        (&json!("we move house"), &json!("owner"))
    );
    // What comes later is unseen again, though more was said to be seen than there was.
    owner.ok("announce", json!({"body": "never mind"})).await?;
    assert_eq!(
        announced(&mut server.sign_in("bob").await?).await?,
        ["never mind"]
    );
    let done = audited(&mut owner, json!({})).await?;
    let actions: Vec<_> = done.iter().take(2).map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["announced", "announcement_withdrawn"]);
    assert!(
        !format!("{done:?}").contains("never mind"),
        "the audit log has no words"
    );
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_a_report_goes_to_the_founder_first_who_never_learns_who_made_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let mut cat = server.newcomer("cat").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    for wire in [&mut bob, &mut cat] {
        wire.ok("join", json!({"room": "den"})).await?;
    }
    let said = bob
        .ok("send", json!({"room": "den", "body": "first words"}))
        .await?;
    let seq = said["seq"].clone();
    bob.ok(
        "edit",
        json!({"room": "den", "seq": seq, "body": "worse words"}),
    )
    .await?;
    let report = json!({"room": "den", "seq": seq, "reason": "rude"});
    let reported = cat.ok("report", report).await?;
    assert_eq!(reported["state"], "open");
    let told = ann.event_named("notice").await?;
    assert!(!told.to_string().contains("cat"), "{told}");
    // It holds the words as they were seen, though they are taken back.
    bob.ok("delete", json!({"room": "den", "seq": seq})).await?;
    let list = ann.ok("reports", json!({})).await?;
    assert!(!list.to_string().contains("cat"), "{list}");
    let entry = &list["reports"][0];
    assert_eq!(
        (&entry["body"], &entry["name"]),
        (&json!("worse words"), &json!("bob"))
    );
    assert_eq!(
        (&entry["why"], &entry["room"]),
        (&json!("rude"), &json!("den"))
    );
    for wire in [&mut owner, &mut bob] {
        let list = wire.ok("reports", json!({"all": true})).await?;
        assert_eq!(list["reports"].as_array().map(Vec::len), Some(0));
    }
    // Its reporter asks the server's moderators, who see who it was.
    let escalate = json!({"report": reported["report"], "state": "escalated"});
    cat.ok("decide_report", escalate).await?;
    let list = owner.ok("reports", json!({})).await?;
    assert_eq!(list["reports"][0]["by"], "cat");
    let decide =
        |state: &str| json!({"report": reported["report"], "state": state, "reason": "thanks"});
    assert_eq!(
        ann.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    assert_eq!(
        bob.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    assert_eq!(
        cat.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    owner.ok("decide_report", decide("resolved")).await?;
    let told = cat.event_named("notice").await?;
    assert_eq!(told["text"], "Your report 1 was resolved: thanks");
    assert_eq!(
        owner.code("decide_report", decide("dismissed")).await?,
        "gone"
    );
    let mine = cat.ok("reports", json!({"mine": true})).await?;
    assert_eq!(mine["reports"][0]["state"], "resolved");
    let audit = audited(&mut owner, json!({"action": "report_decided"})).await?;
    assert_eq!(audit[0]["details"], "report 1 resolved");
    assert!(!format!("{audit:?}").contains("worse words"));
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_what_is_reported_of_a_founder_or_in_private_goes_past_the_room() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let mut cat = server.newcomer("cat").await?;
    owner
        .ok(
            "set_server_role",
            json!({"who": "cat", "role": "moderator"}),
        )
        .await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let den = ann
        .ok("send", json!({"room": "den", "body": "I am the founder"}))
        .await?;
    let direct = ann.ok("send", json!({"to": "bob", "body": "psst"})).await?;
    let moderator = cat
        .ok("send", json!({"room": "lobby", "body": "I moderate"}))
        .await?;
    for (room, said) in [("den", &den), ("@ann", &direct), ("lobby", &moderator)] {
        let report = json!({"room": room, "seq": said["seq"]});
        assert_eq!(
            bob.ok("report", report).await?["state"],
            "escalated",
            "{room}"
        );
    }
    let of = |list: Value| {
        let list = list["reports"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|entry| entry["body"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(ann.ok("reports", json!({})).await?), [] as [Value; 0]);
    // A moderator does not see what is reported of moderators, themselves among them.
    assert_eq!(
        of(cat.ok("reports", json!({})).await?),
        ["psst", "I am the founder"]
    );
    assert_eq!(of(owner.ok("reports", json!({})).await?).len(), 3);
    let decide = json!({"report": 3, "state": "dismissed"});
    assert_eq!(cat.code("decide_report", decide).await?, "unknown_event");
    // What one may not read, one may not report.
    let report = json!({"room": "@ann", "seq": direct["seq"]});
    assert_eq!(cat.code("report", report).await?, "unknown_room");
    let report = json!({"room": "den", "seq": den["seq"]});
    assert_eq!(cat.code("report", report).await?, "not_a_member");
    let report = json!({"room": "lobby", "seq": 9999});
    assert_eq!(cat.code("report", report).await?, "unknown_event");
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o7_the_owner_watches_and_sees_words_of_open_rooms_only_where_everyone_was_told()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    assert_eq!(ann.code("watch", json!({"on": true})).await?, "forbidden");
    ann.ok("create_room", json!({"room": "den"})).await?;
    ann.ok(
        "create_room",
        json!({"room": "vault", "password": "open sesame"}),
    )
    .await?;
    ann.ok("create_room", json!({"room": "nook"})).await?;
    ann.ok("set_room", json!({"room": "nook", "listed": false}))
        .await?;
    owner.ok("watch", json!({"on": true})).await?;
    // Who comes and who fails to is seen; no word is, and nobody is told of the watching.
    ann.ok("send", json!({"room": "den", "body": "unwatched"}))
        .await?;
    let mut wire = server.wire().await?;
    let wrong = json!({"name": "ann", "password": "not this one"});
    assert_eq!(wire.code("sign_in", wrong).await?, "bad_credentials");
    let failed = owner
        .event(|event| event["what"] == "sign_in_failed")
        .await?;
    assert_eq!(failed["text"], "native from 127.0.0.1");
    drop(server.sign_in("bob").await?);
    let came = owner.event(|event| event["what"] == "signed_in").await?;
    assert_eq!(came["text"], "bob, native from 127.0.0.1");
    // Everyone is told when it is turned on, sees it, and is told again at a sign-in.
    owner
        .ok("server", json!({"watch_open_rooms": true}))
        .await?;
    let told = bob.event_named("notice").await?["text"].to_string();
    assert!(told.contains("watch_open_rooms is on"), "{told}");
    assert_eq!(bob.ok("server", json!({})).await?["watch_open_rooms"], true);
    let mut again = server.sign_in("bob").await?;
    again
        .event(|event| event["text"].to_string().contains("watch_open_rooms"))
        .await?;
    for (room, body) in [("vault", "locked words"), ("nook", "hidden words")] {
        ann.ok("send", json!({"room": room, "body": body})).await?;
    }
    ann.ok("send", json!({"to": "bob", "body": "private words"}))
        .await?;
    ann.ok("send", json!({"room": "den", "body": "open words"}))
        .await?;
    let seen = owner.event(|event| event["what"] == "said").await?;
    assert_eq!(
        seen["text"], "den, ann: open words",
        "the first that is seen of all said"
    );
    owner.ok("watch", json!({"on": false})).await?;
    ann.ok("send", json!({"room": "den", "body": "after it"}))
        .await?;
    owner.ok("ping", json!({})).await?;
    let heard = owner.take_events();
    assert!(heard.iter().all(|heard| heard.event["what"] != "said"));
    let actions: Vec<_> = audited(&mut owner, json!({"by": "owner"})).await?;
    let actions: Vec<_> = actions
        .iter()
        .take(2)
        .map(|of| (&of["action"], &of["details"]))
        .collect();
    assert_eq!(
        actions[0],
        (&json!("server_changed"), &json!("watch_open_rooms true"))
    );
    assert_eq!(actions[1].0, "watch_started");
    drop((owner, ann, bob, again, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_deleting_anothers_message_is_in_the_audit_log_and_ones_own_is_not() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    for (room, retention) in [("den", "forever"), ("pit", "ram")] {
        let named = json!({"room": room, "retention": retention});
        let made = ann.ok("create_room", named).await?;
        bob.ok("join", json!({"room": room})).await?;
        let mut said = Vec::new();
        for number in 0..3 {
            let words = json!({"room": room, "body": format!("word {number}")});
            said.push(bob.ok("send", words).await?["seq"].clone());
        }
        let delete =
            |seq: &Value| json!({"room": room, "seq": seq, "key": format!("{room} {seq}")});
        bob.ok("delete", delete(&said[0])).await?;
        let mut why = delete(&said[1]);
        why["reason"] = json!("rude");
        let first = ann.ok("delete", why.clone()).await?;
        let deleted = bob.event(|event| event["of"] == said[1]).await?;
        assert_eq!(
            (&deleted["ev"], &deleted["from"]),
            (&json!("deleted"), &json!("ann"))
        );
        if retention == "forever" {
            // A retry is the same deletion.
            assert_eq!(ann.ok("delete", why).await?["seq"], first["seq"]);
        }
        assert_eq!(
            ann.code("delete", json!({"room": room, "seq": said[1]}))
                .await?,
            "gone"
        );
        let filter = json!({"action": "message_deleted"});
        let found = audited(&mut owner, filter).await?;
        let here: Vec<_> = found
            .iter()
            .filter(|row| row["room_id"] == made["room_id"])
            .collect();
        assert_eq!(here.len(), 1, "{found:?}");
        assert_eq!(
            (&here[0]["by"], &here[0]["name"]),
            (&json!("ann"), &json!("bob"))
        );
        assert_eq!(here[0]["details"], format!("message {}", said[1]));
        assert_eq!(here[0]["why"], "rude");
        assert!(!here[0].to_string().contains("word"));
    }
    drop((owner, ann, bob));
    server.stop().await
}
