//! What accounts and rooms are called on IRC, and back (DECISIONS 1, 2, 31).

use std::borrow::Cow;

use snug_proto::{AccountId, PASSING_PREFIX, RoomRef, Subject, folded_name, same_name};

/// The letter before a room's name.
pub(crate) const CHANNEL_PREFIX: char = '#';

/// The user part of every source. One for all: long names then leave room for words in 512 bytes.
const USER: &str = "u";

/// An account's name as a nick: a first digit gets a `_` before it, since no nick may begin with one.
pub(crate) fn nick(name: &str) -> Cow<'_, str> {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        Cow::Owned(format!("_{name}"))
    } else {
        Cow::Borrowed(name)
    }
}

/// The account's name behind a nick. No name begins with `_` and a digit, so this loses nothing.
pub(crate) fn account(nick: &str) -> &str {
    match nick.strip_prefix('_') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => nick,
    }
}

/// Is this what the session calls those whose account is no more, and guests who went? No name holds a `~`.
pub(crate) fn is_gone(name: &str) -> bool {
    name.contains('~')
}

/// A room's name as a channel: that of one that passes has its own sign already.
pub(crate) fn channel(room: &str) -> String {
    if room.starts_with(PASSING_PREFIX) {
        return room.to_owned();
    }
    format!("{CHANNEL_PREFIX}{room}")
}

/// The room's name behind a channel's; `None` if this names no channel at all, or something that a
/// request would take for an id or a direct conversation.
pub(crate) fn room(channel: &str) -> Option<&str> {
    let bare = channel.strip_prefix(PASSING_PREFIX);
    // `&#den` is for the founder of `#den` (STATUSMSG).
    let passing = bare.filter(|bare| !bare.starts_with([CHANNEL_PREFIX, PASSING_PREFIX]));
    let passing = passing.map(|_| channel);
    // `#&den` is no other spelling of `&den`.
    let lasting = channel.strip_prefix(CHANNEL_PREFIX);
    let lasting = lasting.filter(|room| !room.starts_with(['@', PASSING_PREFIX]));
    passing.or(lasting).filter(|room| !room.contains(':'))
}

/// The room that a channel's name names; none if it names no channel at all.
pub(crate) fn room_ref(channel: &str) -> Option<RoomRef> {
    let room = room(channel).filter(|room| !room.is_empty())?;
    Some(RoomRef::Name(room.to_owned()))
}

/// A room's name as the session would fold it; as it is where it cannot be a name.
pub(crate) fn fold_room(name: &str) -> String {
    folded_name(name).into_owned()
}

/// An account's name as the session would fold it; as it is where it cannot be a name.
pub(crate) fn fold_account(name: &str) -> String {
    folded_name(name).into_owned()
}

/// Is this nick, however it is written, the account of that name?
pub(crate) fn is_account(nick: &str, name: &str) -> bool {
    same_name(account(nick), name)
}

/// `nick!user@host` of an account.
pub(crate) fn source(name: &str, account: &AccountId) -> String {
    let (nick, cloak) = (nick(name), account.cloak());
    format!("{nick}!{USER}@{cloak}")
}

/// Somebody's nick, and their account's name where that is another.
pub(crate) fn whole(subject: &Subject) -> String {
    match &subject.worn {
        Some(worn) => format!("{} ({})", nick(worn), subject.name),
        None => nick(&subject.name).into_owned(),
    }
}

/// The user part, where a reply has it as a parameter of its own.
pub(crate) const fn user() -> &'static str {
    USER
}

/// Can this stand for a client until it has signed in and gets its account's name? Bounded, one
/// word, and nothing that a mask, a channel or a prefix could be taken for.
pub(crate) fn may_be_nick(text: &str) -> bool {
    text.len() <= 64
        && !text.starts_with(['#', '&', '@', '+', '~', '%', ':', '$', '-'])
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "!@,*?".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_with_a_digit_survives_being_a_nick() {
        for name in ["ann", "7up", "_x", "1"] {
            assert_eq!(account(&nick(name)), name);
        }
        assert_eq!(nick("7up"), "_7up");
    }

    #[test]
    fn a_room_has_one_channel_and_a_channel_one_room() {
        for (name, called) in [("den", "#den"), ("&den", "&den")] {
            assert_eq!(channel(name), called);
            assert_eq!(room(called), Some(name));
        }
        for none in ["den", "#&den", "#@ann", "&r:x", "@#den", "&#den", "&&den"] {
            assert_eq!(room(none), None, "{none}");
        }
    }
}
