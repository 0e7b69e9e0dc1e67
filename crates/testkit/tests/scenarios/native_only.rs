//! What only the native wire can say: registration, edits, pages of history, coming back.

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, Registration, SignIn};
use snug_testkit::{
    driver::{NativePerson, PASSWORD, Person},
    server::TestServer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_registration_follows_the_policy_open_code_or_invite() -> Result<()> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    let mut wire = server.wire().await?;
    let who = |name: &str, code: Option<&str>| match code {
        Some(code) => json!({"name": name, "password": PASSWORD, "code": code}),
        None => json!({"name": name, "password": PASSWORD}),
    };
    // Invite, the default: one code lets in one person.
    assert_eq!(
        wire.code("register", who("ann", None)).await?,
        "code_needed"
    );
    assert_eq!(
        wire.code("register", who("ann", Some("guess"))).await?,
        "bad_code"
    );
    let code = owner.ok("invite", json!({})).await?;
    let code = code["code"].as_str().context("no code")?;
    assert_eq!(wire.code("register", who("ann", Some(code))).await?, "ok");
    let mut wire = server.wire().await?;
    assert_eq!(
        wire.code("register", who("bob", Some(code))).await?,
        "bad_code"
    );
    // One shared code.
    let shared = json!({"registration": "code", "access_code": "blue door"});
    owner.ok("server", shared).await?;
    assert_eq!(
        wire.code("register", who("bob", None)).await?,
        "code_needed"
    );
    assert_eq!(
        wire.code("register", who("bob", Some("red door"))).await?,
        "bad_code"
    );
    assert_eq!(
        wire.code("register", who("bob", Some("blue door"))).await?,
        "ok"
    );
    // Open.
    owner.ok("server", json!({"registration": "open"})).await?;
    let mut wire = server.wire().await?;
    assert_eq!(wire.code("register", who("cat", None)).await?, "ok");
    let mut wire = server.wire().await?;
    assert_eq!(wire.code("register", who("cat", None)).await?, "name_taken");
    drop((owner, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a2_by_opaque_the_password_never_leaves_the_client() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let bounds = ParameterBounds::for_tests();
    let mut rng = rand::thread_rng();
    let opaque = |reply: &Value| {
        let text = reply["opaque"].as_str().unwrap_or_default();
        BASE64URL_NOPAD.decode(text.as_bytes())
    };
    let mut wire = server.wire().await?;
    let (state, request) = Registration::start(PASSWORD, &mut rng)?;
    let start = json!({"name": "ann", "opaque": BASE64URL_NOPAD.encode(&request)});
    let reply = wire.ok("register_start", start).await?;
    let argon2 = reply["argon2"].clone();
    let parameters = serde_json::from_value(argon2.clone())?;
    let record = state.finish(&opaque(&reply)?, parameters, &bounds, &mut rng)?;
    let finish = json!({"opaque": BASE64URL_NOPAD.encode(&record), "argon2": argon2});
    assert_eq!(wire.ok("register_finish", finish).await?["name"], "ann");

    for (password, expected) in [(PASSWORD, true), ("not this one", false)] {
        let mut wire = server.wire().await?;
        let (state, ke1) = SignIn::start(password, &mut rng)?;
        let start = json!({"name": "ann", "opaque": BASE64URL_NOPAD.encode(&ke1)});
        let reply = wire.ok("sign_in_start", start).await?;
        let parameters = serde_json::from_value(reply["argon2"].clone())?;
        let ke3 = state.finish(&opaque(&reply)?, parameters, &bounds, &mut rng);
        assert_eq!(
            ke3.is_ok(),
            expected,
            "the client itself finds a wrong password"
        );
        let ke3 = ke3.unwrap_or_else(|_| vec![0; 64]);
        let finish = json!({"opaque": BASE64URL_NOPAD.encode(&ke3)});
        let code = wire.code("sign_in_finish", finish).await?;
        assert_eq!(code, if expected { "ok" } else { "bad_credentials" });
    }
    // The same record verifies the plain password of a simple client.
    assert!(
        NativePerson::try_sign_in(&server, "ann", PASSWORD)
            .await?
            .is_ok()
    );
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_the_first_code_makes_the_owner_and_works_once() -> Result<()> {
    let server = TestServer::start().await?;
    let code = server.owner_code.clone().context("no owner's code")?;
    let who = |name: &str| json!({"name": name, "password": PASSWORD, "code": code});
    let mut wire = server.wire().await?;
    assert_eq!(wire.ok("register", who("ann")).await?["role"], "owner");
    let mut other = server.wire().await?;
    assert_eq!(other.code("register", who("bob")).await?, "bad_code");
    wire.ok("server", json!({"registration": "open"})).await?;
    let (mut bob, signed_in) = server.newcomer_told("bob").await?;
    assert_eq!(signed_in["role"], "member");
    let change = json!({"registration": "invite"});
    assert_eq!(bob.code("server", change).await?, "forbidden");
    drop((wire, other, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r6_every_event_has_the_next_number_and_a_time_that_never_runs_back() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    for number in 0..20 {
        let body = format!("message {number}");
        ann.ok("send", json!({"room": "den", "body": body})).await?;
    }
    let page = ann.ok("read", json!({"room": "den", "after": 0})).await?;
    let events = page["events"].as_array().context("no events")?;
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64()).collect();
    assert_eq!(numbers, (1..=21).map(Some).collect::<Vec<_>>());
    let times: Vec<_> = events.iter().map(|event| event["at"].as_str()).collect();
    assert!(times.is_sorted() && times.iter().all(Option::is_some));
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_one_edits_and_deletes_ones_own_and_others_are_refused() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let sent = ann
        .ok("send", json!({"room": "lobby", "body": "teh keys"}))
        .await?;
    let of = &sent["seq"];
    let edit = json!({"room": "lobby", "seq": of, "body": "the keys"});
    let delete = json!({"room": "lobby", "seq": of});
    assert_eq!(bob.code("edit", edit.clone()).await?, "not_yours");
    assert_eq!(bob.code("delete", delete.clone()).await?, "not_yours");
    ann.ok("edit", edit.clone()).await?;
    let edited = bob.event_named("edited").await?;
    assert_eq!((&edited["of"], &edited["body"]), (of, &json!("the keys")));
    ann.ok("delete", delete).await?;
    assert_eq!(&bob.event_named("deleted").await?["of"], of);
    assert_eq!(ann.code("edit", edit).await?, "gone");
    let page = bob.ok("read", json!({"room": "lobby", "after": 0})).await?;
    let kinds: Vec<_> = page["events"].as_array().into_iter().flatten().collect();
    assert_eq!(kinds.len(), 3, "the events stay at their numbers");
    for event in &kinds[..2] {
        let left = (&event["body"], &event["deleted"]);
        assert_eq!(left, (&json!(""), &json!(true)), "{event}");
    }
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r7_an_admin_may_delete_anothers_message_in_his_room() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let sent = bob
        .ok("send", json!({"room": "den", "body": "rude"}))
        .await?;
    let delete = json!({"room": "den", "seq": sent["seq"]});
    assert_eq!(ann.code("delete", delete).await?, "ok");
    assert_eq!(bob.event_named("deleted").await?["from"], "ann");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_history_is_read_by_number_by_time_and_backwards() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    for number in 1..=9 {
        ann.ok(
            "send",
            json!({"room": "lobby", "body": format!("m{number}")}),
        )
        .await?;
    }
    let mut read = async |page: Value| -> Result<(Vec<u64>, bool)> {
        let page = ann.ok("read", page).await?;
        let events = page["events"].as_array().context("no events")?;
        let numbers = events.iter().filter_map(|event| event["seq"].as_u64());
        Ok((numbers.collect(), page["more"] == true))
    };
    let page = json!({"room": "lobby", "after": 2, "limit": 3});
    assert_eq!(read(page).await?, (vec![3, 4, 5], true));
    let page = json!({"room": "lobby", "before": 4, "limit": 2});
    assert_eq!(read(page).await?, (vec![2, 3], true));
    let page = json!({"room": "lobby", "before": 3});
    assert_eq!(read(page).await?, (vec![1, 2], false));
    let page = json!({"room": "lobby", "limit": 2});
    assert_eq!(read(page).await?.0, [8, 9]);
    let page = json!({"room": "lobby", "since": "2020-01-01T00:00:00Z"});
    assert_eq!(read(page).await?.0.len(), 9);
    let page = json!({"room": "lobby", "since": "2999-01-01T00:00:00Z"});
    assert_eq!(read(page).await?, (vec![], false));
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_what_is_unread_is_counted_from_ones_marker() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (bob, _) = server.newcomer_told("bob").await?;
    drop(bob);
    for body in ["one", "two", "three"] {
        ann.ok("send", json!({"room": "lobby", "body": body}))
            .await?;
    }
    let who = json!({"name": "bob", "password": PASSWORD});
    let mut bob = server.wire().await?;
    let signed_in = bob.ok("sign_in", who.clone()).await?;
    assert_eq!(signed_in["rooms"][0]["unread"], 3);
    bob.ok("mark", json!({"room": "lobby", "seq": 2})).await?;
    bob.ok("mark", json!({"room": "lobby", "seq": 1})).await?;
    let mut again = server.wire().await?;
    let signed_in = again.ok("sign_in", who).await?;
    let lobby = &signed_in["rooms"][0];
    assert_eq!((&lobby["read"], &lobby["unread"]), (&json!(2), &json!(1)));
    drop((ann, bob, again));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r12_since_joining_hides_the_time_before_on_every_way_in() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (mut bob, _) = server.newcomer_told("bob").await?;
    let den = json!({"room": "den", "history": "since_joining"});
    ann.ok("create_room", den).await?;
    ann.ok("send", json!({"room": "den", "body": "before his time"}))
        .await?;
    assert_eq!(
        bob.code("read", json!({"room": "den"})).await?,
        "not_a_member"
    );
    let entered = bob.ok("join", json!({"room": "den"})).await?;
    ann.ok("send", json!({"room": "den", "body": "welcome"}))
        .await?;
    let pages = [
        json!({"room": "den"}),
        json!({"room": "den", "after": 0}),
        json!({"room": "den", "before": 100}),
        json!({"room": "den", "since": "2020-01-01T00:00:00Z"}),
    ];
    for page in &pages {
        let read = bob.ok("read", page.clone()).await?;
        let events = read["events"].to_string();
        assert!(!events.contains("before his time"), "{page}: {events}");
        assert!(events.contains("welcome"), "{page}: {events}");
    }
    drop(bob.take_events());
    let (room, log) = (&entered["room_id"], &entered["log"]);
    let cursors = json!({"cursors": {room.as_str().context("no id")?: {"log": log, "seq": 0}}});
    bob.ok("follow", cursors).await?;
    let welcome = |event: &Value| event["body"] == "welcome";
    let before = |event: &Value| event["body"] == "before his time";
    let came = bob.event(|event| welcome(event) || before(event)).await?;
    assert!(welcome(&came), "{came}");
    // Leaving ends reading, on every way in.
    bob.ok("leave", json!({"room": "den"})).await?;
    for page in pages {
        assert_eq!(bob.code("read", page).await?, "not_a_member");
    }
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_comes_back_by_token_and_cursor_and_misses_nothing() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let (bob, signed_in) = server.newcomer_told("bob").await?;
    // The connection dies without a word.
    drop(bob);
    for body in ["one", "two"] {
        ann.ok("send", json!({"room": "lobby", "body": body}))
            .await?;
    }
    let lobby = &signed_in["rooms"][0];
    let mut bob = server.wire().await?;
    let token = json!({"session": signed_in["session"]});
    let resumed = bob.ok("resume", token.clone()).await?;
    assert_eq!(resumed["name"], "bob");
    let room = lobby["room_id"].as_str().context("no id")?;
    let cursor = json!({"log": lobby["log"], "seq": lobby["seq"]});
    bob.ok("follow", json!({"cursors": {room: cursor}})).await?;
    ann.ok("send", json!({"room": "lobby", "body": "three"}))
        .await?;
    for body in ["one", "two", "three"] {
        assert_eq!(bob.event_named("message").await?["body"], body);
    }
    // The old token is good until the new one is used.
    let mut again = server.wire().await?;
    let given = again.ok("resume", token.clone()).await?;
    let mut newest = server.wire().await?;
    let given = json!({"session": given["session"]});
    newest.ok("resume", given).await?;
    let mut late = server.wire().await?;
    assert_eq!(late.code("resume", token).await?, "bad_session");
    drop((ann, bob, again, newest, late));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_above_the_head_or_of_another_log_is_rewound() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, signed_in) = server.newcomer_told("ann").await?;
    let lobby = &signed_in["rooms"][0];
    let room = lobby["room_id"].as_str().context("no id")?;
    let other_log = "l:aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for cursor in [
        json!({"log": lobby["log"], "seq": 1000}),
        json!({"log": other_log, "seq": 0}),
    ] {
        ann.ok("follow", json!({"cursors": {room: cursor}})).await?;
        let rewound = ann.event_named("rewound").await?;
        assert_eq!(
            (&rewound["log"], &rewound["seq"]),
            (&lobby["log"], &json!(0))
        );
    }
    let page = json!({"room": "lobby", "after": 0, "log": other_log});
    assert_eq!(ann.code("read", page).await?, "rewound");
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_sent_again_with_its_key_is_carried_out_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let send = json!({"room": "lobby", "body": "once", "key": "k-1"});
    let first = ann.ok("send", send.clone()).await?;
    assert_eq!(ann.ok("send", send).await?, first);
    let other = json!({"room": "lobby", "body": "other words", "key": "k-1"});
    assert_eq!(ann.code("send", other).await?, "key_reused");
    let page = ann.ok("read", json!({"room": "lobby"})).await?;
    assert_eq!(page["events"].as_array().map(Vec::len), Some(1));
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o5_a_server_that_stops_answers_what_it_accepted_and_tells_everybody() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let (mut ann, _) = server.newcomer_told("ann").await?;
    let mut asked = Vec::new();
    for number in 0..50 {
        let body = format!("m{number}");
        asked.push(
            ann.submit("send", json!({"room": "lobby", "body": body}))
                .await?,
        );
    }
    // The last one's answer, so that all fifty were accepted before the server is told to stop.
    for id in &asked[..1] {
        assert!(ann.answer(*id).await?.is_ok());
    }
    let stopping = tokio::spawn(server.stop());
    ann.event_named("notice").await?;
    ann.read_to_end().await?;
    for id in &asked[1..] {
        match ann.answer(*id).await? {
            Ok(_) => {}
            Err(error) => assert_eq!(error.code, "shutting_down"),
        }
    }
    stopping.await?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_an_ephemeral_server_leaves_nothing_on_the_disk() -> Result<()> {
    let server = TestServer::ephemeral().await?;
    let mut owner = server.owner().await?;
    owner.ok("create_room", json!({"room": "den"})).await?;
    owner
        .ok("send", json!({"room": "den", "body": "off the record"}))
        .await?;
    let page = owner.ok("read", json!({"room": "den"})).await?;
    assert!(page["events"].to_string().contains("off the record"));
    let folder = server.data().to_owned();
    assert!(!folder.exists(), "{} was made", folder.display());
    drop(owner);
    server.stop().await?;
    assert!(!folder.exists(), "{} was made at the end", folder.display());
    Ok(())
}
