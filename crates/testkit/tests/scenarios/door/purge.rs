//! A purge takes back what somebody said (M4).

use anyhow::Result;
use serde_json::json;
use snug_testkit::driver::PASSWORD;

use super::with_old_owner;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_purge_takes_back_all_that_somebody_said_since_a_time() -> Result<()> {
    let (server, clock, mut owner) = with_old_owner(|_| ()).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    bob.ok("register", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    bob.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("send", json!({"room": "lobby", "body": "before"}))
        .await?;
    let older = bob
        .ok("send", json!({"room": "lobby", "body": "innocent"}))
        .await?;
    clock.advance_ms(3_600_000);
    let since = owner
        .ok("send", json!({"room": "lobby", "body": "mine"}))
        .await?["at"]
        .clone();
    for number in 0..20 {
        for room in ["lobby", "den"] {
            let body = format!("spam {number}");
            bob.ok("send", json!({"room": room, "body": body})).await?;
        }
    }
    bob.ok("send", json!({"to": "owner", "body": "spam to you"}))
        .await?;
    // What was said by changing older words, by tags and by leaving goes as well.
    let edit = json!({"room": "lobby", "seq": older["seq"], "body": "spam by edit"});
    bob.ok("edit", edit).await?;
    let tags = json!({"room": "lobby", "tags": {"+x": "spam by tag"}});
    bob.ok("tag", tags).await?;
    owner.ok("create_room", json!({"room": "yard"})).await?;
    bob.ok("join", json!({"room": "yard"})).await?;
    bob.ok(
        "leave",
        json!({"room": "yard", "reason": "spam by leaving"}),
    )
    .await?;
    let purge = json!({"who": "bob", "since": since, "reason": "spam"});
    assert_eq!(
        bob.code("purge", json!({"who": "owner", "since": since}))
            .await?,
        "forbidden"
    );
    let purged = owner.ok("purge", purge).await?;
    assert_eq!(
        (&purged["messages"], &purged["left"]),
        (&json!(44), &json!(0))
    );
    bob.event(|event| {
        event["ev"] == "notice"
            && event["text"]
                .as_str()
                .is_some_and(|text| text.contains("spam"))
    })
    .await?;
    for room in ["lobby", "den", "@owner"] {
        let page = bob
            .ok("read", json!({"room": room, "limit": 200}))
            .await?
            .to_string();
        assert!(!page.contains("spam "), "{room}");
        // Wherever it was, the log names who did it, and by what authority.
        assert!(page.contains("by_server"), "{room}: {page}");
    }
    let yard = owner.ok("read", json!({"room": "yard"})).await?.to_string();
    assert!(!yard.contains("spam by leaving"), "{yard}");
    let page = owner
        .ok("read", json!({"room": "lobby", "limit": 200}))
        .await?
        .to_string();
    assert!(page.contains("before") && page.contains("mine"));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_a_purge_can_be_undone_for_a_day() -> Result<()> {
    let (server, clock, mut owner) = with_old_owner(|_| ()).await?;
    let mut bob = server.wire_from("127.5.0.1").await?;
    bob.ok("register", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    let mut cid = server.wire_from("127.6.0.1").await?;
    cid.ok("register", json!({"name": "cid", "password": PASSWORD}))
        .await?;
    cid.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let said = bob
        .ok("send", json!({"room": "den", "body": "the first draft"}))
        .await?;
    let edit = json!({"room": "den", "seq": said["seq"], "body": "the minutes of today"});
    bob.ok("edit", edit).await?;
    bob.ok("send", json!({"to": "cid", "body": "only to you"}))
        .await?;
    // It makes no difference that the room has thrown him out since, nor that the owner was never in it.
    cid.ok("ban", json!({"room": "den", "who": "bob"})).await?;

    let purge = json!({"who": "bob", "last_s": 3600, "reason": "the wrong one"});
    let purged = owner.ok("purge", purge).await?;
    assert_eq!(
        (&purged["messages"], &purged["left"]),
        (&json!(2), &json!(0))
    );
    assert!(purged["until"].is_string(), "{purged}");
    cid.event(|event| event["ev"] == "deleted" && event["by_server"] == true)
        .await?;
    for room in ["den", "@bob"] {
        let page = cid.ok("read", json!({"room": room})).await?.to_string();
        assert!(
            !page.contains("minutes") && !page.contains("only to"),
            "{page}"
        );
    }
    let found = cid.ok("search", json!({"query": "minutes"})).await?;
    assert_eq!(found["hits"], json!([]));

    assert_eq!(
        cid.code("purge", json!({"who": "bob", "undo": true}))
            .await?,
        "forbidden"
    );
    for wrong in [
        json!({"who": "bob"}),
        json!({"who": "bob", "undo": true, "last_s": 60}),
        json!({"who": "bob", "undo": true, "for_good": true}),
    ] {
        assert_eq!(owner.code("purge", wrong).await?, "bad_request");
    }
    clock.advance_ms(23 * 3_600_000);
    let undo = json!({"who": "bob", "undo": true, "reason": "sorry"});
    let undone = owner.ok("purge", undo.clone()).await?;
    assert_eq!(undone["messages"], 2);
    let again = cid
        .event(|event| event["ev"] == "restored" && event["room"] == "den")
        .await?;
    assert_eq!(again["body"], "the minutes of today");
    bob.event(|event| {
        let text = event["text"].as_str().unwrap_or_default();
        event["ev"] == "notice" && text.contains("put back") && text.ends_with(": sorry")
    })
    .await?;
    let page = cid.ok("read", json!({"room": "den"})).await?.to_string();
    assert!(page.contains("the first draft") && page.contains("the minutes of today"));
    assert!(!page.contains(r#""ev":"deleted""#), "{page}");
    let page = cid.ok("read", json!({"room": "@bob"})).await?.to_string();
    assert!(page.contains("only to you"), "{page}");
    let found = cid.ok("search", json!({"query": "minutes"})).await?;
    assert_eq!(found["hits"][0]["seq"], said["seq"]);
    assert_eq!(owner.ok("purge", undo.clone()).await?["messages"], 0);
    let audit = owner
        .ok("audit", json!({"about": "bob"}))
        .await?
        .to_string();
    assert!(
        audit.contains("purge_undone") && audit.contains("sorry"),
        "{audit}"
    );

    // For good means for good.
    let purge = json!({"who": "bob", "last_s": 172_800, "for_good": true});
    let purged = owner.ok("purge", purge).await?;
    assert_eq!(
        (&purged["messages"], &purged["until"]),
        (&json!(2), &json!(null))
    );
    assert_eq!(owner.ok("purge", undo).await?["messages"], 0);
    server.stop().await
}
