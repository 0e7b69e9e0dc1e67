//! What one hears and reads after leaving and coming back, in rooms on disk and in memory, and after a
//! commit that failed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod hooked;
mod large;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use common::{
    come_in, connect, create, engine, engine_on, entered, follow, is_body, join, leave, say, sent,
    seqs_in, until, whisper,
};
use hooked::{Hook, HookedStore};
use snug_engine::{Closing, Engine, EngineSession};
use snug_proto::{
    CreateRoom, ErrorCode, Event, Hello, HistoryPolicy, Mark, Page, Pending, Read, Request,
    Response, Resume, RoomEntry, RoomRef, Secret, Session, SignedIn, Who,
};
use snug_rules::Retention;
use snug_store::{SqliteStore, StoreError};

/// The whole room, as far as one may read it.
fn read(room: impl Into<RoomRef>) -> Request {
    Read {
        room: room.into(),
        after: Some(0),
        before: None,
        since: None,
        limit: Some(500),
        log: None,
    }
    .into()
}

async fn page(pending: Pending) -> Page {
    match pending.await {
        Ok(Response::Page(page)) => page,
        other => panic!("{other:?}"),
    }
}

async fn ram_engine() -> Arc<Engine> {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    engine_on(store, Retention::Ram).await
}

async fn resume(engine: &Arc<Engine>, session: Secret) -> (EngineSession, SignedIn) {
    let back = connect(engine);
    match back.request(Resume { session }.into()).await {
        Ok(Response::SignedIn(signed_in)) => (back, signed_in),
        other => panic!("{other:?}"),
    }
}

fn room_of<'a>(signed_in: &'a SignedIn, name: &str) -> &'a RoomEntry {
    let mut rooms = signed_in.rooms.iter();
    rooms.find(|entry| entry.room == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyed_creation_retried_after_leaving_lets_one_hear_nothing() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    let keyed = || {
        Request::from(CreateRoom {
            room: "den".into(),
            password: None,
            access: None,
            hidden: false,
            retention: None,
            history: None,
            key: Some("k".into()),
        })
    };
    let first = entered(ann.request(keyed())).await;
    ben.request(join("den")).await.unwrap();
    ann.request(leave("den")).await.unwrap();
    until(&ann, |event| matches!(event, Event::Left(_))).await;
    let again = entered(ann.request(keyed())).await;
    assert_eq!((again.room_id, again.member), (first.room_id, false));
    sent(ben.request(say("den", "behind her back"))).await;
    sent(ben.request(say("lobby", "marker"))).await;
    let heard = until(&ann, |event| is_body(event, "marker")).await;
    assert!(seqs_in(&heard, "den").is_empty(), "{heard:?}");
    assert!(
        !heard
            .iter()
            .any(|event| matches!(event, Event::RoomAdded(_)))
    );
    let refused = ann.request(read("den")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotAMember);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn since_joining_holds_in_rooms_in_memory_for_following_and_reading() {
    let engine = ram_engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    let create = CreateRoom {
        room: "den".into(),
        password: None,
        access: None,
        hidden: false,
        retention: None,
        history: Some(HistoryPolicy::SinceJoining),
        key: None,
    };
    // The founder was there before the first number of a room in memory.
    ann.request(create.into()).await.unwrap();
    assert_eq!(sent(ann.request(say("den", "secret"))).await, 1);
    let den = entered(ben.request(join("den"))).await;
    assert_eq!((den.seq, den.read, den.unread), (Some(2), Some(2), Some(0)));
    until(&ben, |event| matches!(event, Event::Joined(_))).await;
    ben.request(follow(&den, 0)).await.unwrap();
    sent(ann.request(say("den", "marker"))).await;
    let heard = until(&ben, |event| is_body(event, "marker")).await;
    assert_eq!(seqs_in(&heard, "den"), [2, 3], "{heard:?}");
    // What was never his to read is not missed.
    assert!(!heard.iter().any(|event| matches!(event, Event::Gap(_))));
    let page = page(ben.request(read("den"))).await;
    assert_eq!(seqs_in(&page.events, "den"), [2, 3]);
    assert_eq!((page.first, page.more), (2, false));
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_to_rooms_in_memory_lists_their_numbers_and_replays_nothing_unasked() {
    let engine = ram_engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    ann.request(create("den")).await.unwrap();
    let (ben, ben_in) = come_in(&engine, "ben").await;
    ben.request(join("den")).await.unwrap();
    ben.close(Closing::Lost);
    for n in 0..3 {
        sent(ann.request(say("lobby", &format!("lobby {n}")))).await;
        sent(ann.request(say("den", &format!("den {n}")))).await;
    }
    let (ben, ben_in) = resume(&engine, ben_in.session.unwrap()).await;
    let numbers = |entry: &RoomEntry| (entry.seq, entry.read, entry.unread);
    let lobby = room_of(&ben_in, "lobby");
    assert_eq!(numbers(lobby), (Some(3), Some(0), Some(3)));
    let den = room_of(&ben_in, "den");
    assert_eq!(numbers(den), (Some(4), Some(1), Some(3)));
    assert_eq!(den.log, Some(page(ben.request(read("den"))).await.log));
    // One who registers now has nothing unread: all of it was before their time.
    let (_cem, cem_in) = come_in(&engine, "cem").await;
    assert_eq!(
        numbers(room_of(&cem_in, "lobby")),
        (Some(3), Some(3), Some(0))
    );
    sent(ann.request(say("den", "now"))).await;
    sent(ann.request(say("lobby", "marker"))).await;
    let heard = until(&ben, |event| is_body(event, "marker")).await;
    assert_eq!(seqs_in(&heard, "den"), [5], "{heard:?}");
    assert_eq!(seqs_in(&heard, "lobby"), [4], "{heard:?}");
    // Asked for, it is there.
    ben.request(follow(den, 1)).await.unwrap();
    sent(ann.request(say("den", "last"))).await;
    let heard = until(&ben, |event| is_body(event, "last")).await;
    assert_eq!(seqs_in(&heard, "den"), [2, 3, 4, 5, 6]);
    engine.shut_down().await;
}

/// Refuses the next commit for want of room.
#[derive(Default)]
struct FullDisk(AtomicBool);

impl Hook for FullDisk {
    fn commit(&self) -> Result<(), StoreError> {
        if self.0.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Full);
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_commit_that_failed_everything_is_answered_at_once() {
    let disk = Arc::new(FullDisk::default());
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let store = HookedStore::over(store, Arc::clone(&disk) as Arc<dyn Hook>);
    let engine = engine_on(store, Retention::Forever).await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (_ben, _) = come_in(&engine, "ben").await;
    let den = entered(ann.request(create("den"))).await;
    sent(ann.request(say("den", "kept"))).await;
    sent(ann.request(whisper("ben", "kept"))).await;
    let id = RoomRef::Id(den.room_id);
    let who = |room: RoomRef| {
        Request::from(Who {
            room: Some(room),
            after: None,
            people: Vec::new(),
        })
    };
    let mark = |room: RoomRef| Request::from(Mark { room, seq: 1 });
    let asked = [
        (say("den", "lost"), read("den")),
        (say("den", "lost"), who("den".into())),
        (say("den", "lost"), mark("den".into())),
        (say("den", "lost"), read(id.clone())),
        (say("den", "lost"), who(id.clone())),
        (say("den", "lost"), mark(id)),
        (whisper("ben", "lost"), read("@ben")),
        (whisper("ben", "lost"), who("@ben".into())),
        (whisper("ben", "lost"), mark("@ben".into())),
        (say("den", "lost"), say("den", "kept too")),
    ];
    for (lost, next) in asked {
        disk.0.store(true, Ordering::SeqCst);
        let refused = ann.request(lost).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::StorageFull);
        let what = format!("{next:?}");
        let answer = ann.request(next).await;
        assert!(answer.is_ok(), "{what}: {answer:?}");
    }
    let page = page(ann.request(read("den"))).await;
    assert_eq!(seqs_in(&page.events, "den"), [1, 2, 3]);
    engine.shut_down().await;
}

/// Signs in quietly, as scripts do.
async fn quietly(engine: &Arc<Engine>, session: Secret) -> (EngineSession, SignedIn) {
    let back = connect(engine);
    let hello = Hello {
        client: "script".into(),
        wire: 1,
        quiet: true,
        user: None,
    };
    back.request(hello.into()).await.unwrap();
    match back.request(Resume { session }.into()).await {
        Ok(Response::SignedIn(signed_in)) => (back, signed_in),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_quiet_session_comes_and_goes_and_nobody_is_told() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, signed_in) = come_in(&engine, "ben").await;
    let told = |online: bool| {
        move |event: &Event| {
            matches!(event, Event::Presence(presence)
                if presence.subject.name == "ben" && presence.online == online)
        }
    };
    until(&ann, told(true)).await;
    ben.close(Closing::Quit);
    until(&ann, told(false)).await;
    let (script, signed_in) = quietly(&engine, signed_in.session.unwrap()).await;
    let Ok(Response::People(people)) = ann.request(Who::default().into()).await else {
        panic!();
    };
    let names: Vec<_> = people.people.iter().map(|person| &person.name).collect();
    assert_eq!(names, ["ann"]);
    // It says what it has to say, and of that all are told.
    sent(script.request(say("lobby", "from a script"))).await;
    let heard = until(&ann, |event| is_body(event, "from a script")).await;
    assert!(!heard.iter().any(told(true)), "{heard:?}");
    // Beside it the person comes and goes as ever.
    let (ben, _) = resume(&engine, signed_in.session.unwrap()).await;
    until(&ann, told(true)).await;
    script.close(Closing::Quit);
    sent(ben.request(say("lobby", "still here"))).await;
    let heard = until(&ann, |event| is_body(event, "still here")).await;
    assert!(!heard.iter().any(told(false)), "{heard:?}");
    ben.close(Closing::Quit);
    until(&ann, told(false)).await;
}
