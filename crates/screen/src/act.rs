//! What somebody does: keys, pastes and the mouse, by way of the table of actions.

mod edit;
mod go;
mod message;
mod mouse;
mod paste;
mod scroll;
mod send;

pub(crate) use go::{go_to, show};
pub(crate) use send::{command, say};

use crate::{
    Action, Context, Effect, Input, Key,
    overlay::{self, Deed},
    state::State,
};

/// A key, a paste or the mouse, while nothing lies over the main view.
pub(crate) fn by_hand(state: &mut State, input: &Input) -> Vec<Deed> {
    match input {
        Input::Key(key) => pressed(state, *key),
        Input::Paste(words) => paste::pasted(state, words),
        Input::Mouse(mouse) => mouse::used(state, *mouse),
        _ => Vec::new(),
    }
}

fn pressed(state: &mut State, key: Key) -> Vec<Deed> {
    let bindings = &state.settings.bindings;
    let on_message = state.cursor.is_some();
    let empty = state.editor().is_empty();
    let bound = on_message
        .then(|| bindings.find(Context::Message, key))
        .flatten()
        .or_else(|| empty.then(|| bindings.find(Context::Empty, key)).flatten())
        .or_else(|| bindings.find(Context::Main, key));
    if let Some(bound) = bound {
        return action(state, bound);
    }
    if let Some(character) = key.types() {
        // Writing goes on, whatever the cursor was on.
        state.cursor = None;
        edit::typed(state, character);
    }
    Vec::new()
}

/// Does it. What it opens comes back.
pub(crate) fn action(state: &mut State, action: Action) -> Vec<Deed> {
    match action {
        Action::Send => return send::entered(state),
        Action::NextUnread => go::next_unread(state),
        Action::PreviousRoom => go::beside(state, true),
        Action::NextRoom => go::beside(state, false),
        Action::LastRoom => go::last(state),
        Action::People => state.people_turned = !state.people_turned,
        Action::Rooms => state.rooms_turned = !state.rooms_turned,
        Action::ScrollUp
        | Action::ScrollDown
        | Action::LineUp
        | Action::LineDown
        | Action::Top
        | Action::Bottom => scroll::scroll(state, action),
        Action::MessageUp => scroll::cursor(state, true),
        Action::MessageDown => scroll::cursor(state, false),
        Action::GiveUp => give_up(state),
        Action::Quiet => {
            let quiet = !state.settings.do_not_disturb;
            let said = if quiet {
                "Nothing disturbs you from now on; Alt-q ends it."
            } else {
                "You are told again of what happens."
            };
            state.say(said, false);
            state.effects.push(Effect::SaveSetting {
                name: "notifications.do_not_disturb".to_owned(),
                value: quiet.to_string(),
            });
        }
        Action::CopyAnswer => copy_answer(state),
        Action::Redraw => state.effects.push(Effect::Redraw),
        Action::Suspend => state.effects.push(Effect::Suspend),
        Action::Quit => state.effects.push(Effect::Quit),
        Action::EditLast => message::edit_last(state),
        Action::Reply
        | Action::Edit
        | Action::Delete
        | Action::React
        | Action::CopyWords
        | Action::Open
        | Action::About
        | Action::Report => return message::act(state, action),
        Action::GoTo
        | Action::Search
        | Action::Help
        | Action::Menu
        | Action::JoinOrCreate
        | Action::Complete => {
            return overlay::open(action, state)
                .map(Deed::Open)
                .into_iter()
                .collect();
        }
        editing => edit::edit(state, editing),
    }
    Vec::new()
}

/// What is to be pasted elsewhere is whole only there: here it is broken into rows, beside other panes.
fn copy_answer(state: &mut State) {
    let Some(answer) = &state.answer else {
        return state.say("No command has answered with a line to copy.", false);
    };
    let words = answer.expose().to_owned();
    state.effects.push(Effect::Copy(words));
    state.say("copied", false);
}

/// Gives up the least thing that there is: an overlay pane, the cursor on a message, an edit, where one
/// has scrolled to. Never the draft.
fn give_up(state: &mut State) {
    if state.came_from.is_some() && (edit::give_up(state) || go::back(state)) {
        return;
    }
    if state.cursor.take().is_some() {
        return;
    }
    if edit::give_up(state) {
        return;
    }
    let layout = crate::draw::Layout::of(state, state.size);
    if layout.people_over {
        state.people_turned = false;
    } else if layout.rooms_over {
        state.rooms_turned = false;
    } else {
        scroll::scroll(state, Action::Bottom);
    }
}

/// Puts words at the cursor of the input.
pub(crate) fn insert(state: &mut State, words: &str) {
    edit::changed(state, |editor| editor.insert(words));
}

/// Puts words in place of others in the input.
pub(crate) fn replace(state: &mut State, from: usize, to: usize, with: &str) {
    edit::changed(state, |editor| editor.replace(from, to, with));
}
