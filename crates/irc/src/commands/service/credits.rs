//! Credits, VIP and the ledger (C1, C2, C3).

use snug_proto::{BuyVip, Credits, Grant, Ledger, MovementEntry, Party, Response, Transfer};

use super::{Command, because, page, request};

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "CREDITS",
        usage: "CREDITS: shows your purse, and what VIP costs",
        read: |_| request(Credits {}, ""),
    },
    Command {
        name: "PAY",
        usage: "PAY <nick> <amount> [<why>]: pays somebody credits",
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.rest();
            let pay = Transfer {
                person,
                amount,
                why,
                key: None,
            };
            request(pay, "")
        },
    },
    Command {
        name: "GRANT",
        usage: "GRANT <nick> <amount> [<why>]: gives credits out of the server's purse (owner)",
        read: |words| {
            let (person, amount) = (words.person()?, words.number()?);
            let why = words.rest();
            let grant = Grant {
                person,
                amount,
                why,
                key: None,
            };
            request(grant, "")
        },
    },
    Command {
        name: "VIP",
        usage: "VIP [<number>]: buys 30 days of VIP, or so many times 30",
        read: |words| {
            let buy = BuyVip {
                periods: words.number(),
                key: None,
            };
            request(buy, "")
        },
    },
    Command {
        name: "LEDGER",
        usage: "LEDGER [all] [before <number>]: what moved into and out of your purse; all, for the owner",
        read: |words| {
            let all = words.next_if("all");
            let ledger = Ledger {
                all,
                before: words.before(),
                limit: None,
            };
            request(ledger, "")
        },
    },
];

/// The sentences for the answers to these.
pub(super) fn said(response: &Response) -> Option<Vec<String>> {
    Some(match response {
        Response::Purse(purse) => {
            let mut lines = vec![format!("You have {} credits.", purse.balance)];
            lines.extend(
                purse
                    .vip_until
                    .map(|until| format!("You are VIP until {}.", until.said())),
            );
            if purse.vip_price > 0 {
                let price = purse.vip_price;
                lines.push(format!("30 days of VIP cost {price}: VIP buys them."));
            }
            lines
        }
        Response::Moved(moved) => {
            let (number, balance) = (moved.movement, moved.balance);
            let vip = moved.vip_until;
            let vip = vip.map(|until| format!(" You are VIP until {}.", until.said()));
            vec![format!(
                "Done: number {number} in the ledger. You have {balance} credits now.{}",
                vip.unwrap_or_default()
            )]
        }
        Response::LedgerPage(of) if of.movements.is_empty() => {
            vec!["Nothing has moved yet.".to_owned()]
        }
        Response::LedgerPage(of) => {
            let entries = (of.movements.as_slice(), of.more);
            page("LEDGER", entries, movement, |one| one.movement)
        }
        _ => return None,
    })
}

fn movement(one: &MovementEntry) -> String {
    let name = |party: &Option<Party>| {
        let named = party.as_ref().map(|party| party.name.clone());
        named.unwrap_or_else(|| "the server".to_owned())
    };
    let (from, to) = (name(&one.from), name(&one.to));
    let (number, at, amount) = (one.movement, one.at.said(), one.amount);
    let why = because(one.why.as_deref());
    format!("{number} {at}: {amount} from {from} to {to}{why}")
}
