//! Commands of credits and VIP.

use snug_proto::{
    BuyVip, Credits, Grant, Ledger, LedgerPage, Moved, MovementEntry, Party, Purse, Transfer,
};

use super::{
    Command, Least, Misuse, Then,
    deed::{ask, lines, queued, said},
    words::Words,
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "credits",
        aliases: &["balance"],
        usage: "/credits",
        help: "Says how many credits you have, and what VIP costs.",
        least: Least::Member,
        read: |_words| {
            Ok(ask(async |ask| {
                let purse: Purse = ask.request(Credits {}).await?;
                let mut list = vec![format!("-- you have {} credits", purse.balance)];
                if let Some(until) = purse.vip_until {
                    list.push(format!("-- you are VIP until {}", until.said()));
                }
                if purse.vip_price > 0 {
                    let price = purse.vip_price;
                    list.push(format!("-- 30 days of VIP cost {price}: /vip buys them"));
                }
                lines(list)
            }))
        },
    },
    Command {
        name: "pay",
        aliases: &["transfer"],
        usage: "/pay NAME AMOUNT [--why TEXT]",
        help: "Gives somebody credits of yours. There is no undo: they can pay you back.",
        least: Least::Member,
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.terms()?.why;
            let key = None;
            // By way of the queue, which sends it again under one key; the event says that it is done.
            Ok(queued(
                Transfer {
                    person,
                    amount,
                    why,
                    key,
                },
                Then::Other,
            ))
        },
    },
    Command {
        name: "grant",
        aliases: &[],
        usage: "/grant NAME AMOUNT [--why TEXT]",
        help: "Gives somebody credits out of nothing. There is no undo.",
        least: Least::Owner,
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.terms()?.why;
            Ok(ask(async move |ask| {
                let request = Grant {
                    person,
                    amount,
                    why,
                    key: None,
                };
                let moved: Moved = ask.request(request).await?;
                said(format!(
                    "-- {amount} credits granted, number {} in the ledger",
                    moved.movement
                ))
            }))
        },
    },
    Command {
        name: "vip",
        aliases: &[],
        usage: "/vip [PERIODS]",
        help: "Buys 30 days of VIP, or so many times 30: a label, twice the message rate, more \
               rooms of one's own. /credits says what it costs.",
        least: Least::Member,
        read: |words| {
            let periods = periods(words)?;
            let key = None;
            Ok(queued(BuyVip { periods, key }, Then::Other))
        },
    },
    Command {
        name: "ledger",
        aliases: &[],
        usage: "/ledger [all]",
        help: "Lists the last movements of your credits; the owner sees everybody's with all.",
        least: Least::Member,
        read: |words| {
            let all = words.next_if(|word| word == "all").is_some();
            Ok(ask(async move |ask| {
                let request = Ledger {
                    all,
                    before: None,
                    limit: None,
                };
                let page: LedgerPage = ask.request(request).await?;
                if page.movements.is_empty() {
                    return said("-- nothing has moved yet");
                }
                lines(page.movements.iter().rev().map(movement_line).collect())
            }))
        },
    },
];

fn periods(words: &mut Words<'_>) -> Result<Option<u32>, Misuse> {
    match words.end() {
        Ok(()) => Ok(None),
        Err(_more) => {
            let number = u32::try_from(words.number()?).map_err(|_| Misuse::Usage)?;
            Ok(Some(number))
        }
    }
}

/// A movement as a line of the ledger.
pub(crate) fn movement_line(movement: &MovementEntry) -> String {
    let name = |party: &Option<Party>| {
        party.as_ref().map_or_else(
            || "the server".to_owned(),
            |party| sanitize::line(&party.name),
        )
    };
    let why = movement
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!("  ({})", sanitize::line(why)));
    format!(
        "-- {} {}  {} from {} to {}{why}",
        movement.movement,
        movement.at,
        movement.amount,
        name(&movement.from),
        name(&movement.to)
    )
}
