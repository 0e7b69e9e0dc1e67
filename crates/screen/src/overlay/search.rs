//! Searching what was said: the hits, and from one of them into the history around it.

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
};
use snug_proto::{Answer, Hit, Response, Search};
use unicode_segmentation::UnicodeSegmentation;

use super::{Deed, Overlay, parts::line::Line, when};
use crate::{
    Input, KeyCode, ServerId, Theme,
    draw::{frame, text},
    sanitize,
    state::State,
};

/// Columns and rows where there is room for them.
const WIDE: u16 = 100;
const HIGH: usize = 24;
/// Hits of one page.
const PAGE: u32 = 50;
/// Hits that are kept; nobody reads on.
const MAX_HITS: usize = 500;
/// Hits that a page key goes over.
const STEP: usize = 5;
/// Characters of a hit that are shown.
const MAX_CHARS: usize = 400;

const HINT: &str = "Words, deplo*, \"a phrase\", from:ann, in:den, after:2026-11-01";
const KEYS: &str = "Enter opens it · ↑↓ choose · Esc closes";

/// See the module.
#[derive(Debug)]
pub(super) struct Searching {
    server: ServerId,
    line: Line,
    /// What the hits are of.
    asked: String,
    number: u64,
    waits: bool,
    hits: Vec<Hit>,
    cursor: Option<String>,
    at: usize,
    wrong: Option<String>,
}

impl Searching {
    /// Searches on this server.
    pub(super) fn new(server: ServerId) -> Self {
        Self {
            server,
            line: Line::with(""),
            asked: String::new(),
            number: 0,
            waits: false,
            hits: Vec::new(),
            cursor: None,
            at: 0,
            wrong: None,
        }
    }

    fn ask(&mut self, cursor: Option<String>) -> Vec<Deed> {
        self.number += 1;
        self.waits = true;
        self.wrong = None;
        let request = Search {
            query: self.asked.clone(),
            limit: Some(PAGE),
            cursor,
            ..Search::default()
        };
        vec![Deed::Ask {
            server: self.server,
            number: self.number,
            request: Box::new(request.into()),
        }]
    }

    fn enter(&mut self) -> Vec<Deed> {
        let query = self.line.words().trim().to_owned();
        if query.is_empty() {
            return Vec::new();
        }
        if query != self.asked {
            self.asked = query;
            self.hits.clear();
            self.cursor = None;
            self.at = 0;
            return self.ask(None);
        }
        let hit = self.hits.get(self.at);
        hit.map_or_else(Vec::new, |hit| {
            vec![
                Deed::Close,
                Deed::Show(self.server, hit.place.room_id, hit.place.seq),
            ]
        })
    }

    fn step(&mut self, by: isize) -> Vec<Deed> {
        let most = self.hits.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(most);
        let is_last = self.at == most && !self.hits.is_empty();
        if is_last && !self.waits && self.hits.len() < MAX_HITS {
            let cursor = self.cursor.take();
            return cursor.map_or_else(Vec::new, |cursor| self.ask(Some(cursor)));
        }
        Vec::new()
    }
}

impl Overlay for Searching {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        let key = match input {
            Input::Key(key) => *key,
            Input::Paste(text) => {
                self.line.insert(text);
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let step = isize::try_from(STEP).unwrap_or(1);
        match key.code {
            KeyCode::Esc => return vec![Deed::Close],
            KeyCode::Char('c') if key.ctrl => return vec![Deed::Close],
            KeyCode::Enter => return self.enter(),
            KeyCode::Up => return self.step(-1),
            KeyCode::Down | KeyCode::Tab => return self.step(1),
            KeyCode::PageUp => return self.step(-step),
            KeyCode::PageDown => return self.step(step),
            _ => {
                self.line.key(key);
            }
        }
        Vec::new()
    }

    fn answer(&mut self, number: u64, answer: &Answer, _state: &State) -> Vec<Deed> {
        if number != self.number {
            return Vec::new();
        }
        self.waits = false;
        match answer {
            Ok(Response::Found(found)) => {
                self.hits.extend(found.hits.iter().cloned());
                self.hits.truncate(MAX_HITS);
                self.cursor.clone_from(&found.cursor);
            }
            Ok(_) => {}
            Err(refusal) => self.wrong = Some(sanitize::line(&refusal.text)),
        }
        Vec::new()
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let inner = frame::popup(area, buffer, theme, "Search", WIDE, HIGH);
        if inner.height == 0 {
            return None;
        }
        let x = text::put(buffer, inner.x, inner.y, inner.width, "> ", theme.dim);
        let line = Rect::new(x, inner.y, inner.right().saturating_sub(x), 1);
        let cursor = self.line.draw(line, buffer, theme.text);
        let is_asked = self.line.words().trim() == self.asked;
        let (words, style) = match &self.wrong {
            Some(wrong) => (wrong.as_str(), theme.error),
            None if self.waits => ("Asking the server …", theme.dim),
            None if self.asked.is_empty() || !is_asked => (HINT, theme.dim),
            None if self.hits.is_empty() => ("Nothing found.", theme.dim),
            None => (KEYS, theme.dim),
        };
        let last = inner.bottom().saturating_sub(1);
        if last > inner.y {
            let words = text::fit(words, usize::from(inner.width));
            text::put_line(buffer, inner.x, last, inner.width, &words, style);
        }
        let below = Rect {
            y: inner.y + 1,
            height: inner.height.saturating_sub(2),
            ..inner
        };
        self.draw_hits(below, buffer, state);
        cursor
    }
}

impl Searching {
    /// Two rows a hit: where, when and who; and the words.
    fn draw_hits(&self, area: Rect, buffer: &mut Buffer, state: &State) {
        let fit = usize::from(area.height / 2).max(1);
        let most = self.hits.len().saturating_sub(fit);
        let top = self.at.saturating_sub(fit / 2).min(most);
        let mut y = area.y;
        for (at, hit) in self.hits.iter().enumerate().skip(top).take(fit) {
            if y >= area.bottom() {
                break;
            }
            let row = |y| Rect {
                y,
                height: 1,
                ..area
            };
            let is_chosen = at == self.at;
            draw_place(hit, is_chosen, row(y), buffer, state);
            if y + 1 < area.bottom() {
                draw_words(hit, row(y + 1), buffer, &state.settings.theme);
            }
            y += 2;
        }
    }
}

fn draw_place(hit: &Hit, is_chosen: bool, area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = &state.settings.theme;
    let with = |style: Style| {
        if is_chosen {
            style.patch(theme.selected)
        } else {
            style
        }
    };
    text::put_line(buffer, area.x, area.y, area.width, "", with(theme.text));
    let sign = if hit.place.room.starts_with('@') {
        ""
    } else {
        "#"
    };
    let room = format!("{sign}{}", text::clean(&hit.place.room));
    let edited = if hit.edited { "edited" } else { "" };
    let at = when(state, hit.place.at);
    let mut x = area.x;
    for (words, style) in [
        (if is_chosen { "▸" } else { " " }, theme.text),
        (room.as_str(), theme.heading),
        (&at, theme.dim),
        (
            &text::clean(&hit.author.from),
            theme.name_of(hit.author.from_id),
        ),
        (edited, theme.dim),
    ] {
        let wide = area.right().saturating_sub(x);
        let gap = u16::from(x > area.x + 1);
        x = text::put(
            buffer,
            x.saturating_add(gap),
            area.y,
            wide.saturating_sub(gap),
            words,
            with(style),
        );
    }
}

/// The words on one row, beginning a little before what was sought.
fn draw_words(hit: &Hit, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let is_found = |at: usize| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        hit.marks
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at))
    };
    let first = hit.marks.iter().map(|(from, _)| *from).min().unwrap_or(0);
    let first = usize::try_from(first).unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(3);
    let skip = if first + 12 > room {
        first.saturating_sub(room / 3)
    } else {
        0
    };
    let found = theme.unread.add_modifier(Modifier::UNDERLINED);
    let mut x = text::put(buffer, area.x, area.y, area.width, "  ", theme.text);
    if skip > 0 {
        x = text::put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            "…",
            theme.dim,
        );
    }
    let mut character = 0;
    for grapheme in hit.body.graphemes(true) {
        let from = character;
        character += grapheme.chars().count();
        if from < skip {
            continue;
        }
        if x >= area.right() || from > skip + MAX_CHARS {
            break;
        }
        let is_found = (from..character).any(is_found);
        let style = if is_found { found } else { theme.text };
        // Other people's words are cleaned piece by piece, so that the marks stay where they belong.
        let words = text::clean(grapheme);
        x = text::put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &words,
            style,
        );
    }
}
