//! Order by patterns of names, rooms where not everybody speaks, and full ones (R4).

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::server::TestServer;

fn mask(kind: &str, mask: &str) -> Value {
    json!({"room": "den", "kind": kind, "mask": mask})
}

fn off(kind: &str, mask: &str) -> Value {
    json!({"room": "den", "kind": kind, "mask": mask, "remove": true})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_mask_keeps_out_and_silences_whoever_fits_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let mut spam = server.newcomer("spammer").await?;
    let den = json!({"room": "den"});
    let say = json!({"room": "den", "body": "buy"});
    ann.ok("create_room", den.clone()).await?;
    spam.ok("join", den.clone()).await?;
    assert_eq!(spam.code("set_mask", mask("ban", "*")).await?, "forbidden");
    ann.ok("set_mask", mask("ban", "Spam*")).await?;
    // Inside already: silenced, and not removed.
    let changed = spam.event_named("mask_changed").await?;
    assert_eq!(
        (&changed["kind"], &changed["mask"]),
        (&json!("ban"), &json!("spam*"))
    );
    assert_eq!(spam.code("send", say.clone()).await?, "muted");
    assert_eq!(spam.code("typing", den.clone()).await?, "muted");
    let signals = [
        json!({"room": "den", "tags": {"+x": "buy"}}),
        json!({"room": "den", "words": "VERSION buy", "machine": true}),
        json!({"room": "den", "words": "buy", "admins": true}),
    ];
    for signal in &signals {
        assert_eq!(spam.code("signal", signal.clone()).await?, "muted");
    }
    // Nor do they speak by the reason for which they go.
    spam.ok("leave", json!({"room": "den", "reason": "buy"}))
        .await?;
    assert_eq!(ann.event_named("left").await?["reason"], Value::Null);
    assert_eq!(spam.code("join", den.clone()).await?, "banned");
    bob.ok("join", den.clone()).await?;
    bob.ok("send", say.clone()).await?;
    bob.ok("leave", json!({"room": "den", "reason": "bored"}))
        .await?;
    let bored = |event: &Value| event["ev"] == "left" && event["reason"] == "bored";
    ann.event(bored).await?;
    // Exempted, then invited by name, then let go.
    ann.ok("set_mask", mask("exempt", "account:spammer"))
        .await?;
    spam.ok("join", den.clone()).await?;
    spam.ok("send", say).await?;
    spam.ok("leave", den.clone()).await?;
    ann.ok("set_mask", off("exempt", "account:spammer")).await?;
    assert_eq!(spam.code("join", den.clone()).await?, "banned");
    ann.ok("invite_to", json!({"room": "den", "who": "spammer"}))
        .await?;
    spam.ok("join", den.clone()).await?;
    let listed = ann
        .ok("masks", json!({"room": "den", "kind": "ban"}))
        .await?;
    assert_eq!(listed["masks"][0]["mask"], "spam*");
    assert_eq!(listed["masks"][0]["by"], "ann");
    ann.ok("set_mask", off("ban", "spam*")).await?;
    assert_eq!(
        ann.code("set_mask", off("ban", "spam*")).await?,
        "unknown_person"
    );
    drop((ann, bob, spam));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_in_a_moderated_room_those_with_a_voice_speak() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let den = json!({"room": "den"});
    let say = json!({"room": "den", "body": "hi"});
    ann.ok("create_room", den.clone()).await?;
    bob.ok("join", den.clone()).await?;
    ann.ok("set_room", json!({"room": "den", "moderated": true}))
        .await?;
    assert_eq!(bob.code("send", say.clone()).await?, "muted");
    ann.ok("send", say.clone()).await?;
    ann.ok("set_mask", mask("voice", "bob")).await?;
    bob.ok("send", say.clone()).await?;
    bob.ok("typing", den.clone()).await?;
    let signal = json!({"room": "den", "tags": {"+x": "hi"}});
    bob.ok("signal", signal).await?;
    let who = ann.ok("who", den.clone()).await?;
    assert_eq!(who["people"][1]["voiced"], true);
    ann.ok("set_mask", off("voice", "bob")).await?;
    assert_eq!(bob.code("send", say).await?, "muted");
    // The topic is the admins', until they let everybody who may speak set it.
    let topic = json!({"room": "den", "topic": "tea"});
    ann.ok("set_room", json!({"room": "den", "moderated": false}))
        .await?;
    assert_eq!(bob.code("set_room", topic.clone()).await?, "forbidden");
    ann.ok("set_room", json!({"room": "den", "open_topic": true}))
        .await?;
    bob.ok("set_room", topic).await?;
    let slower = json!({"room": "den", "topic": "tea", "slow_mode_ms": 1000});
    assert_eq!(bob.code("set_room", slower).await?, "forbidden");
    let about = ann.ok("about_room", den).await?;
    assert_eq!(about["topic_by"], "bob");
    assert!(about["topic_at"].is_string() && about["created_at"].is_string());
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_full_room_takes_those_invited() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let den = json!({"room": "den"});
    ann.ok("create_room", den.clone()).await?;
    ann.ok("set_room", json!({"room": "den", "limit": 1}))
        .await?;
    assert_eq!(bob.code("join", den.clone()).await?, "room_full");
    ann.ok("invite_to", json!({"room": "den", "who": "bob"}))
        .await?;
    bob.ok("join", den.clone()).await?;
    bob.ok("leave", den.clone()).await?;
    assert_eq!(bob.code("join", den.clone()).await?, "room_full");
    // A mask lets in where an invitation is asked for.
    let closed = json!({"room": "den", "limit": 0, "access": "invitation"});
    ann.ok("set_room", closed).await?;
    assert_eq!(bob.code("join", den.clone()).await?, "invitation_needed");
    ann.ok("set_mask", mask("invite", "b*")).await?;
    bob.ok("join", den).await?;
    drop((ann, bob));
    server.stop().await
}
