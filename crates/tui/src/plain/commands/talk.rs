//! Commands of what is said and read.

use snug_proto::{Delete, Edit, Event, Page, React, Reaction, Read, Send, Timestamp};

use super::{
    Command, Deed, Least, Misuse, Output, Then, Trouble,
    deed::{Ask, ask, here, queued},
    words::Words,
};
use crate::plain::view::View;

/// How many lines `/history` shows if not told.
const HISTORY: usize = 20;
/// How many it shows at most.
const MAX_HISTORY: usize = 1000;
/// Lines of a stretch that is not given in lines.
const STRETCH: usize = 200;
/// Pages of one stretch that are asked for.
const MAX_PAGES: usize = 20;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "msg",
        aliases: &["m"],
        usage: "/msg NAME TEXT",
        help: "Says something to one person. It is kept for them while they are away.",
        least: Least::Member,
        read: |words| {
            let (to, body) = (words.person()?, words.text()?);
            let send = Send {
                manner: None,
                room: None,
                to: Some(to),
                body: body.clone(),
                reply_to: None,
                key: None,
            };
            Ok(queued(send, Then::Words(body)))
        },
    },
    Command {
        name: "reply",
        aliases: &["re"],
        usage: "/reply N TEXT",
        help: "Answers message number N in this room: its beginning stands before your words. @NAME in \
               any message mentions a member.",
        least: Least::Member,
        read: |words| {
            let (room, seq, body) = (words.here()?, words.number()?, words.text()?);
            let send = Send {
                manner: None,
                room: Some(room),
                to: None,
                body: body.clone(),
                reply_to: Some(seq),
                key: None,
            };
            Ok(queued(send, Then::Words(body)))
        },
    },
    Command {
        name: "react",
        aliases: &[],
        usage: "/react N EMOJI",
        help: "Puts a reaction on message number N in this room: one emoji, or a short name like :+1:. \
               /unreact takes it away.",
        least: Least::Member,
        read: |words| Ok(queued(reaction(words, false)?, Then::Other)),
    },
    Command {
        name: "unreact",
        aliases: &[],
        usage: "/unreact N EMOJI",
        help: "Takes your reaction away from message number N in this room.",
        least: Least::Member,
        read: |words| Ok(queued(reaction(words, true)?, Then::Other)),
    },
    Command {
        name: "edit",
        aliases: &[],
        usage: "/edit N TEXT",
        help: "Changes your message number N in this room. /history and /numbers on show the \
               numbers.",
        least: Least::Member,
        read: |words| {
            let (room, seq, body) = (words.here()?, words.number()?, words.text()?);
            let edit = Edit {
                room,
                seq,
                body: body.clone(),
                key: None,
            };
            Ok(queued(edit, Then::Words(body)))
        },
    },
    Command {
        name: "delete",
        aliases: &[],
        usage: "/delete N",
        help: "Takes message number N in this room back. Its words are erased.",
        least: Least::Member,
        read: |words| {
            let (room, seq) = (words.here()?, words.number()?);
            let key = None;
            Ok(queued(
                Delete {
                    room,
                    seq,
                    key,
                    reason: None,
                },
                Then::Other,
            ))
        },
    },
    Command {
        name: "history",
        aliases: &[],
        usage: "/history [N | since TIME | before N]",
        help: "Shows this room's last lines. 20 if no number is given; or those since a time \
               (19:30, 2026-11-20, 2h), or those before a number.",
        least: Least::Member,
        read: history,
    },
    Command {
        name: "mark",
        aliases: &[],
        usage: "/mark",
        help: "Marks this room as read. (What is shown here is marked by itself after a second.)",
        least: Least::Member,
        read: |_words| {
            Ok(here(|chat| {
                chat.mark_read();
                vec![format!(
                    "-- {} is marked as read",
                    chat.view.current_title()
                )]
            }))
        },
    },
];

fn reaction(words: &mut Words<'_>, remove: bool) -> Result<React, Misuse> {
    let (room, seq) = (words.here()?, words.number()?);
    let emoji = words.word()?.to_owned();
    if Reaction::parse(&emoji).is_none() {
        let text = "A reaction is one emoji, or a short name between colons, like :+1:.";
        return Err(Misuse::Say(text.into()));
    }
    Ok(React {
        room,
        seq,
        emoji,
        remove,
        key: None,
    })
}

fn history(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let mut read = Read {
        room: words.here()?,
        after: None,
        before: None,
        since: None,
        limit: None,
        log: None,
    };
    let wanted = if words.next_if(|word| word == "since").is_some() {
        read.since = Some(words.moment()?);
        STRETCH
    } else if words.next_if(|word| word == "before").is_some() {
        read.before = Some(words.number()?);
        HISTORY
    } else {
        match words.next().map(str::parse) {
            None => HISTORY,
            Some(Ok(count)) if count > 0 => MAX_HISTORY.min(count),
            Some(_) => return Err(Misuse::Usage),
        }
    };
    Ok(ask(async move |ask| {
        let stretch = stretch(&ask, read, wanted).await?;
        Ok(Output::Viewed(Box::new(move |view| shown(view, &stretch))))
    }))
}

/// A part of a room's history.
struct Stretch {
    /// Oldest first.
    events: Vec<Event>,
    /// There is more after it, from this moment on.
    goes_on: Option<Timestamp>,
}

async fn stretch(ask: &Ask, mut read: Read, wanted: usize) -> Result<Stretch, Trouble> {
    let mut events = Vec::new();
    let mut goes_on = None;
    for _page in 0..MAX_PAGES {
        let left = wanted.saturating_sub(events.len());
        read.limit = u32::try_from(left).ok();
        let page: Page = ask.request(read.clone()).await?;
        let mut seqs = page
            .events
            .iter()
            .filter_map(|event| Some(event.place()?.seq));
        let Some(oldest) = seqs.next() else {
            break;
        };
        let newest = seqs.next_back().unwrap_or(oldest);
        if read.since.is_some() || read.after.is_some() {
            let last = page.events.last().and_then(|event| Some(event.place()?.at));
            goes_on = last.filter(|_| page.more);
            events.extend(page.events);
            (read.since, read.after) = (None, Some(newest));
        } else {
            events.splice(0..0, page.events);
            read.before = Some(oldest);
        }
        if !page.more || events.len() >= wanted {
            break;
        }
    }
    Ok(Stretch { events, goes_on })
}

fn shown(view: &mut View, stretch: &Stretch) -> Vec<String> {
    if stretch.events.is_empty() {
        return vec!["-- nothing is there".to_owned()];
    }
    let mut lines = vec!["-- from the history:".to_owned()];
    lines.extend(view.past(&stretch.events));
    lines.push(match stretch.goes_on {
        Some(at) => format!("-- there is more: /history since {at}"),
        None => "-- that was the history".to_owned(),
    });
    lines
}
