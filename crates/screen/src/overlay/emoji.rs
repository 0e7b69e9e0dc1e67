//! Choosing an emoji by some letters of its name.

use snug_proto::{React, RoomId, RoomRef};

use super::{
    Deed,
    parts::chooser::{Act, Chooser},
    parts::pick::Row,
};
use crate::{ServerId, emoji};

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

/// Reacts to a message.
pub(super) fn react(server: ServerId, room: RoomId, seq: u64) -> Chooser {
    let act = move |sign: &'static str| -> Act {
        Box::new(move |_| {
            let request = React {
                room: RoomRef::Id(room),
                seq,
                emoji: sign.to_owned(),
                remove: false,
                key: None,
            };
            let request = Box::new(request.into());
            vec![Deed::Close, Deed::Submit { server, request }]
        })
    };
    let first = FIRST
        .iter()
        .filter_map(|name| Some((*name, emoji::sign(name)?)));
    let rest = emoji::all().filter(|(name, _)| !FIRST.contains(name));
    let rows = first.chain(rest);
    let rows = rows
        .map(|(name, sign)| Row::new(sign, name, "", act(sign)))
        .collect();
    let keys = "Enter puts it there · letters narrow · Esc closes";
    Chooser::new(&format!("React to message {seq}"), keys, rows)
}
