//! Many people, two engines, one database: whatever the interleaving, the log holds nothing that the
//! state before it forbids; and the checker that says so does find it when the store stops looking at
//! what an append was decided on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod hooked;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use common::{come_in, connect, engine_on};
use hooked::{Ends, Hook, HookedStore};
use proptest::{
    prelude::{ProptestConfig, Strategy, any, prop_oneof},
    prop_assert, proptest,
};
use snug_engine::{Engine, EngineSession};
use snug_proto::{
    Ban, CreateRoom, ErrorCode, Join, Kick, Leave, Mute, Pending, PersonRef, Request, Response,
    Resume, RoomId, RoomRef, RoomRole, Secret, Send, Session, SetRole, Timestamp, Unban, Unmute,
};
use snug_rules::{
    Content, Entry, Retention, RoomKind, RoomView, Target, TargetKind, may_relay, replay,
};
use snug_store::{Append, Durability, Range, Reader, SqliteStore, Store, StoreError, Transaction};

/// People beside the founder.
const PEOPLE: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Move {
    Join,
    Leave,
    Say,
    Kick(usize),
    Ban(usize),
    Unban(usize),
    Mute(usize),
    Unmute(usize),
    Op(usize),
    Deop(usize),
    Found(usize),
}

/// Everybody's names; the founder's is the last.
const NAMES: [&str; PEOPLE + 1] = ["ann", "ben", "cem", "dana", "olga"];

/// Who does what, by which engine.
type Step = (bool, usize, Move);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => proptest::strategy::Just(Move::Join),
        2 => proptest::strategy::Just(Move::Leave),
        6 => proptest::strategy::Just(Move::Say),
        6 => (0..8_u8, 0..=PEOPLE).prop_map(|(what, whom)| match what {
            0 => Move::Kick(whom),
            1 => Move::Ban(whom),
            2 => Move::Unban(whom),
            3 => Move::Mute(whom),
            4 => Move::Unmute(whom),
            5 => Move::Op(whom),
            6 => Move::Deop(whom),
            _ => Move::Found(whom),
        }),
    ];
    proptest::collection::vec((any::<bool>(), 0..=PEOPLE, step), 1..60)
}

fn request(step: Move) -> Request {
    let room = RoomRef::from("den");
    let key = None;
    let person = |whom: usize| PersonRef::from(NAMES.get(whom).copied().unwrap());
    let set_role = |whom, role| SetRole {
        room: RoomRef::from("den"),
        who: person(whom),
        role,
        key: None,
    };
    match step {
        Move::Kick(whom) => Kick {
            room,
            who: person(whom),
            reason: None,
            key,
        }
        .into(),
        Move::Ban(whom) => Ban {
            room,
            who: person(whom),
            for_s: None,
            reason: None,
            key,
        }
        .into(),
        Move::Unban(whom) => {
            let who = person(whom);
            Unban { room, who, key }.into()
        }
        Move::Mute(whom) => Mute {
            room,
            who: person(whom),
            for_s: None,
            reason: None,
            key,
        }
        .into(),
        Move::Unmute(whom) => {
            let who = person(whom);
            Unmute { room, who, key }.into()
        }
        Move::Op(whom) => set_role(whom, RoomRole::Admin).into(),
        Move::Deop(whom) => set_role(whom, RoomRole::Member).into(),
        Move::Found(whom) => set_role(whom, RoomRole::Founder).into(),
        Move::Join => Join {
            room,
            password: None,
        }
        .into(),
        Move::Leave => Leave { room, reason: None }.into(),
        Move::Say => Send {
            manner: None,
            room: Some(room),
            to: None,
            body: "hello".into(),
            reply_to: None,
            key: None,
        }
        .into(),
    }
}

/// Two engines on one database, everybody with a session on each.
struct Pair {
    engines: [Arc<Engine>; 2],
    sessions: Vec<[EngineSession; 2]>,
    store: Arc<dyn Store>,
    room: RoomId,
    founder: snug_proto::AccountId,
    _folder: tempfile::TempDir,
}

impl Pair {
    async fn start(wrap: impl Fn(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug.db");
        let open = || -> Arc<dyn Store> {
            Arc::new(SqliteStore::open(&path, Durability::Process).unwrap())
        };
        let store = open();
        let engines = [
            engine_on(wrap(open()), Retention::Forever).await,
            engine_on(wrap(open()), Retention::Forever).await,
        ];
        let (founder, founder_in) = come_in(&engines[0], "olga").await;
        let create = CreateRoom {
            room: "den".into(),
            password: None,
            access: None,
            hidden: false,
            retention: None,
            history: None,
            key: None,
        };
        let Ok(Response::Entered(entered)) = founder.request(create.into()).await else {
            panic!("no room")
        };
        let mut sessions = Vec::new();
        for name in NAMES.into_iter().take(PEOPLE) {
            let (here, signed_in) = come_in(&engines[0], name).await;
            let there = connect(&engines[1]);
            let session: Secret = signed_in.session.unwrap();
            there.request(Resume { session }.into()).await.unwrap();
            sessions.push([here, there]);
        }
        let there = connect(&engines[1]);
        let session: Secret = founder_in.session.clone().unwrap();
        there.request(Resume { session }.into()).await.unwrap();
        sessions.push([founder, there]);
        let (room, founder) = (entered.entry.room_id, founder_in.account);
        Self {
            engines,
            sessions,
            store,
            room,
            founder,
            _folder: folder,
        }
    }

    fn submit(&self, (which, who, step): Step) -> Pending {
        let [here, there] = self.sessions.get(who).unwrap();
        (if which { there } else { here }).request(request(step))
    }

    async fn stop(&self) {
        for engine in &self.engines {
            engine.shut_down().await;
        }
    }

    /// Replays the whole log on the state it began with: the first event that the state before it
    /// forbids, and a gap in the numbers.
    fn check(&self) -> Result<usize, String> {
        let mut reader = self.store.reader().unwrap();
        let grant = may_relay(self.room, 0);
        let events = reader.events(&grant, Range::After(0), 10_000).unwrap();
        let mut view = RoomView {
            founder: Some(self.founder),
            ..RoomView::new(self.room, RoomKind::Ordinary)
        };
        let mut targets: HashMap<u64, Target> = HashMap::new();
        for (expected, event) in (1..).zip(&events) {
            if event.seq != expected {
                return Err(format!(
                    "event {} stands where {expected} should",
                    event.seq
                ));
            }
            let of = match event.content {
                Content::Edited { of, .. } | Content::Deleted { of, .. } => {
                    targets.get(&of).copied()
                }
                _ => None,
            };
            let entry = Entry {
                actor: event.actor,
                content: event.content.clone(),
            };
            replay(&mut view, &entry, of, event.at)
                .map_err(|code| format!("event {expected} is forbidden: {code}: {entry:?}"))?;
            view.committed(&entry, event.seq);
            let kind = TargetKind::Message;
            targets.insert(
                event.seq,
                Target {
                    seq: event.seq,
                    author: event.actor,
                    kind,
                },
            );
        }
        if view.is_orphaned() && !view.members.is_empty() {
            return Err("the room has members and no founder".to_owned());
        }
        Ok(events.len())
    }
}

/// What may be answered to such requests; anything else is a fault.
fn fair(answer: &Result<Response, snug_proto::Refusal>) -> bool {
    match answer {
        Ok(_) => true,
        Err(refusal) => matches!(
            refusal.code,
            ErrorCode::NotAMember
                | ErrorCode::Forbidden
                | ErrorCode::Banned
                | ErrorCode::Muted
                | ErrorCode::UnknownPerson
                | ErrorCode::NotInRoom
                | ErrorCode::InRoom
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn r6_no_interleaving_on_two_engines_puts_into_the_log_what_the_state_before_forbade(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let pair = Pair::start(|store| store).await;
            let pending: Vec<Pending> = steps.iter().map(|step| pair.submit(*step)).collect();
            let mut acknowledged = 1;
            for (pending, step) in pending.into_iter().zip(&steps) {
                // What is so already is acknowledged and logs nothing.
                let says = matches!(step.2, Move::Say);
                let answer = pending.await;
                prop_assert!(fair(&answer), "{answer:?}");
                acknowledged += usize::from(matches!(answer, Ok(Response::Sent(_))) && says);
            }
            // A room that lost its founder is passed on by then.
            pair.stop().await;
            let logged = pair.check();
            prop_assert!(logged.as_ref().is_ok_and(|logged| *logged >= acknowledged), "{logged:?}");
            Ok(())
        })?;
    }
}

/// One who is in by the eyes of the second engine leaves by the first and speaks by the second.
async fn speak_after_leaving(pair: &Pair) -> Result<Response, snug_proto::Refusal> {
    pair.submit((false, 0, Move::Join)).await.unwrap();
    pair.submit((true, 0, Move::Say)).await.unwrap();
    pair.submit((false, 0, Move::Leave)).await.unwrap();
    pair.submit((true, 0, Move::Say)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_is_what_stops_one_who_left_on_another_node() {
    let pair = Pair::start(|store| store).await;
    let refused = speak_after_leaving(&pair).await;
    assert!(matches!(refused, Err(refusal) if refusal.code == ErrorCode::NotAMember));
    assert!(pair.check().is_ok());
    pair.stop().await;
}

/// Keeps the store from seeing whether an append's expectations still hold: what every append was decided
/// on is replaced by what the store says now.
#[derive(Default)]
struct Blindfold {
    /// The counters of the transaction under way, which nobody else sees yet.
    counters: Mutex<HashMap<RoomId, u64>>,
}

impl Blindfold {
    fn look_away(
        counters: &mut HashMap<RoomId, u64>,
        eyes: &mut dyn Reader,
        append: &Append,
    ) -> Result<Append, StoreError> {
        let mut append = append.clone();
        let counter = match counters.get(&append.room) {
            Some(counter) => *counter,
            None => eyes.counts(&append.room)?.map_or(0, |counts| counts.rules),
        };
        append.expect.room_rules = counter;
        let actor = eyes.account(&append.entry.actor)?;
        append.expect.account_rules = actor.map_or(0, |account| account.rules);
        let moves = append.entry.content.changes_rules();
        let after = if moves { append.rules_after } else { counter };
        counters.insert(append.room, after);
        Ok(append)
    }
}

impl Hook for Blindfold {
    fn begin(&self) {
        self.counters.lock().unwrap().clear();
    }

    fn append(
        &self,
        inner: &mut dyn Transaction,
        eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        let mut counters = self.counters.lock().unwrap();
        let mut ends = Vec::new();
        for append in appends {
            let append = Self::look_away(&mut counters, eyes, append)?;
            let end = inner.append(std::slice::from_ref(&append), now)?;
            if !end.iter().all(Result::is_ok) {
                counters.remove(&append.room);
            }
            ends.extend(end);
        }
        Ok(ends)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_check_the_checker_finds_what_was_forbidden() {
    let pair = Pair::start(|store| HookedStore::over(store, Arc::new(Blindfold::default()))).await;
    let slipped = speak_after_leaving(&pair).await;
    assert!(matches!(slipped, Ok(Response::Sent(_))), "{slipped:?}");
    let found = pair.check();
    assert!(
        found
            .as_ref()
            .is_err_and(|found| found.contains("forbidden")),
        "{found:?}"
    );
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_one_node_foresaw_is_not_taken_for_one_that_another_made() {
    let pair = Pair::start(|store| store).await;
    for _ in 0..60 {
        // By both engines, so that both know of it.
        for (which, who) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
            pair.submit((which, who, Move::Join)).await.unwrap();
        }
        pair.submit((false, 0, Move::Say)).await.unwrap();
        // The first engine does not know yet that the one is gone when the other leaves, and foresees a
        // state after that; the store has another state with as many changes.
        pair.submit((true, 0, Move::Leave)).await.unwrap();
        let foreseen = pair.submit((false, 1, Move::Leave));
        tokio::task::yield_now().await;
        let slips = [(); 8].map(|()| pair.submit((false, 0, Move::Say)));
        foreseen.await.unwrap();
        for slip in slips {
            let refused = slip.await;
            assert!(
                matches!(&refused, Err(no) if no.code == ErrorCode::NotAMember),
                "{refused:?}"
            );
        }
    }
    assert!(pair.check().is_ok());
    pair.stop().await;
}
