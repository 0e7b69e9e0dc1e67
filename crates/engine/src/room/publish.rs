//! After the commit: what was appended goes to the readers' outboxes, then the sender hears that it is in
//! the log. A stale append is decided again; a failed one drops the view it was decided on.

use std::sync::Arc;

use snug_proto::{
    AccountId, Answer, Answering, Body, Delivery, Done, Entered, ErrorCode, Event, Quote, Reaction,
    Refusal, Role, RoomAdded, Secret, Sent, Timestamp, limits::MAX_PRESENCE_MEMBERS,
};
use snug_rules::{About, Addressed, Authority, Content, Entry, Stay, Target, TargetKind};
use snug_store::{Append, AppendRefused, Appended, StoredEvent};

use crate::{
    engine::Engine,
    person::Person,
    reach::Unreached,
    room::apart::Apart,
    room::newest::Keeping,
    room::order::Told,
    room::quote::Quoting,
    room::telling::{Haste, Telling},
    room::{Act, Aside, Key, Ordered, Position, Reacting, Reader, Room, State, Submission, Way},
    session::{Core, Flight},
    storage::{AppendEnd, StoreFault},
};

/// Decisions that proved stale before the sender is told to try again later. One is usual where several
/// nodes change a room at once.
pub(crate) const MAX_TRIES: u8 = 100;

/// What is owed for an append that is on its way.
pub(crate) struct Ticket {
    pub(crate) room: Arc<Room>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) flight: Option<Flight>,
    pub(crate) person: Arc<Person>,
    pub(crate) answering: Answering,
    pub(crate) key: Option<Key>,
    /// What a second decision needs and the entry does not say.
    password: Option<Secret>,
    target: Option<Target>,
    /// What the event refers to.
    pub(super) quoting: Option<Box<Quoting>>,
    ordered: Option<Box<Ordered>>,
    apart: Apart,
    tries: u8,
}

/// An append, what is owed for it, and what it came to.
pub(crate) type Settled = (Append, Ticket, AppendEnd);

/// A commit that waits until the events before it are published.
pub(crate) struct Held {
    pub(crate) entry: Entry,
    pub(crate) ticket: Ticket,
    pub(crate) stored: (u64, Timestamp, u64),
}

impl Ticket {
    /// The ticket of a submission that was decided.
    pub(crate) fn new(room: &Arc<Room>, engine: &Arc<Engine>, submission: Submission) -> Self {
        let mut apart = Apart::default();
        let (password, target, quoting, ordered) = match submission.act {
            Act::Join(password) => (password, None, None, None),
            Act::Edit(target, _)
            | Act::Delete(target, _)
            | Act::Purge(target, _)
            | Act::Restore(target, _) => (None, Some(target), None, None),
            Act::Leave(_) | Act::Tag(_) | Act::Send(_, None) => (None, None, None, None),
            Act::Send(_, Some(aside)) => {
                apart = aside.apart;
                (None, aside.addressed.reply_to, aside.quoting, None)
            }
            Act::React(reacting) => {
                apart = reacting.apart;
                (None, Some(reacting.target), reacting.quoting, None)
            }
            Act::Order(ordered) => (None, None, None, Some(ordered)),
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
            quoting,
            ordered,
            apart,
            tries: submission.tries,
        }
    }

    /// Honours tickets of one room: called in the order of commits, by the one publisher. Gives the readers that
    /// are still to be reached.
    pub(crate) fn settle_together(together: Vec<Settled>) -> Unreached {
        let Some((_, first, _)) = together.first() else {
            return Unreached::default();
        };
        let (room, engine) = (Arc::clone(&first.room), Arc::clone(&first.engine));
        room.begin_publishing();
        let mut state = room.state();
        room.publisher_sees(&state);
        let mut said = Vec::new();
        for (append, ticket, end) in together {
            state.in_flight = state.in_flight.saturating_sub(1);
            match end {
                AppendEnd::Done(Ok(Appended::New { seq, at, messages }))
                    if is_message(&append.entry) && state.is_next(seq) =>
                {
                    said.push(state.said(ticket, append.entry, (seq, at, messages)));
                }
                end => {
                    // What changes who hears the room, or is answered, comes after what was said before it.
                    state.tell_said(&room, std::mem::take(&mut said));
                    ticket.settle(&mut state, append, end);
                }
            }
        }
        state.tell_said(&room, said);
        state.settle_in_memory();
        let load = state.wants_load();
        let unreached = state.unlock();
        if load {
            room.load(&engine);
        }
        room.end_publishing(&engine);
        unreached
    }

    fn settle(self, state: &mut State, append: Append, end: AppendEnd) {
        let drops_view = match &end {
            AppendEnd::Done(Ok(Appended::New { .. })) => false,
            AppendEnd::Done(Err(AppendRefused::Stale)) | AppendEnd::Failed(_) => true,
            // It is not in the log after all: a view that it changed must go.
            AppendEnd::Done(_) => append.entry.content.changes_rules(),
        };
        if drops_view {
            state.drop_view();
            // Whoever has the answer does not find it loaded.
            self.room.publisher_sees(state);
        }
        match end {
            AppendEnd::Done(Ok(Appended::New { seq, at, messages })) => {
                if let Some(log) = append.begin_log {
                    let content = &append.entry.content;
                    state.begin_log(&self.engine, &self.room, content, (log, seq));
                }
                state.arrived(self, append.entry, (seq, at, messages));
            }
            AppendEnd::Done(Ok(Appended::Again(used))) => {
                let label = state.label(&self.engine, &self.person);
                let answer = crate::handle::retry::answer_of((self.room.id, label), used);
                self.answering.answer(Ok(answer));
            }
            AppendEnd::Done(Err(AppendRefused::Stale)) => {
                let again = self.again(append.entry);
                if again.tries > MAX_TRIES {
                    again.answering.answer(Err(ErrorCode::Busy.into()));
                } else {
                    state.stale.push(again);
                }
            }
            AppendEnd::Done(Err(AppendRefused::KeyReused)) => {
                self.answering.answer(Err(ErrorCode::KeyReused.into()));
            }
            AppendEnd::Done(Err(AppendRefused::Gone)) => {
                self.answering.answer(Err(ErrorCode::Gone.into()));
            }
            AppendEnd::Done(Err(AppendRefused::TooMany)) => {
                self.answering.answer(Err(too_many_reactions()));
            }
            AppendEnd::Done(Err(AppendRefused::Unchanged)) => {
                self.answering.answer(Err(no_such_reaction()));
            }
            AppendEnd::Done(Err(AppendRefused::NameTaken)) => {
                self.answering.answer(Err(ErrorCode::NameTaken.into()));
            }
            AppendEnd::Failed(fault) => {
                self.answering.answer(Err(fault_refusal(fault)));
            }
        }
    }

    /// The submission that led here, to be decided once more.
    pub(crate) fn again(self, entry: Entry) -> Submission {
        let target = |of| {
            let own = Target {
                seq: of,
                author: entry.actor,
                kind: TargetKind::Message,
            };
            self.target.unwrap_or(own)
        };
        let act = match entry.content {
            Content::Message { body, about, .. } => match send_again(body) {
                Act::Send(body, _) if about != About::default() => {
                    let addressed = Addressed {
                        reply_to: self.target,
                        names: Vec::new(),
                        // Bounded as they were the first time, however many there are of them.
                        groups: about.mentions,
                        manner: about.manner,
                    };
                    let aside = Aside {
                        addressed,
                        apart: self.apart,
                        quoting: self.quoting,
                    };
                    Act::Send(body, Some(Box::new(aside)))
                }
                other => other,
            },
            Content::Reacted { of, emoji } => {
                react_again(target(of), &emoji, Way::On, (self.apart, self.quoting))
            }
            Content::Unreacted { of, emoji } => {
                react_again(target(of), &emoji, Way::Off, (self.apart, None))
            }
            Content::Joined => Act::Join(self.password),
            Content::Left { reason } => Act::Leave(reason),
            Content::Edited { of, body, .. } => match send_again(body) {
                Act::Send(body, _) => Act::Edit(target(of), body),
                other => other,
            },
            Content::Deleted { of, reason, by } => match by {
                Authority::Room => Act::Delete(target(of), reason),
                Authority::Server => Act::Purge(target(of), reason),
            },
            Content::Restored { of, body, .. } => match send_again(body) {
                Act::Send(body, _) => Act::Restore(target(of), body),
                other => other,
            },
            Content::Tagged { tags } => Act::Tag(tags),
            Content::Changed { .. } => Act::Order(
                self.ordered
                    .unwrap_or_else(|| Box::new(Ordered::pass_on(Vec::new()))),
            ),
        };
        Submission {
            flight: self.flight,
            person: self.person,
            act,
            key: self.key,
            answering: self.answering,
            tries: self.tries.saturating_add(1),
        }
    }
}

pub(super) const fn is_message(entry: &Entry) -> bool {
    matches!(entry.content, Content::Message { .. })
}

/// An entry that was stored under this number, at this time, with so many messages up to it.
pub(super) fn event_of(entry: Entry, (seq, at, messages): (u64, Timestamp, u64)) -> StoredEvent {
    StoredEvent {
        seq,
        at,
        messages,
        actor: entry.actor,
        content: entry.content,
    }
}

/// Words that were fit once are fit again; were they not, leaving them out would be wrong too.
fn send_again(body: String) -> Act {
    Body::parse(body).map_or(Act::Leave(None), |body| Act::Send(body, None))
}

/// The same for a reaction.
fn react_again(
    target: Target,
    emoji: &str,
    way: Way,
    (apart, quoting): (Apart, Option<Box<Quoting>>),
) -> Act {
    Reaction::parse(emoji).map_or(Act::Leave(None), |reaction| {
        Act::React(Box::new(Reacting {
            target,
            reaction,
            way,
            apart,
            quoting,
        }))
    })
}

/// A message has as many different reactions as it may have.
pub(crate) fn too_many_reactions() -> Refusal {
    let text = "That message has as many different reactions as fit. Use one that is there.";
    Refusal::with_text(ErrorCode::TooMany, text)
}

/// There is no such reaction by this account.
pub(crate) fn no_such_reaction() -> Refusal {
    let text = "You have put no such reaction on that message.";
    Refusal::with_text(ErrorCode::UnknownEvent, text)
}

/// How a failed commit is told.
fn fault_refusal(fault: StoreFault) -> Refusal {
    match fault {
        StoreFault::Full => ErrorCode::StorageFull.into(),
        StoreFault::Failed => ErrorCode::StorageFailed.into(),
    }
}

impl State {
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
            engine.spawn(async move { crate::room::refill::refill(&task, &room).await });
        }
    }

    /// Publishes an entry and answers its sender.
    pub(crate) fn finish(
        &mut self,
        mut ticket: Ticket,
        entry: Entry,
        stored: (u64, Timestamp, u64),
    ) {
        if is_message(&entry) {
            let room = Arc::clone(&ticket.room);
            let said = self.said(ticket, entry, stored);
            return self.tell_said(&room, vec![said]);
        }
        let (seq, at, _) = stored;
        self.committed(&entry, seq);
        let what = match entry.content {
            Content::Joined => Asked::Joining,
            Content::Left { .. } => Asked::Leaving,
            _ => Asked::Doing,
        };
        let event = event_of(entry, stored);
        let quote = self.quote_now(&ticket.engine, &event.content, ticket.quoting.take());
        let told = self.publish(&ticket.engine, &ticket.room, &ticket.person, event, quote);
        let answer = match what {
            Asked::Joining => self
                .entry_for(&ticket.engine, ticket.room.id, &ticket.person, seq, 0)
                .map(|entry| Entered { entry }.into()),
            Asked::Leaving => Ok(Done {}.into()),
            Asked::Doing => Ok(Sent {
                room: self.label(&ticket.engine, &ticket.person),
                room_id: ticket.room.id,
                seq,
                at,
                away: None,
            }
            .into()),
        };
        if let Some(told) = told {
            let answered = (ticket.answering, answer, ticket.flight);
            ticket
                .engine
                .tell_outside(&ticket.person, told, Some(answered));
            return;
        }
        self.answer(ticket, answer);
    }

    pub(super) fn answer(&mut self, ticket: Ticket, answer: Answer) {
        let waker = ticket.answering.answer_unheard(answer);
        match (&ticket.flight, waker) {
            // It most likely is a reader too, and what it reads is written with the answer.
            (Some(flight), Some(waker)) => self.unreached.add_asker(flight.core(), waker),
            (None, Some(waker)) => waker.wake(),
            (_, None) => {}
        }
    }

    /// This event is the newest that was published.
    pub(super) fn is_published(&mut self, event: &StoredEvent) {
        if let Some(head) = &mut self.head {
            head.seq = event.seq;
            head.messages = event.messages;
            head.at = event.at;
        }
    }

    /// Hands a committed event to this node's readers. Who is to be told besides.
    pub(crate) fn publish(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        author: &Arc<Person>,
        event: StoredEvent,
        quote: Option<Quote>,
    ) -> Option<Told> {
        self.is_published(&event);
        if event.content == Content::Joined {
            self.let_in(engine, room, author, event.seq);
        }
        let left = match &event.content {
            Content::Left { .. } => Some(event.actor),
            Content::Changed { change, .. } => {
                self.changed(engine, room, change, (event.actor, event.at));
                Self::note_guest(engine, room.id, change, event.actor);
                change.removes()
            }
            _ => None,
        };
        self.note_in_rolls(engine, &event);
        let orphaned = self.may_be_orphaned(&event, left);
        engine.was_said(self.view.as_ref(), author, &event);
        let told = self.told_outside(room, author, &event);
        let joined = event.content == Content::Joined;
        let crosses = joined || matches!(event.content, Content::Left { .. });
        let seq = event.seq;
        let keeping = Keeping::of(&event.content);
        if let Content::Deleted { of, .. } = event.content {
            self.blanked.note(seq, of);
        }
        let delivery = self.for_readers_of(engine, room, author, event, quote);
        let haste = if crosses && self.readers.len() > MAX_PRESENCE_MEMBERS {
            self.tell_soon(engine, room);
            Haste::Gathered
        } else {
            Haste::AtOnce
        };
        let telling = Telling {
            seq,
            author: author.id,
            delivery,
            keeping,
            haste,
            mark: None,
        };
        self.tell_readers(room, vec![telling]);
        if joined && let Some(text) = engine.online.away_of(&author.id) {
            self.tell_away(author, text);
        }
        if let Some(who) = left {
            self.let_out(room, &who);
        }
        let passed =
            |view: &snug_rules::RoomView| view.stay == Stay::Passes && view.members.is_empty();
        if left.is_some() && self.view.as_ref().is_some_and(passed) {
            engine.vanish(room.id);
        } else if orphaned {
            // Nothing is written, nor kept in the audit log, in the name of a guest who goes (A9).
            let by = (author.role != Role::Guest).then(|| Arc::clone(author));
            engine.pass_on(room, by);
        }
        told
    }

    /// All sessions of one who is a member now hear the room after `after`: live, or from the log if more
    /// was said already.
    pub(crate) fn let_in(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        who: &Arc<Person>,
        after: u64,
    ) {
        let messages = self.head.map_or(0, |head| head.messages);
        // What was said before a joining is not unread; in a new conversation everything is.
        let unread = if after == 0 { messages } else { 0 };
        let Ok(entry) = self.entry_for(engine, room.id, who, after, unread) else {
            return;
        };
        let added = Arc::new(Delivery::new(Event::RoomAdded(RoomAdded {
            entry: Box::new(entry),
        })));
        for core in engine.online.sessions_of(&who.id) {
            if !self.readers.contains_key(&core.number) {
                // A full outbox loses the announcement, not the events: those are read from the log.
                let _full = core.outbox.push(&added);
                self.attach(room, &core, who.id, after);
            }
        }
    }

    /// Lets a session hear the room after `after`.
    pub(crate) fn attach(
        &mut self,
        room: &Arc<Room>,
        core: &Arc<Core>,
        account: AccountId,
        after: u64,
    ) {
        let missed = self.head.is_some_and(|head| head.seq > after);
        let position = if missed {
            Position::Behind(after)
        } else {
            Position::Live
        };
        core.attached(room);
        let reader = Reader {
            core: Arc::clone(core),
            account,
            position,
        };
        self.readers.insert(core.number, reader);
        if core.is_closed() {
            // It ended meanwhile, perhaps before it could know of this room.
            self.readers.remove(&core.number);
        } else if missed {
            core.fell_behind(room);
            core.pump();
        }
    }

    /// No session of one who left hears it any more (R12).
    fn let_out(&mut self, room: &Arc<Room>, who: &AccountId) {
        self.readers.retain(|_, reader| {
            let stays = reader.account != *who;
            if !stays {
                reader.core.detached(room);
            }
            stays
        });
    }

    /// Is there something that waits for the view, and nothing on its way that was decided on the old
    /// one?
    pub(crate) fn wants_load(&self) -> bool {
        let wanted =
            !self.stale.is_empty() || !self.waiting.is_empty() || !self.load_waiters.is_empty();
        wanted && self.view.is_none() && self.in_flight == 0
    }
}

/// What kind of answer an append is owed.
enum Asked {
    Joining,
    Leaving,
    Doing,
}
