//! What Snug can do and IRC has no words for (DECISIONS 32): `SNUG <command>` or a message to `SnugServ`,
//! answered in plain sentences. The commands are called as in the plain client.

use snug_proto::{
    Answer, Audit, Befriend, Block, Blocks, BuyVip, Credits, DecideReport, Friends, Friendship,
    Grant, Groups, Invite, Label, Ledger, Me, PersonRef, RenameAccount, Report, ReportState,
    Reports, Request, Response, Role, RoomRef, Search, Server, ServerBans, ServerKick,
    SetServerRole, Transfer, Unblock, Unfriend,
};

use super::{asked::Asked, monitor::account_of};
use crate::{
    Connection, MessageId,
    connection::Then,
    line::{Line, Writer},
    names,
};

/// The nick that the service answers to.
pub(crate) const SERVICE: &str = "SnugServ";
/// Entries of a list that are shown; then a sentence says that there are more.
const MAX_SHOWN: usize = 40;

/// What was asked for: how done is said, where nothing else is to be said.
#[derive(Debug, Clone)]
pub(crate) struct ServiceAsked {
    said: String,
}

/// A command: its name, how it is used, and how it is read; `None` for wrong usage.
struct Command {
    name: &'static str,
    usage: &'static str,
    read: fn(&mut Words<'_>) -> Option<(Request, String)>,
}

/// The words after a command.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_start();
        let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn person(&mut self) -> Option<PersonRef> {
        self.next().map(|nick| PersonRef::Name(account_of(nick)))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.next()?.parse().ok()
    }

    /// All that is left, if anything is.
    fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.0).trim();
        (!rest.is_empty()).then(|| rest.to_owned())
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what every command's reading ends with"
)]
fn request(request: impl Into<Request>, said: impl Into<String>) -> Option<(Request, String)> {
    Some((request.into(), said.into()))
}

const COMMANDS: &[Command] = &[
    Command {
        name: "FRIENDS",
        usage: "FRIENDS: lists your friends, those who ask, and those you asked",
        read: |_| request(Friends::default(), ""),
    },
    Command {
        name: "FRIEND",
        usage: "FRIEND <nick>: asks somebody to be your friend, or accepts their asking",
        read: |words| {
            request(
                Befriend {
                    person: words.person()?,
                },
                "",
            )
        },
    },
    Command {
        name: "UNFRIEND",
        usage: "UNFRIEND <nick>: ends a friendship, declines, or takes your asking back",
        read: |words| {
            request(
                Unfriend {
                    person: words.person()?,
                },
                "You are no friends now.",
            )
        },
    },
    Command {
        name: "BLOCK",
        usage: "BLOCK <nick>: neither of you reaches the other directly from now on",
        read: |words| {
            request(
                Block {
                    person: words.person()?,
                },
                "Blocked.",
            )
        },
    },
    Command {
        name: "UNBLOCK",
        usage: "UNBLOCK <nick>: takes a block back",
        read: |words| {
            request(
                Unblock {
                    person: words.person()?,
                },
                "No longer blocked.",
            )
        },
    },
    Command {
        name: "BLOCKS",
        usage: "BLOCKS: lists those you block",
        read: |_| request(Blocks::default(), ""),
    },
    Command {
        name: "STRANGERS",
        usage: "STRANGERS on|off: may strangers write to you directly and invite you?",
        read: |words| {
            let strangers = match words.next()?.to_ascii_lowercase().as_str() {
                "on" => true,
                "off" => false,
                _ => return None,
            };
            let me = Me {
                strangers: Some(strangers),
                ..Me::default()
            };
            request(me, "")
        },
    },
    Command {
        name: "SEARCH",
        usage: "SEARCH <words>: searches what you may read; in:room, from:nick, after:2026-11-01",
        read: |words| {
            let query = words.rest()?;
            let search = Search {
                query,
                ..Search::default()
            };
            request(search, "")
        },
    },
    Command {
        name: "REPORT",
        usage: "REPORT <channel> <number or msgid> [<reason>]: reports a message",
        read: |words| {
            let room = names::room(words.next()?)?.to_owned();
            let seq = number_of(words.next()?)?;
            let report = Report {
                room: RoomRef::Name(room),
                seq,
                reason: words.rest(),
            };
            request(report, "")
        },
    },
    Command {
        name: "REPORTS",
        usage: "REPORTS [mine]: lists the reports that you decide, or that you made",
        read: |words| {
            let mine = words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("mine"));
            let reports = Reports {
                mine,
                ..Reports::default()
            };
            request(reports, "")
        },
    },
    Command {
        name: "DECIDE",
        usage: "DECIDE <report> resolved|dismissed|escalated [<word>]: decides a report",
        read: |words| {
            let report = words.number()?;
            let state = match words.next()?.to_ascii_lowercase().as_str() {
                "resolved" => ReportState::Resolved,
                "dismissed" => ReportState::Dismissed,
                "escalated" => ReportState::Escalated,
                _ => return None,
            };
            let reason = words.rest();
            let decide = DecideReport {
                report,
                state,
                reason,
            };
            request(decide, "The report is decided.")
        },
    },
    Command {
        name: "CREDITS",
        usage: "CREDITS: shows your purse",
        read: |_| request(Credits {}, ""),
    },
    Command {
        name: "PAY",
        usage: "PAY <nick> <amount> [<why>]: pays somebody credits",
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.rest();
            let pay = Transfer {
                person,
                amount,
                why,
                key: None,
            };
            request(pay, "")
        },
    },
    Command {
        name: "GRANT",
        usage: "GRANT <nick> <amount> [<why>]: gives credits out of the server's purse (owner)",
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.rest();
            let grant = Grant {
                person,
                amount,
                why,
                key: None,
            };
            request(grant, "")
        },
    },
    Command {
        name: "VIP",
        usage: "VIP [<months>]: buys VIP time",
        read: |words| {
            let buy = BuyVip {
                periods: words.number(),
                key: None,
            };
            request(buy, "")
        },
    },
    Command {
        name: "LEDGER",
        usage: "LEDGER [all]: what moved into and out of your purse; all, for the owner",
        read: |words| {
            let all = words
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("all"));
            let ledger = Ledger {
                all,
                ..Ledger::default()
            };
            request(ledger, "")
        },
    },
    Command {
        name: "INVITE",
        usage: "INVITE: makes a one-time code by which one person may register",
        read: |_| request(Invite::default(), ""),
    },
    Command {
        name: "SERVER",
        usage: "SERVER: shows the server's settings; any Snug client changes them",
        read: |_| request(Server::default(), ""),
    },
    Command {
        name: "SERVER-KICK",
        usage: "SERVER-KICK <nick> [<reason>]: as KILL",
        read: |words| {
            let (who, reason) = (words.person()?, words.rest());
            request(ServerKick { who, reason }, "Their sessions were ended.")
        },
    },
    Command {
        name: "SERVER-BANS",
        usage: "SERVER-BANS: as STATS k",
        read: |_| request(ServerBans::default(), ""),
    },
    Command {
        name: "ROLE",
        usage: "ROLE <nick> member|moderator [<why>]: gives a server role (owner)",
        read: |words| {
            let who = words.person()?;
            let role = match words.next()?.to_ascii_lowercase().as_str() {
                "member" => Role::Member,
                "moderator" => Role::Moderator,
                _ => return None,
            };
            let reason = words.rest();
            request(SetServerRole { who, role, reason }, "The role is given.")
        },
    },
    Command {
        name: "RENAME",
        usage: "RENAME <nick> <name> [<why>]: gives an account another name (owner)",
        read: |words| {
            let (who, name) = (words.person()?, words.next()?.to_owned());
            let reason = words.rest();
            request(RenameAccount { who, name, reason }, "Renamed.")
        },
    },
    Command {
        name: "LABEL",
        usage: "LABEL <nick> [-]<label>: labels an account, or takes a label off (moderators)",
        read: |words| {
            let (who, label) = (words.person()?, words.rest()?);
            let remove = label.starts_with('-');
            let label = label.trim_start_matches('-').to_owned();
            request(Label { who, label, remove }, "Done.")
        },
    },
    Command {
        name: "GROUPS",
        usage: "GROUPS [<group>]: lists groups, or who is in one",
        read: |words| {
            let group = words.next().map(str::to_owned);
            request(Groups { group }, "")
        },
    },
    Command {
        name: "AUDIT",
        usage: "AUDIT: the newest of what those who run the server did (owner)",
        read: |_| request(Audit::default(), ""),
    },
];

/// A message's number, as such or in its msgid.
fn number_of(word: &str) -> Option<u64> {
    let of_id = || word.parse::<MessageId>().ok().map(|id| id.seq);
    word.parse().ok().or_else(of_id)
}

impl Connection {
    /// `SNUG <command> [<words> …]`
    pub(crate) fn snug(&mut self, line: &Line<'_>) {
        let text = line.params.join(" ");
        self.serve_snug(&text);
    }

    /// `SEARCH` and `REPORT`, as if said to the service.
    pub(crate) fn snug_command(&mut self, command: &str, line: &Line<'_>) {
        let text = format!("{command} {}", line.params.join(" "));
        self.serve_snug(&text);
    }

    /// Is this said to the service? Then it is done.
    pub(crate) fn said_to_service(&mut self, target: &str, text: &str) -> bool {
        let meant = target.eq_ignore_ascii_case(SERVICE);
        if meant {
            self.serve_snug(text);
        }
        meant
    }

    fn serve_snug(&mut self, text: &str) {
        let mut words = Words(text);
        let name = words.next().unwrap_or("HELP").to_ascii_uppercase();
        if name == "HELP" {
            return self.service_help();
        }
        let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
            return self.service_line("There is no such command. HELP lists them.");
        };
        match (command.read)(&mut words) {
            Some((request, said)) => {
                self.ask(request, Then::People(Asked::Service(ServiceAsked { said })));
            }
            None => self.service_line(&format!("That is used so: {}", command.usage)),
        }
    }

    fn service_help(&mut self) {
        self.service_line("What Snug can do beyond IRC:");
        for command in COMMANDS {
            self.service_line(command.usage);
        }
    }

    /// A sentence from the service.
    fn service_line(&mut self, text: &str) {
        let host = self.settings.host().to_owned();
        let nick = self.nick.clone();
        Writer::new(&mut self.out)
            .source(&format!("{SERVICE}!{SERVICE}@{host}"))
            .command("NOTICE")
            .word(&nick)
            .trailing(text);
    }

    pub(super) fn service_said(&mut self, asked: &ServiceAsked, answer: Answer) {
        let lines = match answer {
            Ok(response) => said(&response, &asked.said),
            Err(refusal) => vec![refusal.text],
        };
        let more = lines.len() > MAX_SHOWN;
        for line in lines.iter().take(MAX_SHOWN) {
            self.service_line(line);
        }
        if more {
            self.service_line("There is more; any Snug client shows all of it.");
        }
    }
}

/// An answer in sentences; `done` where there is nothing else to say.
fn said(response: &Response, done: &str) -> Vec<String> {
    let list = |lines: Vec<String>, none: &str| {
        if lines.is_empty() {
            vec![none.to_owned()]
        } else {
            lines
        }
    };
    match response {
        Response::FriendList(of) => {
            let lines = of.friends.iter().map(|one| match one.state {
                Friendship::Friends if one.online => format!("{} (here)", one.name),
                Friendship::Friends => one.name.clone(),
                Friendship::Asks => format!("{} asks to be your friend", one.name),
                _ => format!("{} was asked by you", one.name),
            });
            list(lines.collect(), "You have no friends here yet.")
        }
        Response::Befriended(made) => vec![match made.state {
            Friendship::Friends => "You are friends now.".to_owned(),
            _ => "They were asked.".to_owned(),
        }],
        Response::BlockList(of) => {
            let lines = of.blocks.iter().map(|one| one.name.clone());
            list(lines.collect(), "You block nobody.")
        }
        Response::Myself(me) => vec![if me.strangers {
            "Strangers may write to you and invite you.".to_owned()
        } else {
            "Strangers are refused.".to_owned()
        }],
        Response::Found(found) => {
            let lines = found.hits.iter().map(|hit| {
                let (at, from) = (&hit.place.at, &hit.author.from);
                let room = if hit.place.direct {
                    hit.place.room.clone()
                } else {
                    names::channel(&hit.place.room)
                };
                format!("{at} {room} {} <{from}> {}", hit.place.seq, hit.body)
            });
            list(lines.collect(), "Nothing was found.")
        }
        Response::Reported(made) => vec![format!("Report {} was made.", made.report)],
        Response::ReportList(of) => {
            let lines = of.reports.iter().map(|one| {
                let room = one.room.as_deref().map_or_else(String::new, names::channel);
                let why = one.why.as_deref().unwrap_or("no reason given");
                let (number, state) = (one.report, one.state.wire());
                format!(
                    "{number} {state} {room} <{}> {} ({why})",
                    one.name, one.body
                )
            });
            list(lines.collect(), "There are no reports.")
        }
        other => said_of_running(other, done),
    }
}

/// The rest: credits, and what is for those who run the server.
fn said_of_running(response: &Response, done: &str) -> Vec<String> {
    match response {
        Response::Purse(purse) => {
            let vip = purse
                .vip_until
                .map(|until| format!(" You are VIP until {until}."));
            let vip = vip.unwrap_or_default();
            vec![format!("You have {} credits.{vip}", purse.balance)]
        }
        Response::Moved(moved) => vec![format!("Done. You have {} credits now.", moved.balance)],
        Response::LedgerPage(page) => {
            let name = |party: &Option<snug_proto::Party>| {
                let named = party.as_ref().map(|party| party.name.clone());
                named.unwrap_or_else(|| "the server".to_owned())
            };
            let lines = page.movements.iter().map(|one| {
                let (from, to) = (name(&one.from), name(&one.to));
                let why = one.why.as_ref().map(|why| format!(" ({why})"));
                let why = why.unwrap_or_default();
                format!(
                    "{} {}: {} from {from} to {to}{why}",
                    one.at, one.movement, one.amount
                )
            });
            lines.collect()
        }
        Response::Invited(made) => {
            vec![format!(
                "{} (good until {})",
                made.code.expose(),
                made.expires_at
            )]
        }
        Response::ServerSettings(of) => vec![format!(
            "{}: registration {}, invites by {}, plain passwords {}, credits {}",
            of.server,
            of.registration.wire(),
            of.inviters.wire(),
            if of.plain_passwords { "on" } else { "off" },
            if of.credits { "on" } else { "off" },
        )],
        Response::ServerBanList(of) => {
            let lines = of.bans.iter().map(|ban| {
                let whom = ban.address.as_ref().or(ban.name.as_ref());
                let reason = ban.reason.as_deref().unwrap_or("no reason given");
                format!("{}: {reason}", whom.map_or("?", String::as_str))
            });
            let lines: Vec<_> = lines.collect();
            if lines.is_empty() {
                vec!["Nobody is banned from this server.".to_owned()]
            } else {
                lines
            }
        }
        Response::GroupList(of) => of
            .groups
            .iter()
            .map(|one| format!("{} ({}) {}", one.group, one.members, one.names.join(" ")))
            .collect(),
        Response::AuditPage(page) => page
            .entries
            .iter()
            .map(|one| {
                let by = one.by.as_deref().unwrap_or("the operator");
                let about = one.name.as_deref().unwrap_or_default();
                format!("{} {by} {} {about}", one.at, one.action)
            })
            .collect(),
        _ if done.is_empty() => vec!["Done.".to_owned()],
        _ => vec![done.to_owned()],
    }
}
