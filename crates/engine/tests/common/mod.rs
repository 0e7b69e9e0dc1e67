//! An engine on a real store, and people who come into it.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use snug_auth::{CHEAP, ServerKeys};
use snug_engine::{Addresses, Config, Engine, EngineSession, Front, Origin, SystemClock};
use snug_proto::{Register, Registration, Response, Secret, Session, SignedIn};
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
