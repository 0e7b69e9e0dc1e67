//! Taking back what is taken back: `gone` for a new request, the first answer for the same one again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; only `#[test]` functions themselves are exempt by configuration"
)]

mod common;

use common::{come_in, engine};
use snug_proto::{Answer, Delete, ErrorCode, Request, Response, Send, Session};

fn delete(seq: u64, key: Option<&str>) -> Request {
    let key = key.map(str::to_owned);
    let room = "lobby".into();
    Delete {
        room,
        seq,
        key,
        reason: None,
    }
    .into()
}

fn seq(answer: Answer) -> u64 {
    match answer.unwrap() {
        Response::Sent(sent) => sent.seq,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_answered_as_one_however_often_it_is_asked() {
    let engine = engine().await;
    let (ann, _) = come_in(&engine, "ann").await;
    let say = Send {
        manner: None,
        room: Some("lobby".into()),
        to: None,
        body: "oops".into(),
        reply_to: None,
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
