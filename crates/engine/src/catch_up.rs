//! Reading to a session from the log: after a `follow`, and when its outbox was full. A slow reader
//! holds no memory; its place in the log is all that is kept of what it missed.

use std::sync::{Arc, atomic::Ordering};

use snug_proto::{
    Cursor, Delivery, Event, Gap, Refusal, Rewound, RoomId, limits::MAX_CATCH_UP_EVENTS,
};
use snug_rules::may_read;
use snug_store::{Range, StoredEvent};

use crate::{
    engine::Engine,
    lock::lock,
    person::Person,
    room::{Head, Position, Reader, Room, State},
    session::Core,
};

/// Events read at once for a session that catches up.
const PAGE: u32 = 100;

impl Core {
    /// This room is read to it from the log from now on.
    pub(crate) fn fell_behind(&self, room: &Arc<Room>) {
        let mut behind = lock(&self.behind);
        if !behind.iter().any(|other| Arc::ptr_eq(other, room)) {
            behind.push_back(Arc::clone(room));
        }
    }

    /// Goes on reading to it, if there is something to read and nobody does yet.
    pub(crate) fn pump(self: &Arc<Self>) {
        if lock(&self.behind).is_empty() || self.pumping.swap(true, Ordering::AcqRel) {
            return;
        }
        let core = Arc::clone(self);
        self.engine.spawn(async move {
            core.catch_up().await;
            core.pumping.store(false, Ordering::Release);
            // What fell behind, or drained, between the last look and the line above.
            if core.outbox.has_room() {
                core.pump();
            }
        });
    }

    async fn catch_up(self: &Arc<Self>) {
        while self.outbox.has_room() && !self.is_closed() {
            let Some(room) = lock(&self.behind).pop_front() else {
                return;
            };
            match self.read_on(&room).await {
                // Other rooms have their turn in between.
                Ok(Progress::More) => self.fell_behind(&room),
                Ok(Progress::Live) => {}
                Err(refusal) => {
                    tracing::warn!(room.id = %room.id, code = %refusal.code, "a reader cannot catch up");
                    room.state()
                        .readers
                        .retain(|reader| !Arc::ptr_eq(&reader.core, self));
                    self.detached(&room);
                    self.close(crate::session::Closing::Lost);
                    return;
                }
            }
        }
    }

    /// Reads one page of a room to this session.
    async fn read_on(self: &Arc<Self>, room: &Arc<Room>) -> Result<Progress, Refusal> {
        self.engine.loaded(room).await?;
        let (after, grant) = {
            let mut state = room.state();
            let Some((account, after)) = state.place_of(self) else {
                return Ok(Progress::Live);
            };
            if state.is_ram() {
                return Ok(state.read_from_memory(&self.engine, room, self));
            }
            let Some(view) = &state.view else {
                return Ok(Progress::More);
            };
            let grant = may_read(view, &account)?;
            let Some(head) = state.head else {
                return Ok(Progress::More);
            };
            (state.skip(&self.engine, room, self, after, head), grant)
        };
        let page = self
            .engine
            .storage
            .read(move |reader| reader.events(&grant, Range::After(after), PAGE))
            .await
            .map_err(crate::person::refusal)?;
        let page = self.engine.with_authors(page).await?;
        Ok(room.state().read_to(&self.engine, room, self, after, page))
    }
}

/// Is there more to read to a session?
enum Progress {
    More,
    Live,
}

impl State {
    fn reader_mut(&mut self, core: &Arc<Core>) -> Option<&mut Reader> {
        self.readers
            .iter_mut()
            .find(|reader| Arc::ptr_eq(&reader.core, core))
    }

    /// Whose session it is and how far it is behind; `None` if it is not.
    fn place_of(&mut self, core: &Arc<Core>) -> Option<(snug_proto::AccountId, u64)> {
        let reader = self.reader_mut(core)?;
        match reader.position {
            Position::Live => None,
            Position::Behind(after) => Some((reader.account, after)),
        }
    }

    /// Too far behind, or behind what is kept: says so and goes on nearer to the head (DECISIONS 12).
    fn skip(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
        head: Head,
    ) -> u64 {
        let pruned = head.first.saturating_sub(1);
        let far = head.seq.saturating_sub(MAX_CATCH_UP_EVENTS);
        let mut reached = after;
        for (to, lost) in [(pruned, true), (far, false)] {
            if reached < to {
                self.say_gap(engine, room, core, reached, to, lost);
                reached = to;
            }
        }
        reached
    }

    fn say_gap(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
        to: u64,
        lost: bool,
    ) {
        let Some(who) = core.signed_in() else { return };
        let label = self.label(engine, &who.person);
        let gap = Event::Gap(Gap {
            room: label,
            room_id: room.id,
            after,
            to,
            lost,
        });
        let full = core.outbox.push(&Arc::new(Delivery::new(gap))).is_err();
        if let (false, Some(reader)) = (full, self.reader_mut(core)) {
            reader.position = Position::Behind(to);
        }
    }

    /// Puts the page of events that follows `after` into the session's outbox, as far as there is room.
    fn read_to(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
        page: Vec<(StoredEvent, Arc<Person>)>,
    ) -> Progress {
        let Some((account, place)) = self.place_of(core) else {
            return Progress::Live;
        };
        if place != after {
            // A `follow` moved it while the page was read: what the page leaves out is wanted too.
            return Progress::More;
        }
        let Some(head) = self.head else {
            return Progress::More;
        };
        let mut reached = after;
        let empty = page.is_empty();
        for (event, author) in page {
            let seq = event.seq;
            // What is committed but not published yet comes live.
            if seq > head.seq {
                break;
            }
            let delivery = self.for_readers(engine, room.id, &author, event);
            if core.outbox.push(delivery.to(&account)).is_err() {
                break;
            }
            reached = seq;
        }
        let caught_up = reached >= head.seq || empty;
        if let Some(reader) = self.reader_mut(core) {
            reader.position = if caught_up {
                Position::Live
            } else {
                Position::Behind(reached)
            };
        }
        if caught_up {
            Progress::Live
        } else {
            Progress::More
        }
    }

    fn read_from_memory(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        core: &Arc<Core>,
    ) -> Progress {
        let Some((_, after)) = self.place_of(core) else {
            return Progress::Live;
        };
        let Some(head) = self.head else {
            return Progress::Live;
        };
        let after = self.skip(engine, room, core, after, head);
        let kept = self.ram.iter().filter(|kept| kept.event.seq > after);
        let page = kept
            .filter_map(|kept| Some((kept.event.clone(), engine.people.known(&kept.event.actor)?)))
            .collect();
        self.read_to(engine, room, core, after, page)
    }

    /// Sets a session's place by its cursor: behind, live, or told that the log began anew.
    pub(crate) fn follow(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        person: &Person,
        cursor: Cursor,
    ) {
        let Some(head) = self.head else { return };
        let label = self.label(engine, person);
        let Some(reader) = self.reader_mut(core) else {
            return;
        };
        if cursor.log != head.log || cursor.seq > head.seq {
            reader.position = Position::Live;
            let Head {
                log, first, seq, ..
            } = head;
            let rewound = Event::Rewound(Rewound {
                room: label,
                room_id: room.id,
                log,
                first,
                seq,
            });
            let _full = core.outbox.push(&Arc::new(Delivery::new(rewound)));
        } else if cursor.seq < head.seq {
            reader.position = Position::Behind(cursor.seq);
            core.fell_behind(room);
        } else {
            reader.position = Position::Live;
        }
    }
}

impl Engine {
    /// Lets a session hear a room: live, or from the log if events after `after` are out already.
    pub(crate) fn attach(room: &Arc<Room>, core: &Arc<Core>, person: &Person, after: u64) {
        let mut state = room.state();
        if core.hears(room)
            || state
                .view
                .as_ref()
                .is_some_and(|view| !view.is_member(&person.id))
        {
            return;
        }
        let missed = state.head.is_some_and(|head| head.seq > after);
        let position = if missed {
            Position::Behind(after)
        } else {
            Position::Live
        };
        core.attached(room);
        let reader = Reader {
            core: Arc::clone(core),
            account: person.id,
            position,
        };
        state.readers.push(reader);
        drop(state);
        if missed {
            core.fell_behind(room);
            core.pump();
        }
    }

    /// The rooms of these ids that the session hears.
    pub(crate) fn heard(core: &Core, ids: impl Iterator<Item = RoomId>) -> Vec<Arc<Room>> {
        let rooms = lock(&core.rooms);
        ids.filter_map(|id| rooms.iter().find(|room| room.id == id).cloned())
            .collect()
    }
}
