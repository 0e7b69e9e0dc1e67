//! The commented file that a new user finds.

/// The file as it is first written. Every option in it stands at its default, so that it parses to
/// [`super::Settings::default`]; a test reads it with the comments taken off, too.
pub const DEFAULT_FILE: &str = r#"# The settings of snug's screen. They are read again whenever this file is saved.
# A line that begins with # says nothing; take it away to change what it stands for.

# dark, light, high_contrast or no_colour. NO_COLOR in the environment goes before it.
theme = "dark"

# By which clock times are shown: local, utc, or a distance from UTC like +02:00.
zone = "local"

[layout]
# How wide the panes are, in columns (8 to 60). On small screens they make room by themselves.
rooms_width = 20
people_width = 18
# Show who joins a room and who leaves it.
joins = true
# Take the mouse: click on rooms and messages, scroll. Never needed.
mouse = true
# Tell others that you are writing.
tell_typing = true

[notifications]
# What I am told of: all, mentions (and direct messages), or nothing.
# By the terminal's bell, and by a note of the desktop (OSC 9 and 777).
bell = "mentions"
note = "mentions"
# Neither of them, whatever happens. Alt-q turns it on and off.
do_not_disturb = false

[notifications.rooms]
# Rooms with a level of their own, on all servers or on one:
# den = "all"
# "@ann" = "all"
# "home/lobby" = "nothing"

# Keys and what they do; "nothing" takes a key away. docs/terminal.md has the table, F1 shows it.
# main: wherever one writes. empty: while nothing is written. message: on a message under the cursor.
[keys.main]
# "Ctrl-K" = "go_to"
# "Alt-Down" = "next_unread"

[keys.empty]
# "?" = "help"

[keys.message]
# r = "reply"
"#;
