//! What can be done by forms and lists. The same rows stand in the switcher.

use snug_proto::{AboutRoom, Me, Response, Role, RoomList, RoomRef, Rooms, Server};

use super::{
    Deed, Welcome, account,
    forms::{self, invite, room},
    notifications,
    parts::chooser::{Act, Chooser, Otherwise, does, opens},
    parts::opening::Opening,
    parts::pick::Row,
    people,
};
use crate::{
    ServerId,
    state::{Here, State},
};

/// The menu.
pub(super) fn menu(state: &State) -> Chooser {
    Chooser::new(
        "What can be done",
        "Enter opens it · letters narrow · Esc closes",
        rows(state),
    )
}

/// Its rows, as they fit who one is and where.
pub(super) fn rows(state: &State) -> Vec<Row<Act>> {
    let mut rows = Vec::new();
    let Some(server) = state.current_server() else {
        return rows;
    };
    let id = server.id;
    if let Some((_, room)) = state.current() {
        let here = Here {
            server: id,
            room: room.id,
        };
        let title = format!("People of {}", title(&room.name));
        rows.push(Row::new(
            "",
            "People of this room",
            "/who",
            opens(move |_| people::of_room(here, &title)),
        ));
        if !room.direct {
            let about = AboutRoom {
                room: RoomRef::Id(room.id),
            };
            let set_up = opens(move |_| room_settings(here, about.clone()));
            rows.push(Row::new("", "How this room is set up", "/settings", set_up));
        }
        let (alias, name) = (server.alias.clone(), room.name.clone());
        rows.push(Row::new(
            "",
            "What this room tells me of",
            "notifications",
            opens(move |state| notifications::of_room(&alias, &name, state)),
        ));
    }
    rows.push(Row::new(
        "",
        "Join or create a room",
        "/join /create",
        opens(move |_| join_or_create(id)),
    ));
    rows.push(Row::new(
        "",
        "One more server",
        "snug join",
        opens(|_| Welcome::further()),
    ));
    if server.role != Role::Guest {
        rows.push(Row::new(
            "",
            "Invite somebody",
            "/invite",
            opens(move |_| invite::invite(id)),
        ));
        rows.push(Row::new(
            "",
            "Friends, and whom I block",
            "/friends",
            opens(move |_| people::friends(id)),
        ));
        rows.push(Row::new(
            "",
            "How others see me",
            "/display /strangers",
            opens(move |_| myself(id)),
        ));
        rows.push(Row::new(
            "",
            "Where I am signed in",
            "/sessions",
            opens(move |_| account::sessions(id)),
        ));
        rows.push(Row::new(
            "",
            "Tokens of other programs",
            "/tokens",
            opens(move |_| account::tokens(id)),
        ));
    }
    rows.push(Row::new(
        "",
        "Do not disturb, and themes",
        "settings",
        opens(notifications::settings),
    ));
    if server.role >= Role::Moderator {
        rows.push(Row::new(
            "",
            "Keep order on this server",
            "/reports /shield",
            opens(|_| keeping_order()),
        ));
    }
    if server.role == Role::Owner {
        rows.push(Row::new(
            "",
            "How this server is set up",
            "/server",
            opens(move |_| server_settings(id)),
        ));
    }
    rows
}

fn title(name: &str) -> String {
    if name.starts_with('@') {
        name.to_owned()
    } else {
        format!("#{name}")
    }
}

fn room_settings(here: Here, about: AboutRoom) -> Opening {
    let then = move |response: &Response, _state: &State| match response {
        Response::RoomAbout(about) => {
            vec![Deed::Open(Box::new(room::settings(
                here.server,
                here.room,
                about,
            )))]
        }
        _ => vec![Deed::Close],
    };
    Opening::new(
        "How this room is set up",
        here.server,
        about,
        Box::new(then),
    )
}

fn server_settings(server: ServerId) -> Opening {
    let then = move |response: &Response, _state: &State| match response {
        Response::ServerSettings(now) => {
            vec![Deed::Open(Box::new(forms::server::settings(server, now)))]
        }
        _ => vec![Deed::Close],
    };
    Opening::new(
        "How this server is set up",
        server,
        Server::default(),
        Box::new(then),
    )
}

fn myself(server: ServerId) -> Opening {
    let then = move |response: &Response, _state: &State| match response {
        Response::Myself(now) => {
            vec![Deed::Open(Box::new(forms::account::myself(server, now)))]
        }
        _ => vec![Deed::Close],
    };
    Opening::new("How others see me", server, Me::default(), Box::new(then))
}

/// What those who run the server look at and do; each is a command.
pub const KEEPING_ORDER: &[(&str, &str)] = &[
    ("Reports that wait", "/reports"),
    ("Who is banned from the server", "/server-bans"),
    ("How things stand at the door", "/shield"),
    ("Raise the shield", "/shield up"),
    ("Leave the shield to itself", "/shield auto"),
    ("Let nobody new in for an hour", "/lockdown"),
    ("End the lockdown", "/lockdown off"),
    ("Addresses that pass all of it", "/allow list"),
];

fn keeping_order() -> Chooser {
    let rows = KEEPING_ORDER.iter();
    let rows = rows.map(|(label, line)| people::command(label, (*line).to_owned()));
    let keys = "Enter does it · letters narrow · Esc closes";
    Chooser::new("Keep order on this server", keys, rows.collect())
}

/// The rooms there are, and a new one.
pub(super) fn join_or_create(server: ServerId) -> Chooser {
    let page = move |response: Response, _state: &State| {
        let Response::RoomList(RoomList { rooms, more, .. }) = response else {
            return (Vec::new(), None);
        };
        let after = rooms.last().map(|last| last.room_id).filter(|_| more);
        let next = after.map(|after| {
            Rooms {
                mine: false,
                after: Some(after),
            }
            .into()
        });
        let joinable = rooms.iter().filter(|room| !room.direct);
        let rows = joinable.map(|entry| {
            let mut about = Vec::new();
            let lets_in = entry.member || entry.invited || entry.admitted;
            let knocks = entry.invitation && !lets_in;
            for (so, what) in [
                (entry.member, "mine"),
                (entry.invited, "you are invited"),
                (entry.password, "asks for a password"),
                (knocks, "by invitation: Enter asks to be let in"),
                (entry.archived, "archived"),
            ] {
                about.extend(so.then(|| what.to_owned()));
            }
            about.extend(entry.members.map(|members| format!("{members} members")));
            about.extend(entry.topic.clone());
            let (name, id) = (entry.room.clone(), entry.room_id);
            let act: Act = if entry.member {
                Box::new(move |_| vec![Deed::Close, Deed::GoTo(server, id)])
            } else if entry.password && !lets_in {
                opens(move |_| room::join(server, &name))
            } else if knocks {
                does(format!("/knock {name}"))
            } else {
                does(format!("/join {name}"))
            };
            Row::new("#", &entry.room, &about.join(", "), act)
        });
        (rows.collect(), next)
    };
    let new = Row::new(
        "+",
        "Make a room",
        "/create NAME",
        opens(move |_| room::create(server, "")),
    );
    let by_name = opens(move |_| room::join(server, ""));
    let hidden = Row::new("+", "Join one that is not listed", "/join NAME", by_name);
    let first = Rooms {
        mine: false,
        after: None,
    };
    let keys = "Enter joins · letters narrow · Esc closes";
    let rooms = Chooser::asking("Rooms", keys, server, first, Box::new(page));
    let make: Otherwise =
        Box::new(move |name, _state| vec![Deed::Over(Box::new(room::create(server, name)))]);
    rooms
        .beginning_with(vec![new, hidden])
        .otherwise("Enter makes a room of this name", make)
}
