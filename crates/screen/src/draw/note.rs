//! The row above the input: a sentence that needs to be read, or who is typing.

use ratatui_core::{buffer::Buffer, layout::Rect};

use super::text;
use crate::state::{Drafting, Room, State};

/// Is there anything to say?
pub(super) fn speaks(state: &State) -> bool {
    state.note.is_some()
        || state.current().is_some_and(|(_, room)| {
            room.drafting != Drafting::Message || !typing(state, room).is_empty()
        })
}

/// Who is typing, in a sentence.
fn typing(state: &State, room: &Room) -> String {
    let writes = room
        .writers
        .iter()
        .filter(|writer| writer.until > state.now);
    let names: Vec<String> = writes.map(|writer| text::clean(&writer.name)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!("{one} is typing"),
        [one, two] => format!("{one} and {two} are typing"),
        [one, two, more @ ..] => format!("{one}, {two} and {} more are typing", more.len()),
    }
}

/// What the input is for, if it is for something out of the ordinary.
fn purpose(room: &Room) -> Option<String> {
    match &room.drafting {
        Drafting::Message => None,
        Drafting::Edit { .. } => Some("editing your message · Esc gives it up".to_owned()),
        Drafting::Reply { to } => {
            let said = room.window.item(*to).and_then(|item| item.said());
            let whom = said.map_or_else(|| format!("message {to}"), |said| text::clean(&said.name));
            Some(format!("replying to {whom} · Esc gives it up"))
        }
    }
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    if area.height == 0 {
        return;
    }
    let theme = &state.settings.theme;
    let (words, style) = match (&state.note, state.current()) {
        (Some(note), _) if note.is_error => (format!("! {}", note.text), theme.error),
        (Some(note), _) => (note.text.clone(), theme.new),
        (None, Some((_, room))) => match purpose(room) {
            Some(purpose) => (purpose, theme.new),
            None => (typing(state, room), theme.dim),
        },
        (None, None) => return,
    };
    let wide = usize::from(area.width.saturating_sub(1));
    text::put(
        buffer,
        area.x + 1,
        area.y,
        area.width,
        &text::fit(&words, wide),
        style,
    );
}
