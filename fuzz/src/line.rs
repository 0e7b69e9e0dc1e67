//! A line from a stranger: read as a request and as a server's line.

use snug_proto::{
    Event, RequestKind, Response,
    limits::MAX_LINE_BYTES,
    line::{
        ServerLine, decode_request, decode_server_line, encode_answer, encode_event, encode_request,
    },
};

/// Nothing panics; what is read is written so that it reads the same; every refusal can be sent.
pub fn check(data: &[u8]) {
    match decode_request(data) {
        Ok((id, request)) => {
            let line = encode_request(id, &request);
            assert!(line.ends_with(b"\n") && !line[..line.len() - 1].contains(&b'\n'));
            if let Some(line) = within_limit(&line) {
                assert_eq!(decode_request(line), Ok((id, request)));
            }
        }
        Err(bad) => {
            let line = encode_answer(bad.id, &Err(bad.refusal.clone()));
            let line = within_limit(&line).expect("refusals are short");
            let Ok(ServerLine::Answer { re, answer }) = decode_server_line(line) else {
                panic!("a refusal is read as something else: {line:?}");
            };
            assert_eq!((re, answer), (bad.id, Err(bad.refusal)));
        }
    }
    match decode_server_line(data) {
        Ok(ServerLine::Event(Event::Unknown) | ServerLine::Answer { answer: Err(_), .. })
        | Err(_) => {}
        Ok(ServerLine::Event(event)) => {
            let line = encode_event(&event);
            if let Some(line) = within_limit(&line) {
                let read = decode_server_line(line);
                assert!(matches!(read, Ok(ServerLine::Event(again)) if again == event));
            }
        }
        Ok(ServerLine::Answer { re, answer: Ok(ok) }) => {
            for kind in RequestKind::ALL {
                if let Ok(response) = Response::parse(*kind, &ok) {
                    let line = encode_answer(re, &Ok(response));
                    assert!(line.ends_with(b"\n"));
                }
            }
        }
    }
}

/// The line without its line feed, if it may be sent at all: a time without its milliseconds, say, is
/// written longer than it was read.
fn within_limit(line: &[u8]) -> Option<&[u8]> {
    line.strip_suffix(b"\n")
        .filter(|line| line.len() <= MAX_LINE_BYTES)
}
