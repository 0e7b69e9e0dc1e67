//! Rooms as communities: hidden ones and those by invitation; founders, admins, kicks, bans, mutes,
//! settings, archives (R2, R4).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{server::TestServer, wire::Wire};

/// The names of the rooms that somebody may see listed.
async fn listed(wire: &mut Wire) -> Result<Vec<String>> {
    let list = wire.ok("rooms", json!({})).await?;
    let rooms = list["rooms"].as_array().context("no rooms")?;
    let names = rooms.iter().filter_map(|room| room["room"].as_str());
    Ok(names.map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_hidden_room_is_unknown_to_whoever_is_not_in_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let hidden = json!({"room": "cellar", "password": "open sesame", "hidden": true});
    let made = ann.ok("create_room", hidden).await?;
    assert_eq!(
        (&made["hidden"], &made["role"]),
        (&json!(true), &json!("founder"))
    );
    assert_eq!(listed(&mut bob).await?, ["lobby"]);
    assert_eq!(listed(&mut ann).await?, ["lobby", "cellar"]);
    // By name, by id, with a wrong password: there is no such room.
    let named = json!({"room": "cellar"});
    let by_id = json!({"room": made["room_id"]});
    for what in ["join", "read", "who", "about_room", "leave"] {
        for room in [&named, &by_id, &json!({"room": "nowhere"})] {
            assert_eq!(
                bob.code(what, room.clone()).await?,
                "unknown_room",
                "{what} {room}"
            );
        }
    }
    let say = json!({"room": "cellar", "body": "hello?"});
    assert_eq!(bob.code("send", say).await?, "unknown_room");
    let wrong = json!({"room": "cellar", "password": "open barley"});
    assert_eq!(bob.code("join", wrong).await?, "unknown_room");
    assert_eq!(bob.code("create_room", named.clone()).await?, "name_taken");
    // With the right one it is a room like others.
    let right = json!({"room": "cellar", "password": "open sesame"});
    bob.ok("join", right).await?;
    assert_eq!(listed(&mut bob).await?, ["lobby", "cellar"]);
    bob.ok("leave", named.clone()).await?;
    assert_eq!(bob.code("read", named.clone()).await?, "unknown_room");
    // Wrong tries are few, whether there is such a room or not.
    let guess = |room: &str| json!({"room": room, "password": "guess"});
    for _ in 0..4 {
        assert_eq!(bob.code("join", guess("nowhere")).await?, "unknown_room");
    }
    assert_eq!(bob.code("join", guess("cellar")).await?, "too_fast");
    assert_eq!(bob.code("join", guess("nowhere")).await?, "too_fast");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_room_by_invitation_is_entered_by_those_invited() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let (mut cat, _) = server.newcomer_told("cat").await?;
    let club = json!({"room": "club", "access": "invitation", "hidden": true});
    ann.ok("create_room", club).await?;
    let named = json!({"room": "club"});
    assert_eq!(bob.code("join", named.clone()).await?, "unknown_room");
    ann.ok("invite_to", json!({"room": "club", "who": "bob"}))
        .await?;
    let invitation = bob.event_named("invitation").await?;
    assert_eq!(
        (&invitation["room"], &invitation["from"]),
        (&json!("club"), &json!("ann"))
    );
    // It is there at the next sign-in too, and in the list.
    let (mut again, _) = server.sign_in_told("bob").await?;
    assert_eq!(again.event_named("invitation").await?["room"], "club");
    let list = bob.ok("rooms", json!({})).await?;
    assert_eq!(list["rooms"][1]["invited"], true);
    assert_eq!(listed(&mut cat).await?, ["lobby"]);
    bob.ok("join", named.clone()).await?;
    assert_eq!(ann.event_named("invited").await?["name"], "bob");
    // One invitation lets in once; and members do not invite where admins keep the door.
    let cat_too = json!({"room": "club", "who": "cat"});
    assert_eq!(bob.code("invite_to", cat_too.clone()).await?, "forbidden");
    bob.ok("leave", named.clone()).await?;
    assert_eq!(bob.code("join", named.clone()).await?, "unknown_room");
    let open = json!({"room": "club", "listed": true});
    ann.ok("set_room", open).await?;
    assert_eq!(bob.code("join", named.clone()).await?, "invitation_needed");
    // A ban voids it.
    ann.ok("invite_to", cat_too.clone()).await?;
    ann.ok("ban", cat_too.clone()).await?;
    ann.ok("unban", cat_too).await?;
    assert_eq!(cat.code("join", named).await?, "invitation_needed");
    drop((ann, bob, again, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_ban_ends_everything_on_every_session_and_says_how_long_and_why() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let (mut phone, came) = server.sign_in_told("bob").await?;
    let den = json!({"room": "den"});
    let made = ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    phone.event_named("room_added").await?;
    ann.ok("send", json!({"room": "den", "body": "hello"}))
        .await?;
    let ban = json!({"room": "den", "who": "bob", "for_s": 172_800, "reason": "spam"});
    ann.ok("ban", ban).await?;
    for wire in [&mut bob, &mut phone] {
        let banned = wire.event_named("banned").await?;
        assert_eq!(
            (&banned["name"], &banned["reason"]),
            (&json!("bob"), &json!("spam"))
        );
        assert_eq!(banned["from"], "ann");
        assert!(banned["until"].is_string());
    }
    ann.ok("send", json!({"room": "den", "body": "he is gone"}))
        .await?;
    ann.ok("send", json!({"room": "lobby", "body": "the end"}))
        .await?;
    // Nothing of the room comes after it, on any session; no way in is left.
    for wire in [&mut bob, &mut phone] {
        let next = wire.event_named("message").await?;
        assert_eq!(next["body"], "the end");
    }
    let mut tablet = server.wire().await?;
    let resume = json!({"session": came["session"]});
    let resumed = tablet.ok("resume", resume).await?;
    let rooms = resumed["rooms"].as_array().context("no rooms")?;
    assert!(rooms.iter().all(|room| room["room"] != "den"));
    let cursor = json!({"log": made["log"], "seq": 1});
    let follow = json!({"cursors": {made["room_id"].as_str().unwrap_or_default(): cursor}});
    tablet.ok("follow", follow).await?;
    let search = tablet.ok("search", json!({"query": "hello"})).await?;
    assert_eq!(search["hits"], json!([]));
    for what in ["read", "join", "who", "leave"] {
        let error = tablet.ask(what, den.clone()).await?.err().context(what)?;
        assert_eq!(error.code, "banned", "{what}");
        assert!(
            error.text.contains("spam") && error.text.contains(" until "),
            "{}",
            error.text
        );
    }
    let bans = ann.ok("bans", den.clone()).await?;
    assert_eq!(
        (&bans["bans"][0]["name"], &bans["bans"][0]["reason"]),
        (&json!("bob"), &json!("spam"))
    );
    // A friend's invitation does not help; lifting the ban does.
    let friend = json!({"room": "den", "who": "bob"});
    assert_eq!(ann.code("invite_to", friend.clone()).await?, "forbidden");
    ann.ok("unban", friend).await?;
    bob.event(|event| {
        event["ev"] == "notice"
            && event["text"]
                .as_str()
                .is_some_and(|text| text.contains("lifted"))
    })
    .await?;
    bob.ok("join", den).await?;
    drop((ann, bob, phone, tablet));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_one_who_never_came_can_be_banned_and_is_told() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    let ban = json!({"room": "den", "who": "bob", "reason": "known for it"});
    ann.ok("ban", ban).await?;
    let notice = bob.event_named("notice").await?;
    assert_eq!(notice["text"], "ann banned you from den: known for it");
    assert_eq!(bob.code("join", json!({"room": "den"})).await?, "banned");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_kick_ends_reading_and_one_may_come_back() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    let kick = json!({"room": "den", "who": "bob", "reason": "cool off", "key": "k1"});
    let first = ann.ok("kick", kick.clone()).await?;
    assert_eq!(bob.event_named("kicked").await?["reason"], "cool off");
    assert_eq!(bob.code("read", den.clone()).await?, "not_a_member");
    // The same request again is the same kick, even after they came back.
    bob.ok("join", den.clone()).await?;
    assert_eq!(ann.ok("kick", kick).await?["seq"], first["seq"]);
    bob.ok("send", json!({"room": "den", "body": "still here"}))
        .await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_admins_keep_order_among_members_but_do_not_touch_the_founder() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let (mut cat, _) = server.newcomer_told("cat").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    cat.ok("join", den.clone()).await?;
    let role = |who: &str, role: &str| json!({"room": "den", "who": who, "role": role});
    let whom = |who: &str| json!({"room": "den", "who": who});
    ann.ok("set_role", role("bob", "admin")).await?;
    // An admin makes admins, and members of them again.
    bob.ok("set_role", role("cat", "admin")).await?;
    for what in ["kick", "ban", "mute"] {
        assert_eq!(bob.code(what, whom("ann")).await?, "forbidden", "{what}");
        assert_eq!(bob.code(what, whom("cat")).await?, "forbidden", "{what}");
    }
    assert_eq!(
        bob.code("set_role", role("ann", "member")).await?,
        "forbidden"
    );
    assert_eq!(
        bob.code("set_role", role("bob", "founder")).await?,
        "forbidden"
    );
    bob.ok("set_role", role("cat", "member")).await?;
    bob.ok(
        "mute",
        json!({"room": "den", "who": "cat", "for_s": 600, "reason": "shouting"}),
    )
    .await?;
    let muted = cat
        .ask("send", json!({"room": "den", "body": "HEY"}))
        .await?
        .err()
        .context("muted")?;
    assert_eq!(muted.code, "muted");
    assert!(muted.text.contains("shouting"), "{}", muted.text);
    // Who made it an admin's again speaks again.
    bob.ok("set_role", role("cat", "admin")).await?;
    cat.ok("send", json!({"room": "den", "body": "thanks"}))
        .await?;
    let people = ann.ok("who", den.clone()).await?;
    let flags: Vec<_> = people["people"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|person| (&person["name"], &person["founder"], &person["admin"]))
        .collect();
    assert_eq!(flags[0], (&json!("ann"), &json!(true), &Value::Null));
    assert_eq!(flags[1], (&json!("bob"), &Value::Null, &json!(true)));
    // The founder passes the room on, and is an admin then.
    ann.ok("set_role", role("bob", "founder")).await?;
    assert_eq!(ann.code("kick", whom("bob")).await?, "forbidden");
    bob.ok("set_role", role("ann", "member")).await?;
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_room_whose_founder_leaves_passes_to_its_longest_standing_admin_then_member()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let (mut cat, _) = server.newcomer_told("cat").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    cat.ok("join", den.clone()).await?;
    ann.ok(
        "set_role",
        json!({"room": "den", "who": "cat", "role": "admin"}),
    )
    .await?;
    ann.ok("leave", den.clone()).await?;
    let founder = |event: &Value| event["ev"] == "role_changed" && event["role"] == "founder";
    assert_eq!(bob.event(founder).await?["name"], "cat");
    assert_eq!(bob.ok("about_room", den.clone()).await?["founder"], "cat");
    cat.ok("leave", den.clone()).await?;
    assert_eq!(bob.event(founder).await?["name"], "bob");
    // The last one out leaves it empty; whoever comes first then has it.
    bob.ok("leave", den.clone()).await?;
    ann.ok("join", den).await?;
    assert_eq!(ann.event(founder).await?["name"], "ann");
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_the_servers_owner_keeps_order_anywhere_and_the_logs_say_so() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut owner, _) = server.sign_in_told("owner").await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den"});
    ann.ok(
        "create_room",
        json!({"room": "den", "hidden": true, "access": "invitation"}),
    )
    .await?;
    ann.ok("invite_to", json!({"room": "den", "who": "bob"}))
        .await?;
    bob.ok("join", den.clone()).await?;
    assert_eq!(owner.code("read", den.clone()).await?, "not_a_member");
    let ban = json!({"room": "den", "who": "ann", "reason": "harassment"});
    owner.ok("ban", ban).await?;
    let banned = bob.event_named("banned").await?;
    assert_eq!(
        (&banned["by_server"], &banned["name"]),
        (&json!(true), &json!("ann"))
    );
    assert_eq!(bob.event_named("role_changed").await?["name"], "bob");
    let audited = owner.ok("audit", json!({"action": "room_banned"})).await?;
    let entry = &audited["entries"][0];
    assert_eq!(
        (&entry["by"], &entry["name"], &entry["why"]),
        (&json!("owner"), &json!("ann"), &json!("harassment"))
    );
    let (mut cat, _) = server.newcomer_told("cat").await?;
    assert_eq!(
        bob.code("ban", json!({"room": "den", "who": "owner"}))
            .await?,
        "forbidden"
    );
    assert_eq!(cat.code("audit", json!({})).await?, "forbidden");
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_renamed_room_keeps_its_readers_and_its_old_name() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den"});
    let made = ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    bob.ok("create_room", json!({"room": "attic"})).await?;
    let name = |from: &str, to: &str| json!({"room": from, "name": to});
    assert_eq!(
        ann.code("set_room", name("den", "attic")).await?,
        "name_taken"
    );
    assert_eq!(
        ann.code("set_room", name("den", "no room")).await?,
        "bad_name"
    );
    ann.ok("set_room", name("den", "snuggery")).await?;
    let changed = bob.event_named("settings_changed").await?;
    assert_eq!(
        (&changed["room"], &changed["was"]),
        (&json!("snuggery"), &json!("den"))
    );
    assert_eq!(changed["room_id"], made["room_id"]);
    bob.ok("send", json!({"room": "snuggery", "body": "new walls"}))
        .await?;
    bob.ok(
        "send",
        json!({"room": made["room_id"], "body": "same house"}),
    )
    .await?;
    assert_eq!(ann.event_named("message").await?["room"], "snuggery");
    assert_eq!(
        bob.code("send", json!({"room": "den", "body": "?"}))
            .await?,
        "unknown_room"
    );
    // Nobody else has the old name for 30 days; the room may have it back.
    assert_eq!(bob.code("create_room", den.clone()).await?, "name_taken");
    assert_eq!(
        bob.code("set_room", name("attic", "den")).await?,
        "name_taken"
    );
    ann.ok("set_room", name("snuggery", "den")).await?;
    bob.ok("send", json!({"room": "den", "body": "as it was"}))
        .await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_who_is_banned_sees_that_the_room_is_there_and_nothing_of_what_goes_on() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    for (room, asked) in [
        ("den", json!({"room": "den", "who": "bob"})),
        ("yard", json!({"room": "yard", "kind": "ban", "mask": "b*"})),
    ] {
        ann.ok("create_room", json!({"room": room})).await?;
        ann.ok("set_room", json!({"room": room, "topic": "secret"}))
            .await?;
        let all = bob.ok("rooms", json!({})).await?.to_string();
        assert!(all.contains("secret"), "{all}");
        let ban = if room == "den" { "ban" } else { "set_mask" };
        ann.ok(ban, asked).await?;
        let all = bob.ok("rooms", json!({})).await?;
        assert!(!all.to_string().contains("secret"), "{all}");
        let of = |entry: &&Value| entry["room"] == room;
        let entry = all["rooms"].as_array().and_then(|all| all.iter().find(of));
        let entry = entry.unwrap_or(&Value::Null);
        assert_eq!(
            (&entry["room"], &entry["members"]),
            (&json!(room), &json!(0))
        );
        let refused = bob.code("about_room", json!({"room": room})).await?;
        assert_eq!(refused, "banned");
    }
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_nothing_that_others_read_goes_past_slow_mode() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    ann.ok("set_room", json!({"room": "den", "slow_mode_ms": 600_000}))
        .await?;
    let signal = json!({"room": "den", "words": "VERSION hi", "machine": true});
    bob.ok("signal", signal.clone()).await?;
    let said = json!({"room": "den", "body": "hi"});
    assert_eq!(bob.code("send", said.clone()).await?, "too_fast");
    assert_eq!(bob.code("signal", signal).await?, "too_fast");
    let tags = json!({"room": "den", "tags": {"+x": "hi"}});
    assert_eq!(bob.code("signal", tags.clone()).await?, "too_fast");
    assert_eq!(bob.code("tag", tags).await?, "too_fast");
    // What only says that one is writing comes before the words that one waits for.
    let paused = json!({"room": "den", "tags": {"+typing": "paused"}});
    bob.ok("signal", paused).await?;
    bob.ok("typing", den.clone()).await?;
    bob.ok("leave", json!({"room": "den", "reason": "hi"}))
        .await?;
    assert_eq!(ann.event_named("left").await?["reason"], Value::Null);
    // A slip of the pen is mended at once, a few times.
    let mut cat = server.newcomer("cat").await?;
    cat.ok("join", den).await?;
    let sent = cat.ok("send", said).await?;
    let edit = |body: &str| json!({"room": "den", "seq": sent["seq"], "body": body});
    for body in ["ho", "hey", "hello"] {
        cat.ok("edit", edit(body)).await?;
    }
    let refused = cat.ask("edit", edit("hullo")).await?.unwrap_err();
    assert_eq!(refused.code, "too_fast");
    assert!(refused.retry_after_ms.is_some());
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_slow_mode_lets_members_speak_once_in_a_while_and_admins_as_they_like() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    let slow = |ms: u64| json!({"room": "den", "slow_mode_ms": ms});
    assert_eq!(
        ann.code("set_room", slow(25 * 3_600_000)).await?,
        "bad_request"
    );
    ann.ok("set_room", slow(600_000)).await?;
    let say = json!({"room": "den", "body": "word"});
    bob.ok("send", say.clone()).await?;
    let refused = bob
        .ask("send", say.clone())
        .await?
        .err()
        .context("too fast")?;
    assert_eq!(refused.code, "too_fast");
    assert!(
        refused
            .retry_after_ms
            .is_some_and(|ms| (500_000..=600_000).contains(&ms))
    );
    ann.ok("send", say.clone()).await?;
    ann.ok("send", say.clone()).await?;
    ann.ok("set_room", slow(0)).await?;
    bob.ok("send", say.clone()).await?;
    bob.ok("send", say).await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_settings_are_changed_shown_and_kept_and_a_password_is_not_told() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    let change = json!({"room": "den", "topic": "tea \"and\" cake", "password": "open sesame", "history": "since_joining"});
    ann.ok("set_room", change.clone()).await?;
    let changed = ann.event_named("settings_changed").await?;
    assert_eq!(
        (&changed["access"], &changed["new_password"]),
        (&json!("password"), &json!(true))
    );
    assert!(!changed.to_string().contains("sesame"));
    assert_eq!(bob.code("join", den.clone()).await?, "password_needed");
    bob.ok("join", json!({"room": "den", "password": "open sesame"}))
        .await?;
    let about = bob.ok("about_room", den.clone()).await?;
    assert_eq!(
        (&about["topic"], &about["history"]),
        (&json!("tea \"and\" cake"), &json!("since_joining"))
    );
    assert_eq!(
        (&about["founder"], &about["password"]),
        (&json!("ann"), &json!(true))
    );
    // Without it the room is open again; a new one makes the old one wrong.
    ann.ok("set_room", json!({"room": "den", "password": "another"}))
        .await?;
    bob.ok("leave", den.clone()).await?;
    let old = json!({"room": "den", "password": "open sesame"});
    assert_eq!(bob.code("join", old).await?, "wrong_password");
    ann.ok("set_room", json!({"room": "den", "access": "open"}))
        .await?;
    bob.ok("join", den.clone()).await?;
    for bad in [
        json!({"room": "den"}),
        json!({"room": "den", "access": "password"}),
        json!({"room": "den", "access": "open", "password": "x"}),
        json!({"room": "den", "topic": "x".repeat(301)}),
        json!({"room": "den", "topic": "two\nlines"}),
        json!({"room": "den", "archived": true, "topic": "both"}),
    ] {
        assert_eq!(
            ann.code("set_room", bad.clone()).await?,
            "bad_request",
            "{bad}"
        );
    }
    assert_eq!(
        ann.code("set_room", json!({"room": "den", "password": ""}))
            .await?,
        "bad_password"
    );
    // What is so already is answered with the head, and makes no event.
    let head = ann
        .ok("set_room", json!({"room": "den", "access": "open"}))
        .await?;
    let again = ann
        .ok("set_room", json!({"room": "den", "access": "open"}))
        .await?;
    assert_eq!(head["seq"], again["seq"]);
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_what_was_done_stands_in_the_log_for_whoever_reads_it_later() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let (mut cat, _) = server.newcomer_told("cat").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    cat.ok("join", den.clone()).await?;
    ann.ok(
        "set_role",
        json!({"room": "den", "who": "cat", "role": "admin"}),
    )
    .await?;
    ann.ok(
        "set_room",
        json!({"room": "den", "topic": "tea", "slow_mode_ms": 5000}),
    )
    .await?;
    ann.ok(
        "ban",
        json!({"room": "den", "who": "bob", "reason": "spam"}),
    )
    .await?;
    let page = ann.ok("read", json!({"room": "den", "after": 0})).await?;
    let live: Vec<_> = page["events"].as_array().context("events")?.clone();
    let kinds: Vec<_> = live
        .iter()
        .filter_map(|event| event["ev"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "joined",
            "joined",
            "joined",
            "role_changed",
            "settings_changed",
            "banned"
        ]
    );
    assert_eq!(live[5]["reason"], "spam");
    assert_eq!(live[4]["topic"], "tea");
    drop((ann, bob, cat));
    server.stop().await
}
