//! Servers, and the connection to each.

use std::collections::BTreeSet;

use snug_proto::{RoomEntry, RoomId, Who};

use super::Asked;
use crate::{
    Link, ServerId,
    state::{Here, Room, Server, State},
};

/// People whom one speaks with directly that are asked for.
const MAX_CONTACTS: usize = 100;
/// Drafts of rooms that are not known yet, that are kept until they are.
const MAX_EARLY_DRAFTS: usize = 1000;

pub(super) fn server(state: &mut State, id: ServerId, alias: String) {
    match state.server_mut(id) {
        Some(server) => server.alias = alias,
        None => state.servers.push(Server::new(id, alias)),
    }
}

pub(super) fn forget(state: &mut State, id: ServerId) {
    state.servers.retain(|server| server.id != id);
    state.recent.retain(|here| here.server != id);
    if state.here.is_some_and(|here| here.server == id) {
        state.here = None;
        super::left(state);
    }
}

pub(super) fn changed(state: &mut State, id: ServerId, link: Link) {
    let Some(server) = state.server_mut(id) else {
        return;
    };
    match link {
        Link::Latency { ms } => server.latency_ms = Some(ms),
        Link::SignedIn {
            account,
            ref name,
            role,
            ref rooms,
        } => {
            let before = server.me.map(|_| needs_me(server));
            if server.me.is_some_and(|me| me != account) {
                // A guest who comes back is somebody else to the server.
                let listed: BTreeSet<RoomId> = rooms.iter().map(|room| room.room_id).collect();
                server.rooms.retain(|id, _| listed.contains(id));
            }
            server.me = Some(account);
            server.name.clone_from(name);
            server.role = role;
            let listed: BTreeSet<RoomId> = rooms.iter().map(|room| room.room_id).collect();
            server.rooms.retain(|id, _| listed.contains(id));
            for entry in rooms {
                know(server, entry);
            }
            // Who is here now is told anew.
            for person in server.people.values_mut() {
                person.online = false;
            }
            for room in server.rooms.values_mut() {
                room.members.asked = false;
                room.window.loading = None;
                room.window.refused = false;
            }
            server.link = Link::SignedIn {
                account,
                name: name.clone(),
                role,
                rooms: Vec::new(),
            };
            let more = before.map_or(0, |before| needs_me(server).saturating_sub(before));
            super::attention::missed(state, more);
            signed_in(state, id);
        }
        other => {
            server.latency_ms = None;
            server.link = other;
            if let Link::Offline { why } = &server.link {
                let why = format!("{}: {why}", server.alias);
                state.say(&why, true);
            }
        }
    }
}

/// How many messages need one there.
fn needs_me(server: &Server) -> u64 {
    server.rooms.values().map(Room::needs_me).sum()
}

/// Somebody who is nowhere is put into a room; one who is somewhere learns who is there now.
fn signed_in(state: &mut State, id: ServerId) {
    let gone = state
        .here
        .is_some_and(|here| here.server == id && state.current().is_none());
    if gone {
        state.here = None;
        super::left(state);
    }
    if state.here.is_none() {
        let first = state.server(id).and_then(|server| {
            let rooms = server.rooms_in_order();
            let needs_me = rooms.iter().find(|room| room.is_lobby());
            needs_me.or(rooms.first()).map(|room| room.id)
        });
        if let Some(room) = first {
            crate::act::go_to(state, Here { server: id, room });
        }
    } else if state.here.is_some_and(|here| here.server == id) {
        super::pages::members(state);
        if let Some(room) = state.current_mut().filter(|room| room.unread > 0) {
            // What was missed begins there.
            room.new_after = Some(room.read);
            room.new_count = room.unread;
        }
    }
    contacts(state, id);
}

/// Asks which of those one speaks with directly are here.
fn contacts(state: &mut State, id: ServerId) {
    let Some(server) = state.server(id) else {
        return;
    };
    let names = server.rooms.values().filter_map(Room::other);
    let people: Vec<String> = names.take(MAX_CONTACTS).map(str::to_owned).collect();
    if !people.is_empty() {
        let request = Who {
            people,
            ..Who::default()
        };
        super::ask(state, id, request, Asked::Contacts);
    }
}

/// Takes a room of one's own in, as a list shows it.
pub(super) fn know(server: &mut Server, entry: &RoomEntry) {
    if !entry.member {
        return;
    }
    let early = server.early_drafts.remove(&entry.room_id);
    let known = server.rooms.entry(entry.room_id);
    let room = known.or_insert_with(|| Room::new(entry.room_id, entry.room.clone()));
    room.know(entry);
    if let Some(words) = early {
        room.restore(&words);
    }
}

pub(super) fn keep_draft(server: &mut Server, room: RoomId, words: &str) {
    if server.early_drafts.len() < MAX_EARLY_DRAFTS {
        server.early_drafts.insert(room, words.to_owned());
    }
}
