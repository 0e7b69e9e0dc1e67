//! Rooms, people, commands and servers in one list, to go to by some of their letters.

use std::cmp::Reverse;

use super::{
    Deed, menu,
    parts::chooser::{Act, Chooser},
    parts::pick::Row,
    people::write_to,
};
use crate::state::{Here, Room, Server, State};

/// People that are listed; the others are found by `/who`.
const MAX_PEOPLE: usize = 5000;

/// The switcher.
pub(super) fn switcher(state: &State) -> Chooser {
    let mut rows = rooms(state);
    rows.extend(people(state));
    rows.extend(menu::rows(state));
    rows.extend(servers(state));
    rows.extend(commands(state));
    Chooser::new(
        "Go to",
        "Enter goes there · letters narrow · Esc stays here",
        rows,
    )
}

/// Rooms: those one was in last first, so that two keys go back and forth; then the most recent.
fn rooms(state: &State) -> Vec<Row<Act>> {
    let servers = state.servers.iter();
    let mut rooms: Vec<(&Server, &Room)> = servers
        .flat_map(|server| server.rooms.values().map(move |room| (server, room)))
        .collect();
    rooms.sort_by_cached_key(|(server, room)| {
        let place = Here {
            server: server.id,
            room: room.id,
        };
        let is_here = state.here == Some(place);
        let visited = state.recent.iter().position(|known| *known == place);
        let visited = visited.unwrap_or(usize::MAX);
        (is_here, visited, Reverse(room.last_at), room.name.clone())
    });
    let several = state.servers.len() > 1;
    let row = |(server, room): (&Server, &Room)| {
        let (sign, name) = match room.other() {
            Some(other) => ("@", other),
            None => ("#", room.name.as_str()),
        };
        let mut about = Vec::new();
        if several {
            about.push(server.alias.clone());
        }
        match (room.needs_me(), room.unread) {
            (0, 0) => about.extend(room.topic.clone()),
            (0, unread) => about.push(format!("{unread} unread")),
            (needs, _) => about.push(format!("{needs} @")),
        }
        let (server, id) = (server.id, room.id);
        let act: Act = Box::new(move |_| vec![Deed::Close, Deed::GoTo(server, id)]);
        Row::new(sign, name, &about.join(" · "), act).strong_if(room.unread > 0)
    };
    rooms.into_iter().map(row).collect()
}

/// People with whom there is no conversation yet; those here now first.
fn people(state: &State) -> Vec<Row<Act>> {
    let mut rows = Vec::new();
    for server in &state.servers {
        let direct: std::collections::BTreeSet<&str> =
            server.rooms.values().filter_map(Room::other).collect();
        let mut people: Vec<_> = server.people.iter().collect();
        people.retain(|(id, person)| {
            Some(**id) != server.me && !direct.contains(person.name.as_str())
        });
        people.sort_by_key(|(_, person)| (!person.online, person.name.as_str()));
        for (_, person) in people.into_iter().take(MAX_PEOPLE) {
            let about = match (&person.display, person.online) {
                (Some(display), _) => display.clone(),
                (None, true) => "here now".to_owned(),
                (None, false) => String::new(),
            };
            let act = write_to(server.id, &person.name);
            rows.push(Row::new("@", &person.name, &about, act));
        }
    }
    rows
}

fn servers(state: &State) -> Vec<Row<Act>> {
    let servers = state.servers.iter();
    let row = |server: &Server| {
        let first = server.rooms_in_order().first().map(|room| room.id);
        let id = server.id;
        let act: Act = Box::new(move |_| {
            let go = first.map(|room| Deed::GoTo(id, room));
            std::iter::once(Deed::Close).chain(go).collect()
        });
        let about = if server.is_online() {
            "server, connected"
        } else {
            "server"
        };
        Row::new("●", &server.alias, about, act)
    };
    servers.map(row).collect()
}

fn commands(state: &State) -> Vec<Row<Act>> {
    let commands = state.settings.commands.iter();
    let row = |command: &crate::CommandInfo| {
        let (name, takes_none) = (command.name, !command.usage.contains(' '));
        let act: Act = Box::new(move |_| {
            let next = if takes_none {
                Deed::Command(format!("/{name}"))
            } else {
                Deed::Insert(format!("/{name} "))
            };
            vec![Deed::Close, next]
        });
        let brief = command
            .help
            .split_inclusive(". ")
            .next()
            .unwrap_or_default();
        Row::new("/", name, brief.trim_end(), act)
    };
    commands.map(row).collect()
}
