//! Reports of messages (M5).

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::server::TestServer;

use super::audited;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_a_report_goes_to_the_founder_first_who_never_learns_who_made_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let mut cat = server.newcomer("cat").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    for wire in [&mut bob, &mut cat] {
        wire.ok("join", json!({"room": "den"})).await?;
    }
    let said = bob
        .ok("send", json!({"room": "den", "body": "first words"}))
        .await?;
    let seq = said["seq"].clone();
    bob.ok(
        "edit",
        json!({"room": "den", "seq": seq, "body": "worse words"}),
    )
    .await?;
    let report = json!({"room": "den", "seq": seq, "reason": "rude"});
    let reported = cat.ok("report", report).await?;
    assert_eq!(reported["state"], "open");
    let told = ann.event_named("notice").await?;
    assert!(!told.to_string().contains("cat"), "{told}");
    // It holds the words as they were seen, though they are taken back.
    bob.ok("delete", json!({"room": "den", "seq": seq})).await?;
    let list = ann.ok("reports", json!({})).await?;
    assert!(!list.to_string().contains("cat"), "{list}");
    let entry = &list["reports"][0];
    assert_eq!(
        (&entry["body"], &entry["name"]),
        (&json!("worse words"), &json!("bob"))
    );
    assert_eq!(
        (&entry["why"], &entry["room"]),
        (&json!("rude"), &json!("den"))
    );
    for wire in [&mut owner, &mut bob] {
        let list = wire.ok("reports", json!({"all": true})).await?;
        assert_eq!(list["reports"].as_array().map(Vec::len), Some(0));
    }
    // Its reporter asks the server's moderators, who see who it was.
    let escalate = json!({"report": reported["report"], "state": "escalated"});
    cat.ok("decide_report", escalate).await?;
    let list = owner.ok("reports", json!({})).await?;
    assert_eq!(list["reports"][0]["by"], "cat");
    let decide =
        |state: &str| json!({"report": reported["report"], "state": state, "reason": "thanks"});
    assert_eq!(
        ann.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    assert_eq!(
        bob.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    assert_eq!(
        cat.code("decide_report", decide("dismissed")).await?,
        "unknown_event"
    );
    owner.ok("decide_report", decide("resolved")).await?;
    let told = cat.event_named("notice").await?;
    assert_eq!(told["text"], "Your report 1 was resolved: thanks");
    assert_eq!(
        owner.code("decide_report", decide("dismissed")).await?,
        "gone"
    );
    let mine = cat.ok("reports", json!({"mine": true})).await?;
    assert_eq!(mine["reports"][0]["state"], "resolved");
    let audit = audited(&mut owner, json!({"action": "report_decided"})).await?;
    assert_eq!(audit[0]["details"], "report 1 resolved");
    assert!(!format!("{audit:?}").contains("worse words"));
    drop((owner, ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_what_is_reported_of_a_founder_or_in_private_goes_past_the_room() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let (mut ann, mut bob) = (server.newcomer("ann").await?, server.newcomer("bob").await?);
    let mut cat = server.newcomer("cat").await?;
    owner.appoint("cat").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let den = ann
        .ok("send", json!({"room": "den", "body": "I am the founder"}))
        .await?;
    let direct = ann.ok("send", json!({"to": "bob", "body": "psst"})).await?;
    let moderator = cat
        .ok("send", json!({"room": "lobby", "body": "I moderate"}))
        .await?;
    for (room, said) in [("den", &den), ("@ann", &direct), ("lobby", &moderator)] {
        let report = json!({"room": room, "seq": said["seq"]});
        assert_eq!(
            bob.ok("report", report).await?["state"],
            "escalated",
            "{room}"
        );
    }
    let of = |list: Value| {
        let list = list["reports"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|entry| entry["body"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(ann.ok("reports", json!({})).await?), [] as [Value; 0]);
    // A moderator does not see what is reported of moderators, themselves among them.
    assert_eq!(
        of(cat.ok("reports", json!({})).await?),
        ["psst", "I am the founder"]
    );
    assert_eq!(of(owner.ok("reports", json!({})).await?).len(), 3);
    let decide = json!({"report": 3, "state": "dismissed"});
    assert_eq!(cat.code("decide_report", decide).await?, "unknown_event");
    // What one may not read, one may not report.
    let report = json!({"room": "@ann", "seq": direct["seq"]});
    assert_eq!(cat.code("report", report).await?, "unknown_room");
    let report = json!({"room": "den", "seq": den["seq"]});
    assert_eq!(cat.code("report", report).await?, "not_a_member");
    let report = json!({"room": "lobby", "seq": 9999});
    assert_eq!(cat.code("report", report).await?, "unknown_event");
    drop((owner, ann, bob, cat));
    server.stop().await
}
