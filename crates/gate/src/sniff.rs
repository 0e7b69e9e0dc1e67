//! Tells protocols apart by the first bytes (DESIGN "The native wire"): `{` is the native wire, an HTTP
//! verb is HTTP, a tag or a registration command is IRC. Pure.

/// No protocol needs more bytes than this to be told, and no byte after them is looked at: what a connection
/// speaks is the same however its bytes arrive.
pub const SNIFF_BYTES: usize = 16;

/// What the first bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sniffed {
    /// JSON lines.
    Native,
    /// HTTP, WebSocket among it.
    Http,
    /// IRC.
    Irc,
    /// Not enough bytes yet.
    NeedMore,
    /// None of ours.
    Unknown,
}

/// HTTP's methods are upper case (RFC 9110 §9.1). `PRI` opens HTTP/2 (RFC 9113 §3.4).
const HTTP: [&str; 10] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI",
];
/// What an IRC client may open with, in any case.
const IRC: [&str; 6] = ["CAP", "NICK", "PASS", "USER", "PING", "AUTHENTICATE"];

/// Tells what a connection speaks by its first bytes. Blank lines before them are passed over.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    match bytes.get(..SNIFF_BYTES) {
        None => sniff_some(bytes),
        Some(all) => match sniff_some(all) {
            Sniffed::NeedMore => Sniffed::Unknown,
            told => told,
        },
    }
}

fn sniff_some(bytes: &[u8]) -> Sniffed {
    let blank = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\t');
    let Some(start) = bytes.iter().position(|byte| !blank(byte)) else {
        return Sniffed::NeedMore;
    };
    let bytes = bytes.get(start..).unwrap_or_default();
    match bytes.first() {
        Some(b'{') => return Sniffed::Native,
        Some(b'@') => return Sniffed::Irc,
        _ => {}
    }
    let word = bytes
        .iter()
        .position(|byte| !byte.is_ascii_alphabetic())
        .and_then(|end| bytes.get(..end));
    match word {
        Some(word) if HTTP.iter().any(|verb| verb.as_bytes() == word) => Sniffed::Http,
        Some(word)
            if IRC
                .iter()
                .any(|verb| word.eq_ignore_ascii_case(verb.as_bytes())) =>
        {
            Sniffed::Irc
        }
        None if could_become_a_verb(bytes) => Sniffed::NeedMore,
        Some(_) | None => Sniffed::Unknown,
    }
}

fn could_become_a_verb(bytes: &[u8]) -> bool {
    let begins = |verb: &str| {
        verb.as_bytes()
            .get(..bytes.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(bytes))
    };
    HTTP.iter().chain(&IRC).any(|verb| begins(verb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_is_told_by_its_first_bytes() {
        for (bytes, expected) in [
            ("{\"id\":1", Sniffed::Native),
            (" \r\n{", Sniffed::Native),
            ("GET / HTTP/1.1\r\n", Sniffed::Http),
            ("PRI * HTTP/2.0\r\n", Sniffed::Http),
            ("get / HTTP/1.1\r\n", Sniffed::Unknown),
            ("CAP LS 302\r\n", Sniffed::Irc),
            ("cap ls\n", Sniffed::Irc),
            ("\r\nNick ann\r\n", Sniffed::Irc),
            ("PASS x\r\n", Sniffed::Irc),
            ("uSeR a 0 * :a\r\n", Sniffed::Irc),
            ("@label=1 CAP LS", Sniffed::Irc),
            (":ann NICK x", Sniffed::Unknown),
            ("EHLO mail", Sniffed::Unknown),
            ("SSH-2.0-x", Sniffed::Unknown),
            ("\x16\x03\x01", Sniffed::Unknown),
        ] {
            assert_eq!(sniff(bytes.as_bytes()), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_protocol_is_told_as_soon_as_it_can_be_and_never_after_the_bound() {
        for (whole, expected) in [
            ("GET /", Sniffed::Http),
            ("nick x", Sniffed::Irc),
            ("AUTHENTICATE PLAIN", Sniffed::Irc),
        ] {
            let bytes = whole.as_bytes();
            let told = (0..=bytes.len())
                .map(|end| sniff(&bytes[..end]))
                .find(|told| *told != Sniffed::NeedMore);
            assert_eq!(told, Some(expected), "{whole}");
        }
        for byte in 0..=u8::MAX {
            assert_ne!(sniff(&[byte; SNIFF_BYTES]), Sniffed::NeedMore, "{byte}");
        }
    }

    #[test]
    fn what_comes_behind_many_blanks_is_told_the_same_however_it_arrives() {
        for blanks in 0..2 * SNIFF_BYTES {
            let bytes = [&vec![b' '; blanks], &b"NICK ann\r\n"[..]].concat();
            let told = (0..=bytes.len())
                .map(|end| sniff(&bytes[..end]))
                .find(|told| *told != Sniffed::NeedMore);
            assert_eq!(told, Some(sniff(&bytes)), "{blanks} blanks");
        }
    }

    #[test]
    fn no_bytes_of_any_kind_are_waited_on_past_the_bound() {
        for seed in 0..5_000_usize {
            let bytes: Vec<u8> = (0..SNIFF_BYTES)
                .map(|at| {
                    let mixed = seed
                        .wrapping_mul(2_654_435_761)
                        .wrapping_add(at.wrapping_mul(0x9e37_79b9))
                        >> 7;
                    b"GETPOSCAPNICK \r\n@{x"[mixed % 19]
                })
                .collect();
            assert_ne!(sniff(&bytes), Sniffed::NeedMore, "{bytes:?}");
        }
    }
}
