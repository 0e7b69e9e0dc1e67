//! The pane of messages: which rows show, and how one moves among them. Rows are worked out from the
//! anchor upward, as many as show.

use ratatui_core::{buffer::Buffer, layout::Rect};

use super::{
    block::Context,
    columns::{Columns, Row},
    text,
};
use crate::{
    Link,
    state::{Anchor, Item, Server, Spot, State},
};

/// What shows in a room, as a list that rows are made from when they are needed.
pub(crate) struct Messages<'a> {
    context: Context<'a>,
    height: usize,
}

/// A place among the rows: what, and how many rows of it are below the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct At {
    index: usize,
    below: usize,
}

impl<'a> Messages<'a> {
    /// Those of the room that is shown, in a pane of this size.
    pub(crate) fn of(state: &'a State, area: Rect) -> Option<Self> {
        let (server, room) = state.current()?;
        let columns = Columns::of(state, usize::from(area.width));
        let context = Context {
            state,
            server,
            room,
            columns,
        };
        Some(Self {
            context,
            height: usize::from(area.height),
        })
    }

    fn len(&self) -> usize {
        let room = self.context.room;
        room.window.items().len() + room.waiting.len()
    }

    fn is_hidden(&self, item: &Item) -> bool {
        let joins = self.context.state.settings.joins;
        !joins && matches!(item.what, crate::state::What::Came(_))
    }

    fn rows(&self, index: usize) -> Vec<Row> {
        let room = self.context.room;
        let items = room.window.items();
        if let Some(item) = items.get(index) {
            if self.is_hidden(item) {
                return Vec::new();
            }
            let before = (0..index)
                .rev()
                .take(64)
                .find_map(|at| items.get(at).filter(|item| !self.is_hidden(item)));
            return self.context.item(item, before);
        }
        self.waiting(index.saturating_sub(items.len()))
    }

    /// The rows of a message that waits, which goes on from the one before it.
    fn waiting(&self, at: usize) -> Vec<Row> {
        let (server, room) = (self.context.server, self.context.room);
        let before = match at.checked_sub(1).and_then(|at| room.waiting.get(at)) {
            Some(waiting) => server.me.map(|me| (me, waiting.at)),
            None => room.window.items().back().and_then(|item| {
                let said = item.said()?;
                Some((said.from, item.at))
            }),
        };
        let waiting = room.waiting.get(at);
        waiting
            .map(|waiting| self.context.waiting(waiting, before))
            .unwrap_or_default()
    }

    fn spot(&self, index: usize) -> Spot {
        let items = self.context.room.window.items();
        items.get(index).map_or_else(
            || Spot::waiting(u32::try_from(index.saturating_sub(items.len())).unwrap_or(u32::MAX)),
            |item| item.spot,
        )
    }

    fn index(&self, spot: Spot) -> usize {
        let window = &self.context.room.window;
        let index = if spot.seq == u64::MAX {
            window.items().len() + spot.sub as usize
        } else {
            window.find(spot)
        };
        index.min(self.len().saturating_sub(1))
    }

    fn at(&self, anchor: Anchor) -> At {
        match anchor {
            Anchor::End => At {
                index: self.len().saturating_sub(1),
                below: 0,
            },
            Anchor::At { spot, below } => At {
                index: self.index(spot),
                below,
            },
        }
    }

    /// So many rows up from there; and how many of them there were not.
    fn up(&self, at: At, rows: usize) -> (At, usize) {
        let mut to = At {
            index: at.index,
            below: at.below.saturating_add(rows),
        };
        if self.len() == 0 {
            return (at, rows);
        }
        loop {
            let here = self.rows(to.index).len();
            if to.below < here {
                return (to, 0);
            }
            let Some(index) = to.index.checked_sub(1) else {
                let missing = to.below.saturating_sub(here.saturating_sub(1));
                return (
                    At {
                        index: 0,
                        below: here.saturating_sub(1),
                    },
                    missing,
                );
            };
            to = At {
                index,
                below: to.below - here,
            };
        }
    }

    /// So many rows down from there; `None` for past the end.
    fn down(&self, at: At, rows: usize) -> Option<At> {
        let mut missing = rows;
        let mut to = at;
        while missing > to.below {
            missing -= to.below;
            to.index += 1;
            if to.index >= self.len() {
                return None;
            }
            to.below = self.rows(to.index).len();
        }
        to.below -= missing;
        let is_end = to.below == 0 && to.index + 1 >= self.len();
        (!is_end).then_some(to)
    }

    /// The anchor so many rows up, no further than that the pane is full.
    pub(crate) fn scrolled_up(&self, anchor: Anchor, rows: usize) -> Anchor {
        let (to, _) = self.up(self.at(anchor), rows);
        let (_, missing) = self.up(to, self.height.saturating_sub(1));
        self.anchor(if missing > 0 {
            self.down(to, missing)
        } else {
            Some(to)
        })
    }

    /// The anchor so many rows down.
    pub(crate) fn scrolled_down(&self, anchor: Anchor, rows: usize) -> Anchor {
        match anchor {
            Anchor::End => Anchor::End,
            anchor @ Anchor::At { .. } => self.anchor(self.down(self.at(anchor), rows)),
        }
    }

    fn anchor(&self, at: Option<At>) -> Anchor {
        match at {
            Some(at) if at.below > 0 || at.index + 1 < self.len() => Anchor::At {
                spot: self.spot(at.index),
                below: at.below,
            },
            _ => Anchor::End,
        }
    }

    /// The rows that show, from the top, each with what it belongs to. Fewer than the pane has if there
    /// are no more.
    pub(crate) fn shown(&self, anchor: Anchor) -> Vec<(Spot, Row)> {
        let mut shown = Vec::new();
        if self.len() == 0 {
            return shown;
        }
        let at = self.at(anchor);
        let mut below = at.below;
        for index in (0..=at.index).rev() {
            let spot = self.spot(index);
            let mut rows = self.rows(index);
            rows.truncate(rows.len().saturating_sub(std::mem::take(&mut below)));
            shown.extend(rows.into_iter().rev().map(|row| (spot, row)));
            if shown.len() >= self.height {
                break;
            }
        }
        shown.truncate(self.height);
        shown.reverse();
        if shown.len() < self.height && anchor != Anchor::End {
            self.fill_below(at, &mut shown);
        }
        shown
    }

    /// The pane has grown: what was below it shows.
    fn fill_below(&self, at: At, shown: &mut Vec<(Spot, Row)>) {
        for index in at.index..self.len() {
            let rows = self.rows(index);
            let hidden = if index == at.index {
                rows.len().saturating_sub(at.below)
            } else {
                0
            };
            let spot = self.spot(index);
            shown.extend(rows.into_iter().skip(hidden).map(|row| (spot, row)));
            if shown.len() >= self.height {
                shown.truncate(self.height);
                break;
            }
        }
    }

    /// Is the oldest row in memory within so many rows of the pane's top?
    pub(crate) fn is_near_start(&self, anchor: Anchor) -> bool {
        let reach = self.height.saturating_mul(2);
        let at = self.at(anchor);
        // Most of what there is has a row at least: far from the start nothing needs to be worked out.
        at.index <= reach.saturating_mul(4) && self.up(at, reach).1 > 0
    }

    /// Is the newest event in memory within a pane of its bottom?
    pub(crate) fn is_near_end(&self, anchor: Anchor) -> bool {
        match anchor {
            Anchor::End => true,
            anchor @ Anchor::At { .. } => self.down(self.at(anchor), self.height).is_none(),
        }
    }

    /// The anchor that has the end of this event's rows near the top of the pane, and what follows below.
    pub(crate) fn near_top(&self, seq: u64) -> Anchor {
        let spot = Spot::event(seq);
        let anchor = Anchor::At { spot, below: 0 };
        let to = self.down(self.at(anchor), self.height.saturating_sub(2));
        self.anchor(to)
    }

    /// Is what the anchor names in memory?
    pub(crate) fn is_there(&self, anchor: Anchor) -> bool {
        let at = self.at(anchor);
        match anchor {
            Anchor::At { spot, .. } => self.len() > 0 && self.spot(at.index).seq == spot.seq,
            Anchor::End => false,
        }
    }

    /// The messages that a cursor can be on: the one before or after `from`.
    pub(crate) fn beside(&self, from: Spot, up: bool) -> Option<Spot> {
        let items = self.context.room.window.items();
        let is_one = |index: &usize| {
            items.get(*index).is_none_or(|item| item.said().is_some())
                && !self.rows(*index).is_empty()
        };
        let index = if from == Spot::waiting(u32::MAX) {
            self.len()
        } else {
            self.index(from)
        };
        let found = if up {
            (0..index).rev().find(is_one)
        } else {
            (index + 1..self.len()).find(is_one)
        };
        found.map(|index| self.spot(index))
    }

    /// How many rows it takes.
    pub(crate) fn rows_of(&self, spot: Spot) -> usize {
        self.rows(self.index(spot)).len()
    }
}

/// No room is open: what of, each server that there is no connection to, with all of its reason, and what
/// commands answered meanwhile.
fn nowhere(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = &state.settings.theme;
    let wide = area.width.saturating_sub(2);
    let mut lines = Vec::new();
    let mut put_in = |words: &str, style| {
        let rows = text::wrap_plain(words, usize::from(wide));
        lines.extend(rows.into_iter().map(|row| (row, style)));
    };
    let mut ended = 0;
    for server in &state.servers {
        match &server.link {
            Link::Offline { why } => {
                ended += 1;
                put_in(&format!("{}: {why}", server.alias), theme.error);
            }
            Link::Retrying { why, .. } => {
                let why = super::note::unconnected(why);
                put_in(&format!("{}: {why}", server.alias), theme.text);
            }
            _ => {}
        }
    }
    let words = if state.servers.is_empty() {
        "no server yet"
    } else if state.servers.iter().any(Server::is_online) {
        "no room is open: Ctrl-K goes to one"
    } else if ended < state.servers.len() {
        "connecting…"
    } else {
        ""
    };
    if !words.is_empty() {
        put_in(words, theme.dim);
    }
    for told in &state.adrift.told {
        put_in(told, theme.text);
    }
    // The newest is what was asked for last.
    let over = lines.len().saturating_sub(usize::from(area.height));
    let shown = lines.into_iter().skip(over);
    for (y, (line, style)) in (area.y..area.bottom()).zip(shown) {
        text::put(buffer, area.x + 1, y, wide, &line, style);
    }
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let theme = &state.settings.theme;
    let Some(messages) = Messages::of(state, area) else {
        return nowhere(area, buffer, state);
    };
    let shown = messages.shown(state.anchor);
    let blank = usize::from(area.height).saturating_sub(shown.len());
    if blank > 0 {
        let words = match (messages.context.room.window.loading, messages.len()) {
            (Some(_), _) => "…",
            (None, 0) => "nothing has been said here yet",
            _ => "",
        };
        let wide = area.width.saturating_sub(1);
        text::put(buffer, area.x + 1, area.y, wide, words, theme.dim);
    }
    let top = area.y + u16::try_from(blank).unwrap_or(0);
    for (y, (spot, mut row)) in (top..area.bottom()).zip(shown) {
        if y == area.y {
            messages.context.columns.name_row(&mut row, theme.dim);
        }
        let selected = state.cursor == Some(spot);
        let patch = |style: ratatui_core::style::Style| {
            if selected {
                style.patch(theme.selected)
            } else {
                style
            }
        };
        if selected {
            text::put_line(buffer, area.x, y, area.width, "", patch(theme.text));
        }
        let mut x = area.x;
        for (words, style) in &row.pieces {
            x = text::put(
                buffer,
                x,
                y,
                area.right().saturating_sub(x),
                words,
                patch(*style),
            );
        }
        if let Some((words, style)) = row.right {
            let wide = u16::try_from(text::width(words)).unwrap_or(0);
            let x = area.right().saturating_sub(wide + 1).max(area.x);
            text::put(
                buffer,
                x,
                y,
                area.right().saturating_sub(x),
                words,
                patch(style),
            );
        }
    }
}
