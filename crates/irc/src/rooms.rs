//! What a client knows of the rooms it is in.

mod by_id;

use std::collections::{BTreeMap, BTreeSet};

use snug_proto::{AccountId, Place, RoomEntry, RoomId, RoomRole, Subject, same_name};

use crate::names;

use by_id::ById;

/// The rooms that this client has been put into, and the direct conversations it knows of.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    by_id: ById,
    /// Those that are channels, by name in lower case: a line may name a hundred, and one may be in thousands.
    channels: BTreeMap<String, RoomId>,
    /// How many are still being entered: asked before every event.
    entering: usize,
    /// One that one is in and that is not shown.
    hidden: Option<RoomId>,
}

/// One of them.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the room"
)]
pub(crate) struct Room {
    /// Its name, without `#`; the other person's name in a direct conversation.
    pub(crate) name: String,
    /// What that person goes by, where that is another name.
    worn: Option<String>,
    pub(crate) kind: Kind,
    stage: Stage,
    /// The newest event that counted as known when it was entered; [`Rooms::given_mut`] goes on from there.
    pub(crate) since: u64,
    /// One's read marker when it was entered.
    pub(crate) read: u64,
    pub(crate) password: bool,
    /// Members when it was entered; `None` in the lobby, where everyone is one (DECISIONS 7).
    pub(crate) members: Option<u64>,
    /// Who the client shows as being there; `None` in rooms too large for presence (DECISIONS 11),
    /// where membership is shown instead.
    pub(crate) present: Option<BTreeSet<AccountId>>,
    /// Is it unknown to those who are not in it?
    pub(crate) secret: bool,
    /// What it is about is to be asked before its names are shown.
    pub(crate) asks_topic: bool,
    /// The client has been told that it is in it.
    pub(crate) told: bool,
    /// Who is more than a member in it, as far as the client was told: so is whoever comes back.
    pub(crate) signs: BTreeMap<AccountId, RoomRole>,
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
            worn: entry.worn.clone(),
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
            since: entry.seq.unwrap_or(0),
            read: entry.read.unwrap_or(0),
            password: entry.password,
            members: entry.members,
            present: None,
            secret: entry.hidden,
            asks_topic: entry.topic.is_some(),
            told: false,
            signs: BTreeMap::new(),
        }
    }

    /// The same room for one who has just come in: what was said before is shown, read or not.
    pub(crate) fn for_newcomer(mut self) -> Self {
        if self.since > 1 {
            self.stage = Stage::Replay;
            self.read = 0;
        }
        self
    }

    /// A direct conversation that begins now: its events follow, so none of them counts as known.
    pub(crate) fn begun(entry: &RoomEntry) -> Self {
        Self {
            since: 0,
            stage: Stage::In,
            ..Self::new(entry)
        }
    }

    /// The room that an event happened in, known by nothing else.
    pub(crate) fn of(place: &Place) -> Self {
        Self {
            name: place.room.trim_start_matches('@').to_owned(),
            worn: None,
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
            since: place.seq.saturating_sub(1),
            read: 0,
            password: false,
            members: Some(0),
            present: None,
            secret: false,
            asks_topic: true,
            told: false,
            signs: BTreeMap::new(),
        }
    }

    /// The room under its new name: all of it is known up to its renaming.
    pub(crate) fn renamed(place: &Place) -> Self {
        Self {
            since: place.seq,
            stage: Stage::Names,
            ..Self::of(place)
        }
    }

    /// The client asks for what was said there by itself.
    pub(crate) fn skip_replay(&mut self) {
        if self.kind == Kind::Direct {
            self.stage = Stage::In;
        }
    }

    /// The channel's name; in a direct conversation what the other person goes by.
    pub(crate) fn called(&self) -> &str {
        self.worn.as_deref().unwrap_or(&self.name)
    }

    /// How far the client is with entering it; [`Rooms::has_entered`] ends that.
    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }
}

impl Rooms {
    /// See [`crate::Front::bring_near`].
    pub(crate) fn bring_near(&self) {
        std::hint::black_box((self.entering, self.hidden));
        self.by_id.bring_near();
    }

    /// One is in it, and it is not shown until one joins it.
    pub(crate) fn hide(&mut self, id: RoomId) {
        self.hidden = Some(id);
    }

    pub(crate) fn is_hidden(&self, id: RoomId) -> bool {
        self.hidden == Some(id)
    }

    pub(crate) fn insert(&mut self, id: RoomId, room: Room) {
        if self.is_hidden(id) {
            self.hidden = None;
        }
        self.remove(id);
        self.entering += usize::from(room.stage != Stage::In);
        if room.kind == Kind::Channel {
            self.channels.insert(names::fold_room(&room.name), id);
        }
        self.by_id.insert(id, room);
    }

    pub(crate) fn remove(&mut self, id: RoomId) -> Option<Room> {
        self.has_entered(id);
        let room = self.by_id.remove(id)?;
        // The name may be another room's by now.
        let name = names::fold_room(&room.name);
        if self.channels.get(&name) == Some(&id) {
            self.channels.remove(&name);
        }
        Some(room)
    }

    /// The client has been put into it: what happens there is told from now on.
    pub(crate) fn has_entered(&mut self, id: RoomId) {
        if let Some(room) = self.by_id.get_mut(id)
            && room.stage != Stage::In
        {
            room.stage = Stage::In;
            self.entering = self.entering.saturating_sub(1);
        }
    }

    /// A channel has another name.
    pub(crate) fn rename_channel(&mut self, id: RoomId, name: &str) {
        let Some(room) = self.by_id.get_mut(id) else {
            return;
        };
        let was = std::mem::replace(&mut room.name, name.to_owned());
        let was = names::fold_room(&was);
        if self.channels.get(&was) == Some(&id) {
            self.channels.remove(&was);
        }
        self.channels.insert(names::fold_room(name), id);
    }

    /// The newest event of a room that this client has been given.
    pub(crate) fn given_mut(&mut self, id: RoomId) -> Option<&mut u64> {
        self.by_id.given_mut(id)
    }

    pub(crate) fn room_mut(&mut self, id: RoomId) -> Option<&mut Room> {
        self.by_id.get_mut(id)
    }

    /// Somebody has another name, or goes by another: the conversation with them is called after it. Does the
    /// client show them anywhere?
    pub(crate) fn renamed(&mut self, was: &str, subject: &Subject) -> bool {
        let mut shown = false;
        for room in self.all_mut() {
            if room.kind == Kind::Direct && same_name(&room.name, was) {
                room.name.clone_from(&subject.name);
                room.worn.clone_from(&subject.worn);
                shown = true;
            }
            let present = room.present.as_ref();
            shown |= present.is_some_and(|present| present.contains(&subject.account));
        }
        shown
    }

    /// Somebody speaks in a direct conversation: they go by what they go by now.
    pub(crate) fn speaks(&mut self, id: RoomId, worn: Option<&str>) {
        if let Some(room) = self.by_id.get_mut(id)
            && room.worn.as_deref() != worn
        {
            room.worn = worn.map(str::to_owned);
        }
    }

    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        self.by_id.values_mut()
    }

    pub(crate) fn room(&self, id: RoomId) -> Option<&Room> {
        self.by_id.get(id)
    }

    pub(crate) fn knows(&self, id: RoomId) -> bool {
        self.by_id.contains(id)
    }

    /// The channel of this name, folded.
    pub(crate) fn channel(&self, name: &str) -> Option<(RoomId, &Room)> {
        let id = self.channels.get(name)?;
        self.by_id.get(*id).map(|room| (*id, room))
    }

    /// The direct conversation with the account of this name, folded.
    pub(crate) fn conversation(&self, name: &str) -> Option<RoomId> {
        let is = |of: &str| names::fold_account(of) == name;
        let direct =
            |room: &Room| room.kind == Kind::Direct && (is(room.called()) || is(&room.name));
        let mut found = self.by_id.iter().filter(|(_, room)| direct(room));
        found.next().map(|(id, _)| id)
    }

    /// Is this person shown in any channel?
    pub(crate) fn shows(&self, account: AccountId) -> bool {
        let shows = |room: &Room| {
            let present = room.present.as_ref();
            room.kind == Kind::Channel && present.is_some_and(|of| of.contains(&account))
        };
        self.by_id.iter().any(|(_, room)| shows(room))
    }

    /// The names of all channels.
    pub(crate) fn channels(&self) -> impl Iterator<Item = &str> {
        let rooms = self.channels.values().filter_map(|id| self.by_id.get(*id));
        rooms.map(|room| room.name.as_str())
    }

    /// Is any of them still being entered?
    pub(crate) fn entering(&self) -> bool {
        self.entering > 0
    }
}
