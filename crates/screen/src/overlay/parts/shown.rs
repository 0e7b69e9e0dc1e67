//! Some lines to read, and perhaps to copy.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::form::done;
use crate::overlay::{Deed, Overlay};
use crate::{
    Effect, Input, KeyCode,
    draw::{frame, text},
    state::State,
};

/// Columns where there is room for them.
const WIDE: u16 = 76;

/// See the module.
#[derive(Debug)]
pub struct Shown {
    title: String,
    lines: Vec<String>,
    copy: Option<String>,
    top: usize,
}

impl Shown {
    /// These lines; `y` copies that.
    pub fn new(title: &str, lines: &[String], copy: Option<String>) -> Self {
        Self {
            title: text::clean(title),
            lines: lines.iter().map(|line| text::clean(line)).collect(),
            copy,
            top: 0,
        }
    }
}

impl Overlay for Shown {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        let Input::Key(key) = input else {
            return Vec::new();
        };
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => {
                self.top = (self.top + 1).min(self.lines.len().saturating_sub(1));
            }
            KeyCode::Char('y') if !key.ctrl => {
                if let Some(copy) = &self.copy {
                    return vec![Deed::Effect(Effect::Copy(copy.clone())), done("Copied.")];
                }
            }
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char(_) => return vec![Deed::Back],
            _ => {}
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let wide = usize::from(WIDE.min(area.width).saturating_sub(4)).max(1);
        let shown = self.lines.iter().skip(self.top);
        let mut rows: Vec<String> = shown
            .flat_map(|line| text::wrap_plain(line, wide))
            .collect();
        let keys = if self.copy.is_some() {
            "y copies · Esc closes"
        } else {
            "Esc closes"
        };
        rows.push(String::new());
        let inner = frame::popup(area, buffer, theme, &self.title, WIDE, rows.len() + 1);
        let high = usize::from(inner.height);
        rows.truncate(high.saturating_sub(1));
        let mut y = inner.y;
        for words in &rows {
            text::put_line(buffer, inner.x, y, inner.width, words, theme.text);
            y += 1;
        }
        if y < inner.bottom() {
            text::put_line(buffer, inner.x, y, inner.width, keys, theme.dim);
        }
        None
    }
}
