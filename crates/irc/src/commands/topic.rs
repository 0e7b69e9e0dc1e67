//! TOPIC: what a channel is about.

use snug_proto::{
    AboutRoom, Answer, ErrorCode, RoomAbout, RoomChanges, RoomId, RoomRef, SetRoom,
    limits::MAX_TOPIC_CHARS,
};

use super::doing::Doing;
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
    text::fit_line,
};

impl Connection {
    /// `TOPIC <channel> [<topic>]`; one that is too long is cut, as TOPICLEN says.
    pub(crate) fn topic(&mut self, line: &Line<'_>) {
        let Some(channel) = line.param(0) else {
            return self.need_more_params("TOPIC");
        };
        let Some(room) = names::room_ref(channel) else {
            return self.no_such_channel(channel);
        };
        let channel = channel.to_owned();
        match line.params.get(1) {
            None => self.ask_of_channel(AboutRoom { room }, Doing::Topic { channel }),
            Some(topic) => {
                let changes = RoomChanges {
                    topic: Some(fit_line(topic, MAX_TOPIC_CHARS)),
                    ..RoomChanges::default()
                };
                let doing = Doing::Change {
                    command: "TOPIC",
                    about: channel,
                };
                self.ask_of_channel(settings(room, changes), doing);
            }
        }
    }

    pub(crate) fn topic_told(&mut self, channel: &str, answer: Answer) {
        match expected!(answer, RoomAbout) {
            // A room tells those outside what it is about, and IRC does not (RFC 2812 §3.2.4).
            Ok(about) if !about.entry.member => self.not_on_channel(channel),
            Ok(about) if about.entry.topic.is_none() => {
                self.numeric("331")
                    .word(&names::channel(&about.entry.room))
                    .trailing("No topic is set");
            }
            Ok(about) => self.write_topic(&about),
            Err(refusal) => self.refuse(&About::target("TOPIC", channel), &refusal),
        }
    }

    /// 332 and 333, if there is a topic.
    fn write_topic(&mut self, about: &RoomAbout) {
        let channel = &names::channel(&about.entry.room);
        let Some(topic) = &about.entry.topic else {
            return;
        };
        self.numeric("332").word(channel).trailing(topic);
        if let (Some(by), Some(at)) = (&about.topic_by, about.entry.topic_at) {
            let by = names::nick(by).into_owned();
            let seconds = (at.ms() / 1000).to_string();
            self.numeric("333")
                .word(channel)
                .word(&by)
                .word(&seconds)
                .end();
        }
    }

    /// Asks what a room being entered is about, before its names and after all that waits.
    pub(crate) fn ask_entering_topic(&mut self, room_id: RoomId) {
        let room = RoomRef::Id(room_id);
        self.ask_of_channel(AboutRoom { room }, Doing::EnteringTopic { room_id });
    }

    /// The same before all that waits.
    pub(crate) fn ask_topic_next(&mut self, room_id: RoomId) {
        let room = RoomRef::Id(room_id);
        let then = Then::Channel(Doing::EnteringTopic { room_id });
        self.ask_next(AboutRoom { room }, then);
    }

    pub(crate) fn entering_topic_told(&mut self, room_id: RoomId, answer: Answer) {
        self.write_own_join(room_id);
        let Ok(about) = expected!(answer, RoomAbout) else {
            return;
        };
        let Some(room) = self.rooms.room_mut(room_id) else {
            return;
        };
        room.password = about.entry.password;
        room.secret = about.entry.hidden;
        self.write_topic(&about);
    }
}

/// The request that sets up a room so.
pub(crate) fn settings(room: RoomRef, changes: RoomChanges) -> SetRoom {
    SetRoom {
        room,
        changes: Box::new(changes),
        password: None,
        reason: None,
        key: None,
    }
}

/// Is it a refusal because of something that is not there?
pub(crate) const fn is_missing(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::UnknownPerson | ErrorCode::NotInRoom)
}
