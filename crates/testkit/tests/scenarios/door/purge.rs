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
        // Where the owner could not have done it, the log names the author, and says whose doing it is.
        let told = page.contains("by owner, who runs the server");
        assert_eq!(told, room != "lobby", "{room}");
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
