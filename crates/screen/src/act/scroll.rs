//! Moving among the messages.

use crate::{
    Action,
    draw::messages::Messages,
    reduce::{self, pane},
    state::{Anchor, Spot, State},
};

/// Rows that the mouse's wheel moves.
pub(super) const WHEEL: usize = 3;

/// Scrolls.
pub(super) fn scroll(state: &mut State, action: Action) {
    state.seek = None;
    let area = pane(state);
    let page = usize::from(area.height).saturating_sub(2).max(1);
    state.anchor = match action {
        Action::ScrollUp => up(state, page),
        Action::ScrollDown => down(state, page),
        Action::LineUp => up(state, 1),
        Action::LineDown => down(state, 1),
        Action::Top => return to_start(state),
        _ => {
            state.cursor = None;
            state.anchor = Anchor::End;
            return to_end(state);
        }
    };
    stay(state);
}

/// The last row in memory is no end while pages after it are still to come.
fn stay(state: &mut State) {
    let Some((_, room)) = state.current() else {
        return;
    };
    if let (Anchor::End, false, Some(last)) =
        (state.anchor, room.window.at_end, room.window.items().back())
    {
        state.anchor = Anchor::At {
            spot: last.spot,
            below: 0,
        };
    }
}

/// To the first message that there is, in memory or not.
fn to_start(state: &mut State) {
    state.cursor = None;
    let known = state.current().is_none_or(|(_, room)| room.window.at_start);
    if known {
        state.anchor = up(state, usize::MAX / 4);
    } else {
        reduce::around(state, Spot::event(1), None);
    }
}

pub(super) fn up(state: &State, rows: usize) -> Anchor {
    let area = pane(state);
    Messages::of(state, area).map_or(Anchor::End, |messages| {
        messages.scrolled_up(state.anchor, rows)
    })
}

pub(super) fn down(state: &State, rows: usize) -> Anchor {
    let area = pane(state);
    Messages::of(state, area).map_or(Anchor::End, |messages| {
        messages.scrolled_down(state.anchor, rows)
    })
}

/// The end of what is in memory may not be the end of the log: then the newest is read afresh.
pub(super) fn to_end(state: &mut State) {
    if let Some(room) = state.current_mut()
        && !room.window.at_end
        && room.window.covers().is_some()
    {
        room.window.clear();
    }
}

/// Puts the cursor on the message before or after, and shows it.
pub(super) fn cursor(state: &mut State, is_up: bool) {
    let area = pane(state);
    let Some(messages) = Messages::of(state, area) else {
        return;
    };
    let shown = messages.shown(state.anchor);
    let from = match state.cursor {
        Some(cursor) => cursor,
        None if !is_up => return,
        None => match (state.anchor, shown.last()) {
            (Anchor::At { .. }, Some((spot, _))) => Spot {
                sub: spot.sub.saturating_add(1),
                ..*spot
            },
            _ => Spot::waiting(u32::MAX),
        },
    };
    let Some(to) = messages.beside(from, is_up) else {
        if !is_up {
            state.cursor = None;
            state.anchor = Anchor::End;
        }
        return;
    };
    let rows = messages.rows_of(to);
    let is_seen = shown.iter().filter(|(spot, _)| *spot == to).count() >= rows.min(shown.len());
    if is_seen {
        state.cursor = Some(to);
        return;
    }
    let seen = shown.first().is_some_and(|(first, _)| to <= *first);
    let anchor = if is_up && seen {
        messages.scrolled_up(state.anchor, rows.min(usize::from(area.height)))
    } else {
        Anchor::At { spot: to, below: 0 }
    };
    (state.cursor, state.anchor) = (Some(to), anchor);
}
