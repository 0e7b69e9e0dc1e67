//! The line at the bottom: the keys, and what is unread elsewhere. And the terminal's title.

use ratatui_core::{buffer::Buffer, layout::Rect};

use super::text;
use crate::{Action, Context, state::State};

/// The keys that the line names, most needed first.
const NAMED: &[(Action, &str)] = &[
    (Action::GoTo, "go to"),
    (Action::NextUnread, "next unread"),
    (Action::Help, "keys"),
];

/// The keys for somebody who is writing, or has the cursor on a message.
fn keys(state: &State) -> String {
    if state.cursor.is_some() {
        let named = [
            (Action::Reply, "reply"),
            (Action::Edit, "edit"),
            (Action::Delete, "delete"),
            (Action::React, "react"),
            (Action::CopyWords, "copy"),
            (Action::Open, "open"),
            (Action::About, "about"),
            (Action::Report, "report"),
        ];
        let words = named.iter().filter_map(|(action, words)| {
            Some(format!(
                "{} {words}",
                key_of(state, *action, Context::Message)?
            ))
        });
        return words.collect::<Vec<_>>().join(" · ");
    }
    let mut words: Vec<String> = Vec::new();
    for (action, what) in NAMED {
        if *action == Action::Help {
            words.push("/ commands".to_owned());
        }
        let key = key_of(state, *action, Context::Empty)
            .or_else(|| key_of(state, *action, Context::Main));
        words.extend(key.map(|key| format!("{key} {what}")));
    }
    words.join(" · ")
}

/// The key of an action: a letter for a message, else by its arrow where it has one.
fn key_of(state: &State, action: Action, context: Context) -> Option<String> {
    let bound = state.settings.bindings.keys_of(action);
    let mut bound = bound.filter(|(at, _)| *at == context).map(|(_, key)| key);
    let key = if context == Context::Message {
        bound.next()?
    } else {
        bound.last()?
    };
    Some(key.to_string().replace("Down", "↓").replace("Up", "↑"))
}

/// What is unread elsewhere; and where one is, if there is room to say it twice.
fn elsewhere(state: &State, wide: usize) -> String {
    let room = state.current().map(|(_, room)| text::clean(&room.name));
    let is_wide = wide >= 100;
    let unread = if is_wide { " unread" } else { "" };
    let elsewhere = match state.elsewhere() {
        (0, _) => None,
        (count, 0) => Some(format!("{count}{unread} elsewhere")),
        (count, mentions) => Some(format!("{mentions} @ · {count}{unread} elsewhere")),
    };
    let parts = [room.filter(|_| is_wide), elsewhere];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State) {
    if area.height == 0 {
        return;
    }
    let theme = &state.settings.theme;
    let wide = usize::from(area.width);
    let right = text::fit(&elsewhere(state, wide), wide / 2);
    let right_wide = text::width(&right);
    let left = text::fit(&keys(state), wide.saturating_sub(right_wide + 3));
    text::put(buffer, area.x + 1, area.y, area.width, &left, theme.dim);
    let end = area
        .right()
        .saturating_sub(u16::try_from(right_wide + 1).unwrap_or(u16::MAX));
    let style = if state.elsewhere().1 > 0 {
        theme.mention
    } else {
        theme.dim
    };
    text::put(buffer, end.max(area.x), area.y, area.width, &right, style);
}

/// The terminal's title: where one is, and what needs one.
pub fn title(state: &State) -> String {
    let room = state.current().map(|(_, room)| text::clean(&room.name));
    let mut title = room.map_or_else(|| "snug".to_owned(), |room| format!("{room} · snug"));
    let here = state
        .current()
        .map_or((0, 0), |(_, room)| (room.unread, room.needs_me()));
    let (unread, mentions) = state.elsewhere();
    let (unread, mentions) = (unread + here.0, mentions + here.1);
    if mentions > 0 {
        title.insert_str(0, &format!("({mentions} @) "));
    } else if unread > 0 {
        title.insert_str(0, &format!("({unread}) "));
    }
    title
}
