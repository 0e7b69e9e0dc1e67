//! Commands of rooms: making, entering, leaving, going about.

use snug_proto::{
    Access, CreateRoom, HistoryPolicy, Join, Leave, RoomEntry, RoomList, RoomRef, Rooms, Secret,
};

use super::{
    Command, Deed, Least, Misuse, Then,
    deed::{ask, here, lines, queued, secret},
    settings,
    words::Words,
};
use crate::{
    plain::view::{View, room_title},
    sanitize,
};

/// Pages of the list that are asked for; past it the list says that it goes on.
const MAX_PAGES: usize = 20;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "join",
        aliases: &["j"],
        usage: "/join ROOM [PASSWORD]",
        help: "Joins a room and goes there. A password that is needed and not given is asked for, \
               without showing it.",
        least: Least::Member,
        read: |words| {
            let room = words.room_name()?;
            Ok(join(room, words.next().map(Secret::from)))
        },
    },
    Command {
        name: "create",
        aliases: &[],
        usage: "/create ROOM [--password [X]|--invitation] [--hidden] [--history since_joining|all] \
                [--keep forever|30d|ram]",
        help: "Makes a room and goes there. With --password alone the password is asked for. \
               With --invitation one joins by invitation only, and with --hidden those who are \
               not in it do not know of it. --history says what newcomers may read of the time \
               before, --keep how long what is said is kept.",
        least: Least::Member,
        read: create,
    },
    Command {
        name: "leave",
        aliases: &["part"],
        usage: "/leave [ROOM] [--why TEXT]",
        help: "Leaves a room for good. This one, or the one named.",
        least: Least::Member,
        read: |words| {
            let room = words.room_or_here()?;
            let reason = words.terms()?.why;
            Ok(queued(Leave { room, reason }, Then::First))
        },
    },
    Command {
        name: "room",
        aliases: &["go"],
        usage: "/room [ROOM]",
        help: "Goes to another room of yours, or to @NAME. /ROOM does too; /room alone says where \
               you are.",
        least: Least::Member,
        read: |words| {
            let room = words
                .next()
                .map(|room| room.trim_start_matches('#').to_owned());
            Ok(here(move |chat| match room {
                Some(room) => go_to(&mut chat.view, &room),
                None => vec![format!("-- you are in {}", chat.view.current_title())],
            }))
        },
    },
    Command {
        name: "rooms",
        aliases: &[],
        usage: "/rooms",
        help: "Lists the rooms there are, and yours.",
        least: Least::Member,
        read: |_words| {
            Ok(ask(async |ask| {
                let mut list = Vec::new();
                let mut after = None;
                for _page in 0..MAX_PAGES {
                    let page: RoomList = ask.request(Rooms { mine: false, after }).await?;
                    list.extend(page.rooms.iter().map(room_line));
                    after = page.rooms.last().map(|room| room.room_id);
                    if !page.more || after.is_none() {
                        return lines(list);
                    }
                }
                list.push("-- and more".to_owned());
                lines(list)
            }))
        },
    },
];

/// Joins a room, and goes there.
fn join(room: &str, password: Option<Secret>) -> Deed {
    let request = Join {
        room: RoomRef::from(room),
        password,
    };
    queued(request, Then::Enter(room.to_owned()))
}

/// What is done when a room was not entered for want of its password.
pub(crate) fn with_password(room: String) -> Deed {
    let what = format!("{} asks for its password", room_title(&room));
    secret(what, move |password| join(&room, Some(password)))
}

fn create(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let room = words.room_name()?.to_owned();
    let mut request = CreateRoom {
        room: room.clone(),
        password: None,
        access: None,
        hidden: false,
        retention: None,
        history: None,
        key: None,
    };
    let mut asks = false;
    while let Some(option) = words.next() {
        match option {
            "--password" => {
                request.password = words
                    .next_if(|word| !word.starts_with("--"))
                    .map(Secret::from);
                asks = request.password.is_none();
            }
            "--hidden" => request.hidden = true,
            "--invitation" => request.access = Some(Access::Invitation),
            "--keep" => request.retention = Some(settings::kept(words)?),
            "--history" => {
                request.history = Some(words.one_of(&[
                    ("all", HistoryPolicy::All),
                    ("since_joining", HistoryPolicy::SinceJoining),
                ])?);
            }
            _ => return Err(Misuse::Usage),
        }
    }
    if !asks {
        return Ok(queued(request, Then::Enter(room)));
    }
    let what = format!("the password of {}", sanitize::line(&room));
    Ok(secret(what, move |password| {
        request.password = Some(password);
        queued(request, Then::Enter(room))
    }))
}

/// Goes to a room of one's own.
pub(crate) fn go_to(view: &mut View, room: &str) -> Vec<String> {
    match view.room_named(room) {
        Some(id) => {
            view.current = Some(id);
            vec![format!("-- you are in {} now", view.current_title())]
        }
        None if room.starts_with('@') => {
            let person = sanitize::line(room.trim_start_matches('@'));
            vec![format!(
                "!! You have not spoken with {person} yet. /msg {person} TEXT does."
            )]
        }
        None => {
            let room = sanitize::line(room);
            vec![format!(
                "!! You are in no room called {room}. /join {room} joins it."
            )]
        }
    }
}

fn room_line(room: &RoomEntry) -> String {
    let mut about = Vec::new();
    if let Some(members) = room.members.filter(|_| !room.direct) {
        let s = if members == 1 { "" } else { "s" };
        about.push(format!("{members} member{s}"));
    }
    for (so, what) in [
        (room.password, "asks for a password"),
        (room.invitation, "takes an invitation"),
        (room.hidden, "hidden"),
        (room.archived, "archived"),
        (room.invited, "you are invited"),
    ] {
        about.extend(so.then(|| what.to_owned()));
    }
    if room.member && !room.direct {
        about.push("yours".to_owned());
    }
    if let Some(unread) = room.unread.filter(|unread| *unread > 0) {
        about.push(format!("{unread} unread"));
    }
    let title = room_title(&room.room);
    if about.is_empty() {
        format!("-- {title}")
    } else {
        format!("-- {title}  {}", about.join(", "))
    }
}
