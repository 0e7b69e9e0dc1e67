//! What a client knows of the rooms it is in.

use std::collections::{BTreeMap, BTreeSet};

use snug_proto::{Place, RoomEntry, RoomId};

/// The rooms that this client has been put into, and the direct conversations it knows of.
#[derive(Debug, Default)]
pub(crate) struct Rooms(BTreeMap<RoomId, Room>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Room {
    /// Its name, without `#`; the other person's name in a direct conversation.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) stage: Stage,
    /// The newest event that this client has been given.
    pub(crate) seq: u64,
    /// One's read marker when it was entered.
    pub(crate) read: u64,
    pub(crate) password: bool,
    /// Members when it was entered; `None` in the lobby, where everyone is one (DECISIONS 7).
    pub(crate) members: Option<u64>,
    /// Who the client shows as being there; `None` in rooms too large for presence (DECISIONS 11),
    /// where membership is shown instead.
    pub(crate) present: Option<BTreeSet<String>>,
}

/// How far the client is with entering a room: all of that comes before any later event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its JOIN and its names are still to come.
    Names,
    /// Then, or now, what was said of late.
    Replay,
    /// Done.
    In,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Channel,
    Direct,
}

impl Room {
    /// The room that a list's entry tells of, all its events up to the newest taken as known.
    pub(crate) fn new(entry: &RoomEntry) -> Self {
        let replay = entry.unread != Some(0) && entry.seq.is_some_and(|seq| seq > 0);
        Self {
            name: entry.room.trim_start_matches('@').to_owned(),
            kind: if entry.direct {
                Kind::Direct
            } else {
                Kind::Channel
            },
            stage: match (replay, entry.direct) {
                (true, _) => Stage::Replay,
                (false, false) => Stage::Names,
                (false, true) => Stage::In,
            },
            seq: entry.seq.unwrap_or(0),
            read: entry.read.unwrap_or(0),
            password: entry.password,
            members: entry.members,
            present: None,
        }
    }

    /// The same room for one who has just come in: what was said before is shown, read or not.
    pub(crate) fn for_newcomer(mut self) -> Self {
        if self.seq > 1 {
            self.stage = Stage::Replay;
            self.read = 0;
        }
        self
    }

    /// The room that an event happened in, known by nothing else.
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            name: place.room.trim_start_matches('@').to_owned(),
            kind: if place.direct {
                Kind::Direct
            } else {
                Kind::Channel
            },
            stage: match (place.direct, place.seq > 1) {
                (true, _) => Stage::In,
                (false, true) => Stage::Replay,
                (false, false) => Stage::Names,
            },
            seq: place.seq.saturating_sub(1),
            read: 0,
            password: false,
            members: Some(0),
            present: None,
        }
    }
}

impl Rooms {
    pub(crate) fn insert(&mut self, id: RoomId, room: Room) {
        self.0.insert(id, room);
    }

    pub(crate) fn remove(&mut self, id: RoomId) -> Option<Room> {
        self.0.remove(&id)
    }

    pub(crate) fn room_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.0.get_mut(&id)
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.0.values_mut()
    }

    pub(crate) fn room(&self, id: RoomId) -> Option<&Room> {
        self.0.get(&id)
    }

    pub(crate) fn knows(&self, id: RoomId) -> bool {
        self.0.contains_key(&id)
    }

    /// The channel of this name, folded.
    pub(crate) fn channel(&self, name: &str) -> Option<(RoomId, &Room)> {
        self.channels().find(|(_, room)| room.name == name)
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = (RoomId, &Room)> {
        self.0
            .iter()
            .filter(|(_, room)| room.kind == Kind::Channel)
            .map(|(id, room)| (*id, room))
    }

    /// Is any of them still being entered?
    pub(crate) fn entering(&self) -> bool {
        self.0.values().any(|room| room.stage != Stage::In)
    }
}
