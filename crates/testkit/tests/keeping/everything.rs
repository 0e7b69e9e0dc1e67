//! An export and an import of whatever a community uses (O3).

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::{child::Start, load::Site, wire::Wire};

use super::{PASSWORD, done, member, opened, rows, snugd, text};

/// Tables that a community fills, whichever of its features they are of.
const FILLED: [&str; 30] = [
    "account",
    "account_group",
    "account_label",
    "announcement",
    "argon2",
    "audit",
    "block",
    "event",
    "friendship",
    "group_member",
    "invite",
    "known_address",
    "log",
    "marker",
    "member",
    "mention",
    "movement",
    "purse",
    "reaction",
    "report",
    "retry_key",
    "room",
    "room_group",
    "room_invitation",
    "sanction",
    "server_ban",
    "session",
    "settings",
    "token",
    "reserved_name",
];

/// Asks for each of these in turn; none is refused.
async fn all_done(wire: &mut Wire, asked: &[(&str, Value)]) -> Result<Vec<Value>> {
    let mut answers = Vec::new();
    for (what, fields) in asked {
        answers.push(wire.ok(what, fields.clone()).await?);
    }
    Ok(answers)
}

/// Owner, ann and bob use everything that there is to be used.
async fn fill(owner: &mut Wire, ann: &mut Wire, bob: &mut Wire) -> Result<()> {
    let (den, attic) = (json!({"room": "den"}), json!({"room": "attic"}));
    all_done(
        owner,
        &[
            (
                "server",
                json!({"credits": true, "vip_price": 3, "watch_open_rooms": false}),
            ),
            (
                "set_server_role",
                json!({"who": "cat", "role": "moderator"}),
            ),
            ("set_group", json!({"group": "crew", "add": ["bob", "cat"]})),
            ("label", json!({"who": "bob", "label": "cook"})),
            (
                "grant",
                json!({"person": "ann", "amount": 9, "why": "welcome", "key": "g1"}),
            ),
            ("announce", json!({"body": "We move."})),
            (
                "server_ban",
                json!({"address": "192.0.2.0/24", "reason": "flood"}),
            ),
            ("rename_account", json!({"who": "dan", "name": "daniel"})),
            ("invite", json!({})),
        ],
    )
    .await?;
    all_done(
        ann,
        &[
            (
                "create_room",
                json!({"room": "den", "access": "invitation", "hidden": true}),
            ),
            ("create_room", attic.clone()),
            ("set_room", json!({"room": "den", "groups": ["crew"]})),
            (
                "transfer",
                json!({"person": "bob", "amount": 4, "key": "t1"}),
            ),
            ("befriend", json!({"person": "bob"})),
            ("block", json!({"person": "cat"})),
            ("me", json!({"strangers": false})),
            ("new_token", json!({"label": "weechat", "scope": "irc"})),
            (
                "ban",
                json!({"room": "attic", "who": "daniel", "reason": "noise"}),
            ),
        ],
    )
    .await?;
    bob.ok("befriend", json!({"person": "ann"})).await?;
    bob.ok("join", attic.clone()).await?;
    let said = all_done(
        bob,
        &[
            ("join", den.clone()),
            (
                "send",
                json!({"room": "den", "body": "rude words, @ann", "key": "s1"}),
            ),
            ("send", json!({"room": "den", "body": "and more"})),
        ],
    )
    .await?;
    let seq = said[1]["seq"].clone();
    all_done(
        ann,
        &[
            ("react", json!({"room": "den", "seq": seq, "emoji": ":+1:"})),
            ("invite_to", json!({"room": "attic", "who": "owner"})),
            ("mark", json!({"room": "den", "seq": seq})),
            (
                "mute",
                json!({"room": "attic", "who": "bob", "for_s": 86400, "reason": "hush"}),
            ),
            (
                "report",
                json!({"room": "den", "seq": seq, "reason": "rude"}),
            ),
        ],
    )
    .await?;
    Ok(())
}

/// What ann asks before and after.
fn asked_by_ann() -> Vec<(&'static str, Value)> {
    let (den, attic) = (json!({"room": "den"}), json!({"room": "attic"}));
    vec![
        ("rooms", json!({"mine": true})),
        ("friends", json!({})),
        ("blocks", json!({})),
        ("me", json!({})),
        ("credits", json!({})),
        ("tokens", json!({})),
        ("about_room", den.clone()),
        ("bans", attic.clone()),
        ("bans", json!({"room": "attic", "mutes": true})),
        ("reports", json!({"mine": true})),
        ("announcements", json!({})),
        ("who", den.clone()),
        ("groups", json!({"group": "crew"})),
        ("read", den.clone()),
    ]
}

/// What the owner asks before and after.
fn asked_by_the_owner() -> Vec<(&'static str, Value)> {
    vec![
        ("server", json!({})),
        ("server_bans", json!({})),
        ("audit", json!({})),
        ("ledger", json!({})),
        ("reports", json!({"all": true})),
    ]
}

/// Each thing that was imported still does what it did.
async fn everything_binds(site: &Site, [ann, bob, cat]: [&mut Wire; 3]) -> Result<()> {
    let (den, attic) = (json!({"room": "den"}), json!({"room": "attic"}));
    assert_eq!(cat.ok("join", den.clone()).await?["room"], "den");
    assert_eq!(
        cat.code("send", json!({"to": "ann", "body": "hello"}))
            .await?,
        "not_accepting"
    );
    let again = json!({"person": "bob", "amount": 4, "key": "t1"});
    ann.ok("transfer", again).await?;
    assert_eq!(ann.ok("credits", json!({})).await?["balance"], 5);
    assert_eq!(
        bob.code("send", json!({"room": "attic", "body": "hm"}))
            .await?,
        "muted"
    );
    let mut dan = site.wire().await?;
    dan.ok("sign_in", json!({"name": "daniel", "password": PASSWORD}))
        .await?;
    assert_eq!(dan.code("join", attic).await?, "banned");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o3_groups_blocks_bans_reports_credits_and_sessions_mean_the_same_after_an_import()
-> Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, export, other) = (
        folder.path().join("data"),
        folder.path().join("export.jsonl"),
        folder.path().join("other"),
    );
    let server = Start::new(&data)?.run()?;
    let (site, mut owner) = opened(&server).await?;
    let (mut ann, ann_in) = member(&site, "ann").await?;
    let (mut bob, bob_in) = member(&site, "bob").await?;
    let (cat, _) = member(&site, "cat").await?;
    let (dan, _) = member(&site, "dan").await?;
    fill(&mut owner, &mut ann, &mut bob).await?;
    let (asked, by_owner) = (asked_by_ann(), asked_by_the_owner());
    let of_ann = all_done(&mut ann, &asked).await?;
    let of_owner = all_done(&mut owner, &by_owner).await?;
    done(&snugd(&data, &["export", text(&export)])?)?;
    drop((owner, ann, bob, cat, dan));
    assert!(server.stop()?.success());
    let exported = rows(&export)?;
    for table in FILLED {
        let filled = exported.iter().any(|line| line["row"]["table"] == table);
        assert!(
            filled,
            "{table} is empty: this test covers less than it says"
        );
    }

    done(&snugd(&other, &["import", text(&export)])?)?;
    let server = Start::new(&other)?.run()?;
    let site = Site::new(server.address, server.fingerprint)?;
    // A session is one's own still: what was signed in comes back without a password.
    let mut ann = site.wire().await?;
    ann.ok("resume", json!({"session": ann_in["session"]}))
        .await?;
    let mut bob = site.wire().await?;
    bob.ok("resume", json!({"session": bob_in["session"]}))
        .await?;
    let mut owner = site.wire().await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    owner.ok("sign_in", who).await?;
    let mut cat = site.wire().await?;
    cat.ok("sign_in", json!({"name": "cat", "password": PASSWORD}))
        .await?;
    for ((what, fields), before) in asked.iter().zip(&of_ann) {
        let now = settled(ann.ok(what, fields.clone()).await?);
        assert_eq!(now, settled(before.clone()), "{what} {fields}");
    }
    for ((what, fields), before) in by_owner.iter().zip(&of_owner) {
        assert_eq!(
            &owner.ok(what, fields.clone()).await?,
            before,
            "{what} {fields}"
        );
    }
    everything_binds(&site, [&mut ann, &mut bob, &mut cat]).await?;
    drop((ann, bob, cat, owner));
    assert!(server.stop()?.success());
    Ok(())
}

/// Who is here and what a log's id is are not what an export keeps.
fn settled(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "log" | "now" | "online" | "used_at"));
            for field in fields.values_mut() {
                *field = settled(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = settled(item.take());
            }
        }
        _ => {}
    }
    value
}
