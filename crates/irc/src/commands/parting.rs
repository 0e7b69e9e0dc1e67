//! PART, and JOIN 0: leaving channels.

use snug_proto::{Answer, LOBBY, Leave, RoomRef, limits::MAX_REASON_CHARS};

use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
    text::fit_line,
};

impl Connection {
    /// `PART <channel>{,<channel>} [<reason>]`: leaves the rooms for good (DECISIONS 31).
    pub(crate) fn part(&mut self, line: &Line<'_>) {
        let Some(channels) = line.param(0) else {
            return self.need_more_params("PART");
        };
        let reason = line.param(1).map(|text| fit_line(text, MAX_REASON_CHARS));
        let reason = reason.filter(|reason| !reason.is_empty());
        for channel in channels.split(',').filter(|channel| !channel.is_empty()) {
            match names::room(channel) {
                Some(room) => self.leave(room.to_owned(), channel.to_owned(), reason.clone()),
                None => self.no_such_channel(channel),
            }
        }
    }

    pub(crate) fn leave_all(&mut self) {
        // All but the lobby, which nobody leaves.
        let channels = self.rooms.channels().filter(|room| *room != LOBBY);
        let channels: Vec<_> = channels.map(str::to_owned).collect();
        for room in channels {
            let channel = names::channel(&room);
            self.leave(room, channel, None);
        }
    }

    fn leave(&mut self, room: String, channel: String, reason: Option<String>) {
        let leave = Leave {
            room: RoomRef::Name(room),
            reason,
        };
        self.ask(leave, Then::Part { channel });
    }

    pub(crate) fn parted(&mut self, channel: &str, answer: Answer) {
        match expected!(answer, Done) {
            Ok(_) => {
                // Its event has done this already, unless it is late.
                if let Some(room_id) = self.channel(channel).map(|(room_id, _)| room_id) {
                    self.own_departure(room_id, None);
                }
            }
            Err(refusal) => self.refuse(&About::target("PART", channel), &refusal),
        }
    }
}
