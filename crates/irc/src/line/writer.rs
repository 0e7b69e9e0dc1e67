//! Writes IRC lines. Whatever it is given, what comes out is exactly one line within its bound.

use super::{MAX_MESSAGE_BYTES, MAX_TAGS_BYTES};

/// Kept free in the tags of a line for the label and the batch of the response that it may be part of.
const RESERVED_BYTES: usize = 192;

/// A line being written into a buffer. Parameters are added in order; [`Writer::end`] or
/// [`Writer::trailing`] closes it.
#[must_use = "a line that is not ended would run into the next one"]
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    buffer: &'a mut Vec<u8>,
    /// Where the line begins.
    start: usize,
    tags: bool,
    /// Where the part that the 512 bytes count begins.
    message: usize,
}

impl<'a> Writer<'a> {
    /// Begins a line at the end of the buffer.
    pub(crate) fn new(buffer: &'a mut Vec<u8>) -> Self {
        let start = buffer.len();
        Self {
            buffer,
            start,
            tags: false,
            message: start,
        }
    }

    /// Adds a tag. Tags come before all else. One for which there is no room is left out.
    pub(crate) fn tag(self, key: &str, value: &str) -> Self {
        if !self.has_room(key.len() + escaped_bytes(value) + 1) {
            return self;
        }
        self.buffer.push(if self.tags { b';' } else { b'@' });
        self.buffer.extend_from_slice(key.as_bytes());
        self.buffer.push(b'=');
        escape(self.buffer, value);
        Self { tags: true, ..self }
    }

    /// Adds a tag that has no value.
    pub(crate) fn mark(self, key: &str) -> Self {
        if !self.has_room(key.len()) {
            return self;
        }
        self.buffer.push(if self.tags { b';' } else { b'@' });
        self.buffer.extend_from_slice(key.as_bytes());
        Self { tags: true, ..self }
    }

    /// Puts the tags before a line that was written already, whose own follow them.
    pub(crate) fn before(self, line: &[u8]) {
        match line.strip_prefix(b"@") {
            Some(tagged) if self.tags => {
                self.buffer.push(b';');
                self.buffer.extend_from_slice(tagged);
            }
            _ => {
                let line_begins = self.end_of_tags();
                line_begins.buffer.extend_from_slice(line);
            }
        }
    }

    /// Says who the line is from.
    pub(crate) fn source(self, source: &str) -> Self {
        let line = self.end_of_tags();
        line.buffer.push(b':');
        push_word(line.buffer, source);
        line.buffer.push(b' ');
        line
    }

    /// Names the command, or the numeric.
    pub(crate) fn command(self, command: &str) -> Self {
        let line = self.end_of_tags();
        push_word(line.buffer, command);
        line
    }

    /// Adds a parameter that is one word: what cannot be in a word becomes `_`, none at all `*`.
    pub(crate) fn word(self, word: &str) -> Self {
        self.buffer.push(b' ');
        push_word(self.buffer, word);
        self
    }

    /// Adds the last parameter, which may hold spaces, and ends the line.
    pub(crate) fn trailing(self, text: &str) {
        self.buffer.extend_from_slice(b" :");
        self.buffer.extend(
            text.bytes()
                .map(|byte| if breaks(byte) { b' ' } else { byte }),
        );
        self.end();
    }

    /// Ends the line: cuts it to its bound between two characters, adds CR LF.
    pub(crate) fn end(self) {
        let most = self.message + MAX_MESSAGE_BYTES - 2;
        if self.buffer.len() > most {
            let mut cut = most;
            // Continuation bytes of UTF-8 are 10xxxxxx.
            while cut > self.message && self.buffer.get(cut).is_some_and(|b| b & 0xc0 == 0x80) {
                cut -= 1;
            }
            self.buffer.truncate(cut);
        }
        self.buffer.extend_from_slice(b"\r\n");
    }

    /// Is there room for a tag of so many bytes, and for those that may be put before the line later?
    fn has_room(&self, bytes: usize) -> bool {
        let written = self.buffer.len().saturating_sub(self.start);
        written + bytes + RESERVED_BYTES < MAX_TAGS_BYTES
    }

    fn end_of_tags(mut self) -> Self {
        if self.tags {
            self.tags = false;
            self.buffer.push(b' ');
            self.message = self.buffer.len();
        }
        self
    }
}

/// Would this byte end a line or a string?
const fn breaks(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

fn push_word(buffer: &mut Vec<u8>, word: &str) {
    if word.is_empty() {
        buffer.push(b'*');
    }
    for (index, byte) in word.bytes().enumerate() {
        let unfit = breaks(byte) || byte == b' ' || (byte == b':' && index == 0);
        buffer.push(if unfit { b'_' } else { byte });
    }
}

/// How long a value is once it is escaped.
fn escaped_bytes(value: &str) -> usize {
    let doubled = value.bytes().filter(|byte| b"; \\\r\n".contains(byte));
    value.len() + doubled.count()
}

fn escape(buffer: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b';' => buffer.extend_from_slice(b"\\:"),
            b' ' => buffer.extend_from_slice(b"\\s"),
            b'\\' => buffer.extend_from_slice(b"\\\\"),
            b'\r' => buffer.extend_from_slice(b"\\r"),
            b'\n' => buffer.extend_from_slice(b"\\n"),
            0 => {}
            other => buffer.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_with_its_tags() {
        let mut out = Vec::new();
        Writer::new(&mut out)
            .tag("time", "now")
            .tag("a", "b; c\\\r\n")
            .source("ann!u@h")
            .command("PRIVMSG")
            .word("#den")
            .trailing("hi  there");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "@time=now;a=b\\:\\sc\\\\\\r\\n :ann!u@h PRIVMSG #den :hi  there\r\n"
        );
    }

    #[test]
    fn nothing_given_to_the_writer_can_begin_another_line() {
        let mut out = Vec::new();
        Writer::new(&mut out)
            .source("a\r\nQUIT")
            .command("403")
            .word("")
            .word(":x y\n")
            .trailing("a\r\nQUIT\0");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, ":a__QUIT 403 * _x_y_ :a  QUIT \r\n");
    }

    #[test]
    fn a_long_line_is_cut_between_two_characters() {
        for ascii in 0..4 {
            let mut out = b"before".to_vec();
            let text = "x".repeat(ascii) + &"\u{1f37a}".repeat(300);
            Writer::new(&mut out)
                .tag("k", &"v".repeat(600))
                .source("s")
                .command("NOTICE")
                .trailing(&text);
            let line = String::from_utf8(out).unwrap();
            let message = line.split_once(' ').unwrap().1;
            assert!(message.len() <= MAX_MESSAGE_BYTES);
            assert!(message.len() > MAX_MESSAGE_BYTES - 4);
            assert!(message.ends_with("\u{1f37a}\r\n"));
        }
    }
}
