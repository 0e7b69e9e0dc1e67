//! The line at the top: the servers, how the connection to each is, and the time.

use ratatui_core::{buffer::Buffer, layout::Rect};

use super::text;
use crate::{
    Link,
    state::{Server, State},
};

/// Words for seconds until then, at least one.
fn countdown(state: &State, at: snug_proto::Timestamp) -> String {
    let ms = at.ms().saturating_sub(state.now.ms());
    format!("retrying in {} s", ms.div_ceil(1000).max(1))
}

/// The mark of a connection, and what is to be said of it.
fn link(state: &State, server: &Server) -> (&'static str, String) {
    match &server.link {
        Link::SignedIn { .. } | Link::Latency { .. } => {
            let ms = server.latency_ms;
            ("●", ms.map_or_else(String::new, |ms| format!("{ms} ms")))
        }
        Link::Connecting => ("○", "connecting".to_owned()),
        Link::Retrying { at, .. } => ("○", countdown(state, *at)),
        Link::Offline { .. } => ("✕", "offline".to_owned()),
    }
}

pub(super) fn draw(area: Rect, buffer: &mut Buffer, state: &State, compact: bool) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    if compact {
        return draw_compact(area, buffer, state);
    }
    let theme = &state.settings.theme;
    let clock = format!(
        "{} {}",
        super::day::day_short(state, state.now),
        state.clock(state.now)
    );
    let clock_wide = u16::try_from(text::width(&clock)).unwrap_or(u16::MAX);
    let end = area.right().saturating_sub(clock_wide.saturating_add(1));
    let mut x = area.x + 1;
    for server in &state.servers {
        let (mark, words) = link(state, server);
        let style = if server.is_online() {
            theme.online
        } else {
            theme.error
        };
        let alias = text::clean(&server.alias);
        for (words, style) in [
            (alias.as_str(), theme.heading),
            (mark, style),
            (&words, theme.dim),
        ] {
            if x < end && !words.is_empty() {
                x = text::put(buffer, x, area.y, end - x, words, style).saturating_add(1);
            }
        }
        x = x.saturating_add(2);
    }
    if end > area.x {
        text::put(buffer, end, area.y, clock_wide, &clock, theme.dim);
    }
}

/// One line for everything: the room, what needs one elsewhere, the connection and the time.
fn draw_compact(area: Rect, buffer: &mut Buffer, state: &State) {
    let theme = &state.settings.theme;
    let server = state.current_server();
    let (mark, words) = server.map_or(("○", String::new()), |server| link(state, server));
    let online = server.is_some_and(Server::is_online);
    let words = if online {
        state.clock(state.now)
    } else {
        words
    };
    let right = format!("{mark} {words}");
    let right_wide = u16::try_from(text::width(&right)).unwrap_or(u16::MAX);
    let end = area.right().saturating_sub(right_wide);
    let name = state.current().map_or_else(
        || server.map_or_else(|| "snug".to_owned(), |server| text::clean(&server.alias)),
        |(_, room)| text::clean(&room.name),
    );
    let x = text::put(
        buffer,
        area.x + 1,
        area.y,
        end.saturating_sub(area.x + 1),
        &name,
        theme.heading,
    );
    let (elsewhere, style) = match state.elsewhere() {
        (0, 0) => (String::new(), theme.dim),
        (unread, 0) => (format!("{unread} elsewhere"), theme.dim),
        (_, mentions) => (format!("{mentions} @ elsewhere"), theme.mention),
    };
    let x = x.saturating_add(2);
    text::put(
        buffer,
        x,
        area.y,
        end.saturating_sub(x.saturating_add(1)),
        &elsewhere,
        style,
    );
    let style = if online { theme.online } else { theme.error };
    text::put(buffer, end, area.y, right_wide, &right, style);
}

/// The room's name, and what it is about.
pub(super) fn title(area: Rect, buffer: &mut Buffer, state: &State) {
    let Some((server, room)) = state.current().filter(|_| area.height > 0) else {
        return;
    };
    let theme = &state.settings.theme;
    let name = text::clean(&room.name);
    let x = text::put(
        buffer,
        area.x + 1,
        area.y,
        area.width.saturating_sub(1),
        &name,
        theme.heading,
    );
    let mut about = room.topic.as_deref().map(text::clean).unwrap_or_default();
    if let Some((_, person)) = room.other().and_then(|other| server.person_named(other)) {
        about = match (&person.away, person.online) {
            (Some(away), true) => format!("away: {}", text::clean(away)),
            (_, true) => "is here".to_owned(),
            (_, false) => "is not here; what you write is kept".to_owned(),
        };
    }
    if room.archived {
        about = format!("archived: to be read only  {about}");
    }
    let x = x.saturating_add(2);
    let wide = area.right().saturating_sub(x);
    text::put(
        buffer,
        x,
        area.y,
        wide,
        &text::fit(&about, usize::from(wide)),
        theme.dim,
    );
}
