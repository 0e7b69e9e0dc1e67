//! The second factor (A7): time-based one-time passwords (RFC 6238) and recovery codes.
//!
//! An app's secret is made of the server's key and of what the database keeps, so that the database alone
//! makes no codes.

use data_encoding::{BASE32_NOPAD, HEXUPPER};
use rand::{CryptoRng, RngCore};
use snug_proto::{AccountId, Secret, Timestamp};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};
use zeroize::Zeroizing;

use crate::{ServerKeys, tag::short};

/// What authenticator apps take for granted: RFC 6238 with SHA-1, six digits, half a minute.
const DIGITS: usize = 6;
const STEP_S: u64 = 30;
/// RFC 4226 §4 R6: as long as the hash's output.
const SECRET_BYTES: usize = 20;
/// How far a clock may be off: one step either way (RFC 6238 §5.2).
const SKEW: u64 = 1;

/// What an authenticator app shares with the server for one account. `Debug` shows nothing of it.
pub struct AppSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl std::fmt::Debug for AppSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AppSecret(…)")
    }
}

impl AppSecret {
    /// The secret of this account that belongs to this salt.
    pub fn of(keys: &ServerKeys, account: &AccountId, salt: &[u8; 16]) -> Self {
        let tag = Zeroizing::new(keys.tag("second factor", &[account.bytes(), salt]));
        Self(Zeroizing::new(short(&tag)))
    }

    /// As people type it: base32.
    pub fn text(&self) -> Secret {
        Secret::new(BASE32_NOPAD.encode(&*self.0))
    }

    /// As a link that apps read from a QR code (the key URI format that authenticator apps share).
    pub fn link(&self, server: &str, name: &str) -> Secret {
        let (server, name) = (escaped(server), escaped(name));
        let secret = self.text();
        Secret::new(format!(
            "otpauth://totp/{server}:{name}?secret={}&issuer={server}",
            secret.expose()
        ))
    }

    /// Which step of time these digits belong to, if they are right now or were a moment ago. Apps show them
    /// in groups: white space does not count.
    pub fn step_of(&self, digits: &str, now: Timestamp) -> Option<u64> {
        let mut plain = Zeroizing::new(String::with_capacity(digits.len()));
        plain.extend(digits.split_whitespace());
        let now = now.ms() / 1000 / STEP_S;
        let app = TOTP::new_unchecked(Algorithm::SHA1, DIGITS, 0, STEP_S, self.0.to_vec());
        let mut found = None;
        // All of them, however soon one fits.
        for step in now.saturating_sub(SKEW)..=now + SKEW {
            let right = Zeroizing::new(app.generate(step * STEP_S));
            if bool::from(right.as_bytes().ct_eq(plain.as_bytes())) {
                found = Some(step);
            }
        }
        found
    }
}

/// A new recovery code: 80 random bits, in four groups of letters and digits.
pub fn new_recovery_code<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    let mut bytes = Zeroizing::new([0_u8; 10]);
    rng.fill_bytes(&mut *bytes);
    let text = Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_ascii_lowercase());
    let (a, rest) = text.split_at(4);
    let (b, rest) = rest.split_at(4);
    let (c, d) = rest.split_at(4);
    Secret::new(format!("{a}-{b}-{c}-{d}"))
}

/// What is kept of a recovery code: nothing that can be guessed at without the server's key. Letters count
/// in either case, and what stands between the groups does not.
pub fn recovery_tag(keys: &ServerKeys, account: &AccountId, code: &str) -> [u8; 32] {
    let mut plain = Zeroizing::new(String::with_capacity(code.len()));
    plain.extend(
        code.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase()),
    );
    keys.tag("recovery code", &[account.bytes(), plain.as_bytes()])
}

/// Percent-encoding of all but letters, digits, `-`, `.`, `_` and `~` (RFC 3986 §2.3).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&HEXUPPER.encode(&[byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use rand::rngs::OsRng;

    use super::*;

    /// RFC 6238, appendix B, with SHA-1; its eight digits end with these six.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = AppSecret(Zeroizing::new(*b"12345678901234567890"));
        for (seconds, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let at = Timestamp::from_ms(seconds * 1000);
            assert_eq!(secret.step_of(digits, at), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_step_either_way_and_no_longer() {
        let secret = AppSecret(Zeroizing::new(*b"12345678901234567890"));
        let at = |seconds: u64| Timestamp::from_ms(seconds * 1000);
        // Of the step that begins at 30 s.
        assert_eq!(secret.step_of("287082", at(0)), Some(1));
        assert_eq!(secret.step_of("287082", at(89)), Some(1));
        assert_eq!(secret.step_of("287082", at(90)), None);
        assert_eq!(secret.step_of("287083", at(59)), None);
        assert_eq!(secret.step_of("287 082 ", at(59)), Some(1));
        assert_eq!(secret.step_of("28708", at(59)), None);
        assert_eq!(secret.step_of("", at(59)), None);
        assert_eq!(secret.step_of("٢٨٧٠٨٢", at(59)), None);
    }

    #[test]
    fn every_account_and_salt_and_server_has_a_secret_of_its_own() {
        let (keys, other) = (
            ServerKeys::generate(&mut OsRng),
            ServerKeys::generate(&mut OsRng),
        );
        let (ann, bob) = (
            AccountId::from_bytes([1; 16]),
            AccountId::from_bytes([2; 16]),
        );
        let of = |keys: &ServerKeys, who: &AccountId, salt| AppSecret::of(keys, who, &salt).text();
        let secret = of(&keys, &ann, [3; 16]);
        assert_eq!(secret.expose().len(), 32);
        assert_eq!(secret, of(&keys, &ann, [3; 16]));
        assert_ne!(secret, of(&keys, &ann, [4; 16]));
        assert_ne!(secret, of(&keys, &bob, [3; 16]));
        assert_ne!(secret, of(&other, &ann, [3; 16]));
        let link = AppSecret::of(&keys, &ann, &[3; 16]).link("Our place", "ann");
        let wanted = format!(
            "otpauth://totp/Our%20place:ann?secret={}&issuer=Our%20place",
            secret.expose()
        );
        assert_eq!(link.expose(), wanted);
    }

    #[test]
    fn a_recovery_code_is_known_again_however_it_is_typed() {
        let keys = ServerKeys::generate(&mut OsRng);
        let ann = AccountId::from_bytes([1; 16]);
        let code = new_recovery_code(&mut OsRng);
        assert_eq!(code.expose().len(), 19);
        let tag = recovery_tag(&keys, &ann, code.expose());
        let shouted = code.expose().to_uppercase().replace('-', " ");
        assert_eq!(tag, recovery_tag(&keys, &ann, &shouted));
        assert_ne!(
            tag,
            recovery_tag(&keys, &AccountId::from_bytes([2; 16]), code.expose())
        );
        assert_ne!(
            tag,
            recovery_tag(&keys, &ann, new_recovery_code(&mut OsRng).expose())
        );
    }
}
