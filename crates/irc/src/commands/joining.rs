//! JOIN: coming into channels.

use snug_proto::{
    Answer, CreateRoom, Entered, ErrorCode, Join, Refusal, RoomEntry, RoomRef, Secret,
    limits::MAX_ROOM_NAME_CHARS,
};

use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
    rooms::Room,
};

/// To who names a room that they may not know of, or whose name looks like another's: the two are not told
/// apart (DECISIONS 19).
const HIDDEN: &str = "That name is taken, or looks too much like one that is. If it is a channel that is not \
                      listed, it takes its key or an invitation.";

impl Connection {
    /// `JOIN <channel>{,<channel>} [<key>{,<key>}]`, or `JOIN 0` to leave all.
    pub(crate) fn join(&mut self, line: &Line<'_>) {
        let Some(channels) = line.param(0) else {
            return self.need_more_params("JOIN");
        };
        if channels == "0" {
            return self.leave_all();
        }
        let mut keys = line.param(1).unwrap_or_default().split(',');
        for channel in channels.split(',').filter(|channel| !channel.is_empty()) {
            let key = keys.next().filter(|key| !key.is_empty()).map(Secret::from);
            let Some(room) = names::room(channel).filter(|room| !room.is_empty()) else {
                self.no_such_channel(channel);
                continue;
            };
            // CHANNELLEN says so; whatever else is wrong with a name, the session says.
            if channel.chars().count() > MAX_ROOM_NAME_CHARS + 1 {
                self.no_such_channel(channel);
                continue;
            }
            if self.rooms.channel(&names::fold_room(room)).is_some() {
                continue;
            }
            let join = Join {
                room: RoomRef::Name(room.to_owned()),
                password: key.clone(),
            };
            let channel = channel.to_owned();
            self.ask(join, Then::Join { channel, key });
        }
    }

    /// The answer to a join: an unknown room is made, with oneself as founder (DECISIONS 31). A key
    /// given with it becomes its password, so that nothing is more open than was asked for.
    pub(crate) fn joined(&mut self, channel: &str, key: Option<Secret>, answer: Answer) {
        match expected!(answer, Entered) {
            Ok(Entered { entry }) => self.enter_answered(&entry),
            Err(refusal) if refusal.code == ErrorCode::UnknownRoom => {
                let create = CreateRoom {
                    room: names::room(channel).unwrap_or_default().to_owned(),
                    password: key,
                    access: None,
                    hidden: false,
                    retention: None,
                    history: None,
                    key: None,
                };
                let (channel, key) = (channel.to_owned(), create.password.clone());
                self.ask_next(create, Then::Create { channel, key });
            }
            Err(refusal) => self.refuse(&About::target("JOIN", channel), &refusal),
        }
    }

    /// The answer to the making of a room. Where another made it in the meantime, it is joined after all.
    pub(crate) fn created(&mut self, channel: &str, key: Option<Secret>, answer: Answer) {
        match expected!(answer, Entered) {
            Ok(Entered { entry }) => self.enter_answered(&entry),
            Err(refusal) if refusal.code == ErrorCode::NameTaken => {
                let join = Join {
                    room: RoomRef::Name(names::room(channel).unwrap_or_default().to_owned()),
                    password: key,
                };
                let (channel, taken) = (channel.to_owned(), Box::new(refusal));
                self.ask_next(join, Then::JoinAgain { channel, taken });
            }
            Err(refusal) => self.refuse(&About::target("JOIN", channel), &refusal),
        }
    }

    /// The answer to that: a room that still is not there has a name that only looks like another's.
    pub(crate) fn joined_again(&mut self, channel: &str, mut taken: Refusal, answer: Answer) {
        match expected!(answer, Entered) {
            Ok(Entered { entry }) => self.enter_answered(&entry),
            Err(refusal) => {
                let unknown = refusal.code == ErrorCode::UnknownRoom;
                let refusal = if unknown {
                    HIDDEN.clone_into(&mut taken.text);
                    taken
                } else {
                    refusal
                };
                self.refuse(&About::target("JOIN", channel), &refusal);
            }
        }
    }

    fn enter_answered(&mut self, entry: &RoomEntry) {
        if !self.rooms.knows(entry.room_id) && !entry.direct {
            self.enter_now(entry.room_id, Room::new(entry).for_newcomer());
        }
    }
}
