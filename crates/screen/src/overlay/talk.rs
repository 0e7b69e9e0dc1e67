//! Going to people: the conversation that there is, or the line that begins one.

use crate::{
    ServerId,
    overlay::{Deed, chooser::Act},
};

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
