//! The input: one row that grows with what is written, and the cursor in it.

use std::borrow::Cow;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::text;
use crate::{Editor, state::State};

/// What stands before the words.
const PROMPT: &str = "> ";
/// Rows that are worked out at most; no input is as high.
const MAX_ROWS: usize = 400;

/// A row of the input.
struct Row {
    words: String,
    /// The bytes of the editor's words that it shows.
    from: usize,
    to: usize,
}

/// The rows, broken anywhere: words move less under the hand than when they are kept whole.
fn laid_out(editor: &Editor, wide: usize) -> Vec<Row> {
    let wide = wide.saturating_sub(PROMPT.len() + 1).max(1);
    let mut rows = Vec::new();
    let mut at = 0;
    for line in editor.words().split('\n') {
        let (mut from, mut words, mut taken) = (at, String::new(), 0);
        for grapheme in line.graphemes(true) {
            let shown = show(grapheme);
            let more = if grapheme.len() == 1 {
                shown.len()
            } else {
                text::width(&shown)
            };
            if taken + more > wide && !words.is_empty() {
                rows.push(Row {
                    words: std::mem::take(&mut words),
                    from,
                    to: at,
                });
                (from, taken) = (at, 0);
            }
            words.push_str(&shown);
            taken += more;
            at += grapheme.len();
        }
        rows.push(Row {
            words,
            from,
            to: at,
        });
        at += 1;
    }
    rows
}

/// A character of one's own, fit to be drawn.
fn show(grapheme: &str) -> Cow<'_, str> {
    match grapheme {
        "\t" => "    ".into(),
        _ if grapheme.len() == 1 => grapheme.into(),
        _ if grapheme.width() == 0 => "·".into(),
        _ => text::clean_lines(grapheme).concat().into(),
    }
}

/// How many rows it wants.
pub(crate) fn rows(state: &State, wide: usize) -> usize {
    laid_out(state.editor(), wide).len().min(MAX_ROWS)
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
    let theme = &state.settings.theme;
    if area.height == 0 || area.width == 0 {
        return None;
    }
    let editor = state.editor();
    let rows = laid_out(editor, usize::from(area.width));
    let cursor = editor.cursor();
    let on = rows.iter().rposition(|row| row.from <= cursor).unwrap_or(0);
    let height = usize::from(area.height);
    let first = (on + 1)
        .saturating_sub(height)
        .max(rows.len().saturating_sub(height).min(on));
    let mut place = None;
    for (y, (index, row)) in (area.y..).zip(rows.iter().enumerate().skip(first).take(height)) {
        let prompt = if index == 0 { PROMPT } else { "  " };
        let x = text::put(buffer, area.x, y, area.width, prompt, theme.dim);
        text::put(
            buffer,
            x,
            y,
            area.right().saturating_sub(x),
            &row.words,
            theme.text,
        );
        if index == on {
            let before = editor.words().get(row.from..cursor.min(row.to));
            let before: usize = before
                .unwrap_or_default()
                .graphemes(true)
                .map(|g| text::width(&show(g)))
                .sum();
            let before = u16::try_from(before).unwrap_or(u16::MAX);
            let x = x.saturating_add(before).min(area.right() - 1);
            place = Some(Position { x, y });
        }
    }
    place.filter(|_| state.cursor.is_none())
}
