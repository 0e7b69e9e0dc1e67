//! Events as they happen.

use snug_proto::{
    AccountChanged, AccountId, Event, Friendship, IsTyping, Marked, Message, Presence, RoomId,
    SettingsChanged, Subject, limits::TYPING_LASTS_MS,
};

use super::{
    Asked, ask, attention, link,
    log::{author_name, subject_name, take},
};
use crate::{
    ServerId,
    draw::text,
    state::{Anchor, End, Here, Member, Room, Server, State, WaitingState},
};

/// An event of a server.
pub(super) fn happened(state: &mut State, id: ServerId, event: &Event) {
    if event.place().is_some() {
        return logged(state, id, event);
    }
    let now = state.now;
    let Some(server) = state.server_mut(id) else {
        return;
    };
    match event {
        Event::Typing(typing) => writes(server, typing, now),
        Event::Marked(marked) => was_read(server, marked),
        Event::Presence(Presence {
            subject,
            online,
            room_id,
            ..
        }) => {
            here(server, subject, *online);
            // In the lobby nobody is said to join: who is here is in it.
            let known = server.people.contains_key(&subject.account);
            if let Some(room) = server.rooms.get_mut(room_id).filter(|_| *online && known) {
                room.members.list.entry(subject.account).or_default();
            }
        }
        Event::FriendPresence(friend) => {
            here(server, &friend.subject, friend.online);
            let what = if friend.online { "is here" } else { "has gone" };
            let name = subject_name(&friend.subject);
            state.say(&format!("your friend {name} {what}"), false);
        }
        Event::Seen(seen) => here(server, &seen.subject, seen.online),
        Event::Online(online) => {
            if let Some(room) = server.rooms.get_mut(&online.room_id) {
                room.members.online = Some(online.count);
            }
        }
        Event::Away(away) => {
            if let Some(person) = server.person_mut(away.subject.account) {
                person.name.clone_from(&away.subject.name);
                person.away.clone_from(&away.text);
            }
        }
        Event::RoomAdded(added) => link::know(server, &added.entry),
        Event::AccountChanged(change) => account_changed(server, change),
        other => told(state, id, other),
    }
}

/// What is said to this session alone, as lines where one is.
fn told(state: &mut State, id: ServerId, event: &Event) {
    let line = match event {
        Event::Notice(notice) => format!("the server says: {}", notice.text),
        Event::Hailed(hailed) => {
            format!(
                "{} says to everyone here: {}",
                author_name(&hailed.author),
                hailed.text
            )
        }
        Event::Announcement(announcement) => {
            let by = author_name(&announcement.author);
            let seen = Some(announcement.announcement);
            // It is shown: it is not shown at the next sign-in again.
            let seen = snug_proto::Announcements { before: None, seen };
            ask(state, id, seen, Asked::Quiet);
            format!("{by} announces: {}", announcement.body)
        }
        Event::Knocked(knocked) => {
            let (by, room) = (author_name(&knocked.author), &knocked.room);
            let says = knocked.text.as_ref();
            let says = says.map_or_else(String::new, |text| format!(" ({text})"));
            let name = &knocked.author.from;
            format!("{by} knocks at {room}{says}: /invite {name} {room} lets them in")
        }
        Event::Invitation(invitation) => {
            let by = author_name(&invitation.author);
            format!(
                "{by} invites you to {0}: /join {0} goes there",
                invitation.room
            )
        }
        Event::Friend(change) => {
            let (name, handle) = (subject_name(&change.subject), &change.subject.name);
            match change.state {
                Friendship::Asks => {
                    format!("{name} asks to be your friend: /friend {handle} or /unfriend {handle}")
                }
                Friendship::Friends => format!("{name} is your friend now"),
                Friendship::Asked | Friendship::None => return,
            }
        }
        Event::Credits(moved) => {
            format!(
                "credits moved: {}; you have {} now",
                moved.entry.amount, moved.balance
            )
        }
        Event::Watched(watched) => watched.text.clone(),
        Event::Signalled(signal) if !signal.machine => {
            let Some(words) = &signal.words else {
                return;
            };
            let to = if signal.admins { "the admins of " } else { "" };
            format!(
                "{} to {to}{}, not kept: {words}",
                author_name(&signal.author),
                signal.room
            )
        }
        _ => return,
    };
    let now = state.now;
    let here = state
        .here
        .filter(|here| here.server == id)
        .map(|here| here.room);
    let Some(server) = state.server_mut(id) else {
        return;
    };
    let lobby = server
        .rooms
        .values()
        .find(|room| room.is_lobby())
        .map(|room| room.id);
    if let Some(room) = here.or(lobby).and_then(|room| server.rooms.get_mut(&room)) {
        room.window.tell(now, vec![line]);
    } else {
        state.say(&line, false);
    }
}

/// An event of a log.
fn logged(state: &mut State, id: ServerId, event: &Event) {
    let Some(place) = event.place() else {
        return;
    };
    let here = Here {
        server: id,
        room: place.room_id,
    };
    let is_here = state.here == Some(here);
    let anchor = state.anchor;
    let Some(server) = state.server_mut(id) else {
        return;
    };
    let me = server.me;
    // What was missed is told after the list of rooms, which has what came of it already.
    let known = server.rooms.get(&place.room_id);
    let fresh = known.is_none_or(|room| place.seq > room.head);
    if event.ends_membership().is_some() && event.ends_membership() == me && fresh {
        return gone(state, here, event);
    }
    if fresh {
        people(server, event, place.room_id);
    }
    let known = server.rooms.entry(place.room_id);
    let room = known.or_insert_with(|| Room::new(place.room_id, place.room.clone()));
    room.name.clone_from(&place.room);
    room.direct = place.direct;
    room.head = room.head.max(place.seq);
    let counts = counted(room, event, me);
    let item = take(room, event, me);
    if let Event::SettingsChanged(SettingsChanged { changes, .. }) = event
        && fresh
    {
        if let Some(topic) = &changes.topic {
            room.topic = Some(topic.clone()).filter(|topic| !topic.is_empty());
        }
        room.archived = changes.archived.unwrap_or(room.archived);
    }
    if room.window.covers().is_none() && room.window.loading.is_none() {
        // The first of it: pages bring what was before.
        room.window.at_end = true;
    }
    if room.window.at_end {
        room.window.push(place.seq, item);
        let early = matches!(anchor, Anchor::At { spot, .. }
            if is_here && room.window.find(spot) < room.window.items().len() / 2);
        room.window
            .trim(is_here, if early { End::Newest } else { End::Oldest });
    }
    if let Event::Message(message) = event {
        room.last_at = Some(place.at);
        room.writers
            .retain(|writer| writer.account != message.author.from_id);
        if counts {
            attention::message(state, here, message);
        }
    }
}

/// Counts what is unread. Is it a message of another's, that was not counted before?
fn counted(room: &mut Room, event: &Event, me: Option<AccountId>) -> bool {
    let Event::Message(Message {
        place,
        author,
        mentions,
        body,
        ..
    }) = event
    else {
        return false;
    };
    if Some(author.from_id) == me {
        // What was sent is read (DECISIONS 6).
        (room.unread, room.mentions) = (0, 0);
        room.read = room.read.max(place.seq);
        room.counted = room.counted.max(place.seq);
        let waits = |waiting: &&mut crate::state::Waiting| {
            waiting.body == *body
                && matches!(waiting.state, WaitingState::Sent | WaitingState::Delayed(_))
        };
        if let Some(waiting) = room.waiting.iter_mut().find(waits) {
            waiting.state = WaitingState::Arrived;
        }
        return false;
    }
    if place.seq <= room.counted {
        return false;
    }
    room.counted = place.seq;
    room.unread = room.unread.saturating_add(1);
    if me.is_some_and(|me| mentions.contains(&me)) {
        room.mentions = room.mentions.saturating_add(1);
    }
    true
}

/// One is in this room no more.
fn gone(state: &mut State, here: Here, event: &Event) {
    let sentence = match event {
        Event::Left(_) => None,
        other => other.order(),
    };
    let draft = state
        .room(here.server, here.room)
        .map(|room| room.editor.words().to_owned());
    if let Some(server) = state.server_mut(here.server) {
        server.rooms.remove(&here.room);
    }
    if state.here == Some(here) {
        state.here = None;
        super::left(state);
        // What was being written comes along: it is not lost, and goes nowhere by itself.
        let draft = draft.unwrap_or_default();
        if !draft.trim().is_empty() {
            state.editor_mut().remember(&draft);
        }
    }
    if let Some(sentence) = sentence {
        let room = event.place().map_or("", |place| &place.room);
        state.say(&format!("{}: {}", text::clean(room), sentence), true);
    }
}

/// Who is in the room, and by which role.
fn people(server: &mut Server, sanction: &Event, room: RoomId) {
    match sanction {
        Event::Joined(joined) => {
            let subject = &joined.subject;
            if let Some(person) = server.person_mut(subject.account) {
                person.name.clone_from(&subject.name);
                person.display.clone_from(&subject.display);
                // Who joins is here, unless told otherwise.
                person.online = true;
            }
            if let Some(room) = server.rooms.get_mut(&room) {
                room.members.list.insert(subject.account, Member::default());
                room.members_count = room.members_count.map(|count| count.saturating_add(1));
            }
        }
        Event::Left(_) | Event::Kicked(_) | Event::Banned(_) => {
            let gone = sanction.ends_membership();
            if let (Some(room), Some(gone)) = (server.rooms.get_mut(&room), gone)
                && room.members.list.remove(&gone).is_some()
            {
                room.members_count = room.members_count.map(|count| count.saturating_sub(1));
            }
        }
        Event::RoleChanged(change) => {
            let me = server.me;
            if let Some(room) = server.rooms.get_mut(&room) {
                let founder = change.role == snug_proto::RoomRole::Founder;
                if founder {
                    for member in room.members.list.values_mut().filter(|m| m.founder) {
                        (member.founder, member.admin) = (false, true);
                    }
                }
                if let Some(member) = room.members.list.get_mut(&change.subject.account) {
                    member.founder = founder;
                    member.admin = change.role == snug_proto::RoomRole::Admin;
                }
                if me == Some(change.subject.account) {
                    room.role = change.role;
                }
            }
        }
        Event::Muted(event) | Event::Unmuted(event) => {
            let room = server.rooms.get_mut(&room);
            let list = room.map(|room| &mut room.members.list);
            if let Some(member) = list.and_then(|list| list.get_mut(&event.subject.account)) {
                member.muted = matches!(sanction, Event::Muted(_));
            }
        }
        _ => {}
    }
}

fn here(server: &mut Server, subject: &Subject, online: bool) {
    if let Some(person) = server.person_mut(subject.account) {
        person.name.clone_from(&subject.name);
        person.display.clone_from(&subject.display);
        person.online = online;
    }
}

fn writes(server: &mut Server, typing: &IsTyping, now: snug_proto::Timestamp) {
    if server.me == Some(typing.subject.account) {
        return;
    }
    if let Some(room) = server.rooms.get_mut(&typing.room_id) {
        let name = subject_name(&typing.subject);
        room.writes(typing.subject.account, name, now.plus_ms(TYPING_LASTS_MS));
    }
}

/// Read on another of one's devices.
fn was_read(server: &mut Server, marked: &Marked) {
    if let Some(room) = server.rooms.get_mut(&marked.room_id) {
        room.read = room.read.max(marked.seq);
        room.marked = room.marked.max(marked.seq);
        room.unread = marked.unread;
        room.mentions = marked.mentions;
    }
}

/// Somebody is called or shown otherwise; the conversation with them is called after it.
fn account_changed(server: &mut Server, change: &AccountChanged) {
    let subject = &change.subject;
    if server.me == Some(subject.account) {
        server.name.clone_from(&subject.name);
        server.role = change.role;
    }
    if let Some(person) = server.people.get_mut(&subject.account) {
        person.name.clone_from(&subject.name);
        person.display.clone_from(&subject.display);
    }
    if let Some(was) = &change.was {
        let old = format!("@{was}");
        for room in server
            .rooms
            .values_mut()
            .filter(|room| room.direct && room.name == old)
        {
            room.name = format!("@{}", subject.name);
        }
        for room in server.rooms.values_mut() {
            for writer in &mut room.writers {
                if writer.account == subject.account {
                    writer.name.clone_from(&subject.name);
                }
            }
        }
    }
}
