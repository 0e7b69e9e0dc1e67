//! Readers that are written to on the thread that delivers, and those that must be woken instead.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use common::{DEADLINE, come_in, engine_on, is_body, say, sent, taken_now, until};
use snug_engine::EngineSession;
use snug_proto::{Direct, Event, Session, Stream};
use snug_rules::Retention;
use snug_store::SqliteStore;
use tokio::sync::mpsc;

/// More than one thread writes to in one go.
const DIRECT: usize = 140;
const WOKEN: usize = 10;
const WORDS: [&str; 4] = ["one", "two", "three", "four"];

/// What a listener tells of.
#[derive(Debug)]
enum Heard {
    /// Somebody is here.
    Here(String),
    /// Words, and whether they came on the thread that delivers.
    Words(String, bool),
}

/// A front that only hears: it passes on what it is reached with, and comes when it is woken.
struct Listener {
    number: usize,
    me: Weak<Self>,
    session: EngineSession,
    hears: Mutex<()>,
    heard: mpsc::UnboundedSender<(usize, Heard)>,
    /// Asks something of the room as soon as it hears something.
    answers: AtomicBool,
    runtime: tokio::runtime::Handle,
}

impl Listener {
    fn listen(&self, directly: bool) {
        let Some(me) = self.me.upgrade() else { return };
        let _one_at_a_time = self.hears.lock().unwrap();
        let mut batch = Vec::new();
        let waker = Waker::from(me);
        let mut context = Context::from_waker(&waker);
        while matches!(
            self.session.poll_deliveries(&mut context, &mut batch),
            Poll::Ready(Stream::Open | Stream::Awaited)
        ) {}
        for delivery in batch {
            let heard = match delivery.event() {
                Event::Message(message) => Heard::Words(message.body.clone(), directly),
                Event::Presence(presence) => Heard::Here(presence.subject.name.clone()),
                _ => continue,
            };
            let _test_is_over = self.heard.send((self.number, heard));
        }
    }
}

impl Wake for Listener {
    fn wake(self: Arc<Self>) {
        // Not at once: who wakes may hold what listening needs.
        let runtime = self.runtime.clone();
        runtime.spawn(async move { self.listen(false) });
    }
}

impl Direct for Listener {
    fn write_now(&self) -> bool {
        if self.answers.swap(false, Ordering::SeqCst) {
            drop(self.session.request(say("lobby", "heard")));
        }
        self.listen(true);
        true
    }
}

/// One that is always at work.
struct Busy;

impl Direct for Busy {
    fn write_now(&self) -> bool {
        false
    }
}

async fn next(hearing: &mut mpsc::UnboundedReceiver<(usize, Heard)>) -> (usize, Heard) {
    let next = tokio::time::timeout(DEADLINE, hearing.recv()).await;
    next.expect("somebody was not reached").unwrap()
}

async fn everybody_hears_everything_once(retention: Retention) {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let engine = engine_on(store, retention).await;
    let (speaker, _) = come_in(&engine, "speaker").await;
    let (heard, mut hearing) = mpsc::unbounded_channel();
    let mut listeners = Vec::new();
    for number in 0..DIRECT {
        let (session, _) = come_in(&engine, &format!("listener{number}")).await;
        let listener = Arc::new_cyclic(|me| Listener {
            number,
            me: me.clone(),
            session,
            hears: Mutex::default(),
            heard: heard.clone(),
            answers: AtomicBool::new(number == 7),
            runtime: tokio::runtime::Handle::current(),
        });
        let direct: Weak<Listener> = Arc::downgrade(&listener);
        listener.session.reach_through(direct);
        listeners.push(listener);
    }
    let busy: Arc<dyn Direct> = Arc::new(Busy);
    let mut woken = Vec::new();
    for number in 0..WOKEN {
        let (session, _) = come_in(&engine, &format!("busy{number}")).await;
        session.reach_through(Arc::downgrade(&busy));
        let _drained = taken_now(&session);
        woken.push(tokio::spawn(async move {
            let events = until(&session, |event| is_body(event, WORDS[3])).await;
            for word in WORDS {
                assert!(events.iter().any(|event| is_body(event, word)), "{word}");
            }
        }));
    }
    for listener in &listeners {
        listener.listen(false);
    }
    // Who comes is told a little later, by waking: words that come before that are heard with it.
    let last = format!("busy{}", WOKEN - 1);
    let mut left = DIRECT;
    while left > 0 {
        if let (_, Heard::Here(name)) = next(&mut hearing).await {
            left -= usize::from(name == last);
        }
    }
    for word in WORDS {
        sent(speaker.request(say("lobby", word))).await;
    }
    let mut by_listener = vec![Vec::new(); DIRECT];
    let mut left = DIRECT * (WORDS.len() + 1);
    while left > 0 {
        if let (number, Heard::Words(body, directly)) = next(&mut hearing).await {
            // Of what comes while others are still written to, few may be left, who are woken.
            let all_waited = body == WORDS[0];
            assert!(directly || !all_waited, "listener {number} was woken");
            by_listener[number].push(body);
            left -= 1;
        }
    }
    for mut bodies in by_listener {
        // What was asked while it was written to is in the log at some place.
        let answer = bodies.iter().position(|body| body == "heard").unwrap();
        bodies.remove(answer);
        assert_eq!(bodies, WORDS);
    }
    for woken in woken {
        let woken = tokio::time::timeout(DEADLINE, woken).await;
        woken.expect("one that refused was not woken").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_reached_whether_directly_or_woken() {
    everybody_hears_everything_once(Retention::Forever).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_everybody_in_a_room_in_memory_is_reached_whether_directly_or_woken() {
    everybody_hears_everything_once(Retention::Ram).await;
}
