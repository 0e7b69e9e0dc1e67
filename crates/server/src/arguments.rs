//! Every option in one table: its flag, its variable of the environment, its key in the file, its help
//! and its line in the default file. One precedence: flag, environment, file, the profile's default.

mod commands;

use clap::{Arg, ArgAction, ArgMatches, parser::ValueSource};

pub(crate) use commands::command;

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
