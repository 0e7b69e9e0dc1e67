//! An IRC client and a session, both hostile: lines, answers and events in any order.

use std::collections::VecDeque;

use snug_irc::{
    Connection, Delivered, Link, MAX_MESSAGE_BYTES, MAX_TAGS_BYTES, Settings, Step, line::Line,
};
use snug_proto::{
    Delivery, ErrorCode, RequestKind, Response, line::ServerLine, line::decode_server_line,
};

/// Whatever comes, what goes out are whole lines within their bounds. Each line of the input is, by
/// its first byte, an event (`!`), the `ok` of the oldest answer awaited that it can be (`=`; those before it
/// are refused), the refusal of the oldest (`-`), or what the client sends.
pub fn check(data: &[u8]) {
    let _: String = said(data);
}

/// All that the client was told.
pub fn said(data: &[u8]) -> String {
    let mut said = String::new();
    let settings = Settings {
        motd: "Hello.".to_owned(),
        ..Settings::new("snug.fuzz", "Snug", "snug-0")
    };
    let mut talk = Talk {
        connection: Connection::new(settings, Link::default()),
        pending: VecDeque::new(),
        typed: VecDeque::new(),
    };
    for line in data.split(|byte| *byte == b'\n').take(200) {
        match line.split_first() {
            Some((b'!', event)) => {
                if let Ok(ServerLine::Event(event)) = decode_server_line(event) {
                    let _: Delivered = talk.connection.deliver(&Delivery::new(event));
                }
            }
            Some((b'=', ok)) => talk.answer(ok),
            Some((b'-', refusal)) => {
                let index = refusal.first().map_or(0, |byte| usize::from(*byte));
                talk.refuse(ErrorCode::ALL[index % ErrorCode::ALL.len()]);
            }
            _ => talk.typed.push_back(line),
        }
        talk.ask();
        let mut out = Vec::new();
        talk.connection.take_output(&mut out);
        said.push_str(check_output(&out));
    }
    said
}

struct Talk<'a> {
    connection: Connection,
    pending: VecDeque<(RequestKind, Step)>,
    /// Lines of the client's that wait until one is wanted.
    typed: VecDeque<&'a [u8]>,
}

impl Talk<'_> {
    /// Gives what the client said, and takes what the connection asks of the session.
    fn ask(&mut self) {
        self.settle();
        while self.connection.wants_input()
            && let Some(line) = self.typed.pop_front()
        {
            self.connection.receive(line);
            self.settle();
        }
    }

    fn settle(&mut self) {
        loop {
            while self.connection.say_more() {}
            while let Some((request, step)) = self.connection.next_request() {
                self.pending.push_back((request.kind(), step));
            }
            if !self.pending.is_empty() || !self.connection.settle() {
                break;
            }
        }
    }

    fn answer(&mut self, ok: &[u8]) {
        let Ok(ok) = std::str::from_utf8(ok) else {
            return self.refuse(ErrorCode::Internal);
        };
        // What is asked for because of a refusal may be refused as well, but not without end.
        for _ in 0..20 {
            let Some((kind, _)) = self.pending.front() else {
                return;
            };
            if let Ok(response) = Response::parse(*kind, ok) {
                if let Some((_, step)) = self.pending.pop_front() {
                    self.connection.answered(step, Ok(response));
                }
                return;
            }
            self.refuse(ErrorCode::Internal);
            self.ask();
        }
    }

    fn refuse(&mut self, code: ErrorCode) {
        if let Some((_, step)) = self.pending.pop_front() {
            self.connection.answered(step, Err(code.into()));
        }
    }
}

fn check_output(out: &[u8]) -> &str {
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
    text
}
