//! Friends, blocks and strangers (D2, D3, D4). Blocks are made on the native wire, and tried over every
//! front.

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::{
    driver::{NativePerson, No, Noticed, PASSWORD, Person},
    server::TestServer,
};

over_every_front! {
    d3_a_block_stops_direct_messages_in_both_directions
    d3_a_block_made_first_stops_the_first_message_and_leaves_no_trace
    d4_strangers_are_refused_where_somebody_says_so
}

fn person(name: &str) -> Value {
    json!({"person": name})
}

fn about(ev: &'static str, name: &'static str) -> impl Fn(&Value) -> bool {
    move |event| event["ev"] == ev && event["name"] == name
}

async fn d3_a_block_stops_direct_messages_in_both_directions<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(bob.tell("ann", "before").await?, Ok(()));
    let before = Noticed::Told {
        from: "bob".into(),
        words: "before".into(),
    };
    ann.notices(&before).await?;
    let mut anns = server.sign_in("ann").await?;
    anns.ok("block", person("bob")).await?;
    assert_eq!(bob.tell("ann", "after").await?, Err(No::NotAccepting));
    assert_eq!(ann.tell("bob", "after").await?, Err(No::NotAccepting));
    // In shared rooms they still hear each other.
    assert_eq!(bob.say("lobby", "here I am").await?, Ok(()));
    ann.hears("lobby", "bob", "here I am").await?;
    anns.ok("unblock", person("bob")).await?;
    assert_eq!(bob.tell("ann", "again").await?, Ok(()));
    let again = Noticed::Told {
        from: "bob".into(),
        words: "again".into(),
    };
    loop {
        match ann.notice().await? {
            Noticed::Told { words, .. } if words == "after" => panic!("a block was passed"),
            heard if heard == again => return Ok(()),
            _ => {}
        }
    }
}

async fn d3_a_block_made_first_stops_the_first_message_and_leaves_no_trace<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = server.newcomer("ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    ann.ok("block", person("bob")).await?;
    assert_eq!(bob.tell("ann", "hello").await?, Err(No::NotAccepting));
    let rooms = ann.ok("rooms", json!({"mine": true})).await?;
    assert_eq!(rooms["rooms"].as_array().map(Vec::len), Some(1), "{rooms}");
    assert!(
        !ann.take_events()
            .iter()
            .any(|heard| heard.event["ev"] == "room_added")
    );
    Ok(())
}

async fn d4_strangers_are_refused_where_somebody_says_so<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = server.newcomer("ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(bob.tell("ann", "one").await?, Ok(()));
    let myself = ann.ok("me", json!({"strangers": false})).await?;
    assert_eq!(myself["strangers"], false);
    // The conversation that is there opens nothing: she never answered.
    assert_eq!(bob.tell("ann", "two").await?, Err(No::NotAccepting));
    // A room in common does; so does her own word.
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    ann.ok("join", json!({"room": "den"})).await?;
    assert_eq!(bob.tell("ann", "three").await?, Ok(()));
    ann.ok("leave", json!({"room": "den"})).await?;
    assert_eq!(bob.tell("ann", "four").await?, Err(No::NotAccepting));
    ann.ok("send", json!({"to": "bob", "body": "yes?"})).await?;
    assert_eq!(bob.tell("ann", "five").await?, Ok(()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_friends_ask_accept_and_see_each_other_come_and_go() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let mut bobs_phone = server.sign_in("bob").await?;
    let asked = ann.ok("befriend", person("bob")).await?;
    assert_eq!(asked["state"], "asked");
    for wire in [&mut bob, &mut bobs_phone] {
        let asks = wire.event(about("friend", "ann")).await?;
        assert_eq!(asks["state"], "asks");
    }
    // Asking shows nothing of who is here, and asking twice asks once.
    let list = ann.ok("friends", json!({})).await?;
    assert_eq!(list["friends"][0]["state"], "asked");
    assert_eq!(list["friends"][0].get("online"), None);
    assert_eq!(ann.ok("befriend", person("bob")).await?["state"], "asked");
    assert_eq!(bob.ok("befriend", person("ann")).await?["state"], "friends");
    ann.event(|event| about("friend", "bob")(event) && event["state"] == "friends")
        .await?;
    let here = ann.event(about("friend_presence", "bob")).await?;
    assert_eq!(here["online"], true);
    let list = ann.ok("friends", json!({})).await?;
    assert_eq!(list["friends"][0]["online"], true);
    bobs_phone.ok("quit", json!({})).await?;
    bob.ok("quit", json!({})).await?;
    let gone = ann.event(about("friend_presence", "bob")).await?;
    assert_eq!(gone["online"], false);
    let mut bob = server.sign_in("bob").await?;
    let here = ann.event(about("friend_presence", "bob")).await?;
    assert_eq!(here["online"], true);
    bob.ok("unfriend", person("ann")).await?;
    let ended = ann.event(about("friend", "bob")).await?;
    assert_eq!(ended["state"], "none");
    assert_eq!(bob.ok("friends", json!({})).await?["friends"], json!([]));
    drop((ann, bob, bobs_phone));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_one_who_was_away_finds_who_asks() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    server.add_account("bob", PASSWORD).await?;
    ann.ok("befriend", person("bob")).await?;
    let mut bob = server.sign_in("bob").await?;
    let list = bob.ok("friends", json!({})).await?;
    assert_eq!(list["friends"][0]["name"], "ann");
    assert_eq!(list["friends"][0]["state"], "asks");
    bob.ok("unfriend", person("ann")).await?;
    ann.event(|event| about("friend", "bob")(event) && event["state"] == "none")
        .await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_block_ends_the_friendship_and_stops_asking_edits_and_presence() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    ann.ok("befriend", person("bob")).await?;
    bob.ok("befriend", person("ann")).await?;
    let sent = bob
        .ok("send", json!({"to": "ann", "body": "the old words"}))
        .await?;
    let seq = sent["seq"].clone();
    ann.event(|event| event["body"] == "the old words").await?;
    ann.ok("block", person("bob")).await?;
    bob.event(|event| about("friend", "ann")(event) && event["state"] == "none")
        .await?;
    // By name, by the person's id, by the room's id: one answer.
    let friends = bob.ok("friends", json!({})).await?;
    assert_eq!(friends["friends"], json!([]));
    let ann_id = ann.ok("me", json!({})).await?["account"].clone();
    for to in [
        json!({"to": "ann", "body": "x"}),
        json!({"to": ann_id, "body": "x"}),
        json!({"room": "@ann", "body": "x"}),
        json!({"room": sent["room_id"], "body": "x"}),
    ] {
        assert_eq!(bob.code("send", to.clone()).await?, "not_accepting", "{to}");
    }
    let edit = json!({"room": "@ann", "seq": seq, "body": "new words"});
    assert_eq!(bob.code("edit", edit).await?, "not_accepting");
    assert_eq!(bob.code("befriend", person("ann")).await?, "not_accepting");
    // What was said stays readable, and may be taken back.
    let page = bob.ok("read", json!({"room": "@ann"})).await?;
    assert_eq!(page["events"][0]["body"], "the old words");
    bob.ok("delete", json!({"room": "@ann", "seq": seq}))
        .await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_what_is_sent_in_one_go_stays_in_order_for_one_who_takes_nothing_from_strangers()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    let mut bobs = server.sign_in("bob").await?;
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    ann.ok("join", json!({"room": "den"})).await?;
    ann.ok("me", json!({"strangers": false})).await?;
    let ann_id = ann.ok("me", json!({})).await?["account"].clone();
    let mut asked = Vec::new();
    for number in 0..20 {
        let line = json!({"to": ann_id, "body": number.to_string()});
        asked.push(bobs.submit("send", line).await?);
    }
    for id in asked {
        assert!(bobs.answer(id).await?.is_ok());
    }
    for number in 0..20 {
        let heard = ann
            .event(|event| event["ev"] == "message" && event["direct"] == true)
            .await?;
        assert_eq!(heard["body"], number.to_string());
    }
    drop((ann, bob, bobs));
    server.stop().await
}
