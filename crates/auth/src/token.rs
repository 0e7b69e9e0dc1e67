//! Session and app tokens: 128 random bits as text, kept only as their SHA-256 (DECISIONS 14).

use data_encoding::BASE32_NOPAD;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use snug_proto::Secret;
use zeroize::Zeroizing;

/// A new token: 26 letters and digits, which an IRC client's password field takes too.
pub fn new_token<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    Secret::new(random_text(rng))
}

/// What is kept of a token, and what it is found by. With 128 random bits in it there is nothing to
/// guess at, so a fast hash without a key is enough.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// 128 random bits in lower-case base32.
pub(crate) fn random_text<R: RngCore + CryptoRng>(rng: &mut R) -> String {
    let mut bytes = Zeroizing::new([0_u8; 16]);
    rng.fill_bytes(&mut *bytes);
    let mut text = BASE32_NOPAD.encode(&*bytes);
    text.make_ascii_lowercase();
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    #[test]
    fn every_token_is_another_one_and_shows_itself_to_nobody() {
        let (one, two) = (new_token(&mut OsRng), new_token(&mut OsRng));
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 26);
        assert!(
            one.expose()
                .bytes()
                .all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
        );
        assert_ne!(token_hash(one.expose()), token_hash(two.expose()));
        assert_eq!(token_hash(one.expose()), token_hash(one.clone().expose()));
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
