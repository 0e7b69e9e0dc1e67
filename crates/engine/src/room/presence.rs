//! Telling a room who comes and goes (DECISIONS 11): the first at once, those right after it together.
//!
//! Each sign-in is told to up to 200 people. So that neither a crowd that comes at once nor one account
//! that signs in and out all day costs every reader a write each time, a room is told at most once in
//! [`GATHER`]; whoever came and went again within it is not told at all.

use std::{sync::Arc, time::Duration};

use snug_proto::{Delivery, Event, IsAway, Presence, limits::MAX_PRESENCE_MEMBERS};
use snug_rules::{RoomKind, may_say_farewell};
use tokio::time::Instant;

use crate::{
    engine::Engine,
    online::Seen,
    person::Person,
    room::{ForReaders, Position, Room, State},
};

/// A room is told of comings and goings no more often than this.
pub(crate) const GATHER: Duration = Duration::from_millis(500);
/// What a room gathers at most. What is over it is not told: presence may be lost.
const MAX_GATHERED: usize = 4 * MAX_PRESENCE_MEMBERS;

/// Who came or went, and what they said as they went.
type Passing = (Arc<Person>, Seen, Option<Arc<str>>);

/// Comings and goings that a room is yet to be told of.
#[derive(Default)]
pub(crate) struct Gathered {
    told_at: Option<Instant>,
    /// In their order, and each account once.
    waiting: Vec<Passing>,
    /// Somebody will come for them.
    awaited: bool,
}

impl Gathered {
    /// Somebody came or went: what is to be told now, if anything is.
    fn add(
        &mut self,
        person: &Arc<Person>,
        (seen, said): (Seen, Option<Arc<str>>),
        now: Instant,
    ) -> Option<Passing> {
        let held = self.told_at.is_some_and(|told| now < told + GATHER);
        if !held && self.waiting.is_empty() {
            self.told_at = Some(now);
            return Some((Arc::clone(person), seen, said));
        }
        let same = |(waiting, ..): &Passing| waiting.id == person.id;
        let known = self.waiting.iter().position(same);
        match known.and_then(|at| Some((at, self.waiting.get(at)?.1))) {
            // As it was when others last heard of it.
            Some((at, was)) if was != seen => drop(self.waiting.remove(at)),
            None if self.waiting.len() < MAX_GATHERED => {
                self.waiting.push((Arc::clone(person), seen, said));
            }
            Some(_) | None => {}
        }
        None
    }

    /// Takes what waits, to be told now.
    fn take(&mut self, now: Instant) -> Vec<Passing> {
        self.awaited = false;
        if !self.waiting.is_empty() {
            self.told_at = Some(now);
        }
        std::mem::take(&mut self.waiting)
    }

    /// When somebody must come for what waits, unless somebody will already.
    fn wants_coming_for(&mut self) -> Option<Instant> {
        if self.waiting.is_empty() || std::mem::replace(&mut self.awaited, true) {
            return None;
        }
        self.told_at.map(|told| told + GATHER)
    }
}

impl State {
    /// Somebody came or went who hears this room; what they said as they went is told where they may speak.
    pub(crate) fn came_or_went(
        &mut self,
        engine: &Arc<Engine>,
        room: &Arc<Room>,
        person: &Arc<Person>,
        (seen, said): (Seen, Option<Arc<str>>),
    ) {
        if !self.tells_presence() {
            return;
        }
        let said = said.filter(|_| self.heeds_farewell(engine, room, person));
        if let Some(passing) = self.gathered.add(person, (seen, said), Instant::now()) {
            self.tell(engine, room, &[passing]);
        }
        if let Some(due) = self.gathered.wants_coming_for() {
            let (engine, room) = (Arc::clone(engine), Arc::clone(room));
            let task = Arc::clone(&engine);
            task.spawn_until_stop(async move {
                tokio::time::sleep_until(due).await;
                let mut state = room.state();
                let mut told = state.gathered.take(Instant::now());
                for (person, ..) in &mut told {
                    // Others were told of a new name meanwhile, and know the old one no more.
                    *person = engine.as_known(person);
                }
                if state.tells_presence() {
                    state.tell(&engine, &room, &told);
                }
            });
        }
    }

    /// Is the room told what this one says as they go? Slow mode counts it.
    fn heeds_farewell(&mut self, engine: &Engine, room: &Room, person: &Person) -> bool {
        let Ok(actor) = self.actor_in(engine, room.id, person) else {
            return false;
        };
        let (Some(view), now) = (self.view.as_mut(), engine.now()) else {
            return false;
        };
        let heard = may_say_farewell(view, &actor, now);
        if heard {
            view.says(person.id, now);
        }
        heard
    }

    /// Tells those soon, together, in whose outboxes something was put that they were not told of.
    pub(crate) fn tell_soon(&mut self, engine: &Arc<Engine>, room: &Arc<Room>) {
        if std::mem::replace(&mut self.hushed, true) {
            return;
        }
        let room = Arc::clone(room);
        engine.spawn_until_stop(async move {
            tokio::time::sleep(GATHER).await;
            let mut state = room.state();
            state.hushed = false;
            state.tell_untold();
        });
    }

    /// Is the room small enough to name each who comes and goes?
    pub(crate) fn tells_presence(&self) -> bool {
        let max = MAX_PRESENCE_MEMBERS;
        match &self.row {
            None => false,
            Some(row) => match row.kind {
                // A block hides who comes and goes from either side (DECISIONS 21).
                RoomKind::Direct(..) => self.view.as_ref().is_none_or(|view| !view.closed),
                RoomKind::Lobby => self.readers.len() <= max,
                RoomKind::Ordinary => row.counts.members <= max as u64,
            },
        }
    }

    /// Somebody came into the room who is away.
    pub(crate) fn tell_away(&self, person: &Person, text: String) {
        if !self.tells_presence() {
            return;
        }
        let away = IsAway {
            subject: person.subject(),
            text: Some(text),
        };
        let delivery = Arc::new(Delivery::new(Event::Away(away)));
        for reader in self.readers.values() {
            if reader.position == Position::Live && reader.account != person.id {
                let _full = reader.core.outbox.push(&delivery);
            }
        }
    }

    fn tell(&self, engine: &Engine, room: &Room, changes: &[Passing]) {
        let deliveries: Vec<_> = changes
            .iter()
            .filter_map(|passing| Some((passing.0.id, self.told_as(engine, room, passing)?)))
            .collect();
        for reader in self.readers.values() {
            if reader.position == Position::Live {
                let others = deliveries.iter().filter(|(id, _)| *id != reader.account);
                let to_it = others.map(|(_, delivery)| delivery.to(&reader.account));
                reader.core.outbox.push_each(to_it);
            }
        }
    }

    fn told_as(
        &self,
        engine: &Engine,
        room: &Room,
        (person, seen, said): &Passing,
    ) -> Option<ForReaders> {
        let event = |room_name: String| {
            let presence = Presence {
                room: room_name,
                room_id: room.id,
                subject: person.subject(),
                online: *seen == Seen::Coming,
                reason: said.as_deref().map(str::to_owned),
            };
            Arc::new(Delivery::new(Event::Presence(presence)))
        };
        let row = self.row.as_ref()?;
        Some(match row.kind {
            RoomKind::Direct(one, other) => ForReaders::Direct(
                one,
                event(engine.direct_label(&other)),
                event(engine.direct_label(&one)),
            ),
            RoomKind::Lobby | RoomKind::Ordinary => ForReaders::Same(event(row.name.clone())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::person;

    fn names(told: &[Passing]) -> Vec<(&str, Seen)> {
        told.iter()
            .map(|(person, seen, _)| (person.name.as_str(), *seen))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_those_right_after_it_together() {
        use Seen::{Coming, Going};
        let mut gathered = Gathered::default();
        let start = Instant::now();
        assert!(gathered.add(&person(1), (Coming, None), start).is_some());
        assert_eq!(gathered.wants_coming_for(), None, "nothing waits");
        assert!(gathered.add(&person(2), (Coming, None), start).is_none());
        assert_eq!(gathered.wants_coming_for(), Some(start + GATHER));
        assert!(gathered.add(&person(3), (Going, None), start).is_none());
        assert_eq!(gathered.wants_coming_for(), None, "once is enough");
        let told = gathered.take(start + GATHER);
        assert_eq!(names(&told), [("p2", Coming), ("p3", Going)]);
        let quiet = start + GATHER * 3;
        assert!(gathered.add(&person(2), (Going, None), quiet).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_signs_in_and_out_all_the_time_is_told_once_in_a_while() {
        use Seen::{Coming, Going};
        let mut gathered = Gathered::default();
        let mut now = Instant::now();
        let mut told = Vec::new();
        for turn in 0..1000 {
            let seen = if turn % 2 == 0 { Coming } else { Going };
            if gathered.add(&person(1), (seen, None), now).is_some() {
                told.push(seen);
            }
            if turn % 11 == 10 {
                told.extend(gathered.take(now).iter().map(|(_, seen, _)| *seen));
            }
            now += GATHER / 10;
        }
        assert!(told.len() <= 101, "{} times", told.len());
        let alternates = told.windows(2).all(|pair| pair.first() != pair.last());
        assert!(alternates, "nobody comes twice: {told:?}");
    }
}
