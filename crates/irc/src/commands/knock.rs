//! KNOCK, as `InspIRCd` and others have it: 710 to those who keep order, 711 to 714 to who knocks.

use snug_proto::{Answer, ErrorCode, Knock, limits::MAX_REASON_CHARS};

use super::doing::Doing;
use crate::{Connection, line::Line, names, replies::About, text::fit_line};

impl Connection {
    /// `KNOCK <channel> [<message>]`
    pub(crate) fn knock(&mut self, line: &Line<'_>) {
        let Some(channel) = line.param(0) else {
            return self.need_more_params("KNOCK");
        };
        let Some(room) = names::room_ref(channel) else {
            return self.no_such_channel(channel);
        };
        let text = line.param(1).map(|text| fit_line(text, MAX_REASON_CHARS));
        let channel = channel.to_owned();
        self.ask_of_channel(Knock { room, text }, Doing::Knock { channel });
    }

    pub(crate) fn knocked_at(&mut self, channel: &str, answer: Answer) {
        let Err(refusal) = answer else {
            return self
                .numeric("711")
                .word(channel)
                .trailing("Your KNOCK has been delivered.");
        };
        let numeric = match refusal.code {
            ErrorCode::TooFast => "712",
            ErrorCode::Forbidden => "713",
            ErrorCode::InRoom => "714",
            _ => return self.refuse(&About::target("KNOCK", channel), &refusal),
        };
        self.numeric(numeric).word(channel).trailing(&refusal.text);
    }
}
