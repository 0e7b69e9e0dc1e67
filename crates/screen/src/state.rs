//! All that a screen knows: servers, their rooms and people, and where one looks. Overlays read it; only
//! the screen itself changes it.

mod adrift;
mod item;
mod people;
mod place;
mod room;
mod server;
mod waiting;
mod window;

use std::collections::{BTreeMap, VecDeque};

use snug_proto::{RoomId, Secret, Timestamp};

pub(crate) use adrift::Adrift;
pub use item::{Change, Item, Said, What};
pub(crate) use people::MAX_MEMBERS;
pub use people::{Member, Members, Person};
pub(crate) use place::CameFrom;
pub use place::{Anchor, Here, Spot};
pub use room::{Drafting, Room, Writer};
pub use server::Server;
pub use waiting::{Waiting, WaitingState};
pub(crate) use window::End;
pub use window::Window;

use crate::{Effect, ServerId, Settings, Size};

/// See the module.
#[derive(Debug)]
pub struct State {
    /// How it is set up.
    pub settings: Settings,
    /// The terminal.
    pub size: Size,
    /// The time of the last input.
    pub now: Timestamp,
    /// Does the terminal have the focus?
    pub focused: bool,
    /// When somebody used a key or the mouse last.
    pub last_used: Timestamp,
    /// The servers, in the order they are shown.
    pub servers: Vec<Server>,
    /// The room that is shown.
    pub here: Option<Here>,
    /// The rooms that were shown, the newest first; the first is the one that is.
    pub recent: VecDeque<Here>,
    /// Where one looks in it.
    pub anchor: Anchor,
    /// What the cursor is on.
    pub cursor: Option<Spot>,
    /// Where one was before a hit of a search was shown; Esc goes back there.
    pub(crate) came_from: Option<CameFrom>,
    /// What is new in the room that is shown begins after this event: it is gone to once it is in memory.
    pub(crate) seek: Option<u64>,
    /// The pane of people is shown, though it would not be at this size, or the other way around.
    pub people_turned: bool,
    /// The same of the pane of rooms.
    pub rooms_turned: bool,
    /// A sentence above the input, until the next key.
    pub note: Option<Note>,
    /// What is written and answered while no room is shown.
    pub(crate) adrift: Adrift,
    /// What a command answered with to be pasted elsewhere: an invitation, a token's command.
    pub(crate) answer: Option<Secret>,
    pub(crate) asked: BTreeMap<crate::Tag, crate::reduce::Asked>,
    pub(crate) next_tag: crate::Tag,
    pub(crate) effects: Vec<Effect>,
}

/// A sentence above the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says. Fit for a terminal.
    pub text: String,
    /// Something went wrong.
    pub is_error: bool,
}

impl State {
    /// Nothing known yet.
    pub fn new(settings: Settings, size: Size, now: Timestamp) -> Self {
        Self {
            settings,
            size,
            now,
            focused: true,
            last_used: now,
            servers: Vec::new(),
            here: None,
            recent: VecDeque::new(),
            anchor: Anchor::End,
            cursor: None,
            came_from: None,
            seek: None,
            people_turned: false,
            rooms_turned: false,
            note: None,
            adrift: Adrift::default(),
            answer: None,
            asked: BTreeMap::new(),
            next_tag: 1,
            effects: Vec::new(),
        }
    }

    /// The server of this id.
    pub fn server(&self, id: ServerId) -> Option<&Server> {
        self.servers.iter().find(|server| server.id == id)
    }

    pub(crate) fn server_mut(&mut self, id: ServerId) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.id == id)
    }

    /// A room of one's own.
    pub fn room(&self, server: ServerId, room: RoomId) -> Option<&Room> {
        self.server(server)?.rooms.get(&room)
    }

    pub(crate) fn room_mut(&mut self, server: ServerId, room: RoomId) -> Option<&mut Room> {
        self.server_mut(server)?.rooms.get_mut(&room)
    }

    /// The room that is shown, and its server.
    pub fn current(&self) -> Option<(&Server, &Room)> {
        let here = self.here?;
        let server = self.server(here.server)?;
        Some((server, server.rooms.get(&here.room)?))
    }

    pub(crate) fn current_mut(&mut self) -> Option<&mut Room> {
        let here = self.here?;
        self.room_mut(here.server, here.room)
    }

    /// The server that is shown: that of the room, else the first.
    pub fn current_server(&self) -> Option<&Server> {
        let here = self.here.and_then(|here| self.server(here.server));
        here.or_else(|| self.servers.first())
    }

    /// The hour and minute on the wall.
    pub fn clock(&self, at: Timestamp) -> String {
        let minutes = self.local_ms(at) / 60_000 % (24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// The day on the wall, counted from 1970.
    pub fn day(&self, at: Timestamp) -> u64 {
        self.local_ms(at) / 86_400_000
    }

    fn local_ms(&self, at: Timestamp) -> u64 {
        let offset = i64::from(self.settings.zone_offset_s) * 1000;
        at.ms().saturating_add_signed(offset)
    }

    /// Unread messages and mentions of all rooms but the one that is shown.
    pub fn elsewhere(&self) -> (u64, u64) {
        let mut sum = (0_u64, 0_u64);
        for server in &self.servers {
            for room in server.rooms.values() {
                if self.here
                    != Some(Here {
                        server: server.id,
                        room: room.id,
                    })
                {
                    sum.0 = sum.0.saturating_add(room.unread);
                    sum.1 = sum.1.saturating_add(room.needs_me());
                }
            }
        }
        sum
    }
}
