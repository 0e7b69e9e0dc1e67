//! The small list above the input from which a completion is taken. Writing goes on meanwhile.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{Deed, Overlay};
use crate::{
    Context, Input, Key, KeyCode,
    complete::{Completion, complete},
    draw::{Layout, frame, text},
    state::State,
};

/// Rows of the list.
const HIGH: usize = 6;
/// Columns of the list.
const WIDE: usize = 48;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Completing {
    at: usize,
}

impl Completing {
    fn now(state: &State) -> Option<Completion> {
        let editor = state.editor();
        complete(editor.words(), editor.cursor(), state)
    }

    fn take(&self, completion: Completion) -> Vec<Deed> {
        let (from, to) = (completion.from, completion.to);
        let chosen = completion.options.into_iter().nth(self.at);
        let replace = chosen.map(|chosen| Deed::Replace {
            from,
            to,
            with: chosen.text,
        });
        std::iter::once(Deed::Close).chain(replace).collect()
    }

    /// A key that is none of the list's: it does what it does in the input, and the list goes.
    fn through(key: Key, state: &State) -> Vec<Deed> {
        let action = state.settings.bindings.find(Context::Main, key);
        let action = action.map(Deed::Action);
        std::iter::once(Deed::Close).chain(action).collect()
    }
}

impl Overlay for Completing {
    /// What can become one thing only becomes it at once.
    fn begin(&mut self, state: &State) -> Vec<Deed> {
        match Self::now(state) {
            None => vec![Deed::Close],
            Some(only) if only.options.len() == 1 => self.take(only),
            Some(_) => Vec::new(),
        }
    }

    fn input(&mut self, input: &Input, state: &State) -> Vec<Deed> {
        let key = match input {
            Input::Key(key) => *key,
            Input::Paste(words) => return vec![Deed::Close, Deed::Insert(words.clone())],
            _ => return Vec::new(),
        };
        let Some(completion) = Self::now(state) else {
            return match key.types() {
                Some(character) => vec![Deed::Close, Deed::Insert(character.to_string())],
                None => Self::through(key, state),
            };
        };
        let last = completion.options.len().saturating_sub(1);
        self.at = self.at.min(last);
        if let Some(character) = key.types() {
            if character.is_whitespace() {
                return self.take(completion);
            }
            self.at = 0;
            return vec![Deed::Insert(character.to_string())];
        }
        match key.code {
            KeyCode::Esc => vec![Deed::Close],
            KeyCode::Enter if !key.alt => self.take(completion),
            KeyCode::Tab if !key.shift => {
                self.at = if self.at == last { 0 } else { self.at + 1 };
                Vec::new()
            }
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Up => {
                self.at = if self.at == 0 { last } else { self.at - 1 };
                Vec::new()
            }
            KeyCode::Down => {
                self.at = if self.at == last { 0 } else { self.at + 1 };
                Vec::new()
            }
            KeyCode::Backspace => {
                self.at = 0;
                let action = state.settings.bindings.find(Context::Main, key);
                action.map(Deed::Action).into_iter().collect()
            }
            _ => Self::through(key, state),
        }
    }

    fn draw(&self, _area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let completion = Self::now(state)?;
        let theme = &state.settings.theme;
        let layout = Layout::of(state, state.size);
        let top = layout.header.bottom();
        let bottom = layout.input.y.max(top);
        let rows = completion.options.len().min(HIGH);
        let high = u16::try_from(rows + 2)
            .unwrap_or(u16::MAX)
            .min(bottom - top);
        let wide = u16::try_from(WIDE)
            .unwrap_or(u16::MAX)
            .min(layout.input.width);
        let place = Rect::new(layout.input.x, bottom - high, wide, high);
        let inner = frame::boxed(place, buffer, theme, "Tab next · Enter takes it");
        let fit = usize::from(inner.height);
        let at = self.at.min(completion.options.len().saturating_sub(1));
        let first = at.saturating_sub(fit / 2);
        let first = first.min(completion.options.len().saturating_sub(fit));
        let shown = completion.options.iter().enumerate().skip(first).take(fit);
        for (y, (index, option)) in (inner.y..).zip(shown) {
            let is_chosen = index == at;
            let base = if is_chosen {
                theme.text.patch(theme.selected)
            } else {
                theme.text
            };
            let mark = if is_chosen { "▸ " } else { "  " };
            let line = format!("{mark}{}", option.label);
            text::put_line(buffer, inner.x, y, inner.width, &line, base);
            let taken = u16::try_from(text::width(&line))
                .unwrap_or(u16::MAX)
                .saturating_add(2);
            if taken < inner.width {
                let style = if is_chosen {
                    theme.dim.patch(theme.selected)
                } else {
                    theme.dim
                };
                let left = inner.width - taken;
                let detail = text::fit(&option.detail, usize::from(left));
                text::put(buffer, inner.x + taken, y, left, &detail, style);
            }
        }
        None
    }
}
