//! Credits: purses, payments, VIP and the ledger (C1, C2, C3).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{server::TestServer, wire::Wire};

/// A server with credits, its owner, and two members of whom ann has 100 credits.
async fn bank() -> Result<(TestServer, Wire, Wire, Wire)> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    owner
        .ok(
            "server",
            json!({"registration": "open", "credits": true, "vip_price": 30}),
        )
        .await?;
    let ann = server.newcomer("ann").await?;
    let bob = server.newcomer("bob").await?;
    owner.ok("grant", pay("ann", 100)).await?;
    Ok((server, owner, ann, bob))
}

fn pay(person: &str, amount: u64) -> Value {
    json!({"person": person, "amount": amount})
}

async fn balance(wire: &mut Wire) -> Result<u64> {
    let purse = wire.ok("credits", json!({})).await?;
    purse["balance"].as_u64().context("no balance")
}

/// What all purses hold by the ledger's own account, and the numbers of its movements.
async fn audited(owner: &mut Wire) -> Result<(std::collections::BTreeMap<String, i64>, Vec<u64>)> {
    let mut purses = std::collections::BTreeMap::<String, i64>::new();
    let mut numbers = Vec::new();
    let mut before = Value::Null;
    loop {
        let page = owner
            .ok(
                "ledger",
                json!({"all": true, "before": before, "limit": 100}),
            )
            .await?;
        for movement in page["movements"].as_array().context("no movements")? {
            let amount = movement["amount"].as_i64().context("no amount")?;
            let side = |side: &str| movement[side]["name"].as_str().unwrap_or("").to_owned();
            *purses.entry(side("from")).or_default() -= amount;
            *purses.entry(side("to")).or_default() += amount;
            before = movement["movement"].clone();
            numbers.push(before.as_u64().context("no number")?);
        }
        if page["more"] != true {
            break;
        }
    }
    assert_eq!(purses.values().sum::<i64>(), 0, "the ledger sums to zero");
    Ok((purses, numbers))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_nothing_moves_until_the_owner_turns_credits_on() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    assert_eq!(ann.code("credits", json!({})).await?, "credits_off");
    assert_eq!(ann.code("ledger", json!({})).await?, "credits_off");
    assert_eq!(bob.code("transfer", pay("ann", 1)).await?, "credits_off");
    assert_eq!(bob.code("buy_vip", json!({})).await?, "credits_off");
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_the_owner_grants_and_members_pay_each_other_exactly() -> Result<()> {
    let (server, mut owner, mut ann, mut bob) = bank().await?;
    let granted = ann.event_named("credits").await?;
    assert_eq!(granted["balance"], 100);
    assert_eq!(granted.get("from"), None);
    let paid = json!({"person": "bob", "amount": 40, "why": "lunch"});
    assert_eq!(ann.ok("transfer", paid).await?["balance"], 60);
    let got = bob.event_named("credits").await?;
    assert_eq!(
        (&got["balance"], &got["why"]),
        (&json!(40), &json!("lunch"))
    );
    assert_eq!(got["from"]["name"], "ann");
    // Never below zero, never out of nothing, never to oneself, never by a member.
    assert_eq!(ann.code("transfer", pay("bob", 61)).await?, "not_enough");
    assert_eq!(ann.code("transfer", pay("bob", 0)).await?, "bad_request");
    assert_eq!(ann.code("transfer", pay("ann", 1)).await?, "bad_request");
    assert_eq!(ann.code("grant", pay("ann", 1)).await?, "forbidden");
    assert_eq!(ann.code("ledger", json!({"all": true})).await?, "forbidden");
    let long = json!({"person": "bob", "amount": 1, "why": "x".repeat(201)});
    assert_eq!(ann.code("transfer", long).await?, "bad_request");
    assert_eq!(balance(&mut ann).await?, 60);
    assert_eq!(balance(&mut bob).await?, 40);
    // A block stops the words that go with a payment, and so the payment.
    bob.ok("block", json!({"person": "ann"})).await?;
    assert_eq!(ann.code("transfer", pay("bob", 1)).await?, "not_accepting");
    let own = bob.ok("ledger", json!({})).await?;
    assert_eq!(own["movements"].as_array().map(Vec::len), Some(1));
    let (purses, _) = audited(&mut owner).await?;
    assert_eq!(purses["ann"], 60);
    assert_eq!(purses["bob"], 40);
    assert_eq!(purses[""], -100);
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_a_payment_sent_again_under_its_key_is_made_once() -> Result<()> {
    let (server, mut owner, mut ann, mut bob) = bank().await?;
    let keyed = |amount: u64| json!({"person": "bob", "amount": amount, "key": "k1"});
    let first = ann.ok("transfer", keyed(10)).await?;
    let again = ann.ok("transfer", keyed(10)).await?;
    assert_eq!(first["movement"], again["movement"]);
    assert_eq!(balance(&mut ann).await?, 90);
    assert_eq!(ann.code("transfer", keyed(11)).await?, "key_reused");
    // One key, one request, whatever its kind.
    let said = json!({"room": "lobby", "body": "hi", "key": "k1"});
    assert_eq!(ann.code("send", said).await?, "key_reused");
    ann.ok("send", json!({"room": "lobby", "body": "hi", "key": "k2"}))
        .await?;
    let paid = json!({"person": "bob", "amount": 1, "key": "k2"});
    assert_eq!(ann.code("transfer", paid).await?, "key_reused");
    assert_eq!(balance(&mut bob).await?, 10);
    // One that lost its answer and has nothing left to pay with.
    ann.ok(
        "transfer",
        json!({"person": "bob", "amount": 90, "key": "k3"}),
    )
    .await?;
    ann.ok(
        "transfer",
        json!({"person": "bob", "amount": 90, "key": "k3"}),
    )
    .await?;
    let (purses, _) = audited(&mut owner).await?;
    assert_eq!((purses["ann"], purses["bob"]), (0, 100));
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn c1_payments_at_once_in_both_directions_keep_the_sum() -> Result<()> {
    let (server, mut owner, ann, bob) = bank().await?;
    owner.ok("grant", pay("bob", 100)).await?;
    let pay_on = |mut wire: Wire, to: &'static str| {
        tokio::spawn(async move {
            let mut asked = Vec::new();
            for number in 0..200_u64 {
                let key = format!("{to} {number}");
                let line = json!({"person": to, "amount": 1 + number % 7, "key": key});
                asked.push(wire.submit("transfer", line).await?);
            }
            let mut paid = 0;
            for id in asked {
                match wire.answer(id).await? {
                    Ok(_) => paid += 1,
                    Err(error) => assert_eq!(error.code, "not_enough"),
                }
            }
            Ok::<_, anyhow::Error>((wire, paid))
        })
    };
    let (anns, bobs) = (pay_on(ann, "bob"), pay_on(bob, "ann"));
    let ((mut ann, by_ann), (mut bob, by_bob)) = (anns.await??, bobs.await??);
    assert_eq!(balance(&mut ann).await? + balance(&mut bob).await?, 200);
    let (purses, numbers) = audited(&mut owner).await?;
    assert_eq!(purses["ann"], i64::try_from(balance(&mut ann).await?)?);
    assert_eq!(purses["bob"], i64::try_from(balance(&mut bob).await?)?);
    assert_eq!(numbers.len(), 2 + by_ann + by_bob);
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_vip_is_bought_shown_and_paid_to_the_server() -> Result<()> {
    let (server, mut owner, mut ann, mut bob) = bank().await?;
    let bought = ann.ok("buy_vip", json!({"periods": 2})).await?;
    assert_eq!(bought["balance"], 40);
    assert!(bought["vip_until"].is_string());
    let purse = ann.ok("credits", json!({})).await?;
    assert_eq!(purse["vip_until"], bought["vip_until"]);
    let here = bob.ok("who", json!({})).await?;
    let vips: Vec<_> = here["people"]
        .as_array()
        .context("nobody")?
        .iter()
        .filter(|person| person["vip"] == true)
        .map(|person| person["name"].clone())
        .collect();
    assert_eq!(vips, ["ann"]);
    assert_eq!(bob.code("buy_vip", json!({})).await?, "not_enough");
    assert_eq!(
        ann.code("buy_vip", json!({"periods": 13})).await?,
        "bad_request"
    );
    let (purses, _) = audited(&mut owner).await?;
    assert_eq!((purses["ann"], purses[""]), (40, -40));
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_the_ledger_comes_in_pages_with_both_sides_and_the_cause() -> Result<()> {
    let (server, mut owner, mut ann, bob) = bank().await?;
    for _ in 0..5 {
        ann.ok("transfer", pay("bob", 1)).await?;
    }
    ann.ok("buy_vip", json!({})).await?;
    let newest = ann.ok("ledger", json!({"limit": 2})).await?;
    assert_eq!(newest["more"], true);
    assert_eq!(newest["movements"][0]["cause"], "vip");
    assert_eq!(newest["movements"][0].get("to"), None);
    assert_eq!(newest["movements"][1]["cause"], "transfer");
    assert_eq!(newest["movements"][1]["to"]["name"], "bob");
    let (_, numbers) = audited(&mut owner).await?;
    assert_eq!(numbers, (1..=7).rev().collect::<Vec<_>>());
    drop((owner, ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_a_payment_retried_after_a_block_is_answered_as_the_first_and_no_other_passes()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    owner.ok("server", json!({"credits": true})).await?;
    owner
        .ok("grant", json!({"person": "ann", "amount": 10}))
        .await?;
    let pay = |key: &str| json!({"person": "bob", "amount": 4, "why": "lunch", "key": key});
    let first = ann.ok("transfer", pay("k1")).await?;
    bob.ok("block", json!({"person": "ann"})).await?;
    assert_eq!(ann.ok("transfer", pay("k1")).await?, first);
    for refused in [pay("k2"), json!({"person": "bob", "amount": 4})] {
        assert_eq!(ann.code("transfer", refused).await?, "not_accepting");
    }
    assert_eq!(ann.ok("credits", json!({})).await?["balance"], 6);
    // What was refused took its key with it: once the block is gone it goes through.
    bob.ok("unblock", json!({"person": "ann"})).await?;
    ann.ok("transfer", pay("k2")).await?;
    assert_eq!(ann.ok("credits", json!({})).await?["balance"], 2);
    assert_eq!(bob.ok("credits", json!({})).await?["balance"], 8);
    drop((owner, ann, bob));
    server.stop().await
}
