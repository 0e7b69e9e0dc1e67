//! Commands of those who run the server: roles, bans, names, the audit log (A6, M2, M3, M6).

use snug_proto::{
    AcceptServer, Audit, AuditEntry, AuditPage, Done, HandOver, RenameAccount, Role, ServerBan,
    ServerBanEntry, ServerBanList, ServerBans, ServerKick, ServerUnban, SetServerRole,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said},
    words::{Terms, Words},
};
use crate::sanitize;

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
        read: |words| {
            let (who, address) = whom(words)?;
            Ok(ask(async move |ask| {
                let Done {} = ask.request(ServerUnban { who, address }).await?;
                said("-- the ban is lifted")
            }))
        },
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
fn whom(words: &mut Words<'_>) -> Result<(Option<snug_proto::PersonRef>, Option<String>), Misuse> {
    let address = words.next_if(|word| {
        let host = word.split_once('/').map_or(word, |(host, _)| host);
        host.parse::<std::net::IpAddr>().is_ok()
    });
    match address {
        Some(address) => Ok((None, Some(address.to_owned()))),
        None => Ok((Some(words.person()?), None)),
    }
}

fn server_ban(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let (who, address) = whom(words)?;
    let even_me = words.next_if(|word| word == "even-me").is_some();
    let Terms { lasts, why } = words.terms()?;
    let ban = ServerBan {
        who,
        address,
        for_s: lasts.map(|lasts| lasts.as_secs()),
        reason: why,
        even_me,
    };
    Ok(ask(async move |ask| {
        let Done {} = ask.request(ban).await?;
        said("-- banned; /server-unban lifts it")
    }))
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
    line = format!("{line}, {}", ban.at);
    if let Some(until) = ban.until {
        line = format!("{line}, until {until}");
    }
    match &ban.reason {
        Some(reason) => format!("{line}: {}", sanitize::line(reason)),
        None => line,
    }
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
        line = format!("{line}, until {until}");
    }
    if let Some(why) = &entry.why {
        line = format!("{line}, because: {why}");
    }
    sanitize::line(&line)
}
