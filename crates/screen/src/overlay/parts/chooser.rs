//! A list of things to do or to look at, that may come from the server page by page.

use std::fmt;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use snug_proto::{Answer, Request, Response};

use super::pick::{Pick, Picked, Row};
use crate::overlay::{Deed, Overlay};
use crate::{
    Input, Mouse, MouseKind, ServerId,
    draw::{frame, text},
    state::State,
};

/// Columns where there is room for them.
const WIDE: u16 = 76;
/// Rows where there is room for them.
const HIGH: usize = 18;
/// Pages that are asked for; past it the list says that it goes on.
const MAX_PAGES: u64 = 20;

/// What a row does.
pub(crate) type Act = Box<dyn Fn(&State) -> Vec<Deed> + Send>;
/// Reads a page: its rows, and the request for the next.
pub(crate) type Page = Box<dyn Fn(Response, &State) -> (Vec<Row<Act>>, Option<Request>) + Send>;

/// What is done with what is sought where nothing fits.
pub(crate) type Otherwise = Box<dyn Fn(&str, &State) -> Vec<Deed> + Send>;

/// See the module.
pub(crate) struct Chooser {
    title: String,
    /// What can be pressed.
    keys: &'static str,
    pick: Pick<Act>,
    load: Option<Load>,
    /// What is done with what is sought where nothing fits, and what is said of it.
    otherwise: Option<(&'static str, Otherwise)>,
    wrong: Option<String>,
}

/// Where the rows come from.
struct Load {
    server: ServerId,
    first: Option<Request>,
    page: Page,
    asked: u64,
    waits: bool,
    /// Enter was pressed before there was anything to take: it takes what comes.
    is_awaited: bool,
    rows: Vec<Row<Act>>,
}

impl fmt::Debug for Chooser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chooser")
            .field("title", &self.title)
            .field("rows", &self.pick.len())
            .finish_non_exhaustive()
    }
}

/// What goes on in another overlay.
pub(crate) fn opens<O: Overlay + 'static>(make: impl Fn(&State) -> O + Send + 'static) -> Act {
    Box::new(move |state| vec![Deed::Over(Box::new(make(state)))])
}

/// What a command does.
pub(crate) fn does(line: String) -> Act {
    Box::new(move |_| vec![Deed::Close, Deed::Command(line.clone())])
}

impl Chooser {
    /// These rows.
    pub(crate) fn new(title: &str, keys: &'static str, rows: Vec<Row<Act>>) -> Self {
        Self {
            title: text::clean(title),
            keys,
            pick: Pick::new(rows),
            load: None,
            otherwise: None,
            wrong: None,
        }
    }

    /// Rows from a server.
    pub(crate) fn asking(
        title: &str,
        keys: &'static str,
        server: ServerId,
        first: impl Into<Request>,
        page: Page,
    ) -> Self {
        let mut chooser = Self::new(title, keys, Vec::new());
        chooser.load = Some(Load {
            server,
            first: Some(first.into()),
            page,
            asked: 0,
            waits: true,
            is_awaited: false,
            rows: Vec::new(),
        });
        chooser
    }

    /// Where nothing fits what is sought, Enter does this, which is said there.
    pub(crate) fn otherwise(mut self, said: &'static str, otherwise: Otherwise) -> Self {
        self.otherwise = Some((said, otherwise));
        self
    }

    /// With this sought to begin with.
    pub(crate) fn seeking(mut self, sought: &str) -> Self {
        self.pick.input(&Input::Paste(sought.to_owned()));
        self
    }

    /// Rows that stand before those from the server.
    pub(crate) fn beginning_with(mut self, rows: Vec<Row<Act>>) -> Self {
        if let Some(load) = &mut self.load {
            load.rows.extend(rows);
        }
        self
    }
}

impl Load {
    fn ask(&mut self, request: Request) -> Deed {
        self.asked += 1;
        self.waits = true;
        Deed::Ask {
            server: self.server,
            number: self.asked,
            request: Box::new(request),
        }
    }
}

impl Chooser {
    /// Rows of the box.
    fn rows(&self) -> usize {
        self.pick.len().clamp(3, HIGH) + 2
    }

    /// Does what the chosen row does, or where nothing fits what is done with such a name.
    fn take(&mut self, state: &State) -> Vec<Deed> {
        let Some(row) = self.pick.chosen() else {
            if let Some(load) = self.load.as_mut().filter(|load| load.waits) {
                load.is_awaited = true;
                return Vec::new();
            }
            let sought = self.pick.sought();
            let otherwise = self.otherwise.as_ref();
            return otherwise.map_or_else(Vec::new, |(_, otherwise)| otherwise(sought, state));
        };
        let deeds = (row.value)(state);
        if deeds.iter().any(|deed| matches!(deed, Deed::Over(_))) {
            // Whoever comes back begins to seek anew.
            self.pick.forget_sought();
            // Pages that come meanwhile have nobody to go to.
            if let Some(load) = &mut self.load {
                load.waits = false;
            }
        }
        deeds
    }

    /// A row that is pressed is taken; beside the box it closes.
    fn mouse(&mut self, mouse: Mouse, state: &State) -> Vec<Deed> {
        let area = Rect::new(0, 0, state.size.width, state.size.height);
        let place = frame::centred(area, WIDE, self.rows());
        let inner = frame::inside(place);
        let list = inner.y.saturating_add(1)..inner.bottom().saturating_sub(1);
        match mouse.kind {
            MouseKind::ScrollUp => self.pick.step(-1),
            MouseKind::ScrollDown => self.pick.step(1),
            MouseKind::Press if !place.contains((mouse.column, mouse.row).into()) => {
                return vec![Deed::Back];
            }
            MouseKind::Press if list.contains(&mouse.row) => {
                let high = usize::from(list.end.saturating_sub(list.start));
                let at = usize::from(mouse.row.saturating_sub(list.start));
                if self.pick.point(at, high) {
                    return self.take(state);
                }
            }
            MouseKind::Press => {}
        }
        Vec::new()
    }
}

impl Overlay for Chooser {
    fn begin(&mut self, _state: &State) -> Vec<Deed> {
        let Some(load) = &mut self.load else {
            return Vec::new();
        };
        let rows = std::mem::take(&mut load.rows);
        self.pick.set_rows(rows);
        let first = load.first.take();
        first.map(|first| load.ask(first)).into_iter().collect()
    }

    fn input(&mut self, input: &Input, state: &State) -> Vec<Deed> {
        if let Input::Mouse(mouse) = input {
            return self.mouse(*mouse, state);
        }
        if let Some(load) = &mut self.load {
            load.is_awaited = false;
        }
        match self.pick.input(input) {
            Picked::Nothing => Vec::new(),
            Picked::Close => vec![Deed::Back],
            Picked::Chosen => self.take(state),
        }
    }

    fn answer(&mut self, number: u64, answer: &Answer, state: &State) -> Vec<Deed> {
        let Some(load) = self.load.as_mut().filter(|load| load.asked == number) else {
            return Vec::new();
        };
        load.waits = false;
        match answer {
            Ok(response) => {
                let (rows, next) = (load.page)(response.clone(), state);
                let next = next.filter(|_| load.asked < MAX_PAGES);
                let next = next.map(|next| load.ask(next));
                let is_awaited = load.is_awaited;
                self.pick.add_rows(rows);
                let mut deeds: Vec<Deed> = next.into_iter().collect();
                if is_awaited && self.pick.chosen().is_some() {
                    deeds.extend(self.take(state));
                }
                deeds
            }
            Err(refusal) => {
                self.wrong = Some(text::clean(&refusal.text));
                Vec::new()
            }
        }
    }

    fn draw(&self, area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
        let theme = &state.settings.theme;
        let inner = frame::popup(area, buffer, theme, &self.title, WIDE, self.rows());
        let list = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        let cursor = self.pick.draw(list, buffer, theme);
        let waits = self.load.as_ref().is_some_and(|load| load.waits);
        let (words, style) = match &self.wrong {
            Some(wrong) => (wrong.as_str(), theme.error),
            None if waits => ("Asking the server …", theme.dim),
            None if self.pick.chosen().is_none() && self.otherwise.is_some() => {
                let said = self.otherwise.as_ref().map_or("", |(said, _)| said);
                (said, theme.unread)
            }
            None => (self.keys, theme.dim),
        };
        if inner.height > 1 {
            let words = text::fit(words, usize::from(inner.width));
            text::put_line(buffer, inner.x, list.bottom(), inner.width, &words, style);
        }
        cursor
    }
}
