//! Guessing at a password from many addresses (A4, DECISIONS 16).

mod common;

use std::sync::Arc;

use common::{come_in, engine, taken_now};
use rand::rngs::OsRng;
use snug_engine::{Engine, EngineSession, Front, Origin};
use snug_proto::{
    Blob, DeviceCode, ErrorCode, Event, Refusal, Response, Secret, Session, SignIn, SignInStart,
    SignedIn,
};

fn from(engine: &Arc<Engine>, address: [u8; 4]) -> EngineSession {
    engine.connect(Origin {
        line: snug_engine::Line::default(),
        visitor: None,
        secure: true,
        certificate: None,
        address: Some(address.into()),
        front: Front::Native,
    })
}

fn sign_in(password: &str) -> SignIn {
    SignIn {
        name: "ann".into(),
        password: password.into(),
        device: None,
        code: None,
    }
}

async fn ask(session: &EngineSession, sign_in: SignIn) -> Result<SignedIn, Refusal> {
    match session.request(sign_in.into()).await {
        Ok(Response::SignedIn(signed_in)) => Ok(signed_in),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal),
    }
}

fn code_of(answer: Result<SignedIn, Refusal>) -> Option<ErrorCode> {
    answer.err().map(|refusal| refusal.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_many_addresses_share_a_counter_and_the_holder_gets_past_it() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    // She was at home before: her address is known from then on, and her laptop has a cookie.
    let home = from(&engine, [198, 51, 100, 7]);
    let at_home = ask(&home, sign_in("correct horse")).await.unwrap();
    let mut looked_at = 0;
    for number in 0..60_u8 {
        let guesser = from(&engine, [203, 0, number, 1]);
        let refusal = ask(&guesser, sign_in("not this one")).await.unwrap_err();
        assert_eq!(refusal.code, ErrorCode::BadCredentials);
        looked_at += u32::from(!refusal.text.contains("many addresses"));
    }
    assert_eq!(looked_at, 30);
    let (events, _) = taken_now(&ann);
    let told =
        |event: &Event| matches!(event, Event::Notice(notice) if notice.text.contains("guessing"));
    assert_eq!(events.iter().filter(|event| told(event)).count(), 1);

    // A new device at a new place is shut out with the strangers; the right password is not even looked at.
    let abroad = || from(&engine, [192, 0, 2, 9]);
    let shut = ask(&abroad(), sign_in("correct horse")).await;
    assert_eq!(code_of(shut), Some(ErrorCode::BadCredentials));
    // At home, with the laptop's cookie, or with a code, she gets in.
    let neighbour = from(&engine, [198, 51, 100, 8]);
    assert!(ask(&neighbour, sign_in("correct horse")).await.is_ok());
    let with_cookie = SignIn {
        device: at_home.device,
        ..sign_in("correct horse")
    };
    assert!(ask(&abroad(), with_cookie).await.is_ok());
    let Ok(Response::CodeMade(made)) = ann.request(DeviceCode::default().into()).await else {
        panic!("no code")
    };
    let with_code = || SignIn {
        code: Some(Secret::new(made.code.expose())),
        ..sign_in("correct horse")
    };
    let elsewhere = || from(&engine, [192, 0, 3, 9]);
    assert!(ask(&elsewhere(), with_code()).await.is_ok());
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_a_hundred_guesses_at_once_are_three() {
    let engine = engine().await;
    let (_ann, _) = come_in(&engine, "ann").await;
    let sessions: Vec<_> = (0..100).map(|_| from(&engine, [203, 0, 113, 1])).collect();
    let asked: Vec<_> = sessions
        .iter()
        .map(|session| session.request(sign_in("not this one").into()))
        .collect();
    let mut looked_at = 0;
    for asked in asked {
        let refusal = asked.await.unwrap_err();
        looked_at += u32::from(!refusal.text.contains("Too many"));
    }
    assert_eq!(looked_at, 3);
    engine.shut_down().await;
}

/// The first step of OPAQUE with these bytes.
async fn start(session: &EngineSession, name: &str, ke1: Vec<u8>) -> Result<Response, Refusal> {
    let start = SignInStart {
        name: name.into(),
        opaque: Blob(ke1),
        device: None,
        code: None,
    };
    session.request(start.into()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_what_is_not_looked_at_is_not_computed_and_what_cannot_be_computed_does_not_count() {
    let engine = engine().await;
    let (_ann, _) = come_in(&engine, "ann").await;
    let guesser = || from(&engine, [203, 0, 113, 1]);
    let broken = || async {
        start(&guesser(), "ann", vec![0; 96])
            .await
            .unwrap_err()
            .code
    };
    for _ in 0..5 {
        assert_eq!(broken().await, ErrorCode::BadRequest);
    }
    for _ in 0..3 {
        let guess = ask(&guesser(), sign_in("not this one")).await;
        let refusal = guess.unwrap_err();
        assert!(!refusal.text.contains("Too many"), "{}", refusal.text);
    }
    // That it is broken would be seen only by computing.
    assert_eq!(broken().await, ErrorCode::BadCredentials);
    engine.shut_down().await;
}

/// How often the threads of this name were let run that the system runs behind all others (`SCHED_IDLE`; the 41st
/// field of `/proc/pid/stat`, the last of `schedstat`).
#[cfg(target_os = "linux")]
#[expect(
    clippy::unwrap_used,
    reason = "a test whose system says nothing of its threads fails"
)]
fn turns_behind_all_others(name: &str) -> u64 {
    let mut turns = 0;
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let path = thread.unwrap().path();
        let read = |file| std::fs::read_to_string(path.join(file));
        let (Ok(stat), Ok(schedstat)) = (read("stat"), read("schedstat")) else {
            // It ended meanwhile.
            continue;
        };
        let (head, fields) = stat.rsplit_once(") ").unwrap();
        if head.ends_with(name) && fields.split(' ').nth(41 - 3) == Some("5") {
            let last = schedstat.split_whitespace().last();
            turns += last.unwrap().parse::<u64>().unwrap();
        }
    }
    turns
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn p3_strangers_have_opaque_computed_behind_everybody_else_and_those_at_home_do_not() {
    let engine = engine().await;
    let home = || from(&engine, [198, 51, 100, 7]);
    let names = ["ann", "bob", "dan", "eve", "kim", "lea", "max", "tim"];
    for name in names {
        drop(come_in(&engine, name).await);
        let sign_in = SignIn {
            name: name.into(),
            ..sign_in("correct horse")
        };
        assert!(ask(&home(), sign_in).await.is_ok());
    }
    let ke1 = || {
        snug_auth::SignIn::start("correct horse", &mut OsRng)
            .unwrap()
            .1
    };
    // The engines of other tests begin and end meanwhile: a few turns each.
    let turns = || turns_behind_all_others("snug-opaque");
    let before = turns();
    for name in names.iter().cycle().take(24) {
        assert!(start(&home(), name, ke1()).await.is_ok());
    }
    let at_home = turns();
    assert!(at_home < before + 12, "{before}, {at_home}");
    for number in 0..40 {
        let stranger = from(&engine, [203, 0, number, 1]);
        let name = format!("nobody{number}");
        assert!(start(&stranger, &name, ke1()).await.is_ok());
    }
    let strangers = turns();
    assert!(strangers >= at_home + 20, "{at_home}, {strangers}");
    engine.shut_down().await;
}
