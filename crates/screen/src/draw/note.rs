//! What stands above the input: a sentence that needs to be read, or who is typing.

use ratatui_core::{buffer::Buffer, layout::Rect, style::Style};

use super::text;
use crate::{
    Link,
    state::{Drafting, Room, State},
};

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

/// Why there is no connection just now; the top line says when it is tried again.
pub(super) fn unconnected(why: &str) -> String {
    format!("no connection: {why}")
}

/// What stands there.
fn words(state: &State) -> Option<(String, Style)> {
    let theme = &state.settings.theme;
    match (&state.note, state.current()) {
        (Some(note), _) if note.is_error => Some((format!("! {}", note.text), theme.error)),
        (Some(note), _) => Some((note.text.clone(), theme.new)),
        (None, Some((server, room))) => Some(match (purpose(room), &server.link) {
            (Some(purpose), _) => (purpose, theme.new),
            (None, Link::Retrying { why, .. }) if typing(state, room).is_empty() => {
                (text::clean(&unconnected(why)), theme.dim)
            }
            (None, _) => (typing(state, room), theme.dim),
        }),
        (None, None) => None,
    }
}

/// In rows: only a sentence that needs to be read has more than one, because its end says what to do.
fn laid_out(state: &State, wide: u16) -> Option<(Vec<String>, Style)> {
    let wide = usize::from(wide.saturating_sub(1)).max(1);
    let (words, style) = words(state)?;
    let rows = match &state.note {
        Some(_) => text::wrap_plain(&words, wide),
        None => vec![words],
    };
    Some((rows, style))
}

/// How many rows it wants.
pub(super) fn rows(state: &State, wide: u16) -> usize {
    laid_out(state, wide).map_or(1, |(rows, _)| rows.len().max(1))
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    let Some((mut rows, style)) = laid_out(state, area.width) else {
        return;
    };
    let high = usize::from(area.height);
    if rows.len() > high
        && let Some(last) = high.checked_sub(1).and_then(|last| rows.get_mut(last))
    {
        last.push('…');
    }
    let wide = usize::from(area.width.saturating_sub(1));
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        let row = text::fit(&row, wide);
        text::put(buffer, area.x + 1, y, area.width, &row, style);
    }
}
