//! Masks as IRC writes them, and as the session has them: patterns of names (`IRCv3` account-extban).
//!
//! A host is the cloak of who has it, and tells people apart as the session knows it. The user part that
//! sources show does not: a mask that goes by it alone would fit everybody or nobody, and is refused. One that
//! names another user goes by what clients call theirs, as WHO shows it.

use crate::names;

/// What stands before a mask of account names, as EXTBAN and ACCOUNTEXTBAN say.
const ACCOUNT: &str = "~a:";
/// The same, as the session writes it.
const ACCOUNT_SAID: &str = "account:";

/// What stands before a mask that silences alone, as EXTBAN says.
const MUTE: &str = "~m:";
/// The same, as the session writes it.
const MUTE_SAID: &str = "mute:";

/// Reads a mask; `None` for one that tells people apart by the user that all sources show alike.
pub(crate) fn read(mask: &str) -> Option<String> {
    if let Some(whom) = mask.strip_prefix(MUTE) {
        return Some(format!("{MUTE_SAID}{}", read_whom(whom)?));
    }
    read_whom(mask)
}

fn read_whom(mask: &str) -> Option<String> {
    if let Some(name) = mask.strip_prefix(ACCOUNT) {
        return Some(format!("{ACCOUNT_SAID}{}", names::account(name)));
    }
    let (nick, rest) = match (mask.split_once('!'), mask.contains('@')) {
        (Some((nick, rest)), _) => (nick, rest),
        (None, true) => ("*", mask),
        (None, false) => (mask, "*@*"),
    };
    let or_any = |pattern| if str::is_empty(pattern) { "*" } else { pattern };
    let (user, host) = rest.split_once('@').unwrap_or((rest, "*"));
    let (nick, host) = (names::account(or_any(nick)), or_any(host));
    let any = |pattern: &str| pattern.chars().all(|c| c == '*');
    match (any(host), any(user) || user == names::user()) {
        (false, _) => Some(format!("{nick}@{host}")),
        (true, true) if !any(nick) || any(user) => Some(nick.to_owned()),
        (true, true) => None,
        // Servers that ask no identd put a tilde before it.
        (true, false) => Some(format!("{nick}!{}", user.trim_start_matches('~'))),
    }
}

/// A mask of the session's in IRC's words.
pub(crate) fn write(mask: &str) -> String {
    if let Some(whom) = mask.strip_prefix(MUTE_SAID) {
        return format!("{MUTE}{}", write(whom));
    }
    if let Some(name) = mask.strip_prefix(ACCOUNT_SAID) {
        return account(name);
    }
    let (rest, host) = mask.split_once('@').unwrap_or((mask, "*"));
    let (name, user) = rest.split_once('!').unwrap_or((rest, "*"));
    format!("{}!{user}@{host}", names::nick(name))
}

/// The mask of one account.
pub(crate) fn account(name: &str) -> String {
    format!("{ACCOUNT}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_read_as_a_pattern_of_names_and_written_again() {
        for (mask, said, written) in [
            ("bob!*@*", "bob", "bob!*@*"),
            ("bob", "bob", "bob!*@*"),
            ("b*b!*@", "b*b", "b*b!*@*"),
            ("*!u@abc.cloak", "*@abc.cloak", "*!*@abc.cloak"),
            ("*!~me@abc.cloak", "*@abc.cloak", "*!*@abc.cloak"),
            ("*@*.cloak", "*@*.cloak", "*!*@*.cloak"),
            ("bob!*@abc.cloak", "bob@abc.cloak", "bob!*@abc.cloak"),
            ("*!*@*", "*", "*!*@*"),
            ("_7up!*@*", "7up", "_7up!*@*"),
            ("~a:bob", "account:bob", "~a:bob"),
            ("*!~evan@*", "*!evan", "*!evan@*"),
            ("~m:bob!*@*", "mute:bob", "~m:bob!*@*"),
            ("~m:~a:bob", "mute:account:bob", "~m:~a:bob"),
        ] {
            let read = read(mask);
            assert_eq!(read.as_deref(), Some(said), "{mask}");
            assert_eq!(write(said), written);
        }
    }

    #[test]
    fn a_mask_that_would_fit_everybody_or_nobody_by_their_user_is_refused() {
        for mask in ["*!u@*", "u@*", "~m:*!u@*"] {
            assert_eq!(read(mask), None, "{mask}");
        }
    }
}
