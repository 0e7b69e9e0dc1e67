//! Commands of keeping order by patterns of names, and of rooms where not everybody speaks.

use std::time::Duration;

use snug_proto::{MaskKind, MaskList, Masks, RoomChanges, RoomRef, SetMask, until_and_why};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines},
    moderation::{done, room},
    settings::set,
    words::Words,
};
use crate::sanitize;

/// What a mask does, as it is typed.
const KINDS: &[(&str, MaskKind)] = &[
    ("ban", MaskKind::Ban),
    ("exempt", MaskKind::Exempt),
    ("invite", MaskKind::Invite),
    ("voice", MaskKind::Voice),
];

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "mask",
        aliases: &[],
        usage: "/mask ban|exempt|invite|voice MASK [--in ROOM] [--for TIME] [--why TEXT]",
        help: "Bans all names like MASK from this room, exempts them from such bans, lets them in \
               without an invitation, or gives them a voice; in it * stands for any letters and ? \
               for one. /unmask takes it away.",
        least: Least::RoomAdmin,
        read: |words| {
            let kind = words.one_of(KINDS)?;
            mask(words, kind, false)
        },
    },
    Command {
        name: "unmask",
        aliases: &[],
        usage: "/unmask ban|exempt|invite|voice MASK [--in ROOM]",
        help: "Takes a mask off this room.",
        least: Least::RoomAdmin,
        read: |words| {
            let kind = words.one_of(KINDS)?;
            mask(words, kind, true)
        },
    },
    Command {
        name: "masks",
        aliases: &[],
        usage: "/masks [ROOM]",
        help: "Lists the masks of this room.",
        least: Least::RoomAdmin,
        read: list,
    },
    Command {
        name: "voice",
        aliases: &[],
        usage: "/voice NAME [--in ROOM] [--for TIME] [--why TEXT]",
        help: "Lets somebody speak in this room while it is moderated. /unvoice undoes it.",
        least: Least::RoomAdmin,
        read: |words| mask(words, MaskKind::Voice, false),
    },
    Command {
        name: "unvoice",
        aliases: &[],
        usage: "/unvoice NAME [--in ROOM]",
        help: "Takes somebody's voice in this room away.",
        least: Least::RoomAdmin,
        read: |words| mask(words, MaskKind::Voice, true),
    },
    Command {
        name: "moderated",
        aliases: &[],
        usage: "/moderated on|off [--in ROOM]",
        help: "Lets only its admins speak in this room, and those with a voice (/voice).",
        least: Least::RoomAdmin,
        read: |words| {
            switch(words, |on| RoomChanges {
                moderated: Some(on),
                ..RoomChanges::default()
            })
        },
    },
    Command {
        name: "topic-by",
        aliases: &[],
        usage: "/topic-by all|admins [--in ROOM]",
        help: "Says who may set this room's topic.",
        least: Least::RoomAdmin,
        read: |words| {
            let open = words.one_of(&[("all", true), ("admins", false)])?;
            let room = room(words)?;
            Ok(set(
                room,
                RoomChanges {
                    open_topic: Some(open),
                    ..RoomChanges::default()
                },
            ))
        },
    },
    Command {
        name: "outside",
        aliases: &[],
        usage: "/outside on|off [--in ROOM]",
        help: "Lets those who are not in this room speak in it, while it is on the list.",
        least: Least::RoomAdmin,
        read: |words| {
            switch(words, |on| RoomChanges {
                outside: Some(on),
                ..RoomChanges::default()
            })
        },
    },
    Command {
        name: "quiet-guests",
        aliases: &[],
        usage: "/quiet-guests on|off [--in ROOM]",
        help: "Lets guests only read in this room, but for those who have a voice.",
        least: Least::RoomAdmin,
        read: |words| {
            switch(words, |on| RoomChanges {
                quiet_guests: Some(on),
                ..RoomChanges::default()
            })
        },
    },
    Command {
        name: "quiet-programs",
        aliases: &[],
        usage: "/quiet-programs on|off [--in ROOM]",
        help: "Lets programs ask nothing of each other in this room (CTCP on IRC).",
        least: Least::RoomAdmin,
        read: |words| {
            switch(words, |on| RoomChanges {
                quiet_machines: Some(on),
                ..RoomChanges::default()
            })
        },
    },
    Command {
        name: "limit",
        aliases: &[],
        usage: "/limit NUMBER|off [--in ROOM]",
        help: "Lets nobody join this room uninvited while it has so many members.",
        least: Least::RoomAdmin,
        read: |words| {
            let limit = match words.next_if(|word| word.eq_ignore_ascii_case("off")) {
                Some(_) => 0,
                None => words.word()?.parse().map_err(|_| {
                    Misuse::Say("Say how many members, as a number, or off.".to_owned())
                })?,
            };
            let room = room(words)?;
            Ok(set(
                room,
                RoomChanges {
                    limit: Some(limit),
                    ..RoomChanges::default()
                },
            ))
        },
    },
];

/// Turns something of a room on or off.
fn switch(
    words: &mut Words<'_>,
    changes: impl FnOnce(bool) -> RoomChanges,
) -> Result<Deed, Misuse> {
    let on = words.on_or_off()?;
    let room = room(words)?;
    Ok(set(room, changes(on)))
}

fn mask(words: &mut Words<'_>, kind: MaskKind, remove: bool) -> Result<Deed, Misuse> {
    let mask = words.word()?.to_owned();
    let room = room(words)?;
    let terms = words.terms()?;
    Ok(done(SetMask {
        room,
        kind,
        mask,
        remove,
        for_s: terms.lasts.as_ref().map(Duration::as_secs),
        reason: terms.why,
        key: None,
    }))
}

fn list(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let room: RoomRef = words.room_or_here()?;
    Ok(ask(async move |ask| {
        let mut said = Vec::new();
        for (word, kind) in KINDS {
            let (room, kind) = (room.clone(), *kind);
            let list: MaskList = ask.request(Masks { room, kind }).await?;
            said.extend(list.masks.iter().map(|entry| {
                let rest = until_and_why(entry.until, entry.reason.as_deref());
                let (mask, by) = (sanitize::line(&entry.mask), sanitize::line(&entry.by));
                format!("-- {word} {mask}, by {by}{}", sanitize::line(&rest))
            }));
        }
        if said.is_empty() {
            said.push("-- this room has no masks".to_owned());
        }
        lines(said)
    }))
}
