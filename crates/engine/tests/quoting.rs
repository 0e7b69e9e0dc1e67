//! A message that is taken back while somebody answers it.

mod common;
mod hooked;

use std::sync::Arc;

use common::{come_in, engine_on, is_body, say, sent, until};
use hooked::{Door, Hook, HookedStore};
use snug_proto::{Delete, Event, React, RoomRef, Send, Session};
use snug_rules::Retention;
use snug_store::SqliteStore;

#[derive(Default)]
struct QuotesWait(Door);

impl Hook for QuotesWait {
    fn quotes(&self) {
        self.0.pass();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn r10_a_quote_read_before_a_deletion_is_not_told_after_it() {
    let hook = Arc::new(QuotesWait::default());
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let store = HookedStore::over(store, Arc::clone(&hook) as Arc<dyn Hook>);
    let engine = engine_on(store, Retention::Forever).await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (bob, _) = come_in(&engine, "bob").await;
    let room = || RoomRef::from("lobby");
    let reply = |of| Send {
        manner: None,
        room: Some(room()),
        to: None,
        body: "oh".into(),
        reply_to: Some(of),
        key: None,
    };
    let react = |of| React {
        room: room(),
        seq: of,
        emoji: ":+1:".into(),
        remove: false,
        key: None,
    };
    for answer in [true, false] {
        let of = sent(ann.request(say("lobby", "the secret plan"))).await;
        hook.0.shut();
        let pending = if answer {
            bob.request(reply(of).into())
        } else {
            bob.request(react(of).into())
        };
        hook.0.somebody_waits().await;
        let delete = Delete {
            reason: None,
            room: room(),
            seq: of,
            key: None,
        };
        sent(ann.request(delete.into())).await;
        hook.0.open();
        if answer {
            sent(pending).await;
            let seen = until(&ann, |event| is_body(event, "oh")).await;
            let Some(Event::Message(message)) = seen.last() else {
                panic!("{seen:?}")
            };
            assert_eq!((message.reply_to, &message.quote), (Some(of), &None));
        } else {
            // A reaction on what is no message any more is refused by the log itself.
            assert!(pending.await.is_err());
        }
    }
    engine.shut_down().await;
}
