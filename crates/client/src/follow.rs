//! From what a connection delivers to what is shown: each event of a room once, in order, over any
//! number of lost connections. Pure: events, pages and lists in; steps out.

mod room;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use snug_proto::{
    AccountId, Cursor, ErrorCode, Event, Follow, Gap, LogId, Page, Read, Refusal, Rewound,
    RoomEntry, RoomId, limits::MAX_FOLLOW_CURSORS, limits::MAX_READ_EVENTS,
};

use room::Room;

/// What to do next, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Show this. Those of a log come once each and in the log's order; the others as they happen.
    Show(Event),
    /// Events `after + 1` to `to` will not be shown.
    Passed {
        /// The room.
        room_id: RoomId,
        /// Its name.
        room: String,
        /// The last event before them.
        after: u64,
        /// The last of them.
        to: u64,
        /// Where they are.
        why: Passed,
    },
    /// The room's log began anew: what was shown of it before no longer counts.
    Restarted {
        /// The room.
        room_id: RoomId,
        /// Its name.
        room: String,
    },
    /// Ask for this page and hand the answer to [`Follower::page`].
    Fill(Fill),
}

/// Why events are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Passed {
    /// They are no longer kept, or may not be read.
    Gone,
    /// They are of a kind that this version does not know (docs/protocol.md P-145).
    Unknown,
    /// They are more than one wants to see at once; `read` has them.
    Skipped,
}

/// A page that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The room.
    pub room_id: RoomId,
    /// The log it is expected in.
    pub log: Option<LogId>,
    /// The event before the first one missing.
    pub after: u64,
}

impl Fill {
    /// The request for the page.
    pub fn request(&self) -> Read {
        Read {
            room: self.room_id.into(),
            after: Some(self.after),
            before: None,
            since: None,
            limit: Some(MAX_READ_EVENTS),
            log: self.log,
        }
    }
}

/// Follows all rooms of one account.
#[derive(Debug, Clone)]
pub struct Follower {
    me: Option<AccountId>,
    rooms: BTreeMap<RoomId, Room>,
    tail: u64,
    /// A `follow` is under way: what is missing is coming by itself.
    catching_up: bool,
}

impl Follower {
    /// Follows, with no room known yet. Of a room seen for the first time, or begun anew, at most
    /// the newest `tail` events are shown.
    pub const fn new(tail: u64) -> Self {
        Self {
            me: None,
            rooms: BTreeMap::new(),
            tail,
            catching_up: false,
        }
    }

    /// Goes on where an earlier run stopped.
    pub fn restore(&mut self, cursors: &BTreeMap<RoomId, Cursor>) {
        for (room_id, cursor) in cursors {
            let room = self.rooms.entry(*room_id).or_default();
            room.log = Some(cursor.log);
            room.shown = Some(cursor.seq);
        }
    }

    /// How far each room was shown: to be kept for the next run.
    pub fn cursors(&self) -> BTreeMap<RoomId, Cursor> {
        let cursor = |(room_id, room): (&RoomId, &Room)| Some((*room_id, room.cursor()?));
        self.rooms.iter().filter_map(cursor).collect()
    }

    /// The cursor that says a room was shown up to here, if its log is known.
    pub fn cursor_at(&self, room_id: RoomId, seq: u64) -> Option<Cursor> {
        let log = self.rooms.get(&room_id)?.cursor()?.log;
        Some(Cursor { log, seq })
    }

    /// Has everything been shown that there was at the last sign-in?
    pub fn is_caught_up(&self) -> bool {
        !self.catching_up && self.rooms.values().all(Room::is_caught_up)
    }

    /// A new connection is signed in. Followed by [`Self::list`] and [`Self::follow`].
    pub fn signed_in(&mut self, me: AccountId) {
        self.me = Some(me);
        self.catching_up = true;
        self.rooms.values_mut().for_each(Room::disconnect);
    }

    /// Takes in some of one's rooms, as a sign-in or `rooms` lists them.
    pub fn list(&mut self, entries: &[RoomEntry]) -> Vec<Step> {
        let mut steps = Vec::new();
        for entry in entries.iter().filter(|entry| entry.member) {
            let room = self.rooms.entry(entry.room_id).or_default();
            room.list(entry, self.tail, &mut steps);
        }
        steps
    }

    /// All rooms were listed: the requests that bring what was missed. Rooms that were not listed
    /// are forgotten. To be followed by [`Self::followed`] when all were answered.
    pub fn follow(&mut self) -> Vec<Follow> {
        self.rooms.retain(|_, room| room.is_listed());
        let mut cursors = self.cursors().into_iter().peekable();
        let mut requests = Vec::new();
        while cursors.peek().is_some() {
            let cursors = cursors.by_ref().take(MAX_FOLLOW_CURSORS).collect();
            requests.push(Follow { cursors });
        }
        requests
    }

    /// The requests of [`Self::follow`] were answered: holes that are left are filled by pages.
    pub fn followed(&mut self) -> Vec<Step> {
        self.catching_up = false;
        let mut steps = Vec::new();
        for (room_id, room) in &mut self.rooms {
            room.fill(*room_id, &mut steps);
        }
        steps
    }

    /// Takes in what the connection delivered.
    pub fn event(&mut self, event: Event) -> Vec<Step> {
        let mut steps = Vec::new();
        let room_id = match &event {
            Event::Gap(Gap { room_id, .. }) | Event::Rewound(Rewound { room_id, .. }) => *room_id,
            Event::RoomAdded(added) => added.entry.room_id,
            other => match other.place() {
                Some(place) => place.room_id,
                None if event == Event::Unknown => return steps,
                None => return vec![Step::Show(event)],
            },
        };
        let room = self.rooms.entry(room_id).or_default();
        match event {
            Event::Gap(gap) => room.gap(&gap, self.tail, &mut steps),
            Event::Rewound(rewound) => {
                room.rewind(&rewound, self.tail, &mut steps);
            }
            Event::RoomAdded(added) => {
                room.add(&added.entry);
                steps.push(Step::Show(Event::RoomAdded(added)));
            }
            logged => room.logged(logged),
        }
        room.advance(room_id, self.me, &mut steps);
        if !self.catching_up {
            room.fill(room_id, &mut steps);
        }
        steps
    }

    /// Takes in the page that a [`Step::Fill`] asked for.
    pub fn page(&mut self, fill: &Fill, answer: Result<Page, Refusal>) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(room) = self.rooms.get_mut(&fill.room_id) else {
            return steps;
        };
        // One asked for before the connection or the log was lost says nothing about now.
        if room.filling.take_if(|filling| filling == fill).is_none() {
            return steps;
        }
        match answer {
            Ok(page) if room.log.is_some_and(|log| log != page.log) => {
                let rewound = Rewound {
                    room: room.name.clone(),
                    room_id: fill.room_id,
                    log: page.log,
                    first: page.first,
                    seq: page.seq,
                };
                room.rewind(&rewound, self.tail, &mut steps);
            }
            Ok(page) => room.page(fill, page),
            // Which log it is now only a page can say.
            Err(refusal) if refusal.code == ErrorCode::Rewound && fill.log.is_some() => {
                let fill = Fill {
                    log: None,
                    ..fill.clone()
                };
                room.filling = Some(fill.clone());
                steps.push(Step::Fill(fill));
                return steps;
            }
            Err(_refusal) => room.give_up_hole(),
        }
        room.advance(fill.room_id, self.me, &mut steps);
        room.fill(fill.room_id, &mut steps);
        steps
    }
}
