//! Every option in one table: its flag, its variable of the environment, its key in the file, its help
//! and its line in the default file. One precedence: flag, environment, file, the profile's default.

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};

use crate::manual;

/// An option.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The flag without its dashes; with `_` for `-` the key in the file.
    pub(crate) flag: &'static str,
    /// The variable of the environment.
    pub(crate) variable: &'static str,
    /// What stands for its value in the help.
    pub(crate) value: &'static str,
    /// The value it has by default, as the default file shows it (TOML).
    pub(crate) default: &'static str,
    /// One or two sentences.
    pub(crate) help: &'static str,
    /// How often it may be given.
    pub(crate) times: Times,
}

/// How often an option may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// Once, with a value.
    Once,
    /// Several times; in the environment with commas between, in the file as a list.
    Several,
    /// Once; the flag alone means true.
    Wish,
    /// Without a value, and not shown: for tests and special cases.
    Switch,
}

/// All options but `--config`, which says where the file is.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        flag: "data",
        variable: "SNUG_DATA",
        value: "DIR",
        default: "\"./snug-data\"",
        help: "The folder with everything the server keeps. Made at the first start",
        times: Times::Once,
    },
    Setting {
        flag: "listen",
        variable: "SNUG_LISTEN",
        value: "ADDR:PORT",
        default: "[\"0.0.0.0:7667\"]",
        help: "Where to listen; every protocol on this one port, over TLS. Port 0 takes a free one. May be given several times; the first is in the join link",
        times: Times::Several,
    },
    Setting {
        flag: "listen-plain",
        variable: "SNUG_LISTEN_PLAIN",
        value: "ADDR:PORT",
        default: "[]",
        help: "Where to listen for IRC without TLS, for clients on this machine. Whoever can see the network there can read passwords and messages",
        times: Times::Several,
    },
    Setting {
        flag: "profile",
        variable: "SNUG_PROFILE",
        value: "PROFILE",
        default: "\"community\"",
        help: "community: everything is kept. private: addresses only as a hash. ephemeral: nothing is ever written to disk, and all is gone at the end",
        times: Times::Once,
    },
    Setting {
        flag: "durability",
        variable: "SNUG_DURABILITY",
        value: "LEVEL",
        default: "\"power\"",
        help: "power: an acknowledged message outlives a loss of power. process: only the end of the process, however it came; a loss of power may cost the newest messages; faster on slow disks",
        times: Times::Once,
    },
    Setting {
        flag: "registration",
        variable: "SNUG_REGISTRATION",
        value: "POLICY",
        default: "\"invite\"",
        help: "Who may register, at the first start: open, code (one shared access code) or invite (one-time codes). Later the owner changes it: /server registration",
        times: Times::Once,
    },
    Setting {
        flag: "guests",
        variable: "SNUG_GUESTS",
        value: "POLICY",
        default: "\"off\"",
        help: "Who may come in without an account, at the first start: off (nobody), on (by a name alone) or code (by a name and the shared access code; the ephemeral profile's default where registration is by code). Later the owner changes it: /server guests",
        times: Times::Once,
    },
    Setting {
        flag: "access-code",
        variable: "SNUG_ACCESS_CODE",
        value: "CODE",
        default: "\"\"",
        help: "The shared access code, at the first start, for registration or guests by code. Other users of the machine can see flags: prefer the variable or the file. Made and printed if there is none",
        times: Times::Once,
    },
    Setting {
        flag: "server-name",
        variable: "SNUG_SERVER_NAME",
        value: "HOST",
        default: "\"\"",
        help: "The host name or address under which people reach this server; join links carry it",
        times: Times::Once,
    },
    Setting {
        flag: "announce",
        variable: "SNUG_ANNOUNCE",
        value: "true|false",
        default: "false",
        help: "Announce this server on the local network by multicast DNS, for `snug find`: its network name, addresses, port and fingerprint",
        times: Times::Wish,
    },
    Setting {
        flag: "log",
        variable: "SNUG_LOG",
        value: "FORM",
        default: "\"text\"",
        help: "The log's form on standard error: text or json",
        times: Times::Once,
    },
    Setting {
        flag: "log-level",
        variable: "SNUG_LOG_LEVEL",
        value: "FILTER",
        default: "\"info\"",
        help: "What is logged: error, warn, info, debug, trace, or a filter like info,snug_gate=debug",
        times: Times::Once,
    },
    Setting {
        flag: "threads",
        variable: "SNUG_THREADS",
        value: "N",
        default: "0",
        help: "Threads that serve connections, storage not counted; 0 for as many as the machine has cores, two at least. Fewer of them may cost less for each message and answer later under full load",
        times: Times::Once,
    },
    Setting {
        flag: "messages-per-second",
        variable: "SNUG_MESSAGES_PER_SECOND",
        value: "N",
        default: "4",
        help: "Messages a second that an account may send, over all its sessions; 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "wrong-passwords",
        variable: "SNUG_WRONG_PASSWORDS",
        value: "N",
        default: "3",
        help: "Wrong passwords in a row after which an account is shut for the address they came from",
        times: Times::Once,
    },
    Setting {
        flag: "shut-seconds",
        variable: "SNUG_SHUT_SECONDS",
        value: "SECONDS",
        default: "10",
        help: "For how long it is shut the first time; twice as long each time after it, an hour at most",
        times: Times::Once,
    },
    Setting {
        flag: "open-per-address",
        variable: "SNUG_OPEN_PER_ADDRESS",
        value: "N",
        default: "64",
        help: "Connections that may be open from one address (IPv4, or a /64 of IPv6) while nobody has signed in on them; 0 for no limit. Over this or one of the limits below, the address is shut out",
        times: Times::Once,
    },
    Setting {
        flag: "connections-per-minute",
        variable: "SNUG_CONNECTIONS_PER_MINUTE",
        value: "N",
        default: "120",
        help: "New connections a minute from one address; who signs in is not counted. 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "handshakes-per-address",
        variable: "SNUG_HANDSHAKES_PER_ADDRESS",
        value: "N",
        default: "32",
        help: "Unfinished TLS handshakes of one address; 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "requests-before-sign-in",
        variable: "SNUG_REQUESTS_BEFORE_SIGN_IN",
        value: "N",
        default: "30",
        help: "Requests from one address before somebody signs in, within ten minutes; 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "codes-before-sign-in",
        variable: "SNUG_CODES_BEFORE_SIGN_IN",
        value: "N",
        default: "10",
        help: "Wrong access codes and invites from one address before somebody signs in, within ten minutes; 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "accounts-per-hour",
        variable: "SNUG_ACCOUNTS_PER_HOUR",
        value: "N",
        default: "30",
        help: "Accounts made from one address within an hour, where anybody may register; who brings an invite or a code is not counted. 0 for no limit",
        times: Times::Once,
    },
    Setting {
        flag: "accounts-per-day",
        variable: "SNUG_ACCOUNTS_PER_DAY",
        value: "N",
        default: "100",
        help: "The same within a day",
        times: Times::Once,
    },
    Setting {
        flag: "door-shut-seconds",
        variable: "SNUG_DOOR_SHUT_SECONDS",
        value: "SECONDS",
        default: "30",
        help: "For how long an address that goes over a limit is shut out the first time; twice as long each time after it, an hour at most",
        times: Times::Once,
    },
    Setting {
        flag: "network-factor",
        variable: "SNUG_NETWORK_FACTOR",
        value: "N",
        default: "4",
        help: "A network (/24 of IPv4, /48 of IPv6) may do so many times as much as one address of it",
        times: Times::Once,
    },
    Setting {
        flag: "surge",
        variable: "SNUG_SURGE",
        value: "N",
        default: "300",
        help: "So many connections within ten seconds, on which nobody signs in, warn the owner; if it goes on, the shield goes up by itself. 0 for never",
        times: Times::Once,
    },
    Setting {
        flag: "surge-patience-seconds",
        variable: "SNUG_SURGE_PATIENCE_SECONDS",
        value: "SECONDS",
        default: "30",
        help: "For how long the owner may answer before the shield goes up",
        times: Times::Once,
    },
    Setting {
        flag: "shield-calm-seconds",
        variable: "SNUG_SHIELD_CALM_SECONDS",
        value: "SECONDS",
        default: "60",
        help: "After so long without a surge the shield comes down by itself",
        times: Times::Once,
    },
    Setting {
        flag: "shield-ban-seconds",
        variable: "SNUG_SHIELD_BAN_SECONDS",
        value: "SECONDS",
        default: "600",
        help: "For how long the worst offenders are shut out when the shield goes up",
        times: Times::Once,
    },
    Setting {
        flag: "shield-wait-seconds",
        variable: "SNUG_SHIELD_WAIT_SECONDS",
        value: "SECONDS",
        default: "10",
        help: "For how long newcomers wait while the shield is up, unless their client computes what it is asked to",
        times: Times::Once,
    },
    Setting {
        flag: "report",
        variable: "SNUG_REPORT",
        value: "FILE",
        default: "\"\"",
        help: "Where offences are reported, a line each, for fail2ban; report.txt in the data folder if not said, nothing under the ephemeral profile",
        times: Times::Once,
    },
    Setting {
        flag: "proxies",
        variable: "SNUG_PROXIES",
        value: "ADDRESS",
        default: "[]",
        help: "Addresses or networks (CIDR) of proxies: from these the PROXY protocol, version 2, or X-Forwarded-For says who comes",
        times: Times::Several,
    },
    Setting {
        flag: "web-origins",
        variable: "SNUG_WEB_ORIGINS",
        value: "ORIGIN",
        default: "[]",
        help: "Web pages that may open a WebSocket besides those of the host that they ask: a host (chat.example.org), an origin (https://chat.example.org:8443), or * for all",
        times: Times::Several,
    },
    Setting {
        flag: "metrics",
        variable: "SNUG_METRICS",
        value: "ADDR:PORT",
        default: "\"\"",
        help: "Where to tell metrics for Prometheus (/metrics) and health (/health), over HTTP without TLS; nowhere if not said. Keep it on loopback: it shows addresses that misbehave",
        times: Times::Once,
    },
    Setting {
        flag: "trusted",
        variable: "SNUG_TRUSTED",
        value: "ADDRESS",
        default: "[]",
        help: "Addresses or networks (CIDR) that no limit touches, for load tests only",
        times: Times::Several,
    },
    Setting {
        flag: "plain-beyond-loopback",
        variable: "SNUG_PLAIN_BEYOND_LOOPBACK",
        value: "",
        default: "false",
        help: "Let --listen-plain name an address that others can reach, where they can read along",
        times: Times::Switch,
    },
    Setting {
        flag: "network-name",
        variable: "SNUG_NETWORK_NAME",
        value: "NAME",
        default: "\"Snug\"",
        help: "What IRC clients call this server's network",
        times: Times::Once,
    },
    Setting {
        flag: "irc-without-lobby",
        variable: "SNUG_IRC_WITHOUT_LOBBY",
        value: "",
        default: "false",
        help: "IRC clients see the lobby only when they join it",
        times: Times::Switch,
    },
    Setting {
        flag: "irc-register-once-connected",
        variable: "SNUG_IRC_REGISTER_ONCE_CONNECTED",
        value: "",
        default: "false",
        help: "IRC clients may register an account only once they are connected, as a guest",
        times: Times::Switch,
    },
    Setting {
        flag: "scram-for-new-accounts",
        variable: "SNUG_SCRAM_FOR_NEW_ACCOUNTS",
        value: "",
        default: "false",
        help: "Keep of each plain password that an account is made with what SCRAM-SHA-256 needs. Who steals database and keys can guess at it faster",
        times: Times::Switch,
    },
    Setting {
        flag: "sts-seconds",
        variable: "SNUG_STS_SECONDS",
        value: "SECONDS",
        default: "0",
        help: "Tell IRC clients to come by TLS only, for so long (IRCv3 sts); 0 to say nothing. They check the certificate's name then: not for a self-signed one",
        times: Times::Once,
    },
    Setting {
        flag: "motd",
        variable: "SNUG_MOTD",
        value: "FILE",
        default: "\"\"",
        help: "A text file: IRC's message of the day, read at the start",
        times: Times::Once,
    },
    Setting {
        flag: "operator",
        variable: "SNUG_OPERATOR",
        value: "NAME",
        default: "\"\"",
        help: "An account that is made at the start, as the server's owner, if there is none of that name and no owner yet; with --operator-password",
        times: Times::Once,
    },
    Setting {
        flag: "operator-password",
        variable: "SNUG_OPERATOR_PASSWORD",
        value: "PASSWORD",
        default: "\"\"",
        help: "The password of that account. Other users of the machine can see flags: prefer the variable or the file",
        times: Times::Once,
    },
    Setting {
        flag: "short-passwords-for-tests",
        variable: "SNUG_TEST_SHORT_PASSWORDS",
        value: "",
        default: "false",
        help: "A new password may be as short as one likes. For tests only",
        times: Times::Switch,
    },
    Setting {
        flag: "cheap-passwords-for-tests",
        variable: "SNUG_TEST_CHEAP_PASSWORDS",
        value: "",
        default: "false",
        help: "Passwords cost next to nothing to guess. For tests only",
        times: Times::Switch,
    },
];

/// The name of an option's key in the file.
pub(crate) fn key(setting: &Setting) -> String {
    setting.flag.replace('-', "_")
}

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

fn argument(setting: &'static Setting) -> Arg {
    let argument = Arg::new(setting.flag)
        .long(setting.flag)
        .global(true)
        // The access code may be among them.
        .hide_env_values(true)
        .help(setting.help);
    match setting.times {
        Times::Once => argument.env(setting.variable).value_name(setting.value),
        Times::Wish => argument
            .env(setting.variable)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_name(setting.value),
        Times::Several => argument
            .env(setting.variable)
            .value_name(setting.value)
            .value_delimiter(',')
            .action(ArgAction::Append),
        // Its variable is looked at when the options are read: clap takes any text for a yes.
        Times::Switch => argument.action(ArgAction::SetTrue).hide(true),
    }
}

/// What the command line and the environment say of an option, and which of them.
pub(crate) fn given(matches: &ArgMatches, setting: &Setting) -> Option<(Vec<String>, Via)> {
    if setting.times == Times::Switch {
        if matches.get_flag(setting.flag) {
            return Some((vec!["true".to_owned()], Via::Flag));
        }
        let value = std::env::var(setting.variable).ok()?;
        return Some((vec![value], Via::Environment));
    }
    let via = match matches.value_source(setting.flag)? {
        ValueSource::CommandLine => Via::Flag,
        ValueSource::EnvVariable => Via::Environment,
        _ => return None,
    };
    let values = matches.get_many::<String>(setting.flag)?;
    let values: Vec<String> = values.filter(|value| !value.is_empty()).cloned().collect();
    // A variable that is set to nothing says nothing.
    (!values.is_empty() || via == Via::Flag).then_some((values, via))
}

/// Which of the two it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_option_is_named_after_its_flag() {
        for setting in SETTINGS {
            if setting.times == Times::Switch {
                continue;
            }
            let name = key(setting).to_uppercase();
            assert_eq!(setting.variable, format!("SNUG_{name}"));
        }
    }
}
