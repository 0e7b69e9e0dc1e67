//! Commands of keeping order in a room: who may be in it, who may speak, who keeps order.

use std::time::Duration;

use snug_proto::{
    Ban, BanEntry, BanList, Bans, Kick, Mute, PersonRef, Request, RoomRef, RoomRole, Sent, SetRole,
    Unban, Unmute, until_and_why,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said},
    words::Words,
};
use crate::sanitize;

/// Pages of a list that are asked for; past it the list says that it goes on.
const MAX_PAGES: usize = 20;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "kick",
        aliases: &[],
        usage: "/kick NAME [--in ROOM] [--why TEXT]",
        help: "Takes somebody out of this room. They may come back.",
        least: Least::RoomAdmin,
        read: |words| {
            let (who, room) = (words.person()?, room(words)?);
            let reason = words.terms()?.why;
            let key = None;
            Ok(done(Kick {
                room,
                who,
                reason,
                key,
            }))
        },
    },
    Command {
        name: "ban",
        aliases: &[],
        usage: "/ban NAME|ADDRESS|NETWORK [--in ROOM] [--for TIME] [--why TEXT]",
        help: "Takes somebody out of this room and keeps them out, for a time like 2d or until \
               /unban. They are told who, how long and why. With an address or a network, and in \
               the lobby, it is /server-ban.",
        least: Least::RoomAdmin,
        read: |words| {
            if words.is_address() {
                return super::running::server_ban(words);
            }
            let (who, room) = (words.person()?, room(words)?);
            let terms = words.terms()?;
            if words.is_lobby(&room) {
                return Ok(super::running::shut_out(who, terms));
            }
            Ok(done(Ban {
                room,
                who,
                for_s: terms.lasts.as_ref().map(Duration::as_secs),
                reason: terms.why,
                key: None,
            }))
        },
    },
    Command {
        name: "unban",
        aliases: &[],
        usage: "/unban NAME|ADDRESS|NETWORK [--in ROOM]",
        help: "Lifts a ban from this room. With an address or a network, and in the lobby, it is \
               /server-unban.",
        least: Least::RoomAdmin,
        read: |words| {
            if words.is_address() {
                return super::running::server_unban(words);
            }
            let (who, room) = (words.person()?, room(words)?);
            if words.is_lobby(&room) {
                return Ok(super::running::let_back(Some(who), None));
            }
            let key = None;
            Ok(done(Unban { room, who, key }))
        },
    },
    Command {
        name: "bans",
        aliases: &[],
        usage: "/bans [ROOM]",
        help: "Lists who is banned from this room, and who is muted in it.",
        least: Least::RoomAdmin,
        read: bans,
    },
    Command {
        name: "mute",
        aliases: &[],
        usage: "/mute NAME [--in ROOM] [--for TIME] [--why TEXT]",
        help: "Lets somebody read this room but not speak in it, for a time like 2d or until \
               /unmute.",
        least: Least::RoomAdmin,
        read: |words| {
            let (who, room) = (words.person()?, room(words)?);
            let terms = words.terms()?;
            Ok(done(Mute {
                room,
                who,
                for_s: terms.lasts.as_ref().map(Duration::as_secs),
                reason: terms.why,
                key: None,
            }))
        },
    },
    Command {
        name: "unmute",
        aliases: &[],
        usage: "/unmute NAME [--in ROOM]",
        help: "Lets somebody speak in this room again.",
        least: Least::RoomAdmin,
        read: |words| {
            let (who, room) = (words.person()?, room(words)?);
            let key = None;
            Ok(done(Unmute { room, who, key }))
        },
    },
    Command {
        name: "op",
        aliases: &["admin"],
        usage: "/op NAME [--in ROOM]",
        help: "Makes a member of this room one of its admins. /deop undoes it.",
        least: Least::RoomAdmin,
        read: |words| role(words, RoomRole::Admin),
    },
    Command {
        name: "deop",
        aliases: &[],
        usage: "/deop NAME [--in ROOM]",
        help: "Makes an admin of this room a member like others.",
        least: Least::RoomAdmin,
        read: |words| role(words, RoomRole::Member),
    },
    Command {
        name: "founder",
        aliases: &[],
        usage: "/founder NAME [--in ROOM]",
        help: "Passes this room on: they are its founder from then on, and you one of its admins.",
        least: Least::RoomAdmin,
        read: |words| role(words, RoomRole::Founder),
    },
];

/// The room named after `--in`, else the one that one is in.
pub(super) fn room(words: &mut Words<'_>) -> Result<RoomRef, Misuse> {
    match words.next_if(|word| word == "--in") {
        Some(_) => words.room_name().map(RoomRef::from),
        None => words.here(),
    }
}

/// Asks for what the room's log then tells.
pub(super) fn done(request: impl Into<Request>) -> Deed {
    let request = request.into();
    ask(async move |ask| {
        let _logged: Sent = ask.request(request).await?;
        said("-- done")
    })
}

fn role(words: &mut Words<'_>, role: RoomRole) -> Result<Deed, Misuse> {
    let (who, room): (PersonRef, _) = (words.person()?, room(words)?);
    let key = None;
    Ok(done(SetRole {
        room,
        who,
        role,
        key,
    }))
}

fn bans(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let room = words.room_or_here()?;
    Ok(ask(async move |ask| {
        let mut list = Vec::new();
        for (mutes, what) in [(false, "banned"), (true, "muted")] {
            let mut after = None;
            for _page in 0..MAX_PAGES {
                let request = Bans {
                    room: room.clone(),
                    mutes,
                    after: after.take(),
                };
                let page: BanList = ask.request(request).await?;
                list.extend(page.bans.iter().map(|entry| line(entry, what)));
                after = page.bans.last().map(|last| last.name.clone());
                if !page.more || after.is_none() {
                    break;
                }
            }
            if after.is_some() && list.len() >= MAX_PAGES {
                list.push("-- and perhaps more".to_owned());
            }
        }
        if list.is_empty() {
            list.push("-- nobody is banned or muted here".to_owned());
        }
        lines(list)
    }))
}

fn line(entry: &BanEntry, what: &str) -> String {
    let rest = until_and_why(entry.until, entry.reason.as_deref());
    let told = format!("{} is {what}{rest}", entry.name);
    format!("-- {}", sanitize::line(&told))
}
