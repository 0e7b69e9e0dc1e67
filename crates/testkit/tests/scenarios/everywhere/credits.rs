//! Credits, VIP and the ledger (C1, C2, C3).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{Deed, Person, Told},
    server::TestServer,
};

use super::{look_at, owner_and, refused, set};

over_every_front! {
    c1_credits_are_granted_and_paid_and_never_more_than_one_has
    c2_vip_is_bought_shown_and_sold_by_the_owner_alone
    c3_the_ledger_shows_what_moved_to_those_it_concerns
}

fn purse() -> Deed {
    Deed::new("credits", json!({}), "SNUG CREDITS")
}

fn grant(to: &str, amount: u64) -> Deed {
    let fields = json!({"person": to, "amount": amount});
    Deed::new("grant", fields, format!("SNUG GRANT {to} {amount}"))
}

fn pay(to: &str, amount: u64) -> Deed {
    let fields = json!({"person": to, "amount": amount, "why": "for lunch"});
    Deed::new(
        "transfer",
        fields,
        format!("SNUG PAY {to} {amount} for lunch"),
    )
}

fn ledger(of: &str) -> Deed {
    let fields = json!({"all": of == "all"});
    Deed::new("ledger", fields, format!("SNUG LEDGER {of}"))
}

/// Turns credits on, and gives ann 100 of them.
async fn open<P: Person>(owner: &mut P) -> Result<()> {
    let on = set(
        json!({"credits": true, "vip_price": 30}),
        "credits on vip_price 30",
    );
    let settings = owner.has_done(&on).await?;
    assert!(settings.says("vip_price", &json!(30), "credits on, vip_price 30"));
    owner.has_done(&grant("ann", 100)).await?;
    Ok(())
}

async fn has<P: Person>(person: &mut P, balance: u64) -> Result<bool> {
    let purse = person.has_done(&purse()).await?;
    Ok(purse.says(
        "balance",
        &json!(balance),
        &format!("You have {balance} credits."),
    ))
}

async fn c1_credits_are_granted_and_paid_and_never_more_than_one_has<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    for deed in [purse(), pay("bob", 1), ledger("")] {
        assert_eq!(ann.does(&deed).await?, refused("credits_off"), "{deed:?}");
    }
    open(&mut owner).await?;
    let given = json!({"ev": "credits", "balance": 100});
    ann.is_told(&Told::new(
        given,
        "You were given 100 credits. You have 100 now.",
    ))
    .await?;
    ann.has_done(&pay("bob", 40)).await?;
    let paid = json!({"ev": "credits", "balance": 40, "why": "for lunch"});
    bob.is_told(&Told::new(
        paid,
        "ann paid you 40 credits (for lunch). You have 40 now.",
    ))
    .await?;
    for (deed, code) in [
        (pay("bob", 61), "not_enough"),
        (pay("bob", 0), "bad_request"),
        (pay("ann", 1), "bad_request"),
        (pay("nobody", 1), "unknown_person"),
        (grant("ann", 1), "forbidden"),
    ] {
        assert_eq!(ann.does(&deed).await?, refused(code), "{deed:?}");
    }
    assert!(has(&mut ann, 60).await?);
    assert!(has(&mut bob, 40).await?);
    Ok(())
}

async fn c2_vip_is_bought_shown_and_sold_by_the_owner_alone<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    let price = set(json!({"vip_price": 1}), "vip_price 1");
    assert_eq!(ann.does(&price).await?, refused("forbidden"));
    open(&mut owner).await?;
    let vip = |periods: u32| {
        let fields = json!({"periods": periods});
        Deed::new("buy_vip", fields, format!("SNUG VIP {periods}"))
    };
    let is_vip =
        |seen: snug_testkit::driver::Answered| seen.says("vip", &json!(true), " ann is VIP");
    assert!(!is_vip(bob.has_done(&look_at("ann")).await?));
    ann.has_done(&vip(2)).await?;
    assert!(has(&mut ann, 40).await?);
    assert!(is_vip(bob.has_done(&look_at("ann")).await?));
    assert_eq!(ann.does(&vip(13)).await?, refused("bad_request"));
    assert_eq!(bob.does(&vip(1)).await?, refused("not_enough"));
    Ok(())
}

async fn c3_the_ledger_shows_what_moved_to_those_it_concerns<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (mut owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    open(&mut owner).await?;
    ann.has_done(&pay("bob", 7)).await?;
    let lunch = |shown: &snug_testkit::driver::Answered| {
        shown.says("why", &json!("for lunch"), "7 from ann to bob (for lunch)")
    };
    let granted = |shown: &snug_testkit::driver::Answered| {
        shown.says("cause", &json!("grant"), "100 from the server to ann")
    };
    let anns = ann.has_done(&ledger("")).await?;
    assert!(lunch(&anns) && granted(&anns), "{anns:?}");
    let bobs = bob.has_done(&ledger("")).await?;
    assert!(lunch(&bobs) && !granted(&bobs), "{bobs:?}");
    assert_eq!(bob.does(&ledger("all")).await?, refused("forbidden"));
    let all = owner.has_done(&ledger("all")).await?;
    assert!(lunch(&all) && granted(&all), "{all:?}");
    Ok(())
}
