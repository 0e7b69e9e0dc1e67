//! Bans from the server end at their time and outlive the process (M2).

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use common::{config, connect};
use snug_engine::{Clock, Engine, EngineSession};
use snug_proto::{
    ErrorCode, Response, Role, Secret, ServerBan, Session, SignIn, SignedIn, Timestamp,
};
use snug_rules::Retention;
use snug_store::SqliteStore;

const HOUR_MS: u64 = 3_600_000;

/// A clock that is moved by hand.
struct ByHand(AtomicU64);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::Relaxed))
    }
}

async fn sign_in(engine: &Arc<Engine>, name: &str) -> Result<(EngineSession, SignedIn), ErrorCode> {
    let session = connect(engine);
    let request = SignIn {
        name: name.into(),
        password: Secret::from("correct horse"),
        device: None,
        code: None,
    };
    match session.request(request.into()).await {
        Ok(Response::SignedIn(signed_in)) => Ok((session, signed_in)),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal.code),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m2_a_ban_outlives_the_process_and_ends_at_its_time() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let clock = Arc::new(ByHand(AtomicU64::new(1_800_000_000_000)));
    let mut configuration = config(Retention::Forever);
    configuration.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let keys = Arc::clone(&configuration.keys);
    let engine = Engine::start(configuration, Arc::clone(&store) as _)
        .await
        .unwrap();
    for (name, role) in [("ann", Role::Owner), ("bob", Role::Member)] {
        let password = Secret::from("correct horse");
        engine.add_account(name, password, role).await.unwrap();
    }
    let (owner, _) = sign_in(&engine, "ann").await.unwrap();
    let ban = ServerBan {
        who: Some("bob".into()),
        for_s: Some(HOUR_MS / 1000),
        ..ServerBan::default()
    };
    owner.request(ban.into()).await.unwrap();
    assert_eq!(sign_in(&engine, "bob").await.err(), Some(ErrorCode::Banned));
    drop(owner);
    engine.shut_down().await;

    let mut configuration = config(Retention::Forever);
    configuration.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    configuration.keys = keys;
    let engine = Engine::start(configuration, store).await.unwrap();
    clock.0.fetch_add(HOUR_MS - 1, Ordering::Relaxed);
    assert_eq!(sign_in(&engine, "bob").await.err(), Some(ErrorCode::Banned));
    clock.0.fetch_add(1, Ordering::Relaxed);
    assert!(sign_in(&engine, "bob").await.is_ok());
    engine.shut_down().await;
}
