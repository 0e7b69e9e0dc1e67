//! Running a community: the audit log, roles, bans, and what else only some may do.

mod announcing;
mod bans;
mod renaming;
mod reporting;
mod watching;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{server::TestServer, wire::Wire};

/// The actions in the audit log, newest first.
async fn audited(owner: &mut Wire, filter: Value) -> Result<Vec<Value>> {
    let page = owner.ok("audit", filter).await?;
    Ok(page["entries"].as_array().context("no entries")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_the_owner_reads_who_did_what_and_nobody_else_does() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    let code = json!({"registration": "code", "access_code": "the green door"});
    owner.ok("server", code).await?;
    let entries = audited(&mut owner, json!({})).await?;
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        [
            "server_changed",
            "server_changed",
            "owner_claimed",
            "owner_code_made"
        ]
    );
    assert_eq!(entries[0]["by"], "owner");
    assert_eq!(entries[0]["details"], "registration code, access_code");
    assert_eq!(entries[0]["undo"], "/server");
    assert!(entries[3].get("by").is_none(), "the machine's own command");
    let claims = json!({"action": "owner_claimed", "by": "owner", "about": "owner"});
    assert_eq!(audited(&mut owner, claims).await?.len(), 1);
    assert_eq!(
        audited(&mut owner, json!({"by": "ann"})).await?,
        [] as [Value; 0]
    );
    let older = json!({"before": entries[1]["entry"]});
    assert_eq!(audited(&mut owner, older).await?.len(), 2);
    assert_eq!(ann.code("audit", json!({})).await?, "forbidden");
    let token = owner.ok("new_token", json!({"label": "bot"})).await?;
    let mut bot = server.wire().await?;
    let who = json!({"name": "owner", "password": token["token"]});
    bot.ok("sign_in", who).await?;
    assert_eq!(bot.code("audit", json!({})).await?, "forbidden");
    drop((owner, ann, bot));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_the_owner_makes_a_moderator_who_learns_it_at_once_and_can_act_at_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let kick = json!({"who": "bob", "reason": "a test"});
    assert_eq!(ann.code("server_kick", kick.clone()).await?, "forbidden");
    let role = |role: &str| json!({"who": "ann", "role": role, "reason": "trust"});
    assert_eq!(
        ann.code("set_server_role", role("moderator")).await?,
        "forbidden"
    );
    owner.ok("set_server_role", role("moderator")).await?;
    let event = ann.event_named("account_changed").await?;
    assert_eq!(
        (&event["name"], &event["role"]),
        (&json!("ann"), &json!("moderator"))
    );
    let told = ann.event_named("notice").await?;
    assert_eq!(
        told["text"],
        "owner made you a moderator of this server: trust"
    );
    ann.ok("server_kick", kick.clone()).await?;
    let told = bob.event_named("notice").await?;
    assert_eq!(told["text"], "ann ended your sessions here: a test");
    bob.read_to_end().await?;
    assert_eq!(
        ann.code("server_kick", json!({"who": "owner"})).await?,
        "forbidden"
    );
    assert_eq!(
        ann.code("server_kick", json!({"who": "ann"})).await?,
        "forbidden"
    );
    owner.ok("set_server_role", role("member")).await?;
    assert_eq!(ann.code("server_kick", kick).await?, "forbidden");
    let given = audited(&mut owner, json!({"about": "ann"})).await?;
    assert_eq!(given[0]["details"], "role member, was moderator");
    assert_eq!(given[0]["why"], "trust");
    drop((owner, ann));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_the_server_is_handed_over_only_to_whom_it_was_offered_and_has_one_owner() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    assert_eq!(
        ann.code("hand_over", json!({"to": "ann"})).await?,
        "forbidden"
    );
    assert_eq!(
        owner.code("hand_over", json!({"to": "owner"})).await?,
        "forbidden"
    );
    owner.ok("hand_over", json!({"to": "ann"})).await?;
    owner.ok("hand_over", json!({})).await?;
    assert_eq!(ann.code("accept_server", json!({})).await?, "forbidden");
    owner.ok("hand_over", json!({"to": "ann"})).await?;
    assert_eq!(bob.code("accept_server", json!({})).await?, "forbidden");
    ann.ok("accept_server", json!({})).await?;
    assert_eq!(
        ann.code("accept_server", json!({})).await?,
        "forbidden",
        "once"
    );
    let roles = owner.event(|event| event["role"] == "moderator").await?;
    assert_eq!(roles["name"], "owner");
    assert_eq!(owner.code("audit", json!({})).await?, "forbidden");
    let entries = audited(&mut ann, json!({"action": "owner_handed_over"})).await?;
    assert_eq!(
        (&entries[0]["by"], &entries[0]["name"]),
        (&json!("owner"), &json!("ann"))
    );
    let who = ann.ok("who", json!({})).await?;
    let people = who["people"].as_array().context("nobody")?;
    let owners = people.iter().filter(|person| person["role"] == "owner");
    assert_eq!(owners.count(), 1);
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_deleting_anothers_message_is_in_the_audit_log_and_ones_own_is_not() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    for (room, retention) in [("den", "forever"), ("pit", "ram")] {
        let named = json!({"room": room, "retention": retention});
        let made = ann.ok("create_room", named).await?;
        bob.ok("join", json!({"room": room})).await?;
        let mut said = Vec::new();
        for number in 0..3 {
            let words = json!({"room": room, "body": format!("word {number}")});
            said.push(bob.ok("send", words).await?["seq"].clone());
        }
        let delete =
            |seq: &Value| json!({"room": room, "seq": seq, "key": format!("{room} {seq}")});
        bob.ok("delete", delete(&said[0])).await?;
        let mut why = delete(&said[1]);
        why["reason"] = json!("rude");
        let first = ann.ok("delete", why.clone()).await?;
        let deleted = bob.event(|event| event["of"] == said[1]).await?;
        assert_eq!(
            (&deleted["ev"], &deleted["from"]),
            (&json!("deleted"), &json!("ann"))
        );
        if retention == "forever" {
            // A retry is the same deletion.
            assert_eq!(ann.ok("delete", why).await?["seq"], first["seq"]);
        }
        assert_eq!(
            ann.code("delete", json!({"room": room, "seq": said[1]}))
                .await?,
            "gone"
        );
        let filter = json!({"action": "message_deleted"});
        let found = audited(&mut owner, filter).await?;
        let here: Vec<_> = found
            .iter()
            .filter(|row| row["room_id"] == made["room_id"])
            .collect();
        assert_eq!(here.len(), 1, "{found:?}");
        assert_eq!(
            (&here[0]["by"], &here[0]["name"]),
            (&json!("ann"), &json!("bob"))
        );
        assert_eq!(here[0]["details"], format!("message {}", said[1]));
        assert_eq!(here[0]["why"], "rude");
        assert!(!here[0].to_string().contains("word"));
    }
    drop((owner, ann, bob));
    server.stop().await
}
