//! What a typed line sets going.

use std::sync::Arc;

use snug_proto::{ErrorCode, Secret, Send, limits::MAX_BODY_BYTES};
use zeroize::Zeroizing;

use super::{Chat, Done};
use crate::{
    plain::{
        commands::{
            Around, Ask, Command, Deed, Line, Misuse, Output, Queued, Then, Trouble, go_to, help,
        },
        moment,
    },
    sanitize,
};

const NO_ROOM: &str =
    "!! You are in no room. /room lobby goes to the lobby, /rooms lists them all.";

/// Words that did not go out, so that they are not lost.
pub(super) fn not_sent(words: &str) -> String {
    const SHOWN: usize = 300;
    let shown: String = words.chars().take(SHOWN).collect();
    let more = if shown.len() < words.len() { "…" } else { "" };
    format!("-- not sent: {}{more}", sanitize::line(&shown))
}

impl Chat {
    /// Begins with as many of the typed lines as can be begun now.
    pub(super) fn work_off(&mut self) {
        // Before the greeting there is no room to say anything in.
        while self.greeted && self.blocked_on.is_none() && self.jobs.is_empty() {
            let lines = if let Some(held) = self.held.take() {
                self.perform(held)
            } else if let Some(line) = self.backlog.pop_front() {
                self.start(&line)
            } else {
                return;
            };
            if !lines.is_empty() {
                // By way of a job, so that all printing happens in one place.
                self.jobs.spawn(async { Done::Shown(Output::Lines(lines)) });
            }
            if self.held.is_some() {
                return;
            }
        }
    }

    fn start(&mut self, line: &Zeroizing<String>) -> Vec<String> {
        if let Some(follows) = self.wanted.take() {
            self.terminal.hide(false);
            if line.is_empty() {
                return vec!["-- given up".to_owned()];
            }
            return self.perform(follows(Secret::from(line.as_str())));
        }
        match Line::parse(line) {
            Line::Nothing => Vec::new(),
            Line::Say(words) => self.say(words),
            Line::Command(command, words) => self.command(command, &words),
            Line::Unknown(name) if self.view.room_named(&name).is_some() => {
                go_to(&mut self.view, &name)
            }
            Line::Unknown(name) => vec![help::unknown(&name)],
        }
    }

    fn say(&mut self, words: String) -> Vec<String> {
        let Some(room) = self.view.current else {
            return vec![NO_ROOM.to_owned()];
        };
        let send = Send {
            manner: None,
            room: Some(room.into()),
            to: None,
            body: words.clone(),
            reply_to: None,
            key: None,
        };
        self.perform(Deed::Queued(Queued {
            request: send.into(),
            then: Then::Words(words),
        }))
    }

    fn command(&mut self, command: &'static Command, words: &str) -> Vec<String> {
        let now = moment::now();
        let around = Around {
            here: self.view.current.map(Into::into),
            in_lobby: self.view.is_lobby(self.view.current),
            now,
            offset_s: self.view.offset_s(now),
        };
        match command.deed(words, around) {
            Ok(deed) => self.perform(deed),
            Err(Misuse::Usage) => vec![format!("-- it is used so: {}", command.usage)],
            Err(Misuse::NoRoom) => vec![NO_ROOM.to_owned()],
            Err(Misuse::Say(sentence)) => vec![format!("!! {sentence}")],
        }
    }

    /// Does it, or holds it until it can be done.
    pub(super) fn perform(&mut self, deed: Deed) -> Vec<String> {
        match deed {
            Deed::Here(deed) => deed(self),
            Deed::Secret { what, then } => {
                self.wanted = Some(then);
                self.terminal.hide(true);
                vec![format!(
                    "-- {what}; type it now (it is not shown), or just Enter to give up"
                )]
            }
            Deed::Queued(queued) => self.queue(queued),
            Deed::Ask(_) if !self.view.is_online() => {
                let text = "There is no connection just now. It is being tried again by itself.";
                vec![Trouble::Said(text.to_owned()).line()]
            }
            // What is asked past the queue waits until the queue is empty, so that it sees what was
            // said before it.
            question @ Deed::Ask(_) if !self.waiting.is_empty() => {
                self.held = Some(question);
                Vec::new()
            }
            Deed::Ask(question) => {
                let client = self.client.clone();
                let answer = question(Ask {
                    server: Arc::new(move |request| client.request(request)),
                    link: self.server.link.clone(),
                    name: self.view.name.clone(),
                });
                self.jobs.spawn(async {
                    let output = answer.await;
                    Done::Shown(output.unwrap_or_else(|why| Output::Lines(vec![why.line()])))
                });
                Vec::new()
            }
        }
    }

    fn queue(&mut self, queued: Queued) -> Vec<String> {
        let Queued { request, then } = queued;
        if let Then::Words(words) = &then
            && words.len() > MAX_BODY_BYTES
        {
            let text = ErrorCode::BodyTooLong.sentence();
            return vec![format!("!! {text}"), not_sent(words)];
        }
        let Ok(id) = self.client.submit(request.clone()) else {
            // A thousand wait already.
            self.held = Some(Deed::Queued(Queued { request, then }));
            return Vec::new();
        };
        let online = self.view.is_online();
        let kept = match &then {
            _ if online => None,
            Then::Words(_) => Some("-- kept; it is sent when the connection is back"),
            Then::Other => Some("-- kept; it is done when the connection is back"),
            Then::Enter(_) | Then::First => Some(
                "-- kept; it is done when the connection is back, and what you type after it waits \
                 for that",
            ),
        };
        if matches!(then, Then::Enter(_) | Then::First) {
            self.blocked_on = Some(id);
        }
        self.waiting.insert(id, then);
        kept.map(str::to_owned).into_iter().collect()
    }
}
