//! The screen as it is drawn: from the state alone, into a buffer. Only what shows is worked out, so that
//! a room of a hundred thousand messages costs what a room of fifty does.

pub mod block;
mod columns;
pub mod day;
pub mod frame;
mod header;
pub mod layout;
pub mod messages;
mod note;
mod people;
mod rooms;
mod status;
pub mod text;
pub(crate) mod writing;

use ratatui_core::{
    buffer::Buffer,
    layout::{Position, Rect},
};

pub use layout::Layout;
pub use people::in_order as people_in_order;
pub(crate) use rooms::row_at as room_row_at;
pub use rooms::{Row as RoomRow, rows as room_rows};
pub use status::title;

use crate::{
    Size,
    state::{Anchor, State},
};

/// Draws the main view; gives where the terminal's cursor is.
pub(crate) fn main_view(area: Rect, buffer: &mut Buffer, state: &State) -> Option<Position> {
    let size = Size {
        width: area.width,
        height: area.height,
    };
    let layout = Layout::of(state, size);
    let theme = &state.settings.theme;
    for y in area.y..area.bottom() {
        text::put_line(buffer, area.x, y, area.width, "", theme.text);
    }
    messages::draw(layout.messages, buffer, state);
    header::title(layout.title, buffer, state);
    note::draw(layout.note, buffer, state);
    border(layout.border, buffer, state);
    let cursor = writing::draw(layout.input, buffer, state);
    rooms::draw(&layout, buffer, state);
    people::draw(&layout, buffer, state);
    header::draw(layout.header, buffer, state, layout.compact);
    status::draw(layout.status, buffer, state);
    cursor
}

/// The line above the input; it says what is below while one reads further up.
fn border(area: Rect, buffer: &mut Buffer, state: &State) {
    if area.height == 0 {
        return;
    }
    let theme = &state.settings.theme;
    let unread = state.current().map_or(0, |(_, room)| room.unread);
    let (words, style) = match (state.anchor, unread) {
        (Anchor::End, _) => (String::new(), theme.dim),
        (Anchor::At { .. }, 0) => ("↓ Esc goes to the newest".to_owned(), theme.dim),
        (Anchor::At { .. }, unread) => (format!("↓ {unread} new · Esc goes there"), theme.new),
    };
    let line = frame::across(usize::from(area.width), &words);
    text::put(buffer, area.x, area.y, area.width, &line, style);
}
