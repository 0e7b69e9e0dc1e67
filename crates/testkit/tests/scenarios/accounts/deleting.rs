//! The end of an account (A8, S8).

use anyhow::{Context, Result};
use serde_json::json;
use snug_testkit::{clock::HandClock, driver::PASSWORD, server::TestServer};

use super::{come_in, on_clock, resume, sign_in_with, told_why};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a8_a_deleted_account_leaves_what_it_said_under_the_name_of_nobody() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    let mut owner = server.owner().await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut ann, token) = come_in(&server, "ann").await?;
    let (other, _) = come_in(&server, "ann").await?;
    let (mut bob, _) = come_in(&server, "bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    ann.ok("send", json!({"room": "den", "body": "I was here"}))
        .await?;
    let direct = ann
        .ok("send", json!({"to": "bob", "body": "between us"}))
        .await?;
    let made = ann.ok("new_token", json!({"label": "bot"})).await?;
    let app = made["token"].as_str().context("no token")?.to_owned();
    // Neither the owner, nor with a wrong password.
    let delete = |password: &str| json!({"password": password});
    assert_eq!(
        owner.code("delete_account", delete(PASSWORD)).await?,
        "forbidden"
    );
    assert_eq!(
        ann.code("delete_account", delete("not this one")).await?,
        "bad_credentials"
    );
    ann.ok("delete_account", delete(PASSWORD)).await?;
    ann.read_to_end().await?;
    told_why(other).await?;
    assert_eq!(resume(&server, &token).await?, "bad_session");
    for password in [PASSWORD, &app] {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    }
    // What was said stays, in the room that passed on, and in the conversation.
    bob.event(|event| event["ev"] == "left" && event["room"] == "den")
        .await?;
    let den = bob.ok("read", json!({"room": "den", "after": 0})).await?;
    let said = den["events"].as_array().context("no events")?;
    let said = said
        .iter()
        .find(|event| event["body"] == "I was here")
        .context("it is gone")?;
    assert_eq!(said["from_display"], "deleted account");
    assert_ne!(said["from"], "ann");
    let people = bob.ok("who", json!({"room": "den"})).await?;
    let founder = people["people"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["founder"] == true);
    assert_eq!(founder.context("no founder")?["name"], "bob");
    let page = json!({"room": direct["room_id"], "after": 0});
    let told = bob.ok("read", page).await?;
    assert_eq!(told["events"][0]["body"], "between us");
    let reply = json!({"room": direct["room_id"], "body": "hello?"});
    assert_eq!(bob.code("send", reply).await?, "not_accepting");
    // The name is kept from others for 30 days.
    let mut wire = server.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    assert_eq!(wire.code("register", who.clone()).await?, "name_taken");
    clock.advance_ms(30 * 24 * 3_600_000);
    wire.ok("register", who).await?;
    drop((owner, bob, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a8_deleted_with_its_messages_none_of_its_words_is_in_the_data_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let here = data.clone();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.data = here;
    })
    .await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let (mut bob, _) = come_in(&server, "bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let word = |number: usize| format!("zanzibarword{number}");
    for number in 0..250 {
        let place = [
            json!({"room": "den"}),
            json!({"room": "lobby"}),
            json!({"to": "bob"}),
        ];
        let mut send = place[number % 3].clone();
        send["body"] = json!(word(number));
        ann.ok("send", send).await?;
    }
    // Words stand beside messages, too, where she is not any more.
    ann.ok("create_room", json!({"room": "yard"})).await?;
    let tag = json!({"room": "yard", "tags": {"+x": word(300)}});
    ann.ok("tag", tag).await?;
    let left = json!({"room": "yard", "reason": word(301)});
    ann.ok("leave", left).await?;
    bob.ok("send", json!({"room": "den", "body": "baobabword"}))
        .await?;
    let delete = json!({"password": PASSWORD, "with_messages": true});
    ann.ok("delete_account", delete).await?;
    let den = bob
        .ok("read", json!({"room": "den", "after": 0, "limit": 500}))
        .await?;
    let text = den.to_string();
    assert!(text.contains("baobabword") && !text.contains("zanzibarword"));
    drop((ann, bob));
    server.stop().await?;
    let mut kept = false;
    let mut folders = vec![data];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)?;
            let has = |word: &str| bytes.windows(word.len()).any(|of| of == word.as_bytes());
            assert!(!has("zanzibarword"), "{}", path.display());
            kept |= has("baobabword");
        }
    }
    assert!(kept, "the search finds nothing at all");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_who_quits_an_ephemeral_server_is_not_known_there_any_more() -> Result<()> {
    let server = TestServer::ephemeral().await?;
    let mut owner = server.owner().await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    let mut ann = server.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    let token = ann.ok("register", who.clone()).await?["session"].clone();
    ann.ok("create_room", json!({"room": "den"})).await?;
    owner.ok("join", json!({"room": "den"})).await?;
    ann.ok("send", json!({"room": "den", "body": "hello"}))
        .await?;
    // Quitting one of two sessions keeps what the other needs.
    let (mut second, _) = sign_in_with(&server, "ann", PASSWORD).await?;
    second.ok("quit", json!({})).await?;
    second.read_to_end().await?;
    ann.ok("quit", json!({})).await?;
    ann.read_to_end().await?;
    assert_eq!(resume(&server, &token).await?, "bad_session");
    let (_, answer) = sign_in_with(&server, "ann", PASSWORD).await?;
    assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    let people = owner.ok("who", json!({"room": "den"})).await?;
    assert!(!people.to_string().contains("\"ann\""), "{people}");
    let page = owner.ok("read", json!({"room": "den", "after": 0})).await?;
    assert!(!page.to_string().contains("\"ann\""), "{page}");
    // The name is free at once; the owner comes back as the owner.
    let mut again = server.wire().await?;
    again.ok("register", who).await?;
    owner.ok("quit", json!({})).await?;
    owner.read_to_end().await?;
    let (mut owner, answer) = sign_in_with(&server, "owner", PASSWORD).await?;
    assert!(answer.is_ok());
    owner.ok("ping", json!({})).await?;
    drop((again, owner));
    server.stop().await
}
