//! MARKREAD (`IRCv3` read-marker): until when one has read, by the clock.

use snug_proto::{Answer, ErrorCode, ReadUntil, RoomId, RoomRef, Timestamp};

use super::messages::room_of;
use crate::{
    Capability, Connection,
    connection::{Then, expected},
    line::Line,
    names,
};

/// Channels whose marker a connection remembers.
const MAX_MARKERS: usize = 64;

impl Connection {
    /// `MARKREAD <target> [timestamp=<time>]`
    pub(crate) fn markread(&mut self, line: &Line<'_>) {
        if !self.caps.has(Capability::ReadMarker) {
            return self.unknown_command(line.command);
        }
        let Some(target) = line.param(0) else {
            let text = "Name a channel or a nick";
            return self.fail_with("MARKREAD", "NEED_MORE_PARAMS", &[], text);
        };
        let until = match line.param(1) {
            None => None,
            Some(given) => {
                let time = given.strip_prefix("timestamp=");
                let Some(Ok(until)) = time.map(str::parse::<Timestamp>) else {
                    let text = "Say it as timestamp=YYYY-MM-DDThh:mm:ss.sssZ";
                    return self.fail_with("MARKREAD", "INVALID_PARAMS", &[given], text);
                };
                Some(until)
            }
        };
        let room = room_of(target);
        let target = target.to_owned();
        self.ask(ReadUntil { room, until }, Then::Marked { target });
    }

    /// A marker of a channel that goes with its last member would be lost to a client that comes back to it:
    /// "The last read timestamp of a target MUST only ever increase" (`IRCv3` read-marker).
    fn keep_marker(&mut self, channel: &str, until: Option<Timestamp>) -> Option<Timestamp> {
        let Some(room) = names::room(channel) else {
            return until;
        };
        let room = names::fold_room(room);
        let known = self.markers.get(&room).copied();
        let until = until.max(known);
        if let Some(until) = until.filter(|_| known.is_some() || self.markers.len() < MAX_MARKERS) {
            self.markers.insert(room, until);
        }
        until
    }

    pub(crate) fn marker_told(&mut self, target: &str, answer: Answer) {
        match expected!(answer, HaveRead) {
            Ok(read) => {
                let until = self.keep_marker(target, read.until);
                self.markread_line(target, until);
            }
            Err(refusal) => match refusal.code {
                // Where one has read nothing, however that comes.
                ErrorCode::UnknownRoom | ErrorCode::UnknownPerson | ErrorCode::NotAMember => {
                    self.markread_line(target, None);
                }
                _ => self.fail_with("MARKREAD", "INTERNAL_ERROR", &[target], &refusal.text),
            },
        }
    }

    /// Asks until when one has read in a channel that is being entered, if the client wants to know.
    pub(crate) fn ask_marker(&mut self, room_id: RoomId) -> bool {
        let wanted = self.caps.has(Capability::ReadMarker);
        if wanted {
            let request = ReadUntil {
                room: RoomRef::Id(room_id),
                until: None,
            };
            self.ask_next(request, Then::EnterMarked { room_id });
        }
        wanted
    }

    /// The marker of a channel being entered, then the end of its names.
    pub(crate) fn entered_marked(&mut self, room_id: RoomId, answer: Answer) {
        let channel = self.rooms.room(room_id);
        let Some(channel) = channel.map(|room| names::channel(&room.name)) else {
            return;
        };
        let until = expected!(answer, HaveRead).ok().and_then(|read| read.until);
        let until = self.keep_marker(&channel, until);
        self.markread_line(&channel, until);
        self.names_done(room_id);
    }

    pub(crate) fn markread_line(&mut self, target: &str, until: Option<Timestamp>) {
        let until = until.map_or_else(|| "*".to_owned(), |until| format!("timestamp={until}"));
        let (host, _, out) = self.reply_parts();
        crate::line::Writer::new(out)
            .source(host)
            .command("MARKREAD")
            .word(target)
            .word(&until)
            .end();
    }
}
