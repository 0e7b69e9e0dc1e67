//! Commands of a bad night: who is let in at all, and taking a flood of words back (P3, M4).

use snug_proto::{
    Allow, Allowed, AllowedEntry, AllowedList, Disallow, Done, DoorState, Lockdown, LockdownLevel,
    LockdownState, Purge, Purged, Shield, ShieldWanted,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said},
    words::Words,
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "shield",
        aliases: &[],
        usage: "/shield [up|down|auto]",
        help: "Shows how things stand at the door; raises the shield, keeps it down and lets in whom it \
               shut out, or leaves it to itself. While it is up the worst offenders are shut out, and \
               newcomers wait or compute.",
        least: Least::Moderator,
        read: |words| {
            let wanted = [
                ("up", ShieldWanted::Up),
                ("down", ShieldWanted::Down),
                ("auto", ShieldWanted::Auto),
            ];
            let wanted_word =
                match words.next_if(|word| wanted.iter().any(|(name, _)| *name == word)) {
                    Some(word) => wanted.iter().find(|(name, _)| *name == word),
                    None => None,
                };
            let wanted = wanted_word.map(|(_, wanted)| *wanted);
            Ok(ask(async move |ask| {
                let state: DoorState = ask.request(Shield { wanted }).await?;
                lines(door_lines(&state))
            }))
        },
    },
    Command {
        name: "lockdown",
        aliases: &[],
        usage: "/lockdown [--closed] [--dry-run] [--for TIME] [--why TEXT]  or  /lockdown off",
        help: "Lets in only who has an account, and allowed addresses: nobody registers, guests and \
               those who have not signed in are dropped. With --closed no new connection is taken at \
               all. It ends by itself, after an hour or the time given. --dry-run says who would drop. \
               /lockdown off ends it.",
        least: Least::Moderator,
        read: lockdown,
    },
    Command {
        name: "allow",
        aliases: &[],
        usage: "/allow ADDRESS|NETWORK [--for TIME] [--why TEXT]  or  /allow list [before NUMBER]",
        help: "Lets those who come from there past limits, shield, lockdown and bans of addresses. \
               /disallow takes it back.",
        least: Least::Moderator,
        read: allow,
    },
    Command {
        name: "disallow",
        aliases: &[],
        usage: "/disallow ADDRESS|NETWORK",
        help: "Takes an /allow back.",
        least: Least::Moderator,
        read: |words| {
            let address = words.word()?.to_owned();
            Ok(ask(async move |ask| {
                let Done {} = ask.request(Disallow { address }).await?;
                said("-- no longer allowed; /allow does it again")
            }))
        },
    },
    Command {
        name: "purge",
        aliases: &[],
        usage: "/purge NAME --since TIME [--for-good] [--why TEXT]  or  /purge NAME --undo [--why TEXT]",
        help: "Takes back all that somebody wrote in the last 1h, 30m or 2d, in all rooms. For a day \
               --undo puts it back; then the words are gone. With --for-good they are gone at once, \
               with what was taken back of theirs before.",
        least: Least::Owner,
        read: purge,
    },
];

fn purge(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let mut request = Purge {
        who: words.person()?,
        since: None,
        last_s: None,
        reason: None,
        for_good: false,
        undo: false,
    };
    while let Some(option) = words.next_if(|word| word.starts_with("--")) {
        match option {
            "--since" => request.since = Some(words.ago()?),
            "--for-good" => request.for_good = true,
            "--undo" => request.undo = true,
            "--why" => request.reason = Some(words.text()?),
            _ => return Err(Misuse::Usage),
        }
    }
    if request.undo == request.since.is_some() || (request.undo && request.for_good) {
        return Err(Misuse::Usage);
    }
    let (name, undo) = (request.who.to_string(), request.undo);
    Ok(ask(async move |ask| {
        let purged: Purged = ask.request(request).await?;
        said(purged_line(&name, undo, purged))
    }))
}

/// What a purge came to, or its undoing.
fn purged_line(name: &str, undo: bool, purged: Purged) -> String {
    let Purged {
        messages,
        left,
        until,
    } = purged;
    let done = match (undo, until) {
        (true, _) => format!("-- {messages} messages of {name} are there again"),
        (false, None) => format!("-- {messages} messages of {name} are gone"),
        (false, Some(until)) => format!(
            "-- {messages} messages of {name} are taken back; until {} /purge {name} --undo puts them back",
            until.said()
        ),
    };
    match left {
        0 => done,
        _ => format!("{done}. There are more: say it again"),
    }
}

fn lockdown(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let mut request = Lockdown {
        level: Some(LockdownLevel::On),
        ..Lockdown::default()
    };
    if words.next_if(|word| word == "off").is_some() {
        request.level = Some(LockdownLevel::Off);
    } else {
        // In any order: who needs this is in a hurry.
        while let Some(option) = words.next_if(|word| word.starts_with("--")) {
            match option {
                "--closed" => request.level = Some(LockdownLevel::Closed),
                "--dry-run" => request.dry_run = true,
                "--for" => request.for_s = Some(words.lasting()?.as_secs()),
                "--why" => request.reason = Some(words.reason()?),
                _ => return Err(Misuse::Usage),
            }
        }
    }
    let dry_run = request.dry_run;
    Ok(ask(async move |ask| {
        let state: LockdownState = ask.request(request).await?;
        let LockdownState { drops, of, .. } = state;
        said(match (dry_run, state.lockdown, state.until) {
            (true, ..) => format!("-- who would drop: {drops} of {of}"),
            (_, LockdownLevel::Off, _) => "-- there is no lockdown".to_owned(),
            (_, level, until) => format!(
                "-- locked down ({}){}; {drops} of {of} connections were ended; /lockdown off ends it",
                level.wire(),
                until.map_or_else(String::new, |until| format!(" until {}", until.said())),
            ),
        })
    }))
}

fn allow(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    if words.next_if(|word| word == "list").is_some() {
        let before = match words.next() {
            Some("before") => Some(words.number()?),
            Some(_) => return Err(Misuse::Usage),
            None => None,
        };
        return Ok(ask(async move |ask| {
            let list: AllowedList = ask.request(Allowed { before }).await?;
            if list.allowed.is_empty() {
                return said("-- no address is allowed past the door");
            }
            let mut shown: Vec<_> = list.allowed.iter().map(allowed_line).collect();
            if let Some(last) = list.allowed.last().filter(|_| list.more) {
                shown.push(format!("-- and more: /allow list before {}", last.number));
            }
            lines(shown)
        }));
    }
    let address = words.word()?.to_owned();
    let terms = words.terms()?;
    let (for_s, reason) = (terms.lasts.map(|lasts| lasts.as_secs()), terms.why);
    Ok(ask(async move |ask| {
        let request = Allow {
            address,
            for_s,
            reason,
        };
        let Done {} = ask.request(request).await?;
        said("-- allowed; /disallow takes it back")
    }))
}

fn allowed_line(entry: &AllowedEntry) -> String {
    let mut line = format!("-- {} since {}", entry.address, entry.at.said());
    if let Some(by) = &entry.by {
        line = format!("{line}, by {by}");
    }
    if let Some(until) = entry.until {
        line = format!("{line}, until {}", until.said());
    }
    if let Some(why) = &entry.reason {
        line = format!("{line}, because: {why}");
    }
    sanitize::line(&line)
}

/// How things stand at the door, in lines.
pub(super) fn door_lines(state: &DoorState) -> Vec<String> {
    let stands = state.in_words().into_iter();
    let stands = stands.map(|clause| sanitize::line(&format!("-- {clause}")));
    let offenders = state.offenders.iter();
    let offenders = offenders.map(|of| sanitize::line(&format!("--   {}", of.in_words())));
    stands.chain(offenders).collect()
}
