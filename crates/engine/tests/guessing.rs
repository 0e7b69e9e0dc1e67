//! Guessing at a password from many addresses (A4, DECISIONS 16).

mod common;

use std::sync::Arc;

use common::{come_in, engine, taken_now};
use snug_engine::{Engine, EngineSession, Front, Origin};
use snug_proto::{
    DeviceCode, ErrorCode, Event, Refusal, Response, Secret, Session, SignIn, SignedIn,
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
