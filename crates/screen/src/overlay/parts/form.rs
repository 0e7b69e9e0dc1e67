//! A form: some fields, and below them the command that they make, so that one learns it.

use std::fmt;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::{Answer, Request, Response};

use super::field::Field;
use crate::overlay::{Deed, Overlay};
use crate::{
    Input, KeyCode, ServerId, Theme,
    draw::{frame, text},
    state::State,
};

/// Columns of a form where there is room for them.
const WIDE: u16 = 72;
/// Columns of the labels.
const LABELS: u16 = 15;

/// What a form asks for, and the commands that ask for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Each a line from its `/` on. A secret stands in none of them: the command asks for it.
    pub commands: Vec<String>,
    /// What is asked.
    pub request: Request,
}

/// What the fields hold, for whoever makes a request of it.
#[derive(Clone, Copy)]
pub(crate) struct Filled<'a>(&'a [Field]);

impl<'a> Filled<'a> {
    /// What stands in the field of this label: its words without spaces around, or the chosen word.
    pub(crate) fn text(self, label: &str) -> &'a str {
        self.field(label).map_or("", Field::words)
    }

    /// The same, if it is another than the form opened with.
    pub(crate) fn changed(self, label: &str) -> Option<&'a str> {
        let field = self.field(label)?;
        field.is_changed().then(|| field.words())
    }

    /// The same, if there is any.
    pub(crate) fn some(self, label: &str) -> Option<&'a str> {
        Some(self.text(label)).filter(|text| !text.is_empty())
    }

    fn field(self, label: &str) -> Option<&'a Field> {
        self.0.iter().find(|field| field.label == label)
    }
}

/// Makes the request; or says in a sentence what is missing.
pub(crate) type Make = Box<dyn Fn(Filled<'_>) -> Result<Made, String> + Send>;
/// What follows from the answer.
pub(crate) type Then = Box<dyn Fn(&Response, &State) -> Vec<Deed> + Send>;

/// See the module.
pub struct Form {
    title: String,
    server: ServerId,
    fields: Vec<Field>,
    at: usize,
    make: Make,
    then: Then,
    waits: bool,
    wrong: Option<String>,
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("title", &self.title)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

impl Form {
    pub(crate) fn new(title: &str, server: ServerId, fields: Vec<Field>, make: Make) -> Self {
        Self {
            title: text::clean(title),
            server,
            fields,
            at: 0,
            make,
            then: Box::new(|_, _| vec![Deed::Close, done("Done.")]),
            waits: false,
            wrong: None,
        }
    }

    /// With something else that follows from the answer than a word above the input.
    #[must_use]
    pub(crate) fn then(mut self, then: Then) -> Self {
        self.then = then;
        self
    }

    /// What it would ask for now; or what is missing.
    pub fn made(&self) -> Result<Made, String> {
        (self.make)(Filled(&self.fields))
    }

    fn go(&mut self) -> Vec<Deed> {
        if self.waits {
            return Vec::new();
        }
        match self.made() {
            Ok(made) => {
                self.waits = true;
                self.wrong = None;
                vec![Deed::Ask {
                    server: self.server,
                    number: 0,
                    request: Box::new(made.request),
                }]
            }
            Err(wrong) => {
                self.wrong = Some(wrong);
                Vec::new()
            }
        }
    }

    fn step(&mut self, by: isize) {
        let most = self.fields.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(most);
    }

    /// The lines under the fields: the commands, or what is wrong.
    fn below(&self, wide: usize, theme: &Theme) -> Vec<(String, ratatui_core::style::Style)> {
        let mut rows = Vec::new();
        if let Some(wrong) = &self.wrong {
            let lines = text::wrap_plain(wrong, wide).into_iter();
            rows.extend(lines.map(|line| (line, theme.error)));
            return rows;
        }
        match self.made() {
            Ok(made) => {
                for command in &made.commands {
                    let lines = text::wrap_plain(command, wide).into_iter();
                    rows.extend(lines.map(|line| (line, theme.unread)));
                }
            }
            Err(missing) => rows.push((missing, theme.dim)),
        }
        rows
    }
}

/// A word above the input.
pub(crate) fn done(text: &str) -> Deed {
    Deed::Note {
        text: text.to_owned(),
        is_error: false,
    }
}

impl Overlay for Form {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        let key = match input {
            Input::Key(key) => *key,
            Input::Paste(text) => {
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.paste(text);
                }
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        match key.code {
            KeyCode::Esc => return vec![Deed::Back],
            KeyCode::Char('c') if key.ctrl => return vec![Deed::Back],
            KeyCode::Enter => return self.go(),
            KeyCode::Tab if key.shift => self.step(-1),
            KeyCode::Tab | KeyCode::Down => self.step(1),
            KeyCode::BackTab | KeyCode::Up => self.step(-1),
            _ => {
                if let Some(field) = self.fields.get_mut(self.at)
                    && field.key(key)
                {
                    self.wrong = None;
                }
            }
        }
        Vec::new()
    }

    fn answer(&mut self, _number: u64, answer: &Answer, state: &State) -> Vec<Deed> {
        self.waits = false;
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
        let wide = usize::from(WIDE.min(area.width).saturating_sub(4)).max(1);
        let below = self.below(wide, theme);
        let help = self.fields.get(self.at).map_or("", |field| field.help);
        let help = text::wrap_plain(help, wide);
        // Of fields, the help of one, an empty row, what is below, and the keys.
        let rows = self.fields.len() + help.len() + below.len() + 2;
        let inner = frame::popup(area, buffer, theme, &self.title, WIDE, rows);
        let high = usize::from(inner.height);
        // On a small screen the commands go first, then the help; the fields scroll.
        let below_high = below.len().min(high.saturating_sub(4));
        let fields_high = high
            .saturating_sub(below_high + help.len() + 2)
            .clamp(1, self.fields.len().max(1));
        let most = self.fields.len().saturating_sub(fields_high);
        let top = self.at.saturating_sub(fields_high / 2).min(most);
        let mut cursor = None;
        let mut y = inner.y;
        let shown = self.fields.iter().enumerate().skip(top).take(fields_high);
        for (at, field) in shown {
            if y >= inner.bottom() {
                break;
            }
            let row = Rect::new(inner.x, y, inner.width, 1);
            let place = field.draw(row, LABELS, at == self.at, buffer, theme);
            cursor = place.or(cursor);
            y += 1;
        }
        let keys = if self.waits {
            "Asking the server …"
        } else {
            let all = "Enter does it · Tab next · ←/→ choose · Esc gives up";
            let few = "Enter · Tab · ←/→ · Esc gives up";
            if text::width(all) <= wide { all } else { few }
        };
        let mut rest: Vec<_> = help.into_iter().map(|row| (row, theme.dim)).collect();
        let gap = rest.len();
        rest.push((String::new(), theme.text));
        rest.extend(below.into_iter().take(below_high.max(1)));
        rest.push((keys.to_owned(), theme.dim));
        if usize::from(inner.bottom().saturating_sub(y)) < rest.len() {
            rest.remove(gap);
        }
        for (words, style) in rest {
            if y < inner.bottom() {
                text::put_line(buffer, inner.x, y, inner.width, &words, style);
                y += 1;
            }
        }
        cursor
    }
}
