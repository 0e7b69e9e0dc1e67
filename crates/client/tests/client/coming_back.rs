//! The client that comes back: tokens, cursors, the queue, and what ends it.

use serde_json::{Value, json};
use snug_client::{
    Client, ClientOptions, Ended, KnownServer, OpenError, Opened, Profile, Update, Updates, open,
};
use snug_proto::{AccountId, ErrorCode, Event, LogId, PersonRef, Response, RoomId, RoomRef, Send};

use crate::fake::{FakeServer, Peer};

const ME: AccountId = AccountId::from_bytes([1; 16]);
const LOBBY: RoomId = RoomId::from_bytes([2; 16]);
const LOG: LogId = LogId::from_bytes([3; 16]);

fn rooms(seq: u64, read: u64) -> Value {
    json!([{"room": "lobby", "room_id": LOBBY, "member": true, "history": "all", "log": LOG,
            "seq": seq, "read": read, "unread": seq - read}])
}

fn message(seq: u64) -> Value {
    json!({"ev": "message", "room": "lobby", "room_id": LOBBY, "seq": seq,
           "at": "2026-11-20T19:41:07.118Z", "from": "ann", "from_id": ME,
           "body": format!("message {seq}")})
}

fn say(body: &str) -> Send {
    Send {
        manner: None,
        room: Some(RoomRef::from("lobby")),
        to: None::<PersonRef>,
        body: body.into(),
        reply_to: None,
        key: None,
    }
}

fn profile(server: &FakeServer) -> Profile {
    let profile = Profile::in_memory().unwrap();
    let home = KnownServer {
        alias: "home".into(),
        link: server.link(),
        name: "ann".into(),
        account: ME,
    };
    profile.remember(&home, Some(&"token 0".into())).unwrap();
    profile
}

/// Answers `hello` and `resume`; gives the token that was shown.
async fn take_resume(peer: &mut Peer, next: &str, seq: u64, read: u64) -> String {
    let hello = peer.expect("hello").await;
    let limits = json!({"line_bytes": 1, "body_bytes": 1, "pending": 1, "read_events": 1});
    let welcome = json!({"wire": 1, "server": "fake", "features": [], "registration": "open",
                         "limits": limits});
    peer.answer(&hello, welcome).await;
    let resume = peer.expect("resume").await;
    let signed_in = json!({"account": ME, "name": "ann", "role": "member", "session": next,
                           "rooms": rooms(seq, read), "more": false});
    peer.answer(&resume, signed_in).await;
    resume["session"].as_str().unwrap().to_owned()
}

/// Answers `follow`; gives the cursor of the lobby.
async fn take_follow(peer: &mut Peer) -> u64 {
    let follow = peer.expect("follow").await;
    peer.answer(&follow, json!({})).await;
    follow["cursors"][LOBBY.to_string()]["seq"]
        .as_u64()
        .unwrap()
}

async fn begin(server: &FakeServer, profile: &Profile) -> (Client, Updates, Peer) {
    let options = ClientOptions::default();
    let link = server.link();
    let opening = open(profile, "home", &link, &options);
    let serve = async {
        let mut peer = server.accept().await;
        take_resume(&mut peer, "token 1", 5, 5).await;
        peer
    };
    let (opened, mut peer) = tokio::join!(opening, serve);
    let (client, mut updates) =
        Client::start(profile.clone(), "home", opened.unwrap(), options).unwrap();
    assert!(matches!(updates.next().await, Some(Update::Online { .. })));
    assert_eq!(take_follow(&mut peer).await, 5);
    (client, updates, peer)
}

/// The next update but that all was told.
async fn next(updates: &mut Updates) -> Option<Update> {
    match updates.next().await {
        Some(Update::CaughtUp) => updates.next().await,
        other => other,
    }
}

async fn next_seq(updates: &mut Updates) -> u64 {
    match next(updates).await {
        Some(Update::Event(Event::Message(message))) => message.place.seq,
        other => panic!("{other:?}"),
    }
}

fn sent(seq: u64) -> Value {
    json!({"room": "lobby", "room_id": LOBBY, "seq": seq, "at": "2026-11-20T19:41:07.118Z"})
}

#[tokio::test]
async fn after_a_lost_connection_nothing_is_missed_nothing_twice_and_what_was_typed_is_sent_once() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    assert_eq!(profile.token("home").unwrap(), Some("token 1".into()));
    peer.say(&message(6)).await;
    assert_eq!(next_seq(&mut updates).await, 6);
    let first = client.submit(say("one")).unwrap();
    let one = peer.expect("send").await;
    // It is in the log, but the connection dies before the answer.
    drop(peer);
    let second = client.submit(say("two")).unwrap();
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Offline { .. })
    ));
    let mut peer = server.accept().await;
    assert_eq!(take_resume(&mut peer, "token 2", 8, 6).await, "token 1");
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Online { .. })
    ));
    // Whatever order follow and send come in, each is there once.
    let (mut again, mut followed) = (None, false);
    while again.is_none() || !followed {
        let line = peer.line().await.unwrap();
        match line["do"].as_str().unwrap() {
            "follow" => {
                assert_eq!(line["cursors"][LOBBY.to_string()]["seq"], 6);
                peer.say(&message(7)).await;
                peer.say(&message(8)).await;
                peer.say(&message(7)).await;
                peer.answer(&line, json!({})).await;
                followed = true;
            }
            "send" => again = Some(line),
            other => panic!("{other}"),
        }
    }
    let again = again.unwrap();
    assert_eq!((&again["key"], &again["body"]), (&one["key"], &one["body"]));
    assert!(one["key"].is_string());
    assert_eq!(next_seq(&mut updates).await, 7);
    assert_eq!(next_seq(&mut updates).await, 8);
    peer.answer(&again, sent(7)).await;
    let two = peer.expect("send").await;
    assert_eq!(two["body"], "two");
    assert_ne!(two["key"], one["key"]);
    peer.answer(&two, sent(9)).await;
    for id in [first, second] {
        match next(&mut updates).await {
            Some(Update::Answered { id: of, answer }) => {
                assert_eq!(of, id);
                assert!(matches!(answer, Ok(Response::Sent(_))));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(client.waiting(), 0);
    assert_eq!(profile.token("home").unwrap(), Some("token 2".into()));
}

#[tokio::test]
async fn a_rejection_is_told_and_dropped_and_a_fault_is_tried_again_before_what_comes_after() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    let first = client.submit(say("one")).unwrap();
    let second = client.submit(say("two")).unwrap();
    let one = peer.expect("send").await;
    peer.refuse(&one, "storage_full").await;
    let Some(Update::Delayed { id, refusal, .. }) = next(&mut updates).await else {
        panic!("no delay told");
    };
    assert_eq!((id, refusal.code), (first, ErrorCode::StorageFull));
    let again = peer.expect("send").await;
    assert_eq!((&again["key"], &again["body"]), (&one["key"], &one["body"]));
    peer.refuse(&again, "not_a_member").await;
    let Some(Update::Answered { id, answer }) = next(&mut updates).await else {
        panic!("no answer told");
    };
    assert_eq!(
        (id, answer.unwrap_err().code),
        (first, ErrorCode::NotAMember)
    );
    let two = peer.expect("send").await;
    peer.answer(&two, sent(6)).await;
    assert!(matches!(next(&mut updates).await, Some(Update::Answered { id, .. }) if id == second));
}

#[tokio::test]
async fn what_meets_a_full_disk_waits_for_as_long_as_it_is_full_and_keeps_its_order() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    let first = client.submit(say("one")).unwrap();
    let second = client.submit(say("two")).unwrap();
    let one = peer.expect("send").await;
    peer.refuse(&one, "storage_full").await;
    for _ in 0..30 {
        let Some(Update::Delayed { id, .. }) = next(&mut updates).await else {
            panic!("it is given up");
        };
        assert_eq!(id, first);
        let again = peer.expect("send").await;
        assert_eq!((&again["key"], &again["body"]), (&one["key"], &one["body"]));
        peer.refuse(&again, "storage_full").await;
    }
    assert!(matches!(next(&mut updates).await, Some(Update::Delayed { id, .. }) if id == first));
    for (id, body) in [(first, "one"), (second, "two")] {
        let send = peer.expect("send").await;
        assert_eq!(send["body"], body);
        peer.answer(&send, sent(6)).await;
        let answered = next(&mut updates).await;
        assert!(matches!(answered, Some(Update::Answered { id: of, answer: Ok(_) }) if of == id));
    }
}

#[tokio::test]
async fn asked_to_go_slower_the_client_does_until_all_is_sent() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    for words in ["one", "two", "three"] {
        client.submit(say(words)).unwrap();
    }
    let one = peer.expect("send").await;
    peer.refuse(&one, "too_fast").await;
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Delayed { .. })
    ));
    let again = peer.expect("send").await;
    assert_eq!(again["key"], one["key"]);
    let began = std::time::Instant::now();
    peer.answer(&again, sent(6)).await;
    for seq in 7..=8 {
        let send = peer.expect("send").await;
        peer.answer(&send, sent(seq)).await;
    }
    // Two waits of at least 300 ms: the server that was asked once is not asked in vain again.
    assert!(began.elapsed() >= std::time::Duration::from_millis(600));
}

#[tokio::test]
async fn holes_are_filled_by_pages_and_events_stand_before_the_answer_they_came_before() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    peer.say(&message(8)).await;
    let read = peer.expect("read").await;
    assert_eq!((&read["after"], &read["log"]), (&json!(5), &json!(LOG)));
    let page = json!({"events": [message(6), message(7)], "first": 1, "seq": 8, "log": LOG,
                      "more": true});
    peer.answer(&read, page).await;
    for seq in 6..=8 {
        assert_eq!(next_seq(&mut updates).await, seq);
    }
    client.submit(say("mine")).unwrap();
    let send = peer.expect("send").await;
    peer.say(&message(9)).await;
    peer.answer(&send, sent(9)).await;
    assert_eq!(next_seq(&mut updates).await, 9);
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Answered { .. })
    ));
}

#[tokio::test]
async fn only_what_was_taken_counts_as_shown_after_a_restart() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, mut peer) = begin(&server, &profile).await;
    for seq in 6..=9 {
        peer.say(&message(seq)).await;
    }
    assert_eq!(next_seq(&mut updates).await, 6);
    assert_eq!(next_seq(&mut updates).await, 7);
    let serve = async {
        let quit = peer.expect("quit").await;
        peer.answer(&quit, json!({})).await;
    };
    tokio::join!(client.close(updates), serve);
    let cursors = profile.cursors("home").unwrap();
    assert_eq!(cursors[&LOBBY].seq, 7);
}

#[tokio::test]
async fn a_session_that_was_ended_ends_the_client_and_a_password_helps() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (_client, mut updates, peer) = begin(&server, &profile).await;
    drop(peer);
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Offline { .. })
    ));
    let refuse = async {
        let mut peer = server.accept().await;
        let hello = peer.expect("hello").await;
        let limits = json!({"line_bytes": 1, "body_bytes": 1, "pending": 1, "read_events": 1});
        let welcome = json!({"wire": 1, "server": "fake", "features": [], "registration": "open",
                             "limits": limits});
        peer.answer(&hello, welcome).await;
        let resume = peer.expect("resume").await;
        peer.refuse(&resume, "bad_session").await;
        peer
    };
    let _peer = refuse.await;
    let Some(Update::Ended(Ended::SignedOut(refusal))) = next(&mut updates).await else {
        panic!("not ended");
    };
    assert_eq!(refusal.code, ErrorCode::BadSession);
    assert!(next(&mut updates).await.is_none());
}

#[tokio::test]
async fn a_server_that_changed_its_identity_meanwhile_is_not_spoken_to() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (_client, mut updates, peer) = begin(&server, &profile).await;
    let impostor = FakeServer::start().await;
    let link = snug_client::Link::new(
        "127.0.0.1",
        impostor.link().port(),
        server.link().fingerprint(),
    );
    let moved = KnownServer {
        link: link.unwrap(),
        ..profile.server("home").unwrap().unwrap()
    };
    profile.remember(&moved, Some(&"token 1".into())).unwrap();
    drop(peer);
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Offline { .. })
    ));
    assert!(impostor.try_accept().await.is_err());
    let Some(Update::Ended(Ended::Open(OpenError::Connect(error)))) = next(&mut updates).await
    else {
        panic!("not ended");
    };
    assert!(!error.passes());
}

#[tokio::test]
async fn without_a_connection_a_question_is_refused_and_a_request_queued() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let (client, mut updates, peer) = begin(&server, &profile).await;
    drop(peer);
    assert!(matches!(
        next(&mut updates).await,
        Some(Update::Offline { .. })
    ));
    let refusal = client.request(snug_proto::Ping {}).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::Busy);
    for _ in 0..1000 {
        client.submit(say("x")).unwrap();
    }
    assert!(client.submit(say("x")).is_err());
    assert_eq!(client.waiting(), 1000);
    client.close(updates).await;
}

#[tokio::test]
async fn no_token_and_a_bad_one_both_ask_for_a_password() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let known = profile.server("home").unwrap().unwrap();
    profile.remember(&known, None).unwrap();
    let options = ClientOptions::default();
    let link = server.link();
    let serve = async {
        let mut peer = server.accept().await;
        let hello = peer.expect("hello").await;
        let limits = json!({"line_bytes": 1, "body_bytes": 1, "pending": 1, "read_events": 1});
        let welcome = json!({"wire": 1, "server": "fake", "features": [], "registration": "open",
                             "limits": limits});
        peer.answer(&hello, welcome).await;
    };
    let (opened, ()) = tokio::join!(open(&profile, "home", &link, &options), serve);
    let error: OpenError = opened.map(|_: Opened| ()).unwrap_err();
    assert!(error.wants_password(), "{error}");
}

#[tokio::test]
async fn one_that_begins_away_takes_what_is_said_and_sends_it_once_the_server_is_there() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let options = ClientOptions::default();
    let (client, mut updates) = Client::start_away(profile, "home", options).unwrap();
    let early = client.submit(say("early")).unwrap();
    // It is there, and goes before it lets anyone in.
    drop(server.accept().await);
    assert!(matches!(updates.next().await, Some(Update::Offline { .. })));
    client.try_now();
    let mut peer = server.accept().await;
    take_resume(&mut peer, "token 1", 5, 5).await;
    assert!(matches!(updates.next().await, Some(Update::Online { .. })));
    let (mut said, mut followed) = (None, false);
    while said.is_none() || !followed {
        let line = peer.line().await.unwrap();
        if line["do"] == "follow" {
            peer.answer(&line, json!({})).await;
            followed = true;
        } else {
            assert_eq!(
                (&line["do"], &line["body"]),
                (&json!("send"), &json!("early"))
            );
            peer.answer(&line, sent(6)).await;
            said = Some(line);
        }
    }
    match next(&mut updates).await {
        Some(Update::Answered { id, answer: Ok(_) }) => assert_eq!(id, early),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_that_begins_away_without_a_sign_in_says_that_a_password_is_needed() {
    let server = FakeServer::start().await;
    let profile = profile(&server);
    let known = profile.server("home").unwrap().unwrap();
    profile.remember(&known, None).unwrap();
    let options = ClientOptions::default();
    let (_client, mut updates) = Client::start_away(profile, "home", options).unwrap();
    let serve = async {
        let mut peer = server.accept().await;
        let hello = peer.expect("hello").await;
        let limits = json!({"line_bytes": 1, "body_bytes": 1, "pending": 1, "read_events": 1});
        let welcome = json!({"wire": 1, "server": "fake", "features": [], "registration": "open",
                             "limits": limits});
        peer.answer(&hello, welcome).await;
        peer
    };
    let (update, _peer) = tokio::join!(updates.next(), serve);
    match update {
        Some(Update::Ended(Ended::Open(error))) => assert!(error.wants_password(), "{error}"),
        other => panic!("{other:?}"),
    }
}
