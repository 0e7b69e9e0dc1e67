//! Holes in what this client was told of a room.

use snug_proto::{Gap, RoomId};

use crate::{Connection, names, rooms::Kind};

impl Connection {
    pub(super) fn gap(&mut self, gap: &Gap) {
        let count = gap.to.saturating_sub(gap.after);
        let text = if gap.lost {
            format!("{count} events of this room are no longer kept and are not shown.")
        } else {
            format!("{count} events of this room were skipped, because this client was behind.")
        };
        self.room_notice(gap.room_id, &text);
        if let Some(given) = self.rooms.given_mut(gap.room_id) {
            *given = gap.to.max(*given);
        }
    }

    pub(super) fn rewound(&mut self, room_id: RoomId) {
        self.room_notice(
            room_id,
            "This room's log began anew; what follows may repeat.",
        );
        if let Some(given) = self.rooms.given_mut(room_id) {
            *given = 0;
        }
    }

    fn room_notice(&mut self, room_id: RoomId, text: &str) {
        let channel = self
            .rooms
            .room(room_id)
            .filter(|room| room.kind == Kind::Channel)
            .map(|room| names::channel(&room.name));
        self.server_notice(channel.as_deref(), text);
    }
}
