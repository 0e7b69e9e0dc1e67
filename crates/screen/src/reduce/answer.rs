//! Answers to what was asked.

use snug_proto::{Answer, ErrorCode, People, Response, Retry, RoomId, Who};

use super::{Asked, ask, pages};
use crate::{
    ServerId, Tag,
    state::{Here, Member, State, WaitingState},
};

use crate::state::MAX_MEMBERS;

/// An answer that belongs to an overlay.
#[derive(Debug)]
pub(crate) struct OverlayAnswer {
    /// The overlay's own number for it.
    pub(crate) number: u64,
    pub(crate) answer: Answer,
}

/// Takes an answer in; gives it back if it belongs to an overlay.
pub(crate) fn answered(
    state: &mut State,
    server: ServerId,
    tag: Tag,
    answer: Answer,
) -> Option<OverlayAnswer> {
    match state.asked.remove(&tag)? {
        Asked::Overlay(number) => return Some(OverlayAnswer { number, answer }),
        Asked::Message(room) => message(state, Here { server, room }, tag, answer),
        Asked::Page(room, which) => {
            let here = Here { server, room };
            let window = state.room_mut(server, room).map(|room| &mut room.window);
            let awaited = window.filter(|window| window.loading == Some(tag));
            let window = awaited?;
            window.loading = None;
            match answer {
                Ok(Response::Page(page)) => pages::came(state, here, &page, which),
                Ok(_) | Err(_) => window.refused = true,
            }
        }
        Asked::Members(room) => match answer {
            Ok(Response::People(people)) => members(state, Here { server, room }, &people),
            // It is asked again when one comes back to the room.
            Ok(_) | Err(_) => {
                if let Some(room) = state.room_mut(server, room) {
                    room.members.asked = false;
                }
            }
        },
        Asked::Contacts => {
            if let (Ok(Response::People(people)), Some(server)) = (answer, state.server_mut(server))
            {
                for entry in &people.people {
                    if let Some(person) = server.person_mut(entry.account) {
                        person.note(entry);
                    }
                }
            }
        }
        Asked::Done => {
            if let Err(refusal) = answer {
                state.say(&advised(&refusal), true);
            }
        }
        Asked::Quiet => {}
    }
    None
}

/// A refusal, with what to do next where the sentence does not say it.
fn advised(refusal: &snug_proto::Refusal) -> String {
    let advice = match refusal.code {
        ErrorCode::NotAMember => " /join ROOM does that.",
        ErrorCode::UnknownPerson => " Alt-p shows who is in this room.",
        _ => "",
    };
    format!("{}{advice}", refusal.text)
}

fn message(state: &mut State, here: Here, tag: Tag, answer: Answer) {
    let Some(room) = state.room_mut(here.server, here.room) else {
        return;
    };
    let Some(at) = room.waiting.iter().position(|waiting| waiting.tag == tag) else {
        return;
    };
    match answer {
        Ok(response) => {
            room.waiting.remove(at);
            if let Response::Sent(sent) = response
                && let Some(away) = sent.away
            {
                let who = room.other().unwrap_or_default().to_owned();
                state.say(&format!("{who} is away: {away}"), false);
            }
        }
        Err(refusal) => {
            let sentence = if refusal.code.retry() == Retry::Later {
                format!("{} It was not tried again.", refusal.text)
            } else {
                refusal.text
            };
            if let Some(waiting) = room.waiting.get_mut(at) {
                waiting.state = WaitingState::Failed(sentence);
            }
        }
    }
}

fn members(state: &mut State, here: Here, people: &People) {
    let Some(server) = state.server_mut(here.server) else {
        return;
    };
    for entry in &people.people {
        if let Some(person) = server.person_mut(entry.account) {
            person.note(entry);
        }
    }
    let Some(room) = server.rooms.get_mut(&here.room) else {
        return;
    };
    let list = &mut room.members.list;
    for entry in &people.people {
        if list.len() < MAX_MEMBERS {
            list.insert(entry.account, Member::from(entry));
        }
    }
    room.members.complete = !people.more;
    let next = people
        .people
        .last()
        .filter(|_| people.more && list.len() < MAX_MEMBERS);
    if let Some(last) = next {
        more_members(state, here, last.name.clone());
    }
}

fn more_members(state: &mut State, here: Here, after: String) {
    let Here { server, room } = here;
    let request = Who {
        room: Some(RoomId::into(room)),
        after: Some(after),
        people: Vec::new(),
    };
    ask(state, server, request, Asked::Members(room));
}
