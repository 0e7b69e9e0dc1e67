//! Something that opens once the server has answered.

use std::fmt;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::{Answer, Request};

use super::form::Then;
use crate::overlay::{Deed, Overlay};
use crate::{
    Input, KeyCode, ServerId,
    draw::{frame, text},
    state::State,
};

/// Columns of the box.
const WIDE: u16 = 60;

/// See the module.
pub(crate) struct Opening {
    title: String,
    server: ServerId,
    request: Option<Request>,
    then: Then,
    wrong: Option<String>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl Opening {
    /// Asks this, and goes on with the answer.
    pub(crate) fn new(
        title: &str,
        server: ServerId,
        request: impl Into<Request>,
        then: Then,
    ) -> Self {
        Self {
            title: text::clean(title),
            server,
            request: Some(request.into()),
            then,
            wrong: None,
        }
    }
}

impl Overlay for Opening {
    fn begin(&mut self, _state: &State) -> Vec<Deed> {
        let ask = self.request.take().map(|request| Deed::Ask {
            server: self.server,
            number: 0,
            request: Box::new(request),
        });
        ask.into_iter().collect()
    }

    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        match input {
            Input::Key(key) if key.code == KeyCode::Esc || key.ctrl => vec![Deed::Back],
            Input::Key(_) if self.wrong.is_some() => vec![Deed::Back],
            _ => Vec::new(),
        }
    }

    fn answer(&mut self, _number: u64, answer: &Answer, state: &State) -> Vec<Deed> {
        match answer {
            Ok(response) => (self.then)(response, state),
            Err(refusal) => {
                self.wrong = Some(text::clean(&refusal.text));
                Vec::new()
            }
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let (words, style) = match &self.wrong {
            Some(wrong) => (wrong.as_str(), theme.error),
            None => ("Asking the server …", theme.dim),
        };
        let wide = usize::from(WIDE.min(area.width).saturating_sub(4)).max(1);
        let rows = text::wrap_plain(words, wide);
        let inner = frame::popup(area, buffer, theme, &self.title, WIDE, rows.len());
        for (y, row) in (inner.y..inner.bottom()).zip(rows) {
            text::put_line(buffer, inner.x, y, inner.width, &row, style);
        }
        None
    }
}
