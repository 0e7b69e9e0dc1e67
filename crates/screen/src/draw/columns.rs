//! The columns of the pane of messages: a mark, the time, the name, the words.

use ratatui_core::style::Style;

use super::text;
use crate::state::State;

/// A row, in pieces from left to right.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// The pieces.
    pub(crate) pieces: Vec<(String, Style)>,
    /// What stands at the right edge.
    pub(crate) right: Option<(&'static str, Style)>,
    /// Who said it: the name stands at the top of the pane, where its own row is above.
    pub(crate) author: Option<(String, Style)>,
}

/// The columns of a pane: a mark, the time, the name, the words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    time: bool,
    /// How many the name has.
    pub(super) name: usize,
    /// How many the words have.
    pub(super) words: usize,
    /// How many there are.
    pub(super) all: usize,
}

impl Columns {
    /// Those of a pane so wide.
    pub(crate) fn of(state: &State, wide: usize) -> Self {
        let brackets = if state.settings.theme.brackets_names() {
            2
        } else {
            0
        };
        let (time, name) = match wide {
            90.. => (true, 12),
            60.. => (true, 10),
            50.. => (true, 8),
            24.. => (false, 6),
            _ => (false, 3),
        };
        let name = name + brackets;
        let before = 1 + if time { 7 } else { 0 } + name + 1 + usize::from(time);
        Self {
            time,
            name,
            words: wide.saturating_sub(before + 1).max(1),
            all: wide,
        }
    }

    /// Says the author of a row that does not.
    pub(super) fn name_row(self, row: &mut Row, faint: Style) {
        let at = 1 + usize::from(self.time);
        if let (Some((author, _)), Some(name)) = (&row.author, row.pieces.get_mut(at))
            && name.0.trim().is_empty()
        {
            *name = (self.name(author), faint);
        }
    }

    fn name(self, name: &str) -> String {
        text::pad(name, self.name) + if self.time { "  " } else { " " }
    }

    /// Before the words: the mark, the time, the name.
    pub(super) fn head(self, mark: (&str, Style), time: (&str, Style), name: (&str, Style)) -> Row {
        let mut pieces = vec![(text::pad(mark.0, 1), mark.1)];
        if self.time {
            pieces.push((text::pad(time.0, 7), time.1));
        }
        pieces.push((self.name(name.0), name.1));
        Row {
            pieces,
            ..Row::default()
        }
    }
}
