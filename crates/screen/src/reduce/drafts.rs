//! Words that no server has yet are kept: what is being written, and what waits to be acknowledged.

use snug_proto::RoomId;

use super::link;
use crate::{
    Effect, ServerId,
    state::{Drafting, Here, Room, State, WaitingState},
};

/// Words that a command gave back, or a draft that was kept: never over what is being written.
pub(super) fn restored(state: &mut State, id: ServerId, room: RoomId, words: &str) {
    if let Some(room) = state.room_mut(id, room) {
        room.restore(words);
    } else if let Some(server) = state.server_mut(id) {
        link::keep_draft(server, room, words);
    }
}

/// Has what changed kept.
pub(super) fn keep(state: &mut State) {
    let shown = state.here;
    for server in &mut state.servers {
        for room in server.rooms.values_mut() {
            let here = Here {
                server: server.id,
                room: room.id,
            };
            let waits = !room.waiting.is_empty();
            let waited = std::mem::replace(&mut room.kept_waiting, waits);
            if shown != Some(here) && !waits && !waited {
                continue;
            }
            let words = to_keep(room);
            if words != room.kept {
                room.kept.clone_from(&words);
                state.effects.push(Effect::SaveDraft {
                    server: here.server,
                    room: here.room,
                    words,
                });
            }
        }
    }
}

/// What waits, and below it what is being written. After a restart all of it stands in the input: nobody
/// knows then what of it was sent, so that its author looks at it first.
fn to_keep(room: &Room) -> String {
    let waiting = room.waiting.iter();
    let waiting = waiting.filter(|waiting| waiting.state != WaitingState::Arrived);
    let mut words: Vec<&str> = waiting.map(|waiting| &*waiting.body).collect();
    let draft = match &room.drafting {
        Drafting::Edit { kept, .. } => kept.words(),
        Drafting::Message | Drafting::Reply { .. } => room.editor.words(),
    };
    if !draft.is_empty() {
        words.push(draft);
    }
    words.join("\n")
}
