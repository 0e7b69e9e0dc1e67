//! Reading IRC at the least cost: lines are told apart by their command, and never parsed further.

use super::{Tally, now_us, reader::elapsed, reader::number};

/// One in so many deliveries is timed: enough for percentiles, too few to cost anything.
const SAMPLE: u64 = 4;

/// One connection's incoming bytes, and what was counted in them.
#[derive(Debug, Default)]
pub(super) struct IrcReader {
    partial: Vec<u8>,
    tally: Tally,
    /// The newest numeric that refused something, or the server's farewell.
    complaint: Option<String>,
}

/// What a piece of input asks of the connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    /// So many things that were waited for have come: the end of the welcome, or a PONG.
    pub(super) answers: usize,
    /// So many PINGs came, each to be answered.
    pub(super) pings: usize,
}

impl IrcReader {
    /// Takes what was read.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Heard {
        let now = now_us();
        let mut heard = Heard::default();
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            if self.partial.is_empty() {
                self.line(line, now, &mut heard);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.line(&whole, now, &mut heard);
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.partial.extend_from_slice(bytes);
        heard
    }

    /// What was counted; counting begins anew.
    pub(super) fn tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What was counted up to now.
    pub(super) const fn counted(&self) -> &Tally {
        &self.tally
    }

    /// What was refused since this was last asked.
    pub(super) fn complaint(&mut self) -> Option<String> {
        self.complaint.take()
    }

    fn line(&mut self, line: &[u8], now: u64, heard: &mut Heard) {
        self.tally.bytes += line.len() as u64 + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let message = skip_word(line, b'@');
        let message = skip_word(message, b':');
        let command = message.split(|byte| *byte == b' ').next();
        match command.unwrap_or_default() {
            b"PRIVMSG" => self.message(message, now),
            b"PONG" | b"376" | b"422" => {
                self.tally.answers += 1;
                heard.answers += 1;
            }
            b"PING" => heard.pings += 1,
            b"ERROR" | b"FAIL" | [b'4' | b'5', _, _] => {
                self.tally.refusals += 1;
                self.complaint = Some(String::from_utf8_lossy(line).into_owned());
            }
            _ => {}
        }
    }

    fn message(&mut self, message: &[u8], now: u64) {
        self.tally.deliveries += 1;
        if self.tally.deliveries.is_multiple_of(SAMPLE) {
            let mut words = message.split(|byte| *byte == b' ').skip(2);
            let sent = words.next().and_then(|word| word.strip_prefix(b":"));
            let sent = sent.map(number).unwrap_or_default();
            self.tally.delivery_us.push(elapsed(sent, now));
        }
    }
}

/// What follows a first word that begins with this letter; all of it if none does.
fn skip_word(line: &[u8], first: u8) -> &[u8] {
    if line.first() != Some(&first) {
        return line;
    }
    let space = line.iter().position(|byte| *byte == b' ');
    space.and_then(|at| line.get(at + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{super::body_of, *};

    #[test]
    fn lines_are_told_apart_however_their_bytes_arrive() {
        let said = format!("PRIVMSG #den :{}\r\n", body_of(40));
        let stream = [
            ":ann!u@h ",
            &said,
            "@time=x;msgid=y :ann!u@h ",
            &said,
            ":h 422 bob :no motd\r\nPING :x\r\n:h PONG h :1\r\n:h 403 bob #x :No such channel\r\n",
            ":ann!u@h ",
            &said,
            ":h NOTICE bob :PRIVMSG\r\n",
            ":ann!u@h ",
            &said,
        ]
        .concat();
        for size in [1, 7, 64, stream.len()] {
            let mut reader = IrcReader::default();
            let mut heard = Heard::default();
            for part in stream.as_bytes().chunks(size) {
                let more = reader.take(part);
                heard.answers += more.answers;
                heard.pings += more.pings;
            }
            assert_eq!((heard.answers, heard.pings), (2, 1));
            let complaint = reader.complaint().unwrap();
            assert_eq!(complaint, ":h 403 bob #x :No such channel");
            let tally = reader.tally();
            assert_eq!((tally.deliveries, tally.refusals), (4, 1));
            assert_eq!(tally.bytes, stream.len() as u64);
            assert_eq!(tally.delivery_us.len(), 1);
            assert!(tally.delivery_us[0] < 10_000_000);
        }
    }
}
