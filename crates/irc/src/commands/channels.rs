//! Finding the channel that a command names.

use crate::{Connection, names, rooms::Room};

impl Connection {
    /// One of this client's channels, by the name it has on IRC in any case.
    pub(crate) fn channel(&self, channel: &str) -> Option<(snug_proto::RoomId, &Room)> {
        let room = names::room(channel)?;
        self.rooms.channel(&names::fold_room(room))
    }

    pub(crate) fn not_on_channel(&mut self, channel: &str) {
        self.numeric("442")
            .word(channel)
            .trailing("You're not on that channel");
    }
}
