//! After the commit: what was appended goes to the readers' outboxes, then the sender hears that it is in
//! the log. A stale append is decided again; a failed one drops the view it was decided on.

use std::sync::Arc;

use snug_proto::{
    AccountId, Answering, Body, Delivery, Done, Entered, ErrorCode, Event, Refusal, RoomAdded,
    Secret, Sent, Timestamp,
};
use snug_rules::{Content, Entry, Target, TargetKind};
use snug_store::{Append, AppendRefused, Appended, StoredEvent};

use crate::{
    engine::Engine,
    person::Person,
    room::{Act, Key, Position, Reader, Room, State, Submission},
    session::{Core, Flight},
    storage::{AppendEnd, StoreFault},
};

/// What is owed for an append that is on its way.
pub(crate) struct Ticket {
    pub(crate) room: Arc<Room>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) flight: Flight,
    pub(crate) person: Arc<Person>,
    pub(crate) answering: Answering,
    pub(crate) key: Option<Key>,
    /// What a second decision needs and the entry does not say.
    password: Option<Secret>,
    target: Option<Target>,
}

/// A commit that waits until the events before it are published.
pub(crate) struct Held {
    pub(crate) entry: Entry,
    pub(crate) ticket: Ticket,
    pub(crate) stored: (u64, Timestamp, u64),
}

impl Ticket {
    /// The ticket of a submission that was decided.
    pub(crate) fn new(room: &Arc<Room>, engine: &Arc<Engine>, submission: Submission) -> Self {
        let (password, target) = match submission.act {
            Act::Join(password) => (password, None),
            Act::Edit(target, _) | Act::Delete(target) => (None, Some(target)),
            Act::Leave | Act::Send(_) => (None, None),
        };
        Self {
            room: Arc::clone(room),
            engine: Arc::clone(engine),
            flight: submission.flight,
            person: submission.person,
            answering: submission.answering,
            key: submission.key,
            password,
            target,
        }
    }

    /// Honours the ticket: called in the order of commits, by the one publisher.
    pub(crate) fn settle(self, append: Append, end: AppendEnd) {
        let room = Arc::clone(&self.room);
        let engine = Arc::clone(&self.engine);
        let mut state = room.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        match end {
            AppendEnd::Done(Ok(Appended::New { seq, at, messages })) => {
                state.arrived(self, append.entry, (seq, at, messages));
            }
            AppendEnd::Done(Ok(Appended::Again(used))) => {
                state.not_appended(&append.entry);
                let label = state.label(&engine, &self.person);
                Engine::answer_used_key((room.id, label), used, self.answering);
            }
            AppendEnd::Done(Err(AppendRefused::Stale)) => {
                state.view = None;
                state.waiting.push(self.again(append.entry));
            }
            AppendEnd::Done(Err(AppendRefused::KeyReused)) => {
                state.not_appended(&append.entry);
                self.answering.answer(Err(ErrorCode::KeyReused.into()));
            }
            AppendEnd::Done(Err(AppendRefused::Gone)) => {
                state.not_appended(&append.entry);
                self.answering.answer(Err(ErrorCode::Gone.into()));
            }
            AppendEnd::Failed(fault) => {
                state.view = None;
                self.answering.answer(Err(fault_refusal(fault)));
            }
        }
        let wanted = !state.waiting.is_empty() || !state.load_waiters.is_empty();
        let load = wanted && state.view.is_none() && state.in_flight == 0;
        drop(state);
        if load {
            room.load(&engine);
        }
    }

    /// The submission that led here, to be decided once more.
    fn again(self, entry: Entry) -> Submission {
        let target = |of| {
            let own = Target {
                seq: of,
                author: entry.actor,
                kind: TargetKind::Message,
            };
            self.target.unwrap_or(own)
        };
        let act = match entry.content {
            Content::Message { body, .. } => send_again(body),
            Content::Joined => Act::Join(self.password),
            Content::Left => Act::Leave,
            Content::Edited { of, body, .. } => match send_again(body) {
                Act::Send(body) => Act::Edit(target(of), body),
                other => other,
            },
            Content::Deleted { of } => Act::Delete(target(of)),
        };
        Submission {
            flight: self.flight,
            person: self.person,
            act,
            key: self.key,
            answering: self.answering,
        }
    }
}

/// Words that were fit once are fit again; were they not, leaving them out would be wrong too.
fn send_again(body: String) -> Act {
    Body::parse(body).map_or(Act::Leave, Act::Send)
}

/// How a failed commit is told.
fn fault_refusal(fault: StoreFault) -> Refusal {
    match fault {
        StoreFault::Full => ErrorCode::StorageFull.into(),
        StoreFault::Failed => ErrorCode::StorageFailed.into(),
    }
}

impl State {
    /// An entry is not in the log after all: a view that it changed must go.
    fn not_appended(&mut self, entry: &Entry) {
        if entry.content.changes_rules() {
            self.view = None;
        }
    }

    /// A commit came back with its number: published now, or once what is missing before it is.
    fn arrived(&mut self, ticket: Ticket, entry: Entry, stored: (u64, Timestamp, u64)) {
        if self.is_ram() {
            self.remember(ticket, entry);
            return;
        }
        let next = self.head.map_or(stored.0, |head| head.seq + 1);
        if self.held.is_empty() && stored.0 == next {
            self.finish(ticket, entry, stored);
            return;
        }
        let engine = Arc::clone(&ticket.engine);
        let room = Arc::clone(&ticket.room);
        self.held.push(Held {
            entry,
            ticket,
            stored,
        });
        if self.held.len() == 1 {
            let task = Arc::clone(&engine);
            engine.spawn(async move { crate::refill::refill(&task, &room).await });
        }
    }

    /// Publishes an entry and answers its sender.
    pub(crate) fn finish(
        &mut self,
        ticket: Ticket,
        entry: Entry,
        (seq, at, messages): (u64, Timestamp, u64),
    ) {
        self.committed(&entry, seq);
        let what = match entry.content {
            Content::Joined => Asked::Joining,
            Content::Left => Asked::Leaving,
            _ => Asked::Saying,
        };
        let actor = entry.actor;
        let event = StoredEvent {
            seq,
            at,
            messages,
            actor,
            content: entry.content,
        };
        self.publish(&ticket.engine, &ticket.room, &ticket.person, event);
        let answer = match what {
            Asked::Joining => self
                .entry_for(&ticket.engine, ticket.room.id, &ticket.person, seq, 0)
                .map(|entry| Entered { entry }.into()),
            Asked::Leaving => Ok(Done {}.into()),
            Asked::Saying => {
                let room = self.label(&ticket.engine, &ticket.person);
                Ok(Sent {
                    room,
                    room_id: ticket.room.id,
                    seq,
                    at,
                }
                .into())
            }
        };
        ticket.answering.answer(answer);
    }

    /// Hands a committed event to this node's readers.
    pub(crate) fn publish(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        author: &Arc<Person>,
        event: StoredEvent,
    ) {
        if let Some(head) = &mut self.head {
            head.seq = event.seq;
            head.messages = event.messages;
            head.at = event.at;
        }
        if event.content == Content::Joined {
            self.let_in(engine, room, author, event.seq);
        }
        let left = (event.content == Content::Left).then_some(event.actor);
        let seq = event.seq;
        let delivery = self.for_readers(engine, room.id, author, event);
        self.deliver(room, seq, &delivery);
        if let Some(who) = left {
            self.let_out(room, &who);
        }
    }

    /// All sessions of one who joined hear the room from the joining on.
    pub(crate) fn let_in(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        who: &Arc<Person>,
        seq: u64,
    ) {
        let Ok(entry) = self.entry_for(engine, room.id, who, seq, 0) else {
            return;
        };
        let added = Arc::new(Delivery::new(Event::RoomAdded(RoomAdded { entry })));
        for core in engine.online.sessions_of(&who.id) {
            if self.hears(&core) {
                continue;
            }
            // A full outbox loses the announcement, not the events: those are read from the log.
            let _full = core.outbox.push(&added);
            core.attached(room);
            let account = who.id;
            self.readers.push(Reader {
                core,
                account,
                position: Position::Live,
            });
        }
    }

    /// No session of one who left hears it any more (R12).
    fn let_out(&mut self, room: &Arc<Room>, who: &AccountId) {
        self.readers.retain(|reader| {
            let stays = reader.account != *who;
            if !stays {
                reader.core.detached(room);
            }
            stays
        });
    }

    /// Does this session hear the room already?
    pub(crate) fn hears(&self, core: &Arc<Core>) -> bool {
        self.readers
            .iter()
            .any(|reader| Arc::ptr_eq(&reader.core, core))
    }
}

/// What kind of answer an append is owed.
enum Asked {
    Joining,
    Leaving,
    Saying,
}
