//! A server that somebody sits at.

use std::collections::BTreeMap;

use snug_proto::{AccountId, Role, RoomId};

use super::{Person, Room};
use crate::{Link, ServerId};

/// People of one server that are known by name; beyond it none are added.
const MAX_PEOPLE: usize = 20_000;

/// See the module.
#[derive(Debug)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// What it is called here.
    pub alias: String,
    /// The link by which it is reached, if that is known.
    pub address: Option<String>,
    /// How the connection is.
    pub link: Link,
    /// How long a ping took last, in milliseconds.
    pub latency_ms: Option<u32>,
    /// Who one is there.
    pub me: Option<AccountId>,
    /// By this name.
    pub name: String,
    /// With this role.
    pub role: Role,
    /// One's rooms.
    pub rooms: BTreeMap<RoomId, Room>,
    /// Who is known there.
    pub people: BTreeMap<AccountId, Person>,
    /// Drafts of rooms that are not known yet.
    pub(crate) early_drafts: BTreeMap<RoomId, String>,
}

impl Server {
    pub(crate) const fn new(id: ServerId, alias: String) -> Self {
        Self {
            id,
            alias,
            address: None,
            link: Link::Connecting,
            latency_ms: None,
            me: None,
            name: String::new(),
            role: Role::Member,
            rooms: BTreeMap::new(),
            people: BTreeMap::new(),
            early_drafts: BTreeMap::new(),
        }
    }

    /// Is there a connection?
    pub const fn is_online(&self) -> bool {
        matches!(self.link, Link::SignedIn { .. })
    }

    /// One's rooms in the order of the list: the lobby, the others by name; then direct conversations.
    pub fn rooms_in_order(&self) -> Vec<&Room> {
        let mut rooms: Vec<&Room> = self.rooms.values().collect();
        rooms.sort_by_cached_key(|room| {
            (
                room.direct,
                !room.is_lobby(),
                room.name.to_lowercase(),
                room.id,
            )
        });
        rooms
    }

    /// A room by what one calls it: `den`, `#den` or `@ann`.
    pub fn room_named(&self, name: &str) -> Option<&Room> {
        let name = name.trim_start_matches('#');
        let mut rooms = self.rooms.values();
        rooms.find(|room| room.name.eq_ignore_ascii_case(name))
    }

    /// The direct conversation with somebody.
    pub fn direct_with(&self, name: &str) -> Option<&Room> {
        let mut rooms = self.rooms.values().filter(|room| room.direct);
        rooms.find(|room| room.other() == Some(name))
    }

    /// Somebody by name.
    pub fn person_named(&self, name: &str) -> Option<(AccountId, &Person)> {
        let mut people = self.people.iter();
        people.find_map(|(id, person)| (person.name == name).then_some((*id, person)))
    }

    pub(crate) fn person_mut(&mut self, id: AccountId) -> Option<&mut Person> {
        if self.people.len() >= MAX_PEOPLE && !self.people.contains_key(&id) {
            return None;
        }
        Some(self.people.entry(id).or_default())
    }
}
