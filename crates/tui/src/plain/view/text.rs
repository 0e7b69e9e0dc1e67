//! Names, titles and words as lines show them.

use snug_client::Passed;
use snug_proto::{AccountId, CreditsMoved, FriendChanged, Friendship, IsAway, Party};
use unicode_width::UnicodeWidthStr;

use crate::sanitize;

pub(in crate::plain) fn friendship(change: &FriendChanged) -> Vec<String> {
    let name = person(&change.subject.name, change.subject.display.as_deref());
    let handle = sanitize::line(&change.subject.name);
    match change.state {
        Friendship::Asks => vec![format!(
            "-- {name} asks to be your friend: /friend {handle} or /unfriend {handle}"
        )],
        Friendship::Friends => vec![format!("-- {name} is your friend now")],
        // One's own doing here or elsewhere, or nothing that needs a line.
        Friendship::Asked | Friendship::None => Vec::new(),
    }
}

/// Somebody is away, or back.
pub(in crate::plain) fn away_line(away: &IsAway) -> String {
    let who = person(&away.subject.name, away.subject.display.as_deref());
    match &away.text {
        Some(text) => format!("-- {who} is away: {}", sanitize::line(text)),
        None => format!("-- {who} is back"),
    }
}

/// A person's display name if there is one that cannot be taken for something else, or the name.
pub(in crate::plain) fn person(name: &str, display: Option<&str>) -> String {
    let fit = |display: &&str| {
        let display = display.trim();
        !display.is_empty() && !display.eq_ignore_ascii_case("you")
    };
    let shown = sanitize::line(display.filter(fit).unwrap_or(name));
    shown.replace('<', "‹").replace('>', "›")
}

/// `#den`; a direct conversation stays `@ann`.
pub(in crate::plain) fn room_title(room: &str) -> String {
    let room = sanitize::line(room);
    if room.starts_with('@') {
        room
    } else {
        format!("#{room}")
    }
}

pub(in crate::plain) fn other_person(room: &str) -> String {
    sanitize::line(room.strip_prefix('@').unwrap_or(room))
}

/// Words under a head. Their further lines stand under the first, so that none can pass for a line
/// of somebody else's.
pub(in crate::plain) fn several(head: &str, body: &str) -> Vec<String> {
    let indent = " ".repeat(head.width());
    let mut lines = sanitize::lines(body);
    for (index, line) in lines.iter_mut().enumerate() {
        let before = if index == 0 { head } else { &indent };
        line.insert_str(0, before);
    }
    lines
}

pub(in crate::plain) fn passed(room: &str, after: u64, to: u64, why: Passed) -> String {
    let (room, first) = (room_title(room), after.saturating_add(1));
    match why {
        Passed::Gone => format!("-- {room}: numbers {first} to {to} are no longer kept"),
        Passed::Skipped => format!(
            "-- {room}: numbers {first} to {to} are not shown here; /history before {} in that room \
             shows them",
            to.saturating_add(1)
        ),
        Passed::Unknown => {
            format!("-- {room}: something happened that this version of snug does not know")
        }
    }
}

/// Credits that moved, in a line.
pub(in crate::plain) fn credits_line(moved: &CreditsMoved, me: AccountId) -> String {
    let CreditsMoved { entry, balance } = moved;
    let amount = entry.amount;
    let name = |party: &Party| sanitize::line(&party.name);
    let what = match (&entry.from, &entry.to) {
        (Some(from), _) if from.account != me => {
            format!("{} paid you {amount} credits", name(from))
        }
        (None, _) => format!("you were given {amount} credits"),
        (Some(_), Some(to)) => format!("you paid {} {amount} credits", name(to)),
        (Some(_), None) => format!("you paid {amount} credits for VIP"),
    };
    let why = entry
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(" ({})", sanitize::line(why)));
    format!("-- {what}{why}; you have {balance} now")
}
