//! The command line of `snug`.

use clap::{Args, Parser, Subcommand};
use snug_client::Link;

/// Snug: chat with the people of your own server.
///
/// `snug join LINK` goes to a server for the first time; `snug` alone comes back to the one used last.
#[derive(Debug, Parser)]
#[command(name = "snug", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// What to do, if not to chat with a server known already.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The server to open, by its alias; the one used last if none is given.
    pub(crate) alias: Option<String>,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// What the lines look like.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Look {
    /// Lines in, lines out. (There is no other mode in this version, so this changes nothing yet.)
    #[arg(long, global = true)]
    pub(crate) plain: bool,
    /// Begin each line with the time, in this machine's zone.
    #[arg(long, global = true)]
    pub(crate) times: bool,
    /// Begin each message with its number, as /edit and /delete need it (/numbers on later).
    #[arg(long, global = true)]
    pub(crate) numbers: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Go to a server for the first time, by the link that somebody there gave you.
    ///
    /// Asks for a name and a password. The server is remembered under an alias.
    Join(Join),
    /// List the servers known here, or forget one.
    Servers(Servers),
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The join link: snug://host:port/#FINGERPRINT.
    pub(crate) link: Link,
    /// Register as a new member with this code.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// Your name there, so that it is not asked.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What to call the server here; its host if not given.
    #[arg(long = "as", value_name = "ALIAS")]
    pub(crate) alias: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Servers {
    #[command(subcommand)]
    pub(crate) command: Option<ServersCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServersCommand {
    /// Forget a server and the sign-in kept for it.
    Forget {
        /// Its alias.
        alias: String,
    },
}
