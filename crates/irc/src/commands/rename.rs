//! RENAME (`IRCv3` draft/channel-rename).

use snug_proto::{Answer, ErrorCode, RoomChanges, SetRoom, limits::MAX_REASON_CHARS};

use super::{doing::Doing, topic::settings};
use crate::{Connection, line::Line, names, replies::About, text::fit_line};

impl Connection {
    /// `RENAME <channel> <new name> [<reason>]`
    pub(crate) fn rename(&mut self, line: &Line<'_>) {
        let (Some(from), Some(to)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("RENAME");
        };
        let Some(room) = names::room_ref(from) else {
            return self.no_such_channel(from);
        };
        let Some(name) = names::room(to).filter(|name| !name.is_empty()) else {
            return self.cannot_rename(from, to, "That cannot be a channel's name.");
        };
        let changes = RoomChanges {
            name: Some(name.to_owned()),
            ..RoomChanges::default()
        };
        let why = line.param(2).filter(|why| !why.is_empty());
        let set = SetRoom {
            reason: why.map(|why| fit_line(why, MAX_REASON_CHARS)),
            ..settings(room, changes)
        };
        let (from, to) = (from.to_owned(), to.to_owned());
        self.ask_of_channel(set, Doing::Rename { from, to });
    }

    pub(crate) fn renamed_channel(&mut self, from: &str, to: &str, answer: Answer) {
        match answer {
            Ok(_) => {}
            Err(refusal) if refusal.code == ErrorCode::NameTaken => {
                let about = [from, to];
                self.fail_about("RENAME", "CHANNEL_NAME_IN_USE", &about, &refusal.text);
            }
            Err(refusal) if refusal.code == ErrorCode::BadName => {
                self.cannot_rename(from, to, &refusal.text);
            }
            Err(refusal) => self.refuse(&About::target("RENAME", from), &refusal),
        }
    }

    fn cannot_rename(&mut self, from: &str, to: &str, text: &str) {
        self.fail_about("RENAME", "CANNOT_RENAME", &[from, to], text);
    }
}
