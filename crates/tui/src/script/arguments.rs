//! The command lines of script commands.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use crate::plain::commands::lasting;

/// What every script command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every script command")]
pub(crate) struct Common {
    /// One JSON object a line, in the shapes of the wire (docs/protocol.md); errors too.
    #[arg(long)]
    pub(crate) json: bool,
    /// The server: its alias in the address book, or with a token also a join link. The one used last
    /// if not given.
    #[arg(
        long,
        value_name = "SERVER",
        env = "SNUG_SERVER",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,
    /// Whose token it is, where the address book does not say.
    #[arg(long, value_name = "NAME", env = "SNUG_NAME", hide_env_values = true)]
    pub(crate) name: Option<String>,
    /// A file that holds an app token (/token new LABEL makes one), in place of the sign-in kept here.
    /// The variable `SNUG_TOKEN` may hold the token itself.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Give up after so long: 30, 90s, 5m.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = timeout)]
    pub(crate) timeout: Duration,
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0);
    seconds
        .map(Duration::from_secs)
        .or_else(|| lasting(text))
        .ok_or_else(|| "a length of time is like 30, 90s or 5m".to_owned())
}

/// `snug send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// A room, or @NAME for a person.
    #[arg(value_name = "ROOM|@NAME")]
    pub(crate) to: String,
    /// The words. Without them standard input is read.
    pub(crate) text: Vec<String>,
    /// Each line of standard input is a message of its own, sent as it comes. Empty ones are passed over.
    #[arg(long, conflicts_with = "text")]
    pub(crate) lines: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `snug tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// A room, or @NAME for a person.
    #[arg(value_name = "ROOM|@NAME")]
    pub(crate) room: String,
    /// Go on with what is said from now on, over lost connections and restarts of the server too.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// So many of the last events.
    #[arg(
        short = 'n',
        value_name = "N",
        default_value_t = 10,
        conflicts_with = "since"
    )]
    pub(crate) count: usize,
    /// Those since a time: 19:30, 2026-11-20, "2026-11-20 19:30", 2h (ago), RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `snug read`.
#[derive(Debug, Args)]
pub(crate) struct Read {
    /// A room, or @NAME for a person.
    #[arg(value_name = "ROOM|@NAME")]
    pub(crate) room: String,
    /// At most so many: the oldest of what is unread, since or after; the newest of what is before.
    #[arg(short = 'n', value_name = "N")]
    pub(crate) count: Option<usize>,
    /// What happened since a time: 19:30, 2026-11-20, "2026-11-20 19:30", 2h (ago), RFC 3339.
    #[arg(long, value_name = "TIME", group = "part")]
    pub(crate) since: Option<String>,
    /// What follows this number.
    #[arg(long, value_name = "NUMBER", group = "part")]
    pub(crate) after: Option<u64>,
    /// What stands before this number (100, if -n does not say).
    #[arg(long, value_name = "NUMBER", group = "part")]
    pub(crate) before: Option<u64>,
    /// Then mark as read what was printed.
    #[arg(long)]
    pub(crate) mark: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `snug rooms`.
#[derive(Debug, Args)]
pub(crate) struct Rooms {
    /// Only your own, direct conversations among them.
    #[arg(long)]
    pub(crate) mine: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `snug who`.
#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The room; without it, everyone who is online.
    pub(crate) room: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// `snug invite`.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Good for so long (12h, 30d); 7 days if not said.
    #[arg(long = "for", value_name = "TIME", value_parser = timeout)]
    pub(crate) lasts: Option<Duration>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// A command of the chat, from a script.
#[derive(Debug, Clone, Args)]
pub(crate) struct DerivedArguments {
    /// The room to do it in, where the command is about the room one is in.
    #[arg(long, value_name = "ROOM")]
    pub(crate) room: Option<String>,
    /// The words of the command, as in the chat. Options stand before them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// A command of the chat, and what it was given.
#[derive(Debug, Clone)]
pub(crate) struct Derived {
    pub(crate) name: String,
    pub(crate) room: Option<String>,
    pub(crate) words: Vec<String>,
    pub(crate) common: Common,
}
