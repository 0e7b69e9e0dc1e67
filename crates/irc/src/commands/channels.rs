//! Finding the channel that a command names, and what 004 and 005 say of channels.

use snug_proto::limits::{
    MAX_GUEST_ROOMS, MAX_REASON_CHARS, MAX_ROOM_MASKS, MAX_ROOM_NAME_CHARS, MAX_TOPIC_CHARS,
};

use super::{channel_mode::MAX_MODES, kick::MAX_KICKS, members::MAX_NAMED};
use crate::{Connection, modes, names, rooms::Room};

impl Connection {
    /// One of this client's channels, by the name it has on IRC in any case.
    pub(crate) fn channel(&self, channel: &str) -> Option<(snug_proto::RoomId, &Room)> {
        let room = names::room(channel)?;
        self.rooms.channel(&names::fold_room(room))
    }

    /// A channel as it is called, however it was asked for; as it was asked for where that is unknown.
    pub(crate) fn called(&self, channel: &str) -> String {
        let known = self.channel(channel);
        known.map_or_else(
            || channel.to_owned(),
            |(_, room)| names::channel(&room.name),
        )
    }

    pub(crate) fn not_on_channel(&mut self, channel: &str) {
        self.numeric("442")
            .word(channel)
            .trailing("You're not on that channel");
    }
}

/// In how many channels one may be. Nothing counts the rooms of an account.
pub(crate) fn limit(guest: bool) -> String {
    let most = if guest {
        MAX_GUEST_ROOMS.to_string()
    } else {
        String::new()
    };
    format!("CHANLIMIT=#:{most},&:{most}")
}

/// What 005 says of channels.
pub(crate) fn tokens(guest: bool) -> Vec<String> {
    vec![
        "ACCOUNTEXTBAN=a".to_owned(),
        limit(guest),
        format!("CHANMODES={}", modes::CHANMODES),
        format!("CHANNELLEN={}", MAX_ROOM_NAME_CHARS + 1),
        "CHANTYPES=#&".to_owned(),
        "ELIST=CMNTU".to_owned(),
        "EXCEPTS=e".to_owned(),
        "EXTBAN=~,am".to_owned(),
        "INVEX=I".to_owned(),
        format!("KICKLEN={MAX_REASON_CHARS}"),
        format!("MAXLIST=b:{MAX_ROOM_MASKS},e:{MAX_ROOM_MASKS},I:{MAX_ROOM_MASKS}"),
        format!("MODES={MAX_MODES}"),
        "PREFIX=(qov)~@+".to_owned(),
        "SAFELIST".to_owned(),
        format!("TOPICLEN={MAX_TOPIC_CHARS}"),
    ]
}

/// What TARGMAX says of commands about channels.
pub(crate) fn targets() -> String {
    format!("JOIN:,KICK:{MAX_KICKS},LIST:,NAMES:{MAX_NAMED},PART:")
}
