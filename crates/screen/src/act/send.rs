//! Sending what is written.

use snug_proto::{Edit, Send, limits::MAX_BODY_BYTES};

use super::scroll;
use crate::{
    Effect,
    overlay::{self, Deed},
    reduce::{self, Asked},
    state::{Anchor, Drafting, Here, State, Waiting, WaitingState},
};

/// Messages of one room that wait at most; the input keeps what comes after them.
const MAX_WAITING: usize = 200;
/// Why words go nowhere.
const NO_ROOM: &str = "You are in no room yet: what you wrote stays here. Ctrl-K goes to a room.";
/// Why a command goes nowhere.
const NO_SERVER: &str = "No server is known yet. Alt-m adds one.";

/// Enter was pressed.
pub(super) fn entered(state: &mut State) -> Vec<Deed> {
    let words = state.editor().words().to_owned();
    if words.trim().is_empty() {
        return Vec::new();
    }
    if words.len() > MAX_BODY_BYTES {
        state.say(
            "That is longer than the 16 KiB that a message may have. Send it in parts.",
            true,
        );
        return Vec::new();
    }
    let edits = match state.current() {
        Some((_, room)) => match room.drafting {
            Drafting::Edit { of, .. } => Some(of),
            _ => None,
        },
        None => None,
    };
    if let Some(of) = edits {
        edited(state, of, words);
        return Vec::new();
    }
    let trimmed = words.trim();
    let is_command = trimmed.starts_with('/') && !trimmed.starts_with("//");
    let is_quit = trimmed.eq_ignore_ascii_case("quit");
    if state.current().is_none() && !is_command && !is_quit {
        state.say(NO_ROOM, true);
        return Vec::new();
    }
    match trimmed.strip_prefix('/') {
        Some(rest) if rest.starts_with('/') => say(state, rest.to_owned()),
        Some(_) => {
            let line = trimmed.to_owned();
            if let Some(help) = overlay::help_asked_for(&line, state) {
                sent_off(state);
                return vec![Deed::Open(help)];
            }
            sent_off(state);
            command(state, &line);
            return Vec::new();
        }
        None if is_quit => {
            state.effects.push(Effect::Quit);
            return Vec::new();
        }
        None => say(state, words),
    }
    sent_off(state);
    Vec::new()
}

/// Empties the input, the words being on their way.
fn sent_off(state: &mut State) {
    state.editor_mut().take();
}

/// Does a slash command in the room that is shown.
pub(crate) fn command(state: &mut State, line: &str) {
    let Some(server) = state.current_server() else {
        if line.eq_ignore_ascii_case("/quit") {
            state.effects.push(Effect::Quit);
        } else {
            state.say(NO_SERVER, true);
        }
        return;
    };
    let id = server.id;
    let word = line.trim_start_matches('/');
    let (name, rest) = word.split_once(char::is_whitespace).unwrap_or((word, ""));
    let rest = rest.trim();
    // What is about this screen alone, and a room's own name, are done here.
    let known = |name: &str| state.settings.commands.iter().any(|info| info.name == name);
    let room = match name {
        "room" | "go" if !rest.is_empty() => server.room_named(rest),
        name if !known(name) && rest.is_empty() => server.room_named(name),
        _ => None,
    };
    if let Some(room) = room.map(|room| room.id) {
        crate::act::go_to(state, Here { server: id, room });
        return;
    }
    if name.eq_ignore_ascii_case("quit") {
        state.effects.push(Effect::Quit);
        return;
    }
    let room = state
        .here
        .filter(|here| here.server == id)
        .map(|here| here.room);
    state.effects.push(Effect::Command {
        server: id,
        room,
        line: line.to_owned(),
    });
}

/// Says something in the room that is shown: it waits there until it is acknowledged.
pub(crate) fn say(state: &mut State, body: String) {
    let Some(here) = state.here else {
        return;
    };
    let now = state.now;
    let Some(room) = state.current_mut() else {
        return;
    };
    if room.waiting.len() >= MAX_WAITING {
        state.say(
            "Too many messages wait already. This one stays here until they are sent.",
            true,
        );
        // Nothing that was written is lost: it stands in the history of the input.
        if let Some(room) = state.current_mut() {
            room.editor.remember(&body);
        }
        return;
    }
    let reply_to = match std::mem::take(&mut room.drafting) {
        Drafting::Reply { to } => Some(to),
        _ => None,
    };
    again(state, here, body, reply_to);
    if let Some(room) = state.current_mut()
        && let Some(waiting) = room.waiting.back_mut()
    {
        waiting.at = now;
    }
    (state.came_from, state.seek) = (None, None);
    state.anchor = Anchor::End;
    scroll::to_end(state);
}

/// Sends words, and puts them among those that wait.
pub(super) fn again(state: &mut State, here: Here, body: String, reply_to: Option<u64>) {
    let send = Send {
        room: Some(here.room.into()),
        to: None,
        body: body.clone(),
        reply_to,
        manner: None,
        key: None,
    };
    let at = state.now;
    let tag = reduce::submit(state, here.server, send, Asked::Message(here.room));
    if let Some(room) = state.room_mut(here.server, here.room) {
        let state = WaitingState::Sent;
        room.waiting.push_back(Waiting {
            tag,
            body,
            reply_to,
            at,
            state,
        });
    }
}

fn edited(state: &mut State, of: u64, words: String) {
    let Some(here) = state.here else {
        return;
    };
    let Some(room) = state.current_mut() else {
        return;
    };
    if let Drafting::Edit { kept, .. } = std::mem::take(&mut room.drafting) {
        room.editor = *kept;
        room.editor.remember(&words);
    }
    let edit = Edit {
        room: here.room.into(),
        seq: of,
        body: words,
        key: None,
    };
    reduce::submit(state, here.server, edit, Asked::Done);
}
