//! Commands of being here: away, one's display name, who somebody is, a word to everyone who is here.

use snug_proto::{Away, Card, Done, Hail, Me, Myself, RoomRole, Whois};

use super::{
    Command, Least,
    deed::{ask, lines, said},
};
use crate::{plain::view::person, sanitize};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "away",
        aliases: &["back"],
        usage: "/away [TEXT]",
        help: "Says that you are away, and why; without TEXT, that you are back. Others see you \
               away while all your clients say so.",
        least: Least::Member,
        read: |words| {
            let text = words.text().ok();
            Ok(ask(async |ask| {
                let back = text.is_none();
                let away = Away {
                    text,
                    unattended: false,
                };
                let Done {} = ask.request(away).await?;
                said(if back {
                    "-- you are back"
                } else {
                    "-- you are away"
                })
            }))
        },
    },
    Command {
        name: "display",
        aliases: &[],
        usage: "/display [NAME]",
        help: "Sets the name that others read; without NAME, they read your handle.",
        least: Least::Member,
        read: |words| {
            let display = Some(words.text().unwrap_or_default());
            Ok(ask(async |ask| {
                let me = Me {
                    display,
                    ..Me::default()
                };
                let me: Myself = ask.request(me).await?;
                let shown = person(&me.name, me.display.as_deref());
                said(format!("-- you are shown as {shown}"))
            }))
        },
    },
    Command {
        name: "spelling",
        aliases: &[],
        usage: "/spelling NAME",
        help: "Writes your handle otherwise, with other capitals: Anna for anna.",
        least: Least::Member,
        read: |words| {
            let name = Some(words.text()?);
            Ok(ask(async |ask| {
                let me = Me {
                    name,
                    ..Me::default()
                };
                let me: Myself = ask.request(me).await?;
                said(format!(
                    "-- your handle is written {}",
                    sanitize::line(&me.name)
                ))
            }))
        },
    },
    Command {
        name: "whois",
        aliases: &[],
        usage: "/whois NAME",
        help: "Says who somebody is: since when they are here, away or not, and the rooms that you \
               may know of.",
        least: Least::Member,
        read: |words| {
            let person = words.person()?;
            Ok(ask(async |ask| {
                let card: Card = ask.request(Whois { person }).await?;
                lines(card_lines(&card))
            }))
        },
    },
    Command {
        name: "hail",
        aliases: &["wallops"],
        usage: "/hail TEXT",
        help: "Says something to everyone who is here now. It is kept nowhere; /announce reaches \
               those who are not here too.",
        least: Least::Moderator,
        read: |words| {
            let text = words.text()?;
            Ok(ask(async |ask| {
                let Done {} = ask.request(Hail { text }).await?;
                said("-- said")
            }))
        },
    },
];

fn card_lines(card: &Card) -> Vec<String> {
    let entry = &card.entry;
    let shown = person(&entry.name, entry.display.as_deref());
    let handle = sanitize::line(&entry.name);
    let here = match (&entry.away, entry.online) {
        (Some(away), true) => format!("away: {}", sanitize::line(away)),
        (None, true) => "here".to_owned(),
        (_, false) => "not here".to_owned(),
    };
    let mut what = entry.role.wire().to_owned();
    for (so, also) in [(entry.vip, ", VIP"), (entry.bot, ", a bot")] {
        what.push_str(if so { also } else { "" });
    }
    if let Some(worn) = &entry.worn {
        what = format!("{what}, {} on IRC", sanitize::line(worn));
    }
    for label in &entry.labels {
        what = format!("{what}, {}", sanitize::line(label));
    }
    let mut lines = vec![format!("-- {shown} ({handle}), {what}: {here}")];
    if let Some(since) = card.since {
        let idle = card
            .idle_ms
            .map(|ms| format!(", silent for {} s", ms / 1000));
        let secure = if card.secure { ", over TLS" } else { "" };
        let idle = idle.unwrap_or_default();
        lines.push(format!("-- since {}{idle}{secure}", since.said()));
    }
    if let Some(address) = &card.address {
        lines.push(format!("-- from {}", sanitize::line(address)));
    }
    if !card.rooms.is_empty() {
        let rooms = card.rooms.iter().map(|of| {
            let role = match of.role {
                Some(RoomRole::Founder) => " (founder)",
                Some(RoomRole::Admin) => " (admin)",
                _ => "",
            };
            format!("{}{role}", sanitize::line(&of.room))
        });
        lines.push(format!("-- in {}", rooms.collect::<Vec<_>>().join(", ")));
    }
    lines
}
