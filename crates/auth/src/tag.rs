//! Room passwords, the shared access code and the addresses of an account: kept as HMAC under the
//! server's key (DECISIONS 15, 19), so that the database alone gives nobody a way to guess at them, and
//! checking one costs no Argon2.

use snug_proto::AccountId;
use unicode_normalization::UnicodeNormalization;

use crate::ServerKeys;

const PURPOSE: &str = "password";

/// What is kept of a password that belongs to this context (a room's id, say). Another context's tag of
/// the same password is another one.
pub fn password_tag(keys: &ServerKeys, context: &[u8], password: &str) -> [u8; 32] {
    let password: String = password.nfc().collect();
    keys.tag(PURPOSE, &[context, password.as_bytes()])
}

/// Is this the password that the tag was made of, in this context? Compared in constant time.
pub fn verify_tag(keys: &ServerKeys, context: &[u8], password: &str, tag: &[u8; 32]) -> bool {
    let password: String = password.nfc().collect();
    keys.tag_is(PURPOSE, &[context, password.as_bytes()], tag)
}

/// What is kept of an address that an account signed in from: the same for the same account and address,
/// and nothing that two accounts could be compared by. `address` is what of it counts.
pub fn address_tag(keys: &ServerKeys, account: &AccountId, address: &[u8]) -> [u8; 16] {
    short(&keys.tag("known address", &[account.bytes(), address]))
}

/// The first bytes of a tag.
pub(crate) fn short<const N: usize>(tag: &[u8; 32]) -> [u8; N] {
    let mut short = [0; N];
    for (to, from) in short.iter_mut().zip(tag) {
        *to = *from;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    #[test]
    fn a_tag_holds_for_its_password_in_its_room_on_its_server_only() {
        let keys = ServerKeys::generate(&mut OsRng);
        let tag = password_tag(&keys, b"room", "caf\u{e9}");
        assert!(verify_tag(&keys, b"room", "cafe\u{301}", &tag));
        assert!(!verify_tag(&keys, b"room", "cafe", &tag));
        assert!(!verify_tag(&keys, b"room", "", &tag));
        assert!(!verify_tag(&keys, b"den", "caf\u{e9}", &tag));
        let other = ServerKeys::generate(&mut OsRng);
        assert!(!verify_tag(&other, b"room", "caf\u{e9}", &tag));
    }

    #[test]
    fn an_address_has_another_tag_for_each_account_and_each_server() {
        let keys = ServerKeys::generate(&mut OsRng);
        let (ann, bob) = (
            AccountId::from_bytes([1; 16]),
            AccountId::from_bytes([2; 16]),
        );
        let tag = address_tag(&keys, &ann, &[10, 0, 0]);
        assert_eq!(tag, address_tag(&keys, &ann, &[10, 0, 0]));
        assert_ne!(tag, address_tag(&keys, &ann, &[10, 0, 1]));
        assert_ne!(tag, address_tag(&keys, &bob, &[10, 0, 0]));
        let other = ServerKeys::generate(&mut OsRng);
        assert_ne!(tag, address_tag(&other, &ann, &[10, 0, 0]));
    }
}
