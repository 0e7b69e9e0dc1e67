//! Reading to a session from the log: after a `follow`, and when its outbox was full. A slow reader
//! holds no memory; its place in the log is all that is kept of what it missed.

use std::sync::{Arc, atomic::Ordering};

use snug_proto::{
    AccountId, Cursor, Delivery, ErrorCode, Event, Gap, LogId, Refusal, Rewound, RoomId,
    limits::MAX_CATCH_UP_EVENTS,
};
use snug_rules::{Change, Content, ReadGrant, may_read};
use snug_store::Range;

use crate::{
    engine::Engine,
    lock::lock,
    room::quote::Told,
    room::{Head, Position, Room, State},
    session::{Closing, Core},
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
        if self.catches_up_at_once() {
            self.pumping.store(false, Ordering::Release);
            if self.outbox.has_room() {
                self.pump();
            }
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

    /// Goes on from what is kept of what was told last, if that is all and nobody has the room. In a flood a task
    /// for each who is behind would wait behind those of all others.
    fn catches_up_at_once(self: &Arc<Self>) -> bool {
        let room = match lock(&self.behind).iter().collect::<Vec<_>>().as_slice() {
            [only] if !self.is_closed() => Arc::clone(only),
            _ => return false,
        };
        let Some(mut state) = room.state_if_free() else {
            return false;
        };
        let place = state.readers.get(&self.number);
        let Some((account, Position::Behind(after))) =
            place.map(|reader| (reader.account, reader.position))
        else {
            return false;
        };
        let grant = state.view.as_ref().map(|view| may_read(view, &account));
        let Some(Ok(grant)) = grant else {
            return false;
        };
        let after = after.max(grant.from().saturating_sub(1));
        let far = state.head.map_or(0, |head| {
            let pruned = head.first.saturating_sub(1);
            pruned.max(head.seq.saturating_sub(MAX_CATCH_UP_EVENTS))
        });
        let kept = state.newest.after(after.max(far), account).is_some();
        // Counted only if it is done here.
        if !kept || !self.may_follow_now() {
            return false;
        }
        let Some(after) = state.skip(&self.engine, &room, self, after) else {
            return false;
        };
        match state.read_newest(self, account, after) {
            None => false,
            Some(Progress::More) => true,
            Some(Progress::Live) => {
                lock(&self.behind).retain(|other| !Arc::ptr_eq(other, &room));
                true
            }
        }
    }

    async fn catch_up(self: &Arc<Self>) {
        while self.outbox.has_room() && !self.is_closed() {
            let Some(room) = lock(&self.behind).pop_front() else {
                return;
            };
            if room.state().is_behind(self) {
                // Before it is looked at whether one may read there: that may change meanwhile.
                self.wait_to_follow().await;
            }
            match self.read_on(&room).await {
                // Other rooms have their turn in between.
                Ok(Progress::More) => self.fell_behind(&room),
                Ok(Progress::Live) => {}
                Err(refusal) => self.stop_reading(&room, &refusal),
            }
        }
    }

    /// It can be read to no further. One who left hears no more of that room; where the store failed,
    /// the connection ends, so that its client comes back and asks again from where it is.
    fn stop_reading(self: &Arc<Self>, room: &Arc<Room>, refusal: &Refusal) {
        room.state().readers.remove(&self.number);
        self.detached(room);
        if !matches!(refusal.code, ErrorCode::NotAMember | ErrorCode::UnknownRoom) {
            tracing::warn!(room.id = %room.id, code = %refusal.code, "a reader cannot catch up");
            self.close(Closing::Lost);
        }
    }

    /// Reads one page of a room to this session.
    async fn read_on(self: &Arc<Self>, room: &Arc<Room>) -> Result<Progress, Refusal> {
        self.engine.loaded(room).await?;
        let (after, grant) = {
            let mut state = room.state();
            let Some((account, after)) = state.place_of(&self.engine, room, self) else {
                return Ok(state.progress(self));
            };
            let Some(view) = &state.view else {
                return Ok(Progress::More);
            };
            let grant = may_read(view, &account)?;
            // What stands before the grant is not missed, it is not this reader's.
            let after = after.max(grant.from().saturating_sub(1));
            let Some(after) = state.skip(&self.engine, room, self, after) else {
                return Ok(Progress::More);
            };
            if let Some(progress) = state.read_newest(self, account, after) {
                return Ok(progress);
            }
            if state.is_ram() {
                return Ok(state.read_from_memory(&self.engine, room, self, after, &grant));
            }
            (after, grant)
        };
        let page = self
            .engine
            .storage
            .read(move |reader| reader.events(&grant, Range::After(after), PAGE))
            .await
            .map_err(crate::person::refusal)?;
        let page = self.engine.told(room, grant, page).await?;
        Ok(room.state().read_to(&self.engine, room, self, after, page))
    }
}

/// Is there more to read to a session?
enum Progress {
    More,
    Live,
}

/// Are the events of a gap still to be had?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// `read` has them.
    No,
    /// For good.
    Yes,
}

impl State {
    /// Whose session it is and how far it is behind; `None` if it is not. One that is still to be told
    /// of a new log is told first.
    fn place_of(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
    ) -> Option<(AccountId, u64)> {
        let reader = self.readers.get(&core.number)?;
        match reader.position {
            Position::Live => None,
            Position::Behind(after) => Some((reader.account, after)),
            Position::Rewound => {
                self.tell_rewound(engine, room, core);
                None
            }
        }
    }

    /// Is something to be read to a session from the log?
    fn is_behind(&self, core: &Core) -> bool {
        let reader = self.readers.get(&core.number);
        reader.is_some_and(|reader| matches!(reader.position, Position::Behind(_)))
    }

    /// Is there more to read to a session that is not behind?
    fn progress(&self, core: &Core) -> Progress {
        match self.readers.get(&core.number).map(|reader| reader.position) {
            Some(Position::Rewound | Position::Behind(_)) => Progress::More,
            Some(Position::Live) | None => Progress::Live,
        }
    }

    /// Too far behind, or behind what is kept: says so and goes on nearer to the head (DECISIONS 12).
    /// Where it is to be read on; `None` if there was no room to say it.
    fn skip(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
    ) -> Option<u64> {
        let head = self.head?;
        let pruned = head.first.saturating_sub(1);
        let far = head.seq.saturating_sub(MAX_CATCH_UP_EVENTS);
        let mut reached = after;
        for (to, gone) in [(pruned, Gone::Yes), (far, Gone::No)] {
            if reached < to {
                self.say_gap(engine, room, core, (reached, to), gone)?;
                reached = to;
            }
        }
        self.place(core, Position::Behind(reached));
        Some(reached)
    }

    fn say_gap(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        (after, to): (u64, u64),
        gone: Gone,
    ) -> Option<()> {
        let gap = Event::Gap(Gap {
            room: self.label(engine, &core.signed_in()?.person),
            room_id: room.id,
            after,
            to,
            lost: gone == Gone::Yes,
        });
        core.outbox.push(&Arc::new(Delivery::new(gap))).ok()?;
        self.place(core, Position::Behind(to));
        Some(())
    }

    /// Tells a session that the log began anew; if there is no room now, when there is.
    fn tell_rewound(&mut self, engine: &Engine, room: &Arc<Room>, core: &Arc<Core>) {
        let (Some(head), Some(who)) = (self.head, core.signed_in()) else {
            return;
        };
        let rewound = Event::Rewound(Rewound {
            room: self.label(engine, &who.person),
            room_id: room.id,
            log: head.log,
            first: head.first,
            seq: head.seq,
        });
        let told = core.outbox.push(&Arc::new(Delivery::new(rewound))).is_ok();
        if told {
            self.place(core, Position::Live);
        } else {
            self.place(core, Position::Rewound);
            core.fell_behind(room);
        }
    }

    /// A `ram` room keeps things from this event on, in a log of a new id: what was in memory is gone, and
    /// whoever hears the room is told that it began anew (DECISIONS 23).
    pub(crate) fn begin_log(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        content: &Content,
        (log, first): (LogId, u64),
    ) {
        self.ram.clear();
        self.ram_members.clear();
        if let (
            Some(row),
            Content::Changed {
                change: Change::Settings(settings),
                ..
            },
        ) = (&mut self.row, content)
        {
            row.retention = settings.changes.retention.unwrap_or(row.retention);
        }
        let at = self.head.map_or(engine.now(), |head| head.at);
        self.head = Some(Head {
            log,
            first,
            seq: first.saturating_sub(1),
            messages: 0,
            at,
        });
        let readers = self.readers.values();
        let cores: Vec<Arc<Core>> = readers.map(|reader| Arc::clone(&reader.core)).collect();
        for core in cores {
            self.tell_rewound(engine, room, &core);
        }
    }

    fn place(&mut self, core: &Core, position: Position) {
        if let Some(reader) = self.readers.get_mut(&core.number) {
            reader.position = position;
        }
    }

    /// Puts the page of events that follows `after` into the session's outbox, as far as there is room.
    fn read_to(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
        page: Vec<Told>,
    ) -> Progress {
        let Some((account, place)) = self.place_of(engine, room, core) else {
            return self.progress(core);
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
        for (event, author, quote) in page {
            let seq = event.seq;
            // What is committed but not published yet comes live.
            if seq > head.seq {
                break;
            }
            let delivery = self.for_readers(engine, room.id, &author, event, quote);
            if core.outbox.push(delivery.to(&account)).is_err() {
                break;
            }
            reached = seq;
        }
        // An empty page below the head: what was there is pruned, and nothing is left to wait for.
        let caught_up = reached >= head.seq || empty;
        if caught_up {
            self.place(core, Position::Live);
            Progress::Live
        } else {
            self.place(core, Position::Behind(reached));
            Progress::More
        }
    }

    /// Puts what is kept of what was told last into the session's outbox, as far as there is room. `None` if what
    /// it misses is not all kept.
    fn read_newest(&mut self, core: &Core, account: AccountId, after: u64) -> Option<Progress> {
        let head = self.head?;
        let told = self.newest.after(after, account)?;
        let reached = after + core.outbox.push_missed(told) as u64;
        if reached >= head.seq {
            self.place(core, Position::Live);
            Some(Progress::Live)
        } else {
            self.place(core, Position::Behind(reached));
            Some(Progress::More)
        }
    }

    fn read_from_memory(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        core: &Arc<Core>,
        after: u64,
        grant: &ReadGrant,
    ) -> Progress {
        let kept = self.ram.iter().filter(|kept| kept.event.seq > after);
        let page = kept
            .filter_map(|kept| {
                let author = engine.people.known(&kept.event.actor)?;
                let quote = self.quote_within(engine, grant, &kept.event.content);
                Some((kept.event.clone(), author, quote))
            })
            .collect();
        self.read_to(engine, room, core, after, page)
    }

    /// Sets a session's place by its cursor: behind, live, or told that the log began anew.
    pub(crate) fn follow(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        core: &Arc<Core>,
        cursor: Cursor,
    ) {
        let Some(head) = self.head else { return };
        if !self.readers.contains_key(&core.number) {
            return;
        }
        if cursor.log != head.log || cursor.seq > head.seq {
            self.tell_rewound(engine, room, core);
        } else if cursor.seq < head.seq {
            self.place(core, Position::Behind(cursor.seq));
            core.fell_behind(room);
        } else {
            self.place(core, Position::Live);
        }
    }
}

impl Engine {
    /// The rooms of these ids that the session hears.
    pub(crate) fn heard(core: &Core, ids: impl Iterator<Item = RoomId>) -> Vec<Arc<Room>> {
        let rooms = lock(&core.rooms);
        ids.filter_map(|id| rooms.iter().find(|room| room.id == id).cloned())
            .collect()
    }
}
