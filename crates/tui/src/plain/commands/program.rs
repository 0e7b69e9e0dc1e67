//! Commands of this program itself: they ask no server.

use super::{Command, Least, deed::here, help};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "help",
        aliases: &["h", "?"],
        usage: "/help [COMMAND | AREA]",
        help: "Says what there is, or more about one command.",
        least: Least::Member,
        read: |words| {
            let about = words.optional_text();
            let about = about.map(|about| about.trim_start_matches('/').to_lowercase());
            Ok(here(move |chat| {
                help::lines(about.as_deref(), chat.view.standing())
            }))
        },
    },
    Command {
        name: "numbers",
        aliases: &[],
        usage: "/numbers on|off",
        help: "Shows or hides the number of each message.",
        least: Least::Member,
        read: |words| {
            let on = words.on_or_off()?;
            Ok(here(move |chat| {
                chat.view.numbers = on;
                vec![format!("-- numbers are {}", shown(on))]
            }))
        },
    },
    Command {
        name: "times",
        aliases: &[],
        usage: "/times on|off",
        help: "Shows or hides the time of each line.",
        least: Least::Member,
        read: |words| {
            let on = words.on_or_off()?;
            Ok(here(move |chat| {
                chat.view.times = on;
                vec![format!("-- times are {}", shown(on))]
            }))
        },
    },
    Command {
        name: "bell",
        aliases: &[],
        usage: "/bell on|off",
        help: "Rings the terminal's bell when somebody mentions you, or does not (as at the start).",
        least: Least::Member,
        read: |words| {
            let on = words.on_or_off()?;
            Ok(here(move |chat| {
                chat.view.bell = on;
                vec![format!("-- the bell is {}", if on { "on" } else { "off" })]
            }))
        },
    },
    Command {
        name: "quit",
        aliases: &["exit"],
        usage: "/quit",
        help: "Leaves. A line with nothing but quit does too.",
        least: Least::Member,
        read: |_words| {
            Ok(here(|chat| {
                chat.quit();
                Vec::new()
            }))
        },
    },
];

const fn shown(on: bool) -> &'static str {
    if on { "shown" } else { "not shown" }
}
