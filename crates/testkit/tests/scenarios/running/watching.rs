//! The owner watches the server (O7).

use anyhow::Result;
use serde_json::json;
use snug_testkit::server::TestServer;

use super::audited;

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
