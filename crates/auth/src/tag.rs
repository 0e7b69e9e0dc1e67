//! Room passwords and the shared access code: kept as HMAC under the server's key (DECISIONS 19), so
//! that the database alone gives nobody a way to guess at them, and checking one costs no Argon2.

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
}
