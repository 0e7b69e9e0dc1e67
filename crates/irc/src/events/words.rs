//! What is said: messages, their edits and their deletions.

use std::collections::BTreeMap;

use snug_proto::{AccountId, Author, Deleted, Delivery, Edited, Message, Place, Quote, Restored};

use super::{View, author_of, tagged, view::TAGS};
use crate::{Capability, Caps, Connection, Delivered, MessageId, line::Writer, names, text};

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
        let to_myself =
            by_me && place.direct && place.room.trim_start_matches('@') == message.author.from;
        // The event of one's own send comes before the answer that tells which it is.
        if by_me && (!echo || to_myself || self.labels.is_open()) && self.sends_in_flight() {
            return Delivered::NotYet;
        }
        if !self.is_new(place) {
            return Delivered::Taken;
        }
        let sent_here = by_me && self.was_own_send(place.room_id, place.seq);
        if sent_here && !echo && !to_myself {
            return Delivered::Taken;
        }
        if sent_here && echo {
            self.labels.relate();
        }
        if place.direct {
            self.write_direct(delivery.event(), place, &message.author);
        } else {
            self.write_shared(delivery);
        }
        if to_myself && echo && sent_here {
            // Once as the echo, once as it would come to anybody; another client of one's own said it once.
            self.unlabelled(|me| me.write_direct(delivery.event(), place, &message.author));
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

/// The capabilities that change what is written of words; of those that answer others, [`REPLY`].
pub(super) const SHAPE: Caps = TAGS
    .with(Capability::Batch)
    .with(Capability::Multiline)
    .with(Capability::MessageEdit)
    .with(Capability::MessageDelete)
    .with(Capability::MessageRedaction);

/// See [`View::knows_replies`].
pub(super) const REPLY: Caps = SHAPE.with(Capability::LabeledResponse);

/// The longest edit that goes into a tag; a longer one is told as a sentence.
const MAX_EDIT_BYTES: usize = 3500;

/// A message, and before it what it answers, for those who know no tags that say it.
pub(super) fn message(out: &mut Vec<u8>, view: View<'_>, message: &Message, target: Option<&str>) {
    let Message { place, author, .. } = message;
    if message.deleted {
        return;
    }
    if let Some(text) = in_reply(message).filter(|_| !view.knows_replies()) {
        aside(out, view, place, author, target, &text);
    }
    let manner = message.manner.as_deref();
    let saying = Saying {
        command: match manner {
            Some(manner) if manner.notice => "NOTICE",
            _ => "PRIVMSG",
        },
        joints: manner
            .map(|manner| manner.joints.as_slice())
            .unwrap_or_default(),
        tags: manner.map(|manner| &manner.tags),
        reply_to: message.reply_to,
    };
    speak(out, view, &saying, place, author, target, &message.body);
}

/// An edit: to those who know it by itself, else as a sentence.
pub(super) fn edited(out: &mut Vec<u8>, view: View<'_>, edited: &Edited, target: Option<&str>) {
    let Edited { place, author, .. } = edited;
    if edited.deleted {
        return;
    }
    if view.caps.has(Capability::MessageEdit) && edited.body.len() <= MAX_EDIT_BYTES {
        // The draft of ircv3-specifications #425.
        let channel = names::channel(&place.room);
        return tagged(out, view, Some(place), author_of(author), true)
            .tag("draft/target-msgid", &id_in(place, edited.of))
            .tag("draft/edit-text", &edited.body)
            .source(&names::source(author.called(), &author.from_id))
            .command("EDIT")
            .word(target.unwrap_or(&channel))
            .end();
    }
    let text = format!("* {} edited: {}", author.called(), edited.body);
    say(out, view, "NOTICE", place, author, target, &text);
}

/// A deletion: to those who know it by itself, else as a sentence.
pub(super) fn deleted(out: &mut Vec<u8>, view: View<'_>, deleted: &Deleted, target: Option<&str>) {
    let Deleted { place, author, .. } = deleted;
    let of = id_in(place, deleted.of);
    let channel = names::channel(&place.room);
    let (to, source) = (
        target.unwrap_or(&channel),
        names::source(author.called(), &author.from_id),
    );
    if view.caps.has(Capability::MessageRedaction) {
        let line = tagged(out, view, Some(place), author_of(author), true)
            .source(&source)
            .command("REDACT")
            .word(to)
            .word(&of);
        return match &deleted.reason {
            Some(reason) => line.trailing(reason),
            None => line.end(),
        };
    }
    if view.caps.has(Capability::MessageDelete) {
        return tagged(out, view, Some(place), author_of(author), true)
            .tag("draft/target-msgid", &of)
            .source(&source)
            .command("DELETE")
            .word(to)
            .end();
    }
    let why = deleted.reason.as_ref();
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let text = format!("* {} deleted a message{why}", author.called());
    say(out, view, "NOTICE", place, author, target, &text);
}

/// What a purge had taken back is there again: for those who saw it go, as a sentence.
pub(super) fn restored(
    out: &mut Vec<u8>,
    view: View<'_>,
    restored: &Restored,
    target: Option<&str>,
) {
    let Restored {
        place,
        author,
        body,
        deleted,
        ..
    } = restored;
    if !deleted {
        let text = format!("* {} put a message back: {body}", author.called());
        say(out, view, "NOTICE", place, author, target, &text);
    }
}

/// The name of another event of the same room.
pub(super) fn id_in(place: &Place, seq: u64) -> String {
    let room_id = place.room_id;
    MessageId { room_id, seq }.to_string()
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
    let source = names::source(author.called(), &author.from_id);
    let channel = names::channel(&place.room);
    let target = target.unwrap_or(&channel);
    let overhead = source.len() + target.len() + "NOTICE".len() + 7;
    let Some(line) = text::pieces(text, overhead).next() else {
        return;
    };
    tagged(out, view, Some(place), author_of(author), false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&line.shown());
}

/// How something is said.
struct Saying<'a> {
    command: &'a str,
    /// Where its author's client cut it.
    joints: &'a [u32],
    /// Tags of its author's client.
    tags: Option<&'a BTreeMap<String, String>>,
    /// The message that it answers.
    reply_to: Option<u64>,
}

/// Tags of a message of several lines stand before each of them if they are no longer than this.
const MAX_LIGHT_BYTES: usize = 200;

impl Saying<'_> {
    /// Are its tags so short that they may stand before every line?
    fn is_light(&self) -> bool {
        self.tags.is_none_or(|tags| {
            let bytes = tags.iter().map(|(key, value)| key.len() + value.len());
            bytes.sum::<usize>() <= MAX_LIGHT_BYTES
        })
    }
}

/// A sentence's lines, [`MAX_MESSAGE_LINES`] at most: its msgid stands on the first.
pub(super) fn say(
    out: &mut Vec<u8>,
    view: View<'_>,
    command: &str,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    body: &str,
) {
    let saying = Saying {
        command,
        joints: &[],
        tags: None,
        reply_to: None,
    };
    speak(out, view, &saying, place, author, target, body);
}

/// The lines of what was said: several of them in one batch where the reader knows such
/// (`IRCv3` multiline).
fn speak(
    out: &mut Vec<u8>,
    view: View<'_>,
    saying: &Saying<'_>,
    place: &Place,
    author: &Author,
    target: Option<&str>,
    body: &str,
) {
    let source = names::source(author.called(), &author.from_id);
    let channel;
    let target = if let Some(target) = target {
        target
    } else {
        channel = names::channel(&place.room);
        &channel
    };
    // `:source COMMAND target :` and CR LF.
    let overhead = source.len() + saying.command.len() + target.len() + 7;
    let whole = Lines {
        view,
        saying,
        place,
        author,
        source: &source,
    };
    let mut pieces = text::pieces_at(body, saying.joints, overhead);
    let several = is_several(body, saying.joints, overhead);
    if several && view.caps.has(Capability::Multiline) && view.caps.has(Capability::Batch) {
        let batch = format!("m{}", place.seq);
        whole
            .begin(out, true)
            .command("BATCH")
            .word(&format!("+{batch}"))
            .word("draft/multiline")
            .word(target)
            .end();
        for piece in pieces.by_ref().take(MAX_MESSAGE_LINES) {
            let mut line = Writer::new(&mut *out).tag("batch", &batch);
            if piece.joined && !piece.is_blank() {
                line = line.mark("draft/multiline-concat");
            }
            line.source(&source)
                .command(saying.command)
                .word(target)
                .trailing(&piece.shown());
        }
        Writer::new(&mut *out)
            .source(view.host)
            .command("BATCH")
            .word(&format!("-{batch}"))
            .end();
    } else {
        let shown = pieces.by_ref().filter(|piece| !piece.is_blank());
        for (index, piece) in shown.take(MAX_MESSAGE_LINES).enumerate() {
            whole
                .begin(out, index == 0)
                .command(saying.command)
                .word(target)
                .trailing(&piece.shown());
        }
    }
    let more = match pieces.filter(|piece| !piece.is_blank()).count() {
        0 => return,
        1 => "1 more line of this message is".to_owned(),
        more => format!("{more} more lines of this message are"),
    };
    tagged(out, view, Some(place), author_of(author), false)
        .source(&source)
        .command("NOTICE")
        .word(target)
        .trailing(&format!(
            "* {more} not shown here; any Snug client shows them."
        ));
}

/// What all lines of one message have in common.
struct Lines<'a> {
    view: View<'a>,
    saying: &'a Saying<'a>,
    place: &'a Place,
    author: &'a Author,
    source: &'a str,
}

impl Lines<'_> {
    /// Begins one of them.
    fn begin<'o>(&self, out: &'o mut Vec<u8>, first: bool) -> Writer<'o> {
        let line = tagged(
            out,
            self.view,
            Some(self.place),
            author_of(self.author),
            first,
        );
        let line = if self.author.bot && self.view.caps.has(Capability::MessageTags) {
            // IRCv3 bot-mode, by its name and the one that it had as a draft.
            line.mark("bot").mark("draft/bot")
        } else {
            line
        };
        if first || self.saying.is_light() {
            own_tags(line, self.view, self.saying, self.place).source(self.source)
        } else {
            line.source(self.source)
        }
    }
}

/// Does it take several lines, all of them words? What is done is said in a line of its own.
fn is_several(body: &str, joints: &[u32], overhead: usize) -> bool {
    let mut pieces = text::pieces_at(body, joints, overhead);
    let first_two = (pieces.next(), pieces.next());
    matches!(first_two, (Some(_), Some(_)))
        && !text::pieces_at(body, joints, overhead)
            .take(MAX_MESSAGE_LINES)
            .any(|piece| piece.is_action())
}

/// The tags that came with what was said, and what it answers where they do not tell.
fn own_tags<'a>(
    mut line: Writer<'a>,
    view: View<'_>,
    saying: &Saying<'_>,
    place: &Place,
) -> Writer<'a> {
    if !view.caps.has(Capability::MessageTags) {
        return line;
    }
    let told = |key| saying.tags.is_some_and(|tags| tags.contains_key(key));
    if let Some(of) = saying.reply_to {
        let id = id_in(place, of);
        for key in ["+draft/reply", "+reply"] {
            if !told(key) {
                line = line.tag(key, &id);
            }
        }
    }
    match saying.tags {
        Some(tags) => super::signals::with_tags(line, tags),
        None => line,
    }
}
