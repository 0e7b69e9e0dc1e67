//! What a password is before it is hashed: bounded, and the same bytes however it was typed.

use snug_proto::{
    ErrorCode, Refusal,
    limits::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARS},
    same_name,
};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::OpaqueError;

/// May the account of this name have this password? It has so many characters at least, and where that is no less
/// than a person's password has, it is not the name, in whatever case: whoever guesses tries that first.
pub fn may_be_password(password: &str, name: &str, min_chars: usize) -> Result<(), Refusal> {
    if password.chars().count() < min_chars || password.len() > MAX_PASSWORD_BYTES {
        return Err(ErrorCode::BadPassword.into());
    }
    if min_chars >= MIN_PASSWORD_CHARS && same_name(password.trim(), name) {
        let text = "A password must not be the name of its account.";
        return Err(Refusal::with_text(ErrorCode::BadPassword, text));
    }
    Ok(())
}

/// The password in NFC (RFC 8265 §4.2.2, rule 4), so that an é typed on one machine is the é of another.
/// Its length is checked before any work is done for it; how short it may be is the rules' business.
pub(crate) fn prepared(password: &str) -> Result<Zeroizing<Vec<u8>>, OpaqueError> {
    if password.is_empty() || password.len() > MAX_PASSWORD_BYTES {
        return Err(OpaqueError::BadPassword);
    }
    // NFC of UTF-8 grows to at most three times its bytes: no growing buffer leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(password.len() * 3));
    text.extend(password.nfc());
    Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_whether_its_accents_are_composed_or_not() {
        assert_eq!(prepared("caf\u{e9}"), prepared("cafe\u{301}"));
        assert_ne!(prepared("cafe"), prepared("caf\u{e9}"));
        assert_ne!(prepared("a "), prepared("a"));
    }

    #[test]
    fn a_password_is_long_enough_and_not_the_name() {
        let may = |password| may_be_password(password, "Katharina", MIN_PASSWORD_CHARS).is_ok();
        assert!(may("katharina7") && may("a longer one"));
        for weak in ["short", "katharina", "Katharina", "KATHARINA", " katharina"] {
            assert!(!may(weak), "{weak}");
        }
        // A rig that takes any password takes this one.
        assert!(may_be_password("ann", "ann", 1).is_ok());
    }

    #[test]
    fn a_password_is_neither_empty_nor_endless() {
        assert_eq!(prepared(""), Err(OpaqueError::BadPassword));
        assert!(prepared(&"a".repeat(MAX_PASSWORD_BYTES)).is_ok());
        assert_eq!(
            prepared(&"a".repeat(MAX_PASSWORD_BYTES + 1)),
            Err(OpaqueError::BadPassword)
        );
    }
}
