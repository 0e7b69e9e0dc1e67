//! What the events of a log look like.

use snug_proto::{
    Deleted, Edited, Event, Membership, Message, Place, Quote, Reacted, Restored, RoomId,
};

use super::{
    View,
    text::{other_person, person, room_title, several},
};
use crate::sanitize;

impl View {
    /// What an event of a log looks like to one who is in the room `current`.
    pub(crate) fn logged(&self, event: &Event, current: Option<RoomId>) -> Vec<String> {
        let Some(place) = event.place() else {
            return Vec::new();
        };
        let before = self.before(place, current);
        match event {
            Event::Message(message) => self.message(&before, message),
            Event::Edited(edited) => self.edited(&before, edited),
            Event::Deleted(Deleted {
                author, of, reason, ..
            }) => {
                let who = self.author(author);
                let why = reason.as_deref().map(sanitize::line);
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                vec![format!("{before}{who} deleted message {of}{why}")]
            }
            Event::Restored(Restored {
                author,
                of,
                body,
                deleted: false,
                ..
            }) => {
                let who = self.author(author);
                several(&format!("{before}{who} put message {of} back: "), body)
            }
            Event::Joined(Membership { subject, .. }) => {
                vec![format!("{before}{} entered", self.subject(subject))]
            }
            Event::Left(Membership {
                subject, reason, ..
            }) => {
                let why = reason.as_ref();
                let why = why.map_or_else(String::new, |why| format!(": {}", sanitize::line(why)));
                vec![format!("{before}{} left{why}", self.subject(subject))]
            }
            Event::Reacted(reacted) => vec![self.reacted(&before, reacted)],
            Event::Unreacted(Reacted {
                author, of, emoji, ..
            }) => {
                let (who, emoji) = (self.author(author), sanitize::line(emoji));
                vec![format!("{before}{who} took {emoji} back from message {of}")]
            }
            order => {
                let told = order.order();
                let told = told.map(|told| format!("{before}-- {}", sanitize::line(&told)));
                told.into_iter().collect()
            }
        }
    }

    fn reacted(&self, before: &str, reacted: &Reacted) -> String {
        let (who, emoji) = (self.author(&reacted.author), sanitize::line(&reacted.emoji));
        let of = reacted.of;
        match &reacted.quote {
            Some(quote) => {
                let quote = self.quote(quote);
                format!("{before}{who} reacted with {emoji} to message {of}, {quote}")
            }
            None => format!("{before}{who} reacted with {emoji} to message {of}"),
        }
    }

    /// The beginning of an earlier message: whose, and how it goes.
    fn quote(&self, quote: &Quote) -> String {
        let who = if quote.from_id == self.me {
            "You".to_owned()
        } else {
            person(&quote.from, None)
        };
        format!("<<{who}>> : {}", sanitize::line(&quote.excerpt))
    }

    /// Number, time and room, where they are wanted.
    fn before(&self, place: &Place, current: Option<RoomId>) -> String {
        let time = self.times.then(|| self.clock(place.at));
        let mut before = match (self.numbers.then_some(place.seq), time) {
            (None, None) => String::new(),
            (Some(seq), None) => format!("[{seq}] "),
            (None, Some(time)) => format!("[{time}] "),
            (Some(seq), Some(time)) => format!("[{seq} {time}] "),
        };
        let elsewhere = current != Some(place.room_id);
        if elsewhere && !place.direct {
            before.push_str(&room_title(&place.room));
            before.push(' ');
        }
        before
    }

    fn message(&self, before: &str, message: &Message) -> Vec<String> {
        let Message {
            place,
            author,
            body,
            deleted,
            reply_to,
            quote,
            mentions,
            manner: _,
        } = message;
        let who = self.author(author);
        let who = match (place.direct, author.from_id == self.me) {
            (false, _) => who,
            (true, true) => format!("You -> {}", other_person(&place.room)),
            (true, false) => format!("{who} -> You"),
        };
        let head = format!("{before}<<{who}>> : ");
        if *deleted {
            return vec![format!("{head}(deleted)")];
        }
        let mut lines = match (reply_to, quote) {
            (None, _) => Vec::new(),
            (Some(_), Some(quote)) => vec![format!("{before}  > {}", self.quote(quote))],
            (Some(of), None) => vec![format!("{before}  > message {of}")],
        };
        // One that is meant for oneself stands out, whatever is on the screen besides.
        let mentioned = mentions.contains(&self.me);
        let mark = if mentioned { "(!) " } else { "" };
        lines.extend(several(&format!("{mark}{head}"), body));
        if let Some(last) = lines.last_mut().filter(|_| mentioned && self.bell) {
            last.push('\u{7}');
        }
        lines
    }

    fn edited(&self, before: &str, edited: &Edited) -> Vec<String> {
        let (who, of) = (self.author(&edited.author), edited.of);
        if edited.deleted {
            return vec![format!(
                "{before}{who} changed message {of}, which was deleted later"
            )];
        }
        several(
            &format!("{before}{who} changed message {of}: "),
            &edited.body,
        )
    }
}
