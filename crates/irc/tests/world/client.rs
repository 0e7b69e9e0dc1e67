//! An IRC client of the tests: lines in and out of a `Front`, nothing hidden.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use data_encoding::BASE64;
use snug_irc::{Front, Link, MAX_MESSAGE_BYTES, MAX_TAGS_BYTES, Settings, State};

use super::FakeSession;

pub struct Client {
    pub front: Front,
    pub session: Arc<FakeSession>,
    pub closed: bool,
}

impl Client {
    pub fn new(session: Arc<FakeSession>) -> Self {
        let settings = Settings::new("snug.test", "Snug Test", "snug-0");
        Self::over(session, settings, Link::default())
    }

    /// A client on a server with these settings, over this link.
    pub fn over(session: Arc<FakeSession>, settings: Settings, link: Link) -> Self {
        Self {
            front: Front::new(session.clone(), settings, link),
            session,
            closed: false,
        }
    }

    /// Gives a line and returns every line that it brings.
    pub fn send(&mut self, line: &str) -> Vec<String> {
        self.give(line.as_bytes());
        self.read()
    }

    /// Gives lines without looking at the output, as long as they are wanted.
    pub fn give(&mut self, line: &[u8]) {
        assert!(self.front.wants_input(), "{line:?} is not wanted yet");
        self.front.line(line);
    }

    /// Every line that is there now, checked to be whole and within bounds.
    pub fn read(&mut self) -> Vec<String> {
        let mut seen = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let mut bytes = Vec::new();
            let polled = self.front.poll_output(&mut context, &mut bytes);
            seen.extend(lines(&bytes));
            match polled {
                Poll::Ready(State::Open) => {}
                Poll::Ready(State::Closing) => {
                    self.closed = true;
                    return seen;
                }
                Poll::Pending => return seen,
            }
        }
    }

    pub fn sign_in(&mut self, name: &str, caps: &str) -> Vec<String> {
        let mut seen = Vec::new();
        let encoded = BASE64.encode(format!("\0{name}\0password").as_bytes());
        for line in [
            "CAP LS 302",
            &format!("CAP REQ :sasl {caps}"),
            &format!("NICK {name}"),
            &format!("USER {name} 0 * :{name}"),
            "AUTHENTICATE PLAIN",
            &format!("AUTHENTICATE {encoded}"),
            "CAP END",
        ] {
            seen.extend(self.send(line));
        }
        assert!(seen.iter().any(|line| line.contains(" 001 ")), "{seen:#?}");
        seen
    }
}

/// Takes bytes apart and checks what every line must keep.
pub fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8 only");
    assert!(text.is_empty() || text.ends_with("\r\n"), "{text:?}");
    let lines: Vec<_> = text.split_terminator("\r\n").map(str::to_owned).collect();
    for line in &lines {
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        assert!(!line.is_empty());
        let (tags, rest) = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("a command after tags"),
            None => ("", line.as_str()),
        };
        assert!(tags.len() + 2 <= MAX_TAGS_BYTES);
        assert!(rest.len() + 2 <= MAX_MESSAGE_BYTES, "{line}");
    }
    lines.iter().map(|line| without_cloaks(line)).collect()
}

/// The line with one host for all cloaks, so that tests read easily; what cloaks are is tested elsewhere.
fn without_cloaks(line: &str) -> String {
    const CLOAK_CHARS: usize = 13;
    let mut shown = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(".cloak") {
        let start = before.len().saturating_sub(CLOAK_CHARS);
        let known = before.get(start..).is_some_and(|of| {
            of.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        shown.push_str(if known { &before[..start] } else { before });
        shown.push_str(if known { "snug.test" } else { ".cloak" });
        rest = after;
    }
    shown.push_str(rest);
    shown
}
