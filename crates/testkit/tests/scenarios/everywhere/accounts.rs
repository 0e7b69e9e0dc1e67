//! One's own account: passwords, sessions, and the end of it (A3, A5, A8).

use anyhow::{Context, Result};
use serde_json::json;
use snug_testkit::{
    driver::{Answered, Deed, No, Person},
    server::TestServer,
};

use super::{owner_and, refused};

over_every_front! {
    a3_a_password_is_changed_by_who_knows_it
    a3_the_owner_makes_a_code_for_a_forgotten_password
    a5_ones_sessions_are_listed_and_ended
    a8_a_deleted_account_is_gone_for_good
}

/// One word, as a line of IRC needs it.
const OLD: &str = "seven-red-lamps";
const NEW: &str = "eight-blue-lamps";

async fn newcomer<P: Person>(server: &TestServer, name: &str) -> Result<P> {
    server.add_account(name, OLD).await?;
    let signed_in = P::try_sign_in(server, name, OLD).await?;
    signed_in.map_err(|no| anyhow::anyhow!("{name}: {no:?}"))
}

async fn a3_a_password_is_changed_by_who_knows_it<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = newcomer::<P>(server, "ann").await?;
    let other = P::try_sign_in(server, "ann", OLD).await?;
    let other = other.map_err(|no| anyhow::anyhow!("{no:?}"))?;
    let fields = json!({"old": OLD, "new": NEW});
    let line = format!("PRIVMSG NickServ :PASSWD {OLD} {NEW}");
    ann.has_done(&Deed::new("change_password", fields, line))
        .await?;
    // The other sessions end with the old password.
    other.ends().await?;
    assert_eq!(
        P::try_sign_in(server, "ann", OLD).await?.err(),
        Some(No::Credentials)
    );
    assert!(P::try_sign_in(server, "ann", NEW).await?.is_ok());
    Ok(())
}

async fn a3_the_owner_makes_a_code_for_a_forgotten_password<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann]) = owner_and::<P, 1>(server, ["ann"]).await?;
    let code = |name: &str| {
        Deed::new(
            "reset_code",
            json!({"name": name}),
            format!("SNUG RESET {name}"),
        )
    };
    assert_eq!(ann.does(&code("owner")).await?, refused("forbidden"));
    let code = match owner.has_done(&code("ann")).await? {
        Answered::Object(made) => made["code"].as_str().context("no code")?.to_owned(),
        Answered::Lines(lines) => {
            let line = lines.first().context("no line")?;
            line.split(' ').nth(2).context("no code")?.to_owned()
        }
    };
    let mut wire = server.wire().await?;
    let reset = json!({"name": "ann", "code": code, "password": NEW});
    wire.ok("reset", reset).await?;
    assert!(P::try_sign_in(server, "ann", NEW).await?.is_ok());
    Ok(())
}

async fn a5_ones_sessions_are_listed_and_ended<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let other = P::sign_in(server, "ann").await?;
    let list = Deed::new("sessions", json!({}), "SNUG SESSIONS");
    let listed = ann.has_done(&list).await?;
    assert!(
        listed.says("this", &json!(true), ", this one"),
        "{listed:?}"
    );
    assert!(
        listed.says("address", &json!("127.0.0.1"), " from 127.0.0.1"),
        "{listed:?}"
    );
    assert!(
        listed.says("online", &json!(true), ", online"),
        "{listed:?}"
    );
    let end = |which: &str| {
        let line = format!("SNUG SESSIONS revoke {which}");
        Deed::new("revoke_session", json!({"session": which}), line)
    };
    ann.has_done(&end("others")).await?;
    other.ends().await?;
    assert_eq!(
        ann.does(&end("nonsense")).await?,
        refused("unknown_session")
    );
    Ok(())
}

async fn a8_a_deleted_account_is_gone_for_good<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = newcomer::<P>(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    let delete = |password: &str| {
        let line = format!("SNUG DELETE-ACCOUNT {password} with-messages");
        let fields = json!({"password": password, "with_messages": true});
        Deed::new("delete_account", fields, line)
    };
    assert_eq!(
        ann.does(&delete("a-guess")).await?,
        refused("bad_credentials")
    );
    assert_eq!(ann.say("lobby", "my words").await?, Ok(()));
    bob.hears("lobby", "ann", "my words").await?;
    ann.has_done(&delete(OLD)).await?;
    ann.ends().await?;
    assert_eq!(
        P::try_sign_in(server, "ann", OLD).await?.err(),
        Some(No::Credentials)
    );
    assert_eq!(bob.tell("ann", "hello?").await?, Err(No::UnknownPerson));
    let search = Deed::new("search", json!({"query": "words"}), "SNUG SEARCH words");
    let found = bob.has_done(&search).await?;
    assert!(
        !found.says("body", &json!("my words"), "my words"),
        "{found:?}"
    );
    Ok(())
}
