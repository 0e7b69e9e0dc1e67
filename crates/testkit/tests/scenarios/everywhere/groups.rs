//! Labels and groups (M7).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{Deed, No, Person, Told},
    server::TestServer,
};

use super::{look_at, owner_and, refused, role};

over_every_front! {
    m7_moderators_label_accounts_and_everyone_sees_it
    m7_a_group_is_listed_and_lets_its_members_into_a_room
}

fn label(who: &str, label: &str) -> Deed {
    let fields = json!({"who": who, "label": label});
    Deed::new("label", fields, format!("SNUG LABEL {who} {label}"))
}

async fn m7_moderators_label_accounts_and_everyone_sees_it<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(bob.does(&label("bob", "boss")).await?, refused("forbidden"));
    owner.has_done(&role("ann", "moderator")).await?;
    assert_eq!(
        ann.does(&label("owner", "boss")).await?,
        refused("forbidden")
    );
    ann.has_done(&label("bob", "head cook")).await?;
    bob.is_told(&Told::notice("ann gave you the label \"head cook\"."))
        .await?;
    let seen = bob.has_done(&look_at("bob")).await?;
    assert!(seen.says("labels", &json!(["head cook"]), "is labelled head cook"));
    let fields = json!({"who": "bob", "label": "head cook", "remove": true});
    let off = Deed::new("label", fields, "SNUG LABEL bob -head cook");
    ann.has_done(&off).await?;
    let seen = bob.has_done(&look_at("bob")).await?;
    assert!(!seen.says("labels", &json!(["head cook"]), "is labelled"));
    Ok(())
}

async fn m7_a_group_is_listed_and_lets_its_members_into_a_room<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob, mut cat]) =
        owner_and::<P, 3>(server, ["ann", "bob", "cat"]).await?;
    let crew = json!({"group": "crew", "add": ["ann", "bob"]});
    let crew = Deed::new("set_group", crew, "SNUG GROUP add crew ann bob");
    assert_eq!(ann.does(&crew).await?, refused("forbidden"));
    owner.has_done(&crew).await?;
    let list = Deed::new("groups", json!({"group": "crew"}), "SNUG GROUPS crew");
    let listed = cat.has_done(&list).await?;
    assert!(
        listed.says("names", &json!(["ann", "bob"]), "crew (2): ann bob"),
        "{listed:?}"
    );
    assert_eq!(ann.enter("vault", Some("sesame")).await?, Ok(()));
    let open = json!({"room": "vault", "groups": ["crew"]});
    let open = Deed::new("set_room", open, "SNUG OPEN-TO #vault crew");
    assert!(cat.does(&open).await?.is_err());
    ann.has_done(&open).await?;
    assert_eq!(bob.enter("vault", None).await?, Ok(()));
    assert_eq!(cat.enter("vault", None).await?, Err(No::RoomPassword));
    let gone = json!({"group": "crew", "delete": true});
    owner
        .has_done(&Deed::new("set_group", gone, "SNUG GROUP delete crew"))
        .await?;
    assert_eq!(cat.does(&list).await?, refused("unknown_person"));
    Ok(())
}
