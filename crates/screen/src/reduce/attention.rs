//! What needs somebody: the bell, notifications, what counts as read, and where one goes when a room ends.

use snug_proto::{Mark, Message};

use super::{Asked, ask};
use crate::{
    Bell, Effect,
    draw::text,
    state::{Anchor, Here, State},
};

/// Longest words of a notification, in cells.
const MAX_NOTIFIED: usize = 120;

/// Somebody who used no key for so long may not be looking, whatever the terminal says: many do not tell
/// that they lost the focus.
const LOOKED_MS: u64 = 60_000;

/// A message of another's came.
pub(super) fn message(state: &mut State, here: Here, message: &Message) {
    let me = state.server(here.server).and_then(|server| server.me);
    let mentioned = me.is_some_and(|me| message.mentions.contains(&me));
    let for_me = mentioned || message.place.direct;
    let seen = state.focused && state.here == Some(here) && state.anchor == Anchor::End;
    if !seen && let Some(room) = state.room_mut(here.server, here.room) {
        // The line "new" stands before the first that came while one was not looking.
        if room.new_after.is_none() || room.unread == 1 {
            room.new_after = Some(message.place.seq.saturating_sub(1));
            room.new_count = 0;
        }
        room.new_count = room
            .new_count
            .saturating_add(u64::from(room.new_after.is_some()));
    }
    let wanted = |bell: Bell| match bell {
        Bell::Never => false,
        Bell::Mentions => for_me,
        Bell::Messages => true,
    };
    let unused = state.now.ms().saturating_sub(state.last_used.ms());
    if seen && unused < LOOKED_MS {
        return;
    }
    let server = state.server(here.server);
    let alias = server.map_or("", |server| server.alias.as_str());
    let (bell, note) = (
        state.settings.bell_of(alias, &message.place.room),
        state.settings.note_of(alias, &message.place.room),
    );
    if wanted(bell) {
        state.effects.push(Effect::Bell);
    }
    if wanted(note) {
        let from = text::clean(&message.author.from);
        let title = if message.place.direct {
            from
        } else {
            format!("{from} in {}", text::clean(&message.place.room))
        };
        let body = text::fit(&text::clean(&message.body.replace('\n', " ")), MAX_NOTIFIED);
        state.effects.push(Effect::Notify { title, body });
    }
}

/// More needs somebody than before the connection was lost: once for all of it.
pub(super) fn missed(state: &mut State, more: u64) {
    if more > 0 && state.settings.bell != Bell::Never && !state.settings.do_not_disturb {
        state.effects.push(Effect::Bell);
    }
}

/// The terminal was given the focus, or lost it.
pub(super) fn focus(state: &mut State, focused: bool) {
    state.focused = focused;
}

/// The room that was shown is left, or ended: back to the one before, or the lobby, or any.
pub(crate) fn left(state: &mut State) {
    let known = |here: &Here| state.room(here.server, here.room).is_some();
    let back = state.recent.iter().copied().find(known);
    let lobby = || {
        let server = state.servers.first()?;
        let rooms = server.rooms_in_order();
        rooms.first().map(|room| Here {
            server: server.id,
            room: room.id,
        })
    };
    (state.anchor, state.cursor) = (Anchor::End, None);
    if let Some(here) = back.or_else(lobby) {
        crate::act::go_to(state, here);
    }
}

/// Reading to the end marks it read, on all of one's devices.
pub(super) fn mark_read(state: &mut State) {
    if !state.focused || state.anchor != Anchor::End {
        return;
    }
    let Some((server, room)) = state.current() else {
        return;
    };
    let here = Here {
        server: server.id,
        room: room.id,
    };
    let online = server.is_online();
    // What is still to come, as after a lost connection, is not read yet.
    let is_all = |(_, high): &(u64, u64)| room.window.at_end && *high >= room.head;
    let Some((_, high)) = room.window.covers().filter(is_all) else {
        return;
    };
    let tell = online && high > room.marked && room.unread > 0;
    if tell {
        ask(
            state,
            here.server,
            Mark {
                room: here.room.into(),
                seq: high,
            },
            Asked::Quiet,
        );
    }
    if let Some(room) = state.current_mut() {
        if tell {
            room.marked = high;
        }
        if room.unread > 0 && (tell || high <= room.marked) {
            (room.unread, room.mentions) = (0, 0);
            room.read = room.read.max(high);
        }
    }
}
