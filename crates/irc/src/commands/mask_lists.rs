//! The lists of a channel's masks: 367 and 368, 348 and 349, 346 and 347.

use snug_proto::{Answer, Bans, MaskKind, Masks, RoomRef};

use super::doing::Doing;
use crate::{
    Connection,
    connection::{Then, expected},
    masks, names,
    replies::About,
};

/// The numerics of a list: an entry's, and the end's with its words.
const fn numerics(kind: MaskKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        MaskKind::Ban | MaskKind::Voice => ("367", "368", "End of channel ban list"),
        MaskKind::Exempt => ("348", "349", "End of channel exception list"),
        MaskKind::Invite => ("346", "347", "End of channel invite exception list"),
    }
}

impl Connection {
    /// `MODE <channel> +b`, `+e` or `+I`
    pub(crate) fn ask_masks(&mut self, room: &RoomRef, channel: &str, kind: MaskKind) {
        let room = room.clone();
        let channel = channel.to_owned();
        self.ask_of_channel(Masks { room, kind }, Doing::Masks { channel, kind });
    }

    pub(crate) fn masks_told(&mut self, channel: &str, kind: MaskKind, answer: Answer) {
        let (entry_numeric, end_numeric, end) = numerics(kind);
        let list = match expected!(answer, MaskList) {
            Ok(list) => list,
            Err(refusal) => return self.refuse(&About::target("MODE", channel), &refusal),
        };
        for entry in &list.masks {
            let by = names::nick(&entry.by).into_owned();
            let seconds = (entry.at.ms() / 1000).to_string();
            self.numeric(entry_numeric)
                .word(channel)
                .word(&masks::write(&entry.mask))
                .word(&by)
                .word(&seconds)
                .end();
        }
        let room = names::room_ref(channel).filter(|_| kind == MaskKind::Ban);
        let Some(room) = room else {
            return self.numeric(end_numeric).word(channel).trailing(end);
        };
        self.ask_next_bans(channel, room, None);
    }

    fn ask_next_bans(&mut self, channel: &str, room: RoomRef, after: Option<String>) {
        let bans = Bans {
            room,
            mutes: false,
            after,
        };
        let channel = channel.to_owned();
        self.ask_next(bans, Then::Channel(Doing::Bans { channel }));
    }

    /// The bans of accounts. Those who may not see them have seen the masks, which everybody may.
    pub(crate) fn bans_told(&mut self, channel: &str, answer: Answer) {
        let (entry_numeric, end_numeric, end) = numerics(MaskKind::Ban);
        if let Ok(list) = expected!(answer, BanList) {
            for entry in &list.bans {
                self.numeric(entry_numeric)
                    .word(channel)
                    .word(&masks::account(&entry.name))
                    .end();
            }
            let last = list.bans.last().filter(|_| list.more);
            if let (Some(last), Some(room)) = (last, names::room_ref(channel)) {
                return self.ask_next_bans(channel, room, Some(last.name.clone()));
            }
        }
        self.numeric(end_numeric).word(channel).trailing(end);
    }
}
