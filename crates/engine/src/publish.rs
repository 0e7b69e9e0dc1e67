//! After the commit: what was appended goes to the readers' outboxes, then the sender hears that it is in
//! the log. A stale append is decided again; a failed one drops the view it was decided on.

use std::sync::Arc;

use snug_proto::{
    AccountId, Answering, Body, Deleted, Delivery, Done, Edited, Entered, ErrorCode, Event,
    Membership, Message, Place, Refusal, RoomAdded, RoomEntry, RoomId, Secret, Sent, Timestamp,
    limits::RAM_ROOM_EVENTS,
};
use snug_rules::{Access, Content, Entry, RoomKind, Target, TargetKind, may_relay};
use snug_store::{Append, AppendRefused, Appended, Range, StoredEvent};

use crate::{
    engine::Engine,
    person::Person,
    room::{Act, ForReaders, Key, Position, RamEvent, Reader, Room, State, Submission},
    session::{Core, Flight},
    storage::{AppendEnd, StoreFault},
};

/// Events taken from the log at once when another node appended in between.
const REFILL_PAGE: u32 = 200;

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
    entry: Entry,
    ticket: Ticket,
    stored: (u64, Timestamp, u64),
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
                engine.answer_used_key((room.id, label), used, self.answering);
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
            engine.spawn(async move { refill(&task, &room).await });
        }
    }

    /// Numbers an entry of a `ram` room, keeps it among the newest, publishes it.
    fn remember(&mut self, ticket: Ticket, entry: Entry) {
        let Some(head) = self.head else {
            ticket.answering.answer(Err(ErrorCode::Internal.into()));
            return;
        };
        let message = matches!(entry.content, Content::Message { .. });
        let stored = (
            head.seq + 1,
            ticket.engine.now().max(head.at),
            head.messages + u64::from(message),
        );
        if let Content::Edited { of, .. } = entry.content
            && self.is_deleted_in_memory(of)
        {
            ticket.answering.answer(Err(ErrorCode::Gone.into()));
            return;
        }
        self.blank_in_memory(&entry.content);
        let (seq, at, messages) = stored;
        let (actor, content) = (entry.actor, entry.content.clone());
        let event = StoredEvent {
            seq,
            at,
            messages,
            actor,
            content,
        };
        self.ram.push_back(RamEvent {
            event,
            key: ticket.key.clone(),
        });
        if self.ram.len() > RAM_ROOM_EVENTS {
            self.ram.pop_front();
        }
        let first = self.ram.front().map_or(seq, |oldest| oldest.event.seq);
        if let Some(head) = &mut self.head {
            head.first = first;
        }
        self.finish(ticket, entry, stored);
    }

    /// Was this message of a `ram` room taken back, or is it kept no longer?
    fn is_deleted_in_memory(&self, of: u64) -> bool {
        let kept = self.ram.iter().find(|kept| kept.event.seq == of);
        !kept.is_some_and(|kept| {
            matches!(kept.event.content, Content::Message { deleted: false, .. })
        })
    }

    /// A deletion in a `ram` room takes the words from memory, and from all edits of them.
    fn blank_in_memory(&mut self, content: &Content) {
        let Content::Deleted { of } = content else {
            return;
        };
        for kept in &mut self.ram {
            match &mut kept.event.content {
                Content::Message { body, deleted } if kept.event.seq == *of => {
                    *deleted = true;
                    body.clear();
                }
                Content::Edited {
                    of: edited,
                    body,
                    deleted,
                } if edited == of => {
                    *deleted = true;
                    body.clear();
                }
                _ => {}
            }
        }
    }

    /// Publishes an entry and answers its sender.
    fn finish(&mut self, ticket: Ticket, entry: Entry, (seq, at, messages): (u64, Timestamp, u64)) {
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
    fn publish(
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

    /// The event as each reader must get it.
    pub(crate) fn for_readers(
        &self,
        engine: &Engine,
        room_id: RoomId,
        author: &Person,
        event: StoredEvent,
    ) -> ForReaders {
        let deliver = |place: Place, event| Arc::new(Delivery::new(shown(place, author, event)));
        let place = |room: String, direct| Place {
            room,
            room_id,
            seq: event.seq,
            at: event.at,
            direct,
        };
        match self.row.as_ref().map(|row| (row.kind, &row.name)) {
            Some((RoomKind::Direct(one, other), _)) => {
                let for_one = place(engine.direct_label(&other), true);
                let for_other = place(engine.direct_label(&one), true);
                let copy = event.clone();
                ForReaders::Direct(one, deliver(for_one, event), deliver(for_other, copy))
            }
            Some((RoomKind::Lobby | RoomKind::Ordinary, name)) => {
                let place = place(name.clone(), false);
                ForReaders::Same(deliver(place, event))
            }
            None => ForReaders::Same(deliver(place(String::new(), false), event)),
        }
    }

    /// The room as a list shows it to this account.
    pub(crate) fn entry_for(
        &self,
        engine: &Engine,
        room_id: RoomId,
        who: &Person,
        read: u64,
        unread: u64,
    ) -> Result<RoomEntry, Refusal> {
        let row = self.row.as_ref().ok_or(ErrorCode::Internal)?;
        let head = self.head.ok_or(ErrorCode::Internal)?;
        Ok(RoomEntry {
            room: self.label(engine, who),
            room_id,
            member: true,
            direct: matches!(row.kind, RoomKind::Direct(..)),
            password: row.access == Access::Password,
            history: row.history,
            members: (row.kind == RoomKind::Ordinary).then_some(row.counts.members),
            log: Some(head.log),
            seq: Some(head.seq),
            read: Some(read),
            unread: Some(unread),
        })
    }

    /// What this account calls the room.
    pub(crate) fn label(&self, engine: &Engine, who: &Person) -> String {
        match (self.other_of(&who.id), &self.row) {
            (Some(other), _) => engine.direct_label(&other),
            (None, Some(row)) => row.name.clone(),
            (None, None) => String::new(),
        }
    }
}

/// What kind of answer an append is owed.
enum Asked {
    Joining,
    Leaving,
    Saying,
}

/// A stored event as its readers see it.
pub(crate) fn shown(place: Place, author: &Person, event: StoredEvent) -> Event {
    match event.content {
        Content::Message { body, deleted } => Event::Message(Message {
            place,
            author: author.author(),
            body,
            deleted,
        }),
        Content::Joined => Event::Joined(Membership {
            place,
            subject: author.subject(),
        }),
        Content::Left => Event::Left(Membership {
            place,
            subject: author.subject(),
        }),
        Content::Edited { of, body, deleted } => Event::Edited(Edited {
            place,
            author: author.author(),
            of,
            body,
            deleted,
        }),
        Content::Deleted { of } => Event::Deleted(Deleted {
            place,
            author: author.author(),
            of,
        }),
    }
}

/// Appends to a `ram` room what changes no rules: it lasts at once, because it never lasts.
pub(crate) fn append_in_memory(state: &mut State, entry: Entry, ticket: Ticket) {
    let used = ticket.key.as_ref().and_then(|(key, digest)| {
        let same = |kept: &&RamEvent| {
            kept.event.actor == entry.actor && kept.key.as_ref().is_some_and(|(k, _)| k == key)
        };
        let kept = state.ram.iter().find(same)?;
        let again = kept.key.as_ref().is_some_and(|(_, of)| of == digest);
        Some((again, kept.event.seq, kept.event.at))
    });
    match used {
        None => state.remember(ticket, entry),
        Some((false, ..)) => ticket.answering.answer(Err(ErrorCode::KeyReused.into())),
        Some((true, seq, at)) => {
            let room = state.label(&ticket.engine, &ticket.person);
            let sent = Sent {
                room,
                room_id: ticket.room.id,
                seq,
                at,
            };
            ticket.answering.answer(Ok(sent.into()));
        }
    }
}

/// Publishes from the log what another node appended, then what was held back for it.
async fn refill(engine: &Arc<Engine>, room: &Arc<Room>) {
    loop {
        let Some(head) = room.state().head else {
            return;
        };
        let grant = may_relay(room.id, head.seq);
        let page = engine
            .storage
            .read(move |reader| {
                let events = reader.events(&grant, Range::After(head.seq), REFILL_PAGE)?;
                let mut authors = Vec::new();
                for event in &events {
                    authors.push(reader.account(&event.actor)?);
                }
                Ok(events.into_iter().zip(authors).collect::<Vec<_>>())
            })
            .await;
        let page = match page {
            Ok(page) if !page.is_empty() => page,
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::error!(%error, room.id = %room.id, "a gap could not be filled; going on after it");
                Vec::new()
            }
        };
        let mut state = room.state();
        let exhausted = page.is_empty();
        for (event, author) in page {
            state.relay(engine, room, event, author);
        }
        if state.release(exhausted) {
            return;
        }
    }
}

impl State {
    /// Publishes an event read from the log, if it is the next one.
    fn relay(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        event: StoredEvent,
        author: Option<snug_store::Account>,
    ) {
        let own = self.held.iter().any(|held| held.stored.0 == event.seq);
        let next = self.head.is_some_and(|head| head.seq + 1 == event.seq);
        if let (true, Some(author)) = (next, author) {
            if event.content.changes_rules() && !own {
                // Somebody's membership changed elsewhere: the next decision needs the store's word.
                self.view = None;
            }
            let author = engine.people.learn(author);
            if own {
                let entry = Entry {
                    actor: event.actor,
                    content: event.content.clone(),
                };
                self.committed(&entry, event.seq);
            }
            self.publish(engine, room, &author, event);
        }
    }

    /// Answers those held back whose event is out now. True when none is left. With nothing more in the
    /// log (`exhausted`), the rest is published as it stands.
    fn release(&mut self, exhausted: bool) -> bool {
        let held = std::mem::take(&mut self.held);
        for Held {
            entry,
            ticket,
            stored,
        } in held
        {
            let head = self.head.map_or(0, |head| head.seq);
            if stored.0 <= head {
                let room = self.label(&ticket.engine, &ticket.person);
                let sent = Sent {
                    room,
                    room_id: ticket.room.id,
                    seq: stored.0,
                    at: stored.1,
                };
                let answer = match entry.content {
                    Content::Joined => self
                        .entry_for(&ticket.engine, ticket.room.id, &ticket.person, stored.0, 0)
                        .map(|entry| Entered { entry }.into()),
                    Content::Left => Ok(Done {}.into()),
                    _ => Ok(sent.into()),
                };
                ticket.answering.answer(answer);
            } else if stored.0 == head + 1 || exhausted {
                self.finish(ticket, entry, stored);
            } else {
                self.held.push(Held {
                    entry,
                    ticket,
                    stored,
                });
            }
        }
        self.held.is_empty()
    }
}
