//! What a connection brings once its TLS is taken off: the first bytes, a WebSocket's handshake and frames,
//! lines. `crate` is the gate here.

use std::task::{Context, Poll};

use snug_proto::limits::MAX_LINE_BYTES;
use tungstenite::{Message, protocol::Role};

use crate::{
    Arrival, Flow, Front, HangUp, Line,
    lines::LineBuffer,
    sniff::{SNIFF_BYTES, Sniffed, sniff},
    websocket::{Accepted, Handshake, MAX_HEAD_BYTES, shake_hands},
};

/// A byte that stands for a long part of a line, so that short inputs reach the longest lines.
const LONG: u8 = 0xff;
/// What it stands for.
const LONG_PART: usize = 16 * 1024;
/// So many are as long as they may be.
const MAX_LONG: usize = 9;
const UPGRADE: &[u8] =
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// The first byte says what the others are, the second by how many they arrive. Nothing panics; what they come
/// to is the same however they arrive; memory stays within what they are; what is said is read as it was said.
pub fn check(data: &[u8]) {
    let [kind, size, rest @ ..] = data else {
        return;
    };
    let size = usize::from(*size).max(1);
    match kind % 5 {
        0 => first_bytes(rest),
        1 => handshake(rest, size),
        2 => frames(&[UPGRADE, b"\r\n"].concat(), rest, size),
        3 => seal(rest),
        _ => lines(rest, size),
    }
}

/// Told by no more than it takes, and not otherwise by more.
fn first_bytes(bytes: &[u8]) {
    let whole = sniff(bytes);
    assert!(whole != Sniffed::NeedMore || bytes.len() < SNIFF_BYTES);
    let prefixes = (0..bytes.len().min(SNIFF_BYTES)).map(|end| sniff(&bytes[..end]));
    for told in prefixes.filter(|told| *told != Sniffed::NeedMore) {
        assert_eq!(told, whole);
    }
}

/// A handshake is granted or not, however its bytes arrive, and what is answered is one head.
fn handshake(bytes: &[u8], size: usize) {
    let whole = granted(bytes);
    let ends = (size..bytes.len()).step_by(size).chain([bytes.len()]);
    let mut first = ends.map(|end| shake_hands(&bytes[..end]));
    let first = first.find(|came| !matches!(came, Handshake::NeedMore));
    match (whole, first) {
        (Some(whole), Some(Handshake::Accepted(first))) => {
            assert_eq!((whole.used, &whole.answer), (first.used, &first.answer));
            assert_eq!((&whole.forwarded, whole.irc), (&first.forwarded, first.irc));
            assert!(whole.used <= bytes.len() && whole.used <= MAX_HEAD_BYTES);
            let answer = String::from_utf8(whole.answer).expect("a head is ASCII");
            assert!(answer.starts_with("HTTP/1.1 101 "));
            let end = answer.find("\r\n\r\n").expect("the head ends");
            assert_eq!(end + 4, answer.len(), "one head and nothing after it");
            frames(&bytes[..whole.used], &bytes[whole.used..], size);
        }
        (None, Some(Handshake::Accepted(_))) => panic!("it is granted in parts only"),
        (Some(_), _) => panic!("it is granted as a whole only"),
        (None, _) => {}
    }
}

fn granted(bytes: &[u8]) -> Option<Accepted> {
    match shake_hands(bytes) {
        Handshake::Accepted(accepted) => Some(accepted),
        Handshake::NeedMore => {
            assert!(bytes.len() <= MAX_HEAD_BYTES);
            None
        }
        Handshake::Other | Handshake::Refused(_) => None,
    }
}

/// Frames become the same lines however they arrive, no more of them than bytes came, and answers to them are
/// no more than twice that.
fn frames(head: &[u8], bytes: &[u8], size: usize) {
    let unframed = |size: usize| {
        let mut socket = granted(head).expect("it was granted before").socket;
        let (mut lines, mut said) = (Vec::new(), 0);
        for part in bytes.chunks(size) {
            let open = socket.open(part, &mut lines);
            said += socket.take_outgoing().len();
            if !open {
                assert!(
                    socket.seal(b"x\n").is_empty(),
                    "nothing comes after its end"
                );
                return (lines, said, false);
            }
        }
        (lines, said, true)
    };
    let (whole, said, open) = unframed(bytes.len().max(1));
    assert!(whole.len() <= bytes.len() && said <= 2 * bytes.len() + 64);
    let (parts, said, still_open) = unframed(size);
    assert!(said <= 2 * bytes.len() + 64);
    assert_eq!((&whole, open), (&parts, still_open));
    assert!(whole.is_empty() || whole.ends_with(b"\n"));
    let longest = whole.split(|byte| *byte == b'\n').map(<[u8]>::len).max();
    assert!(longest.unwrap_or(0) <= MAX_LINE_BYTES);
}

/// A client reads the lines that were said, each as one message.
fn seal(lines: &[u8]) {
    for form in ["text", "binary"] {
        let asks = format!("Sec-WebSocket-Protocol: {form}.ircv3.net\r\n\r\n");
        let head = [UPGRADE, asks.as_bytes()].concat();
        let mut socket = granted(&head).expect("it is right").socket;
        let sealed = socket.seal(lines);
        let pipe = Both(std::io::Cursor::new(sealed));
        let mut client = tungstenite::WebSocket::from_raw_socket(pipe, Role::Client, None);
        let lines = lines.split(|byte| *byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        for line in lines.filter(|line| !line.is_empty()) {
            match client.read().expect("a message for each line") {
                Message::Text(text) => assert_eq!(text.as_str(), String::from_utf8_lossy(line)),
                Message::Binary(bytes) => assert_eq!(&bytes[..], line),
                other => panic!("{other:?}"),
            }
        }
        assert!(client.read().is_err(), "and nothing more");
    }
}

/// The lines are those that stand there, none longer than it may be, and what is kept is bounded.
fn lines(bytes: &[u8], size: usize) {
    let mut bytes = bytes.to_vec();
    let long = bytes.split(|byte| *byte == LONG).count() - 1;
    if (1..=MAX_LONG).contains(&long) {
        let part = |byte: u8| vec![byte; if byte == LONG { LONG_PART } else { 1 }];
        bytes = bytes.into_iter().flat_map(part).collect();
    }
    // As reads bring them: few large parts, or many small ones.
    let size = if long > 0 { size * 100 } else { size };
    let (mut buffer, mut front) = (LineBuffer::default(), Recorder::default());
    for part in bytes.chunks(size) {
        front.room = part.first().map_or(0, |byte| usize::from(*byte % 4));
        buffer.push(part, &mut front);
        while buffer.has_line() {
            assert!(!front.wants_input(), "a line waits for nothing");
            front.room = 1;
            buffer.resume(&mut front);
        }
        assert!(buffer.held().len() <= MAX_LINE_BYTES + 1);
    }
    let mut expected: Vec<Option<&[u8]>> = bytes
        .split(|byte| *byte == b'\n')
        .map(|line| Some(line.strip_suffix(b"\r").unwrap_or(line)))
        .map(|line| line.filter(|line| line.len() <= MAX_LINE_BYTES))
        .collect();
    // What has no end yet is told only when it is too long already.
    let unfinished = bytes.rsplit(|byte| *byte == b'\n').next();
    if unfinished.is_none_or(|rest| rest.len() <= MAX_LINE_BYTES + 1) {
        expected.pop();
    }
    assert_eq!(front.lines.len(), expected.len());
    for (line, expected) in front.lines.iter().zip(expected) {
        assert!(line.as_deref() == expected);
    }
}

#[derive(Default)]
struct Recorder {
    lines: Vec<Option<Vec<u8>>>,
    room: usize,
}

impl Front for Recorder {
    fn line(&mut self, line: Line<'_>) {
        assert!(self.room > 0, "a line came that was not wanted");
        self.room -= 1;
        self.lines.push(match line {
            Line::Whole(line) => Some(line.to_vec()),
            Line::TooLong => None,
        });
    }

    fn wants_input(&self) -> bool {
        self.room > 0
    }

    fn poll_output(&mut self, _: &mut Context<'_>, _: &mut Vec<u8>) -> Poll<Flow> {
        Poll::Pending
    }

    fn arrival(&self) -> Arrival {
        Arrival::In
    }

    fn too_late(&mut self) {}

    fn hang_up(&mut self, _: HangUp) {}
}

/// What a client reads; what it says goes nowhere.
struct Both(std::io::Cursor<Vec<u8>>);

impl std::io::Read for Both {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

impl std::io::Write for Both {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
