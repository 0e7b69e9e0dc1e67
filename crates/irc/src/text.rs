//! Words on their way in and out: CTCP, formatting codes, and lines that IRC can carry.

use std::borrow::Cow;

use crate::line::MAX_MESSAGE_BYTES;

/// A piece is at least this long, whatever stands before it.
const MIN_PIECE_BYTES: usize = 64;
/// What ends a line of a body.
const LINE_BREAKS: [char; 2] = ['\n', '\r'];
/// How an action is written in a body: the manner of XEP-0245, known far beyond IRC.
const ACTION: &str = "/me ";

/// One line of at most so many characters, without formatting: what does not fit is cut off.
pub(crate) fn fit_line(text: &str, most: usize) -> String {
    let plain = without_formatting(text);
    let line: String = plain
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect();
    line.trim().chars().take(most).collect()
}

/// What a client means by the text of a PRIVMSG or NOTICE.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming<'a> {
    /// Words.
    Words(Cow<'a, str>),
    /// A CTCP request or answer, which is between clients and not passed on.
    Ctcp,
}

/// Reads what a client sent: formatting codes go, an action becomes `/me …`.
pub(crate) fn incoming(text: &str) -> Incoming<'_> {
    if let Some(ctcp) = text.strip_prefix('\u{1}') {
        let ctcp = ctcp.strip_suffix('\u{1}').unwrap_or(ctcp);
        return match ctcp.split_once(' ') {
            Some((verb, words)) if verb.eq_ignore_ascii_case("ACTION") => {
                Incoming::Words(Cow::Owned(format!("{ACTION}{}", without_formatting(words))))
            }
            _ => Incoming::Ctcp,
        };
    }
    Incoming::Words(without_formatting(text))
}

/// Takes out mIRC's formatting codes, with the digits of colours, and other control characters.
pub(crate) fn without_formatting(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c.is_control() && c != '\t') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        match char {
            '\u{3}' => rest = after_colours(rest, 2, u8::is_ascii_digit),
            '\u{4}' => rest = after_colours(rest, 6, u8::is_ascii_hexdigit),
            '\t' => plain.push('\t'),
            control if control.is_control() => {}
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

/// Skips `N` or `N,N`, each of at most so many digits.
fn after_colours(text: &str, most: usize, digit: fn(&u8) -> bool) -> &str {
    let digits = |text: &str| text.bytes().take(most).take_while(digit).count();
    let rest = text.get(digits(text)..).unwrap_or_default();
    match rest.strip_prefix(',') {
        Some(second) if rest.len() < text.len() && digits(second) > 0 => {
            second.get(digits(second)..).unwrap_or_default()
        }
        _ => rest,
    }
}

/// Is this more than one line, however short they are?
pub(crate) fn has_line_break(body: &str) -> bool {
    body.contains(LINE_BREAKS)
}

/// A part of a body that fits into one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    words: &'a str,
    action: bool,
    /// It goes on where the piece before it ended, in the same line of the body.
    pub(crate) joined: bool,
}

/// A body as pieces that fit into one line each, in order; empty lines cannot be said on IRC and go.
/// `overhead` is what stands before the piece on its line, CR LF counted.
pub(crate) fn pieces(body: &str, overhead: usize) -> impl Iterator<Item = Piece<'_>> {
    pieces_at(body, &[], overhead).filter(|piece| !piece.is_blank())
}

/// The same with its empty lines, cut where its author's client cut it too.
pub(crate) fn pieces_at<'a>(
    body: &'a str,
    joints: &'a [u32],
    overhead: usize,
) -> impl Iterator<Item = Piece<'a>> {
    let room = MAX_MESSAGE_BYTES
        .saturating_sub(overhead)
        .max(MIN_PIECE_BYTES);
    segments(body, joints).flat_map(move |(line, joined)| {
        let action = line.strip_prefix(ACTION).filter(|rest| !rest.is_empty());
        let (words, action) = action.map_or((line, false), |words| (words, true));
        let pieces = Pieces {
            rest: Some(words),
            room: if action { room.saturating_sub(9) } else { room },
        };
        pieces.enumerate().map(move |(index, words)| Piece {
            words,
            action,
            joined: joined || index > 0,
        })
    })
}

/// The lines of a body, cut at its joints: each with whether it goes on from the one before.
fn segments<'a>(body: &'a str, joints: &'a [u32]) -> impl Iterator<Item = (&'a str, bool)> {
    let mut rest = Some(body);
    let mut at = 0;
    let mut joined = false;
    let mut joints = joints.iter().map(|joint| *joint as usize).peekable();
    std::iter::from_fn(move || {
        let text = rest?;
        let line = text.find(LINE_BREAKS);
        while joints.next_if(|joint| *joint <= at).is_some() {}
        let joint = joints.peek().map(|joint| joint - at);
        let joint = joint.filter(|joint| *joint < text.len() && text.is_char_boundary(*joint));
        let was_joined = joined;
        let (head, tail, width) = match (line, joint) {
            (Some(line), joint) if joint.is_none_or(|joint| joint > line) => {
                joined = false;
                (text.get(..line)?, text.get(line + 1..)?, line + 1)
            }
            (_, Some(joint)) => {
                joined = true;
                (text.get(..joint)?, text.get(joint..)?, joint)
            }
            _ => {
                rest = None;
                return Some((text, was_joined));
            }
        };
        at += width;
        rest = Some(tail);
        Some((head, was_joined))
    })
}

impl<'a> Piece<'a> {
    /// The piece as it may stand on a line: no control characters, and an action in its CTCP.
    pub(crate) fn shown(self) -> Cow<'a, str> {
        let words = without_formatting(self.words);
        if self.action {
            Cow::Owned(format!("\u{1}ACTION {words}\u{1}"))
        } else {
            words
        }
    }

    /// Is there nothing to see in it?
    pub(crate) fn is_blank(&self) -> bool {
        self.words.trim().is_empty()
    }

    /// Is it something done rather than said?
    pub(crate) const fn is_action(&self) -> bool {
        self.action
    }
}

struct Pieces<'a> {
    rest: Option<&'a str>,
    room: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    /// Cuts at the last space that leaves more than half a piece, else between two characters.
    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        if text.len() <= self.room {
            return self.rest.take();
        }
        let mut end = self.room;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (head, _) = text.split_at_checked(end)?;
        let end = match head.rfind(' ') {
            Some(space) if space > self.room / 2 => space + 1,
            _ => end,
        };
        let (piece, rest) = text.split_at_checked(end)?;
        self.rest = Some(rest).filter(|rest| !rest.is_empty());
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str) -> Vec<String> {
        let shown = pieces(body, 100).map(Piece::shown);
        shown.map(Cow::into_owned).collect()
    }

    #[test]
    fn formatting_goes_and_words_stay() {
        let words = |text: &'static str| match incoming(text) {
            Incoming::Words(words) => words.into_owned(),
            Incoming::Ctcp => panic!("no CTCP"),
        };
        assert_eq!(
            words("\u{2}bold\u{f} \u{3}04,12red\u{3} 5,5"),
            "bold red 5,5"
        );
        assert_eq!(words("\u{3}4,x\u{4}ff00aazz"), ",xzz");
        assert_eq!(words("a\tb"), "a\tb");
        assert_eq!(words("\u{1}ACTION waves\u{1}"), "/me waves");
        assert_eq!(incoming("\u{1}VERSION\u{1}"), Incoming::Ctcp);
        assert_eq!(incoming("\u{1}"), Incoming::Ctcp);
    }

    #[test]
    fn a_body_is_split_at_lines_words_and_characters() {
        assert_eq!(split("a\n\n \nb"), ["a", "b"]);
        assert_eq!(split("/me waves\nbye"), ["\u{1}ACTION waves\u{1}", "bye"]);
        let words = "word ".repeat(200);
        let parts = split(&words);
        assert!(
            parts
                .iter()
                .all(|part| part.len() <= MAX_MESSAGE_BYTES - 100)
        );
        assert!(
            parts.iter().all(|part| part.ends_with("word ")),
            "{parts:?}"
        );
        assert_eq!(parts.concat(), words);
        let beer = "\u{1f37a}".repeat(300);
        assert_eq!(split(&beer).concat(), beer);
    }

    #[test]
    fn a_body_is_cut_where_its_author_cut_it() {
        let cut = |body, joints: &[u32]| {
            let pieces = pieces_at(body, joints, 100).map(|piece| (piece.words, piece.joined));
            pieces
                .map(|(words, joined)| (words.to_owned(), joined))
                .collect::<Vec<_>>()
        };
        let own = |pieces: &[(&str, bool)]| {
            let pieces = pieces
                .iter()
                .map(|(words, joined)| ((*words).to_owned(), *joined));
            pieces.collect::<Vec<_>>()
        };
        assert_eq!(
            cut("\nhow is all?", &[8]),
            own(&[("", false), ("how is ", false), ("all?", true)])
        );
        assert_eq!(cut("ab", &[0, 2, 9]), own(&[("ab", false)]));
        assert_eq!(
            cut("a\nb\n", &[1, 2]),
            own(&[("a", false), ("", true), ("b", false), ("", false)])
        );
    }

    #[test]
    fn an_action_in_a_body_can_not_break_out_of_its_line() {
        assert_eq!(split("a\rb\u{1}c\0d"), ["a", "bcd"]);
    }
}
