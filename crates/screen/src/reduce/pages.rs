//! Pages of a room's log: which are wanted, and what they bring.

use ratatui_core::layout::Rect;
use snug_proto::{Event, Read, Who, limits::DEFAULT_READ_EVENTS};

use super::{Asked, Page, ask, log};
use crate::{
    Size,
    draw::{Layout, messages::Messages},
    state::{Anchor, End, Here, Room, Spot, State},
};

/// Events before the one that is shown in the midst of a log.
const BEFORE: u64 = 50;

/// Where the messages are.
pub(crate) fn pane(state: &State) -> Rect {
    let Size { width, height } = state.size;
    Layout::of(state, Size { width, height }).messages
}

/// Asks for what is about to be seen.
pub(super) fn wanted(state: &mut State) {
    let area = pane(state);
    let Some((server, room)) = state.current() else {
        return;
    };
    let window = &room.window;
    if window.loading.is_some() || window.refused || !server.is_online() {
        return;
    }
    let near = Messages::of(state, area).map(|messages| {
        (
            messages.is_near_start(state.anchor),
            messages.is_near_end(state.anchor),
        )
    });
    let (start, end) = near.unwrap_or((true, true));
    let read = |before: Option<u64>, after: Option<u64>| Read {
        room: room.id.into(),
        after,
        before,
        since: None,
        limit: Some(DEFAULT_READ_EVENTS),
        log: None,
    };
    let (page, request) = match window.covers() {
        None if window.at_end && window.at_start => return,
        None => (Page::Back, read(None, None)),
        Some((_, high)) if end && !window.at_end => (Page::Forth, read(None, Some(high))),
        Some((low, _)) if start && !window.at_start => (Page::Back, read(Some(low), None)),
        Some(_) => return,
    };
    let (server, id) = (server.id, room.id);
    let tag = ask(state, server, request, Asked::Page(id, page));
    if let Some(room) = state.current_mut() {
        room.window.loading = Some(tag);
    }
}

/// Shows a room's log around an event, which stands in the middle of the pane.
pub(crate) fn around(state: &mut State, spot: Spot, cursor: Option<Spot>) {
    let Some(here) = state.here else {
        return;
    };
    let Some(room) = state.current_mut() else {
        return;
    };
    let covers = room.window.covers();
    let is_known = covers.is_some_and(|(low, high)| (low..=high).contains(&spot.seq));
    if !is_known {
        room.window.clear();
        let request = Read {
            room: here.room.into(),
            after: Some(spot.seq.saturating_sub(BEFORE)),
            before: None,
            since: None,
            limit: Some(DEFAULT_READ_EVENTS),
            log: None,
        };
        let tag = ask(
            state,
            here.server,
            request,
            Asked::Page(here.room, Page::Around),
        );
        if let Some(room) = state.current_mut() {
            room.window.loading = Some(tag);
        }
    }
    state.anchor = Anchor::At { spot, below: 0 };
    state.cursor = cursor;
    centre(state);
}

/// Where more is new than the pane has rows for, it is shown from its beginning: what is read is what was
/// seen. `came` is the page that has just come, if one has.
pub(crate) fn seek(state: &mut State, came: Option<Page>) {
    let Some((after, room)) = state.seek.zip(state.current().map(|(_, room)| room)) else {
        state.seek = None;
        return;
    };
    let covers = room.window.covers();
    let is_known = covers.is_some_and(|(low, _)| low <= after.saturating_add(1));
    let is_far = room.unread > u64::from(DEFAULT_READ_EVENTS) / 2;
    let online = state
        .current_server()
        .is_some_and(crate::state::Server::is_online);
    match came {
        _ if is_known || room.window.at_start => {
            let last = room.window.items().back().filter(|_| !room.window.at_end);
            let last = last.map(|item| item.spot);
            state.seek = None;
            let messages = Messages::of(state, pane(state));
            let anchor = messages.map_or(Anchor::End, |messages| messages.near_top(after));
            state.anchor = match (anchor, last) {
                (Anchor::End, Some(spot)) => Anchor::At { spot, below: 0 },
                (anchor, _) => anchor,
            };
        }
        Some(Page::Back) if online => around(state, Spot::event(after), None),
        None if is_far && online => around(state, Spot::event(after), None),
        // The newest page is on its way, and may have it.
        None => {}
        Some(_) => state.seek = None,
    }
}

/// What stands at the bottom of the pane moves to its middle, once it is in memory.
fn centre(state: &mut State) {
    let area = pane(state);
    if let Some(messages) = Messages::of(state, area)
        && messages.is_there(state.anchor)
    {
        state.anchor = messages.scrolled_down(state.anchor, usize::from(area.height) / 2);
    }
}

/// Above what stands at the bottom of the pane there are as many rows as it has.
fn full(state: &mut State) {
    let area = pane(state);
    if let Some(messages) = Messages::of(state, area)
        && state.anchor != Anchor::End
    {
        state.anchor = messages.scrolled_up(state.anchor, 0);
    }
}

/// Asks who is in the room that is shown, once a connection.
pub(crate) fn members(state: &mut State) {
    let Some(Here { server, room }) = state.here else {
        return;
    };
    let online = state
        .server(server)
        .is_some_and(crate::state::Server::is_online);
    let Some(known) = state
        .current_mut()
        .filter(|known| online && !known.members.asked)
    else {
        return;
    };
    known.members.asked = true;
    let request = Who {
        room: Some(room.into()),
        ..Who::default()
    };
    ask(state, server, request, Asked::Members(room));
}

/// Events after this one are not told, but can be read: what is in memory ends there, and is kept only if
/// somebody is reading in it.
pub(super) fn hole(room: &mut Room, after: u64, anchor: Anchor) {
    let window = &mut room.window;
    match window.covers() {
        Some((_, high)) if window.at_end && after >= high => match anchor {
            Anchor::End => window.clear(),
            Anchor::At { .. } => window.at_end = false,
        },
        _ => {}
    }
}

/// What a page brought.
pub(super) fn came(state: &mut State, here: Here, page: &snug_proto::Page, which: Page) {
    let is_here = state.here == Some(here);
    let me = state.server(here.server).and_then(|server| server.me);
    let anchor = state.anchor;
    let Some(room) = state.room_mut(here.server, here.room) else {
        return;
    };
    if room.log.is_some_and(|log| log != page.log) {
        // The client is about to tell that it began anew.
        return;
    }
    room.log = Some(page.log);
    room.head = room.head.max(page.seq);
    let seq_of = |event: &Event| event.place().map(|place| place.seq);
    let low = page.events.iter().find_map(seq_of);
    let high = page.events.iter().rev().find_map(seq_of);
    let (Some(low), Some(high)) = (low, high) else {
        match which {
            Page::Back => room.window.at_start = true,
            Page::Forth | Page::Around => room.window.at_end = true,
        }
        if room.window.covers().is_none() {
            (room.window.at_start, room.window.at_end) = (true, true);
        }
        return;
    };
    let fresh = room.window.covers().is_none();
    match which {
        Page::Back | Page::Around => {
            let mut items = Vec::new();
            for event in &page.events {
                items.extend(log::take(room, event, me));
            }
            if fresh {
                room.window.begin(low, high, items);
            } else {
                room.window.prepend(low, items);
            }
        }
        Page::Forth => {
            for event in &page.events {
                let item = log::take(room, event, me);
                if let Some(seq) = seq_of(event) {
                    room.window.push(seq, item);
                }
            }
        }
    }
    let more_before = match which {
        Page::Back => page.more,
        Page::Forth | Page::Around => true,
    };
    if which != Page::Forth && (!more_before || low <= page.first) {
        room.window.at_start = true;
    }
    if fresh || which == Page::Forth {
        room.window.at_end = high >= room.head;
    }
    let end = if which == Page::Back {
        End::Newest
    } else {
        End::Oldest
    };
    // What is looked at is never what makes room.
    let end = if anchor == Anchor::End && is_here {
        End::Oldest
    } else {
        end
    };
    room.window.trim(is_here, end);
    if is_here && state.seek.is_some() {
        seek(state, Some(which));
    } else if is_here && which == Page::Around {
        // One who went back to a place of theirs has no cursor there, and is not moved.
        if state.cursor.is_some() {
            centre(state);
        }
        full(state);
    }
}
