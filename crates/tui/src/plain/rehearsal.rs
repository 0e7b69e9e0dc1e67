//! Plain mode without a terminal and without a server: what it would print. For the fuzz target, which plays
//! a hostile server to it.

use std::{
    net::IpAddr,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use snug_client::{Fingerprint, Link, Update};
use snug_proto::{AccountId, Answer, Event, Pending, People, RequestKind, RoomEntry, Timestamp};

use super::{
    commands::{Around, Ask, Deed, Line, OF_THE_PROGRAM, Output, Question, refusal},
    view::View,
};
use crate::{arguments::Look, find::announced};

/// The moment at which everything is rehearsed.
const NOW: u64 = 1_795_200_060_000;

/// See the module.
pub struct Rehearsal {
    view: View,
}

/// Answers in the place of a server's.
type Answers = Arc<Mutex<dyn FnMut(RequestKind) -> Answer + Send>>;

impl Rehearsal {
    /// Somebody of this id and name has just come in.
    pub fn new(me: AccountId, name: &str) -> Self {
        let look = Look {
            plain: true,
            times: true,
            numbers: true,
        };
        Self {
            view: View::new(look, me, name.to_owned(), Box::new(|_| 3600)),
        }
    }

    /// What the client tells.
    pub fn update(&mut self, update: &Update) -> Vec<String> {
        self.view.update(update)
    }

    /// Who is here at the beginning.
    pub fn begin_with(&mut self, people: &People) -> Vec<String> {
        self.view.begin_with(people)
    }

    /// Events of the past.
    pub fn past(&mut self, events: &[Event]) -> Vec<String> {
        self.view.past(events)
    }

    /// A room one is in.
    pub fn know(&mut self, entry: &RoomEntry) {
        self.view.know(entry);
        self.view.current = Some(entry.room_id);
    }

    /// A line is typed, and what it asks is answered so. Nothing comes of what asks for a password, is done by
    /// the program itself, or is written to a file.
    pub fn typed(
        &mut self,
        line: &str,
        answer: impl FnMut(RequestKind) -> Answer + Send + 'static,
    ) -> Vec<String> {
        let Line::Command(command, words) = Line::parse(line) else {
            return Vec::new();
        };
        if command.name == "export" {
            return Vec::new();
        }
        let now = Timestamp::from_ms(NOW);
        let around = Around {
            here: self.view.current.map(Into::into),
            in_lobby: self.view.is_lobby(self.view.current),
            now,
            offset_s: self.view.offset_s(now),
        };
        let Ok(deed) = command.deed(&words, around) else {
            return Vec::new();
        };
        let answers: Answers = Arc::new(Mutex::new(answer));
        match deed {
            Deed::Ask(question) => self.ask(question, answers),
            Deed::Queued(queued) => match next(&answers, queued.request.kind()) {
                Ok(_done) => Vec::new(),
                Err(refused) => vec![refusal(&refused)],
            },
            Deed::Secret { .. } | Deed::Here(_) => Vec::new(),
        }
    }

    fn ask(&mut self, question: Question, answers: Answers) -> Vec<String> {
        let link = Link::new("snug.test", 7667, Fingerprint::from_bytes([3; 32]));
        let Ok(link) = link else { return Vec::new() };
        let ask = Ask {
            server: Arc::new(move |request| Pending::ready(next(&answers, request.kind()))),
            link,
            name: self.view.name.clone(),
        };
        let asked = pin!(question(ask));
        // Every answer is there already.
        let Poll::Ready(shown) = asked.poll(&mut Context::from_waker(Waker::noop())) else {
            return Vec::new();
        };
        match shown {
            Ok(Output::Lines(lines)) => lines,
            Ok(Output::Viewed(lines)) => lines(&mut self.view),
            Err(trouble) => vec![trouble.line()],
        }
    }

    /// What `snug find` shows of an announcement: the server's name and its link.
    pub fn found(
        fullname: &str,
        fingerprint: &str,
        addresses: &[IpAddr],
        port: u16,
    ) -> Option<(String, Link)> {
        let found = announced(fullname, fingerprint, addresses.iter().copied(), port)?;
        Some((found.name, found.link))
    }

    /// The names of all commands that ask a server.
    pub fn commands() -> Vec<&'static str> {
        let areas = super::commands::AREAS.iter();
        let asking = areas.filter(|area| area.title != OF_THE_PROGRAM);
        asking
            .flat_map(|area| area.commands)
            .map(|command| command.name)
            .collect()
    }
}

fn next(answers: &Answers, kind: RequestKind) -> Answer {
    let mut answer = answers.lock().unwrap_or_else(PoisonError::into_inner);
    answer(kind)
}
