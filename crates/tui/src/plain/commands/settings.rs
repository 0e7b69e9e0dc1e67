//! Commands of how a room is set up.

use snug_proto::{
    AboutRoom, Access, HistoryPolicy, NotARetention, Retention, RoomAbout, RoomChanges, RoomRef,
    Secret, SetRoom,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, secret},
    moderation::{done, room},
    words::Words,
};
use crate::{plain::view::room_title, sanitize};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "settings",
        aliases: &["about"],
        usage: "/settings [ROOM]",
        help: "Says how this room is set up, and who founded it.",
        least: Least::Member,
        read: |words| {
            let room = words.room_or_here()?;
            Ok(ask(async move |ask| {
                let about: RoomAbout = ask.request(AboutRoom { room }).await?;
                lines(vec![said_of(&about)])
            }))
        },
    },
    Command {
        name: "topic",
        aliases: &[],
        usage: "/topic [--in ROOM] [TEXT|-]",
        help: "Sets what this room is about; with - there is no topic any more. Alone it shows it.",
        least: Least::Member,
        read: |words| {
            let room = room(words)?;
            match words.optional_text() {
                None => Ok(show_topic(room)),
                Some(topic) => Ok(set(
                    room,
                    RoomChanges {
                        topic: Some(if topic == "-" { String::new() } else { topic }),
                        ..RoomChanges::default()
                    },
                )),
            }
        },
    },
    Command {
        name: "rename-room",
        aliases: &[],
        usage: "/rename-room NEW [--in ROOM] [--why TEXT]",
        help: "Gives this room another name. Whoever is in it stays in it, and reads why; the old name is \
               kept for it for 30 days.",
        least: Least::RoomAdmin,
        read: |words| {
            let name = words.room_name()?.to_owned();
            let room = room(words)?;
            Ok(done(SetRoom {
                room,
                changes: Box::new(RoomChanges {
                    name: Some(name),
                    ..RoomChanges::default()
                }),
                password: None,
                reason: words.terms()?.why,
                key: None,
            }))
        },
    },
    Command {
        name: "slow",
        aliases: &[],
        usage: "/slow TIME|off [--in ROOM]",
        help: "Lets members of this room say something only once in so long (10s, 5m).",
        least: Least::RoomAdmin,
        read: |words| {
            let ms = match words.next_if(|word| word == "off") {
                Some(_) => 0,
                None => u64::try_from(words.lasting()?.as_millis()).unwrap_or(u64::MAX),
            };
            let room = room(words)?;
            Ok(set(
                room,
                RoomChanges {
                    slow_mode_ms: Some(ms),
                    ..RoomChanges::default()
                },
            ))
        },
    },
    Command {
        name: "keep",
        aliases: &["retention"],
        usage: "/keep forever|30d|ram [--in ROOM]",
        help: "Says how long this room keeps what is said: for ever, for so many days, or not at \
               all. What is older is erased, and there is no way back to it; a room that kept \
               nothing starts empty.",
        least: Least::RoomAdmin,
        read: |words| {
            let retention = kept(words)?;
            let room = room(words)?;
            Ok(set(
                room,
                RoomChanges {
                    retention: Some(retention),
                    ..RoomChanges::default()
                },
            ))
        },
    },
    Command {
        name: "room-password",
        aliases: &[],
        usage: "/room-password [X|off] [--in ROOM]",
        help: "Makes joining this room ask for a password, or no more. Alone it asks for it, \
               without showing it.",
        least: Least::RoomAdmin,
        read: password,
    },
    Command {
        name: "access",
        aliases: &[],
        usage: "/access open|invitation [--in ROOM]",
        help: "Says who may join this room: everyone, or those that are invited. /room-password \
               makes it ask for a password.",
        least: Least::RoomAdmin,
        read: |words| {
            let access =
                words.one_of(&[("open", Access::Open), ("invitation", Access::Invitation)])?;
            let room = room(words)?;
            Ok(set(room, with_access(access)))
        },
    },
    Command {
        name: "open-to",
        aliases: &[],
        usage: "/open-to GROUP… [--in ROOM]  or  /open-to - [--in ROOM]",
        help: "Opens this room to groups of accounts: whoever is in one of them joins it without a \
               password or an invitation. These are all of them; with - it is open to none. Whoever \
               leaves a group stays in the room until somebody removes them.",
        least: Least::RoomAdmin,
        read: open_to,
    },
    Command {
        name: "hide",
        aliases: &[],
        usage: "/hide [--in ROOM]",
        help: "Takes this room off the list: who is not in it does not know of it. /show lists it \
               again.",
        least: Least::RoomAdmin,
        read: |words| listed(words, false),
    },
    Command {
        name: "show",
        aliases: &[],
        usage: "/show [--in ROOM]",
        help: "Puts this room on the list that everyone sees.",
        least: Least::RoomAdmin,
        read: |words| listed(words, true),
    },
    Command {
        name: "newcomers",
        aliases: &[],
        usage: "/newcomers all|since_joining [--in ROOM]",
        help: "Says what newcomers may read of the time before they came.",
        least: Least::RoomAdmin,
        read: |words| {
            let history = words.one_of(&[
                ("all", HistoryPolicy::All),
                ("since_joining", HistoryPolicy::SinceJoining),
            ])?;
            let room = room(words)?;
            Ok(set(
                room,
                RoomChanges {
                    history: Some(history),
                    ..RoomChanges::default()
                },
            ))
        },
    },
    Command {
        name: "archive",
        aliases: &[],
        usage: "/archive [--in ROOM]",
        help: "Closes this room: it can be read, and nothing more. /unarchive opens it again.",
        least: Least::RoomAdmin,
        read: |words| archived(words, true),
    },
    Command {
        name: "unarchive",
        aliases: &[],
        usage: "/unarchive [--in ROOM]",
        help: "Opens an archived room again.",
        least: Least::RoomAdmin,
        read: |words| archived(words, false),
    },
];

pub(super) fn set(room: RoomRef, changes: RoomChanges) -> Deed {
    done(SetRoom {
        room,
        changes: Box::new(changes),
        password: None,
        reason: None,
        key: None,
    })
}

fn with_access(access: Access) -> RoomChanges {
    RoomChanges {
        access: Some(access),
        ..RoomChanges::default()
    }
}

fn listed(words: &mut Words<'_>, listed: bool) -> Result<Deed, Misuse> {
    let room = room(words)?;
    Ok(set(
        room,
        RoomChanges {
            listed: Some(listed),
            ..RoomChanges::default()
        },
    ))
}

fn archived(words: &mut Words<'_>, archived: bool) -> Result<Deed, Misuse> {
    let room = room(words)?;
    Ok(set(
        room,
        RoomChanges {
            archived: Some(archived),
            ..RoomChanges::default()
        },
    ))
}

fn open_to(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let mut groups = Vec::new();
    while let Some(group) = words.next_if(|word| word != "--in") {
        groups.push(group.to_owned());
    }
    match groups.as_slice() {
        [] => return Err(Misuse::Usage),
        [none] if none == "-" => groups.clear(),
        _ => {}
    }
    let room = room(words)?;
    Ok(set(
        room,
        RoomChanges {
            groups: Some(groups),
            ..RoomChanges::default()
        },
    ))
}

fn password(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let word = words.next_if(|word| word != "--in").map(str::to_owned);
    let room = room(words)?;
    Ok(match word.as_deref() {
        None => secret("the room's new password", |password| {
            with_password(room, password)
        }),
        Some("off") => set(room, with_access(Access::Open)),
        Some(word) => with_password(room, Secret::from(word)),
    })
}

fn with_password(room: RoomRef, password: Secret) -> Deed {
    done(SetRoom {
        room,
        changes: Box::default(),
        password: Some(password),
        reason: None,
        key: None,
    })
}

fn show_topic(room: RoomRef) -> Deed {
    ask(async move |ask| {
        let about: RoomAbout = ask.request(AboutRoom { room }).await?;
        let title = room_title(&about.entry.room);
        lines(vec![match &about.entry.topic {
            Some(topic) => format!("-- {title} is about: {}", sanitize::line(topic)),
            None => format!("-- {title} has no topic"),
        }])
    })
}

/// A room in one line.
fn said_of(about: &RoomAbout) -> String {
    let title = room_title(&about.entry.room);
    format!("-- {title}: {}", sanitize::line(&about.in_words()))
}

/// How long a room keeps what is said.
pub(super) fn kept(words: &mut Words<'_>) -> Result<Retention, Misuse> {
    let word = words.word()?;
    word.parse()
        .map_err(|no: NotARetention| Misuse::Say(format!("How long a room keeps things: {no}.")))
}
