//! Roles, the server's hand-over, settings, bans, names, the audit log and the watch (A1, A6, M2, M3, M6, O7).

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::{
    driver::{Deed, No, Noticed, PASSWORD, Person, Told},
    server::TestServer,
};

use super::{is_shut_out, owner_and, refused, role, set};

over_every_front! {
    a1_the_owner_alone_says_who_may_register
    a6_roles_are_given_and_the_server_is_handed_over
    m2_an_account_is_kicked_and_banned_and_told_so
    m3_a_renamed_account_is_called_so_by_everyone_at_once
    m6_the_owner_reads_who_did_what_and_nobody_else_does
    o7_the_owner_watches_and_everyone_is_told_where_words_are_seen
}

fn audit() -> Deed {
    Deed::new("audit", json!({}), "SNUG AUDIT")
}

fn kick(who: &str) -> Deed {
    let fields = json!({"who": who, "reason": "a test"});
    Deed::new(
        "server_kick",
        fields,
        format!("SNUG SERVER-KICK {who} a test"),
    )
}

async fn a1_the_owner_alone_says_who_may_register<P: Person>(server: &TestServer) -> Result<()> {
    let (mut owner, [mut ann]) = owner_and::<P, 1>(server, ["ann"]).await?;
    let by_code = json!({"registration": "code", "access_code": "open-sesame"});
    let by_code = set(by_code, "registration code open-sesame");
    assert_eq!(ann.does(&by_code).await?, refused("forbidden"));
    owner.has_done(&by_code).await?;
    let now = ann.has_done(&set(json!({}), "")).await?;
    assert!(
        now.says("registration", &json!("code"), "registration code"),
        "{now:?}"
    );
    // Nobody but the owner is shown the code, and not even the owner is told it again.
    assert!(!format!("{now:?}").contains("open-sesame"));
    let mut newcomer = server.wire().await?;
    let who = |code: Value| json!({"name": "bob", "password": PASSWORD, "code": code});
    assert_eq!(
        newcomer.code("register", who(Value::Null)).await?,
        "code_needed"
    );
    newcomer.ok("register", who(json!("open-sesame"))).await?;
    Ok(())
}

async fn a6_roles_are_given_and_the_server_is_handed_over<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(ann.does(&kick("bob")).await?, refused("forbidden"));
    assert_eq!(
        ann.does(&role("ann", "moderator")).await?,
        refused("forbidden")
    );
    owner.has_done(&role("ann", "moderator")).await?;
    ann.is_told(&Told::notice(
        "owner made you a moderator of this server: trust",
    ))
    .await?;
    ann.has_done(&kick("bob")).await?;
    bob.ends().await?;
    let accept = Deed::new("accept_server", json!({}), "SNUG OWNER accept");
    assert_eq!(ann.does(&accept).await?, refused("forbidden"));
    let offer = Deed::new("hand_over", json!({"to": "ann"}), "SNUG OWNER ann");
    assert_eq!(ann.does(&offer).await?, refused("forbidden"));
    owner.has_done(&offer).await?;
    owner
        .has_done(&Deed::new("hand_over", json!({}), "SNUG OWNER withdraw"))
        .await?;
    assert_eq!(ann.does(&accept).await?, refused("forbidden"));
    owner.has_done(&offer).await?;
    ann.has_done(&accept).await?;
    assert_eq!(owner.does(&audit()).await?, refused("forbidden"));
    ann.has_done(&audit()).await?;
    Ok(())
}

async fn m2_an_account_is_kicked_and_banned_and_told_so<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    owner.has_done(&kick("bob")).await?;
    bob.is_told(&Told::notice("owner ended your sessions here: a test"))
        .await?;
    bob.ends().await?;
    // Who was kicked may come back, who is banned may not.
    let mut bob = P::sign_in(server, "bob").await?;
    let ban = json!({"who": "bob", "for_s": 3600, "reason": "noise"});
    let ban = Deed::new("server_ban", ban, "KLINE 60 bob :noise");
    assert_eq!(ann.does(&ban).await?, refused("forbidden"));
    owner.has_done(&ban).await?;
    let told = "You are banned from this server, by owner, until ";
    bob.is_told(&Told::new(json!({"ev": "notice"}), told))
        .await?;
    bob.ends().await?;
    assert!(is_shut_out::<P>(server, "bob").await?);
    let bans = Deed::new("server_bans", json!({}), "SNUG SERVER-BANS");
    let listed = owner.has_done(&bans).await?;
    assert!(
        listed.says("reason", &json!("noise"), ": noise"),
        "{listed:?}"
    );
    assert_eq!(ann.does(&bans).await?, refused("forbidden"));
    let lift = Deed::new("server_unban", json!({"who": "bob"}), "UNKLINE bob");
    owner.has_done(&lift).await?;
    assert!(!is_shut_out::<P>(server, "bob").await?);
    Ok(())
}

async fn m3_a_renamed_account_is_called_so_by_everyone_at_once<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    ann.notices(&Noticed::Entered { name: "bob".into() })
        .await?;
    let rename = |who: &str, name: &str| {
        let fields = json!({"who": who, "name": name, "reason": "as asked"});
        let line = format!("SNUG RENAME {who} {name} as asked");
        Deed::new("rename_account", fields, line)
    };
    assert_eq!(
        ann.does(&rename("bob", "bert")).await?,
        refused("forbidden")
    );
    assert_eq!(
        owner.does(&rename("bob", "b!ob")).await?,
        refused("bad_name")
    );
    assert_eq!(
        owner.does(&rename("bob", "ann")).await?,
        refused("name_taken")
    );
    owner.has_done(&rename("bob", "robert")).await?;
    let changed = json!({"ev": "account_changed", "name": "robert", "was": "bob"});
    for person in [&mut ann, &mut bob] {
        person
            .is_told(&Told::new(changed.clone(), "NICK robert"))
            .await?;
    }
    let why = "owner renamed you from bob to robert: as asked";
    bob.is_told(&Told::notice(why)).await?;
    assert_eq!(bob.say("lobby", "it is me").await?, Ok(()));
    ann.hears("lobby", "robert", "it is me").await?;
    assert_eq!(
        ann.tell("bob", "where are you?").await?,
        Err(No::UnknownPerson)
    );
    assert_eq!(ann.tell("robert", "there").await?, Ok(()));
    let told = Noticed::Told {
        from: "ann".into(),
        words: "there".into(),
    };
    bob.notices(&told).await?;
    assert!(is_shut_out::<P>(server, "bob").await?);
    assert!(!is_shut_out::<P>(server, "robert").await?);
    Ok(())
}

async fn m6_the_owner_reads_who_did_what_and_nobody_else_does<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann]) = owner_and::<P, 1>(server, ["ann"]).await?;
    owner.has_done(&role("ann", "moderator")).await?;
    let log = owner.has_done(&audit()).await?;
    let details = json!("role moderator, was member");
    let words = "ann (role moderator, was member) (trust)";
    assert!(log.says("details", &details, words), "{log:?}");
    assert!(log.says("why", &json!("trust"), "(trust)"));
    assert_eq!(ann.does(&audit()).await?, refused("forbidden"));
    Ok(())
}

async fn o7_the_owner_watches_and_everyone_is_told_where_words_are_seen<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    let watch = |on: bool| {
        let line = if on {
            "SNUG SERVER watch"
        } else {
            "SNUG SERVER watch off"
        };
        Deed::new("watch", json!({"on": on}), line)
    };
    assert_eq!(ann.does(&watch(true)).await?, refused("forbidden"));
    for (room, password) in [("den", None), ("vault", Some("sesame"))] {
        assert_eq!(ann.enter(room, password).await?, Ok(()));
    }
    owner.has_done(&watch(true)).await?;
    assert!(is_shut_out::<P>(server, "nobody").await?);
    let failed = json!({"ev": "watched", "what": "sign_in_failed"});
    owner
        .is_told(&Told::new(failed, "watch: sign-in failed: "))
        .await?;
    assert_eq!(ann.say("den", "unwatched words").await?, Ok(()));
    owner
        .has_done(&set(
            json!({"watch_open_rooms": true}),
            "watch_open_rooms on",
        ))
        .await?;
    bob.is_told(&Told::new(
        json!({"ev": "notice"}),
        "watch_open_rooms is on",
    ))
    .await?;
    assert_eq!(ann.say("vault", "locked words").await?, Ok(()));
    assert_eq!(ann.tell("bob", "private words").await?, Ok(()));
    assert_eq!(ann.say("den", "open words").await?, Ok(()));
    let mut seen = Vec::new();
    while !seen
        .iter()
        .any(|told: &String| told.contains("den, ann: open words"))
    {
        seen.extend(owner.told_until_now().await?);
    }
    let others = ["unwatched", "locked", "private"];
    let others = |told: &String| others.iter().any(|words| told.contains(words));
    assert!(!seen.iter().any(others), "{seen:?}");
    owner.has_done(&watch(false)).await?;
    owner.told_until_now().await?;
    assert_eq!(ann.say("den", "after it").await?, Ok(()));
    let seen = owner.told_until_now().await?;
    assert!(
        !seen.iter().any(|told| told.contains("after it")),
        "{seen:?}"
    );
    let log = owner.has_done(&audit()).await?;
    assert!(
        log.says("action", &json!("watch_started"), "watch_started"),
        "{log:?}"
    );
    Ok(())
}
