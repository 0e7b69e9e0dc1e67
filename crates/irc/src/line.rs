//! One IRC message as a peer sends it (RFC 1459 §2.3.1, RFC 2812 §2.3.1, `IRCv3` message-tags).

mod writer;

use std::borrow::Cow;

pub(crate) use writer::Writer;

/// Longest tags section of a message, its `@` and the space after it counted (`IRCv3` message-tags).
pub const MAX_TAGS_BYTES: usize = 8191;
/// Longest tags section that a client may send, its `@` and the space after it counted.
pub const MAX_CLIENT_TAGS_BYTES: usize = 4096;
/// Longest rest of a message, its CR LF counted (RFC 1459 §2.3).
pub const MAX_MESSAGE_BYTES: usize = 512;
/// Longest line that a reader has to keep before it may give up.
pub const MAX_INPUT_BYTES: usize = MAX_TAGS_BYTES + MAX_MESSAGE_BYTES;
/// A line past this ends the connection: no client sends one, and a reader need not read on for ever.
pub const MAX_FLOOD_BYTES: usize = 16 * 1024;
/// Most parameters of a command; what follows belongs to the last one (RFC 2812 §2.3.1).
pub const MAX_PARAMETERS: usize = 15;
/// Most tags that are kept of one message.
const MAX_TAGS: usize = 64;

/// What a line is not a message for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// Nothing in it: to be ignored.
    #[error("the line is empty")]
    Empty,
    /// Tags or message over their bound.
    #[error("the line is too long")]
    TooLong,
    /// Not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// NUL, or a CR or LF inside.
    #[error("the line holds a NUL, CR or LF")]
    Control,
    /// No command where one should be.
    #[error("the line has no command")]
    NoCommand,
}

/// A message taken apart. Everything but unescaped tag values is borrowed from the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Tags in the order sent; a key without a value has an empty one.
    pub tags: Vec<(&'a str, Cow<'a, str>)>,
    /// Who sent it, without the colon.
    pub source: Option<&'a str>,
    /// The command as it was written.
    pub command: &'a str,
    /// Its parameters, the trailing one without its colon.
    pub params: Vec<&'a str>,
}

impl<'a> Line<'a> {
    /// Reads one line; a CR, LF or CR LF at its end is no part of it.
    pub fn parse(line: &'a [u8]) -> Result<Self, BadLine> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > MAX_INPUT_BYTES {
            return Err(BadLine::TooLong);
        }
        let text = std::str::from_utf8(line).map_err(|_| BadLine::NotUtf8)?;
        if text.contains(['\0', '\r', '\n']) {
            return Err(BadLine::Control);
        }
        let (tags, rest) = split_tags(text)?;
        if rest.len() > MAX_MESSAGE_BYTES - 2 {
            return Err(BadLine::TooLong);
        }
        let (source, rest) = match rest.strip_prefix(':') {
            Some(sourced) => {
                let (source, rest) = split_word(sourced);
                (Some(source), rest)
            }
            None => (None, rest),
        };
        let (command, rest) = split_word(rest.trim_start_matches(' '));
        if command.is_empty() {
            let empty = tags.is_none() && source.is_none();
            return Err(if empty {
                BadLine::Empty
            } else {
                BadLine::NoCommand
            });
        }
        Ok(Self {
            tags: tags.map(parse_tags).unwrap_or_default(),
            source,
            command,
            params: parse_params(rest),
        })
    }

    /// The parameter at this place, if there is one and it is not empty.
    pub fn param(&self, index: usize) -> Option<&'a str> {
        self.params
            .get(index)
            .copied()
            .filter(|param| !param.is_empty())
    }
}

fn split_tags(text: &str) -> Result<(Option<&str>, &str), BadLine> {
    let Some(tagged) = text.strip_prefix('@') else {
        return Ok((None, text.trim_start_matches(' ')));
    };
    let (tags, rest) = split_word(tagged);
    if tags.len() + 2 > MAX_TAGS_BYTES {
        return Err(BadLine::TooLong);
    }
    Ok((Some(tags), rest))
}

/// The text up to the first space, and what follows the spaces.
fn split_word(text: &str) -> (&str, &str) {
    text.split_once(' ').map_or((text, ""), |(word, rest)| {
        (word, rest.trim_start_matches(' '))
    })
}

fn parse_tags(tags: &str) -> Vec<(&str, Cow<'_, str>)> {
    tags.split(';')
        .filter(|tag| !tag.is_empty())
        .take(MAX_TAGS)
        .map(|tag| {
            let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
            (key, unescape(value))
        })
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

fn parse_params(mut rest: &str) -> Vec<&str> {
    let mut params = Vec::new();
    loop {
        if let Some(trailing) = rest.strip_prefix(':') {
            params.push(trailing);
            return params;
        }
        if rest.is_empty() {
            return params;
        }
        if params.len() + 1 == MAX_PARAMETERS {
            params.push(rest);
            return params;
        }
        let (param, after) = split_word(rest);
        params.push(param);
        rest = after;
    }
}

/// A tag's value as it was meant (`IRCv3` message-tags, "Escaping values").
fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            plain.push(char);
            continue;
        }
        match chars.next() {
            Some(':') => plain.push(';'),
            Some('s') => plain.push(' '),
            Some('r') => plain.push('\r'),
            Some('n') => plain.push('\n'),
            Some(other) => plain.push(other),
            None => {}
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Line<'_> {
        Line::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_message_is_taken_apart() {
        let line = parse("@id=1;+a=b\\s\\:;c :ann!u@h PRIVMSG  #den   :hello  there :x\r\n");
        assert_eq!(
            line.tags,
            [
                ("id", "1".into()),
                ("+a", "b ;".into()),
                ("c", Cow::from(""))
            ]
        );
        assert_eq!(line.source, Some("ann!u@h"));
        assert_eq!(line.command, "PRIVMSG");
        assert_eq!(line.params, ["#den", "hello  there :x"]);
    }

    #[test]
    fn an_empty_trailing_parameter_is_there_and_empty() {
        let line = parse("TOPIC #den :");
        assert_eq!(line.params, ["#den", ""]);
        assert_eq!(line.param(1), None);
        assert_eq!(parse("PING a ").params, ["a"]);
    }

    #[test]
    fn the_fifteenth_parameter_takes_the_rest() {
        let line = parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17");
        assert_eq!(line.params.len(), MAX_PARAMETERS);
        assert_eq!(line.params.last(), Some(&"15 16 :17"));
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (line, why) in [
            (&b""[..], BadLine::Empty),
            (b"\r\n", BadLine::Empty),
            (b"   ", BadLine::Empty),
            (b":ann", BadLine::NoCommand),
            (b"@a=b", BadLine::NoCommand),
            (b"@a=b :ann ", BadLine::NoCommand),
            (b"PING \xff", BadLine::NotUtf8),
            (b"PING a\0b", BadLine::Control),
            (b"PING a\rQUIT", BadLine::Control),
            (b"PING a\nQUIT", BadLine::Control),
        ] {
            assert_eq!(Line::parse(line), Err(why), "{line:?}");
        }
    }

    #[test]
    fn tags_and_message_have_a_bound_each() {
        let long = |tags: usize, rest: usize| {
            let tags = "a".repeat(tags - 2);
            let rest = "b".repeat(rest);
            Line::parse(format!("@{tags} {rest}").as_bytes()).map(|_| ())
        };
        assert_eq!(long(MAX_TAGS_BYTES, MAX_MESSAGE_BYTES - 2), Ok(()));
        assert_eq!(long(MAX_TAGS_BYTES + 1, 3), Err(BadLine::TooLong));
        assert_eq!(long(3, MAX_MESSAGE_BYTES - 1), Err(BadLine::TooLong));
        assert_eq!(
            Line::parse(&[b'a'; MAX_INPUT_BYTES + 1]),
            Err(BadLine::TooLong)
        );
    }
}
