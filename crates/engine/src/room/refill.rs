//! A gap in the numbers: another node appended in between. The store is the truth; what is missing is
//! published from it first.

use std::sync::Arc;

use snug_proto::{Done, Entered, Sent};
use snug_rules::{Content, Entry, may_relay};
use snug_store::{Range, StoredEvent};

use crate::{
    engine::Engine,
    room::Position,
    room::publish::Held,
    room::{Room, State},
};

/// Events taken from the log at once when another node appended in between.
const REFILL_PAGE: u32 = 200;

/// Publishes from the log what another node appended, then what was held back for it.
pub(crate) async fn refill(engine: &Arc<Engine>, room: &Arc<Room>) {
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
                    authors.push((reader.account(&event.actor)?, subject_of(reader, event)?));
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
        for (event, (author, subject)) in page {
            if let Some(subject) = subject {
                engine.people.learn(subject);
            }
            state.relay(engine, room, event, author);
        }
        if state.release(exhausted) {
            return;
        }
    }
}

/// The account that an event is about, to be named beside its author.
fn subject_of(
    reader: &mut dyn snug_store::Reader,
    event: &StoredEvent,
) -> Result<Option<snug_store::Account>, snug_store::StoreError> {
    match event.content.subject() {
        Some(subject) => reader.account(&subject),
        None => Ok(None),
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
                self.drop_view();
            }
            let author = engine.people.learn(author);
            if own {
                let entry = Entry {
                    actor: event.actor,
                    content: event.content.clone(),
                };
                self.committed(&entry, event.seq);
            }
            // What another node appended is told without its quote: whoever wants it reads it.
            let told = self.publish(engine, room, &author, event, None);
            if let Some(told) = told {
                engine.tell_outside(&author, told, None);
            }
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
            let newest = self.head.map_or(0, |head| head.seq);
            if stored.0 <= newest {
                let room = self.label(&ticket.engine, &ticket.person);
                let sent = Sent {
                    room,
                    room_id: ticket.room.id,
                    seq: stored.0,
                    at: stored.1,
                    away: None,
                };
                let answer = match entry.content {
                    Content::Joined => self
                        .entry_for(&ticket.engine, ticket.room.id, &ticket.person, stored.0, 0)
                        .map(|entry| Entered { entry }.into()),
                    Content::Left { .. } => Ok(Done {}.into()),
                    _ => Ok(sent.into()),
                };
                ticket.answering.answer(answer);
            } else if stored.0 == newest + 1 {
                self.finish(ticket, entry, stored);
            } else if exhausted {
                // What is missing could not be read now: the readers get it from the log.
                self.all_read_on(&ticket.room);
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

    /// Every reader goes on from the log, after what was published last.
    fn all_read_on(&mut self, room: &Arc<Room>) {
        let after = self.head.map_or(0, |head| head.seq);
        for reader in self.readers.values_mut() {
            if reader.position == Position::Live {
                reader.position = Position::Behind(after);
                reader.core.fell_behind(room);
                reader.core.pump();
            }
        }
    }
}
