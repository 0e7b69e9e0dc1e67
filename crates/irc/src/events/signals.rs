//! What clients tell each other besides words: tags, who is writing, questions of machines, read markers.

use std::collections::BTreeMap;

use snug_proto::{
    AccountId, Delivery, IsTyping, Marked, Signalled, Tagged, Timestamp, is_tag,
    limits::MAX_TAG_BYTES,
};

use super::{View, account_of, author_of, tagged};
use crate::{Capability, Caps, Connection, Delivered, line::Writer, names, rooms::Kind};

/// A signal as it stands on a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) command: &'a str,
    /// The account; a guest has none.
    pub(crate) from: Option<&'a str>,
    /// What it goes by.
    pub(crate) called: &'a str,
    pub(crate) from_id: AccountId,
    pub(crate) target: &'a str,
    pub(crate) at: Timestamp,
    /// Its name among signals.
    pub(crate) signal: &'a str,
    pub(crate) words: Option<&'a str>,
    pub(crate) machine: bool,
    pub(crate) tags: &'a BTreeMap<String, String>,
}

/// Writes a signal; nothing to a client that does not know tags, if there is nothing else in it.
pub(crate) fn write(out: &mut Vec<u8>, caps: Caps, line: &Line<'_>) {
    let tags = caps.has(Capability::MessageTags);
    if line.words.is_none() && !tags {
        return;
    }
    let mut writer = Writer::new(out);
    if caps.has(Capability::ServerTime) {
        writer = writer.tag("time", &line.at.to_string());
    }
    if tags {
        writer = with_tags(writer.tag("msgid", line.signal), line.tags);
    }
    if let Some(account) = line.from.filter(|_| caps.has(Capability::AccountTag)) {
        writer = writer.tag("account", account);
    }
    let writer = writer
        .source(&names::source(line.called, &line.from_id))
        .command(line.command)
        .word(line.target);
    match line.words {
        Some(words) if line.machine => writer.trailing(&format!("\u{1}{words}\u{1}")),
        Some(words) => writer.trailing(words),
        None => writer.end(),
    }
}

/// Tags of clients, as they came: as many of them as a client could have sent (`IRCv3` message-tags).
pub(super) fn with_tags<'a>(mut line: Writer<'a>, tags: &BTreeMap<String, String>) -> Writer<'a> {
    let mut left = MAX_TAG_BYTES + 1;
    // What could not have been said by any client is not passed on as if it had been, wherever it comes from.
    for (key, value) in tags.iter().filter(|(key, value)| is_tag(key, value)) {
        let escaped = value.bytes().filter(|byte| b"; \\\r\n".contains(byte));
        let bytes = key.len() + value.len() + escaped.count() + usize::from(!value.is_empty()) + 1;
        let Some(rest) = left.checked_sub(bytes) else {
            continue;
        };
        left = rest;
        line = if value.is_empty() {
            line.mark(key)
        } else {
            line.tag(key, value)
        };
    }
    line
}

impl Connection {
    /// Somebody's tags, kept in the log.
    pub(super) fn tagged(
        &mut self,
        delivery: &Delivery,
        tagged: &Tagged,
        own: AccountId,
    ) -> Delivered {
        let place = &tagged.place;
        let by_me = tagged.author.from_id == own;
        let echo = self.caps.has(Capability::EchoMessage);
        if by_me && (!echo || self.labels.is_open()) && self.sends_in_flight() {
            return Delivered::NotYet;
        }
        if !self.is_new(place) {
            return Delivered::Taken;
        }
        if by_me && self.was_own_send(place.room_id, place.seq) {
            if !echo {
                return Delivered::Taken;
            }
            self.labels.relate();
        }
        if place.direct {
            self.write_direct(delivery.event(), place, &tagged.author);
        } else {
            self.write_shared(delivery);
        }
        Delivered::Taken
    }

    pub(super) fn signalled(&mut self, signal: &Signalled, own: AccountId) {
        if signal.direct && signal.machine && self.modes.no_questions {
            return;
        }
        let from = author_of(&signal.author);
        let channel = names::channel(&signal.room);
        let target = match (signal.direct, signal.author.from_id == own) {
            (false, _) if signal.founder => format!("~{channel}"),
            (false, _) if signal.voices => format!("+{channel}"),
            (false, _) if signal.admins => format!("@{channel}"),
            (false, _) => channel,
            (true, true) => self.conversation_nick(signal.room_id, &signal.room),
            (true, false) => self.nick.clone(),
        };
        let command = match &signal.words {
            None => "TAGMSG",
            Some(_) if signal.notice => "NOTICE",
            Some(_) => "PRIVMSG",
        };
        let line = Line {
            command,
            from,
            called: signal.author.called(),
            from_id: signal.author.from_id,
            target: &target,
            at: signal.at,
            signal: &signal.signal,
            words: signal.words.as_deref(),
            machine: signal.machine,
            tags: &signal.tags,
        };
        write(&mut self.out, self.caps, &line);
    }

    /// Somebody is writing (`IRCv3` typing).
    pub(super) fn typing(&mut self, typing: &IsTyping) {
        if !self.caps.has(Capability::MessageTags) {
            return;
        }
        let target = if typing.room.starts_with('@') {
            self.nick.clone()
        } else {
            names::channel(&typing.room)
        };
        let account = account_of(&typing.subject);
        let mut line = Writer::new(&mut self.out).tag("+typing", "active");
        if let Some(account) = account.filter(|_| self.caps.has(Capability::AccountTag)) {
            line = line.tag("account", account);
        }
        line.source(&names::source(
            typing.subject.called(),
            &typing.subject.account,
        ))
        .command("TAGMSG")
        .word(&target)
        .end();
    }

    /// One's read marker moved, on another client (`IRCv3` read-marker).
    pub(super) fn marked(&mut self, marked: &Marked) {
        let (true, Some(until)) = (self.caps.has(Capability::ReadMarker), marked.until) else {
            return;
        };
        let target = match self.rooms.room(marked.room_id) {
            Some(room) if room.kind == Kind::Direct => names::nick(room.called()).into_owned(),
            Some(room) => names::channel(&room.name),
            None => return,
        };
        self.markread_line(&target, Some(until));
    }
}

/// Tags without words.
pub(super) fn tags(out: &mut Vec<u8>, view: View<'_>, event: &Tagged, target: Option<&str>) {
    if !view.caps.has(Capability::MessageTags) {
        return;
    }
    let channel = names::channel(&event.place.room);
    let from = author_of(&event.author);
    with_tags(
        tagged(out, view, Some(&event.place), from, true),
        &event.tags,
    )
    .source(&names::source(event.author.called(), &event.author.from_id))
    .command("TAGMSG")
    .word(target.unwrap_or(&channel))
    .end();
}
