//! What is done to the message under the cursor.

use snug_proto::{Delete, RoomId};

use super::{edit, send};
use crate::{
    Action, Effect, Key,
    draw::{day::day_long, text},
    overlay::{self, Choice, Deed, Question},
    state::{Drafting, Here, Item, Room, Spot, State, WaitingState},
};

/// Begins to edit one's last message.
pub(super) fn edit_last(state: &mut State) {
    let last = state.current().and_then(|(server, room)| {
        let item = room.window.last_said_by(server.me?)?;
        Some((item.spot.seq, room.window.words(item)?.to_owned()))
    });
    let on_its_way = state.current().is_some_and(|(_, room)| {
        let mut waiting = room.waiting.iter();
        waiting.any(|waiting| !matches!(waiting.state, WaitingState::Failed(_)))
    });
    match last {
        _ if on_its_way => state.say("Your last message is still on its way.", false),
        Some((seq, words)) => edit::begin(state, seq, &words),
        None => state.say("There is no message of yours here to edit.", false),
    }
}

/// Does it to the message under the cursor.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Deed> {
    let Some(cursor) = state.cursor else {
        state.say("Alt-k puts the cursor on a message first.", false);
        return Vec::new();
    };
    if cursor.seq == u64::MAX {
        waiting(state, cursor, action);
        return Vec::new();
    }
    let Some((here, room)) = state.here.zip(state.current().map(|(_, room)| room)) else {
        return Vec::new();
    };
    let Some(item) = room.window.item(cursor.seq) else {
        state.cursor = None;
        return Vec::new();
    };
    match action {
        Action::Reply => reply(state, cursor.seq),
        Action::Edit => edit_this(state, cursor.seq),
        Action::Delete => return delete(state, here.room, cursor.seq),
        Action::CopyWords => {
            let words = room.window.words(item).unwrap_or_default().to_owned();
            state.effects.push(Effect::Copy(words));
            state.say("copied", false);
            state.cursor = None;
        }
        Action::Open => return open(state, room, item),
        Action::About => return about(state, room, item),
        // Which emoji, which reason: overlays of their own.
        other => {
            return overlay::open(other, state)
                .map(Deed::Open)
                .into_iter()
                .collect();
        }
    }
    Vec::new()
}

fn reply(state: &mut State, seq: u64) {
    edit::give_up(state);
    if let Some(room) = state.current_mut() {
        room.drafting = Drafting::Reply { to: seq };
    }
    state.cursor = None;
}

/// Is the message one's own?
fn is_mine(state: &State, item: &Item) -> bool {
    let me = state.current().and_then(|(server, _)| server.me);
    item.said().is_some_and(|said| Some(said.from) == me)
}

fn edit_this(state: &mut State, seq: u64) {
    let found = state.current().and_then(|(_, room)| {
        let item = room.window.item(seq)?;
        Some((
            is_mine(state, item),
            room.window.words(item).map(str::to_owned),
        ))
    });
    match found {
        Some((true, Some(words))) => edit::begin(state, seq, &words),
        Some((true, None)) => state.say("That message was deleted.", true),
        _ => state.say("Only its author may edit a message.", true),
    }
}

fn delete(state: &mut State, room: RoomId, seq: u64) -> Vec<Deed> {
    let Some((server, known)) = state.current() else {
        return Vec::new();
    };
    let Some(item) = known.window.item(seq) else {
        return Vec::new();
    };
    let words = known
        .window
        .words(item)
        .map(|words| text::fit(&text::clean(words), 66));
    let Some(words) = words else {
        state.say("That message was deleted already.", false);
        return Vec::new();
    };
    let request = Delete {
        room: room.into(),
        seq,
        reason: None,
        key: None,
    };
    let server = server.id;
    let choice = Choice {
        key: Key::from('y'),
        label: "delete it: its words are erased, a mark stays".to_owned(),
        deeds: vec![Deed::Submit {
            server,
            request: Box::new(request.into()),
        }],
    };
    let title = "Delete this message?".to_owned();
    vec![Deed::Open(Box::new(Question::new(
        title,
        vec![words],
        vec![choice],
    )))]
}

/// Opens the link in a message; asks which, if it has several.
fn open(state: &State, room: &Room, item: &Item) -> Vec<Deed> {
    let words = room.window.words(item).unwrap_or_default();
    let mut links: Vec<String> = Vec::new();
    for line in text::clean_lines(words) {
        let found = text::links(&line).into_iter();
        links.extend(found.filter_map(|at| line.get(at).map(str::to_owned)));
    }
    links.truncate(9);
    let _ = state;
    match links.as_slice() {
        [] => {
            let text = "There is no link in that message.".to_owned();
            vec![Deed::Note {
                text,
                is_error: false,
            }]
        }
        [one] => vec![Deed::Effect(Effect::Open(one.clone()))],
        several => {
            let choices = several.iter().zip('1'..='9').map(|(link, key)| Choice {
                key: Key::from(key),
                label: text::fit(link, 60),
                deeds: vec![Deed::Effect(Effect::Open(link.clone()))],
            });
            let question =
                Question::new("Open which link?".to_owned(), Vec::new(), choices.collect());
            vec![Deed::Open(Box::new(question))]
        }
    }
}

/// Who, and when.
fn about(state: &State, room: &Room, item: &Item) -> Vec<Deed> {
    let Some(said) = item.said() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let display = said
        .display
        .as_ref()
        .map(|display| format!(" ({})", text::clean(display)));
    let bot = if said.bot { ", a program" } else { "" };
    lines.push(format!(
        "by {}{}{bot}",
        text::clean(&said.name),
        display.unwrap_or_default()
    ));
    lines.push(format!(
        "{}, {}",
        day_long(state, item.at),
        state.clock(item.at)
    ));
    lines.push(format!(
        "number {} in {}",
        item.spot.seq,
        text::clean(&room.name)
    ));
    if let Some(change) = room.window.change(item.spot.seq) {
        if change.edit.is_some() {
            lines.push("edited since".to_owned());
        }
        let me = state.current().and_then(|(server, _)| server.me);
        for (emoji, count, mine) in change.reactions(me) {
            let mine = if mine { ", you among them" } else { "" };
            lines.push(format!(
                "{} by {count}{mine}",
                text::clean_lines(emoji).concat()
            ));
        }
    }
    let question = Question::new("About this message".to_owned(), lines, Vec::new());
    vec![Deed::Open(Box::new(question))]
}

/// A message that waits, or was not sent.
fn waiting(state: &mut State, cursor: Spot, action: Action) {
    let Some(here) = state.here else {
        return;
    };
    let at = cursor.sub as usize;
    let Some(room) = state.current_mut() else {
        return;
    };
    let failed = room
        .waiting
        .get(at)
        .is_some_and(|w| matches!(w.state, WaitingState::Failed(_)));
    if !failed {
        state.say(
            "That message is on its way; it can be changed once it is sent.",
            false,
        );
        return;
    }
    let Some(waiting) = room.waiting.remove(at) else {
        return;
    };
    match action {
        Action::Reply => send::again(state, here, waiting.body, waiting.reply_to),
        Action::Edit => take_back(state, here, &waiting.body),
        Action::Delete => {
            // Up brings it back, should it be missed.
            room.editor.remember(&waiting.body);
        }
        Action::CopyWords => {
            let words = waiting.body.clone();
            room.waiting.insert(at, waiting);
            state.effects.push(Effect::Copy(words));
            state.say("copied", false);
        }
        _ => room.waiting.insert(at, waiting),
    }
    state.cursor = None;
}

/// Puts the words of a message that was not sent into the input, before what is being written.
fn take_back(state: &mut State, here: Here, words: &str) {
    let _ = here;
    edit::changed(state, |editor| {
        let written = editor.words().to_owned();
        let words = if written.is_empty() {
            words.to_owned()
        } else {
            format!("{words}\n{written}")
        };
        editor.set(&words);
    });
}
