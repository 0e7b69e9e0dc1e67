//! KICK: removing members.

use snug_proto::{
    Answer, ErrorCode, Kick, PersonRef, Refusal, Request, RoomRef, RoomRole, SetRole,
    limits::MAX_REASON_CHARS,
};

use super::doing::Doing;
use crate::{Connection, connection::Then, line::Line, names, replies::About, text::fit_line};

/// Most members that one KICK removes; those past it are left alone, as TARGMAX says.
pub(crate) const MAX_KICKS: usize = 4;

/// Somebody being removed.
#[derive(Debug, Clone)]
pub(crate) struct Kicking {
    channel: String,
    nick: String,
    kick: Kick,
    stage: Stage,
}

#[derive(Debug, Clone)]
enum Stage {
    /// Removed as they are.
    First,
    /// They were refused for what they are in the room, which is taken from them first.
    Demoting(Refusal),
    /// Then they are removed.
    Again,
}

impl Connection {
    /// `KICK <channel>{,<channel>} <nick>{,<nick>} [<reason>]`: as many channels as nicks, or one.
    pub(crate) fn kick(&mut self, line: &Line<'_>) {
        let (Some(channels), Some(nicks)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("KICK");
        };
        let channels: Vec<&str> = channels.split(',').collect();
        let nicks: Vec<&str> = nicks.split(',').filter(|nick| !nick.is_empty()).collect();
        if channels.len() > 1 && channels.len() != nicks.len() {
            return self.need_more_params("KICK");
        }
        let reason = line
            .params
            .get(2)
            .map(|text| fit_line(text, MAX_REASON_CHARS));
        let reason = reason.filter(|reason| !reason.is_empty());
        for (index, nick) in nicks.into_iter().take(MAX_KICKS).enumerate() {
            let channel = channels.get(index).or(channels.first()).copied();
            let channel = channel.unwrap_or_default();
            let Some(room) = names::room_ref(channel) else {
                self.no_such_channel(channel);
                continue;
            };
            let kick = Kick {
                room,
                who: PersonRef::Name(names::account(nick).to_owned()),
                reason: reason.clone(),
                key: None,
            };
            let kicking = Kicking {
                channel: channel.to_owned(),
                nick: nick.to_owned(),
                kick: kick.clone(),
                stage: Stage::First,
            };
            self.ask_of_channel(kick, Doing::Kick(Box::new(kicking)));
        }
    }

    /// An admin is out of another's reach until they are a member like others, which the other may make
    /// them: on IRC one operator kicks another in one step.
    pub(crate) fn kicked(&mut self, kicking: Kicking, answer: Answer) {
        let Kicking {
            channel,
            nick,
            kick,
            stage,
        } = kicking;
        let next = |stage, kick: &Kick| {
            Then::Channel(Doing::Kick(Box::new(Kicking {
                channel: channel.clone(),
                nick: nick.clone(),
                kick: kick.clone(),
                stage,
            })))
        };
        match (answer, stage) {
            (Err(refusal), Stage::First) if refusal.code == ErrorCode::Forbidden => {
                let demote = demotion(&kick);
                let then = next(Stage::Demoting(refusal), &kick);
                self.ask_next(demote, then);
            }
            (Ok(_), Stage::Demoting(_)) => {
                let then = next(Stage::Again, &kick);
                self.ask_next(kick, then);
            }
            (Err(_), Stage::Demoting(refusal)) | (Err(refusal), Stage::First | Stage::Again) => {
                self.refuse_about_somebody("KICK", &channel, &nick, &refusal);
            }
            (Ok(_), Stage::First | Stage::Again) => {}
        }
    }

    /// Says a refusal of what was to be done to somebody in a channel: some name both.
    pub(crate) fn refuse_about_somebody(
        &mut self,
        command: &'static str,
        channel: &str,
        nick: &str,
        refusal: &Refusal,
    ) {
        match refusal.code {
            ErrorCode::NotInRoom | ErrorCode::InRoom => {
                let numeric = if refusal.code == ErrorCode::InRoom {
                    "443"
                } else {
                    "441"
                };
                self.numeric(numeric)
                    .word(nick)
                    .word(channel)
                    .trailing(&refusal.text);
            }
            ErrorCode::UnknownPerson | ErrorCode::NotAccepting => {
                self.refuse(&About::target(command, nick), refusal);
            }
            _ => self.refuse(&About::target(command, channel), refusal),
        }
    }
}

fn demotion(kick: &Kick) -> Request {
    let (room, who): (RoomRef, PersonRef) = (kick.room.clone(), kick.who.clone());
    SetRole {
        room,
        who,
        role: RoomRole::Member,
        key: None,
    }
    .into()
}
