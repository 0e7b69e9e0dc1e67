//! The mouse: never needed. It chooses rooms and messages, and scrolls.

use super::{go, scroll};
use crate::{
    Action, Mouse, MouseKind,
    draw::{Layout, RoomRow, messages::Messages, people_in_order, room_row_at},
    overlay::{self, Deed},
    state::{Here, State},
};

pub(super) fn used(state: &mut State, mouse: Mouse) -> Vec<Deed> {
    let layout = Layout::of(state, state.size);
    let inside = |area: ratatui_core::layout::Rect| {
        area.contains(ratatui_core::layout::Position {
            x: mouse.column,
            y: mouse.row,
        })
    };
    match mouse.kind {
        MouseKind::ScrollUp => state.anchor = scroll::up(state, scroll::WHEEL),
        MouseKind::ScrollDown => {
            for _ in 0..scroll::WHEEL {
                scroll::scroll(state, Action::LineDown);
            }
        }
        MouseKind::Press if inside(layout.rooms) => {
            match room_row_at(state, layout.rooms, mouse.row) {
                Some(RoomRow::Room(server, room)) => go::go_to(state, Here { server, room }),
                Some(RoomRow::Join) => {
                    let opened = overlay::open(Action::JoinOrCreate, state);
                    return opened.map(Deed::Open).into_iter().collect();
                }
                _ => {}
            }
            if layout.rooms_over {
                state.rooms_turned = false;
            }
        }
        MouseKind::Press if inside(layout.people) => person(state, layout.people.y, mouse.row),
        MouseKind::Press if inside(layout.messages) => message(state, &layout, mouse.row),
        MouseKind::Press => state.cursor = None,
    }
    Vec::new()
}

/// A press on somebody begins what one says to them.
fn person(state: &mut State, top: u16, row: u16) {
    let at = usize::from(row.saturating_sub(top));
    let Some((server, room)) = state.current() else {
        return;
    };
    let list = people_in_order(server, room);
    let Some((_, person, _)) = at.checked_sub(1).and_then(|at| list.get(at)) else {
        return;
    };
    let name = person.name.clone();
    let direct = server.direct_with(&name).map(|room| Here {
        server: server.id,
        room: room.id,
    });
    if let Some(here) = direct {
        go::go_to(state, here);
    } else {
        super::insert(state, &format!("/msg {name} "));
    }
}

/// A press on a message puts the cursor on it; on the one it is on, takes it off.
fn message(state: &mut State, layout: &Layout, row: u16) {
    let area = layout.messages;
    let Some(messages) = Messages::of(state, area) else {
        return;
    };
    let shown = messages.shown(state.anchor);
    let blank = usize::from(area.height).saturating_sub(shown.len());
    let at = usize::from(row.saturating_sub(area.y)).checked_sub(blank);
    let spot = at.and_then(|at| shown.get(at)).map(|(spot, _)| *spot);
    state.cursor = spot.filter(|spot| state.cursor != Some(*spot));
}
