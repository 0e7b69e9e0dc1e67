//! What one is told of, and how the screen looks: choices that are kept in the file of settings.

use super::{
    Deed,
    parts::chooser::{Act, Chooser},
    parts::form::done,
    parts::pick::Row,
};
use crate::{Bell, Effect, Theme, settings::setting_of_room, state::State};

const KEYS: &str = "Enter takes it · Esc closes";

/// The level of one room.
pub(super) fn of_room(server: &str, room: &str, state: &State) -> Chooser {
    let settings = &state.settings;
    let own = settings.level_of(server, room);
    let name = setting_of_room(server, room);
    let rows = Bell::ALL.iter().map(|level| {
        let is_now = own == Some(*level);
        let about = if is_now { "now" } else { "" };
        let act = saves(name.clone(), quoted(level.name()));
        Row::new(sign(is_now), said(*level), about, act)
    });
    let about = if own.is_none() { "now" } else { "" };
    // No value takes the room's own out of the file.
    let act = saves(name.clone(), String::new());
    let text = format!("As for all rooms: {}", said(settings.bell).to_lowercase());
    let reset = Row::new(sign(own.is_none()), &text, about, act);
    let rows = rows.chain([reset]).collect();
    Chooser::new(&format!("What {room} tells me of"), KEYS, rows)
}

const fn said(level: Bell) -> &'static str {
    match level {
        Bell::Messages => "Every message",
        Bell::Mentions => "What mentions me, and direct messages",
        Bell::Never => "Nothing",
    }
}

/// Do not disturb, the levels of all rooms, and themes.
pub(super) fn settings(state: &State) -> Chooser {
    let settings = &state.settings;
    let quiet = settings.do_not_disturb;
    let text = if quiet {
        "Disturb me again"
    } else {
        "Do not disturb me"
    };
    let name = "notifications.do_not_disturb".to_owned();
    let act = saves(name, (!quiet).to_string());
    let mut rows = vec![Row::new(sign(quiet), text, "no bell, no notes", act)];
    for (what, name, now) in [
        ("The bell rings for", "notifications.bell", settings.bell),
        (
            "Notes of the desktop",
            "notifications.note",
            settings.notify,
        ),
    ] {
        for level in Bell::ALL {
            let act = saves(name.to_owned(), quoted(level.name()));
            let text = format!("{what}: {}", said(*level).to_lowercase());
            rows.push(Row::new(sign(*level == now), &text, level.name(), act));
        }
    }
    for (name, said) in [
        (Theme::dark().name, "Theme for dark terminals"),
        (Theme::light().name, "Theme for light terminals"),
        (Theme::high_contrast().name, "Theme of high contrast"),
        (Theme::no_colour().name, "Theme without colour"),
    ] {
        let act = saves("theme".to_owned(), quoted(name));
        rows.push(Row::new(sign(settings.theme.name == name), said, name, act));
    }
    Chooser::new("Settings", KEYS, rows)
}

const fn sign(is_now: bool) -> &'static str {
    if is_now { "●" } else { " " }
}

/// A text as TOML writes it; these hold nothing that needs more.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

fn saves(name: String, value: String) -> Act {
    Box::new(move |_| {
        let (name, value) = (name.clone(), value.clone());
        vec![
            Deed::Close,
            done("Saved in the file of settings."),
            Deed::Effect(Effect::SaveSetting { name, value }),
        ]
    })
}
