//! Forms of keeping order in a room and on the server: ban, mute, kick; and of reporting a message.

use snug_proto::{
    Ban, Kick, Mute, PersonRef, Report, Request, RoomId, RoomRef, ServerBan, ServerKick,
};

use super::length;
use crate::{
    ServerId,
    overlay::{
        Deed,
        parts::field::Field,
        parts::form::{Filled, Form, Made, done},
    },
    sanitize,
};

/// What is done to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanction {
    /// Out, and back when they like.
    Kick,
    /// Out, and kept out.
    Ban,
    /// May read, not speak.
    Mute,
    /// Out of the server, and back when they like.
    ServerKick,
    /// Out of the server, and kept out.
    ServerBan,
}

impl Sanction {
    const fn word(self) -> &'static str {
        match self {
            Self::Kick => "kick",
            Self::Ban => "ban",
            Self::Mute => "mute",
            Self::ServerKick => "server-kick",
            Self::ServerBan => "server-ban",
        }
    }
}

/// Does something to somebody in a room.
pub fn sanction(server: ServerId, room: RoomId, name: &str, what: Sanction) -> Form {
    let title = match what {
        Sanction::Kick => format!("Take {name} out of this room"),
        Sanction::Ban => format!("Ban {name} from this room"),
        Sanction::Mute => format!("Mute {name} in this room"),
        Sanction::ServerKick => format!("End all sessions of {name}"),
        Sanction::ServerBan => format!("Ban {name} from the server"),
    };
    let why = Field::words_field("Why", "", "They are shown it. It may be empty.");
    let mut fields = vec![why];
    if !matches!(what, Sanction::Kick | Sanction::ServerKick) {
        let help = "Like 30m, 2h or 3d. Empty: until it is lifted.";
        fields.insert(0, Field::words_field("For", "", help));
    }
    let name = name.to_owned();
    let make = move |filled: Filled<'_>| made(RoomRef::Id(room), &name, what, filled);
    Form::new(&title, server, fields, Box::new(make))
}

fn made(room: RoomRef, name: &str, what: Sanction, filled: Filled<'_>) -> Result<Made, String> {
    let (text, why) = (filled.text("For"), filled.some("Why"));
    let for_s = length(text)?;
    let mut command = vec![format!("/{} {name}", what.word())];
    if for_s.is_some() {
        command.push(format!("--for {text}"));
    }
    command.extend(why.map(|why| format!("--why {why}")));
    let (who, reason, key) = (PersonRef::from(name), why.map(str::to_owned), None);
    let request: Request = match what {
        Sanction::Kick => Kick {
            room,
            who,
            reason,
            key,
        }
        .into(),
        Sanction::Ban => Ban {
            room,
            who,
            for_s,
            reason,
            key,
        }
        .into(),
        Sanction::Mute => Mute {
            room,
            who,
            for_s,
            reason,
            key,
        }
        .into(),
        Sanction::ServerKick => ServerKick { who, reason }.into(),
        Sanction::ServerBan => ServerBan {
            who: Some(who),
            address: None,
            for_s,
            reason,
            even_me: false,
        }
        .into(),
    };
    Ok(Made {
        commands: vec![command.join(" ")],
        request,
    })
}

/// Reports a message to those who keep order.
pub fn report(server: ServerId, room: RoomId, seq: u64, by: &str) -> Form {
    let help = "Who keeps order here reads it, and never who wrote the message.";
    let fields = vec![Field::words_field("What is wrong", "", help)];
    let make = move |filled: Filled<'_>| {
        let reason = filled.some("What is wrong");
        let rest = reason.map_or_else(String::new, |reason| format!(" {reason}"));
        let request = Report {
            room: RoomRef::Id(room),
            seq,
            reason: reason.map(str::to_owned),
        };
        Ok(Made {
            commands: vec![format!("/report {seq}{rest}")],
            request: request.into(),
        })
    };
    let title = format!("Report what {} said", sanitize::line(by));
    Form::new(&title, server, fields, Box::new(make)).then(Box::new(|_, _| {
        vec![
            Deed::Close,
            done("Reported. /reports mine shows what becomes of it."),
        ]
    }))
}
