//! PRIVMSG, NOTICE, TAGMSG (`IRCv3` message-tags) and PING.

use std::collections::BTreeMap;

use snug_proto::{
    Answer, ErrorCode, Manner, PersonRef, React, RoomId, RoomRef, Send, Signal, Tag, Typing,
    check_tags, limits::MAX_TAGS,
};

use super::MAX_TARGETS;
use crate::{
    Capability, Connection, MessageId,
    connection::{Speech, Then, expected},
    events::signals,
    line::{Line, MAX_MESSAGE_BYTES, Writer},
    names,
    replies::About,
    text::{Incoming, incoming, without_formatting},
};

/// Before a channel: to those alone who are so much there, or more (STATUSMSG). Nobody is `&` or `%`, so to the
/// founder and to those who keep order.
pub(crate) const STATUS_PREFIXES: [char; 5] = ['~', '&', '@', '%', '+'];

/// Words on their way.
#[derive(Debug, Clone)]
pub(crate) struct Sending {
    pub(crate) speech: Speech,
    pub(crate) target: String,
    /// The same without what they answer: sent if that cannot be answered.
    plain: Option<Send>,
}

/// What is passed on and not kept, on its way.
#[derive(Debug, Clone)]
pub(crate) struct Signalling {
    command: &'static str,
    target: String,
    signal: Signal,
}

impl Connection {
    /// `PRIVMSG <target>{,<target>} :<text>`
    pub(crate) fn privmsg(&mut self, line: &Line<'_>) {
        let Some(targets) = line.param(0) else {
            return self.numeric("411").trailing("No recipient given (PRIVMSG)");
        };
        let Some(text) = line.param(1) else {
            return self.numeric("412").trailing("No text to send");
        };
        if self.too_many_targets(targets) {
            return;
        }
        self.speak(Speech::Privmsg, targets, text, &self.client_tags(line));
    }

    /// `NOTICE <target>{,<target>} :<text>`: a message that is never answered by an error
    /// (RFC 2812 §3.3.2).
    pub(crate) fn notice(&mut self, line: &Line<'_>) {
        let (Some(targets), Some(text)) = (line.param(0), line.param(1)) else {
            return;
        };
        if targets.split(',').count() > MAX_TARGETS {
            return;
        }
        self.speak(Speech::Notice, targets, text, &self.client_tags(line));
    }

    /// `TAGMSG <target>{,<target>}`: nothing but tags. What the session knows the meaning of becomes that,
    /// the rest is passed on.
    pub(crate) fn tagmsg(&mut self, line: &Line<'_>) {
        let Some(targets) = line.param(0) else {
            return self.numeric("411").trailing("No recipient given (TAGMSG)");
        };
        let tags = self.client_tags(line);
        if tags.is_empty() || self.too_many_targets(targets) {
            return;
        }
        for target in targets.split(',').filter(|target| !target.is_empty()) {
            self.tag(target, &tags);
        }
    }

    /// The tags of a line that are for other clients; none for a client that does not know tags.
    pub(crate) fn client_tags(&self, line: &Line<'_>) -> BTreeMap<String, String> {
        if !self.caps.has(Capability::MessageTags) {
            return BTreeMap::new();
        }
        let fits = |key: &str, value: &str| {
            check_tags(&[(key.to_owned(), value.to_owned())].into()).is_ok()
        };
        let tags = line.tags.iter();
        tags.filter(|(key, value)| fits(key, value))
            .take(MAX_TAGS)
            .map(|(key, value)| ((*key).to_owned(), value.clone().into_owned()))
            .collect()
    }

    fn too_many_targets(&mut self, targets: &str) -> bool {
        let many = targets.split(',').count() > MAX_TARGETS;
        if many {
            self.numeric("407")
                .word(targets)
                .trailing("Too many targets; the message was not sent");
        }
        many
    }

    fn speak(
        &mut self,
        speech: Speech,
        targets: &str,
        text: &str,
        tags: &BTreeMap<String, String>,
    ) {
        for target in targets.split(',').filter(|target| !target.is_empty()) {
            if speech == Speech::Privmsg && self.said_to_service(target, text) {
                continue;
            }
            if !self.fits_one_line(speech, target, text) {
                self.numeric("417")
                    .trailing("Those words do not fit into one line with your name before them");
                continue;
            }
            let status = with_status(target);
            match (incoming(text), status) {
                (Incoming::Words(words), None) => {
                    let manner = Manner {
                        notice: speech == Speech::Notice,
                        joints: Vec::new(),
                        tags: tags.clone(),
                    };
                    self.say_to(speech, target, &words, manner);
                }
                (Incoming::Words(words), Some(_)) => {
                    self.signal(speech.command(), target, Some(words.into_owned()), tags);
                }
                (Incoming::Ctcp, _) => {
                    self.signal(speech.command(), target, Some(text.to_owned()), tags);
                }
            }
        }
    }

    /// Would these words reach others in one line, as they were sent? A client that splits long words
    /// leaves room for the name that comes before them (RFC 2812 §2.3).
    fn fits_one_line(&self, speech: Speech, target: &str, text: &str) -> bool {
        let source = self.own_source();
        // `:source COMMAND target :text` and CR LF.
        let around = source.len() + speech.command().len() + target.len() + 7;
        around + text.len() <= MAX_MESSAGE_BYTES
    }

    /// Says something to a channel or a person, as an answer if its tags say to what.
    pub(crate) fn say_to(&mut self, speech: Speech, target: &str, words: &str, manner: Manner) {
        let (room, to) = place_of(target);
        let reply_to = self.answered_by(target, &manner.tags);
        let manner = (!manner.is_plain()).then(|| Box::new(manner));
        let send = Send {
            manner,
            to,
            room,
            body: words.to_owned(),
            reply_to,
            key: None,
        };
        let plain = reply_to.map(|_| Send {
            reply_to: None,
            ..send.clone()
        });
        let target = target.to_owned();
        let sending = Sending {
            speech,
            target,
            plain,
        };
        self.ask(send, Then::Send(Box::new(sending)));
    }

    /// The message there that these tags answer, if it is one of ours.
    fn answered_by(&self, target: &str, tags: &BTreeMap<String, String>) -> Option<u64> {
        let id = tags.get("+draft/reply").or_else(|| tags.get("+reply"))?;
        let id: MessageId = id.parse().ok()?;
        (self.room_called(target) == Some(id.room_id)).then_some(id.seq)
    }

    /// The room behind a channel or a nick, as far as this client has met it.
    pub(crate) fn room_called(&self, target: &str) -> Option<RoomId> {
        match names::room(target) {
            Some(_) => self.channel(target).map(|(room_id, _)| room_id),
            None => self
                .rooms
                .conversation(&names::fold_account(names::account(target))),
        }
    }

    fn tag(&mut self, target: &str, tags: &BTreeMap<String, String>) {
        let (room, to) = place_of(target);
        if let Some(react) = self.reaction(target, tags) {
            return self.ask(react, Then::Tell);
        }
        if tags.get("+typing").is_some_and(|typing| typing == "active") && tags.len() == 1 {
            return self.ask(Typing { room, to }, Then::Tell);
        }
        if tags.contains_key("+draft/persist") {
            let tag = Tag {
                room,
                to,
                tags: tags.clone(),
                key: None,
            };
            let sending = Sending {
                speech: Speech::Tagmsg,
                target: target.to_owned(),
                plain: None,
            };
            return self.ask(tag, Then::Send(Box::new(sending)));
        }
        self.signal("TAGMSG", target, None, tags);
    }

    /// The reaction that these tags put on a message there, or take away (`IRCv3` react).
    fn reaction(&self, target: &str, tags: &BTreeMap<String, String>) -> Option<React> {
        let (emoji, remove) = match (tags.get("+draft/react"), tags.get("+draft/unreact")) {
            (Some(emoji), None) => (emoji, false),
            (None, Some(emoji)) => (emoji, true),
            _ => return None,
        };
        snug_proto::Reaction::parse(emoji)?;
        let seq = self.answered_by(target, tags)?;
        Some(React {
            room: RoomRef::Id(self.room_called(target)?),
            seq,
            emoji: emoji.clone(),
            remove,
            key: None,
        })
    }

    fn signal(
        &mut self,
        command: &'static str,
        target: &str,
        words: Option<String>,
        tags: &BTreeMap<String, String>,
    ) {
        let status = with_status(target);
        let (room, to) = place_of(status.map_or(target, |(_, channel)| channel));
        let status = status.map(|(least, _)| least);
        let inside = words
            .as_deref()
            .and_then(|words| words.strip_prefix('\u{1}'));
        let machine = inside.is_some();
        let inside = inside.map(|inside| inside.strip_suffix('\u{1}').unwrap_or(inside));
        let words = inside
            .map(|inside| without_formatting(inside).into_owned())
            .or(words);
        let signal = Signal {
            room,
            to,
            words,
            machine,
            notice: command == "NOTICE",
            admins: status.is_some(),
            voices: status == Some('+'),
            founder: matches!(status, Some('~' | '&')),
            tags: tags.clone(),
        };
        let signalling = Signalling {
            command,
            target: target.to_owned(),
            signal: signal.clone(),
        };
        self.ask(signal, Then::Signal(Box::new(signalling)));
    }

    pub(crate) fn sent(&mut self, sending: Sending, answer: Answer) {
        let refusal = match expected!(answer, Sent) {
            Ok(sent) => {
                if let (Some(away), Speech::Privmsg) = (&sent.away, sending.speech) {
                    let nick = self.conversation_nick(sent.room_id, &sent.room);
                    self.numeric("301").word(&nick).trailing(away);
                }
                let to_myself = sent.room.strip_prefix('@') == self.own_account();
                if !self.caps.has(Capability::EchoMessage) || to_myself || self.labels.is_open() {
                    self.remember_own_send(sent.room_id, sent.seq);
                }
                return;
            }
            Err(refusal) => refusal,
        };
        let unanswerable = matches!(refusal.code, ErrorCode::UnknownEvent | ErrorCode::Gone);
        if let (true, Some(plain)) = (unanswerable, sending.plain) {
            let again = Sending {
                plain: None,
                ..sending
            };
            return self.ask_next(plain, Then::Send(Box::new(again)));
        }
        if refusal.code == ErrorCode::NotAccepting && self.is_guest() {
            if sending.speech != Speech::Notice {
                // ERR_NEEDREGGEDNICK: a guest may be heard with an account, and no other could say why not.
                self.numeric("477")
                    .word(&sending.target)
                    .trailing(&refusal.text);
            }
            return;
        }
        if sending.speech != Speech::Notice {
            let about = About::target(sending.speech.command(), &sending.target);
            self.refuse(&about, &refusal);
        }
    }

    /// What was passed on is echoed from its answer: the session itself tells this client nothing of it.
    pub(crate) fn signal_sent(&mut self, signalling: &Signalling, answer: Answer) {
        let Signalling {
            command,
            target,
            signal,
        } = signalling;
        let sent = match expected!(answer, SignalSent) {
            Ok(sent) => sent,
            Err(_) if *command == "NOTICE" => return,
            Err(refusal) => return self.refuse(&About::target(command, target), &refusal),
        };
        let to_myself = sent.room.strip_prefix('@') == self.own_account();
        let own = self.own_account().unwrap_or_default().to_owned();
        let account = (!self.is_guest()).then_some(own.as_str());
        let called = self.own_name().to_owned();
        let line = |connection: &mut Self| {
            let from_id = connection.own_id();
            let line = signals::Line {
                command,
                from: account,
                called: &called,
                from_id,
                target,
                at: sent.at,
                signal: &sent.signal,
                words: signal.words.as_deref(),
                machine: signal.machine,
                tags: &signal.tags,
            };
            signals::write(&mut connection.out, connection.caps, &line);
        };
        if self.caps.has(Capability::EchoMessage) {
            line(self);
        }
        if to_myself {
            // The delivery is not the answer: it has no label (IRCv3 labeled-response).
            self.unlabelled(line);
        }
    }

    /// The answer to what nobody needs to hear the end of: a reaction, or that one is typing.
    pub(crate) fn told(&mut self, answer: Answer) {
        if let Err(refusal) = answer {
            self.refuse(&About::command("TAGMSG"), &refusal);
        }
    }

    /// `PING <token>`: answered when all that was asked for before is done.
    pub(crate) fn ping(&mut self, line: &Line<'_>) {
        let Some(token) = line.params.first().copied() else {
            return self.need_more_params("PING");
        };
        if token.is_empty() {
            return self.numeric("409").trailing("No origin specified");
        }
        if self.me.is_none() {
            return self.pong(token);
        }
        let token = token.to_owned();
        self.ask(snug_proto::Ping {}, Then::Pong { token });
    }

    pub(crate) fn pong(&mut self, token: &str) {
        let (host, _, out) = self.reply_parts();
        Writer::new(out)
            .source(host)
            .command("PONG")
            .word(host)
            .trailing(token);
    }
}

impl Speech {
    /// The command that it comes by.
    pub(crate) const fn command(self) -> &'static str {
        match self {
            Self::Privmsg => "PRIVMSG",
            Self::Notice => "NOTICE",
            Self::Tagmsg => "TAGMSG",
        }
    }
}

/// Whom alone of a channel a target means, and the channel.
fn with_status(target: &str) -> Option<(char, &str)> {
    let least = target.chars().next()?;
    let channel = target.strip_prefix(STATUS_PREFIXES)?;
    names::room(channel).map(|_| (least, channel))
}

/// The room or the person that a target means.
pub(crate) fn place_of(target: &str) -> (Option<RoomRef>, Option<PersonRef>) {
    match names::room(target) {
        Some(room) => (Some(RoomRef::Name(room.to_owned())), None),
        None => (
            None,
            Some(PersonRef::Name(names::account(target).to_owned())),
        ),
    }
}

/// The same as a room: the conversation with a person is one.
pub(crate) fn room_of(target: &str) -> RoomRef {
    match place_of(target) {
        (Some(room), _) => room,
        (None, to) => RoomRef::Direct(to.unwrap_or_else(|| PersonRef::Name(target.to_owned()))),
    }
}
