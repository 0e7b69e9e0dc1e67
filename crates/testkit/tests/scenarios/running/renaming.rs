//! Accounts that are renamed (M3).

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer};

use super::audited;

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
