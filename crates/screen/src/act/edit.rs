//! Writing: what keys do to the words in the input.

use snug_proto::{Typing, limits::TYPING_EVERY_MS};

use crate::{
    Action, Editor,
    reduce::{self, Asked},
    state::{Drafting, State},
};

/// Does something to the input.
pub(super) fn changed(state: &mut State, edit: impl FnOnce(&mut Editor)) {
    edit(state.editor_mut());
}

/// A character.
pub(super) fn typed(state: &mut State, character: char) {
    changed(state, |editor| {
        editor.insert(character.encode_utf8(&mut [0; 4]));
    });
    tell_typing(state);
}

/// Tells the others that one writes, as seldom as is enough; not that one writes a command.
fn tell_typing(state: &mut State) {
    let (now, wanted) = (state.now, state.settings.tell_typing);
    let Some(here) = state.here else {
        return;
    };
    let online = state
        .server(here.server)
        .is_some_and(crate::state::Server::is_online);
    let Some(room) = state.current_mut().filter(|_| wanted && online) else {
        return;
    };
    let told = room
        .told_typing
        .map_or(0, |at| at.ms().saturating_add(TYPING_EVERY_MS));
    if room.editor.words().starts_with('/') || now.ms() < told {
        return;
    }
    room.told_typing = Some(now);
    let typing = Typing {
        room: Some(here.room.into()),
        to: None,
    };
    reduce::ask(state, here.server, typing, Asked::Quiet);
}

/// An action of the input.
pub(super) fn edit(state: &mut State, action: Action) {
    state.cursor = None;
    changed(state, |editor| match action {
        Action::NewLine => editor.insert("\n"),
        Action::HistoryBack => editor.back(),
        Action::HistoryForth => editor.forth(),
        Action::CursorLeft => editor.left(),
        Action::CursorRight => editor.right(),
        Action::WordLeft => editor.word_left(),
        Action::WordRight => editor.word_right(),
        Action::LineStart => editor.line_start(),
        Action::LineEnd => editor.line_end(),
        Action::DeleteBack => editor.delete_back(),
        Action::DeleteForth => editor.delete_forth(),
        Action::KillWordBack => editor.cut_word_back(),
        Action::KillWordForth => editor.cut_word_forth(),
        Action::KillLineBack => editor.cut_line_back(),
        Action::KillLineForth => editor.cut_line_forth(),
        Action::Yank => editor.yank(),
        _ => {}
    });
}

/// Gives up an edit, and what was being written before it comes back; or a reply, and the words stay.
/// Was there one?
pub(super) fn give_up(state: &mut State) -> bool {
    let Some(room) = state.current_mut() else {
        return false;
    };
    match std::mem::take(&mut room.drafting) {
        Drafting::Message => false,
        Drafting::Reply { .. } => true,
        Drafting::Edit { kept, .. } => {
            // What was typed is not lost either: Up brings it back.
            let given_up = room.editor.words().to_owned();
            room.editor = *kept;
            room.editor.remember(&given_up);
            true
        }
    }
}

/// Begins to edit a message of one's own.
pub(super) fn begin(state: &mut State, of: u64, words: &str) {
    state.cursor = None;
    give_up(state);
    if let Some(room) = state.current_mut() {
        let kept = Box::new(room.editor.clone());
        room.editor.set(words);
        room.drafting = Drafting::Edit { of, kept };
    }
}
