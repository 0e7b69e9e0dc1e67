//! Choosing an emoji by some letters of its name.

use snug_proto::{React, RoomRef};

use super::{
    Deed,
    parts::chooser::{Act, Chooser},
    parts::pick::Row,
};
use crate::{
    emoji,
    state::{Here, State},
};

/// Emoji that stand first, because people react with them most.
const FIRST: &[&str] = &[
    "+1",
    "heart",
    "joy",
    "tada",
    "eyes",
    "white_check_mark",
    "thinking",
    "-1",
];

/// Reactions of a message that are listed.
const MAX_THERE: usize = 20;

/// Reacts to a message. Those that are on it already stand first; one's own are taken away.
pub(super) fn react(here: Here, seq: u64, state: &State) -> Chooser {
    let act = move |emoji: String, remove: bool| -> Act {
        Box::new(move |_| {
            let request = React {
                room: RoomRef::Id(here.room),
                seq,
                emoji: emoji.clone(),
                remove,
                key: None,
            };
            let (server, request) = (here.server, Box::new(request.into()));
            vec![Deed::Close, Deed::Submit { server, request }]
        })
    };
    let me = state.server(here.server).and_then(|server| server.me);
    let room = state.room(here.server, here.room);
    let change = room.and_then(|room| room.window.change(seq));
    let there = change
        .map(|change| change.reactions(me))
        .unwrap_or_default();
    let there = there
        .into_iter()
        .take(MAX_THERE)
        .map(|(emoji, count, mine)| {
            let detail = if mine {
                "yours; Enter takes it away"
            } else {
                "join in"
            };
            let label = format!("{emoji} {count}");
            Row::new("", &label, detail, act(emoji.to_owned(), mine)).strong_if(mine)
        });
    let first = FIRST
        .iter()
        .filter_map(|name| Some((*name, emoji::sign(name)?)));
    let rest = emoji::all().filter(|(name, _)| !FIRST.contains(name));
    let rest = first
        .chain(rest)
        .map(|(name, sign)| Row::new(sign, name, "", act(sign.to_owned(), false)));
    let keys = "Enter puts it there · letters narrow · Esc closes";
    let rows = there.chain(rest).collect();
    Chooser::new(&format!("React to message {seq}"), keys, rows)
}
