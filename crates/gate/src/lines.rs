//! Cuts a stream of bytes into lines, in bounded memory. What is not a whole line yet is kept here, in
//! a buffer that is given back as soon as it is empty, so that an idle connection has none.

use snug_proto::limits::MAX_LINE_BYTES;

use crate::{Front, Line};

/// Bytes that are not a line yet, or lines whose front wants none now. Holds at most
/// [`MAX_LINE_BYTES`] and what one read brought, as nothing is read while lines wait.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    held: Vec<u8>,
    /// No line feed is in the first so many bytes of `held`.
    scanned: usize,
    /// An over-long line was reported; what is left of it is thrown away.
    skipping: bool,
    /// So many bytes of it were since it was reported last.
    skipped: usize,
}

/// A line that does not end is reported again each time so much of it was thrown away, so that its front can
/// make an end.
const REPORTED_EVERY: usize = 1024 * 1024;

/// What one pass over some bytes came to.
struct Pass {
    /// Bytes that are dealt with.
    used: usize,
    /// Whether the rest has no line feed in it.
    scanned: bool,
}

impl LineBuffer {
    /// Takes bytes from the peer and gives the front the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], front: &mut dyn Front) {
        if self.held.is_empty() {
            let pass = self.pass(bytes, 0, front);
            let rest = bytes.get(pass.used..).unwrap_or_default();
            if !rest.is_empty() {
                self.held.extend_from_slice(rest);
                self.scanned = if pass.scanned { rest.len() } else { 0 };
            }
        } else {
            self.held.extend_from_slice(bytes);
            self.resume(front);
        }
    }

    /// Keeps bytes whose front is not known yet.
    pub(crate) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Takes the bytes out that are kept.
    pub(crate) fn take_held(&mut self) -> Vec<u8> {
        self.scanned = 0;
        std::mem::take(&mut self.held)
    }

    /// Gives the front the lines that wait, if it wants them now.
    pub(crate) fn resume(&mut self, front: &mut dyn Front) {
        let held = std::mem::take(&mut self.held);
        let pass = self.pass(&held, self.scanned, front);
        self.held = held;
        if pass.used >= self.held.len() {
            self.held = Vec::new();
        } else {
            self.held.drain(..pass.used);
            // A line that was long once must not keep its room for a short rest.
            if self.held.capacity() > 4096 && self.held.len() < 1024 {
                self.held.shrink_to_fit();
            }
        }
        self.scanned = if pass.scanned { self.held.len() } else { 0 };
    }

    /// Is there a line that waits for its front?
    pub(crate) fn has_line(&self) -> bool {
        self.scanned < self.held.len()
    }

    /// The bytes that are kept.
    pub(crate) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Gives the front lines out of `bytes`, of which the first `scanned` hold no line feed.
    fn pass(&mut self, bytes: &[u8], scanned: usize, front: &mut dyn Front) -> Pass {
        let mut used = 0;
        let mut from = scanned;
        loop {
            if !front.wants_input() {
                let scanned = used == 0 && from >= bytes.len();
                return Pass { used, scanned };
            }
            let feed = bytes
                .get(from..)
                .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
            let Some(feed) = feed else { break };
            let end = from + feed;
            let line = bytes.get(used..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            used = end + 1;
            from = used;
            if std::mem::take(&mut self.skipping) {
                self.skipped = 0;
                continue;
            }
            front.line(if line.len() > MAX_LINE_BYTES {
                Line::TooLong
            } else {
                Line::Whole(line)
            });
        }
        // One byte more than a line's: it may be the carriage return.
        if self.skipping {
            self.skipped += bytes.len().saturating_sub(used);
            used = bytes.len();
            if self.skipped >= REPORTED_EVERY {
                self.skipped = 0;
                front.line(Line::TooLong);
            }
        } else if bytes.len() - used > MAX_LINE_BYTES + 1 {
            self.skipping = true;
            used = bytes.len();
            front.line(Line::TooLong);
        }
        Pass {
            used,
            scanned: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll};

    use super::*;
    use crate::{Arrival, Flow, HangUp};

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

    fn cut(pieces: &[&[u8]]) -> (Vec<Option<Vec<u8>>>, LineBuffer) {
        let mut buffer = LineBuffer::default();
        let mut front = Recorder {
            room: usize::MAX,
            ..Recorder::default()
        };
        for piece in pieces {
            buffer.push(piece, &mut front);
        }
        (front.lines, buffer)
    }

    #[test]
    fn lines_are_the_same_however_their_bytes_arrive() {
        let mut whole = b"a\r\n\nlong ".to_vec();
        whole.extend(vec![b'x'; MAX_LINE_BYTES + 2]);
        whole.extend(b" end\nb\r\r\nrest");
        let at_once = cut(&[&whole]).0;
        let expected = [Some(&b"a"[..]), Some(b""), None, Some(b"b\r")];
        let expected: Vec<Option<Vec<u8>>> = expected.map(|line| line.map(<[u8]>::to_vec)).into();
        assert_eq!(at_once, expected);
        for size in [1, 2, 3, 7, 4096, 16_384] {
            let pieces: Vec<&[u8]> = whole.chunks(size).collect();
            let (lines, buffer) = cut(&pieces);
            assert_eq!(lines, expected, "pieces of {size}");
            assert_eq!(buffer.held(), b"rest");
        }
    }

    #[test]
    fn the_longest_line_is_taken_and_one_byte_more_is_not() {
        for (length, end, taken) in [
            (MAX_LINE_BYTES, "\n", true),
            (MAX_LINE_BYTES, "\r\n", true),
            (MAX_LINE_BYTES + 1, "\n", false),
            (MAX_LINE_BYTES + 1, "\r\n", false),
        ] {
            let mut line = vec![b'x'; length];
            line.extend(end.bytes());
            for size in [line.len(), 1000] {
                let pieces: Vec<&[u8]> = line.chunks(size).collect();
                let (lines, _) = cut(&pieces);
                assert_eq!(lines.len(), 1);
                assert_eq!(lines[0].is_some(), taken, "{length} {end:?} by {size}");
            }
        }
    }

    #[test]
    fn an_endless_line_is_reported_again_for_each_mebibyte_and_holds_no_memory() {
        let piece = vec![b'x'; 16 * 1024];
        let mut buffer = LineBuffer::default();
        let mut front = Recorder {
            room: usize::MAX,
            ..Recorder::default()
        };
        for _ in 0..200 {
            buffer.push(&piece, &mut front);
            assert!(buffer.held.capacity() <= 2 * (MAX_LINE_BYTES + piece.len()));
        }
        // At its beginning, and for each of the three mebibytes that were thrown away.
        assert_eq!(front.lines, [None, None, None, None]);
        assert_eq!(buffer.held.capacity(), 0);
        buffer.push(b"\nnext\n", &mut front);
        assert_eq!(front.lines.last(), Some(&Some(b"next".to_vec())));
        assert_eq!(front.lines.len(), 5);
        assert_eq!(buffer.held.capacity(), 0);
    }

    #[test]
    fn lines_wait_while_their_front_wants_none() {
        let mut buffer = LineBuffer::default();
        let mut front = Recorder {
            room: 2,
            ..Recorder::default()
        };
        buffer.push(b"1\n2\n3\n4\n5", &mut front);
        assert_eq!(front.lines.len(), 2);
        assert!(buffer.has_line());
        front.room = 1;
        buffer.resume(&mut front);
        assert_eq!(front.lines.len(), 3);
        assert!(buffer.has_line());
        front.room = 10;
        buffer.resume(&mut front);
        assert_eq!(front.lines.len(), 4);
        assert!(!buffer.has_line());
        buffer.push(b"\n", &mut front);
        assert_eq!(front.lines[4].as_deref(), Some(&b"5"[..]));
        assert_eq!(buffer.held.capacity(), 0);
    }
}
