//! Events of a room's log: what shows of them, and what they change.

use snug_proto::{
    AccountId, Author, Deleted, Edited, Event, Membership, Message, Reacted, Restored, Subject,
};

use crate::{
    draw::{block::person, text},
    state::{Item, Room, Said, Spot, What},
};

/// What shows of an event, oneself being `me`. What it changes in others is noted with the room.
pub(super) fn take(room: &mut Room, event: &Event, me: Option<AccountId>) -> Option<Item> {
    let place = event.place()?;
    let what = match event {
        Event::Message(message) => What::Said(Box::new(said(message, me))),
        Event::Edited(Edited {
            of, body, deleted, ..
        }) => {
            room.window.note(*of, |change| {
                if *deleted {
                    change.deleted(place.seq);
                } else {
                    change.edited(place.seq, body.clone());
                }
            });
            return None;
        }
        Event::Restored(Restored {
            of, body, deleted, ..
        }) => {
            if !deleted {
                room.window
                    .note(*of, |change| change.restored(place.seq, body.clone()));
            }
            return None;
        }
        Event::Deleted(Deleted {
            of, author, reason, ..
        }) => {
            room.window.note(*of, |change| change.deleted(place.seq));
            let own = room.window.item(*of).and_then(Item::said);
            // That somebody else took it back is worth a line; one's own taking back is seen.
            if own.is_none_or(|said| said.from == author.from_id) && reason.is_none() {
                return None;
            }
            let who = author_name(author);
            let whose = own.map(|said| person(&said.name, said.display.as_deref()));
            let whose = whose.map_or_else(
                || format!("message {of}"),
                |name| format!("a message of {name}"),
            );
            let why = reason
                .as_deref()
                .map(|why| format!(": {}", text::clean(why)));
            What::Done(format!("{who} deleted {whose}{}", why.unwrap_or_default()))
        }
        Event::Reacted(Reacted {
            of, emoji, author, ..
        }) => {
            room.window.note(*of, |change| {
                change.reacted(place.seq, emoji.clone(), author.from_id, true);
            });
            return None;
        }
        Event::Unreacted(Reacted {
            of, emoji, author, ..
        }) => {
            room.window.note(*of, |change| {
                change.reacted(place.seq, emoji.clone(), author.from_id, false);
            });
            return None;
        }
        Event::Joined(Membership { subject, .. }) => {
            What::Came(format!("{} has joined", subject_name(subject)))
        }
        Event::Left(Membership {
            subject, reason, ..
        }) => {
            let why = reason
                .as_deref()
                .map(|why| format!(": {}", text::clean(why)));
            What::Came(format!(
                "{} has left{}",
                subject_name(subject),
                why.unwrap_or_default()
            ))
        }
        order => What::Done(text::clean(&order.order()?)),
    };
    Some(Item {
        spot: Spot::event(place.seq),
        at: place.at,
        what,
    })
}

fn said(message: &Message, me: Option<AccountId>) -> Said {
    let Author {
        from,
        from_id,
        from_display,
        from_worn: _,
        bot,
        from_guest: _,
    } = &message.author;
    Said {
        from: *from_id,
        name: from.clone(),
        display: from_display.clone(),
        bot: *bot,
        body: message.body.clone(),
        deleted: message.deleted,
        reply_to: message.reply_to,
        quote: message.quote.clone(),
        mentions_me: me.is_some_and(|me| message.mentions.contains(&me)),
    }
}

/// An author as a sentence names one.
pub(super) fn author_name(author: &Author) -> String {
    person(&author.from, author.from_display.as_deref())
}

/// A subject as a sentence names one.
pub(super) fn subject_name(subject: &Subject) -> String {
    person(&subject.name, subject.display.as_deref())
}
