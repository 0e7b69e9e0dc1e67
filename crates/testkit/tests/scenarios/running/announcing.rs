//! Announcements (M1).

use anyhow::{Context, Result};
use serde_json::json;
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

use super::audited;

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
