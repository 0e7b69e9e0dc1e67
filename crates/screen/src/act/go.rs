//! Going about: to a room, to the next that needs one, back.

use crate::{
    Action, reduce,
    state::{Anchor, CameFrom, End, Here, Spot, State},
};

/// Rooms visited that are remembered.
const MAX_RECENT: usize = 50;
/// Of these the newest keep all that was read of them.
const KEPT_WHOLE: usize = 8;

/// Goes to a room.
pub(crate) fn go_to(state: &mut State, here: Here) {
    if state.room(here.server, here.room).is_none() || state.here == Some(here) {
        return;
    }
    state.came_from = None;
    let anchor = state.anchor;
    if let Some(room) = state.current_mut() {
        room.anchor = anchor;
        if anchor == Anchor::End {
            // The line stays while one looks, and no longer.
            room.new_after = None;
        }
    }
    state.cursor = None;
    state.here = Some(here);
    state.recent.retain(|known| *known != here);
    state.recent.push_front(here);
    state.recent.truncate(MAX_RECENT);
    if let Some(old) = state.recent.get(KEPT_WHOLE).copied()
        && let Some(room) = state.room_mut(old.server, old.room)
    {
        room.window.trim(false, End::Oldest);
        room.anchor = Anchor::End;
    }
    if let Some(room) = state.current_mut() {
        if room.unread > 0 && room.new_after.is_none() {
            room.new_after = Some(room.read);
            room.new_count = room.unread;
        }
        room.window.refused = false;
        let anchor = room.anchor;
        let seek = room
            .new_after
            .filter(|_| room.unread > 0 && anchor == Anchor::End);
        (state.anchor, state.seek) = (anchor, seek);
    }
    state.ashore();
    reduce::seek(state, None);
    reduce::members(state);
}

/// Shows a room's history around an event.
pub(crate) fn show(state: &mut State, here: Here, seq: u64) {
    let from = state.here.map(|here| CameFrom {
        here,
        anchor: state.anchor,
        cursor: state.cursor,
    });
    // From one hit to the next: back is where one was before the first.
    let from = state.came_from.or(from);
    go_to(state, here);
    state.seek = None;
    if state.here == Some(here) {
        let spot = Spot::event(seq);
        reduce::around(state, spot, Some(spot));
        state.came_from = from;
        state.say("Esc goes back to where you were.", false);
    }
}

/// Goes back to where one was before a hit was shown; false if none was.
pub(super) fn back(state: &mut State) -> bool {
    let Some(from) = state.came_from.take() else {
        return false;
    };
    go_to(state, from.here);
    state.seek = None;
    if state.here != Some(from.here) {
        return false;
    }
    match from.anchor {
        Anchor::End => super::scroll::scroll(state, Action::Bottom),
        Anchor::At { spot, .. } => {
            if spot.seq != u64::MAX {
                reduce::around(state, spot, None);
            }
            state.anchor = from.anchor;
        }
    }
    state.cursor = from.cursor;
    true
}

/// Rooms in the order of the list, of all servers.
fn in_order(state: &State) -> Vec<(Here, u64, u64)> {
    let rooms = state.servers.iter().flat_map(|server| {
        let rooms = server.rooms_in_order().into_iter();
        rooms.map(|room| {
            (
                Here {
                    server: server.id,
                    room: room.id,
                },
                room.unread,
                room.needs_me(),
            )
        })
    });
    rooms.collect()
}

/// To the next room that needs one: mentions first, then what is unread.
pub(super) fn next_unread(state: &mut State) {
    let rooms = in_order(state);
    let on = rooms
        .iter()
        .position(|(here, ..)| state.here == Some(*here));
    let (before, after) = rooms.split_at(on.map_or(0, |on| on + 1));
    let around: Vec<_> = after
        .iter()
        .chain(before)
        .filter(|(here, ..)| state.here != Some(*here))
        .collect();
    let needs = around.iter().find(|(_, _, needs)| *needs > 0);
    let next = needs.or_else(|| around.iter().find(|(_, unread, _)| *unread > 0));
    match next {
        Some((here, ..)) => go_to(state, *here),
        None => state.say("Nothing is unread elsewhere.", false),
    }
}

/// To the room beside this one in the list.
pub(super) fn beside(state: &mut State, up: bool) {
    let rooms = in_order(state);
    let on = rooms
        .iter()
        .position(|(here, ..)| state.here == Some(*here));
    let next = match (on, up) {
        (None, _) => rooms.first(),
        (Some(on), true) => on
            .checked_sub(1)
            .and_then(|on| rooms.get(on))
            .or(rooms.last()),
        (Some(on), false) => rooms.get(on + 1).or(rooms.first()),
    };
    if let Some((here, ..)) = next {
        go_to(state, *here);
    }
}

/// Back to where one was before.
pub(super) fn last(state: &mut State) {
    if let Some(here) = state.recent.get(1).copied() {
        go_to(state, here);
    }
}
