//! A question with a few answers, each a key.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Deed, Overlay};
use crate::{
    Input, Key, KeyCode,
    draw::{frame, text},
    state::State,
};

/// What one can answer.
#[derive(Debug)]
pub struct Choice {
    /// The key.
    pub key: Key,
    /// What it does, for a person.
    pub label: String,
    /// What is done then. The question closes by itself.
    pub deeds: Vec<Deed>,
}

/// See the module. Esc gives it up and does nothing.
#[derive(Debug)]
pub struct Question {
    title: String,
    lines: Vec<String>,
    choices: Vec<Choice>,
    selected: usize,
}

impl Question {
    /// Asks. `lines` are cleaned as they are drawn.
    pub const fn new(title: String, lines: Vec<String>, choices: Vec<Choice>) -> Self {
        Self {
            title,
            lines,
            choices,
            selected: 0,
        }
    }

    fn choose(&mut self, at: usize) -> Vec<Deed> {
        let mut deeds = vec![Deed::Close];
        if at < self.choices.len() {
            deeds.extend(self.choices.swap_remove(at).deeds);
        }
        deeds
    }
}

impl Overlay for Question {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        let Input::Key(key) = input else {
            return Vec::new();
        };
        if let Some(at) = self.choices.iter().position(|choice| choice.key == *key) {
            return self.choose(at);
        }
        let last = self.choices.len().saturating_sub(1);
        match key.code {
            KeyCode::Esc => return vec![Deed::Close],
            KeyCode::Char('c') if key.ctrl => return vec![Deed::Close],
            KeyCode::Enter => return self.choose(self.selected),
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.selected = (self.selected + 1).min(last),
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let mut rows: Vec<(String, ratatui_core::style::Style)> = Vec::new();
        for line in &self.lines {
            let wide = usize::from(area.width.saturating_sub(6)).clamp(1, 70);
            rows.extend(
                text::wrap_plain(line, wide)
                    .into_iter()
                    .map(|row| (row, theme.text)),
            );
        }
        rows.push((String::new(), theme.text));
        for (at, choice) in self.choices.iter().enumerate() {
            let style = if at == self.selected {
                theme.text.patch(theme.selected)
            } else {
                theme.text
            };
            rows.push((
                format!("{:>6}  {}", choice.key.to_string(), choice.label),
                style,
            ));
        }
        let esc = if self.choices.is_empty() {
            "   Esc  closes this"
        } else {
            "   Esc  nothing of it"
        };
        rows.push((esc.to_owned(), theme.dim));
        let inner = frame::popup(area, buffer, theme, &self.title, 74, rows.len());
        for (row, (words, style)) in (inner.y..inner.bottom()).zip(rows) {
            text::put_line(buffer, inner.x, row, inner.width, &words, style);
        }
        None
    }
}
