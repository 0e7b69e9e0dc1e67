//! One connection: pinning, answers, bounds, and how it ends.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;
use snug_client::{ConnectError, ConnectOptions, Connection, Link, Lost};
use snug_proto::{ErrorCode, Event, Ping, Response, Session, Tokens};

use crate::fake::{FakeServer, Peer};

async fn pair(server: &FakeServer) -> (Connection, Peer) {
    let link = server.link();
    let (connection, peer) = tokio::join!(
        Connection::connect(&link, ConnectOptions::default()),
        server.accept()
    );
    (connection.unwrap(), peer)
}

#[tokio::test]
async fn a_server_with_another_certificate_is_refused_loudly_and_hears_nothing() {
    let real = FakeServer::start().await;
    let impostor = FakeServer::start().await;
    let link = Link::new(
        "127.0.0.1",
        impostor.link().port(),
        real.link().fingerprint(),
    )
    .unwrap();
    let (connected, accepted) = tokio::join!(
        Connection::connect(&link, ConnectOptions::default()),
        impostor.try_accept()
    );
    assert!(accepted.is_err(), "the handshake did not finish");
    let error = connected.unwrap_err();
    assert!(!error.passes());
    assert!(error.to_string().contains("IDENTITY HAS CHANGED"));
    let ConnectError::FingerprintChanged { expected, shown } = error else {
        panic!("{error}");
    };
    assert_eq!(expected, real.link().fingerprint());
    assert_eq!(shown, impostor.link().fingerprint());
}

#[tokio::test]
async fn a_copied_certificate_without_its_key_is_refused() {
    let made = rcgen::generate_simple_self_signed(["snug".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["snug".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(other.signing_key.serialize_der());
    let thief = FakeServer::showing(made.cert.der().clone(), key).await;
    let link = thief.link();
    let (connected, accepted) = tokio::join!(
        Connection::connect(&link, ConnectOptions::default()),
        thief.try_accept()
    );
    assert!(accepted.is_err());
    assert!(matches!(connected, Err(ConnectError::Handshake { .. })));
}

#[tokio::test]
async fn nobody_there_is_said_with_host_and_port() {
    let link = FakeServer::start().await.link();
    let error = Connection::connect(&link, ConnectOptions::default())
        .await
        .unwrap_err();
    assert!(error.passes());
    let text = error.to_string();
    assert!(text.contains(&format!("127.0.0.1 port {}", link.port())));
}

#[tokio::test]
async fn answers_find_their_requests_in_any_order_and_events_stand_before_them() {
    let server = FakeServer::start().await;
    let (connection, mut peer) = pair(&server).await;
    let ping = connection.request(Ping {}.into());
    let tokens = connection.request(Tokens {}.into());
    let first = peer.expect("ping").await;
    let second = peer.expect("tokens").await;
    peer.say(&json!({"ev": "notice", "text": "hello"})).await;
    peer.say(&json!({"ev": "of a later version", "x": 1})).await;
    peer.answer(&second, json!({"tokens": []})).await;
    peer.refuse(&first, "busy").await;
    assert!(matches!(tokens.await, Ok(Response::TokenList(list)) if list.tokens.is_empty()));
    let events = connection.deliveries().await;
    assert!(matches!(events[0].event(), Event::Notice(notice) if notice.text == "hello"));
    assert_eq!(events[1].event(), &Event::Unknown);
    let refusal = ping.await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::Busy);
    assert_eq!(refusal.retry_after_ms, Some(1));
}

#[tokio::test]
async fn when_the_server_goes_every_waiting_request_is_answered_and_the_stream_ends() {
    let server = FakeServer::start().await;
    let (connection, mut peer) = pair(&server).await;
    let pending = connection.request(Ping {}.into());
    peer.expect("ping").await;
    peer.say(&json!({"ev": "notice", "text": "last"})).await;
    drop(peer);
    assert_eq!(pending.await.unwrap_err().code, ErrorCode::Internal);
    assert_eq!(connection.ended().await, Lost::Closed);
    assert_eq!(connection.deliveries().await.len(), 1);
    assert!(connection.deliveries().await.is_empty());
    let late = connection.request(Ping {}.into()).await.unwrap_err();
    assert!(late.text.contains("the server closed"));
}

#[tokio::test]
async fn a_reason_given_without_a_request_is_why_the_connection_ended() {
    let server = FakeServer::start().await;
    let (connection, mut peer) = pair(&server).await;
    peer.say(&json!({"re": null, "error": {"code": "too_fast", "text": "Banned for 10 s."}}))
        .await;
    drop(peer);
    let lost = connection.ended().await;
    assert!(matches!(lost, Lost::Dismissed(refusal) if refusal.code == ErrorCode::TooFast));
}

#[tokio::test]
async fn what_is_not_the_wire_ends_the_connection() {
    let endless = vec![b'x'; 64 * 1024 + 1];
    for bad in [b"NOTICE * :hi\r\n".as_slice(), b"{\"x\":1}\n", &endless] {
        let server = FakeServer::start().await;
        let (connection, mut peer) = pair(&server).await;
        peer.write(bad).await;
        assert!(matches!(connection.ended().await, Lost::Violation(_)));
    }
}

#[tokio::test]
async fn a_reader_that_takes_nothing_stops_the_socket_and_loses_nothing() {
    const EVENTS: usize = 6000;
    let server = FakeServer::start().await;
    let (connection, mut peer) = pair(&server).await;
    let text = "x".repeat(4000);
    let flood = async move {
        for _ in 0..EVENTS {
            peer.say(&json!({"ev": "notice", "text": text})).await;
        }
        peer
    };
    // 24 MB do not fit: the server is made to wait, however long.
    let mut flood = pin!(flood);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(500), &mut flood).await;
    assert!(waited.is_err(), "the flood was not held back");
    let take = async {
        let mut taken = 0;
        while taken < EVENTS {
            let some = connection.deliveries().await;
            assert!(some.len() * 4000 < 2 * 1024 * 1024, "one mebibyte or so");
            taken += some.len();
        }
    };
    tokio::join!(flood, take);
}

#[tokio::test]
async fn the_requests_that_may_wait_and_their_length_are_bounded_here_already() {
    let server = FakeServer::start().await;
    let (connection, _peer) = pair(&server).await;
    let long = snug_proto::RevokeToken {
        token: "x".repeat(70_000),
    };
    let refusal = connection.request(long.into()).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::LineTooLong);
    let waiting: Vec<_> = (0..256)
        .map(|_| connection.request(Ping {}.into()))
        .collect();
    let refusal = connection.request(Ping {}.into()).await.unwrap_err();
    assert_eq!(refusal.code, ErrorCode::Busy);
    let mut context = Context::from_waker(Waker::noop());
    for pending in waiting {
        assert!(matches!(pin!(pending).poll(&mut context), Poll::Pending));
    }
}

#[tokio::test]
async fn closing_writes_what_was_submitted_first() {
    let server = FakeServer::start().await;
    let (connection, mut peer) = pair(&server).await;
    let pending = connection.request(Ping {}.into());
    let read = async {
        peer.expect("ping").await;
        assert!(peer.line().await.is_none());
        drop(peer);
    };
    tokio::join!(connection.close(), read);
    assert_eq!(pending.await.unwrap_err().code, ErrorCode::Internal);
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_is_pinged_after_thirty_seconds_and_dead_after_sixty() {
    let (here, there) = tokio::io::duplex(4096);
    let connection = Connection::over(here, snug_client::Deliveries::Keep);
    let began = tokio::time::Instant::now();
    assert_eq!(connection.ended().await, Lost::Silent);
    assert_eq!(began.elapsed().as_secs(), 60);
    let (mut reader, _writer) = tokio::io::split(there);
    drop(connection);
    let mut heard = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut heard)
        .await
        .unwrap();
    assert_eq!(heard, "{\"id\":1,\"do\":\"ping\"}\n");
}
