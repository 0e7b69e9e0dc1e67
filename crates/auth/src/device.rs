//! Device cookies (DECISIONS 16): what a device that signed in to an account keeps, to be told from those
//! that guess at its password. A cookie opens nothing; it is counted by itself. It is good as long as the password
//! by which it was earned: who knew an older one, and kept many, guesses at the new one like anybody else.

use data_encoding::BASE32_NOPAD;
use rand::{CryptoRng, RngCore};
use snug_proto::Secret;
use zeroize::Zeroizing;

use crate::{CredentialId, ServerKeys};

const PURPOSE: &str = "device";
const NUMBER: usize = 16;
const LENGTH: usize = NUMBER + 32;

/// A new cookie for a device that signed in to this account, whose password has this record. Nothing is kept of
/// it here.
pub fn new_device_cookie<R: RngCore + CryptoRng>(
    keys: &ServerKeys,
    id: CredentialId,
    record: &[u8],
    rng: &mut R,
) -> Secret {
    let mut number = [0; NUMBER];
    rng.fill_bytes(&mut number);
    let mut cookie = Zeroizing::new(number.to_vec());
    cookie.extend_from_slice(&keys.tag(PURPOSE, &[id.bytes(), record, &number]));
    let mut text = BASE32_NOPAD.encode(&cookie);
    text.make_ascii_lowercase();
    Secret::new(text)
}

/// The device that a cookie of this account names; `None` if it is another account's, of another password than that
/// of this record, or an invented one.
pub fn device_of(
    keys: &ServerKeys,
    id: CredentialId,
    record: &[u8],
    cookie: &str,
) -> Option<[u8; 16]> {
    let bytes = BASE32_NOPAD.decode(cookie.to_ascii_uppercase().as_bytes());
    let bytes = bytes.ok().filter(|bytes| bytes.len() == LENGTH)?;
    let (number, tag) = bytes.split_first_chunk::<NUMBER>()?;
    keys.tag_is(PURPOSE, &[id.bytes(), record, number], tag)
        .then_some(*number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;
    use snug_proto::AccountId;

    #[test]
    fn a_cookie_is_good_for_its_account_on_its_server_only() {
        let keys = ServerKeys::generate(&mut OsRng);
        let (ann, bob) = (
            CredentialId::from(AccountId::from_bytes([1; 16])),
            CredentialId::from(AccountId::from_bytes([2; 16])),
        );
        let cookie = new_device_cookie(&keys, ann, b"old", &mut OsRng);
        let device = device_of(&keys, ann, b"old", cookie.expose());
        assert!(device.is_some());
        let another = new_device_cookie(&keys, ann, b"old", &mut OsRng);
        assert_ne!(device, device_of(&keys, ann, b"old", another.expose()));
        assert_eq!(device_of(&keys, bob, b"old", cookie.expose()), None);
        assert_eq!(device_of(&keys, ann, b"new", cookie.expose()), None);
        let other = ServerKeys::generate(&mut OsRng);
        assert_eq!(device_of(&other, ann, b"old", cookie.expose()), None);
        let text = cookie.expose();
        let first = if text.starts_with('a') { 'b' } else { 'a' };
        let changed = format!("{first}{}", &text[1..]);
        for bad in ["", "a", &text[1..], &changed, &format!("{text}{text}"), "é"] {
            assert_eq!(device_of(&keys, ann, b"old", bad), None, "{bad}");
        }
    }
}
