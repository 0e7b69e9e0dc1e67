//! Reading deliveries at the least cost: lines are searched for what is counted, never parsed.

use super::{Tally, now_us};

/// One in so many deliveries is timed: enough for percentiles, too few to cost anything.
const SAMPLE: u64 = 4;

const MESSAGE: &[u8] = br#"{"ev":"message""#;
const ANSWER: &[u8] = br#"{"re":"#;
const REFUSAL: &[u8] = br#""error":{"#;
const SEQ: &[u8] = br#""seq":"#;
const BODY: &[u8] = br#""body":""#;

/// A body of about so many bytes that carries the moment of its sending.
pub fn body_of(bytes: usize) -> String {
    let mut body = format!("{} ", now_us());
    while body.len() < bytes {
        body.push_str("the bar serves you there and cannot see you ");
    }
    body.truncate(bytes.max(17));
    body
}

/// One connection's incoming bytes, and what was counted in them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    partial: Vec<u8>,
    /// The last number heard in the member's room; 0 before the first.
    seq: u64,
    tally: Tally,
}

impl Reader {
    /// Takes what was read and gives how many requests it answered.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> usize {
        let now = now_us();
        let mut answered = 0;
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            if self.partial.is_empty() {
                answered += self.line(line, now);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                answered += self.line(&whole, now);
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.partial.extend_from_slice(bytes);
        answered
    }

    /// What was counted; counting begins anew, the order goes on.
    pub(super) fn tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What was counted up to now.
    pub(super) const fn counted(&self) -> &Tally {
        &self.tally
    }

    fn line(&mut self, line: &[u8], now: u64) -> usize {
        self.tally.bytes += line.len() as u64 + 1;
        if line.starts_with(MESSAGE) {
            self.message(line, now);
            return 0;
        }
        let Some(rest) = line.strip_prefix(ANSWER) else {
            return 0;
        };
        self.tally.answers += 1;
        if find(rest, REFUSAL).is_some() {
            self.tally.refusals += 1;
        }
        self.tally.answer_us.push(elapsed(number(rest), now));
        1
    }

    fn message(&mut self, line: &[u8], now: u64) {
        self.tally.deliveries += 1;
        let Some(rest) = find(line, SEQ) else {
            self.tally.lost += 1;
            return;
        };
        let seq = number(rest);
        if self.seq != 0 {
            self.tally.lost += seq.saturating_sub(self.seq + 1);
            self.tally.repeated += u64::from(seq <= self.seq);
        }
        self.seq = self.seq.max(seq);
        if self.tally.deliveries.is_multiple_of(SAMPLE)
            && let Some(body) = find(rest, BODY)
        {
            self.tally.delivery_us.push(elapsed(number(body), now));
        }
    }
}

/// Microseconds from then to now.
pub(super) fn elapsed(since: u64, now: u64) -> u32 {
    u32::try_from(now.saturating_sub(since)).unwrap_or(u32::MAX)
}

/// What follows the first occurrence.
fn find<'a>(line: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let at = line
        .windows(wanted.len())
        .position(|window| window == wanted)?;
    line.get(at + wanted.len()..)
}

/// The number that a text begins with.
pub(super) fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number: u64, digit| {
        number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(seq: u64) -> String {
        let body = body_of(40);
        format!(r#"{{"ev":"message","room":"den","seq":{seq},"at":"x","body":"{body}"}}"#) + "\n"
    }

    #[test]
    fn losses_and_repetitions_are_counted_however_the_bytes_arrive() {
        let stream = [1, 2, 5, 5, 6].map(message).concat();
        for size in [1, 7, 64, stream.len()] {
            let mut reader = Reader::default();
            for part in stream.as_bytes().chunks(size) {
                assert_eq!(reader.take(part), 0);
            }
            let tally = reader.tally();
            assert_eq!((tally.deliveries, tally.lost, tally.repeated), (5, 2, 1));
            assert_eq!(tally.delivery_us.len(), 1);
            assert!(tally.delivery_us[0] < 10_000_000);
        }
    }

    #[test]
    fn answers_and_refusals_are_told_apart() {
        let mut reader = Reader::default();
        let asked = now_us();
        let lines = format!(
            "{{\"re\":{asked},\"ok\":{{}}}}\n{{\"re\":{asked},\"error\":{{\"code\":\"busy\"}}}}\n"
        );
        assert_eq!(reader.take(lines.as_bytes()), 2);
        let tally = reader.tally();
        assert_eq!((tally.answers, tally.refusals), (2, 1));
    }
}
