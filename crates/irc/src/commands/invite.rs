//! INVITE: letting somebody into a channel, and who lets one in.

use snug_proto::{Answer, ErrorCode, InviteTo, PersonRef, Rooms};

use super::doing::Doing;
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
};

impl Connection {
    /// `INVITE <nick> <channel>`, or `INVITE` to list one's invitations.
    pub(crate) fn invite(&mut self, line: &Line<'_>) {
        let Some(nick) = line.param(0) else {
            return self.ask_of_channel(Rooms::default(), Doing::Invitations);
        };
        let Some(channel) = line.param(1) else {
            return self.need_more_params("INVITE");
        };
        let Some(room) = names::room_ref(channel) else {
            return self.no_such_channel(channel);
        };
        let invite = InviteTo {
            room,
            who: PersonRef::Name(names::account(nick).to_owned()),
            key: None,
        };
        let (channel, nick) = (channel.to_owned(), nick.to_owned());
        self.ask_of_channel(invite, Doing::Invite { channel, nick });
    }

    pub(crate) fn invited(&mut self, channel: &str, nick: &str, answer: Answer) {
        match answer {
            Ok(_) => self.numeric("341").word(nick).word(channel).end(),
            // Only whoever is in a channel invites (RFC 2812 §3.2.7).
            Err(refusal) if refusal.code == ErrorCode::NotAMember => self.not_on_channel(channel),
            Err(refusal) => self.refuse_about_somebody("INVITE", channel, nick, &refusal),
        }
    }

    /// 336 for each, and 337 at the end.
    pub(crate) fn invitations_told(&mut self, answer: Answer) {
        match expected!(answer, RoomList) {
            Ok(page) => {
                for entry in page.rooms.iter().filter(|entry| entry.invited) {
                    let channel = names::channel(&entry.room);
                    self.numeric("336").word(&channel).end();
                }
                let last = page.rooms.last().filter(|_| page.more);
                if let Some(last) = last {
                    let next = Rooms {
                        mine: false,
                        after: Some(last.room_id),
                    };
                    return self.ask_next(next, Then::Channel(Doing::Invitations));
                }
            }
            Err(refusal) => self.refuse(&About::command("INVITE"), &refusal),
        }
        self.numeric("337").trailing("End of /INVITE list");
    }
}
