//! What was asked of a channel and is not answered yet.

use snug_proto::{Answer, MaskKind, Request};

use crate::{Connection, connection::Then, replies::About};

use super::kick::Kicking;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) enum Doing {
    /// TOPIC was asked for.
    Topic { channel: String },
    /// A change that its event tells of, or whose refusal does.
    Change {
        command: &'static str,
        about: String,
    },
    /// A member is removed.
    Kick(Box<Kicking>),
    /// Somebody is invited.
    Invite { channel: String, nick: String },
    /// One's invitations are listed.
    Invitations,
    /// The modes of a channel are shown.
    Modes { channel: String },
    /// The status of somebody, or their voice, is changed.
    Status { channel: String, nick: String },
    /// A mask is put there, or taken away.
    Mask { channel: String, mask: String },
    /// A mask was taken away that may be an account's ban.
    Unban {
        channel: String,
        ban: Option<Box<Request>>,
    },
    /// One of the lists of masks is shown.
    Masks { channel: String, kind: MaskKind },
    /// The bans of accounts, after the masks that ban.
    Bans { channel: String },
    /// A room being entered says what it is about.
    EnteringTopic { room_id: snug_proto::RoomId },
    /// A channel is renamed.
    Rename { from: String, to: String },
    /// Those who keep order in a channel are asked to let one in.
    Knock { channel: String },
}

impl Connection {
    /// Asks for something of a channel after all that waits already.
    pub(crate) fn ask_of_channel(&mut self, request: impl Into<Request>, doing: Doing) {
        self.ask(request, Then::Channel(doing));
    }

    /// Takes the answer to it.
    pub(crate) fn channel_answered(&mut self, doing: Doing, answer: Answer) {
        match doing {
            Doing::Topic { channel } => self.topic_told(&channel, answer),
            Doing::Change { command, about } => {
                if let Err(refusal) = answer {
                    self.refuse(&About::target(command, &about), &refusal);
                }
            }
            Doing::Kick(kicking) => self.kicked(*kicking, answer),
            Doing::Invite { channel, nick } => self.invited(&channel, &nick, answer),
            Doing::Invitations => self.invitations_told(answer),
            Doing::Modes { channel } => self.modes_told(&channel, answer),
            Doing::Status { channel, nick } => self.status_given(&channel, &nick, answer),
            Doing::Mask { channel, mask } => self.mask_put(&channel, &mask, answer),
            Doing::Unban { channel, ban } => self.mask_taken(&channel, ban, answer),
            Doing::Masks { channel, kind } => self.masks_told(&channel, kind, answer),
            Doing::Bans { channel } => self.bans_told(&channel, answer),
            Doing::EnteringTopic { room_id } => self.entering_topic_told(room_id, answer),
            Doing::Rename { from, to } => self.renamed_channel(&from, &to, answer),
            Doing::Knock { channel } => self.knocked_at(&channel, answer),
        }
    }
}
