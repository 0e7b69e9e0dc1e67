//! Running the server: its settings, roles, names, announcements, labels, groups and the audit log (A6, M1,
//! M2, M3, M6, M7, O7).

use snug_proto::{
    AcceptServer, Announce, Announcement, Announcements, Audit, AuditEntry, GroupEntry, Groups,
    HandOver, Label, RenameAccount, Request, Response, Role, Server, ServerBanEntry, ServerBans,
    ServerKick, SetGroup, SetServerRole, Shield, Watch, Withdraw,
};

use super::{Command, Words, because, list, page, request};
use crate::names;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "SERVER",
        usage: "SERVER: shows the server's settings; for the owner SERVER <setting> <value> … changes \
                them, SERVER status shows how things stand at the door (moderators), and SERVER watch [off] \
                what happens as it happens",
        read: |words| {
            if words.next_if("watch") {
                return watch(words);
            }
            if words.next_if("status") {
                return request(Shield::default(), "");
            }
            let words = std::iter::from_fn(|| words.next());
            request(Server::in_words(words)?, "")
        },
    },
    Command {
        name: "SERVER-KICK",
        usage: "SERVER-KICK <nick> [<reason>]: as KILL (moderators)",
        read: |words| {
            let (who, reason) = (words.person()?, words.rest());
            request(ServerKick { who, reason }, "Their sessions were ended.")
        },
    },
    Command {
        name: "SERVER-BANS",
        usage: "SERVER-BANS [before <number>]: as STATS k (moderators)",
        read: |words| {
            let before = words.before();
            request(ServerBans { before }, "")
        },
    },
    Command {
        name: "ROLE",
        usage: "ROLE <nick> member|moderator [<why>]: gives a server role (owner)",
        read: |words| {
            let who = words.person()?;
            let role = words.one_of(&[("member", Role::Member), ("moderator", Role::Moderator)])?;
            let reason = words.rest();
            request(SetServerRole { who, role, reason }, "The role is given.")
        },
    },
    Command {
        name: "OWNER",
        usage: "OWNER <nick>|withdraw|accept: offers the server to another; they accept within a day",
        read: |words| {
            if words.next_if("accept") {
                return request(AcceptServer {}, "You are the owner of this server now.");
            }
            if words.next_if("withdraw") {
                return request(HandOver { to: None }, "Nobody is offered this server now.");
            }
            let to = Some(words.person()?);
            request(
                HandOver { to },
                "Offered: they say OWNER accept within a day.",
            )
        },
    },
    Command {
        name: "ANNOUNCE",
        usage: "ANNOUNCE <text>: tells everyone, now or at their next sign-in (owner)",
        read: |words| {
            let body = words.rest()?;
            request(Announce { body }, "")
        },
    },
    Command {
        name: "WITHDRAW",
        usage: "WITHDRAW <number>: takes an announcement back (owner)",
        read: |words| {
            let announcement = words.number()?;
            request(Withdraw { announcement }, "It is gone.")
        },
    },
    Command {
        name: "ANNOUNCEMENTS",
        usage: "ANNOUNCEMENTS [before <number>]: what the owner told everyone, newest first",
        read: |words| {
            let before = words.before();
            request(Announcements { before, seen: None }, "")
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
        name: "GROUP",
        usage: "GROUP add|remove <group> <nicks>, GROUP delete <group>: who is in a group (moderators)",
        read: group,
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
        usage: "AUDIT [by <nick>] [about <nick>] [action <action>] [before <number>]: what those who run \
                the server did, newest first (owner)",
        read: audit,
    },
];

fn audit(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    let mut audit = Audit::default();
    while let Some(word) = words.next() {
        match word.to_ascii_lowercase().as_str() {
            "by" => audit.by = Some(words.person()?),
            "about" => audit.about = Some(words.person()?),
            "action" => audit.action = Some(words.next()?.to_ascii_lowercase()),
            "before" => audit.before = Some(words.number()?),
            _ => return None,
        }
    }
    request(audit, "")
}

fn watch(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    let on = !words.next_if("off");
    let said = if on {
        "You see what happens from now on; SERVER watch off ends it."
    } else {
        "You watch no longer."
    };
    request(Watch { on }, said)
}

fn group(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    let what = words.one_of(&[("add", "add"), ("remove", "remove"), ("delete", "delete")])?;
    let mut set = SetGroup {
        group: words.next()?.to_owned(),
        ..SetGroup::default()
    };
    match what {
        "add" => set.add = words.people()?,
        "remove" => set.remove = words.people()?,
        _ => set.delete = true,
    }
    request(set, "Done.")
}

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::ServerSettings(of) => vec![of.in_words()],
        Response::ServerBanList(of) if of.bans.is_empty() => {
            vec!["Nobody is banned from this server.".to_owned()]
        }
        Response::ServerBanList(of) => {
            let entries = (of.bans.as_slice(), of.more);
            page("SERVER-BANS", entries, ban, |one| one.ban)
        }
        Response::Announced(told) => vec![format!(
            "Everyone is told; its number is {}.",
            told.announcement
        )],
        Response::AnnouncementList(of) if of.announcements.is_empty() => {
            vec!["Nothing was announced.".to_owned()]
        }
        Response::AnnouncementList(of) => {
            let entries = (of.announcements.as_slice(), of.more);
            page("ANNOUNCEMENTS", entries, announced, |one| one.announcement)
        }
        Response::GroupList(of) => list(of.groups.iter().map(in_group), "There are no groups."),
        Response::AuditPage(of) if of.entries.is_empty() => vec!["Nothing was done.".to_owned()],
        Response::AuditPage(of) => {
            let entries = (of.entries.as_slice(), of.more);
            page("AUDIT", entries, audited, |one| one.entry)
        }
        _ => return None,
    })
}

fn announced(one: &Announcement) -> String {
    let (number, at, from) = (one.announcement, one.at.said(), &one.author.from);
    format!("{number} {at} <{from}> {}", one.body)
}

fn ban(one: &ServerBanEntry) -> String {
    let whom = one.address.as_ref().or(one.name.as_ref());
    let whom = whom.map_or("?", String::as_str);
    let until = one.until;
    let until = until.map_or_else(String::new, |until| format!(" until {}", until.said()));
    format!(
        "{whom}{until}: {}",
        one.reason.as_deref().unwrap_or("no reason given")
    )
}

fn in_group(one: &GroupEntry) -> String {
    let names = one.names.join(" ");
    let names = if names.is_empty() {
        names
    } else {
        format!(": {names}")
    };
    format!("{} ({}){names}", one.group, one.members)
}

fn audited(one: &AuditEntry) -> String {
    let mut words = vec![
        one.entry.to_string(),
        one.at.said(),
        one.by.clone().unwrap_or_else(|| "the operator".to_owned()),
        one.action.clone(),
    ];
    words.extend(one.name.clone());
    words.extend(one.address.clone());
    words.extend(one.room.as_deref().map(names::channel));
    words.extend(one.details.as_ref().map(|details| format!("({details})")));
    format!("{}{}", words.join(" "), because(one.why.as_deref()))
}
