//! Signing in by OPAQUE against the server's half of it.

use serde_json::{Value, json};
use snug_auth::{CHEAP, CredentialId, Record, ServerKeys};
use snug_client::{ConnectOptions, Connection, SignInError, Signer, resume};
use snug_proto::{AccountId, Blob, ErrorCode, Secret};

use crate::fake::{FakeServer, Peer};

const ACCOUNT: AccountId = AccountId::from_bytes([7; 16]);

fn signed_in() -> Value {
    json!({"account": ACCOUNT, "name": "bob", "role": "member", "session": "next token",
           "rooms": [], "more": false})
}

fn blob(line: &Value) -> Vec<u8> {
    serde_json::from_value::<Blob>(line["opaque"].clone())
        .unwrap()
        .0
}

async fn take_registration(peer: &mut Peer, keys: &ServerKeys) -> Record {
    let id = CredentialId::from(ACCOUNT);
    let start = peer.expect("register_start").await;
    assert_eq!(
        (&start["name"], &start["code"]),
        (&json!("bob"), &json!("maple"))
    );
    let reply = snug_auth::register_start(keys, id, &blob(&start)).unwrap();
    peer.answer(&start, json!({"opaque": Blob(reply), "argon2": CHEAP}))
        .await;
    let finish = peer.expect("register_finish").await;
    peer.answer(&finish, signed_in()).await;
    snug_auth::register_finish(&blob(&finish)).unwrap()
}

async fn take_sign_in(peer: &mut Peer, keys: &ServerKeys, record: &Record) {
    let id = CredentialId::from(ACCOUNT);
    let start = peer.expect("sign_in_start").await;
    let mut rng = rand::thread_rng();
    let (state, reply) =
        snug_auth::sign_in_start(keys, &mut rng, Some(record), id, &blob(&start)).unwrap();
    peer.answer(&start, json!({"opaque": Blob(reply), "argon2": CHEAP}))
        .await;
    let finish = peer.expect("sign_in_finish").await;
    match state.finish(&blob(&finish)) {
        Ok(()) => peer.answer(&finish, signed_in()).await,
        Err(error) => {
            assert_eq!(error, snug_auth::OpaqueError::WrongPassword);
            peer.refuse(&finish, "bad_credentials").await;
        }
    }
}

#[tokio::test]
async fn one_registers_and_signs_in_without_the_server_seeing_the_password() {
    let server = FakeServer::start().await;
    let link = server.link();
    let keys = ServerKeys::generate(&mut rand::thread_rng());
    let signer = Signer::for_tests();
    let client = async {
        let connection = Connection::connect(&link, ConnectOptions::default())
            .await
            .unwrap();
        let password = Secret::from("correct horse");
        let code = Some(Secret::from("maple"));
        let made = signer
            .register(&connection, "bob", &password, code)
            .await
            .unwrap();
        assert_eq!(made.account, ACCOUNT);
        let back = signer.sign_in(&connection, "bob", &password).await.unwrap();
        assert_eq!(back.session, Some(Secret::from("next token")));
        let wrong = signer
            .sign_in(&connection, "bob", &"battery staple".into())
            .await;
        let Err(SignInError::Refused(refusal)) = wrong else {
            panic!("{wrong:?}");
        };
        assert_eq!(refusal.code, ErrorCode::BadCredentials);
        assert_eq!(
            refusal.retry_after_ms,
            Some(1),
            "the server's own answer, not a guess"
        );
        resume(&connection, &"next token".into()).await.unwrap();
    };
    let serve = async {
        let mut peer = server.accept().await;
        let record = take_registration(&mut peer, &keys).await;
        take_sign_in(&mut peer, &keys, &record).await;
        take_sign_in(&mut peer, &keys, &record).await;
        let request = peer.expect("resume").await;
        assert_eq!(request["session"], "next token");
        peer.answer(&request, signed_in()).await;
    };
    tokio::join!(client, serve);
}

#[tokio::test]
async fn hashing_that_is_too_cheap_is_refused_and_nothing_of_the_password_sent() {
    let server = FakeServer::start().await;
    let link = server.link();
    let keys = ServerKeys::generate(&mut rand::thread_rng());
    let client = async {
        let connection = Connection::connect(&link, ConnectOptions::default())
            .await
            .unwrap();
        let signed_in = Signer::default()
            .register(&connection, "bob", &"12345678".into(), None)
            .await;
        assert_eq!(signed_in.unwrap_err(), SignInError::Parameters);
    };
    let serve = async {
        let mut peer = server.accept().await;
        let start = peer.expect("register_start").await;
        let id = CredentialId::from(ACCOUNT);
        let reply = snug_auth::register_start(&keys, id, &blob(&start)).unwrap();
        peer.answer(&start, json!({"opaque": Blob(reply), "argon2": CHEAP}))
            .await;
        assert!(peer.line().await.is_none());
    };
    tokio::join!(client, serve);
}
