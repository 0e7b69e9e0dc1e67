//! CHATHISTORY (`IRCv3` chathistory): what is asked for, read from the line.

use snug_proto::{Rooms, Timestamp};

use super::messages::room_of;
use crate::{
    Capability, Connection, MessageId,
    connection::Then,
    history::{Bound, History, MAX_MESSAGES, Order, Targets},
    line::Line,
    names,
};

impl Connection {
    /// `CHATHISTORY <subcommand> <target> <selector> [<selector>] <limit>`
    pub(crate) fn chathistory(&mut self, line: &Line<'_>) {
        if !self.caps.has(Capability::Chathistory) {
            return self.unknown_command(line.command);
        }
        let Some(subcommand) = line.param(0) else {
            let text = "Name a subcommand";
            return self.fail_with("CHATHISTORY", "NEED_MORE_PARAMS", &[], text);
        };
        let subcommand = subcommand.to_ascii_uppercase();
        let wanted = match subcommand.as_str() {
            "LATEST" | "BEFORE" | "AFTER" | "AROUND" => 4,
            "BETWEEN" => 5,
            "TARGETS" => return self.chathistory_targets(line),
            _ => {
                let text = "There is no such subcommand";
                return self.fail_with("CHATHISTORY", "INVALID_PARAMS", &[&subcommand], text);
            }
        };
        let (Some(target), true) = (line.param(1), line.params.len() >= wanted) else {
            let text = "Missing parameters";
            return self.fail_with("CHATHISTORY", "NEED_MORE_PARAMS", &[&subcommand], text);
        };
        let limit = line.params.last().and_then(|limit| limit.parse().ok());
        let Some(limit) = limit.filter(|limit| *limit > 0) else {
            let text = "The limit is no number above 0";
            return self.fail_with("CHATHISTORY", "INVALID_PARAMS", &[&subcommand], text);
        };
        let selector = |index| line.param(index).unwrap_or_default();
        let first = self.bound(target, selector(2));
        let second = match subcommand.as_str() {
            "BETWEEN" => self.bound(target, selector(3)),
            _ => Ok(Bound::Open),
        };
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(code), _) | (_, Err(code)) => {
                let text = "A selector is msgid=<id of a message there>, timestamp=<time> or *";
                return self.fail_with("CHATHISTORY", code, &[&subcommand, target], text);
            }
        };
        let (low, high, order) = match subcommand.as_str() {
            "LATEST" => (first, Bound::Open, Order::NewestFirst),
            "BEFORE" => (Bound::Open, first, Order::NewestFirst),
            "AFTER" => (first, Bound::Open, Order::OldestFirst),
            "AROUND" => (Bound::Open, first, Order::Around),
            _ => (first, second, Order::Between),
        };
        if subcommand != "LATEST"
            && [first, second].contains(&Bound::Open)
            && order_needs(order, first, second)
        {
            let text = "That subcommand needs a message or a time to begin at";
            return self.fail_with("CHATHISTORY", "INVALID_PARAMS", &[&subcommand], text);
        }
        let history = History::new(
            subcommand,
            target.to_owned(),
            room_of(target),
            (low, high, order),
            MAX_MESSAGES.min(limit),
        );
        self.go_on_with(history);
    }

    /// `CHATHISTORY TARGETS <time> <time> <limit>`
    fn chathistory_targets(&mut self, line: &Line<'_>) {
        let time = |index| {
            let given = line.param(index)?.strip_prefix("timestamp=")?;
            given.parse::<Timestamp>().ok()
        };
        let limit = line.param(3).and_then(|limit| limit.parse().ok());
        let limit = limit.filter(|limit| *limit > 0);
        let (Some(one), Some(other), Some(limit)) = (time(1), time(2), limit) else {
            let text = "Name two times and a limit";
            return self.fail_with("CHATHISTORY", "INVALID_PARAMS", &["TARGETS"], text);
        };
        let targets = Targets::new(one.min(other), one.max(other), MAX_MESSAGES.min(limit));
        let rooms = Rooms {
            mine: true,
            after: None,
        };
        self.ask_next(rooms, Then::Targets(Box::new(targets)));
    }

    /// What a selector names in the log of that target; the code of the error if it is none.
    fn bound(&self, target: &str, selector: &str) -> Result<Bound, &'static str> {
        if selector == "*" {
            return Ok(Bound::Open);
        }
        if let Some(time) = selector.strip_prefix("timestamp=") {
            return time.parse().map(Bound::Time).map_err(|_| "INVALID_PARAMS");
        }
        let id = selector
            .strip_prefix("msgid=")
            .ok_or("INVALID_MSGREFTYPE")?;
        let id: MessageId = id.parse().map_err(|_| "MESSAGE_ERROR")?;
        let room = self.room_called(target);
        // Of a channel that one is not in the session says so itself.
        let known = room.is_none_or(|room| room == id.room_id);
        let here = known || names::room(target).is_none() && room.is_none();
        here.then_some(Bound::Event(id.seq)).ok_or("MESSAGE_ERROR")
    }
}

/// Is a bound missing that this order begins at?
fn order_needs(order: Order, first: Bound, second: Bound) -> bool {
    match order {
        Order::Between => first == Bound::Open || second == Bound::Open,
        _ => first == Bound::Open,
    }
}
