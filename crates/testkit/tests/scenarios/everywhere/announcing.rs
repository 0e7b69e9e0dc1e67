//! Announcements (M1).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{Deed, Person, Told},
    server::TestServer,
};

use super::{owner_and, refused};

over_every_front! {
    m1_everyone_hears_an_announcement_now_or_at_the_next_sign_in_and_once
}

fn announce(words: &str) -> Deed {
    let line = format!("SNUG ANNOUNCE {words}");
    Deed::new("announce", json!({"body": words}), line)
}

fn told(words: &str) -> Told {
    let fields = json!({"ev": "announcement", "body": words});
    Told::new(fields, format!("Announcement by owner: {words}"))
}

async fn m1_everyone_hears_an_announcement_now_or_at_the_next_sign_in_and_once<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    bob.quit().await?;
    assert_eq!(ann.does(&announce("me!")).await?, refused("forbidden"));
    owner.has_done(&announce("we move house")).await?;
    ann.is_told(&told("we move house")).await?;
    let mut bob = P::sign_in(server, "bob").await?;
    bob.is_told(&told("we move house")).await?;
    // Native clients say what was seen; to others what was shown is seen.
    let seen = Deed::new("announcements", json!({"seen": 1}), "SNUG ANNOUNCEMENTS");
    let list = bob.has_done(&seen).await?;
    assert!(
        list.says("body", &json!("we move house"), "1 2"),
        "{list:?}"
    );
    bob.quit().await?;
    let mut bob = P::sign_in(server, "bob").await?;
    owner.has_done(&announce("on Sunday")).await?;
    let mut all = Vec::new();
    while !all.iter().any(|told: &String| told.contains("on Sunday")) {
        all.extend(bob.told_until_now().await?);
    }
    assert!(
        !all.iter().any(|told| told.contains("move house")),
        "{all:?}"
    );
    // Taken back, it is not in the list.
    let withdraw = Deed::new("withdraw", json!({"announcement": 2}), "SNUG WITHDRAW 2");
    assert_eq!(bob.does(&withdraw).await?, refused("forbidden"));
    owner.has_done(&withdraw).await?;
    let list = bob.has_done(&seen).await?;
    assert!(
        !list.says("body", &json!("on Sunday"), "on Sunday"),
        "{list:?}"
    );
    Ok(())
}
