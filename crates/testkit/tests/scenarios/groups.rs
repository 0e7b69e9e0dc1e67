//! Labels on accounts, and groups of accounts: mentioned, and let into rooms (M7).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// What was done to groups, newest first.
async fn audited(owner: &mut Wire) -> Result<Vec<Value>> {
    let page = owner
        .ok("audit", json!({"action": "group_changed"}))
        .await?;
    Ok(page["entries"].as_array().context("no entries")?.clone())
}

/// The rooms that somebody sees listed, and whether a group lets them in.
async fn listed(wire: &mut Wire) -> Result<Vec<(String, bool)>> {
    let list = wire.ok("rooms", json!({})).await?;
    let rooms = list["rooms"].as_array().context("no rooms")?;
    let entry = |room: &Value| {
        let name = room["room"].as_str().unwrap_or_default().to_owned();
        (name, room["admitted"] == true)
    };
    Ok(rooms.iter().map(entry).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_moderators_label_accounts_and_keep_groups_that_everyone_sees() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    owner.appoint("ann").await?;
    let label = |who: &str, label: &str| json!({"who": who, "label": label});
    assert_eq!(bob.code("label", label("bob", "boss")).await?, "forbidden");
    assert_eq!(
        ann.code("label", label("owner", "boss")).await?,
        "forbidden"
    );
    for number in 0..5 {
        ann.ok("label", label("bob", &format!("label {number}")))
            .await?;
    }
    assert_eq!(
        ann.code("label", label("bob", "one more")).await?,
        "too_many"
    );
    assert_eq!(ann.code("label", label("bob", "")).await?, "bad_request");
    let told = bob.event_named("notice").await?;
    assert_eq!(told["text"], "ann gave you the label \"label 0\".");
    ann.ok(
        "label",
        json!({"who": "bob", "label": "label 3", "remove": true}),
    )
    .await?;
    let people = bob.ok("who", json!({"room": "lobby"})).await?;
    let people = people["people"].as_array().context("nobody")?;
    let labels: Vec<_> = people
        .iter()
        .map(|person| (&person["name"], &person["labels"]))
        .collect();
    let of_bob = json!(["label 0", "label 1", "label 2", "label 4"]);
    assert!(labels.contains(&(&json!("bob"), &of_bob)), "{labels:?}");
    let crew = json!({"group": "crew", "add": ["ann", "bob"]});
    assert_eq!(bob.code("set_group", crew.clone()).await?, "forbidden");
    ann.ok("set_group", crew).await?;
    ann.ok(
        "set_group",
        json!({"group": "crew", "add": ["owner"], "remove": ["bob"]}),
    )
    .await?;
    let of = json!({"group": "crew"});
    let listed = bob.ok("groups", of.clone()).await?;
    assert_eq!(listed["groups"][0]["names"], json!(["ann", "owner"]));
    assert_eq!(
        ann.code("set_group", json!({"group": "bob"})).await?,
        "name_taken"
    );
    ann.ok("set_group", json!({"group": "crew", "delete": true}))
        .await?;
    assert_eq!(bob.code("groups", of).await?, "unknown_person");
    assert_eq!(bob.ok("groups", json!({})).await?["groups"], json!([]));
    let done = audited(&mut owner).await?;
    assert_eq!(done[1]["details"], "group crew, 1 added, 1 removed");
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_name_is_a_groups_or_an_accounts_never_both() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    owner.ok("set_group", json!({"group": "crew"})).await?;
    for name in ["crew", "Crew"] {
        let register = json!({"name": name, "password": PASSWORD});
        let mut stranger = server.wire().await?;
        assert_eq!(stranger.code("register", register).await?, "name_taken");
        let rename = json!({"who": "ann", "name": name});
        assert_eq!(owner.code("rename_account", rename).await?, "name_taken");
    }
    // A name that was given up is kept for its account: no group takes it meanwhile.
    let rename = json!({"who": "ann", "name": "anna"});
    owner.ok("rename_account", rename).await?;
    let taken = json!({"group": "ann"});
    assert_eq!(owner.code("set_group", taken).await?, "name_taken");
    // Once the group is gone its name is free.
    let gone = json!({"group": "crew", "delete": true});
    owner.ok("set_group", gone).await?;
    let rename = json!({"who": "anna", "name": "crew"});
    owner.ok("rename_account", rename).await?;
    assert_eq!(ann.ok("me", json!({})).await?["name"], "crew");
    drop((owner, ann));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_group_is_mentioned_as_those_of_it_who_are_in_the_room() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ids = Vec::new();
    let mut people = Vec::new();
    for name in ["ann", "bob", "cat", "dan"] {
        let mut person = server.newcomer(name).await?;
        ids.push(person.ok("me", json!({})).await?["account"].clone());
        people.push(person);
    }
    let crew = json!({"group": "crew", "add": ["ann", "bob", "cat", "dan"]});
    owner.ok("set_group", crew).await?;
    // Dan is not in the room, and cat blocks ann.
    let den = json!({"room": "den"});
    people[0].ok("create_room", den.clone()).await?;
    people[1].ok("join", den.clone()).await?;
    people[2].ok("join", den.clone()).await?;
    people[2].ok("block", json!({"person": "ann"})).await?;
    let say = |body: &str| json!({"room": "den", "body": body});
    people[0].ok("send", say("hear, @crew: it is time")).await?;
    let heard = people[1].said("hear, @crew: it is time").await?;
    assert_eq!(heard["mentions"], json!([ids[1]]));
    assert_eq!(
        people[2].said("hear, @crew: it is time").await?["mentions"],
        json!([ids[1]])
    );
    // By name and by group it is one mention; the author is not mentioned.
    people[1].ok("send", say("@ann and @crew")).await?;
    let heard = people[0].said("@ann and @crew").await?;
    assert_eq!(heard["mentions"], json!([ids[0], ids[2]]));
    let rooms = people[0].ok("rooms", json!({"mine": true})).await?;
    assert_eq!(rooms["rooms"][1]["mentions"], 1);
    // What looks like it is not it, and whoever left it is not called any more.
    people[1].ok("send", say("@crews crew@crew")).await?;
    let heard = people[0].said("@crews crew@crew").await?;
    assert_eq!(heard.get("mentions"), None);
    let out = json!({"group": "crew", "remove": ["ann"]});
    owner.ok("set_group", out).await?;
    people[1].ok("send", say("@crew again")).await?;
    let heard = people[0].said("@crew again").await?;
    assert_eq!(heard["mentions"], json!([ids[2]]));
    drop((owner, people));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_a_room_opened_to_a_group_lets_its_members_in_and_nobody_else() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let mut cat = server.newcomer("cat").await?;
    let crew = json!({"group": "crew", "add": ["bob"]});
    owner.ok("set_group", crew).await?;
    let hidden = json!({"room": "den", "access": "invitation", "hidden": true});
    ann.ok("create_room", hidden).await?;
    let vault = json!({"room": "vault", "password": "open sesame"});
    ann.ok("create_room", vault).await?;
    let (den, in_vault) = (json!({"room": "den"}), json!({"room": "vault"}));
    assert_eq!(bob.code("join", den.clone()).await?, "unknown_room");
    let open = |room: &str, groups: &[&str]| json!({"room": room, "groups": groups});
    assert_eq!(
        ann.code("set_room", open("den", &["crews"])).await?,
        "unknown_person"
    );
    let many: Vec<&str> = vec!["crew"; 9];
    assert_eq!(ann.code("set_room", open("den", &many)).await?, "too_many");
    assert_eq!(
        bob.code("set_room", open("vault", &["crew"])).await?,
        "not_a_member"
    );
    ann.ok("set_room", open("den", &["crew"])).await?;
    ann.ok("set_room", open("vault", &["crew"])).await?;
    let changed = ann.event_named("settings_changed").await?;
    assert_eq!(changed["groups"], json!(["crew"]), "{changed}");
    // Known to those who may come in, and to nobody else.
    let entry = |name: &str, admitted| (name.to_owned(), admitted);
    let all = [
        entry("lobby", false),
        entry("den", true),
        entry("vault", true),
    ];
    assert_eq!(listed(&mut bob).await?, all);
    assert_eq!(
        listed(&mut cat).await?,
        [entry("lobby", false), entry("vault", false)]
    );
    let about = bob.ok("about_room", den.clone()).await?;
    assert_eq!(
        (&about["groups"], &about["admitted"]),
        (&json!(["crew"]), &json!(true))
    );
    assert_eq!(cat.code("join", den.clone()).await?, "unknown_room");
    assert_eq!(cat.code("join", in_vault.clone()).await?, "password_needed");
    bob.ok("join", den.clone()).await?;
    bob.ok("join", in_vault.clone()).await?;
    // Whoever is put into the group may come in from then on, whoever is taken out may not; those who are
    // in the room stay there.
    let both = json!({"group": "crew", "add": ["cat"], "remove": ["bob"]});
    owner.ok("set_group", both).await?;
    cat.ok("join", den.clone()).await?;
    let said = json!({"room": "den", "body": "still here"});
    bob.ok("send", said).await?;
    bob.ok("leave", den.clone()).await?;
    assert_eq!(bob.code("join", den.clone()).await?, "unknown_room");
    assert_eq!(
        listed(&mut bob).await?,
        [entry("lobby", false), entry("vault", false)]
    );
    // A ban is stronger than a group, and so is an archive.
    ann.ok("ban", json!({"room": "den", "who": "cat"})).await?;
    assert_eq!(cat.code("join", den.clone()).await?, "banned");
    ann.ok("unban", json!({"room": "den", "who": "cat"}))
        .await?;
    cat.ok("join", den.clone()).await?;
    cat.ok("leave", den.clone()).await?;
    // Without the group, and once the room is open to none, it is as it was.
    ann.ok("set_room", open("vault", &[])).await?;
    assert_eq!(cat.code("join", in_vault).await?, "password_needed");
    let gone = json!({"group": "crew", "delete": true});
    owner.ok("set_group", gone).await?;
    assert_eq!(cat.code("join", den.clone()).await?, "unknown_room");
    assert_eq!(ann.ok("about_room", den.clone()).await?.get("groups"), None);
    // Another group of that name is another group.
    let again = json!({"group": "crew", "add": ["cat"]});
    owner.ok("set_group", again).await?;
    assert_eq!(cat.code("join", den).await?, "unknown_room");
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m7_labels_and_groups_go_with_the_account() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let crew = json!({"group": "crew", "add": ["ann", "bob"]});
    owner.ok("set_group", crew).await?;
    let label = json!({"who": "ann", "label": "cook"});
    owner.ok("label", label).await?;
    let den = json!({"room": "den", "access": "invitation"});
    owner.ok("create_room", den).await?;
    let open = json!({"room": "den", "groups": ["crew"]});
    owner.ok("set_room", open).await?;
    let deleted = json!({"password": PASSWORD});
    ann.ok("delete_account", deleted).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let crew = bob.ok("groups", json!({"group": "crew"})).await?;
    assert_eq!(crew["groups"][0]["names"], json!(["bob"]));
    drop((owner, ann, bob));
    server.stop().await
}
