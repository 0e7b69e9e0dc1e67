//! Commands of the whole server: who comes in, and its settings.

use snug_proto::{
    Done, DoorState, Invite, InviteTo, Invited, Knock, Registration, Server, ServerSettings,
    Shield, Watch,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said, secret},
    words::Words,
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "knock",
        aliases: &[],
        usage: "/knock ROOM [TEXT]",
        help: "Asks those who keep order in a room that is by invitation, or asks for a password, to \
               let you in.",
        least: Least::Member,
        read: |words| {
            let (room, text) = (words.room_name()?.into(), words.text().ok());
            Ok(super::moderation::done(Knock { room, text }))
        },
    },
    Command {
        name: "invite",
        aliases: &[],
        usage: "/invite [--for TIME]|NAME [ROOM]",
        help: "Makes one line to give to a friend. Whoever pastes it into a shell can register, \
               once, within 7 days or the time given (12h, 30d). With a NAME it invites somebody who is \
               here already into this room.",
        least: Least::Member,
        read: |words| {
            if let Some(name) = words.next_if(|word| !word.starts_with("--")) {
                let (who, room) = (name.trim_start_matches('@').into(), words.room_or_here()?);
                let key = None;
                return Ok(super::moderation::done(InviteTo { room, who, key }));
            }
            let expires_in_s = match words.next_if(|word| word == "--for") {
                Some(_) => Some(words.lasting()?.as_secs()),
                None => None,
            };
            Ok(ask(async move |ask| {
                let invited: Invited = ask.request(Invite { expires_in_s }).await?;
                let (link, code) = (&ask.link, sanitize::line(invited.code.expose()));
                let mut list = vec![
                    format!(
                        "-- for one person, until {}; give them this line:",
                        invited.expires_at.said()
                    ),
                    format!("snug join {link} --code {code}"),
                ];
                if is_this_machine(link.host()) {
                    list.push(format!(
                        "-- it says {}: put the name or address there by which others reach this \
                         machine",
                        link.host()
                    ));
                }
                lines(list)
            }))
        },
    },
    Command {
        name: "server",
        aliases: &[],
        usage: "/server [registration open|code [X]|invite|roster] [inviters members|moderators] \
                [plain_passwords on|off] [credits on|off] [vip_price N] \
                [guests off|on|code [X]] [watch_open_rooms on|off]  or  /server watch [off]  or  \
                /server status",
        help: "Shows the server's settings. Its owner changes them, and watches connections, sign-ins, \
               warnings and errors as they happen; with watch_open_rooms on, of which everyone is \
               told, what is said in open rooms too. /server status shows how things stand at the door.",
        least: Least::Member,
        read: server,
    },
];

fn server(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    if words.next_if(|word| word == "watch").is_some() {
        let on = words.next_if(|word| word == "off").is_none();
        return Ok(ask(async move |ask| {
            let Done {} = ask.request(Watch { on }).await?;
            said(if on {
                "-- you see what happens from now on; /server watch off ends it"
            } else {
                "-- you watch no longer"
            })
        }));
    }
    if words.next_if(|word| word == "status").is_some() {
        return Ok(ask(async move |ask| {
            let state: DoorState = ask.request(Shield { wanted: None }).await?;
            lines(super::door::door_lines(&state))
        }));
    }
    let mut change = Server::in_words(std::iter::from_fn(|| words.next())).ok_or(Misuse::Usage)?;
    if change.registration == Some(Registration::Code) && change.access_code.is_none() {
        return Ok(secret("the access code that newcomers need", |code| {
            change.access_code = Some(code);
            change_server(change)
        }));
    }
    Ok(change_server(change))
}

fn change_server(change: Server) -> Deed {
    ask(async move |ask| {
        let settings: ServerSettings = ask.request(change).await?;
        said(format!("-- {}", sanitize::line(&settings.in_words())))
    })
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_invitation_is_told_from_one_that_travels() {
        for here in ["localhost", "127.0.0.1", "::1", "LOCALHOST"] {
            assert!(is_this_machine(here), "{here}");
        }
        assert!(!is_this_machine("example.org"));
    }
}
