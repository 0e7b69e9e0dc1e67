//! A field of a form: words, a secret, or one of a few choices.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::line::Line;
use crate::{Key, KeyCode, Theme};

/// A choice: the word that commands and the wire have for it, and what a person reads.
pub(crate) type Option = (&'static str, &'static str);

/// See the module.
#[derive(Debug)]
pub(crate) struct Field {
    /// What it is called.
    pub(crate) label: &'static str,
    /// What to write there, below the form while one is on it.
    pub(crate) help: &'static str,
    value: Value,
    /// What stood there when the form was opened.
    before: String,
}

#[derive(Debug)]
enum Value {
    Words(Line),
    Choice {
        of: &'static [Option],
        chosen: usize,
    },
}

impl Field {
    /// Words, with these to begin with.
    pub(crate) fn words_field(label: &'static str, before: &str, help: &'static str) -> Self {
        Self {
            label,
            help,
            value: Value::Words(Line::with(before)),
            before: before.trim().to_owned(),
        }
    }

    /// A secret.
    pub(crate) fn secret(label: &'static str, help: &'static str) -> Self {
        Self {
            label,
            help,
            value: Value::Words(Line::secret()),
            before: String::new(),
        }
    }

    /// One of these, this word to begin with, else the first.
    pub(crate) fn choice(
        label: &'static str,
        of: &'static [Option],
        before: &str,
        help: &'static str,
    ) -> Self {
        let chosen = of.iter().position(|(word, _)| *word == before);
        let chosen = chosen.unwrap_or(0);
        Self {
            label,
            help,
            before: of.get(chosen).map_or("", |(word, _)| word).to_owned(),
            value: Value::Choice { of, chosen },
        }
    }

    /// What stands in it, without spaces around.
    pub(crate) fn words(&self) -> &str {
        match &self.value {
            // A password may begin or end with spaces.
            Value::Words(line) if line.is_secret() => line.words(),
            Value::Words(line) => line.words().trim(),
            Value::Choice { of, chosen } => of.get(*chosen).map_or("", |(word, _)| word),
        }
    }

    /// Does something else stand in it than to begin with?
    pub(crate) fn is_changed(&self) -> bool {
        self.words() != self.before
    }

    /// Takes a key; false if it means nothing here.
    pub(crate) fn key(&mut self, key: Key) -> bool {
        match &mut self.value {
            Value::Words(line) => line.key(key),
            Value::Choice { of, chosen } => {
                let count = of.len().max(1);
                match key.code {
                    KeyCode::Right | KeyCode::Char(' ') => *chosen = (*chosen + 1) % count,
                    KeyCode::Left => *chosen = (*chosen + count - 1) % count,
                    KeyCode::Char(letter) => {
                        // The next one that begins with it.
                        let later = (1..=count).map(|step| (*chosen + step) % count);
                        let begins = |at: &usize| {
                            of.get(*at)
                                .is_some_and(|(_, said)| said.starts_with(letter))
                        };
                        match later.into_iter().find(begins) {
                            Some(at) => *chosen = at,
                            None => return false,
                        }
                    }
                    _ => return false,
                }
                true
            }
        }
    }

    /// Takes a paste.
    pub(crate) fn paste(&mut self, text: &str) {
        if let Value::Words(line) = &mut self.value {
            line.insert(text);
        }
    }

    /// Draws it in one row; says where the cursor is, if it has it and is written in.
    pub(crate) fn draw(
        &self,
        area: Rect,
        labels: u16,
        has_cursor: bool,
        buffer: &mut Buffer,
        theme: &Theme,
    ) -> std::option::Option<Position> {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return None;
        }
        let mark = if has_cursor { "▸ " } else { "  " };
        let label_style = if has_cursor { theme.heading } else { theme.dim };
        let wide = usize::from(area.width);
        let (x, _) = buffer.set_stringn(area.x, area.y, mark, wide, theme.text);
        let left = |x: u16| usize::from(area.right().saturating_sub(x));
        buffer.set_stringn(x, area.y, self.label, left(x), label_style);
        let x = x
            .saturating_add(labels.min(area.width / 2))
            .min(area.right());
        let value = Rect::new(x, area.y, area.right().saturating_sub(x), 1);
        match &self.value {
            Value::Words(line) => {
                let style = if has_cursor {
                    theme.text.patch(theme.selected)
                } else {
                    theme.text
                };
                buffer.set_stringn(x, area.y, " ".repeat(left(x)), left(x), style);
                line.draw(value, buffer, style).filter(|_| has_cursor)
            }
            Value::Choice { of, chosen } => {
                let said = of.get(*chosen).map_or("", |(_, said)| said);
                let said = if has_cursor {
                    format!("‹ {said} ›")
                } else {
                    said.to_owned()
                };
                let style = if has_cursor {
                    theme.heading
                } else {
                    theme.text
                };
                buffer.set_stringn(x, area.y, said, left(x), style);
                None
            }
        }
    }
}
