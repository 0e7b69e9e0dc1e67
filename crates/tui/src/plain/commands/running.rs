//! Commands of those who run the server: roles, bans, names, announcements, reports, the audit log
//! (A6, M1, M2, M3, M5, M6).

use snug_proto::{
    AcceptServer, Announce, Announced, AnnouncementList, Announcements, Audit, AuditEntry,
    AuditPage, DecideReport, Done, GroupEntry, GroupList, Groups, HandOver, Label, PersonRef,
    RenameAccount, Report, ReportEntry, ReportList, ReportState, Reported, Reports, Role,
    ServerBan, ServerBanEntry, ServerBanList, ServerBans, ServerKick, ServerUnban, SetGroup,
    SetServerRole, Withdraw,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said},
    words::{Terms, Words},
};
use crate::{plain::view::announcement_lines, sanitize};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "server-kick",
        aliases: &[],
        usage: "/server-kick NAME [--why TEXT]",
        help: "Ends all sessions of an account. They are told why, and may sign in again at once.",
        least: Least::Moderator,
        read: |words| {
            let who = words.person()?;
            let reason = words.terms()?.why;
            Ok(ask(async move |ask| {
                let Done {} = ask.request(ServerKick { who, reason }).await?;
                said("-- their sessions are ended")
            }))
        },
    },
    Command {
        name: "server-ban",
        aliases: &[],
        usage: "/server-ban NAME|ADDRESS|NETWORK [even-me] [--for TIME] [--why TEXT]",
        help: "Shuts an account or addresses out of the server. They are told who, how long and \
               why. An address is IPv4 or IPv6, a network is like 192.0.2.0/24; with your own among \
               them say even-me. /server-unban lifts it.",
        least: Least::Moderator,
        read: server_ban,
    },
    Command {
        name: "server-unban",
        aliases: &[],
        usage: "/server-unban NAME|ADDRESS|NETWORK",
        help: "Lifts a ban from the server.",
        least: Least::Moderator,
        read: server_unban,
    },
    Command {
        name: "server-bans",
        aliases: &[],
        usage: "/server-bans [before NUMBER]",
        help: "Lists who is banned from the server, newest first.",
        least: Least::Moderator,
        read: |words| {
            let before = before(words)?;
            Ok(ask(async move |ask| {
                let list: ServerBanList = ask.request(ServerBans { before }).await?;
                if list.bans.is_empty() {
                    return said("-- nobody is banned from this server");
                }
                let mut shown: Vec<_> = list.bans.iter().map(ban_line).collect();
                if let Some(last) = list.bans.last().filter(|_| list.more) {
                    shown.push(format!("-- and more: /server-bans before {}", last.ban));
                }
                lines(shown)
            }))
        },
    },
    Command {
        name: "role",
        aliases: &[],
        usage: "/role NAME moderator|member [--why TEXT]",
        help: "Makes a member a moderator of the server, or a moderator a member.",
        least: Least::Owner,
        read: |words| {
            let who = words.person()?;
            let roles = [("moderator", Role::Moderator), ("member", Role::Member)];
            let role = words.one_of(&roles)?;
            let reason = words.terms()?.why;
            Ok(ask(async move |ask| {
                let Done {} = ask.request(SetServerRole { who, role, reason }).await?;
                said(format!("-- they are a {} now", role.wire()))
            }))
        },
    },
    Command {
        name: "owner",
        aliases: &[],
        usage: "/owner NAME  or  /owner withdraw  or  /owner accept",
        help: "Offers the server to another account, which becomes its owner by /owner accept \
               within a day. The old owner becomes a moderator. /owner withdraw takes the offer \
               back.",
        least: Least::Member,
        read: owner,
    },
    Command {
        name: "rename",
        aliases: &[],
        usage: "/rename NAME NEW [--why TEXT]",
        help: "Gives an account another name. The old one is kept for it for 30 days.",
        least: Least::Owner,
        read: |words| {
            let who = words.person()?;
            let name = words.word()?.to_owned();
            let reason = words.terms()?.why;
            Ok(ask(async move |ask| {
                let Done {} = ask.request(RenameAccount { who, name, reason }).await?;
                said("-- renamed")
            }))
        },
    },
    Command {
        name: "nick",
        aliases: &[],
        usage: "/nick NEW",
        help: "Takes another name, as a guest. An account is renamed by the server's owner.",
        least: Least::Guest,
        read: |words| {
            let name = words.word()?.to_owned();
            Ok(ask(async move |ask| {
                let who = ask.name.as_str().into();
                let reason = None;
                let wanted = name.clone();
                let Done {} = ask.request(RenameAccount { who, name, reason }).await?;
                said(format!("-- you are {} now", sanitize::line(&wanted)))
            }))
        },
    },
    Command {
        name: "announce",
        aliases: &[],
        usage: "/announce TEXT",
        help: "Tells everyone something: at once who is here, at their next sign-in who is not. \
               /withdraw NUMBER takes it back.",
        least: Least::Owner,
        read: |words| {
            let body = words.text()?;
            Ok(ask(async move |ask| {
                let told: Announced = ask.request(Announce { body }).await?;
                said(format!(
                    "-- everyone is told; its number is {}",
                    told.announcement
                ))
            }))
        },
    },
    Command {
        name: "withdraw",
        aliases: &[],
        usage: "/withdraw NUMBER",
        help: "Takes an announcement back: those who have not seen it will not.",
        least: Least::Owner,
        read: |words| {
            let announcement = words.number()?;
            Ok(ask(async move |ask| {
                let Done {} = ask.request(Withdraw { announcement }).await?;
                said("-- it is gone")
            }))
        },
    },
    Command {
        name: "announcements",
        aliases: &[],
        usage: "/announcements [before NUMBER]",
        help: "Shows what the owner told everyone, newest first.",
        least: Least::Member,
        read: |words| {
            let before = before(words)?;
            Ok(ask(async move |ask| {
                let request = Announcements { before, seen: None };
                let list: AnnouncementList = ask.request(request).await?;
                if list.announcements.is_empty() {
                    return said("-- nothing was announced");
                }
                let of = list.announcements.iter();
                let mut shown: Vec<_> = of.flat_map(announcement_lines).collect();
                if let Some(last) = list.announcements.last().filter(|_| list.more) {
                    let number = last.announcement;
                    shown.push(format!("-- and more: /announcements before {number}"));
                }
                lines(shown)
            }))
        },
    },
    Command {
        name: "report",
        aliases: &[],
        usage: "/report NUMBER [WHAT IS WRONG]",
        help: "Reports a message of this room, with its words, to the room's founder and admins; \
               from a direct conversation, or about one of those, to those who run the server. Whom it is about \
               does not learn who reported it.",
        least: Least::Member,
        read: |words| {
            let (room, seq) = (words.here()?, words.number()?);
            let reason = words.optional_text();
            Ok(ask(async move |ask| {
                let reported: Reported = ask.request(Report { room, seq, reason }).await?;
                let to = match reported.state {
                    ReportState::Open => "the room's founder and admins",
                    _ => "those who run this server",
                };
                let number = reported.report;
                said(format!(
                    "-- reported to {to} as {number}, with its words; /reports escalate {number} \
                     asks those who run the server"
                ))
            }))
        },
    },
    Command {
        name: "reports",
        aliases: &[],
        usage: "/reports [mine|all] [before NUMBER]  or  /reports resolve|dismiss|escalate NUMBER \
                [WORD TO WHO REPORTED IT]",
        help: "Lists the reports that are yours to decide, or those you made; decides one, or hands \
               it to those who run the server.",
        least: Least::Member,
        read: reports,
    },
    Command {
        name: "label",
        aliases: &[],
        usage: "/label NAME TEXT  or  /label remove NAME TEXT",
        help: "Puts a label on an account, which /who shows, or takes it off.",
        least: Least::Moderator,
        read: |words| {
            let remove = words.next_if(|word| word == "remove").is_some();
            let (who, label) = (words.person()?, words.text()?);
            Ok(ask(async move |ask| {
                let Done {} = ask.request(Label { who, label, remove }).await?;
                said(if remove {
                    "-- taken off"
                } else {
                    "-- labelled"
                })
            }))
        },
    },
    Command {
        name: "group",
        aliases: &[],
        usage: "/group add|remove GROUP NAME…  or  /group delete GROUP",
        help: "Puts accounts into a group, which is made if there is none, or takes them out; or \
               deletes the group. @GROUP mentions those who are in the room, and /open-to opens a \
               room to it. One who is taken out stays in the rooms that they joined by it.",
        least: Least::Moderator,
        read: group,
    },
    Command {
        name: "groups",
        aliases: &[],
        usage: "/groups [GROUP]",
        help: "Lists the groups of accounts, or who is in one.",
        least: Least::Member,
        read: |words| {
            let group = words.next().map(str::to_owned);
            Ok(ask(async move |ask| {
                let list: GroupList = ask.request(Groups { group }).await?;
                if list.groups.is_empty() {
                    return said("-- no groups");
                }
                let line = |of: &GroupEntry| {
                    let names = of.names.join(", ");
                    let names = if names.is_empty() {
                        names
                    } else {
                        format!(": {names}")
                    };
                    sanitize::line(&format!("-- {} ({}){names}", of.group, of.members))
                };
                lines(list.groups.iter().map(line).collect())
            }))
        },
    },
    Command {
        name: "audit",
        aliases: &[],
        usage: "/audit [by NAME] [about NAME] [action ACTION] [before NUMBER]",
        help: "Shows what was done on this server by those with power over others, newest first.",
        least: Least::Owner,
        read: audit,
    },
];

fn owner(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    if words.next_if(|word| word == "accept").is_some() {
        return Ok(ask(async |ask| {
            let Done {} = ask.request(AcceptServer {}).await?;
            said("-- you are the owner of this server now")
        }));
    }
    let to = match words.next_if(|word| word == "withdraw") {
        Some(_) => None,
        None => Some(words.person()?),
    };
    Ok(ask(async move |ask| {
        let withdrawn = to.is_none();
        let Done {} = ask.request(HandOver { to }).await?;
        said(if withdrawn {
            "-- nobody is offered this server now"
        } else {
            "-- offered: they say /owner accept within a day; /owner withdraw takes it back"
        })
    }))
}

/// An address has a colon or a slash, or is four numbers; no account's name is one.
fn whom(words: &mut Words<'_>) -> Result<(Option<PersonRef>, Option<String>), Misuse> {
    let address = words.next_if(|word| {
        let host = word.split_once('/').map_or(word, |(host, _)| host);
        host.parse::<std::net::IpAddr>().is_ok()
    });
    match address {
        Some(address) => Ok((None, Some(address.to_owned()))),
        None => Ok((Some(words.person()?), None)),
    }
}

pub(super) fn server_ban(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let (who, address) = whom(words)?;
    let even_me = words.next_if(|word| matches!(word, "even-me" | "even_me"));
    let Terms { lasts, why } = words.terms()?;
    let ban = ServerBan {
        who,
        address,
        for_s: lasts.map(|lasts| lasts.as_secs()),
        reason: why,
        even_me: even_me.is_some(),
    };
    Ok(ask(async move |ask| {
        let Done {} = ask.request(ban).await?;
        said("-- banned; /server-unban lifts it")
    }))
}

/// Keeps somebody out of the lobby: that is out of the server.
pub(super) fn shut_out(who: PersonRef, terms: Terms) -> Deed {
    let Terms { lasts, why } = terms;
    let ban = ServerBan {
        who: Some(who),
        address: None,
        for_s: lasts.map(|lasts| lasts.as_secs()),
        reason: why,
        even_me: false,
    };
    ask(async move |ask| {
        let Done {} = ask.request(ban).await?;
        said("-- banned from the whole server, as this is the lobby; /server-unban lifts it")
    })
}

pub(super) fn server_unban(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let (who, address) = whom(words)?;
    Ok(let_back(who, address))
}

/// Lifts a ban from the server.
pub(super) fn let_back(who: Option<PersonRef>, address: Option<String>) -> Deed {
    ask(async move |ask| {
        let Done {} = ask.request(ServerUnban { who, address }).await?;
        said("-- the ban is lifted")
    })
}

fn before(words: &mut Words<'_>) -> Result<Option<u64>, Misuse> {
    match words.next_if(|word| word == "before") {
        Some(_) => words.number().map(Some),
        None => Ok(None),
    }
}

fn ban_line(ban: &ServerBanEntry) -> String {
    let whom = ban.name.as_ref().or(ban.address.as_ref());
    let whom = whom.map_or_else(
        || "an account that is gone".to_owned(),
        |of| sanitize::line(of),
    );
    let mut line = format!("-- {} {whom}", ban.ban);
    if let Some(by) = &ban.by {
        line = format!("{line}, by {}", sanitize::line(by));
    }
    line = format!("{line}, {}", ban.at.said());
    if let Some(until) = ban.until {
        line = format!("{line}, until {}", until.said());
    }
    match &ban.reason {
        Some(reason) => format!("{line}: {}", sanitize::line(reason)),
        None => line,
    }
}

fn group(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let what = words.word()?;
    let mut request = SetGroup {
        group: words.word()?.to_owned(),
        ..SetGroup::default()
    };
    let mut people = Vec::new();
    while words.end().is_err() {
        people.push(words.person()?);
    }
    match what {
        "add" if !people.is_empty() => request.add = people,
        "remove" if !people.is_empty() => request.remove = people,
        "delete" if people.is_empty() => request.delete = true,
        _ => return Err(Misuse::Usage),
    }
    let out = request.delete || !request.remove.is_empty();
    Ok(ask(async move |ask| {
        let Done {} = ask.request(request).await?;
        said(if out {
            "-- done; whoever joined a room by this group stays in it until somebody removes them"
        } else {
            "-- done; /groups shows them"
        })
    }))
}

fn reports(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let decisions = [
        ("resolve", ReportState::Resolved),
        ("dismiss", ReportState::Dismissed),
        ("escalate", ReportState::Escalated),
    ];
    let known = |word: &str| decisions.iter().any(|(name, _)| *name == word);
    if let Some(word) = words.next_if(known) {
        let found = decisions.iter().find(|(name, _)| *name == word);
        let state = found.map_or(ReportState::Escalated, |(_, state)| *state);
        let report = words.number()?;
        let reason = words.optional_text();
        return Ok(ask(async move |ask| {
            let request = DecideReport {
                report,
                state,
                reason,
            };
            let Done {} = ask.request(request).await?;
            said(format!("-- report {report} is {} now", state.wire()))
        }));
    }
    let mut request = Reports::default();
    while let Some(filter) = words.next() {
        match filter {
            "mine" => request.mine = true,
            "all" => request.all = true,
            "before" => request.before = Some(words.number()?),
            _ => return Err(Misuse::Usage),
        }
    }
    Ok(ask(async move |ask| {
        let list: ReportList = ask.request(request).await?;
        if list.reports.is_empty() {
            return said("-- no reports");
        }
        let mut shown: Vec<_> = list.reports.iter().flat_map(report_lines).collect();
        if let Some(last) = list.reports.last().filter(|_| list.more) {
            shown.push(format!("-- and more: the same with before {}", last.report));
        }
        lines(shown)
    }))
}

fn report_lines(report: &ReportEntry) -> Vec<String> {
    let place = report.room.as_deref().unwrap_or("a direct conversation");
    let mut head = format!(
        "-- {} ({}) {}: {} in {place}, number {}",
        report.report,
        report.state.wire(),
        report.at,
        report.name,
        report.seq
    );
    if let Some(by) = &report.by {
        head = format!("{head}, reported by {by}");
    }
    if let Some(why) = &report.why {
        head = format!("{head}, because: {why}");
    }
    let mut shown = vec![sanitize::line(&head)];
    let words = sanitize::lines(&report.body);
    shown.extend(words.into_iter().map(|line| format!("--   | {line}")));
    shown
}

fn audit(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let mut request = Audit::default();
    while let Some(filter) = words.next() {
        match filter {
            "by" => request.by = Some(words.person()?),
            "about" => request.about = Some(words.person()?),
            "action" => request.action = Some(words.word()?.to_owned()),
            "before" => request.before = Some(words.number()?),
            _ => return Err(Misuse::Usage),
        }
    }
    Ok(ask(async move |ask| {
        let page: AuditPage = ask.request(request).await?;
        if page.entries.is_empty() {
            return said("-- nothing is there");
        }
        let mut shown: Vec<_> = page.entries.iter().map(audit_line).collect();
        if let Some(last) = page.entries.last().filter(|_| page.more) {
            shown.push(format!("-- and more: the same with before {}", last.entry));
        }
        lines(shown)
    }))
}

fn audit_line(entry: &AuditEntry) -> String {
    let by = entry.by.as_deref().unwrap_or("(on the machine)");
    let mut line = format!("-- {} {} {by}: {}", entry.entry, entry.at, entry.action);
    if let Some(name) = &entry.name {
        line = format!("{line} {name}");
    }
    if let Some(address) = &entry.address {
        line = format!("{line} {address}");
    }
    if let Some(room) = entry.room.as_ref().filter(|room| !room.is_empty()) {
        line = format!("{line} in {room}");
    }
    if let Some(details) = &entry.details {
        line = format!("{line} ({details})");
    }
    if let Some(until) = entry.until {
        line = format!("{line}, until {}", until.said());
    }
    if let Some(why) = &entry.why {
        line = format!("{line}, because: {why}");
    }
    sanitize::line(&line)
}
