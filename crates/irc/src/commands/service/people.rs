//! Friends, blocks, strangers, searching and reporting (D2, D3, D4, R8, M5).

use snug_proto::{
    Befriend, Block, Blocks, DecideReport, Friends, Friendship, Me, Report, ReportState, Reports,
    Request, Response, Search, Unblock, Unfriend,
};

use super::{Command, Words, list, number_of, request};
use crate::names;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "FRIENDS",
        usage: "FRIENDS: lists your friends, those who ask, and those you asked",
        read: |_| request(Friends::default(), ""),
    },
    Command {
        name: "FRIEND",
        usage: "FRIEND <nick>: asks somebody to be your friend, or accepts their asking",
        read: |words| {
            request(
                Befriend {
                    person: words.person()?,
                },
                "",
            )
        },
    },
    Command {
        name: "UNFRIEND",
        usage: "UNFRIEND <nick>: ends a friendship, declines, or takes your asking back",
        read: |words| {
            request(
                Unfriend {
                    person: words.person()?,
                },
                "You are no friends now.",
            )
        },
    },
    Command {
        name: "BLOCK",
        usage: "BLOCK <nick>: neither of you reaches the other directly from now on",
        read: |words| {
            request(
                Block {
                    person: words.person()?,
                },
                "Blocked.",
            )
        },
    },
    Command {
        name: "UNBLOCK",
        usage: "UNBLOCK <nick>: takes a block back",
        read: |words| {
            request(
                Unblock {
                    person: words.person()?,
                },
                "No longer blocked.",
            )
        },
    },
    Command {
        name: "BLOCKS",
        usage: "BLOCKS: lists those you block",
        read: |_| request(Blocks::default(), ""),
    },
    Command {
        name: "STRANGERS",
        usage: "STRANGERS [on|off]: may strangers write to you directly and invite you?",
        read: |words| {
            may_write(words, |strangers| Me {
                strangers,
                ..Me::default()
            })
        },
    },
    Command {
        name: "HEAR-GUESTS",
        usage: "HEAR-GUESTS [on|off]: may guests write to you directly, whom you did not write to?",
        read: |words| {
            may_write(words, |guests| Me {
                guests,
                ..Me::default()
            })
        },
    },
    Command {
        name: "SEARCH",
        usage: "SEARCH <words>: searches what you may read; in:room, from:nick, after:2026-11-01",
        read: |words| {
            let query = words.rest()?;
            let search = Search {
                query,
                ..Search::default()
            };
            request(search, "")
        },
    },
    Command {
        name: "REPORT",
        usage: "REPORT <channel or nick> <number or msgid> [<reason>]: reports a message",
        read: |words| {
            let (room, seq) = (words.room_or_nick()?, number_of(words.next()?)?);
            let reason = words.rest();
            request(Report { room, seq, reason }, "")
        },
    },
    Command {
        name: "REPORTS",
        usage: "REPORTS [mine]: lists the reports that you decide, or that you made",
        read: |words| {
            let mine = words.next_if("mine");
            let reports = Reports {
                mine,
                ..Reports::default()
            };
            request(reports, "")
        },
    },
    Command {
        name: "DECIDE",
        usage: "DECIDE <report> resolved|dismissed|escalated [<word>]: decides a report",
        read: |words| {
            let report = words.number()?;
            let state = words.one_of(&[
                ("resolved", ReportState::Resolved),
                ("dismissed", ReportState::Dismissed),
                ("escalated", ReportState::Escalated),
            ])?;
            let reason = words.rest();
            let decide = DecideReport {
                report,
                state,
                reason,
            };
            request(decide, "The report is decided.")
        },
    },
];

/// Says who may write to one, and changes it if `on` or `off` is said.
fn may_write(
    words: &mut Words<'_>,
    change: fn(Option<bool>) -> Me,
) -> Option<(Request, &'static str)> {
    let wanted = if words.is_empty() {
        None
    } else {
        Some(words.one_of(&[("on", true), ("off", false)])?)
    };
    request(change(wanted), "")
}

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::FriendList(of) => {
            let lines = of.friends.iter().map(|one| match one.state {
                Friendship::Friends if one.online => format!("{} (here)", one.name),
                Friendship::Friends => one.name.clone(),
                Friendship::Asks => format!("{} asks to be your friend", one.name),
                _ => format!("{} was asked by you", one.name),
            });
            list(lines, "You have no friends here yet.")
        }
        Response::Befriended(made) => vec![match made.state {
            Friendship::Friends => "You are friends now.".to_owned(),
            _ => "They were asked.".to_owned(),
        }],
        Response::BlockList(of) => {
            let lines = of.blocks.iter().map(|one| one.name.clone());
            list(lines, "You block nobody.")
        }
        Response::Myself(me) => {
            let strangers = if me.strangers {
                "Strangers may write to you and invite you."
            } else {
                "Strangers are refused."
            };
            let guests = if me.no_guests {
                "Guests are refused, but those you wrote to."
            } else {
                "Guests may write to you."
            };
            vec![strangers.to_owned(), guests.to_owned()]
        }
        Response::Found(found) => {
            let lines = found.hits.iter().map(|hit| {
                let (at, from) = (hit.place.at.said(), &hit.author.from);
                let room = if hit.place.direct {
                    hit.place.room.clone()
                } else {
                    names::channel(&hit.place.room)
                };
                format!("{at} {room} {} <{from}> {}", hit.place.seq, hit.body)
            });
            list(lines, "Nothing was found.")
        }
        Response::Reported(made) => vec![format!("Report {} was made.", made.report)],
        Response::ReportList(of) => {
            let lines = of.reports.iter().map(|one| {
                let room = one.room.as_deref().map_or_else(String::new, names::channel);
                let why = one.why.as_deref().unwrap_or("no reason given");
                let (number, state) = (one.report, one.state.wire());
                format!(
                    "{number} {state} {room} <{}> {} ({why})",
                    one.name, one.body
                )
            });
            list(lines, "There are no reports.")
        }
        _ => return None,
    })
}
