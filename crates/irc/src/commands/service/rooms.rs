//! Keeping order in a room beyond what a channel's modes say, and how it keeps what is said (R4, R11, M7).

use snug_proto::{
    AboutRoom, Ban, BanEntry, Bans, HistoryPolicy, Mute, Request, Response, RoomChanges, SetRoom,
    Unban, Unmute,
};

use super::{Command, Words, because, list, request};
use crate::names;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "ROOM",
        usage: "ROOM <channel>: shows how a room is set up, and who founded it",
        read: |words| {
            let room = words.room()?;
            request(AboutRoom { room }, "")
        },
    },
    Command {
        name: "BAN",
        usage: "BAN <channel> <nick> [<minutes>] [<why>]: removes an account and keeps it out",
        read: |words| {
            let ban = Ban {
                room: words.room()?,
                who: words.person()?,
                for_s: words.minutes(),
                reason: words.rest(),
                key: None,
            };
            request(ban, "Banned. UNBAN lifts it.")
        },
    },
    Command {
        name: "UNBAN",
        usage: "UNBAN <channel> <nick>: lifts such a ban",
        read: |words| {
            let unban = Unban {
                room: words.room()?,
                who: words.person()?,
                key: None,
            };
            request(unban, "The ban is lifted.")
        },
    },
    Command {
        name: "BANS",
        usage: "BANS <channel>: lists the accounts that are banned, until when and why",
        read: |words| bans(words, false),
    },
    Command {
        name: "MUTE",
        usage: "MUTE <channel> <nick> [<minutes>] [<why>]: lets somebody read and not speak",
        read: |words| {
            let mute = Mute {
                room: words.room()?,
                who: words.person()?,
                for_s: words.minutes(),
                reason: words.rest(),
                key: None,
            };
            request(mute, "Muted. UNMUTE lifts it.")
        },
    },
    Command {
        name: "UNMUTE",
        usage: "UNMUTE <channel> <nick>: lets them speak again",
        read: |words| {
            let unmute = Unmute {
                room: words.room()?,
                who: words.person()?,
                key: None,
            };
            request(unmute, "They may speak again.")
        },
    },
    Command {
        name: "MUTES",
        usage: "MUTES <channel>: lists who is muted, until when and why",
        read: |words| bans(words, true),
    },
    Command {
        name: "KEEP",
        usage: "KEEP <channel> forever|<days>d|ram: how long what is said is kept; what is older is \
                erased for good",
        read: |words| {
            let (room, retention) = (words.room()?, words.number()?);
            let changes = RoomChanges {
                retention: Some(retention),
                ..RoomChanges::default()
            };
            set(room, changes)
        },
    },
    Command {
        name: "NEWCOMERS",
        usage: "NEWCOMERS <channel> all|since_joining: what they may read of the time before",
        read: |words| {
            let room = words.room()?;
            let history = words.one_of(&[
                ("all", HistoryPolicy::All),
                ("since_joining", HistoryPolicy::SinceJoining),
            ])?;
            let changes = RoomChanges {
                history: Some(history),
                ..RoomChanges::default()
            };
            set(room, changes)
        },
    },
    Command {
        name: "OPEN-TO",
        usage: "OPEN-TO <channel> <groups>|-: these groups join it without key or invitation",
        read: |words| {
            let room = words.room()?;
            let groups: Vec<_> = std::iter::from_fn(|| words.next())
                .map(str::to_owned)
                .collect();
            let groups = match groups.as_slice() {
                [] => return None,
                [none] if none == "-" => Vec::new(),
                _ => groups,
            };
            let changes = RoomChanges {
                groups: Some(groups),
                ..RoomChanges::default()
            };
            set(room, changes)
        },
    },
];

fn bans(words: &mut Words<'_>, mutes: bool) -> Option<(Request, &'static str)> {
    let bans = Bans {
        room: words.room()?,
        mutes,
        after: None,
    };
    request(bans, "")
}

fn set(room: snug_proto::RoomRef, changes: RoomChanges) -> Option<(Request, &'static str)> {
    let set = SetRoom {
        room,
        changes: Box::new(changes),
        password: None,
        reason: None,
        key: None,
    };
    request(set, "")
}

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::BanList(of) => {
            let mut lines = list(of.bans.iter().map(ban), "Nobody.");
            if of.more {
                lines.push("There are more; any Snug client shows all.".to_owned());
            }
            lines
        }
        Response::RoomAbout(about) => {
            let channel = names::channel(&about.entry.room);
            vec![format!("{channel}: {}", about.in_words())]
        }
        _ => return None,
    })
}

fn ban(one: &BanEntry) -> String {
    let until = one
        .until
        .map_or_else(String::new, |until| format!(" until {}", until.said()));
    format!("{}{until}{}", one.name, because(one.reason.as_deref()))
}
