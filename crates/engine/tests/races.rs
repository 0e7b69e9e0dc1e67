//! What happens at the same moment: first words of two to each other, readers that catch up while others
//! go on, decisions that prove stale, settings, and the end of the server.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "races/blocks.rs"]
mod blocks;
mod common;
mod hooked;

use std::{
    collections::VecDeque,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::Poll,
};

use common::{
    come_in, config, connect, create, engine, engine_on, entered, follow, is_body, join, leave,
    say, sent, seqs_in, taken, taken_now, until, whisper,
};
use hooked::{Door, Ends, Hook, HookedStore};
use snug_engine::{Clock, Engine, EngineSession, Front, Origin};
use snug_proto::{
    AccountId, ErrorCode, Event, Inviters, Lockdown, LockdownLevel, Mark, Pending, Ping, Read,
    Registration, Request, Response, Role, Secret, Server, Session, SignIn, Stream, Timestamp,
};
use snug_rules::{Content, Entry, Retention};
use snug_store::{Append, Durability, Expect, Reader, SqliteStore, Store, StoreError, Transaction};
use tokio::sync::Semaphore;

/// Requests of one session that a test leaves waiting at most.
const WINDOW: usize = 200;

/// Sends that many messages, and gives their seqs in the order in which they were asked for.
async fn send_all(
    session: &EngineSession,
    room: &str,
    bodies: impl Iterator<Item = String>,
) -> Vec<u64> {
    let mut pending = VecDeque::new();
    let mut seqs = Vec::new();
    for body in bodies {
        pending.push_back(session.request(say(room, &body)));
        if pending.len() >= WINDOW {
            seqs.push(sent(pending.pop_front().unwrap()).await);
        }
    }
    for pending in pending {
        seqs.push(sent(pending).await);
    }
    seqs
}

/// Lets every task that can go on do so: a runtime of one worker takes them in their order.
async fn everybody_had_a_turn() {
    for _ in 0..16 {
        tokio::spawn(async {}).await.unwrap();
    }
}

/// Doors before each commit and before each page.
#[derive(Default)]
struct Doors {
    commit: Door,
    page: Door,
}

impl Hook for Doors {
    fn commit(&self) -> Result<(), StoreError> {
        self.commit.pass();
        Ok(())
    }

    fn events(&self) {
        self.page.pass();
    }
}

async fn engine_with_doors() -> (Arc<Engine>, Arc<Doors>) {
    let doors = Arc::new(Doors::default());
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let store = HookedStore::over(store, Arc::clone(&doors) as Arc<dyn Hook>);
    (engine_on(store, Retention::Forever).await, doors)
}

/// Sessions of a new account that owns the server.
async fn owner_of<const SESSIONS: usize>(engine: &Arc<Engine>) -> [EngineSession; SESSIONS] {
    let password = || Secret::from("correct horse");
    let owner = engine.add_account("olga", password(), Role::Owner);
    owner.await.unwrap();
    let sessions = std::array::from_fn(|_| connect(engine));
    for session in &sessions {
        let sign_in = SignIn {
            name: "olga".into(),
            password: password(),
            device: None,
            code: None,
        };
        session.request(sign_in.into()).await.unwrap();
    }
    sessions
}

/// Lets somebody join or leave by another node just before a batch, which makes all of it stale.
#[derive(Default)]
struct Meddler {
    times: AtomicU32,
    who: OnceLock<AccountId>,
}

impl Hook for Meddler {
    fn append(
        &self,
        inner: &mut dyn Transaction,
        eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        let left = |left: u32| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if let (Some(actor), Some(first)) = (self.who.get(), appends.first())
            && let Ok(turn) = self.times.fetch_update(order, order, left)
        {
            let content = if turn % 2 == 0 {
                Content::Joined
            } else {
                Content::Left { reason: None }
            };
            let room_rules = eyes.counts(&first.room)?.unwrap().rules;
            let account_rules = eyes.account(actor)?.unwrap().rules;
            let meddling = Append {
                room: first.room,
                expect: Expect {
                    room_rules,
                    account_rules,
                },
                entry: Entry {
                    actor: *actor,
                    content,
                },
                key: None,
                // Of another node: no number that this one foresees.
                rules_after: (1 << 60) + room_rules % (1 << 59) + 1,
                password_tag: None,
                begin_log: None,
                deletes_of: None,
                apart: Vec::new(),
                keep: true,
            };
            let ends = inner.append(&[meddling], now)?;
            assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        }
        inner.append(appends, now)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_write_to_each_other_at_the_same_first_moment_both_hear_the_first_word() {
    let engine = engine().await;
    let mut people = Vec::new();
    for n in 0..25 {
        let name = format!("p{n}");
        let (session, _) = come_in(&engine, &name).await;
        people.push((name, session));
    }
    let mut pairs = 0;
    for (n, (one_name, one)) in people.iter().enumerate() {
        for (other_name, other) in people.iter().skip(n + 1) {
            let first = one.request(whisper(other_name, "x"));
            let second = other.request(whisper(one_name, "y"));
            let seqs = [sent(first).await, sent(second).await];
            assert!(seqs == [1, 2] || seqs == [2, 1], "{seqs:?}");
            sent(one.request(whisper(other_name, "z"))).await;
            for (session, name) in [(one, other_name), (other, one_name)] {
                let room = format!("@{name}");
                let last = |event: &Event| {
                    event.place().is_some_and(|place| place.room == room) && is_body(event, "z")
                };
                let heard = until(session, last).await;
                assert_eq!(
                    seqs_in(&heard, &room),
                    [1, 2, 3],
                    "{one_name} and {other_name}"
                );
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 300);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_reader_that_falls_behind_and_catches_up_is_left_waiting() {
    const READERS: u64 = 40;
    const MESSAGES: u64 = 600;
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let mut readers = Vec::new();
    for n in 0..READERS {
        let (reader, _) = come_in(&engine, &format!("p{n}")).await;
        readers.push(tokio::spawn(async move {
            let mut last = 0;
            while last < MESSAGES {
                for seq in seqs_in(&taken(&reader).await, "lobby") {
                    assert_eq!(seq, last + 1);
                    last = seq;
                }
                // Not all at the same pace.
                for _ in 0..n % 4 {
                    tokio::task::yield_now().await;
                }
            }
        }));
    }
    let body = "x".repeat(16 * 1024);
    send_all(&ann, "lobby", (0..MESSAGES).map(|_| body.clone())).await;
    for reader in readers {
        reader.await.unwrap();
    }
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follow_while_a_page_is_read_makes_no_hole() {
    let (engine, doors) = engine_with_doors().await;
    let (ann, ann_in) = come_in(&engine, "ann").await;
    let lobby = ann_in.rooms.first().unwrap();
    send_all(&ann, "lobby", (0..400).map(|n| n.to_string())).await;
    let (ben, _) = come_in(&engine, "ben").await;
    for (round, from) in (1..).zip([250, 399, 100, 300]) {
        doors.page.shut();
        ben.request(follow(lobby, from)).await.unwrap();
        doors.page.somebody_waits().await;
        ben.request(follow(lobby, 0)).await.unwrap();
        doors.page.open();
        let marker = format!("marker {round}");
        let last = sent(ann.request(say("lobby", &marker))).await;
        let heard = until(&ben, |event| is_body(event, &marker)).await;
        let came = seqs_in(&heard, "lobby");
        let begin = came.iter().rposition(|seq| *seq == 1);
        let all: Vec<u64> = (1..=last).collect();
        assert_eq!(came.get(begin.expect("it follows from 0")..), Some(&*all));
    }
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn leaving_a_room_while_catching_up_in_it_ends_that_room_and_not_the_session() {
    let (engine, doors) = engine_with_doors().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    let den = entered(ann.request(create("den"))).await;
    ben.request(join("den")).await.unwrap();
    // More than an outbox is filled with at once, less than is left out as too far behind.
    let last = send_all(&ann, "den", (0..900).map(|n| n.to_string())).await;
    let last = *last.last().unwrap();
    until(&ben, |event| is_body(event, "899")).await;
    ben.request(follow(&den, 0)).await.unwrap();
    doors.commit.shut();
    let leaving = ben.request(leave("den"));
    // It is decided and not yet told: the reading goes on into it.
    doors.commit.somebody_waits().await;
    let (mut heard, stream) = taken_now(&ben);
    assert_ne!(stream, Poll::Ready(Stream::Closed));
    everybody_had_a_turn().await;
    doors.commit.open();
    leaving.await.unwrap();
    sent(ann.request(say("den", "behind his back"))).await;
    sent(ann.request(say("lobby", "marker"))).await;
    heard.extend(until(&ben, |event| is_body(event, "marker")).await);
    assert!(!heard.iter().any(|event| is_body(event, "behind his back")));
    assert!(seqs_in(&heard, "den").iter().all(|seq| *seq <= last + 1));
    let back = entered(ben.request(join("den"))).await;
    assert_eq!(back.seq, Some(last + 3));
    sent(ann.request(say("den", "welcome back"))).await;
    until(&ben, |event| is_body(event, "welcome back")).await;
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_senders_messages_keep_their_order_while_members_come_and_go_on_another_engine() {
    // So often at most they come or go while a part is said: each time may make what is decided stale once, and what
    // was a hundred times is `busy`.
    const AT_ONCE: usize = 90;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let open = || Arc::new(SqliteStore::open(&path, Durability::Process).unwrap());
    let one = engine_on(open(), Retention::Forever).await;
    let other = engine_on(open(), Retention::Forever).await;
    let (ann, _) = come_in(&one, "ann").await;
    ann.request(create("den")).await.unwrap();
    let changes = Arc::new(Semaphore::new(0));
    let mut restless = Vec::new();
    for name in ["ben", "cem"] {
        let (session, _) = come_in(&other, name).await;
        let changes = Arc::clone(&changes);
        restless.push(tokio::spawn(async move {
            let steps: [fn(&str) -> Request; 2] = [join, leave];
            for step in steps.into_iter().cycle() {
                let Ok(change) = changes.acquire().await else {
                    return;
                };
                change.forget();
                session.request(step("den")).await.unwrap();
            }
        }));
    }
    let mut seqs = Vec::new();
    for part in 0..40 {
        changes.add_permits(AT_ONCE - changes.available_permits());
        let bodies = (0..100).map(|n| format!("{part} {n}"));
        seqs.extend(send_all(&ann, "den", bodies).await);
    }
    changes.close();
    for restless in restless {
        restless.await.unwrap();
    }
    let wrong = seqs.windows(2).find(|pair| pair.first() >= pair.last());
    assert_eq!(wrong, None);
    one.shut_down().await;
    other.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_senders_messages_keep_their_order_where_whole_batches_prove_stale() {
    let meddler = Arc::new(Meddler::default());
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("snug.db"), Durability::Process).unwrap();
    let store = HookedStore::over(Arc::new(store), Arc::clone(&meddler) as Arc<dyn Hook>);
    let engine = engine_on(store, Retention::Forever).await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (_ben, ben_in) = come_in(&engine, "ben").await;
    meddler.who.set(ben_in.account).unwrap();
    ann.request(create("den")).await.unwrap();
    let mut seqs = Vec::new();
    for _ in 0..20 {
        meddler.times.store(2, Ordering::SeqCst);
        seqs.extend(send_all(&ann, "den", (0..250).map(|n| n.to_string())).await);
    }
    assert_eq!(meddler.times.load(Ordering::SeqCst), 0, "it came to pass");
    let wrong = seqs.windows(2).find(|pair| pair.first() >= pair.last());
    assert_eq!(wrong, None);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_a_revoked_app_token_ends_and_asks_nothing_more() {
    let (engine, doors) = engine_with_doors().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let new = snug_proto::NewToken {
        label: "weechat".into(),
        scope: None,
    };
    let Ok(Response::TokenMade(made)) = ann.request(new.into()).await else {
        panic!("no token")
    };
    let sign_in = || {
        Request::from(SignIn {
            name: "ann".into(),
            password: made.token.clone(),
            device: None,
            code: None,
        })
    };
    let simple = connect(&engine);
    simple.request(sign_in()).await.unwrap();
    // While the first is under way, the second waits in its lane.
    doors.page.shut();
    let under_way = simple.request(read("lobby"));
    let waiting = simple.request(read("lobby"));
    doors.page.somebody_waits().await;
    let token = made.label.clone();
    let revoke = snug_proto::RevokeToken { token };
    ann.request(revoke.into()).await.unwrap();
    doors.page.open();
    let _was_asked_before = under_way.await;
    assert_eq!(code(waiting).await, ErrorCode::BadSession);
    while taken_now(&simple).1 != Poll::Ready(Stream::Closed) {}
    assert!(simple.request(say("lobby", "still?")).await.is_err());
    assert!(simple.request(read("lobby")).await.is_err());
    let again = connect(&engine);
    assert_eq!(
        code(again.request(sign_in())).await,
        ErrorCode::BadCredentials
    );
    assert_eq!(sent(ann.request(say("lobby", "alone"))).await, 1);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn settings_changed_by_two_sessions_at_once_keep_both_changes() {
    let doors = Arc::new(Doors::default());
    let inner: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().unwrap());
    let store = HookedStore::over(Arc::clone(&inner), Arc::clone(&doors) as Arc<dyn Hook>);
    let engine = engine_on(store, Retention::Forever).await;
    let [one, other] = owner_of(&engine).await;
    doors.commit.shut();
    let inviters = one.request(
        Server {
            inviters: Some(Inviters::Moderators),
            ..Server::default()
        }
        .into(),
    );
    doors.commit.somebody_waits().await;
    let registration = other.request(
        Server {
            registration: Some(Registration::Invite),
            ..Server::default()
        }
        .into(),
    );
    everybody_had_a_turn().await;
    doors.commit.open();
    inviters.await.unwrap();
    registration.await.unwrap();
    let Ok(Response::ServerSettings(now)) = one.request(Server::default().into()).await else {
        panic!("no settings")
    };
    let both = (Inviters::Moderators, Registration::Invite);
    assert_eq!((now.inviters, now.registration), both);
    let kept = inner.reader().unwrap().settings().unwrap().unwrap().rules;
    assert_eq!((kept.inviters, kept.registration), both);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_while_a_lockdown_is_written_is_dropped_by_it() {
    let (engine, doors) = engine_with_doors().await;
    let [olga] = owner_of(&engine).await;
    doors.commit.shut();
    let lockdown = olga.request(
        Lockdown {
            level: Some(LockdownLevel::On),
            ..Lockdown::default()
        }
        .into(),
    );
    doors.commit.somebody_waits().await;
    // Without an address it would be exempt.
    let late = engine.connect(Origin {
        line: snug_engine::Line::default(),
        visitor: None,
        secure: true,
        certificate: None,
        address: Some([203, 0, 113, 1].into()),
        front: Front::Native,
    });
    doors.commit.open();
    let Ok(Response::LockdownState(state)) = lockdown.await else {
        panic!("no lockdown")
    };
    assert_eq!(state.drops, 1);
    assert!(late.request(Ping {}.into()).await.is_err());
    engine.shut_down().await;
}

/// A clock that stands where a test puts it.
struct ByHand(AtomicU64);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lockdown_that_is_made_anew_while_the_one_before_it_is_lifted_holds() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("snug.db"), Durability::Process).unwrap();
    let store = Arc::new(store);
    let doors = Arc::new(Doors::default());
    let hooked = HookedStore::over(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&doors) as Arc<dyn Hook>,
    );
    let clock = Arc::new(ByHand(AtomicU64::new(1_000_000)));
    let mut config = config(Retention::Forever);
    config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let engine = Engine::start(config, hooked).await.unwrap();
    let [olga] = owner_of(&engine).await;
    let lockdown = || Lockdown {
        level: Some(LockdownLevel::On),
        for_s: Some(60),
        ..Lockdown::default()
    };
    olga.request(lockdown().into()).await.unwrap();
    clock.0.fetch_add(61_000, Ordering::SeqCst);
    // The owner's is written first, and not yet gone by when the time of the one before is found over.
    doors.commit.shut();
    let anew = olga.request(lockdown().into());
    doors.commit.somebody_waits().await;
    let lifting = {
        let engine = Arc::clone(&engine);
        tokio::spawn(async move { engine.lift_lockdown_in_time().await })
    };
    everybody_had_a_turn().await;
    doors.commit.open();
    anew.await.unwrap();
    lifting.await.unwrap();
    assert!(store.reader().unwrap().lockdown().unwrap().is_some());
    let Ok(Response::LockdownState(state)) = olga.request(Lockdown::default().into()).await else {
        panic!("no state")
    };
    assert_eq!(state.lockdown, LockdownLevel::On);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutting_down_answers_every_request_that_was_accepted_before() {
    for (stale_batches, in_the_lane) in [(0, true), (2, true), (2, false)] {
        let hook = Arc::new(LastBatch::default());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug.db");
        let store = SqliteStore::open(&path, Durability::Process).unwrap();
        let store = HookedStore::over(Arc::new(store), Arc::clone(&hook) as Arc<dyn Hook>);
        let engine = engine_on(store, Retention::Forever).await;
        let (ann, _) = come_in(&engine, "ann").await;
        let (ben, ben_in) = come_in(&engine, "ben").await;
        hook.meddler.who.set(ben_in.account).unwrap();
        ann.request(create("den")).await.unwrap();
        hook.meddler.times.store(stale_batches, Ordering::SeqCst);
        hook.commit.shut();
        let sends: Vec<Pending> = (0..150)
            .map(|n| ann.request(say("den", &n.to_string())))
            .collect();
        let mark = || {
            Request::from(Mark {
                room: "den".into(),
                seq: 1,
            })
        };
        // In the lane, behind the sends.
        let lane = in_the_lane.then(|| (ann.request(mark()), ann.request(read("den"))));
        hook.commit.somebody_waits().await;
        let stopping = {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { engine.shut_down().await })
        };
        while ben.request(Ping {}.into()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            code(ben.request(say("lobby", "late"))).await,
            ErrorCode::ShuttingDown
        );
        hook.commit.open();
        stopping.await.unwrap();
        let mut last = 1;
        for pending in sends {
            let seq = sent(pending).await;
            assert!(seq > last, "{seq} after {last}");
            last = seq;
        }
        assert_eq!(last, 151 + u64::from(stale_batches));
        if let Some((marking, page)) = lane {
            assert!(matches!(marking.await, Ok(Response::Done(_))));
            let Ok(Response::Page(page)) = page.await else {
                panic!("no page")
            };
            assert_eq!(page.seq, last);
        }
    }
}

/// A door before each commit, and batches that prove stale.
#[derive(Default)]
struct LastBatch {
    commit: Door,
    meddler: Meddler,
}

impl Hook for LastBatch {
    fn append(
        &self,
        inner: &mut dyn Transaction,
        eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        self.meddler.append(inner, eyes, appends, now)
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.commit.pass();
        Ok(())
    }
}

fn read(room: &str) -> Request {
    Read {
        room: room.into(),
        after: Some(0),
        before: None,
        since: None,
        limit: None,
        log: None,
    }
    .into()
}

async fn code(pending: Pending) -> ErrorCode {
    pending.await.unwrap_err().code
}
