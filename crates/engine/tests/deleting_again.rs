//! Taking back what is taken back: `gone` for a new request, the first answer for the same one again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; only `#[test]` functions themselves are exempt by configuration"
)]

use std::sync::Arc;

use snug_auth::{CHEAP, ServerKeys};
use snug_engine::{Addresses, Config, Engine, EngineSession, Front, Origin, SystemClock};
use snug_proto::{
    Answer, Delete, ErrorCode, Register, Registration, Request, Response, Secret, Send, Session,
};
use snug_rules::Retention;
use snug_store::SqliteStore;

async fn signed_in() -> (Arc<Engine>, EngineSession) {
    let config = Config {
        server: "snug test".into(),
        keys: Arc::new(ServerKeys::generate(&mut rand::rngs::OsRng)),
        argon2: CHEAP,
        registration: Registration::Open,
        access_code: None,
        retention: Retention::Forever,
        addresses: Addresses::None,
        clock: Arc::new(SystemClock),
    };
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let engine = Engine::start(config, store).await.unwrap();
    let session = engine.connect(Origin {
        address: None,
        front: Front::Native,
    });
    let register = Register {
        name: "ann".into(),
        password: Secret::from("correct horse"),
        code: None,
    };
    session.request(register.into()).await.unwrap();
    (engine, session)
}

fn delete(seq: u64, key: Option<&str>) -> Request {
    let key = key.map(str::to_owned);
    let room = "lobby".into();
    Delete { room, seq, key }.into()
}

fn seq(answer: Answer) -> u64 {
    match answer.unwrap() {
        Response::Sent(sent) => sent.seq,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_answered_as_one_however_often_it_is_asked() {
    let (engine, ann) = signed_in().await;
    let say = Send {
        room: Some("lobby".into()),
        to: None,
        body: "oops".into(),
        key: None,
    };
    let message = seq(ann.request(say.into()).await);
    let first = seq(ann.request(delete(message, Some("k1"))).await);
    assert_eq!(
        seq(ann.request(delete(message, Some("k1"))).await),
        first,
        "the same request again"
    );
    for key in [None, Some("k2")] {
        let again = ann.request(delete(message, key)).await;
        assert_eq!(again.unwrap_err().code, ErrorCode::Gone, "{key:?}");
    }
    engine.shut_down().await;
}
