//! The path of a message through the engine alone: in process, on the real store, no sockets.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "path/asker.rs"]
mod asker;
mod common;
#[path = "path/spammer.rs"]
mod spammer;

use std::sync::Arc;

use common::{come_in, connect, engine, engine_on, is_body, say, sent, until};
use snug_engine::Closing;
use snug_proto::{
    CreateRoom, Cursor, Delete, Edit, ErrorCode, Event, Follow, Join, Leave, Pending, Read,
    Refusal, Request, Response, Secret, Send, Session,
};
use snug_rules::Retention;
use snug_store::{Durability, SqliteStore};

fn code(answer: Result<Response, Refusal>) -> ErrorCode {
    answer.expect_err("it should be refused").code
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_says_another_hears_and_it_stands_in_the_log() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, ben_in) = come_in(&engine, "ben").await;
    assert_eq!(ben_in.rooms.len(), 1);
    let pending: Vec<Pending> = (0..100)
        .map(|n| ann.request(say("lobby", &format!("line {n}"))))
        .collect();
    for (expected, pending) in (1..).zip(pending) {
        assert_eq!(sent(pending).await, expected);
    }
    let heard = until(&ben, |event| is_body(event, "line 99")).await;
    let bodies = heard
        .iter()
        .filter(|event| matches!(event, Event::Message(_)))
        .count();
    assert_eq!(bodies, 100);
    let read = Read {
        room: "lobby".into(),
        after: Some(98),
        before: None,
        since: None,
        limit: None,
        log: None,
    };
    let Ok(Response::Page(page)) = ben.request(read.into()).await else {
        panic!("no page")
    };
    assert_eq!((page.events.len(), page.seq, page.more), (2, 100, false));
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_once_and_leaving_ends_reading() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    let create = CreateRoom {
        room: "den".into(),
        password: Some("sesame".into()),
        access: None,
        hidden: false,
        retention: None,
        history: None,
        key: None,
    };
    ann.request(create.into()).await.unwrap();
    let join = |password: Option<&str>| {
        Request::from(Join {
            room: "den".into(),
            password: password.map(Secret::from),
        })
    };
    assert_eq!(
        code(ben.request(say("den", "hi")).await),
        ErrorCode::NotAMember
    );
    assert_eq!(
        code(ben.request(join(None)).await),
        ErrorCode::PasswordNeeded
    );
    assert_eq!(
        code(ben.request(join(Some("open"))).await),
        ErrorCode::WrongPassword
    );
    ben.request(join(Some("sesame"))).await.unwrap();
    ben.request(join(None)).await.unwrap();
    // Pipelined: the send is decided on the view that the joining made.
    sent(ben.request(say("den", "hi"))).await;
    until(&ann, |event| is_body(event, "hi")).await;
    ben.request(
        Leave {
            room: "den".into(),
            reason: None,
        }
        .into(),
    )
    .await
    .unwrap();
    let read = Read {
        room: "den".into(),
        after: None,
        before: None,
        since: None,
        limit: None,
        log: None,
    };
    assert_eq!(code(ben.request(read.into()).await), ErrorCode::NotAMember);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_waits_for_one_who_is_away_and_a_cursor_brings_it() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, ben_in) = come_in(&engine, "ben").await;
    let token = ben_in.session.unwrap();
    ben.close(Closing::Lost);
    let direct = Send {
        manner: None,
        room: None,
        to: Some("ben".into()),
        body: "psst".into(),
        reply_to: None,
        key: None,
    };
    sent(ann.request(direct.into())).await;
    let again = connect(&engine);
    let resume = snug_proto::Resume { session: token };
    let Ok(Response::SignedIn(back)) = again.request(resume.into()).await else {
        panic!()
    };
    let room = back
        .rooms
        .iter()
        .find(|room| room.direct)
        .expect("the conversation is listed");
    assert_eq!((room.room.as_str(), room.unread), ("@ann", Some(1)));
    let cursor = Cursor {
        log: room.log.unwrap(),
        seq: 0,
    };
    let cursors = [(room.room_id, cursor)].into();
    again.request(Follow { cursors }.into()).await.unwrap();
    let heard = until(&again, |event| is_body(event, "psst")).await;
    let place = heard.last().unwrap().place().unwrap();
    assert!(place.direct);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_costs_its_bound_and_then_reads_everything_from_the_log() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    let body = "x".repeat(8 * 1024);
    for _ in 0..100 {
        sent(ann.request(say("lobby", &body))).await;
    }
    sent(ann.request(say("lobby", "last"))).await;
    let heard = until(&ben, |event| is_body(event, "last")).await;
    let seqs: Vec<u64> = heard
        .iter()
        .filter_map(Event::place)
        .map(|place| place.seq)
        .collect();
    assert_eq!(seqs, (1..=101).collect::<Vec<_>>());
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_changed_and_taken_back_by_their_author_alone() {
    for retention in [Retention::Forever, Retention::Ram] {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let engine = engine_on(store, retention).await;
        let (ann, _) = come_in(&engine, "ann").await;
        let (ben, _) = come_in(&engine, "ben").await;
        let seq = sent(ann.request(say("lobby", "teh"))).await;
        let edit = |seq, body: &str| {
            Request::from(Edit {
                room: "lobby".into(),
                seq,
                body: body.into(),
                key: None,
            })
        };
        let delete = |seq| {
            Request::from(Delete {
                reason: None,
                room: "lobby".into(),
                seq,
                key: None,
            })
        };
        assert_eq!(
            code(ben.request(edit(seq, "no")).await),
            ErrorCode::NotYours
        );
        assert_eq!(code(ben.request(delete(seq)).await), ErrorCode::NotYours);
        assert_eq!(
            code(ann.request(edit(99, "no")).await),
            ErrorCode::UnknownEvent
        );
        sent(ann.request(edit(seq, "the"))).await;
        sent(ann.request(delete(seq))).await;
        assert_eq!(code(ann.request(edit(seq, "no")).await), ErrorCode::Gone);
        let read = Read {
            room: "lobby".into(),
            after: Some(0),
            before: None,
            since: None,
            limit: None,
            log: None,
        };
        let Ok(Response::Page(page)) = ben.request(read.into()).await else {
            panic!()
        };
        let text = format!("{:?}", page.events);
        assert!(!text.contains("teh") && !text.contains("the\""), "{text}");
        engine.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_a_retry_safe_and_cannot_be_used_for_something_else() {
    for retention in [Retention::Forever, Retention::Ram] {
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        let engine = engine_on(store, retention).await;
        let (ann, _) = come_in(&engine, "ann").await;
        let keyed = |body: &str| {
            let key = Some("k1".to_owned());
            Request::from(Send {
                manner: None,
                room: Some("lobby".into()),
                to: None,
                body: body.into(),
                reply_to: None,
                key,
            })
        };
        let first = sent(ann.request(keyed("once"))).await;
        assert_eq!(sent(ann.request(keyed("once"))).await, first);
        assert_eq!(
            code(ann.request(keyed("twice")).await),
            ErrorCode::KeyReused
        );
        assert_eq!(sent(ann.request(say("lobby", "next"))).await, first + 1);
        engine.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_database_keep_one_gap_free_log_and_see_each_others_rules() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let open = || Arc::new(SqliteStore::open(&path, Durability::Power).unwrap());
    let one = engine_on(open(), Retention::Forever).await;
    let other = engine_on(open(), Retention::Forever).await;
    let (ann, _) = come_in(&one, "ann").await;
    let (ben, ben_in) = come_in(&one, "ben").await;
    let ben_there = connect(&other);
    let resume = snug_proto::Resume {
        session: ben_in.session.unwrap(),
    };
    ben_there.request(resume.into()).await.unwrap();
    let create = CreateRoom {
        room: "den".into(),
        password: None,
        access: None,
        hidden: false,
        retention: None,
        history: None,
        key: None,
    };
    ann.request(create.into()).await.unwrap();
    ben.request(
        Join {
            room: "den".into(),
            password: None,
        }
        .into(),
    )
    .await
    .unwrap();
    // The other engine loads the room with ben in it, then ben leaves by the first.
    sent(ben_there.request(say("den", "from there"))).await;
    sent(ann.request(say("den", "from here"))).await;
    let heard = until(&ann, |event| is_body(event, "from here")).await;
    assert!(
        heard.iter().any(|event| is_body(event, "from there")),
        "the gap was filled: {heard:?}"
    );
    ben.request(
        Leave {
            room: "den".into(),
            reason: None,
        }
        .into(),
    )
    .await
    .unwrap();
    assert_eq!(
        code(ben_there.request(say("den", "still?")).await),
        ErrorCode::NotAMember
    );
    one.shut_down().await;
    other.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_the_log_does_not_know_is_told_to_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let open = || Arc::new(SqliteStore::open(&path, Durability::Process).unwrap());
    let first = engine_on(open(), Retention::Forever).await;
    let (ann, ann_in) = come_in(&first, "ann").await;
    sent(ann.request(say("lobby", "one"))).await;
    let lobby = ann_in.rooms.first().unwrap();
    let (room, log) = (lobby.room_id, lobby.log.unwrap());
    let rewound = |event: &Event| matches!(event, Event::Rewound(_));
    // Above the head: the client has more than the log.
    let cursors = [(room, Cursor { log, seq: 99 })].into();
    ann.request(Follow { cursors }.into()).await.unwrap();
    until(&ann, rewound).await;
    first.shut_down().await;

    // The machine lost power, and with it perhaps the tail of every log.
    let lost = snug_engine::Config {
        tail_may_be_lost: true,
        ..common::config(Retention::Forever)
    };
    let second = snug_engine::Engine::start(lost, open()).await.unwrap();
    let ann = connect(&second);
    let session = ann_in.session.unwrap();
    ann.request(snug_proto::Resume { session }.into())
        .await
        .unwrap();
    let cursors = [(room, Cursor { log, seq: 1 })].into();
    ann.request(Follow { cursors }.into()).await.unwrap();
    let seen = until(&ann, rewound).await;
    let Some(Event::Rewound(told)) = seen.last() else {
        panic!("{seen:?}")
    };
    assert_ne!(told.log, log);
    assert_eq!((told.first, told.seq), (1, 1));
    let read = Read {
        room: "lobby".into(),
        after: Some(1),
        before: None,
        since: None,
        limit: None,
        log: Some(log),
    };
    assert_eq!(code(ann.request(read.into()).await), ErrorCode::Rewound);
    second.shut_down().await;
}
