//! Who sends too fast and reads nothing of what is said to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use snug_engine::{Clock, Engine, EngineSession, Talking};
use snug_proto::{ErrorCode, Event, Session, Stream, Timestamp};
use snug_rules::{Rate, Retention};
use snug_store::SqliteStore;

use crate::common::{come_in, config, say, taken_now};

/// A clock that is moved by hand.
pub(crate) struct ByHand(pub(crate) AtomicU64);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }

    fn steady(&self) -> Timestamp {
        self.now()
    }
}

/// An engine that counts what accounts ask for, by a clock that is moved by hand.
pub(crate) async fn strict_engine() -> (Arc<Engine>, Arc<ByHand>) {
    let clock = Arc::new(ByHand(AtomicU64::new(1_795_200_000_000)));
    let mut config = config(Retention::Forever);
    config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    config.talking = Talking {
        rate: Rate::per_second(4),
        ..Talking::default()
    };
    let store = SqliteStore::in_memory().expect("a store");
    let engine = Engine::start(config, Arc::new(store)).await;
    (engine.expect("an engine"), clock)
}

/// Fills up what waits for those who do not read, to the last byte.
fn fill(engine: &Engine) {
    for bytes in [60_000, 6_000, 600, 60, 1] {
        for _ in 0..50 {
            engine.notify_everyone(&"x".repeat(bytes));
        }
    }
}

/// Sends until it is refused.
async fn spam(session: &EngineSession) {
    let refused = loop {
        if let Err(refused) = session.request(say("lobby", "buy")).await {
            break refused;
        }
    };
    assert_eq!(refused.code, ErrorCode::TooFast);
}

fn texts(session: &EngineSession) -> (Vec<String>, Poll<Stream>) {
    let (events, stream) = taken_now(session);
    let texts = events.into_iter().filter_map(|event| match event {
        Event::Notice(notice) => Some(notice.text),
        _ => None,
    });
    (texts.collect(), stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spammer_who_reads_nothing_is_warned_all_the_same_and_last_told_why_it_ends() {
    let (engine, clock) = strict_engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    for number in 1..=2 {
        fill(&engine);
        spam(&ann).await;
        let (told, _) = texts(&ann);
        let warning = format!("This is warning {number} of 3");
        assert!(told.len() > 5, "she was far behind: {}", told.len());
        assert!(told.last().is_some_and(|last| last.contains(&warning)));
        clock.0.fetch_add(6_000, Ordering::Relaxed);
    }
    fill(&engine);
    spam(&ann).await;
    let (told, _) = texts(&ann);
    assert!(
        matches!(&told[..], [only] if only.starts_with("You were warned about sending too fast")),
        "{} notices",
        told.len()
    );
    assert_eq!(texts(&ann), (Vec::new(), Poll::Ready(Stream::Closed)));
    engine.shut_down().await;
}
