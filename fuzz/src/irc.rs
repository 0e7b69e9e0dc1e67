//! An IRC client and a session, both hostile: lines, answers and events in any order.

use snug_irc::{
    Connection, Delivered, Link, MAX_MESSAGE_BYTES, MAX_TAGS_BYTES, Settings, line::Line,
};
use snug_proto::{
    Answer, Delivery, ErrorCode, RequestKind, Response, line::ServerLine, line::decode_server_line,
};

/// Whatever comes, what goes out are whole lines within their bounds. Each line of the input is, by
/// its first byte, an event (`!`), the `ok` of the oldest answer awaited (`=`), its refusal (`-`), or
/// what the client sends.
pub fn check(data: &[u8]) {
    let settings = Settings {
        motd: "Hello.".to_owned(),
        ..Settings::new("snug.fuzz", "Snug", "snug-0")
    };
    let mut connection = Connection::new(settings, Link::default());
    let mut pending = std::collections::VecDeque::new();
    for line in data.split(|byte| *byte == b'\n').take(200) {
        match line.split_first() {
            Some((b'!', event)) => {
                if let Ok(ServerLine::Event(event)) = decode_server_line(event) {
                    let _: Delivered = connection.deliver(&Delivery::new(event));
                }
            }
            Some((b'=', ok)) => {
                if let Some((kind, step)) = pending.pop_front() {
                    connection.answered(step, answer(kind, ok));
                }
            }
            Some((b'-', refusal)) => {
                if let Some((_, step)) = pending.pop_front() {
                    let index = refusal.first().map_or(0, |byte| usize::from(*byte));
                    let code = ErrorCode::ALL[index % ErrorCode::ALL.len()];
                    connection.answered(step, Err(code.into()));
                }
            }
            _ if connection.wants_input() => connection.receive(line),
            _ => {}
        }
        loop {
            while connection.say_more() {}
            while let Some((request, step)) = connection.next_request() {
                pending.push_back((request.kind(), step));
            }
            if !pending.is_empty() || !connection.settle() {
                break;
            }
        }
        let mut out = Vec::new();
        connection.take_output(&mut out);
        check_output(&out);
    }
}

fn answer(kind: RequestKind, ok: &[u8]) -> Answer {
    std::str::from_utf8(ok)
        .ok()
        .and_then(|ok| Response::parse(kind, ok).ok())
        .ok_or_else(|| ErrorCode::Internal.into())
}

fn check_output(out: &[u8]) {
    let text = std::str::from_utf8(out).expect("UTF-8 only");
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
    for line in text.split_terminator("\r\n") {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        let (tags, rest) = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("a command after tags"),
            None => ("", line),
        };
        assert!(tags.len() + 2 <= MAX_TAGS_BYTES, "{line:?}");
        assert!(rest.len() + 2 <= MAX_MESSAGE_BYTES, "{line:?}");
        assert!(Line::parse(line.as_bytes()).is_ok(), "{line:?}");
    }
}
