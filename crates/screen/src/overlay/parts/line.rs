//! One line of a form or above a list. It may hold a secret, so it leaves nothing behind in memory.

use std::fmt;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;
use zeroize::Zeroizing;

use crate::{Key, KeyCode, sanitize};

/// Longest line. All of it is reserved at once, so that growing leaves no copy of a secret behind.
const MAX_BYTES: usize = 2048;

/// See the module.
pub(crate) struct Line {
    words: Zeroizing<String>,
    /// In bytes, between two characters as a person sees them.
    cursor: usize,
    is_secret: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if self.is_secret { "…" } else { self.words() };
        f.debug_tuple("Line").field(&words).finish()
    }
}

impl Line {
    /// With these words.
    pub(crate) fn with(words: &str) -> Self {
        let mut line = Self {
            words: Zeroizing::new(String::with_capacity(MAX_BYTES)),
            cursor: 0,
            is_secret: false,
        };
        line.insert(words);
        line
    }

    /// One that is not shown.
    pub(crate) fn secret() -> Self {
        Self {
            is_secret: true,
            ..Self::with("")
        }
    }

    /// The words.
    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    /// Is it not shown?
    pub(crate) const fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// Takes a key; false if it means nothing here.
    pub(crate) fn key(&mut self, key: Key) -> bool {
        if let Some(character) = key.types() {
            self.insert(character.encode_utf8(&mut [0; 4]));
            return true;
        }
        let plain = !key.ctrl && !key.alt;
        match key.code {
            KeyCode::Left if plain => self.cursor = self.before(),
            KeyCode::Right if plain => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.words.len(),
            KeyCode::Char('a') if key.ctrl => self.cursor = 0,
            KeyCode::Char('e') if key.ctrl => self.cursor = self.words.len(),
            KeyCode::Backspace if plain => self.remove(self.before(), self.cursor),
            KeyCode::Char('h') if key.ctrl => self.remove(self.before(), self.cursor),
            KeyCode::Delete if plain => self.remove(self.cursor, self.after()),
            KeyCode::Char('u') if key.ctrl => self.remove(0, self.cursor),
            KeyCode::Char('w') if key.ctrl => self.remove(self.word_before(), self.cursor),
            _ => return false,
        }
        true
    }

    /// Puts text in at the cursor: of several lines the first, without what is no letter.
    pub(crate) fn insert(&mut self, text: &str) {
        for character in text.trim_start_matches('\n').chars() {
            if matches!(character, '\n' | '\r') {
                break;
            }
            let fits = self.words.len() + character.len_utf8() <= MAX_BYTES;
            if fits && !character.is_control() {
                self.words.insert(self.cursor, character);
                self.cursor += character.len_utf8();
            }
        }
    }

    fn before(&self) -> usize {
        let head = self.words.get(..self.cursor).unwrap_or_default();
        let last = head.grapheme_indices(true).next_back();
        last.map_or(0, |(start, _)| start)
    }

    fn after(&self) -> usize {
        let tail = self.words.get(self.cursor..).unwrap_or_default();
        let next = tail.graphemes(true).next().map_or(0, str::len);
        self.cursor + next
    }

    fn word_before(&self) -> usize {
        let head = self.words.get(..self.cursor).unwrap_or_default().trim_end();
        let space = head.char_indices().rev().find(|(_, c)| c.is_whitespace());
        space.map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn remove(&mut self, from: usize, to: usize) {
        let fits = from <= to && self.words.is_char_boundary(from);
        if fits && self.words.is_char_boundary(to) {
            self.words.replace_range(from..to, "");
            self.cursor = from;
        }
    }

    /// Draws it, the part around the cursor where it is too long; says where the cursor is.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, style: Style) -> Option<Position> {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        let wide = usize::from(area.width);
        let (head, tail) = self.words.split_at_checked(self.cursor)?;
        let show = |words: &str| {
            if self.is_secret {
                "•".repeat(words.graphemes(true).count())
            } else {
                sanitize::line(words)
            }
        };
        let (head, tail) = (show(head), show(tail));
        // One cell stays free for a cursor at the end.
        let mut start = 0;
        for (at, grapheme) in head.grapheme_indices(true) {
            if head.get(at..).unwrap_or_default().width() < wide {
                break;
            }
            start = at + grapheme.len();
        }
        let head = head.get(start..).unwrap_or_default();
        let (x, _) = buffer.set_stringn(area.x, area.y, head, wide, style);
        let left = usize::from(area.right().saturating_sub(x));
        buffer.set_stringn(x, area.y, tail, left, style);
        Some(Position::new(x.min(area.right().saturating_sub(1)), area.y))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys;

    fn typed(text: &str) -> Line {
        let mut line = Line::with("");
        for key in keys(text) {
            line.key(key);
        }
        line
    }

    #[test]
    fn a_line_is_edited_by_the_keys_of_a_shell() {
        assert_eq!(typed("one two<Ctrl-W>x").words(), "one x");
        assert_eq!(typed("ab<Left>c<Home>d<Delete>").words(), "dcb");
        assert_eq!(typed("ab<Ctrl-U>c").words(), "c");
        assert_eq!(typed("👩<Backspace>é<Backspace>").words(), "");
    }

    #[test]
    fn a_secret_is_neither_drawn_nor_debugged_and_is_never_copied_by_growing() {
        let mut line = Line::secret();
        let place = line.words.as_ptr();
        line.insert(&"s3cret ".repeat(1000));
        assert_eq!(line.words.as_ptr(), place);
        assert!(line.words().len() <= MAX_BYTES);
        assert!(!format!("{line:?}").contains("s3cret"));
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        line.draw(buffer.area, &mut buffer, Style::new());
        assert_eq!(
            buffer
                .content
                .iter()
                .map(ratatui_core::buffer::Cell::symbol)
                .collect::<String>(),
            "••••••••••• "
        );
    }

    proptest! {
        #[test]
        fn no_keys_and_no_width_break_it(
            text in "(<Left>|<Right>|<Home>|<Backspace>|<Delete>|<Ctrl-W>|[a \u{301}\u{200d}👩日é]){0,30}",
            width in 0_u16..12,
        ) {
            let line = typed(&text);
            let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
            line.draw(Rect::new(0, 0, width, 1), &mut buffer, Style::new());
            prop_assert!(line.words.is_char_boundary(line.cursor));
        }
    }
}
