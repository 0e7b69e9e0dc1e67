//! A server in memory, just true enough for the front: accounts, rooms with logs, live events.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "each test file uses its own part of it; what is not there fails the test"
)]

mod client;
mod state;
mod worn;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
};

pub use client::{Client, lines};
use snug_proto::*;
use state::{Live, State};

/// The shared state; clones are the same world.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<State>>);

/// One session of the world.
pub struct FakeSession {
    world: World,
    index: usize,
}

impl World {
    /// A world with a lobby and these accounts, each with the password `password`.
    pub fn new(names: &[&str]) -> Self {
        let world = Self::default();
        {
            let mut state = world.state();
            for name in names {
                let id = AccountId::from_bytes(state.fresh());
                let account = (id, "password".to_owned());
                state.accounts.insert((*name).to_owned(), account);
            }
            let members = names.iter().map(|name| (*name).to_owned()).collect();
            state.add_room("lobby", members, None, None);
        }
        world
    }

    pub fn session(&self) -> Arc<FakeSession> {
        let mut state = self.state();
        state.sessions.push(Live::default());
        Arc::new(FakeSession {
            world: self.clone(),
            index: state.sessions.len() - 1,
        })
    }

    /// A client that has signed in with these capabilities, its welcome read.
    pub fn client(&self, name: &str, caps: &str) -> Client {
        let mut client = Client::new(self.session());
        client.sign_in(name, caps);
        client
    }

    pub fn add_account(&self, name: &str) {
        let mut state = self.state();
        let id = AccountId::from_bytes(state.fresh());
        let account = (id, "password".to_owned());
        state.accounts.insert(name.to_owned(), account);
        if let Some(lobby) = state.rooms.get_mut("lobby") {
            lobby.members.insert(name.to_owned());
        }
    }

    pub fn set_password(&self, name: &str, password: &str) {
        if let Some(account) = self.state().accounts.get_mut(name) {
            password.clone_into(&mut account.1);
        }
    }

    /// A room with these members.
    pub fn room(&self, name: &str, members: &[&str], password: Option<&str>) -> RoomId {
        let members: BTreeSet<_> = members.iter().map(|name| (*name).to_owned()).collect();
        self.state().add_room(name, members, None, password)
    }

    /// Says something as if from another front.
    pub fn say(&self, from: &str, room: &str, body: &str) -> u64 {
        let mut state = self.state();
        let body = body.to_owned();
        let author = state.author(from);
        state.append(room, |place| {
            Event::Message(Message {
                manner: None,
                place,
                author,
                body,
                deleted: false,
                reply_to: None,
                quote: None,
                mentions: Vec::new(),
            })
        })
    }

    pub fn edit(&self, from: &str, room: &str, of: u64, body: &str) {
        let mut state = self.state();
        let (author, body) = (state.author(from), body.to_owned());
        state.append(room, |place| {
            Event::Edited(Edited {
                place,
                author,
                of,
                body,
                deleted: false,
            })
        });
    }

    pub fn delete(&self, from: &str, room: &str, of: u64) {
        let mut state = self.state();
        let author = state.author(from);
        state.append(room, |place| {
            Event::Deleted(Deleted {
                place,
                author,
                of,
                reason: None,
                by_server: false,
            })
        });
    }

    /// Keeps order in a room: one does something, which is about another.
    pub fn order(
        &self,
        (by, room, about): (&str, &str, &str),
        event: impl FnOnce(Place, Author, Subject) -> Event,
    ) {
        let mut state = self.state();
        let (author, subject) = (state.author(by), state.subject(about));
        state.append(room, |place| event(place, author, subject));
    }

    pub fn join(&self, name: &str, room: &str) {
        self.state().enter(name, room);
    }

    /// Tells every session something.
    pub fn tell_all(&self, event: Event) {
        self.deliver_all(&Arc::new(Delivery::new(event)));
    }

    /// Hands every session the same delivery.
    pub fn deliver_all(&self, delivery: &Arc<Delivery>) {
        for session in &mut self.state().sessions {
            session.outbox.push(delivery.clone());
        }
    }

    pub fn presence(&self, name: &str, room: &str, online: bool) {
        let (room_id, subject) = {
            let state = self.state();
            (state.rooms[room].id, state.subject(name))
        };
        self.tell_all(Event::Presence(Presence {
            room: room.to_owned(),
            room_id,
            subject,
            online,
            reason: None,
        }));
    }

    pub fn room_id(&self, room: &str) -> RoomId {
        self.state().rooms[room].id
    }

    /// From now on every request but `sign_in`, `ping` and `who` is refused so.
    pub fn refuse_with(&self, code: Option<ErrorCode>) {
        self.state().refuse_with = code;
    }

    /// Somebody else makes the next room just before whoever asks for it.
    pub fn make_the_next_room_first(&self) {
        self.state().beaten_to_it = true;
    }

    /// From now on who registers must bring this code.
    pub fn need_code(&self, code: &str) {
        self.state().code = Some(code.to_owned());
    }

    /// How much a page of people and one of rooms hold from now on.
    pub fn page_sizes(&self, people: usize, rooms: usize) {
        let mut state = self.state();
        state.people_page = people;
        state.rooms_page = rooms;
    }

    /// How many requests came so far, of all sessions.
    pub fn requests(&self) -> usize {
        self.state().requests
    }

    pub fn members(&self, room: &str) -> Vec<String> {
        let state = self.state();
        let room = state.rooms.get(room);
        room.map_or_else(Vec::new, |room| room.members.iter().cloned().collect())
    }

    /// How a message was said.
    pub fn manner(&self, room: &str, seq: usize) -> Option<Manner> {
        match &self.state().rooms[room].events[seq - 1] {
            Event::Message(message) => message.manner.as_deref().cloned(),
            other => panic!("{other:?}"),
        }
    }

    pub fn bodies(&self, room: &str) -> Vec<String> {
        let bodies = |event: &Event| match event {
            Event::Message(message) => Some(message.body.clone()),
            _ => None,
        };
        self.state().rooms[room]
            .events
            .iter()
            .filter_map(bodies)
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl FakeSession {
    /// Hands this session alone a delivery.
    pub fn deliver(&self, delivery: &Arc<Delivery>) {
        let mut state = self.world.state();
        state.sessions[self.index].outbox.push(delivery.clone());
    }

    /// Holds answers back until [`Self::release`].
    pub fn hold_answers(&self) {
        self.world.state().sessions[self.index].hold = true;
    }

    pub fn release(&self) {
        let held = {
            let mut state = self.world.state();
            state.sessions[self.index].hold = false;
            std::mem::take(&mut state.sessions[self.index].held)
        };
        for (answering, answer) in held {
            answering.answer(answer);
        }
    }

    /// Signs in with no client on top.
    pub fn sign_in(&self, name: &str) {
        let sign_in = SignIn {
            name: name.to_owned(),
            password: "password".into(),
            device: None,
            code: None,
        };
        drop(self.request(sign_in.into()));
    }

    pub fn end(&self) {
        self.world.state().sessions[self.index].closed = true;
    }

    pub fn signed_in_as(&self) -> Option<String> {
        self.world.state().sessions[self.index].account.clone()
    }
}

impl Session for FakeSession {
    fn request(&self, request: Request) -> Pending {
        let mut state = self.world.state();
        let answer = state.answer(self.index, request);
        let session = &mut state.sessions[self.index];
        if session.hold {
            let (answering, pending) = Pending::new();
            session.held.push_back((answering, answer));
            return pending;
        }
        Pending::ready(answer)
    }

    fn poll_deliveries(&self, _: &mut Context<'_>, into: &mut Vec<Arc<Delivery>>) -> Poll<Stream> {
        let mut state = self.world.state();
        let session = &mut state.sessions[self.index];
        if session.outbox.is_empty() {
            return if session.closed {
                Poll::Ready(Stream::Closed)
            } else {
                Poll::Pending
            };
        }
        into.append(&mut session.outbox);
        Poll::Ready(if session.closed {
            Stream::Open
        } else {
            Stream::Awaited
        })
    }
}
