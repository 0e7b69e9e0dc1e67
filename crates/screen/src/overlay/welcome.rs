//! The first start: three choices and nothing else, then coming in.

mod entering;
mod line;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{
    Deed, Overlay,
    parts::{form::done, line::Line},
};
use crate::{
    Effect, FirstNews, FirstStep, Input, Key, KeyCode,
    draw::{frame, text},
    sanitize,
    state::State,
};
use entering::EnteringForm;

/// Columns where there is room for them.
const WIDE: u16 = 72;
/// Servers of the local network that are shown.
const MAX_FOUND: usize = 50;

const CHOICES: [(&str, &str); 3] = [
    (
        "Paste a join line",
        "somebody gave you: snug join snug://… --code …",
    ),
    (
        "Look on the local network",
        "servers that announce themselves here",
    ),
    (
        "Start a server here",
        "on this machine, with you as its owner",
    ),
];

/// See the module.
#[derive(Debug)]
pub struct Welcome {
    kind: Kind,
    stage: Stage,
    wrong: Option<String>,
}

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The first: there is nothing else to go back to.
    First,
    /// One more.
    Further,
}

#[derive(Debug)]
enum Stage {
    Choosing(usize),
    Pasting(Line),
    Found(Vec<(String, String)>, usize),
    /// Something is done meanwhile; and the code of the line that was pasted.
    Waiting(&'static str, Option<snug_proto::Secret>),
    Entering(Box<EnteringForm>),
}

impl Default for Welcome {
    fn default() -> Self {
        Self::new(Kind::First, Stage::Choosing(0))
    }
}

fn first(step: FirstStep) -> Vec<Deed> {
    vec![Deed::Effect(Effect::First(step))]
}

impl Welcome {
    const fn new(kind: Kind, stage: Stage) -> Self {
        Self {
            kind,
            stage,
            wrong: None,
        }
    }

    /// With a join line that is known already.
    pub fn with_line(text: &str) -> Self {
        Self::new(Kind::First, Stage::Pasting(Line::with(text)))
    }

    /// For one server more.
    pub fn further() -> Self {
        Self::new(Kind::Further, Stage::Choosing(0))
    }

    /// Leaves without having come in.
    fn leave(&self) -> Vec<Deed> {
        match self.kind {
            Kind::First => vec![Deed::Effect(Effect::Quit)],
            Kind::Further => vec![Deed::Back],
        }
    }

    fn wait(&mut self, words: &'static str, step: FirstStep) -> Vec<Deed> {
        self.stage = Stage::Waiting(words, None);
        first(step)
    }

    fn choose(&mut self, at: usize) -> Vec<Deed> {
        match at {
            0 => self.stage = Stage::Pasting(Line::with("")),
            1 => return self.wait("Looking around …", FirstStep::Look),
            _ => return self.wait("Starting a server …", FirstStep::StartHere),
        }
        Vec::new()
    }

    fn pasted(&mut self, text: &str) -> Vec<Deed> {
        let Some((link, code)) = line::read(text) else {
            let wrong = "A join line holds a link that begins with snug:// and its fingerprint.";
            self.wrong = Some(wrong.to_owned());
            return Vec::new();
        };
        self.stage = Stage::Waiting("Going there …", code);
        first(FirstStep::Visit { link })
    }

    fn key(&mut self, key: Key) -> Vec<Deed> {
        self.wrong = None;
        if key.ctrl && matches!(key.code, KeyCode::Char('c' | 'q')) {
            return self.leave();
        }
        if key.code == KeyCode::Esc {
            if let Stage::Choosing(_) = self.stage {
                return self.leave();
            }
            self.stage = Stage::Choosing(0);
            return Vec::new();
        }
        let last = CHOICES.len() - 1;
        match &mut self.stage {
            Stage::Choosing(at) => match key.code {
                KeyCode::Up | KeyCode::BackTab => *at = at.saturating_sub(1),
                KeyCode::Down | KeyCode::Tab => *at = (*at + 1).min(last),
                KeyCode::Enter => {
                    let at = *at;
                    return self.choose(at);
                }
                KeyCode::Char(digit @ '1'..='3') => {
                    return self.choose(usize::from(digit as u8 - b'1'));
                }
                _ => {}
            },
            Stage::Pasting(line) if key.code == KeyCode::Enter => {
                let text = line.words().to_owned();
                return self.pasted(&text);
            }
            Stage::Pasting(line) => {
                line.key(key);
            }
            Stage::Found(found, at) => match key.code {
                KeyCode::Up => *at = at.saturating_sub(1),
                KeyCode::Down => *at = (*at + 1).min(found.len().saturating_sub(1)),
                KeyCode::Enter => {
                    let link = found.get(*at).map(|(_, link)| link.clone());
                    return link.map_or_else(Vec::new, |link| self.pasted(&link));
                }
                _ => {}
            },
            Stage::Waiting(..) => {}
            Stage::Entering(form) => {
                return match form.key(key) {
                    Ok(Some(entering)) => first(FirstStep::Enter(Box::new(entering))),
                    Ok(None) => Vec::new(),
                    Err(wrong) => {
                        self.wrong = Some(wrong);
                        Vec::new()
                    }
                };
            }
        }
        Vec::new()
    }

    fn news(&mut self, news: &FirstNews) -> Vec<Deed> {
        match news {
            FirstNews::Found(found) => {
                let found: Vec<_> = found.iter().take(MAX_FOUND).cloned().collect();
                self.stage = Stage::Found(found, 0);
            }
            FirstNews::Server {
                link,
                name,
                registration,
                guests,
                code,
            } => {
                let pasted = match &mut self.stage {
                    Stage::Waiting(_, code) => code.take(),
                    _ => None,
                };
                let code = pasted.or_else(|| code.clone());
                let form = EnteringForm::new(link, name, *registration, *guests, code);
                self.stage = Stage::Entering(Box::new(form));
            }
            FirstNews::CodeNeeded => {
                if let Stage::Entering(form) = &mut self.stage {
                    form.owe_code();
                }
            }
            FirstNews::Failed(why) => {
                self.wrong = Some(sanitize::line(why));
                match &mut self.stage {
                    Stage::Entering(form) => form.waits = false,
                    _ => self.stage = Stage::Choosing(0),
                }
            }
            FirstNews::Entered => {
                let note = done("You are in; Ctrl-K goes there.");
                let note = (self.kind == Kind::Further).then_some(note);
                return std::iter::once(Deed::Close).chain(note).collect();
            }
        }
        Vec::new()
    }

    /// Rows of words, each with whether it is chosen.
    fn rows(&self) -> Vec<(String, bool)> {
        match &self.stage {
            Stage::Choosing(at) => {
                let choices = CHOICES.iter().enumerate();
                let rows = choices.flat_map(|(index, (what, more))| {
                    let mark = if index == *at { "▸" } else { " " };
                    let line = format!("{mark} {}  {what}", index + 1);
                    [(line, index == *at), (format!("       {more}"), false)]
                });
                rows.collect()
            }
            Stage::Found(found, _) if found.is_empty() => {
                let none = "No server announces itself here. Esc goes back.";
                vec![(none.to_owned(), false)]
            }
            Stage::Found(found, at) => {
                let found = found.iter().enumerate();
                let row = |(index, (name, link)): (usize, &(String, String))| {
                    let mark = if index == *at { "▸" } else { " " };
                    let (name, link) = (text::clean(name), text::clean(link));
                    (format!("{mark} {name}  {link}"), index == *at)
                };
                found.map(row).collect()
            }
            Stage::Waiting(words, _) => vec![((*words).to_owned(), false)],
            Stage::Pasting(_) | Stage::Entering(_) => Vec::new(),
        }
    }

    const fn title(&self) -> &'static str {
        match self.stage {
            Stage::Choosing(_) => match self.kind {
                Kind::First => "Welcome to snug",
                Kind::Further => "One more server",
            },
            Stage::Pasting(_) => "Paste the join line",
            Stage::Found(..) => "Servers on this network",
            Stage::Waiting(..) => "A moment",
            Stage::Entering(_) => "Come in",
        }
    }
}

impl Overlay for Welcome {
    fn input(&mut self, input: &Input, _state: &State) -> Vec<Deed> {
        match input {
            Input::Key(key) => self.key(*key),
            Input::First(news) => self.news(news),
            Input::Paste(text) => match &mut self.stage {
                // Whoever pastes at once has made the first choice.
                Stage::Choosing(_) => self.pasted(text),
                Stage::Pasting(line) => {
                    line.insert(text);
                    Vec::new()
                }
                Stage::Entering(form) => {
                    form.paste(text);
                    Vec::new()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        for y in area.y..area.bottom() {
            text::put_line(buffer, area.x, y, area.width, "", theme.text);
        }
        let rows = self.rows();
        let fields = match &self.stage {
            Stage::Entering(form) => form.rows(),
            Stage::Pasting(_) => 1,
            _ => rows.len(),
        };
        let wide = usize::from(WIDE.min(area.width).saturating_sub(4)).max(1);
        let wrong = self
            .wrong
            .as_deref()
            .map(|wrong| text::wrap_plain(wrong, wide));
        let wrong = wrong.unwrap_or_default();
        let inner = frame::popup(
            area,
            buffer,
            theme,
            self.title(),
            WIDE,
            fields + wrong.len() + 1,
        );
        let below = u16::try_from(wrong.len() + 1).unwrap_or(u16::MAX);
        let mut y = inner.y;
        let mut cursor = None;
        match &self.stage {
            Stage::Entering(form) => {
                let place = Rect {
                    // The last rows are for what is wrong, and for the keys.
                    height: inner.height.saturating_sub(below).max(1).min(inner.height),
                    ..inner
                };
                let (next, at) = form.draw(place, buffer, theme);
                (y, cursor) = (next, at);
            }
            Stage::Pasting(line) if inner.height > 0 => {
                let row = Rect { height: 1, ..inner };
                let style = theme.text.patch(theme.selected);
                text::put_line(buffer, row.x, y, row.width, "", style);
                cursor = line.draw(row, buffer, style);
                y += 1;
            }
            _ => {
                for (words, is_chosen) in rows {
                    if y < inner.bottom() {
                        let style = if is_chosen { theme.heading } else { theme.dim };
                        text::put_line(buffer, inner.x, y, inner.width, &words, style);
                        y += 1;
                    }
                }
            }
        }
        let keys = match &self.stage {
            Stage::Entering(form) if form.waits => "Asking the server …",
            Stage::Entering(_) if wide < 50 => "Enter · Tab · ←/→ · Esc back",
            Stage::Entering(_) => "Enter comes in · Tab next · ←/→ choose · Esc back",
            Stage::Choosing(_) if wide < 54 => "Enter · 1 2 3 · paste · Esc leaves",
            Stage::Choosing(_) => "Enter · 1 2 3 · paste a line at any time · Esc leaves",
            _ => "Enter · Esc goes back",
        };
        let wrong = wrong.into_iter().map(|row| (row, theme.error));
        let rest = wrong.chain([(keys.to_owned(), theme.dim)]);
        for (words, style) in rest {
            if y < inner.bottom() {
                text::put_line(buffer, inner.x, y, inner.width, &words, style);
                y += 1;
            }
        }
        cursor
    }
}
