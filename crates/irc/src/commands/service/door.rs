//! A bad night: who is let in at all, bans from the server, and taking a flood of words back (P3, M4). As
//! the plain client has them, with `--for TIME` and `--why TEXT`.

use snug_proto::{
    Allow, Allowed, AllowedEntry, Disallow, DoorState, Lockdown, LockdownLevel, LockdownState,
    Offender, Purge, Request, Response, ServerBan, ServerUnban, Shield, ShieldWanted,
    reason_in_words, seconds_in_words as seconds,
};

use super::{Command, Words, because, page, request};
use crate::commands::running::banned;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "SHIELD",
        usage: "SHIELD [up|down|auto]: shows how things stand at the door; raises the shield, keeps it \
                down, or leaves it to itself (moderators)",
        read: |words| {
            let wanted = if words.is_empty() {
                None
            } else {
                Some(words.one_of(&[
                    ("up", ShieldWanted::Up),
                    ("down", ShieldWanted::Down),
                    ("auto", ShieldWanted::Auto),
                ])?)
            };
            request(Shield { wanted }, "")
        },
    },
    Command {
        name: "LOCKDOWN",
        usage: "LOCKDOWN [--closed] [--dry-run] [--for <time>] [--why <text>], LOCKDOWN off: lets in only \
                who has an account, or nobody new at all; an hour if not said (moderators)",
        read: lockdown,
    },
    Command {
        name: "ALLOW",
        usage: "ALLOW <address or network> [--for <time>] [--why <text>], ALLOW list [before <number>]: \
                lets those from there past limits, shield and lockdown (moderators)",
        read: allow,
    },
    Command {
        name: "DISALLOW",
        usage: "DISALLOW <address or network>: takes that back (moderators)",
        read: |words| {
            let address = words.next()?.to_owned();
            request(
                Disallow { address },
                "No longer allowed; ALLOW does it again.",
            )
        },
    },
    Command {
        name: "SERVER-BAN",
        usage: "SERVER-BAN <nick, address or network> [even-me] [--for <time>] [--why <text>]: as KLINE \
                (moderators)",
        read: |words| {
            let (who, address) = banned(words.next()?);
            let even_me = words.next_if("even-me");
            let Terms { for_s, why } = words.terms()?;
            let ban = ServerBan {
                who,
                address,
                for_s,
                reason: why,
                even_me,
            };
            request(ban, "Banned; SERVER-UNBAN lifts it.")
        },
    },
    Command {
        name: "SERVER-UNBAN",
        usage: "SERVER-UNBAN <nick, address or network>: as UNKLINE (moderators)",
        read: |words| {
            let (who, address) = banned(words.next()?);
            request(ServerUnban { who, address }, "The ban is lifted.")
        },
    },
    Command {
        name: "PURGE",
        usage: "PURGE <nick> --since <time> [--for-good] [--why <text>], PURGE <nick> --undo: takes back all \
                that somebody wrote in the last 1h, 30m or 2d, in all rooms; for a day --undo puts it back (owner)",
        read: |words| {
            let who = words.person()?;
            let undo = words.next_if("--undo");
            let last_s = if undo {
                None
            } else if words.next_if("--since") {
                Some(seconds(words.next()?)?)
            } else {
                return None;
            };
            let for_good = !undo && words.next_if("--for-good");
            let Terms { for_s: None, why } = words.terms()? else {
                return None;
            };
            let purge = Purge {
                who,
                since: None,
                last_s,
                reason: why,
                for_good,
                undo,
            };
            request(purge, "")
        },
    },
];

/// How long, and why.
pub(super) struct Terms {
    pub(super) for_s: Option<u64>,
    pub(super) why: Option<String>,
}

impl Words<'_> {
    /// Is nothing left?
    pub(super) fn is_empty(&self) -> bool {
        self.0.trim_start().is_empty()
    }

    /// A reason: what stands in quotes, or all that is left but options at its end.
    fn reason(&mut self) -> Option<String> {
        let (reason, options) = reason_in_words(self.0)?;
        self.0 = options;
        Some(reason.to_owned())
    }

    /// `--for <time>` and `--why <text>`, either or both, in either order, and nothing else is left.
    pub(super) fn terms(&mut self) -> Option<Terms> {
        let mut terms = Terms {
            for_s: None,
            why: None,
        };
        while !self.is_empty() {
            if self.next_if("--for") {
                terms.for_s = Some(seconds(self.next()?)?);
            } else if self.next_if("--why") {
                terms.why = Some(self.reason()?);
            } else {
                return None;
            }
        }
        Some(terms)
    }
}

fn lockdown(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    let mut asked = Lockdown {
        level: Some(LockdownLevel::On),
        ..Lockdown::default()
    };
    if words.next_if("off") {
        asked.level = Some(LockdownLevel::Off);
    } else {
        while !words.is_empty() {
            if words.next_if("--closed") {
                asked.level = Some(LockdownLevel::Closed);
            } else if words.next_if("--dry-run") {
                asked.dry_run = true;
            } else if words.next_if("--for") {
                asked.for_s = Some(seconds(words.next()?)?);
            } else if words.next_if("--why") {
                asked.reason = Some(words.reason()?);
            } else {
                return None;
            }
        }
    }
    let said = if asked.dry_run { DRY_RUN } else { "" };
    words.is_empty().then_some(())?;
    request(asked, said)
}

/// How it begins to be said that nothing was done.
pub(super) const DRY_RUN: &str = "Nothing was done.";

fn allow(words: &mut Words<'_>) -> Option<(Request, &'static str)> {
    if words.next_if("list") {
        let before = words.before();
        return request(Allowed { before }, "");
    }
    let address = words.next()?.to_owned();
    let Terms { for_s, why } = words.terms()?;
    let allow = Allow {
        address,
        for_s,
        reason: why,
    };
    request(allow, "Allowed; DISALLOW takes it back.")
}

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::DoorState(state) => door(state),
        Response::LockdownState(state) => vec![locked(state)],
        Response::AllowedList(of) if of.allowed.is_empty() => {
            vec!["No address is allowed past the door.".to_owned()]
        }
        Response::AllowedList(of) => {
            let entries = (of.allowed.as_slice(), of.more);
            page("ALLOW list", entries, allowed, |one| one.number)
        }
        Response::Purged(of) => {
            let more = if of.left > 0 {
                " There are more: say it again."
            } else {
                ""
            };
            vec![match of.until {
                Some(until) => format!(
                    "{} messages are taken back; until {} PURGE --undo puts them back.{more}",
                    of.messages,
                    until.said()
                ),
                None => format!("Done, for {} messages.{more}", of.messages),
            }]
        }
        _ => return None,
    })
}

/// What a lockdown that was only tried would do.
pub(super) fn would_drop(state: &LockdownState) -> String {
    let LockdownState { drops, of, .. } = state;
    format!("{DRY_RUN} A lockdown would drop {drops} of {of} connections.")
}

fn locked(state: &LockdownState) -> String {
    let LockdownState { drops, of, .. } = state;
    let until = state.until;
    let until = until.map_or_else(String::new, |until| format!(" until {}", until.said()));
    match state.lockdown {
        LockdownLevel::Off => "There is no lockdown.".to_owned(),
        level => format!(
            "Locked down ({}){until}{}; {drops} of {of} connections were ended; LOCKDOWN off ends it.",
            level.wire(),
            because(state.reason.as_deref())
        ),
    }
}

fn door(state: &DoorState) -> Vec<String> {
    let stands = state.in_words().into_iter().map(|clause| sentence(&clause));
    let offenders = state.offenders.iter().map(Offender::in_words);
    stands.chain(offenders).collect()
}

/// A clause as a sentence: a capital and a full stop.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

fn allowed(one: &AllowedEntry) -> String {
    let by = one.by.as_ref();
    let by = by.map_or_else(String::new, |by| format!(", by {by}"));
    let until = one.until;
    let until = until.map_or_else(String::new, |until| format!(", until {}", until.said()));
    let (number, address, at) = (one.number, &one.address, one.at.said());
    format!(
        "{number} {address} since {at}{by}{until}{}",
        because(one.reason.as_deref())
    )
}
