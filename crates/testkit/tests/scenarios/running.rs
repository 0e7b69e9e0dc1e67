//! Running a community: the audit log, roles, bans, and what else only some may do.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// Somebody signed in on the native wire, with an account made for this.
async fn newcomer(server: &TestServer, name: &str) -> Result<Wire> {
    server.add_account(name, PASSWORD).await?;
    signed_in(server, name).await
}

async fn signed_in(server: &TestServer, name: &str) -> Result<Wire> {
    let mut wire = server.wire().await?;
    let who = json!({"name": name, "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    Ok(wire)
}

/// The actions in the audit log, newest first.
async fn audited(owner: &mut Wire, filter: Value) -> Result<Vec<Value>> {
    let page = owner.ok("audit", filter).await?;
    Ok(page["entries"].as_array().context("no entries")?.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m6_the_owner_reads_who_did_what_and_nobody_else_does() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = signed_in(&server, "owner").await?;
    let mut ann = newcomer(&server, "ann").await?;
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
