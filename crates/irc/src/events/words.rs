//! What is said: messages, their edits and their deletions.

use snug_proto::{AccountId, Author, Deleted, Delivery, Edited, Message, Place, Quote};

use super::{View, tagged};
use crate::{Capability, Connection, Delivered, names, text};

/// One message is shown as at most this many lines, then a sentence says how many more there are. The
/// longest body allowed could be thousands of short ones, each with all that stands before it: that
/// would cost every reader, live and in replay, many times what it cost its author (FEATURES P6).
pub const MAX_MESSAGE_LINES: usize = 50;

impl Connection {
    pub(super) fn message(
        &mut self,
        delivery: &Delivery,
        message: &Message,
        own: AccountId,
    ) -> Delivered {
        let place = &message.place;
        let by_me = message.author.from_id == own;
        let echo = self.caps.has(Capability::EchoMessage);
        // The event of one's own send comes before the answer that tells which it is.
        if by_me && !echo && self.sends_in_flight() {
            return Delivered::NotYet;
        }
        if !self.is_new(place) {
            return Delivered::Taken;
        }
        let to_myself = place.direct && place.room.trim_start_matches('@') == message.author.from;
        let sent_here = by_me && self.was_own_send(place.room_id, place.seq);
        if sent_here && !echo && !to_myself {
            return Delivered::Taken;
        }
        if place.direct {
            self.write_direct(delivery.event(), place, &message.author);
        } else {
            self.write_shared(delivery);
        }
        Delivered::Taken
    }

    /// An edit, a deletion or a reaction, told as a sentence.
    pub(super) fn amended(&mut self, delivery: &Delivery, place: &Place, author: &Author) {
        if !self.is_new(place) {
            return;
        }
        if place.direct {
            self.write_direct(delivery.event(), place, author);
        } else {
            self.write_shared(delivery);
        }
    }
}

/// A message, and before it what it answers.
pub(super) fn message(out: &mut Vec<u8>, view: View<'_>, message: &Message, target: Option<&str>) {
    let Message { place, author, .. } = message;
    if message.deleted {
        return;
    }
    if let Some(text) = in_reply(message) {
        aside(out, view, place, author, target, &text);
    }
    say(out, view, "PRIVMSG", place, author, target, &message.body);
}

/// An edit, as a sentence.
pub(super) fn edited(out: &mut Vec<u8>, view: View<'_>, edited: &Edited, target: Option<&str>) {
    let Edited { place, author, .. } = edited;
    if !edited.deleted {
        let text = format!("* {} edited: {}", author.from, edited.body);
        say(out, view, "NOTICE", place, author, target, &text);
    }
}

/// A deletion, as a sentence.
pub(super) fn deleted(out: &mut Vec<u8>, view: View<'_>, deleted: &Deleted, target: Option<&str>) {
    let Deleted { place, author, .. } = deleted;
    let text = format!("* {} deleted a message", author.from);
    say(out, view, "NOTICE", place, author, target, &text);
}

/// What stands before a message that answers another one.
fn in_reply(message: &Message) -> Option<String> {
    message.reply_to?;
    Some(match message.quote.as_deref() {
        Some(Quote { from, excerpt, .. }) => format!("* in reply to <{from}> {excerpt}"),
        None => "* in reply to an earlier message".to_owned(),
    })
}

/// One line beside what is said, without an id of its own.
pub(super) fn aside(
    out: &mut Vec<u8>,
    view: View<'_>,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    text: &str,
) {
    let source = names::source(&author.from, view.host);
    let channel = names::channel(&place.room);
    let target = target.unwrap_or(&channel);
    let overhead = source.len() + target.len() + "NOTICE".len() + 7;
    let Some(line) = text::pieces(text, overhead).next() else {
        return;
    };
    tagged(out, view, Some(place), &author.from, false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&line.shown());
}

/// A message's lines, [`MAX_MESSAGE_LINES`] at most: its msgid stands on the first.
pub(super) fn say(
    out: &mut Vec<u8>,
    view: View<'_>,
    command: &str,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    body: &str,
) {
    let source = names::source(&author.from, view.host);
    let channel;
    let target = if let Some(target) = target {
        target
    } else {
        channel = names::channel(&place.room);
        &channel
    };
    // `:source COMMAND target :` and CR LF.
    let overhead = source.len() + command.len() + target.len() + 7;
    let mut pieces = text::pieces(body, overhead);
    for (index, piece) in pieces.by_ref().take(MAX_MESSAGE_LINES).enumerate() {
        tagged(out, view, Some(place), &author.from, index == 0)
            .source(&source)
            .command(command)
            .word(target)
            .trailing(&piece.shown());
    }
    let more = match pieces.count() {
        0 => return,
        1 => "1 more line of this message is".to_owned(),
        more => format!("{more} more lines of this message are"),
    };
    tagged(out, view, Some(place), &author.from, false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&format!(
            "* {more} not shown here; any Snug client shows them."
        ));
}
