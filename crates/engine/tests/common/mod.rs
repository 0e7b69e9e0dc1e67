//! An engine on a real store, and people who come into it.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use snug_auth::{CHEAP, ServerKeys};
use snug_engine::{Addresses, Config, Engine, EngineSession, Front, Origin, SystemClock};
use snug_proto::{
    CreateRoom, Cursor, Event, Follow, Join, Leave, Pending, Register, Registration, Request,
    Response, RoomEntry, RoomRef, Secret, Send, Session, SignedIn, Stream,
};
use snug_rules::Retention;
use snug_store::{SqliteStore, Store};

/// An engine on this store, its new rooms keeping events so long.
pub async fn engine_on(store: Arc<dyn Store>, retention: Retention) -> Arc<Engine> {
    let config = config(retention);
    Engine::start(config, store).await.unwrap()
}

/// A configuration with keys of its own and everything cheap and open.
pub fn config(retention: Retention) -> Config {
    let keys = Arc::new(ServerKeys::generate(&mut rand::rngs::OsRng));
    Config {
        server: "snug test".into(),
        keys,
        argon2: CHEAP,
        registration: Registration::Open,
        access_code: None,
        retention,
        tail_may_be_lost: false,
        addresses: Addresses::Kept,
        guessing: snug_rules::GuessLimits::default(),
        makings: snug_rules::MakingLimits::default(),
        door: None,
        shield: snug_engine::ShieldPrice::default(),
        scram_for_new_accounts: false,
        min_password_chars: snug_proto::limits::MIN_PASSWORD_CHARS,
        quitting: snug_engine::Quitting::default(),
        guests: snug_proto::GuestPolicy::Off,
        talking: snug_engine::Talking::default(),
        clock: Arc::new(SystemClock),
    }
}

/// An engine in memory.
pub async fn engine() -> Arc<Engine> {
    engine_on(
        Arc::new(SqliteStore::in_memory().unwrap()),
        Retention::Forever,
    )
    .await
}

/// A session that is not signed in.
pub fn connect(engine: &Arc<Engine>) -> EngineSession {
    engine.connect(Origin {
        line: snug_engine::Line::default(),
        visitor: None,
        secure: true,
        certificate: None,
        address: None,
        front: Front::Native,
    })
}

/// A session of a new account.
pub async fn come_in(engine: &Arc<Engine>, name: &str) -> (EngineSession, SignedIn) {
    let session = connect(engine);
    let password = Secret::from("correct horse");
    let register = Register {
        name: name.into(),
        password,
        code: None,
    };
    match session.request(register.into()).await {
        Ok(Response::SignedIn(signed_in)) => (session, signed_in),
        other => panic!("{other:?}"),
    }
}

/// What does not come within this long does not come: a test that would wait for ever fails.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Says something in a room.
pub fn say(room: &str, body: &str) -> Request {
    let room = Some(RoomRef::from(room));
    Send {
        manner: None,
        room,
        to: None,
        body: body.into(),
        reply_to: None,
        key: None,
    }
    .into()
}

/// Says something to a person.
pub fn whisper(name: &str, body: &str) -> Request {
    Send {
        manner: None,
        room: None,
        to: Some(name.into()),
        body: body.into(),
        reply_to: None,
        key: None,
    }
    .into()
}

/// Makes an open room.
pub fn create(room: &str) -> Request {
    CreateRoom {
        room: room.into(),
        password: None,
        access: None,
        hidden: false,
        retention: None,
        history: None,
        key: None,
    }
    .into()
}

/// Joins an open room.
pub fn join(room: &str) -> Request {
    Join {
        room: room.into(),
        password: None,
    }
    .into()
}

/// Leaves a room.
pub fn leave(room: &str) -> Request {
    Leave {
        room: room.into(),
        reason: None,
    }
    .into()
}

/// Follows a room after this seq.
pub fn follow(entry: &RoomEntry, seq: u64) -> Request {
    let log = entry.log.unwrap();
    let cursors = [(entry.room_id, Cursor { log, seq })].into();
    Follow { cursors }.into()
}

/// The seq of what was sent.
pub async fn sent(pending: Pending) -> u64 {
    match pending.await {
        Ok(Response::Sent(sent)) => sent.seq,
        other => panic!("{other:?}"),
    }
}

/// The room that was entered.
pub async fn entered(pending: Pending) -> RoomEntry {
    match pending.await {
        Ok(Response::Entered(entered)) => entered.entry,
        other => panic!("{other:?}"),
    }
}

/// What comes next, everything that is there at once.
pub async fn taken(session: &EngineSession) -> Vec<Event> {
    let mut batch = Vec::new();
    let taken = std::future::poll_fn(|context| session.poll_deliveries(context, &mut batch));
    let stream = tokio::time::timeout(DEADLINE, taken).await;
    assert_eq!(stream, Ok(Stream::Awaited), "nothing comes any more");
    let events = batch.iter().map(|delivery| delivery.event().clone());
    events.collect()
}

/// Takes events until one satisfies `wanted`; what was there after it is left out.
pub async fn until(session: &EngineSession, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut seen = Vec::new();
    loop {
        for event in taken(session).await {
            let found = wanted(&event);
            seen.push(event);
            if found {
                return seen;
            }
        }
    }
}

/// Takes what is there, without waiting.
pub fn taken_now(session: &EngineSession) -> (Vec<Event>, Poll<Stream>) {
    let mut batch = Vec::new();
    let mut context = Context::from_waker(std::task::Waker::noop());
    let polled = session.poll_deliveries(&mut context, &mut batch);
    let events = batch.iter().map(|delivery| delivery.event().clone());
    (events.collect(), polled)
}

/// Is it a message of these words?
pub fn is_body(event: &Event, words: &str) -> bool {
    matches!(event, Event::Message(message) if message.body == words)
}

/// The seqs of a room's events among these, as they came.
pub fn seqs_in(events: &[Event], room: &str) -> Vec<u64> {
    let places = events.iter().filter_map(Event::place);
    places
        .filter(|place| place.room == room)
        .map(|place| place.seq)
        .collect()
}
