//! Blocks that come while something is on its way to whom they keep it from (D3, DECISIONS 21).

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use snug_engine::Engine;
use snug_proto::{
    AccountId, ErrorCode, Event, InviteTo, PersonRef, React, Request, Session, Timestamp, Unblock,
};
use snug_rules::Retention;
use snug_store::{Append, Reader, SqliteStore, StoreError, Transaction};

use super::{
    code,
    common::{come_in, create, engine_on, is_body, join, say, sent, until},
    hooked::{Ends, Hook, HookedStore},
};

/// Makes a block in the very transaction that appends what was decided without it.
#[derive(Default)]
struct Blocker {
    /// By whom, and of whom, the next time that something is appended which reaches somebody.
    armed: Mutex<Option<(AccountId, AccountId)>>,
    appends: AtomicU32,
}

impl Blocker {
    fn arm(&self, by: AccountId, of: AccountId) {
        *self.armed.lock().unwrap() = Some((by, of));
    }
}

impl Hook for Blocker {
    fn append(
        &self,
        inner: &mut dyn Transaction,
        _eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        let reaches = appends.iter().any(|append| !append.apart.is_empty());
        if reaches && let Some((by, of)) = self.armed.lock().unwrap().take() {
            inner.set_block(&by, &of, Some(now), 7)?;
            self.appends.fetch_add(1, Ordering::SeqCst);
        }
        inner.append(appends, now)
    }
}

async fn engine_with_blocker() -> (Arc<Engine>, Arc<Blocker>) {
    let blocker = Arc::new(Blocker::default());
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let store = HookedStore::over(store, Arc::clone(&blocker) as Arc<dyn Hook>);
    (engine_on(store, Retention::Forever).await, blocker)
}

fn unblock(whom: &str) -> Request {
    let person = PersonRef::from(whom);
    Unblock { person }.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_block_overtakes_a_mention_a_reaction_and_an_invitation_on_their_way() {
    let (engine, blocker) = engine_with_blocker().await;
    let (ann, ann_in) = come_in(&engine, "ann").await;
    let (ben, ben_in) = come_in(&engine, "ben").await;
    let (cem, cem_in) = come_in(&engine, "cem").await;
    let author = ann_in.account;
    ann.request(create("den")).await.unwrap();
    ben.request(join("den")).await.unwrap();
    let mentions = |words: &'static str| {
        let (ben, ann) = (&ben, &ann);
        async move {
            sent(ann.request(say("den", words))).await;
            let heard = until(ben, |event| is_body(event, words)).await;
            heard.into_iter().find_map(|event| match event {
                Event::Message(message) if message.body == words => Some(message.mentions),
                _ => None,
            })
        }
    };
    assert_eq!(mentions("@ben one").await, Some(vec![ben_in.account]));
    blocker.arm(ben_in.account, author);
    assert_eq!(mentions("@ben two").await, Some(vec![]));
    assert_eq!(blocker.appends.load(Ordering::SeqCst), 1);
    ben.request(unblock("ann")).await.unwrap();
    assert_eq!(mentions("@ben three").await, Some(vec![ben_in.account]));

    let seq = sent(ben.request(say("den", "a word"))).await;
    let react = |emoji: &str| -> Request {
        React {
            room: "den".into(),
            seq,
            emoji: emoji.into(),
            remove: false,
            key: None,
        }
        .into()
    };
    sent(ann.request(react(":one:"))).await;
    blocker.arm(author, ben_in.account);
    assert_eq!(
        code(ann.request(react(":two:"))).await,
        ErrorCode::NotAccepting
    );
    ann.request(unblock("ben")).await.unwrap();
    sent(ann.request(react(":two:"))).await;

    let invite = || -> Request {
        InviteTo {
            room: "den".into(),
            who: "cem".into(),
            key: None,
        }
        .into()
    };
    blocker.arm(cem_in.account, author);
    assert_eq!(code(ann.request(invite())).await, ErrorCode::NotAccepting);
    assert_eq!(blocker.appends.load(Ordering::SeqCst), 3);
    cem.request(unblock("ann")).await.unwrap();
    sent(ann.request(invite())).await;
    let heard = until(&cem, |event| matches!(event, Event::Invitation(_))).await;
    let invitations = heard
        .iter()
        .filter(|event| matches!(event, Event::Invitation(_)));
    assert_eq!(
        invitations.count(),
        1,
        "the one that came after the block was lifted"
    );
    engine.shut_down().await;
}
