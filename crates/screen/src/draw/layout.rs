//! Which pane is where, at any size.

use ratatui_core::layout::Rect;

use super::writing;
use crate::{Size, state::State};

/// Below this width or height there are no panes beside the messages, and no line of keys.
const COMPACT: (u16, u16) = (60, 16);
/// From this width on the pane of rooms has its full width.
const ROOMS_FULL: u16 = 90;
/// From this width on the pane of people is there by itself.
const PEOPLE: u16 = 110;
/// The pane of rooms when it is narrow: a mark, eight letters and a number.
const ROOMS_NARROW: u16 = 14;

/// See the module. A part without room has no rows or no columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// The line of servers.
    pub header: Rect,
    /// The rooms.
    pub rooms: Rect,
    /// The pane of rooms lies over the messages.
    pub rooms_over: bool,
    /// The people.
    pub people: Rect,
    /// The pane of people lies over the messages.
    pub people_over: bool,
    /// The room's name and topic.
    pub title: Rect,
    /// The messages.
    pub messages: Rect,
    /// Who is typing, or a sentence that needs to be read.
    pub note: Rect,
    /// The line above the input.
    pub border: Rect,
    /// The input.
    pub input: Rect,
    /// The line of keys.
    pub status: Rect,
    /// There is little room: one line at the top says what there is to say.
    pub compact: bool,
}

impl Layout {
    /// The layout of a screen of this size.
    pub fn of(state: &State, size: Size) -> Self {
        let Size { width, height } = size;
        let compact = width < COMPACT.0 || height < COMPACT.1;
        let row = |y: u16, count: u16| Rect {
            x: 0,
            y,
            width,
            height: count,
        };
        let mut layout = Self {
            compact,
            ..Self::default()
        };
        layout.header = row(0, height.min(1));
        let status = u16::from(!compact);
        layout.status = row(height.saturating_sub(status), status);
        let top = layout.header.height;
        let bottom = layout.status.y.max(top);
        let mut middle = Rect {
            x: 0,
            y: top,
            width,
            height: bottom - top,
        };
        layout.panes(state, &mut middle);
        layout.centre(state, middle);
        layout
    }

    /// The panes at the sides take their share of the middle, or lie over it.
    fn panes(&mut self, state: &State, middle: &mut Rect) {
        let width = middle.width;
        let settings = &state.settings;
        let rooms_wide = if width >= ROOMS_FULL {
            settings.rooms_width.clamp(8, width / 3)
        } else {
            ROOMS_NARROW
        };
        let people_wide = settings.people_width.clamp(8, (width / 3).max(8));
        let beside = !self.compact;
        match (beside, state.rooms_turned) {
            (true, false) => {
                self.rooms = Rect {
                    width: rooms_wide,
                    ..*middle
                };
                middle.x += rooms_wide + 1;
                middle.width = middle.width.saturating_sub(rooms_wide + 1);
            }
            (false, true) => {
                self.rooms_over = true;
                self.rooms = Rect {
                    width: settings.rooms_width.min(width),
                    ..*middle
                };
            }
            _ => {}
        }
        match (beside && width >= PEOPLE, state.people_turned) {
            (true, false) => {
                middle.width = middle.width.saturating_sub(people_wide + 1);
                self.people = Rect {
                    x: middle.right() + 1,
                    width: people_wide,
                    ..*middle
                };
            }
            (false, true) => {
                self.people_over = true;
                let wide = people_wide.min(middle.width);
                self.people = Rect {
                    x: middle.right() - wide,
                    width: wide,
                    ..*middle
                };
            }
            _ => {}
        }
    }

    /// From the bottom up: input, border, note, messages, title.
    fn centre(&mut self, state: &State, middle: Rect) {
        let mut left = middle;
        // The input has a third at most, and so has a sentence above it.
        let most = (middle.height / 3).max(1);
        let wanted = writing::rows(state, usize::from(middle.width));
        let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).clamp(1, most);
        self.input = take(&mut left, wanted);
        let spare = left.height;
        self.border = take(&mut left, u16::from(!self.compact && spare > 3));
        let says = !self.compact || super::note::speaks(state);
        let noted = super::note::rows(state, middle.width);
        let noted = u16::try_from(noted).unwrap_or(u16::MAX).clamp(1, most);
        self.note = take(&mut left, if says && spare > 2 { noted } else { 0 });
        let title = u16::from(!self.compact && spare > 4);
        self.title = Rect {
            height: title,
            ..left
        };
        left.y += title;
        left.height -= title;
        self.messages = left;
    }
}

/// So many rows off the bottom.
fn take(left: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(left.height);
    left.height -= rows;
    Rect {
        y: left.bottom(),
        height: rows,
        ..*left
    }
}
