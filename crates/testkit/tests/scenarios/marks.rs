//! Read markers and unread counts, the same on all of one's devices (R9).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    driver::{IrcPerson, NativePerson, PASSWORD, Person},
    server::TestServer,
    wire::Wire,
};

async fn say(wire: &mut Wire, room: &str, body: &str) -> Result<u64> {
    let sent = wire.ok("send", json!({"room": room, "body": body})).await?;
    sent["seq"].as_u64().context("no seq")
}

/// Marker, unread messages and unread mentions of a room in a list of them.
fn standing(rooms: &Value, name: &str) -> [u64; 3] {
    let rooms = rooms["rooms"].as_array().cloned().unwrap_or_default();
    let entry = rooms.into_iter().find(|room| room["room"] == name);
    let entry = entry.unwrap_or_default();
    ["read", "unread", "mentions"].map(|field| entry[field].as_u64().unwrap_or(0))
}

/// The next `marked`: marker, unread messages and unread mentions.
async fn marked(wire: &mut Wire, room: &str) -> Result<[u64; 3]> {
    let marked = wire.event_named("marked").await?;
    assert_eq!(marked["room"], room);
    ["seq", "unread", "mentions"]
        .map(|field| marked[field].as_u64().context("no number"))
        .into_iter()
        .collect::<Result<Vec<_>>>()
        .map(|found| [found[0], found[1], found[2]])
}

/// What was heard of markers since the last look; the answer to a request comes after it.
async fn nothing_marked(wire: &mut Wire) -> Result<()> {
    wire.ok("rooms", json!({})).await?;
    let heard = wire.take_events();
    assert!(heard.iter().all(|heard| heard.event["ev"] != "marked"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_markers_and_counts_are_the_same_on_all_devices() -> Result<()> {
    for ephemeral in [false, true] {
        let server = if ephemeral {
            TestServer::ephemeral_open().await?
        } else {
            TestServer::open_to_all().await?
        };
        let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
        server.add_account("bob", PASSWORD).await?;
        let (mut phone, _) = server.sign_in_told("bob").await?;
        let (mut laptop, _) = server.sign_in_told("bob").await?;
        let first = say(&mut ann, "lobby", "one").await?;
        let second = say(&mut ann, "lobby", "two, @bob").await?;
        let third = say(&mut ann, "lobby", "three, @bob").await?;

        // Read on one, read on all: told live, and to one that comes back later.
        let mark = |seq: u64| json!({"room": "lobby", "seq": seq});
        phone.ok("mark", mark(second)).await?;
        assert_eq!(marked(&mut laptop, "lobby").await?, [second, 1, 1]);
        let (mut tablet, signed_in) = server.sign_in_told("bob").await?;
        assert_eq!(standing(&signed_in, "lobby"), [second, 1, 1]);
        nothing_marked(&mut phone).await?;
        nothing_marked(&mut ann).await?;

        // Never back, and nothing is told of what did not move.
        laptop.ok("mark", mark(first)).await?;
        laptop.ok("mark", mark(second)).await?;
        nothing_marked(&mut phone).await?;
        // Never past the head.
        laptop.ok("mark", mark(third + 1_000)).await?;
        assert_eq!(marked(&mut phone, "lobby").await?, [third, 0, 0]);
        assert_eq!(marked(&mut tablet, "lobby").await?, [third, 0, 0]);
        say(&mut ann, "lobby", "four, @bob").await?;
        for wire in [&mut phone, &mut laptop, &mut tablet] {
            let rooms = wire.ok("rooms", json!({"mine": true})).await?;
            assert_eq!(standing(&rooms, "lobby"), [third, 1, 1]);
        }

        // Sending reads what was said before, in rooms and in conversations.
        let fifth = say(&mut phone, "lobby", "five").await?;
        assert_eq!(marked(&mut laptop, "lobby").await?, [fifth, 0, 0]);
        assert_eq!(marked(&mut tablet, "lobby").await?, [fifth, 0, 0]);
        nothing_marked(&mut phone).await?;
        let told = ann.ok("send", json!({"to": "bob", "body": "psst"})).await?;
        let told = told["seq"].as_u64().context("no seq")?;
        tablet
            .ok("mark", json!({"room": "@ann", "seq": told}))
            .await?;
        assert_eq!(marked(&mut phone, "@ann").await?, [told, 0, 0]);
        nothing_marked(&mut ann).await?;
        drop((ann, phone, laptop, tablet));
        server.stop().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_what_is_said_on_irc_is_read_on_the_other_devices_too() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?.wire;
    server.add_account("bob", PASSWORD).await?;
    let (mut phone, _) = server.sign_in_told("bob").await?;
    let mut irc = IrcPerson::sign_in(&server, "bob").await?;
    say(&mut ann, "lobby", "are you there?").await?;
    assert_eq!(irc.say("lobby", "yes").await?, Ok(()));
    assert_eq!(marked(&mut phone, "lobby").await?, [2, 0, 0]);
    // The other way round, IRC shows at the next sign-in only what was not read.
    say(&mut ann, "lobby", "good").await?;
    phone.ok("mark", json!({"room": "lobby", "seq": 3})).await?;
    say(&mut ann, "lobby", "and now?").await?;
    irc.quit().await?;
    let mut irc = IrcPerson::sign_in(&server, "bob").await?;
    let shown = irc.shown_before("lobby").await?;
    assert_eq!(shown, [("ann".to_owned(), "and now?".to_owned())]);
    drop((ann, phone, irc));
    server.stop().await
}
