//! Friends, blocks and strangers (D2, D3, D4).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{Deed, No, Person, Told},
    server::TestServer,
};

use super::{owner_and, refused};

over_every_front! {
    d2_friends_ask_accept_and_hear_when_the_other_comes
    d3_a_block_stops_words_asking_and_inviting_in_both_directions
    d4_one_who_refuses_strangers_takes_nothing_from_them
}

fn person(what: &'static str, line: &str, who: &str) -> Deed {
    Deed::new(what, json!({"person": who}), format!("SNUG {line} {who}"))
}

fn friend(who: &str) -> Deed {
    person("befriend", "FRIEND", who)
}

fn invite(who: &str) -> Deed {
    let fields = json!({"room": "den", "who": who});
    Deed::new("invite_to", fields, format!("INVITE {who} #den"))
}

async fn d2_friends_ask_accept_and_hear_when_the_other_comes<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(
        ann.does(&friend("nobody")).await?,
        refused("unknown_person")
    );
    ann.has_done(&friend("bob")).await?;
    let asks = json!({"ev": "friend", "name": "ann", "state": "asks"});
    bob.is_told(&Told::new(asks, "ann asks to be your friend."))
        .await?;
    bob.has_done(&friend("ann")).await?;
    let friends = json!({"ev": "friend", "name": "bob", "state": "friends"});
    ann.is_told(&Told::new(friends, "bob is your friend now."))
        .await?;
    let list = Deed::new("friends", json!({}), "SNUG FRIENDS");
    let listed = ann.has_done(&list).await?;
    assert!(
        listed.says("online", &json!(true), "bob (here)"),
        "{listed:?}"
    );
    bob.quit().await?;
    let gone = json!({"ev": "friend_presence", "name": "bob", "online": false});
    ann.is_told(&Told::new(gone, "Your friend bob is no longer here."))
        .await?;
    let mut bob = P::sign_in(server, "bob").await?;
    let here = json!({"ev": "friend_presence", "name": "bob", "online": true});
    ann.is_told(&Told::new(here, "Your friend bob is here."))
        .await?;
    bob.has_done(&person("unfriend", "UNFRIEND", "ann")).await?;
    let listed = ann.has_done(&list).await?;
    assert!(!listed.says("name", &json!("bob"), " bob"), "{listed:?}");
    Ok(())
}

async fn d3_a_block_stops_words_asking_and_inviting_in_both_directions<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    for one in [&mut ann, &mut bob] {
        assert_eq!(one.enter("den", None).await?, Ok(()));
    }
    assert_eq!(bob.leave("den").await?, Ok(()));
    ann.has_done(&person("block", "BLOCK", "bob")).await?;
    let blocks = Deed::new("blocks", json!({}), "SNUG BLOCKS");
    let listed = ann.has_done(&blocks).await?;
    assert!(listed.says("name", &json!("bob"), " bob"), "{listed:?}");
    assert_eq!(bob.tell("ann", "hello?").await?, Err(No::NotAccepting));
    assert_eq!(bob.does(&friend("ann")).await?, refused("not_accepting"));
    assert_eq!(ann.tell("bob", "hello?").await?, Err(No::NotAccepting));
    assert_eq!(
        ann.does(&friend("bob")).await?,
        refused("forbidden"),
        "who blocks is to lift the block first"
    );
    assert_eq!(ann.does(&invite("bob")).await?, refused("not_accepting"));
    ann.has_done(&person("unblock", "UNBLOCK", "bob")).await?;
    assert_eq!(bob.tell("ann", "again").await?, Ok(()));
    Ok(())
}

async fn d4_one_who_refuses_strangers_takes_nothing_from_them<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    let strangers = |on: bool| {
        let word = if on { "on" } else { "off" };
        let line = format!("SNUG STRANGERS {word}");
        Deed::new("me", json!({"strangers": on}), line)
    };
    ann.has_done(&strangers(false)).await?;
    assert_eq!(bob.tell("ann", "hello?").await?, Err(No::NotAccepting));
    assert_eq!(bob.does(&invite("ann")).await?, refused("not_accepting"));
    ann.has_done(&strangers(true)).await?;
    assert_eq!(bob.tell("ann", "hello").await?, Ok(()));
    bob.has_done(&invite("ann")).await?;
    Ok(())
}
