//! The commands of `snugd` and what each takes beside the options.

use clap::{Arg, ArgAction, Command};

use super::{SETTINGS, argument};
use crate::manual;

/// The command line.
#[expect(clippy::too_many_lines, reason = "a few lines a command")]
pub(crate) fn command() -> Command {
    let mut command = Command::new("snugd")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A chat server for a group that runs its own.")
        .after_help(
            "Each option can also be set by the variable beside it or in the file given by --config; \
             a flag comes before the environment, that before the file, and the file before the \
             profile's default. SNUG_IDENTITY may hold the server's certificate and key (PEM) in \
             place of the one in the data folder.\n\nWith no command, snugd runs the server. The \
             other commands reach a running server through the data folder, or open the folder \
             themselves when none runs.",
        )
        .arg(
            Arg::new("config")
                .long("config")
                .env("SNUG_CONFIG")
                .value_name("FILE")
                .global(true)
                .help("A file with options (TOML); see: snugd config --write-default FILE"),
        )
        .subcommand(
            Command::new("owner-code")
                .about("Print the line by which the server's owner comes in for the first time"),
        )
        .subcommand(
            Command::new("invite").about("Print a line by which one person can join, within a week"),
        )
        .subcommand(account())
        .subcommand(roster())
        .subcommand(
            Command::new("reset-code")
                .about("Print a line by which somebody sets a new password, once, within a day")
                .arg(Arg::new("name").value_name("NAME").required(true)),
        )
        .subcommand(
            Command::new("drop-second-factor")
                .about("Take the second factor away from somebody who lost it: the password is enough then")
                .arg(Arg::new("name").value_name("NAME").required(true)),
        )
        .subcommand(
            Command::new("audit")
                .about("The audit log")
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(Command::new("export").about(
                    "Write every privileged action to standard output as JSON lines, newest first",
                )),
        )
        .subcommand(
            Command::new("bans")
                .about("List the bans of addresses, or print them for a firewall")
                .arg(
                    Arg::new("nft")
                        .long("nft")
                        .action(ArgAction::SetTrue)
                        .help("As a table for nftables: snugd bans --nft | nft -f -"),
                ),
        )
        .subcommand(
            Command::new("allow")
                .about("Let an address or a network past everything at the door: an owner's own, that is shut out")
                .arg(Arg::new("address").value_name("ADDRESS").required(true))
                .arg(
                    Arg::new("hours")
                        .long("hours")
                        .value_name("N")
                        .help("For so many hours; without it, for good")
                        .value_parser(clap::value_parser!(u64).range(1..=87_600)),
                ),
        )
        .subcommand(
            Command::new("disallow")
                .about("Take that back")
                .arg(Arg::new("address").value_name("ADDRESS").required(true)),
        )
        .subcommand(
            Command::new("unban")
                .about("Lift the ban of an address or a network, whoever made it")
                .arg(Arg::new("address").value_name("ADDRESS").required(true)),
        )
        .subcommand(
            Command::new("lockdown")
                .about("The lockdown, where it keeps out whoever could lift it")
                .subcommand_required(true)
                .arg_required_else_help(true)
                .subcommand(Command::new("off").about("End the lockdown")),
        )
        .subcommand(
            Command::new("doctor")
                .about("Look whether all is well with the server and its machine, and say what to do"),
        )
        .subcommand(
            Command::new("backup")
                .about("Write everything into one file, beside a running server or without one")
                .long_about(
                    "Write everything into one file, as of this moment, beside a running server or \
                     without one: the database, the keys that verify passwords and the server's \
                     identity. Whoever has the file can read all of it and pass for the server: \
                     keep it as safe as the data folder.",
                )
                .arg(file("The file to write; it must not be there yet")),
        )
        .subcommand(
            Command::new("restore")
                .about("Make the data folder what a backup says; no server may be running on it")
                .arg(file("The backup"))
                .arg(
                    Arg::new("replace")
                        .long("replace")
                        .action(ArgAction::SetTrue)
                        .help("Move what is in the data folder aside, into a folder beside it"),
                ),
        )
        .subcommand(
            Command::new("export")
                .about("Write everything as JSON lines, for other programs or another store")
                .arg(file("The file to write; - is standard output")),
        )
        .subcommand(
            Command::new("import")
                .about("Fill a new data folder from an export")
                .arg(file("The export; - is standard input")),
        )
        .subcommand(
            Command::new("config").about("Write a file with every option, explained").arg(
                Arg::new("write-default")
                    .long("write-default")
                    .value_name("FILE")
                    .required(true)
                    .help("The file to write; it must not be there yet"),
            ),
        );
    for printed in manual::commands() {
        command = command.subcommand(printed);
    }
    for setting in SETTINGS {
        command = command.arg(argument(setting));
    }
    command
}

fn file(help: &'static str) -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .help(help)
}

fn roster() -> Command {
    Command::new("roster")
        .about("The list of those who may register (--registration roster)")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("import")
                .about(
                    "Put a CSV file of member id and display name in the place of the list before",
                )
                .arg(Arg::new("file").value_name("FILE").required(true))
                .arg(
                    Arg::new("skip-bad")
                        .long("skip-bad")
                        .action(ArgAction::SetTrue)
                        .help("Leave out lines that are no member, instead of importing nothing"),
                ),
        )
}

fn account() -> Command {
    Command::new("account")
        .about("Accounts")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("add")
                .about("Make an account; its password is read from standard input")
                .arg(Arg::new("name").value_name("NAME").required(true))
                .arg(
                    Arg::new("role")
                        .long("role")
                        .value_name("ROLE")
                        .value_parser(["member", "moderator", "owner"])
                        .default_value("member")
                        .help("The role on the server"),
                ),
        )
}
