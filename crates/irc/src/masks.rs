//! Masks as IRC writes them, and as the session has them: patterns of names (`IRCv3` account-extban).
//!
//! Nobody's address is shown, so all sources have the same user and host. A mask that tells people apart
//! by these would fit everybody or nobody, and is refused.

use crate::names;

/// What stands before a mask of account names, as EXTBAN and ACCOUNTEXTBAN say.
const ACCOUNT: &str = "~a:";
/// The same, as the session writes it.
const ACCOUNT_SAID: &str = "account:";

/// Reads a mask; `None` for one that tells people apart by user or host.
pub(crate) fn read(mask: &str, host: &str) -> Option<String> {
    if let Some(name) = mask.strip_prefix(ACCOUNT) {
        return Some(format!("{ACCOUNT_SAID}{}", names::account(name)));
    }
    let (nick, rest) = match (mask.split_once('!'), mask.contains('@')) {
        (Some((nick, rest)), _) => (nick, rest),
        (None, true) => ("*", mask),
        (None, false) => (mask, "*@*"),
    };
    let nick = if nick.is_empty() { "*" } else { nick };
    let (user, at) = rest.split_once('@').unwrap_or((rest, "*"));
    let any = |pattern: &str| pattern.chars().all(|c| c == '*');
    let own = |pattern: &str, text: &str| pattern.eq_ignore_ascii_case(text);
    let everybody = (any(user) || own(user, names::user())) && (any(at) || own(at, host));
    let named = !any(nick) || (any(user) && any(at));
    (everybody && named).then(|| names::account(nick).to_owned())
}

/// A mask of the session's in IRC's words.
pub(crate) fn write(mask: &str) -> String {
    match mask.strip_prefix(ACCOUNT_SAID) {
        Some(name) => account(name),
        None => format!("{}!*@*", names::nick(mask)),
    }
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
            ("b*b!*@snug.test", "b*b", "b*b!*@*"),
            ("*!*@*", "*", "*!*@*"),
            ("_7up!*@*", "7up", "_7up!*@*"),
            ("~a:bob", "account:bob", "~a:bob"),
        ] {
            let read = read(mask, "snug.test");
            assert_eq!(read.as_deref(), Some(said), "{mask}");
            assert_eq!(write(said), written);
        }
    }

    #[test]
    fn a_mask_that_would_fit_everybody_or_nobody_by_their_host_is_refused() {
        for mask in [
            "*!*@snug.test",
            "*!u@*",
            "*@snug.test",
            "*!*@1.2.3.4",
            "bob!x@*",
        ] {
            assert_eq!(read(mask, "snug.test"), None, "{mask}");
        }
    }
}
