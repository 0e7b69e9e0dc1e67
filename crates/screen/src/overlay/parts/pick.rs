//! A list that one chooses from, by arrows or by typing some of its letters.

use std::collections::BTreeSet;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::line::Line;
use crate::{Input, Key, KeyCode, Theme, draw::text, fuzzy};

/// A page of the list, for the keys.
const PAGE: usize = 10;
/// Rows that are drawn at most, whatever is found: nobody reads on.
const MAX_FOUND: usize = 1000;

/// One row.
#[derive(Debug)]
pub(crate) struct Row<T> {
    /// Before the label: `#`, `@`, `●`.
    pub(crate) sign: &'static str,
    /// What is sought in, and shown. Cleaned.
    pub(crate) label: String,
    /// Beside it, faint. Cleaned.
    pub(crate) detail: String,
    /// Something about it needs one.
    pub(crate) is_strong: bool,
    /// What is chosen by it.
    pub(crate) value: T,
}

impl<T> Row<T> {
    /// A row. What others wrote is cleaned here.
    pub(crate) fn new(sign: &'static str, label: &str, detail: &str, value: T) -> Self {
        Self {
            sign,
            label: text::clean(label),
            detail: text::clean(detail),
            is_strong: false,
            value,
        }
    }

    /// The same, and it needs one.
    pub(crate) fn strong_if(mut self, is_strong: bool) -> Self {
        self.is_strong = is_strong;
        self
    }
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picked {
    /// The list, or nothing.
    Nothing,
    /// The row was chosen.
    Chosen,
    /// Close.
    Close,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pick<T> {
    line: Line,
    rows: Vec<Row<T>>,
    /// Which rows are shown, and which of their letters were meant.
    found: Vec<(usize, Vec<usize>)>,
    chosen: usize,
}

impl<T> Pick<T> {
    /// A list in its order.
    pub(crate) fn new(rows: Vec<Row<T>>) -> Self {
        let mut pick = Self {
            line: Line::with(""),
            rows,
            found: Vec::new(),
            chosen: 0,
        };
        pick.seek();
        pick
    }

    /// Another list; what is sought stays.
    pub(crate) fn set_rows(&mut self, rows: Vec<Row<T>>) {
        let chosen = self.chosen;
        self.rows = rows;
        self.seek();
        self.chosen = chosen.min(self.found.len().saturating_sub(1));
    }

    /// More rows after those there are.
    pub(crate) fn add_rows(&mut self, rows: Vec<Row<T>>) {
        let chosen = self.chosen;
        self.rows.extend(rows);
        self.seek();
        self.chosen = chosen.min(self.found.len().saturating_sub(1));
    }

    /// What is sought.
    pub(crate) fn sought(&self) -> &str {
        self.line.words()
    }

    /// Seeks nothing any more; the cursor stays on its row.
    pub(crate) fn forget_sought(&mut self) {
        let row = self.found.get(self.chosen).map(|(row, _)| *row);
        self.line = Line::with("");
        self.seek();
        let again = self.found.iter().position(|(other, _)| Some(*other) == row);
        self.chosen = again.unwrap_or(0);
    }

    /// The row under the cursor.
    pub(crate) fn chosen(&self) -> Option<&Row<T>> {
        let (row, _) = self.found.get(self.chosen)?;
        self.rows.get(*row)
    }

    /// How many rows there are, found or not: a list keeps its height while it is narrowed.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes a key or a paste.
    pub(crate) fn input(&mut self, input: &Input) -> Picked {
        match input {
            Input::Key(key) => self.key(*key),
            Input::Paste(text) => {
                self.line.insert(text);
                self.seek();
                Picked::Nothing
            }
            _ => Picked::Nothing,
        }
    }

    fn key(&mut self, key: Key) -> Picked {
        let last = self.found.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return Picked::Close,
            KeyCode::Char('c') if key.ctrl => return Picked::Close,
            KeyCode::Enter if !key.alt => return Picked::Chosen,
            KeyCode::Up | KeyCode::BackTab => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Char('p') if key.ctrl => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.chosen = (self.chosen + 1).min(last),
            KeyCode::Char('n') if key.ctrl => self.chosen = (self.chosen + 1).min(last),
            KeyCode::PageUp => self.chosen = self.chosen.saturating_sub(PAGE),
            KeyCode::PageDown => self.chosen = (self.chosen + PAGE).min(last),
            _ => {
                if self.line.key(key) {
                    self.seek();
                }
            }
        }
        Picked::Nothing
    }

    fn seek(&mut self) {
        let sought = self.line.words();
        let mut found: Vec<(i32, usize, Vec<usize>)> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            if let Some(fit) = fuzzy::fit(sought, &row.label) {
                found.push((fit.score, at, fit.at));
            }
        }
        // Of equals the first stays first, so that the most recent does.
        found.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        found.truncate(MAX_FOUND);
        self.found = found.into_iter().map(|(_, row, at)| (row, at)).collect();
        self.chosen = 0;
    }

    /// The first row that is shown where there are so many.
    fn top(&self, high: usize) -> usize {
        let most = self.found.len().saturating_sub(high);
        self.chosen.saturating_sub(high / 2).min(most)
    }

    /// Moves by so many rows.
    pub(crate) fn step(&mut self, by: isize) {
        let last = self.found.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(by).min(last);
    }

    /// Chooses the row that is drawn there, of so many; false if none is.
    pub(crate) fn point(&mut self, at: usize, high: usize) -> bool {
        let row = self.top(high) + at;
        let is_there = at < high && row < self.found.len();
        if is_there {
            self.chosen = row;
        }
        is_there
    }

    /// Draws the line that is typed and the rows below it.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        buffer.set_stringn(area.x, area.y, "> ", usize::from(area.width), theme.dim);
        let line = Rect::new(area.x + 2, area.y, area.width.saturating_sub(2), 1);
        let cursor = self.line.draw(line.intersection(area), buffer, theme.text);
        let rows = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
        self.draw_rows(rows, buffer, theme);
        cursor
    }

    /// Draws the rows alone.
    pub(crate) fn draw_rows(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let high = usize::from(area.height);
        let top = self.top(high);
        let shown = self.found.iter().enumerate().skip(top).take(high);
        for (y, (at, (row, letters))) in (area.y..).zip(shown) {
            if let Some(row) = self.rows.get(*row) {
                let line = Rect::new(area.x, y, area.width, 1);
                draw_row(row, letters, at == self.chosen, line, buffer, theme);
            }
        }
        if self.found.is_empty() && high > 0 {
            let wide = usize::from(area.width);
            buffer.set_stringn(area.x, area.y, "Nothing fits.", wide, theme.dim);
        }
    }
}

fn draw_row<T>(
    row: &Row<T>,
    letters: &[usize],
    is_chosen: bool,
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
) {
    let wide = usize::from(area.width);
    let base = if row.is_strong {
        theme.unread
    } else {
        theme.text
    };
    let with = |style: Style| {
        if is_chosen {
            style.patch(theme.selected)
        } else {
            style
        }
    };
    if is_chosen {
        buffer.set_stringn(area.x, area.y, " ".repeat(wide), wide, theme.selected);
    }
    let mark = if is_chosen { "▸" } else { " " };
    let (mut x, _) = buffer.set_stringn(area.x, area.y, mark, wide, with(theme.text));
    let left = |x: u16| usize::from(area.right().saturating_sub(x));
    (x, _) = buffer.set_stringn(x, area.y, row.sign, left(x), with(theme.dim));
    (x, _) = buffer.set_stringn(x, area.y, " ", left(x), with(theme.dim));
    let meant: BTreeSet<usize> = letters.iter().copied().collect();
    let mut character = 0;
    for grapheme in text::fit(&row.label, left(x)).graphemes(true) {
        let until = character + grapheme.chars().count();
        let is_meant = (character..until).any(|at| meant.contains(&at));
        let style = if is_meant {
            base.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED))
        } else {
            base
        };
        (x, _) = buffer.set_stringn(x, area.y, grapheme, left(x), with(style));
        character = until;
    }
    // Details stand at the right edge where there is room for all of them, else behind the label.
    let room = left(x);
    let detail = row.detail.width();
    if room > 3 && detail > 0 {
        let gap = (room - 1).saturating_sub(detail).max(2);
        let x = x.saturating_add(u16::try_from(gap).unwrap_or(2));
        let wide = left(x).saturating_sub(1);
        let detail = text::fit(&row.detail, wide);
        buffer.set_stringn(x, area.y, detail, wide, with(theme.dim));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;

    fn pick() -> Pick<u8> {
        let names = ["lobby", "den", "garden", "kitchen"];
        Pick::new(
            (0..)
                .zip(names)
                .map(|(n, name)| Row::new("#", name, "", n))
                .collect(),
        )
    }

    fn type_in(pick: &mut Pick<u8>, text: &str) -> Picked {
        let mut picked = Picked::Nothing;
        for key in keys(text) {
            picked = pick.input(&Input::Key(key));
        }
        picked
    }

    #[test]
    fn letters_narrow_the_list_and_the_best_is_chosen() {
        let mut pick = pick();
        assert_eq!(type_in(&mut pick, "den<Enter>"), Picked::Chosen);
        assert_eq!(pick.chosen().unwrap().value, 1);
        assert_eq!(pick.found.len(), 2);
        type_in(&mut pick, "<Down>");
        assert_eq!(pick.chosen().unwrap().value, 2);
        type_in(&mut pick, "<Ctrl-U><PageDown>");
        assert_eq!(pick.chosen().unwrap().value, 3);
        type_in(&mut pick, "zzz");
        assert!(pick.chosen().is_none());
        assert_eq!(type_in(&mut pick, "<Esc>"), Picked::Close);
        assert_eq!(type_in(&mut pick, "<F5>"), Picked::Nothing);
    }
}
