//! Who comes from where their account was before does not stand in line with strangers (DECISIONS 15).

mod common;

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use common::config;
use snug_engine::{Clock, Engine, EngineSession, Front, Origin};
use snug_proto::{
    Argon2Parameters, ErrorCode, Pending, Refusal, Register, Response, Session, SignIn, Timestamp,
};
use snug_rules::{Errand, Rate, Retention};
use snug_store::SqliteStore;

/// Long enough to hash that a line of strangers lasts, and none of them meets the deadline.
const SLOW: Argon2Parameters = Argon2Parameters {
    memory_kib: 8 * 1024,
    passes: 2,
    lanes: 1,
};
const STRANGERS: u8 = 100;

fn from(engine: &Arc<Engine>, address: [u8; 4], front: Front) -> EngineSession {
    let address = Some(IpAddr::from(Ipv4Addr::from(address)));
    engine.connect(Origin {
        line: snug_engine::Line::default(),
        visitor: None,
        secure: true,
        address,
        certificate: None,
        front,
    })
}

/// Ann has registered at home, and is signed in there.
async fn register_at_home(engine: &Arc<Engine>) -> Result<EngineSession, Refusal> {
    let register = Register {
        name: "ann".into(),
        password: "correct horse".into(),
        code: None,
    };
    let at_home = from(engine, [192, 0, 2, 7], Front::Native);
    at_home.request(register.into()).await?;
    Ok(at_home)
}

fn sign_in(session: &EngineSession, password: &str) -> Pending {
    let request = SignIn {
        name: "ann".into(),
        password: password.into(),
        device: None,
        code: None,
    };
    session.request(request.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_on_a_name_keeps_no_one_waiting_who_is_known() {
    let mut config = config(Retention::Forever);
    config.argon2 = SLOW;
    // Guessing is another matter (A4).
    config.guessing.wrong_in_row = 1000;
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let engine = Engine::start(config, store).await.unwrap();
    let _at_home = register_at_home(&engine).await.unwrap();
    let strangers: Vec<EngineSession> = (0..STRANGERS)
        .map(|third| from(&engine, [10, 0, third, 1], Front::Native))
        .collect();
    let mut waiting: Vec<Pending> = strangers
        .iter()
        .map(|session| sign_in(session, "wrong horse"))
        .collect();
    // The first answer, whoever's it is, shows that the crowd is in the queue and being dealt with.
    let first = std::future::poll_fn(|context| {
        let mut answers = waiting.iter_mut().enumerate();
        let ready = answers.find_map(|(at, one)| match Pin::new(one).poll(context) {
            Poll::Ready(answer) => Some((at, answer)),
            Poll::Pending => None,
        });
        ready.map_or(Poll::Pending, Poll::Ready)
    });
    let (at, answer) = first.await;
    assert_eq!(answer.unwrap_err().code, ErrorCode::BadCredentials);
    drop(waiting.swap_remove(at));
    // From the same block, not the same address, and by the simplest of clients.
    let again = from(&engine, [192, 0, 2, 200], Front::Irc);
    let answer = sign_in(&again, "correct horse").await;
    assert!(matches!(answer, Ok(Response::SignedIn(_))), "{answer:?}");
    let mut context = Context::from_waker(Waker::noop());
    let waits = |one: &mut Pending| Pin::new(one).poll(&mut context).is_pending();
    let still_waiting = waiting.iter_mut().map(waits).filter(|waits| *waits).count();
    assert!(
        still_waiting > usize::from(STRANGERS) / 3,
        "only {still_waiting} strangers still wait"
    );
    engine.shut_down().await;
}

/// Time stands still, so that nothing comes back with it.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000)
    }

    fn steady(&self) -> Timestamp {
        self.now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_too_often_is_refused_before_the_password_is_looked_at_but_only_at_home() {
    let mut config = config(Retention::Forever);
    config.clock = Arc::new(Still);
    config.talking.rate = Rate::per_second(4);
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let engine = Engine::start(config, store).await.unwrap();
    let _at_home = register_at_home(&engine).await.unwrap();
    let come = async |address, password| {
        let session = from(&engine, address, Front::Irc);
        sign_in(&session, password)
            .await
            .map_err(|error| error.code)
    };
    let mut often = 0;
    while come([192, 0, 2, 7], "correct horse").await.is_ok() {
        often += 1;
        assert!(often <= Errand::Come.allowance().burst);
    }
    let wrong = "wrong horse";
    assert_eq!(come([192, 0, 2, 7], wrong).await, Err(ErrorCode::TooFast));
    // Nobody else learns of it.
    let elsewhere = come([10, 0, 0, 1], wrong).await;
    assert_eq!(elsewhere, Err(ErrorCode::BadCredentials));
    engine.shut_down().await;
}
