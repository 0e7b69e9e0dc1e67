//! The pane of rooms: one's rooms and conversations, with what is unread in each.

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_proto::RoomId;

use super::{Layout, frame, text};
use crate::{
    ServerId,
    state::{Here, Room, Server, State},
};

/// A row of the pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// A server's name, where there are several.
    Server(ServerId),
    /// `ROOMS`.
    Rooms,
    /// `PEOPLE`.
    People,
    /// A room.
    Room(ServerId, RoomId),
    /// `+ join or create`.
    Join,
    /// Nothing.
    Blank,
}

/// All rows of the pane, shown or not.
pub fn rows(state: &State) -> Vec<Row> {
    let mut rows = Vec::new();
    let several = state.servers.len() > 1;
    for server in &state.servers {
        if several {
            if !rows.is_empty() {
                rows.push(Row::Blank);
            }
            rows.push(Row::Server(server.id));
        } else {
            rows.push(Row::Rooms);
        }
        let in_order = server.rooms_in_order();
        let direct = in_order.partition_point(|room| !room.direct);
        let (rooms, people) = in_order.split_at(direct);
        let row = |room: &&Room| Row::Room(server.id, room.id);
        rows.extend(rooms.iter().map(row));
        if !people.is_empty() {
            if !several {
                rows.push(Row::Blank);
                rows.push(Row::People);
            }
            rows.extend(people.iter().map(row));
        }
    }
    rows
}

/// The row that is shown first, so that the room one is in is among those shown.
fn first(state: &State, rows: &[Row], height: usize) -> usize {
    let here = state.here.map(|here| Row::Room(here.server, here.room));
    let on = rows.iter().position(|row| Some(*row) == here).unwrap_or(0);
    if rows.len() <= height {
        0
    } else {
        on.saturating_sub(height / 2).min(rows.len() - height)
    }
}

/// The row of the pane at this line of the screen.
pub(crate) fn row_at(state: &State, area: Rect, y: u16) -> Option<Row> {
    let (list, join) = split(area);
    if y == join.y && join.height > 0 {
        return Some(Row::Join);
    }
    let rows = rows(state);
    let at = usize::from(y.checked_sub(list.y)?);
    rows.get(first(state, &rows, usize::from(list.height)) + at)
        .copied()
}

fn split(area: Rect) -> (Rect, Rect) {
    let join = u16::from(area.height > 6 && area.width >= 18);
    let list = Rect {
        height: area.height - join,
        ..area
    };
    (
        list,
        Rect {
            y: list.bottom(),
            height: join,
            ..area
        },
    )
}

pub(super) fn draw(layout: &Layout, buffer: &mut Buffer, state: &State) {
    let area = layout.rooms;
    if area.width == 0 || area.height == 0 {
        return;
    }
    let theme = &state.settings.theme;
    let edge = area.right();
    frame::upright(buffer, edge, area.y, area.bottom(), theme.dim);
    let (list, join) = split(area);
    let all = rows(state);
    let first = first(state, &all, usize::from(list.height));
    for y in area.y..area.bottom() {
        text::put_line(buffer, area.x, y, area.width, "", theme.text);
    }
    let shown = all.iter().skip(first).take(usize::from(list.height));
    for (y, row) in (list.y..).zip(shown) {
        let (words, style) = match row {
            Row::Rooms => (" ROOMS".to_owned(), theme.heading),
            Row::People => (" PEOPLE".to_owned(), theme.heading),
            Row::Server(id) => {
                let alias = state.server(*id).map_or("", |server| &server.alias);
                (
                    format!(" {}", text::clean(alias).to_uppercase()),
                    theme.heading,
                )
            }
            Row::Room(server, room) => {
                if let Some(server) = state.server(*server)
                    && let Some(room) = server.rooms.get(room)
                {
                    let place = Rect {
                        y,
                        height: 1,
                        ..list
                    };
                    draw_room(place, buffer, state, server, room);
                }
                continue;
            }
            Row::Join | Row::Blank => continue,
        };
        text::put_line(buffer, list.x, y, list.width, &words, style);
    }
    if join.height > 0 {
        text::put_line(
            buffer,
            join.x,
            join.y,
            join.width,
            " + join or create",
            theme.dim,
        );
    }
}

fn draw_room(place: Rect, buffer: &mut Buffer, state: &State, server: &Server, room: &Room) {
    let theme = &state.settings.theme;
    let here = state.here
        == Some(Here {
            server: server.id,
            room: room.id,
        });
    let online = room.other().and_then(|other| server.person_named(other));
    let mark = match (here, room.direct) {
        (true, _) => "▌",
        (false, true) if online.is_some_and(|(_, person)| person.online) => "●",
        _ => " ",
    };
    let name = text::clean(room.other().unwrap_or(&room.name));
    let count = match (room.mentions, room.unread) {
        (_, 0) => String::new(),
        (0, unread) => unread.to_string(),
        (mentions, _) => format!("{mentions} @"),
    };
    let style = match (here, room.needs_me(), room.unread) {
        (true, ..) => theme.current,
        (false, 0, 0) => theme.text,
        (false, 0, _) => theme.unread,
        (false, ..) => theme.mention,
    };
    let width = usize::from(place.width);
    let count_wide = text::width(&count);
    let narrow = width < 18;
    // The number is two columns off the edge, so that those of rooms and mentions stand in a column.
    let gap = if narrow { 1 } else { 2 };
    let most = width.saturating_sub(3 + count_wide + gap);
    let most = if narrow {
        most.min(8.max(most.min(9)))
    } else {
        most
    };
    let name = text::pad(&name, most);
    let mark_style = if mark == "●" { theme.online } else { style };
    let x = text::put(buffer, place.x, place.y, place.width, " ", theme.text);
    let x = if narrow { place.x } else { x };
    let x = text::put(buffer, x, place.y, place.width, mark, mark_style);
    let x = text::put(buffer, x, place.y, place.width, " ", theme.text);
    let x = text::put(
        buffer,
        x,
        place.y,
        place.right().saturating_sub(x),
        &name,
        style,
    );
    let end = place
        .right()
        .saturating_sub(u16::try_from(count_wide + gap - 1).unwrap_or(0));
    text::put(
        buffer,
        end.max(x),
        place.y,
        place.right().saturating_sub(end),
        &count,
        style,
    );
}
