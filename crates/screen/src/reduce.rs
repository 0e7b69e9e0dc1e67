//! What happens to what is known: connections, events, answers.

mod answer;
mod attention;
mod drafts;
mod event;
mod link;
mod log;
mod pages;

use snug_proto::{Refusal, Request, RoomId};

pub(crate) use answer::{OverlayAnswer, answered};
pub(crate) use attention::left;
pub(crate) use pages::{around, members, pane, seek};

use crate::{
    Action, Effect, Hole, Input, ServerId, Tag,
    draw::text,
    state::{Here, Note, State, WaitingState},
};

/// Answers that are waited for at most; an older question's answer is then not known any more.
const MAX_ASKED: usize = 4096;

/// What was asked, to know what its answer is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A message of the room's `waiting`.
    Message(RoomId),
    /// A page of this room.
    Page(RoomId, Page),
    /// The members of this room.
    Members(RoomId),
    /// Which of those one speaks with directly are here.
    Contacts,
    /// Something whose refusal is shown.
    Done,
    /// Something whose refusal is not worth a line.
    Quiet,
    /// An overlay's question, by its own number.
    Overlay(u64),
}

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// The newest, or what is before what is known.
    Back,
    /// What is after what is known.
    Forth,
    /// A stretch in the midst of the log.
    Around,
}

impl State {
    /// A sentence above the input.
    pub(crate) fn say(&mut self, sentence: &str, is_error: bool) {
        let text = text::clean(sentence);
        self.note = Some(Note { text, is_error });
    }

    fn tag(&mut self, asked: Asked) -> Tag {
        let tag = self.next_tag;
        self.next_tag += 1;
        if self.asked.len() >= MAX_ASKED {
            self.asked.pop_first();
        }
        self.asked.insert(tag, asked);
        tag
    }
}

/// Asks at once.
pub(crate) fn ask(
    state: &mut State,
    server: ServerId,
    request: impl Into<Request>,
    asked: Asked,
) -> Tag {
    let tag = state.tag(asked);
    let request = Box::new(request.into());
    state.effects.push(Effect::Ask {
        server,
        tag,
        request,
    });
    tag
}

/// Puts into the queue.
pub(crate) fn submit(
    state: &mut State,
    server: ServerId,
    request: impl Into<Request>,
    asked: Asked,
) -> Tag {
    let tag = state.tag(asked);
    let request = Box::new(request.into());
    state.effects.push(Effect::Submit {
        server,
        tag,
        request,
    });
    tag
}

/// Takes in what is not done by hand.
pub(crate) fn take_in(state: &mut State, input: Input) {
    match input {
        Input::Resize(size) => state.size = size,
        Input::Focus(focused) => attention::focus(state, focused),
        Input::Server(id, alias) => link::server(state, id, alias),
        Input::Forget(id) => link::forget(state, id),
        Input::Link(id, link) => link::changed(state, id, link),
        Input::Event(id, event) => event::happened(state, id, &event),
        Input::Hole(id, hole) => not_told(state, id, hole),
        Input::Restarted(id, room) => restarted(state, id, room),
        Input::Delayed(id, tag, refusal) => delayed(state, id, tag, &refusal),
        Input::Said(id, room, lines) => said(state, id, room, lines),
        Input::Entered(id, entry) => {
            let here = Here {
                server: id,
                room: entry.room_id,
            };
            if let Some(server) = state.server_mut(id) {
                link::know(server, &entry);
                crate::act::go_to(state, here);
            }
        }
        Input::GoTo(server, room) => crate::act::go_to(state, Here { server, room }),
        Input::Draft(id, room, words) => drafts::restored(state, id, room, &words),
        Input::Typed(id, room, lines) => {
            if let Some(room) = state.room_mut(id, room) {
                for line in &lines {
                    room.editor.remember(line);
                }
            }
        }
        Input::Settings(settings) => state.settings = *settings,
        Input::Address(id, address) => {
            if let Some(server) = state.server_mut(id) {
                server.address = Some(address);
            }
        }
        Input::First(_)
        | Input::Key(_)
        | Input::Paste(_)
        | Input::Mouse(_)
        | Input::Tick
        | Input::Answer(..) => {}
    }
}

/// Time has passed.
pub(crate) fn tick(state: &mut State) {
    let now = state.now;
    if let Some(room) = state.current_mut() {
        room.writers.retain(|writer| writer.until > now);
    }
}

/// What follows from what is known now: pages to ask for, messages that were read, words to keep.
pub(crate) fn settle(state: &mut State) {
    pages::wanted(state);
    attention::mark_read(state);
    drafts::keep(state);
}

fn not_told(state: &mut State, id: ServerId, hole: Hole) {
    let is_here = state.here
        == Some(Here {
            server: id,
            room: hole.room,
        });
    let anchor = state.anchor;
    let Some(room) = state.room_mut(id, hole.room) else {
        return;
    };
    room.head = room.head.max(hole.to);
    if hole.readable {
        let anchor = if is_here { anchor } else { room.anchor };
        pages::hole(room, hole.after, anchor);
    } else if room.window.at_end {
        room.window.push(hole.to, None);
    }
}

fn restarted(state: &mut State, id: ServerId, room: RoomId) {
    let is_here = state.here == Some(Here { server: id, room });
    let Some(room) = state.room_mut(id, room) else {
        return;
    };
    room.window.clear();
    room.log = None;
    room.new_after = None;
    (room.head, room.counted, room.read, room.marked) = (0, 0, 0, 0);
    (room.unread, room.mentions) = (0, 0);
    if is_here {
        state.anchor = crate::state::Anchor::End;
        state.cursor = None;
        state.say(
            "The server's log of this room began anew; this is what it has now.",
            false,
        );
    }
}

fn delayed(state: &mut State, id: ServerId, tag: Tag, refusal: &Refusal) {
    let Some(Asked::Message(room)) = state.asked.get(&tag).cloned() else {
        return;
    };
    if let Some(room) = state.room_mut(id, room)
        && let Some(waiting) = room.waiting.iter_mut().find(|waiting| waiting.tag == tag)
    {
        waiting.state = WaitingState::Delayed(refusal.text.clone());
    }
}

/// Says by which key the line that a command answered with is copied.
fn copies_it(state: &mut State) {
    let bound = state.settings.bindings.keys_of(Action::CopyAnswer).next();
    if let Some((_, key)) = bound {
        let sentence = format!("{key} copies the line to give away or to paste");
        state.say(&sentence, false);
    }
}

/// Do these lines take more rows than there are for what is said?
fn is_taller(state: &State, lines: &[String]) -> bool {
    let area = crate::draw::Layout::of(state, state.size).messages;
    let wide = usize::from(area.width.saturating_sub(2)).max(1);
    let rows = lines.iter().map(|line| text::wrap_plain(line, wide).len());
    rows.sum::<usize>() > usize::from(area.height)
}

/// The end of a long answer is seen: says by which key one sees its beginning.
fn says_where_it_begins(state: &mut State) {
    let bindings = &state.settings.bindings;
    let mut bound = [Action::ScrollUp, Action::LineUp]
        .into_iter()
        .filter_map(|action| bindings.keys_of(action).next());
    if let (Some((_, page)), Some((_, line))) = (bound.next(), bound.next()) {
        let sentence = format!("The answer begins further up: {page}, {line}");
        state.say(&sentence, false);
    }
}

/// Lines of a command's: in the room that it was typed in, else in the one that is shown, else where
/// rooms will be.
fn said(state: &mut State, id: ServerId, room: Option<RoomId>, lines: Vec<String>) {
    let at = state.now;
    let here = state
        .here
        .filter(|here| state.room(here.server, here.room).is_some());
    let typed_in = room.map(|room| Here { server: id, room });
    let of = typed_in
        .filter(|of| state.room(of.server, of.room).is_some())
        .or(here);
    // What is one sentence about what one just typed stands above the input.
    if let [line] = lines.as_slice()
        && of == here
    {
        let sentence = line.trim_start_matches("!! ").trim_start_matches("-- ");
        return state.say(sentence, line.starts_with("!!"));
    }
    let is_pasted = |line: &&String| line.starts_with("snug join ") || line.starts_with('/');
    let pasted: Vec<&str> = lines.iter().filter(is_pasted).map(String::as_str).collect();
    let pasted = pasted.join("\n");
    let goes_on_above = of == here && is_taller(state, &lines);
    match of.and_then(|of| state.room_mut(of.server, of.room)) {
        Some(room) => {
            room.window.tell(at, lines);
            room.anchor = crate::state::Anchor::End;
            if of == here {
                state.anchor = crate::state::Anchor::End;
            }
        }
        None => state.adrift.tell(lines),
    }
    if goes_on_above {
        says_where_it_begins(state);
    }
    if !pasted.is_empty() {
        state.answer = Some(pasted.into());
        copies_it(state);
    }
}
