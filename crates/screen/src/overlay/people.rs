//! People: those of a room, one's friends, and what can be done with one of them.

use snug_proto::{
    AccountId, BlockEntry, Blocks, FriendEntry, Friends, Friendship, PersonEntry, Response,
    RoomRef, Who,
};

use super::{
    Deed,
    forms::{
        account,
        moderation::{Sanction, sanction},
    },
    parts::chooser::{Act, Chooser, does, opens},
    parts::pick::Row,
};
use crate::{
    ServerId, sanitize,
    state::{Here, Room, State},
};

const KEYS: &str = "Enter: what can be done · letters narrow · Esc closes";

/// Who is in the room that is shown.
pub(super) fn of_room(here: Here, title: &str) -> Chooser {
    let room = RoomRef::Id(here.room);
    let first = Who {
        room: Some(room.clone()),
        ..Who::default()
    };
    let page = move |response: Response, state: &State| {
        let Response::People(page) = response else {
            return (Vec::new(), None);
        };
        let after = page.people.last().map(|last| last.name.clone());
        let next = after.filter(|_| page.more).map(|after| Who {
            room: Some(room.clone()),
            after: Some(after),
            ..Who::default()
        });
        let me = state.server(here.server).and_then(|server| server.me);
        let people = page.people.iter();
        let rows = people.map(|person| person_row(here, person, me)).collect();
        (rows, next.map(Into::into))
    };
    Chooser::asking(title, KEYS, here.server, first, Box::new(page))
}

fn person_row(here: Here, person: &PersonEntry, me: Option<AccountId>) -> Row<Act> {
    let sign = if person.online { "●" } else { " " };
    let mut about = Vec::new();
    about.extend(person.display.clone());
    for (so, what) in [
        (person.founder, "founder"),
        (person.admin, "admin"),
        (person.voiced, "has a voice"),
        (person.muted, "muted"),
        (person.bot, "a program"),
    ] {
        about.extend(so.then(|| what.to_owned()));
    }
    about.extend(person.away.as_ref().map(|away| format!("away: {away}")));
    about.extend(person.labels.iter().cloned());
    let name = person.name.clone();
    let is_me = me == Some(person.account);
    let act: Act = if is_me {
        does(format!("/whois {name}"))
    } else {
        opens(move |state| with(here, &name, state))
    };
    Row::new(sign, &person.name, &about.join(", "), act)
}

/// What can be done with somebody, in the room that is shown.
pub(super) fn with(here: Here, name: &str, state: &State) -> Chooser {
    let name = sanitize::line(name);
    let mut rows = vec![
        Row::new(
            "",
            "Write to them",
            &format!("/msg {name} …"),
            write_to(here.server, &name),
        ),
        command("Who they are", format!("/whois {name}")),
        command("Ask to be friends", format!("/friend {name}")),
        command("Block", format!("/block {name}")),
    ];
    let room = state.room(here.server, here.room);
    let keeps_order = room.is_some_and(|room| room.is_admin() && !room.direct)
        || state
            .server(here.server)
            .is_some_and(|server| server.role >= snug_proto::Role::Moderator);
    // Nobody is taken out of the lobby, and its admins are the server's moderators.
    let in_lobby = room.is_some_and(Room::is_lobby);
    if keeps_order {
        let mute = (Sanction::Mute, "Mute in this room", "mute");
        let [kick, ban] = if in_lobby {
            [
                (Sanction::ServerKick, "End their sessions", "server-kick"),
                (Sanction::ServerBan, "Ban from the server", "server-ban"),
            ]
        } else {
            [
                (Sanction::Kick, "Take out of this room", "kick"),
                (Sanction::Ban, "Ban from this room", "ban"),
            ]
        };
        for (what, label, shown) in [mute, kick, ban] {
            let who = name.clone();
            let form = opens(move |_| sanction(here.server, here.room, &who, what));
            rows.push(Row::new("", label, &format!("/{shown} {name} …"), form));
        }
        rows.push(command("Lift the mute", format!("/unmute {name}")));
    }
    if keeps_order && !in_lobby {
        rows.extend([
            command("Make an admin of this room", format!("/op {name}")),
            command("Make a member like others", format!("/deop {name}")),
        ]);
    }
    if room.is_some_and(|room| room.role == snug_proto::RoomRole::Founder) {
        rows.push(command(
            "Pass the room on to them",
            format!("/founder {name}"),
        ));
    }
    Chooser::new(&name, "Enter does it · Esc closes", rows)
}

/// A row that does a command.
pub(super) fn command(label: &str, line: String) -> Row<Act> {
    let shown = line.clone();
    Row::new("", label, &shown, does(line))
}

/// One's friends, who asks, whom one asked, and whom one blocks.
pub(super) fn friends(server: ServerId) -> Chooser {
    let page = move |response: Response, _state: &State| match response {
        Response::FriendList(page) => {
            let rows = page.friends.iter().map(|friend| friend_row(server, friend));
            let after = page.friends.last().map(|last| last.name.clone());
            let next = match after.filter(|_| page.more) {
                Some(after) => Friends { after: Some(after) }.into(),
                None => Blocks { after: None }.into(),
            };
            (rows.collect(), Some(next))
        }
        Response::BlockList(page) => {
            let rows = page.blocks.iter().map(blocked_row);
            let after = page.blocks.last().map(|last| last.name.clone());
            let next = after.filter(|_| page.more);
            let next = next.map(|after| Blocks { after: Some(after) }.into());
            (rows.collect(), next)
        }
        _ => (Vec::new(), None),
    };
    let first = Friends { after: None };
    let ask = Row::new(
        "+",
        "Ask somebody to be your friend",
        "/friend NAME",
        opens(move |_| account::befriend(server)),
    );
    Chooser::asking("Friends", KEYS, server, first, Box::new(page)).beginning_with(vec![ask])
}

fn friend_row(server: ServerId, friend: &FriendEntry) -> Row<Act> {
    let (sign, about) = match friend.state {
        Friendship::Friends if friend.online => ("●", "here now"),
        Friendship::Friends => (" ", "not here"),
        Friendship::Asks => ("?", "asks to be your friend"),
        Friendship::Asked => ("…", "asked by you"),
        Friendship::None => (" ", ""),
    };
    let (name, state) = (sanitize::line(&friend.name), friend.state);
    let act = opens(move |_| {
        let mut rows = Vec::new();
        match state {
            Friendship::Asks => rows.extend([
                command("Accept", format!("/friend {name}")),
                command("Decline", format!("/unfriend {name}")),
            ]),
            Friendship::Asked => {
                rows.push(command("Take the asking back", format!("/unfriend {name}")));
            }
            Friendship::Friends | Friendship::None => rows.extend([
                Row::new(
                    "",
                    "Write to them",
                    &format!("/msg {name} …"),
                    write_to(server, &name),
                ),
                command("End the friendship", format!("/unfriend {name}")),
            ]),
        }
        rows.push(command("Who they are", format!("/whois {name}")));
        rows.push(command("Block", format!("/block {name}")));
        Chooser::new(&name, "Enter does it · Esc closes", rows)
    });
    let is_asking = friend.state == Friendship::Asks;
    Row::new(sign, &friend.name, about, act).strong_if(is_asking)
}

fn blocked_row(entry: &BlockEntry) -> Row<Act> {
    let name = sanitize::line(&entry.name);
    let act = opens(move |_| {
        let rows = vec![command("Take the block back", format!("/unblock {name}"))];
        Chooser::new(&name, "Enter does it · Esc closes", rows)
    });
    Row::new("✕", &entry.name, "blocked", act)
}

/// Goes to the conversation with somebody; if there is none yet, the input begins one.
pub(crate) fn write_to(server: ServerId, name: &str) -> Act {
    let name = name.to_owned();
    Box::new(move |state| {
        let room = state
            .server(server)
            .and_then(|server| server.direct_with(&name));
        let next = match room {
            Some(room) => Deed::GoTo(server, room.id),
            None => Deed::Insert(format!("/msg {name} ")),
        };
        vec![Deed::Close, next]
    })
}
