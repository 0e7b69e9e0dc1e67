//! Every request, answer, event and error of the wire: how its line is read, that it is written as it
//! was read, and a snapshot of both, so that nothing of the wire changes unnoticed.

use std::fmt::{Debug, Write};

use snug_proto::{
    ErrorCode, Event, Refusal, RequestKind, Response,
    line::{
        ServerLine, decode_request, decode_server_line, encode_answer, encode_event, encode_request,
    },
};

#[path = "wire/examples.rs"]
mod examples;

#[test]
fn every_request_is_read_and_written_alike() {
    let mut snapshot = String::new();
    for kind in RequestKind::ALL {
        let lines = examples::requests(*kind);
        assert!(!lines.is_empty(), "{kind:?}");
        for line in lines {
            let (id, request) = decode_request(line.as_bytes()).unwrap();
            assert_eq!(request.kind(), *kind, "{line}");
            assert_eq!(encode_request(id, &request), format!("{line}\n"));
            show(&mut snapshot, line, &request);
        }
    }
    insta::assert_snapshot!("requests", snapshot);
}

#[test]
fn every_answer_is_read_and_written_alike() {
    let mut snapshot = String::new();
    for kind in RequestKind::ALL {
        let answers = examples::answers(*kind);
        assert!(!answers.is_empty(), "{kind:?}");
        for ok in answers {
            let line = format!(r#"{{"re":7,"ok":{ok}}}"#);
            let read = decode_server_line(line.as_bytes()).unwrap();
            let ServerLine::Answer {
                re: Some(7),
                answer: Ok(ok),
            } = read
            else {
                panic!("{line} is read as {read:?}")
            };
            let response = Response::parse(*kind, &ok).unwrap();
            let written = encode_answer(Some(7), &Ok(response.clone()));
            assert_eq!(written, format!("{line}\n"));
            show(
                &mut snapshot,
                &format!("{}: {line}", kind.wire()),
                &response,
            );
        }
    }
    insta::assert_snapshot!("answers", snapshot);
}

#[test]
fn every_event_is_read_and_written_alike() {
    let mut snapshot = String::new();
    let mut last = Event::Unknown;
    loop {
        let lines = examples::events_after(&last);
        for line in lines {
            let event = event(line);
            assert_ne!(event, Event::Unknown, "{line}");
            assert_eq!(encode_event(&event), format!("{line}\n"));
            show(&mut snapshot, line, &event);
            last = event;
        }
        if lines.is_empty() {
            break;
        }
    }
    insta::assert_snapshot!("events", snapshot);
}

#[test]
fn every_refusal_is_read_and_written_alike() {
    let mut snapshot = String::new();
    let every = ErrorCode::ALL.iter().map(|code| Refusal::new(*code));
    let more = [
        Refusal::new(ErrorCode::TooFast).retry_after_ms(250),
        Refusal::with_text(ErrorCode::BadRequest, "The request lacks \"name\"."),
    ];
    for refusal in every.chain(more) {
        let line = encode_answer(Some(7), &Err(refusal.clone()));
        let read = decode_server_line(&line).unwrap();
        let ServerLine::Answer {
            re: Some(7),
            answer: Err(read),
        } = read
        else {
            panic!("{line:?} is read as {read:?}")
        };
        assert_eq!(read, refusal);
        let line = std::str::from_utf8(&line).unwrap().trim_end();
        let code = refusal.code;
        let of_code = format!("{:?}, retry {:?}", code.class(), code.retry());
        show(&mut snapshot, line, &of_code);
    }
    insta::assert_snapshot!("errors", snapshot);
}

#[test]
fn a_violation_without_an_id_is_answered_without_one() {
    let line = encode_answer(None, &Err(ErrorCode::BadJson.into()));
    insta::assert_snapshot!(
        "error_without_id",
        String::from_utf8(line.to_vec()).unwrap()
    );
}

#[test]
fn what_a_newer_server_says_is_taken_for_unknown_and_never_for_something_else() {
    for line in [
        r#"{"ev":"danced","room":"lobby","seq":7,"with":{"partner":[1,2,{"a":null}]}}"#,
        r#"{"ev":"x"}"#,
        r#"{"seq":7,"ev":"danced"}"#,
    ] {
        assert_eq!(event(line), Event::Unknown, "{line}");
    }
    let known = r#"{"new":[{}],"ev":"notice","text":"hi","newer":{"deep":{"er":1}}}"#;
    assert!(matches!(event(known), Event::Notice(notice) if notice.text == "hi"));
    let code = r#"{"re":1,"error":{"code":"of_tomorrow","text":"Later.","more":1}}"#;
    let read = decode_server_line(code.as_bytes()).unwrap();
    let ServerLine::Answer {
        answer: Err(refusal),
        ..
    } = read
    else {
        panic!("{read:?}")
    };
    assert_eq!(refusal.code, ErrorCode::Internal);
    assert_eq!(refusal.text, "Later.");
}

#[test]
fn no_secret_of_any_line_is_shown_by_debug() {
    for kind in RequestKind::ALL {
        for line in examples::requests(*kind) {
            let (_, request) = decode_request(line.as_bytes()).unwrap();
            no_secret_in(&request);
        }
        for ok in examples::answers(*kind) {
            no_secret_in(&Response::parse(*kind, ok).unwrap());
        }
    }
}

fn no_secret_in(shown: &impl Debug) {
    let shown = format!("{shown:?}");
    for secret in [
        "correct horse",
        "maple-orbit",
        "sesame",
        "kbqxg4",
        "AAEC_w",
        "[0, 1, 2, 255]",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[expect(clippy::panic, reason = "a test helper")]
fn event(line: &str) -> Event {
    match decode_server_line(line.as_bytes()) {
        Ok(ServerLine::Event(event)) => event,
        other => panic!("{line} is read as {other:?}"),
    }
}

#[expect(clippy::unwrap_used, reason = "writing to a string cannot fail")]
fn show(snapshot: &mut String, line: &str, read: &impl Debug) {
    writeln!(snapshot, "{line}\n    {read:?}").unwrap();
}
