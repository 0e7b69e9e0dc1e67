//! `msgid`: an event's name on IRC, from its room's id and its seq (`IRCv3` message-ids).

use std::{fmt, str::FromStr};

use snug_proto::{Place, RoomId};

/// Names an event of a log for IRC: the room's id without its letter, `-`, the seq in decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The room.
    pub room_id: RoomId,
    /// The event.
    pub seq: u64,
}

/// The text is not a `msgid` that we made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a msgid of this server")]
pub struct NotAMessageId;

impl From<&Place> for MessageId {
    fn from(place: &Place) -> Self {
        Self {
            room_id: place.room_id,
            seq: place.seq,
        }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room_id = self.room_id.to_string();
        write!(f, "{}-{}", room_id.trim_start_matches("r:"), self.seq)
    }
}

impl FromStr for MessageId {
    type Err = NotAMessageId;

    fn from_str(text: &str) -> Result<Self, NotAMessageId> {
        let (room_id, seq) = text.split_once('-').ok_or(NotAMessageId)?;
        // `u64::from_str` takes a sign, which we never write.
        if !seq.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAMessageId);
        }
        Ok(Self {
            room_id: format!("r:{room_id}").parse().map_err(|_| NotAMessageId)?,
            seq: seq.parse().map_err(|_| NotAMessageId)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_msgid_is_read_back_and_nothing_else_is() {
        let id = MessageId {
            room_id: RoomId::from_bytes([9; 16]),
            seq: 42,
        };
        let text = id.to_string();
        assert!(!text.contains(':') && text.ends_with("-42"), "{text}");
        assert_eq!(text.parse(), Ok(id));
        for bad in ["", "-", "42", &text.replace("42", "+42"), "zz-1"] {
            assert_eq!(bad.parse::<MessageId>(), Err(NotAMessageId), "{bad}");
        }
    }
}
