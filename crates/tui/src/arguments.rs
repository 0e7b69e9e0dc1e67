//! The command line of `snug`.

use std::ffi::OsString;

use clap::{
    ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind,
};
use clap_complete::Shell;
use snug_client::Link;

use crate::{sanitize, script};

/// Snug: chat with the people of your own server.
///
/// `snug join LINK` goes to a server for the first time; `snug` alone comes back to the one used last.
/// The other commands are for scripts: they do one thing and end.
#[derive(Debug, Parser)]
#[command(name = "snug", version)]
pub(crate) struct Arguments {
    /// What to do, if not to chat with a server known already.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The server to open, by its alias; the one used last if none is given.
    pub(crate) alias: Option<String>,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// The whole command line: what stands in [`Arguments`], and the commands of the chat.
pub(crate) fn whole() -> clap::Command {
    let mut whole = Arguments::command();
    let taken: Vec<String> = whole
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    for command in script::derived(&taken) {
        whole = whole.subcommand(command);
    }
    whole
}

/// Is this a command of `snug`?
pub(crate) fn is_command(name: &str) -> bool {
    name == "help" || whole().find_subcommand(name).is_some()
}

/// A word followed by others is a command: a server's alias stands alone.
fn unknown_command(whole: &clap::Command, arguments: &[OsString]) -> Option<String> {
    let mut words = arguments
        .iter()
        .skip(1)
        .map(|word| word.to_string_lossy())
        .skip_while(|word| word.starts_with('-'));
    let first = words.next()?;
    let more = words.any(|word| !word.starts_with('-'));
    let known = first == "help" || whole.find_subcommand(&*first).is_some();
    (more && !known).then(|| sanitize::line(&first))
}

/// What somebody asked `snug` to do.
pub(crate) enum Asked {
    /// One of its own commands, or to chat.
    Own(Arguments),
    /// A command of the chat, done once.
    OfTheChat(script::Derived, Look),
}

impl Asked {
    /// Reads the command line; ends the program where it is wrong, or asks for help.
    pub(crate) fn parse() -> Self {
        let whole = whole();
        let arguments: Vec<_> = std::env::args_os().collect();
        if let Some(unknown) = unknown_command(&whole, &arguments) {
            let sentence = format!(
                "there is no command {unknown}; `snug --help` lists them, and `snug servers` the servers"
            );
            whole
                .clone()
                .error(ErrorKind::InvalidSubcommand, sentence)
                .exit();
        }
        let matches = whole.get_matches_from(arguments);
        Self::from_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    fn from_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if let Some((name, of_the_chat)) = matches.subcommand()
            && Arguments::command().find_subcommand(name).is_none()
        {
            let look = Look::from_arg_matches(of_the_chat)?;
            let derived = script::Derived::from_matches(name, of_the_chat)?;
            return Ok(Self::OfTheChat(derived, look));
        }
        Arguments::from_arg_matches(matches).map(Self::Own)
    }
}

/// What the lines look like.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Look {
    /// Lines in, lines out, for screen readers and pipes, in place of the full screen. It is also what there
    /// is where no terminal is.
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
    /// List the servers that announce themselves on the local network, with the lines that join them.
    Find(Find),
    /// Say something in a room or to a person.
    Send(script::Send),
    /// Print a room's last messages, and with -f those to come.
    Tail(script::Tail),
    /// Print what is unread in a room, or what another part of it says.
    Read(script::Read),
    /// List the rooms.
    Rooms(script::Rooms),
    /// List who is in a room, or who is online.
    Who(script::Who),
    /// Make an invitation: prints one line for a friend to paste into a shell.
    Invite(script::Invite),
    /// Print the settings of the full screen, or write the file for them, with every option explained.
    Config(Config),
    /// Print the completions of a shell: `snug completions bash`.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man {
        /// The folder.
        folder: Option<std::path::PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The join link: snug://host:port/#FINGERPRINT. (`snug enter` joins a room.)
    pub(crate) link: Link,
    /// Register as a new member with this code.
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// Set a new password for a forgotten one, with this code from the server's owner.
    #[arg(long, value_name = "CODE", conflicts_with = "code")]
    pub(crate) reset: Option<String>,
    /// Sign in on this new device with a code, while others guess at your password: from a device of yours
    /// that is signed in (/device-code), or from the server's owner.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["code", "reset"])]
    pub(crate) device_code: Option<String>,
    /// Come in as a guest under this name, without an account, where the server takes guests. With --code
    /// where they need the access code.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["reset", "device_code", "name"])]
    pub(crate) guest: Option<String>,
    /// Your name there, so that it is not asked.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What to call the server here; its host if not given.
    #[arg(long = "as", value_name = "ALIAS")]
    pub(crate) alias: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: Option<ConfigCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write the file, with everything at its default.
    Write,
    /// Say where the file is.
    Path,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    /// How many seconds to look.
    #[arg(long, default_value_t = 3)]
    pub(crate) seconds: u64,
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
