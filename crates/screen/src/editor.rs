//! The words being written: a cursor among them, what was cut, and what was typed before.

use std::collections::VecDeque;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Lines typed before that are kept for each room.
const MAX_HISTORY: usize = 100;
/// Most that can be written, in bytes: more than a message may have, so that it can be cut into parts.
pub(crate) const MAX_BYTES: usize = 64 << 10;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Editor {
    words: String,
    /// In bytes, always between two characters as a person sees them.
    cursor: usize,
    cut: String,
    before: VecDeque<String>,
    /// Which of those before is shown, counted from the newest, and what was being written.
    recalled: Option<(usize, String)>,
}

impl Editor {
    /// With these words and the cursor after them.
    pub fn with(words: &str) -> Self {
        let mut editor = Self::default();
        editor.set(words);
        editor
    }

    /// The words.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Where the cursor is, in bytes.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Is nothing written?
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Other words, with the cursor after them.
    pub fn set(&mut self, words: &str) {
        self.words.clear();
        self.cursor = 0;
        self.insert(words);
    }

    /// Takes the words out, and remembers them for [`Self::back`].
    pub fn take(&mut self) -> String {
        let words = std::mem::take(&mut self.words);
        self.cursor = 0;
        self.remember(&words);
        words
    }

    /// Remembers a line for [`Self::back`].
    pub fn remember(&mut self, words: &str) {
        self.recalled = None;
        if words.trim().is_empty() || self.before.back().is_some_and(|last| last == words) {
            return;
        }
        if self.before.len() >= MAX_HISTORY {
            self.before.pop_front();
        }
        self.before.push_back(words.to_owned());
    }

    /// What [`Self::back`] brings, the oldest first.
    pub fn typed_before(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.before.iter().map(String::as_str)
    }

    /// Puts text in at the cursor. Control characters but line feeds and tabs are left out.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let clean: String = text
            .chars()
            .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
            .collect();
        let mut room = MAX_BYTES.saturating_sub(self.words.len()).min(clean.len());
        while !clean.is_char_boundary(room) {
            room -= 1;
        }
        let clean = clean.get(..room).unwrap_or_default();
        self.words.insert_str(self.cursor, clean);
        self.cursor += clean.len();
        self.settle();
    }

    /// Puts other text in place of these bytes, and the cursor after it: for completion.
    pub fn replace(&mut self, from: usize, to: usize, with: &str) {
        let fits =
            from <= to && self.words.is_char_boundary(from) && self.words.is_char_boundary(to);
        if fits && to <= self.words.len() {
            self.words.replace_range(from..to, "");
            self.cursor = from;
            self.insert(with);
        }
    }

    /// The cursor may have got into the middle of what is one character now, as after a joiner.
    fn settle(&mut self) {
        let mut at = GraphemeCursor::new(self.cursor, self.words.len(), true);
        if at.is_boundary(&self.words, 0) != Ok(true) {
            self.cursor = self.after(self.cursor);
        }
    }

    fn before_at(&self, at: usize) -> usize {
        let head = self.words.get(..at).unwrap_or_default();
        let last = head.grapheme_indices(true).next_back();
        last.map_or(0, |(start, _)| start)
    }

    fn after(&self, at: usize) -> usize {
        let mut cursor = GraphemeCursor::new(at, self.words.len(), true);
        let next = cursor.next_boundary(&self.words, 0);
        next.ok().flatten().unwrap_or(self.words.len())
    }

    /// One character to the left.
    pub fn left(&mut self) {
        self.cursor = self.before_at(self.cursor);
    }

    /// One character to the right.
    pub fn right(&mut self) {
        self.cursor = self.after(self.cursor);
    }

    fn word_left_at(&self) -> usize {
        let head = self.words.get(..self.cursor).unwrap_or_default();
        let words = head.unicode_word_indices().next_back();
        words.map_or(0, |(start, _)| start)
    }

    fn word_right_at(&self) -> usize {
        let tail = self.words.get(self.cursor..).unwrap_or_default();
        let word = tail.unicode_word_indices().next();
        word.map_or(self.words.len(), |(start, word)| {
            self.cursor + start + word.len()
        })
    }

    /// To the beginning of the word.
    pub fn word_left(&mut self) {
        self.cursor = self.word_left_at();
    }

    /// To the end of the word.
    pub fn word_right(&mut self) {
        self.cursor = self.word_right_at();
    }

    fn line_start_at(&self) -> usize {
        let head = self.words.get(..self.cursor).unwrap_or_default();
        head.rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end_at(&self) -> usize {
        let tail = self.words.get(self.cursor..).unwrap_or_default();
        tail.find('\n')
            .map_or(self.words.len(), |at| self.cursor + at)
    }

    /// To the beginning of the line.
    pub fn line_start(&mut self) {
        self.cursor = self.line_start_at();
    }

    /// To the end of the line.
    pub fn line_end(&mut self) {
        self.cursor = self.line_end_at();
    }

    fn remove(&mut self, from: usize, to: usize) -> String {
        let removed = self.words.get(from..to).unwrap_or_default().to_owned();
        if !removed.is_empty() {
            self.words.replace_range(from..to, "");
            self.cursor = from;
            self.settle();
        }
        removed
    }

    fn cut(&mut self, from: usize, to: usize) {
        let cut = self.remove(from, to);
        if !cut.is_empty() {
            self.cut = cut;
        }
    }

    /// Deletes the character before.
    pub fn delete_back(&mut self) {
        self.remove(self.before_at(self.cursor), self.cursor);
    }

    /// Deletes the character after.
    pub fn delete_forth(&mut self) {
        self.remove(self.cursor, self.after(self.cursor));
    }

    /// Cuts the word before, with the spaces between.
    pub fn cut_word_back(&mut self) {
        let head = self.words.get(..self.cursor).unwrap_or_default();
        let trimmed = head.trim_end();
        let start = trimmed
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, c)| at + c.len_utf8());
        self.cut(start, self.cursor);
    }

    /// Cuts the word after.
    pub fn cut_word_forth(&mut self) {
        self.cut(self.cursor, self.word_right_at());
    }

    /// Cuts the line up to the cursor; at a line's start all that is before it, so that the key pressed
    /// again and again empties an input of any length.
    pub fn cut_line_back(&mut self) {
        let start = self.line_start_at();
        let start = if start == self.cursor { 0 } else { start };
        self.cut(start, self.cursor);
    }

    /// Cuts the line from the cursor on.
    pub fn cut_line_forth(&mut self) {
        self.cut(self.cursor, self.line_end_at());
    }

    /// Puts back what was cut.
    pub fn yank(&mut self) {
        let cut = self.cut.clone();
        self.insert(&cut);
    }

    /// Up a line, or on the first line what was typed before.
    pub fn back(&mut self) {
        let start = self.line_start_at();
        if start > 0 {
            let column = self.column();
            self.cursor = start - 1;
            let start = self.line_start_at();
            self.go_to_column(start, column);
            return;
        }
        let next = self.recalled.as_ref().map_or(0, |(at, _)| at + 1);
        let Some(words) = self.nth_before(next) else {
            return;
        };
        let kept = match self.recalled.take() {
            Some((_, kept)) => kept,
            None => self.words.clone(),
        };
        self.set(&words);
        self.recalled = Some((next, kept));
    }

    /// Down a line, or on the last line what was typed after.
    pub fn forth(&mut self) {
        let end = self.line_end_at();
        if end < self.words.len() {
            let column = self.column();
            self.go_to_column(end + 1, column);
            return;
        }
        let Some((at, kept)) = self.recalled.take() else {
            return;
        };
        match at
            .checked_sub(1)
            .and_then(|at| Some((at, self.nth_before(at)?)))
        {
            Some((at, words)) => {
                self.set(&words);
                self.recalled = Some((at, kept));
            }
            None => self.set(&kept),
        }
    }

    fn nth_before(&self, at: usize) -> Option<String> {
        self.before.iter().rev().nth(at).cloned()
    }

    /// The characters before the cursor on its line.
    fn column(&self) -> usize {
        let line = self.words.get(self.line_start_at()..self.cursor);
        line.unwrap_or_default().graphemes(true).count()
    }

    fn go_to_column(&mut self, start: usize, column: usize) {
        self.cursor = start;
        for _ in 0..column {
            if self.cursor >= self.line_end_at() {
                break;
            }
            self.right();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cursor_moves_by_what_a_person_sees() {
        let mut editor = Editor::with("a👩\u{200d}👧e\u{301}");
        editor.left();
        editor.left();
        assert_eq!(editor.cursor(), 1);
        editor.right();
        editor.delete_back();
        assert_eq!(editor.words(), "ae\u{301}");
        editor.delete_forth();
        assert_eq!(editor.words(), "a");
    }

    #[test]
    fn what_is_cut_is_put_back() {
        let mut editor = Editor::with("one two  three");
        editor.cut_word_back();
        assert_eq!(editor.words(), "one two  ");
        editor.line_start();
        editor.yank();
        assert_eq!(editor.words(), "threeone two  ");
        editor.cut_line_forth();
        assert_eq!(editor.words(), "three");
        editor.cut_line_back();
        assert_eq!(editor.words(), "");
        let mut long = Editor::with("one\ntwo\nthree");
        long.cut_line_back();
        assert_eq!(long.words(), "one\ntwo\n");
        long.cut_line_back();
        assert_eq!(long.words(), "");
    }

    #[test]
    fn up_recalls_what_was_typed_and_down_brings_back_what_was_being_written() {
        let mut editor = Editor::with("one");
        assert_eq!(editor.take(), "one");
        editor.set("two");
        editor.take();
        editor.insert("half a wor");
        editor.back();
        editor.back();
        editor.back();
        assert_eq!(editor.words(), "one");
        editor.forth();
        assert_eq!(editor.words(), "two");
        editor.forth();
        assert_eq!(editor.words(), "half a wor");
    }

    #[test]
    fn up_and_down_go_through_the_lines_first() {
        let mut editor = Editor::with("first line\nsecond");
        editor.back();
        assert_eq!(editor.cursor(), 6);
        editor.forth();
        assert_eq!(editor.cursor(), 17);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_between_two_characters(
            texts in proptest::collection::vec("\\PC{0,4}|[\n\u{200d}\u{301}👩🇩🇪]{1,3}", 0..12),
            moves in proptest::collection::vec(0_u8..16, 0..40),
        ) {
            let mut editor = Editor::default();
            let mut texts = texts.iter();
            for step in moves {
                match step {
                    0 => editor.left(),
                    1 => editor.right(),
                    2 => editor.word_left(),
                    3 => editor.word_right(),
                    4 => editor.back(),
                    5 => editor.forth(),
                    6 => editor.delete_back(),
                    7 => editor.delete_forth(),
                    8 => editor.cut_word_back(),
                    9 => editor.cut_line_forth(),
                    10 => editor.yank(),
                    11 => drop(editor.take()),
                    _ => editor.insert(texts.next().map_or("x", String::as_str)),
                }
                prop_assert!(editor.words().is_char_boundary(editor.cursor()));
                let bounds: Vec<usize> = editor.words().grapheme_indices(true).map(|(at, _)| at).collect();
                prop_assert!(editor.cursor() == editor.words().len() || bounds.contains(&editor.cursor()));
            }
        }
    }
}
