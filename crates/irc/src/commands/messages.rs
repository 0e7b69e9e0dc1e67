//! PRIVMSG and NOTICE.

use snug_proto::{Answer, PersonRef, RoomRef, Send};

use super::MAX_TARGETS;
use crate::{
    Capability, Connection,
    connection::{Speech, Then, expected},
    line::{Line, Writer},
    names,
    replies::About,
    text::{Incoming, incoming},
};

impl Connection {
    /// `PRIVMSG <target>{,<target>} :<text>`
    pub(crate) fn privmsg(&mut self, line: &Line<'_>) {
        let Some(targets) = line.param(0) else {
            return self.numeric("411").trailing("No recipient given (PRIVMSG)");
        };
        let Some(text) = line.param(1) else {
            return self.numeric("412").trailing("No text to send");
        };
        if targets.split(',').count() > MAX_TARGETS {
            return self
                .numeric("407")
                .word(targets)
                .trailing("Too many targets; the message was not sent");
        }
        match incoming(text) {
            Incoming::Words(words) => self.speak(Speech::Privmsg, targets, &words),
            Incoming::Ctcp => {
                self.server_notice(None, "CTCP is not passed on here; only ACTION is.");
            }
        }
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
        if let Incoming::Words(words) = incoming(text) {
            self.speak(Speech::Notice, targets, &words);
        }
    }

    fn speak(&mut self, speech: Speech, targets: &str, words: &str) {
        for target in targets.split(',').filter(|target| !target.is_empty()) {
            let room = names::room(target).map(|room| RoomRef::Name(room.to_owned()));
            let person = || PersonRef::Name(names::account(target).to_owned());
            let send = Send {
                manner: None,
                to: room.is_none().then(person),
                room,
                body: words.to_owned(),
                reply_to: None,
                key: None,
            };
            let target = target.to_owned();
            self.ask(send, Then::Send { speech, target });
        }
    }

    pub(crate) fn sent(&mut self, speech: Speech, target: &str, answer: Answer) {
        match (expected!(answer, Sent), speech) {
            (Ok(sent), _) => {
                if !self.caps.has(Capability::EchoMessage) {
                    self.remember_own_send(sent.room_id, sent.seq);
                }
            }
            (Err(refusal), Speech::Privmsg) => {
                self.refuse(&About::target("PRIVMSG", target), &refusal);
            }
            (Err(_), Speech::Notice) => {}
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
