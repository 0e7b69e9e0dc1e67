//! The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding. IRC clients speak it.
//!
//! What is kept of a password here costs who steals the database far less to guess at than OPAQUE's
//! record does: it is made only for who asks for it.

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{OpaqueError, ServerKeys, password::prepared};

/// Rounds of PBKDF2. RFC 7677 §4 asks for 4,096 at least; the client pays.
pub const SCRAM_ITERATIONS: u32 = 15_000;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 18;
/// A client's nonce is at most so long: it comes back in three messages.
const MAX_NONCE_BYTES: usize = 256;

/// What is kept of a password for SCRAM (RFC 5802 §3).
#[derive(Clone, PartialEq, Eq)]
pub struct ScramVerifier {
    /// Random, for this account alone.
    pub salt: [u8; SALT_BYTES],
    /// Rounds of PBKDF2.
    pub iterations: u32,
    /// What the client's proof is checked against.
    pub stored_key: [u8; 32],
    /// What the server proves itself by.
    pub server_key: [u8; 32],
}

/// A message is not one of SCRAM, or asks for what there is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is no message of SCRAM-SHA-256")]
pub struct NotScram;

/// The client's first message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScramFirst {
    /// Who wants to sign in.
    pub name: String,
    header: String,
    bare: String,
    nonce: String,
}

/// An exchange of which the server's first message was said.
#[derive(Clone)]
pub struct ScramExchange {
    verifier: ScramVerifier,
    header: String,
    nonce: String,
    /// Both first messages, as the proofs are made of them.
    spoken: String,
}

impl ScramVerifier {
    /// The verifier of a password: as much work as its client's.
    pub fn of<R: RngCore + CryptoRng>(password: &str, rng: &mut R) -> Result<Self, OpaqueError> {
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        Self::with_salt(password, salt, SCRAM_ITERATIONS)
    }

    /// What stands in for the verifier of a name that has none: always the same, so that nobody can tell.
    pub fn of_nobody(keys: &ServerKeys, id: &[u8]) -> Self {
        let tag = |what| keys.tag(what, &[id]);
        let mut salt = [0; SALT_BYTES];
        for (to, from) in salt.iter_mut().zip(tag("scram salt")) {
            *to = from;
        }
        Self {
            salt,
            iterations: SCRAM_ITERATIONS,
            stored_key: tag("scram stored key"),
            server_key: tag("scram server key"),
        }
    }

    fn with_salt(
        password: &str,
        salt: [u8; SALT_BYTES],
        iterations: u32,
    ) -> Result<Self, OpaqueError> {
        let salted = salted(&prepared(password)?, &salt, iterations);
        let client_key = Zeroizing::new(tag(&*salted, &[b"Client Key"]));
        Ok(Self {
            salt,
            iterations,
            stored_key: Sha256::digest(*client_key).into(),
            server_key: tag(&*salted, &[b"Server Key"]),
        })
    }
}

impl ScramFirst {
    /// Reads the client's first message (RFC 5802 §7, `client-first-message`).
    pub fn parse(message: &str) -> Result<Self, NotScram> {
        let mut parts = message.splitn(3, ',');
        let (binding, acting_as) = (parts.next(), parts.next());
        let (Some("n" | "y"), Some(acting_as), Some(bare)) = (binding, acting_as, parts.next())
        else {
            return Err(NotScram);
        };
        let mut attributes = bare.split(',');
        let name = attributes.next().and_then(|part| part.strip_prefix("n="));
        let nonce = attributes.next().and_then(|part| part.strip_prefix("r="));
        let (Some(name), Some(nonce)) = (name, nonce) else {
            return Err(NotScram);
        };
        let name = unescaped(name)?;
        // Nobody acts for another here.
        let acts_for_itself = acting_as.is_empty()
            || acting_as
                .strip_prefix("a=")
                .is_some_and(|of| unescaped(of).as_ref() == Ok(&name));
        let printable = nonce.bytes().all(|byte| matches!(byte, 0x21..=0x7e));
        let fits = (1..=MAX_NONCE_BYTES).contains(&nonce.len()) && printable;
        if name.is_empty() || !acts_for_itself || !fits {
            return Err(NotScram);
        }
        let header = message.len().saturating_sub(bare.len());
        Ok(Self {
            name,
            header: message.get(..header).unwrap_or_default().to_owned(),
            nonce: nonce.to_owned(),
            bare: bare.to_owned(),
        })
    }

    /// Answers it: the exchange so far, and the server's first message.
    pub fn answer<R: RngCore + CryptoRng>(
        self,
        verifier: ScramVerifier,
        rng: &mut R,
    ) -> (ScramExchange, String) {
        let mut own = [0; NONCE_BYTES];
        rng.fill_bytes(&mut own);
        let nonce = format!("{}{}", self.nonce, BASE64.encode(&own));
        self.answer_with(verifier, nonce)
    }

    fn answer_with(self, verifier: ScramVerifier, nonce: String) -> (ScramExchange, String) {
        let salt = BASE64.encode(&verifier.salt);
        let answer = format!("r={nonce},s={salt},i={}", verifier.iterations);
        let exchange = ScramExchange {
            verifier,
            header: self.header,
            nonce,
            spoken: format!("{},{answer}", self.bare),
        };
        (exchange, answer)
    }
}

impl ScramExchange {
    /// Checks the client's final message. `Ok(Some)` is the server's final message to one who knows the
    /// password; `Ok(None)` is everybody else.
    pub fn finish(&self, message: &str) -> Result<Option<String>, NotScram> {
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(NotScram)?;
        let mut attributes = without_proof.split(',');
        let binding = attributes.next().and_then(|part| part.strip_prefix("c="));
        let nonce = attributes.next().and_then(|part| part.strip_prefix("r="));
        let proof = BASE64.decode(proof.as_bytes()).map_err(|_| NotScram)?;
        let proof: [u8; 32] = proof.try_into().map_err(|_| NotScram)?;
        let header = BASE64.encode(self.header.as_bytes());
        if binding != Some(&*header) || nonce != Some(&*self.nonce) {
            return Err(NotScram);
        }
        let spoken = [self.spoken.as_bytes(), b",", without_proof.as_bytes()];
        let mut client_key = Zeroizing::new(tag(&self.verifier.stored_key, &spoken));
        for (byte, proved) in client_key.iter_mut().zip(proof) {
            *byte ^= proved;
        }
        let stored: [u8; 32] = Sha256::digest(*client_key).into();
        let right = bool::from(stored.ct_eq(&self.verifier.stored_key));
        let own = tag(&self.verifier.server_key, &spoken);
        Ok(right.then(|| format!("v={}", BASE64.encode(&own))))
    }
}

/// `Hi` of RFC 5802 §2.2: PBKDF2 (RFC 8018 §5.2) with HMAC-SHA-256, of which one block is wanted.
fn salted(password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<[u8; 32]> {
    let mac = keyed(password);
    let mut round = mac.clone();
    round.update(salt);
    round.update(&1_u32.to_be_bytes());
    let mut last: [u8; 32] = round.finalize().into_bytes().into();
    let mut salted = Zeroizing::new(last);
    for _ in 1..iterations {
        let mut round = mac.clone();
        round.update(&last);
        last = round.finalize().into_bytes().into();
        for (sum, byte) in salted.iter_mut().zip(last) {
            *sum ^= byte;
        }
    }
    salted
}

fn tag(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// HMAC under a key of any length: longer ones than a block are hashed first (RFC 2104 §2).
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0_u8; 64]);
    let hashed;
    let key = if key.len() > block.len() {
        hashed = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(key)));
        &hashed[..]
    } else {
        key
    };
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    <Hmac<Sha256> as Mac>::new((&*block).into())
}

/// A `saslname`: `=2C` is a comma and `=3D` an equals sign, no other `=` may be in it (RFC 5802 §5.1).
fn unescaped(name: &str) -> Result<String, NotScram> {
    let mut parts = name.split('=');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (sign, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (_, Some(rest)) => ('=', rest),
            _ => return Err(NotScram),
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    Ok(plain)
}

impl std::fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramVerifier(…)")
    }
}

impl std::fmt::Debug for ScramExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScramExchange(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

    /// The exchange of RFC 7677 §3, for a password.
    fn published(password: &str) -> (ScramExchange, String) {
        let salt = BASE64.decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salt = salt.try_into().unwrap();
        let verifier = ScramVerifier::with_salt(password, salt, 4096).unwrap();
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let first = ScramFirst::parse(FIRST).unwrap();
        assert_eq!(first.name, "user");
        first.answer_with(verifier, nonce.to_owned())
    }

    #[test]
    fn the_published_exchange_comes_out_as_published() {
        let (exchange, answer) = published("pencil");
        assert_eq!(
            answer,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        );
        let answer = exchange.finish(FINAL).unwrap();
        assert_eq!(
            answer.as_deref(),
            Some("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        );
    }

    #[test]
    fn another_password_is_wrong_and_another_nonce_or_header_is_no_message() {
        let (exchange, _) = published("pencils");
        assert_eq!(exchange.finish(FINAL), Ok(None));
        let (exchange, _) = published("pencil");
        for bad in [
            FINAL.replace("NEkqO%", "NEkqO&"),
            FINAL.replace("c=biws", "c=eSws"),
            FINAL.replace(",p=dHz", ",p=d!z"),
            FINAL.replace("AndVQ=", "AndVQ"),
            FINAL.split(",p=").next().unwrap().to_owned(),
            String::new(),
        ] {
            assert_eq!(exchange.finish(&bad), Err(NotScram), "{bad}");
        }
    }

    #[test]
    fn first_messages_are_read_and_what_is_not_for_this_server_is_refused() {
        let name = |message: &str| ScramFirst::parse(message).map(|first| first.name);
        assert_eq!(name("y,,n=a=2Cb=3Dc,r=x"), Ok("a,b=c".to_owned()));
        assert_eq!(name("n,a=ann,n=ann,r=x,m=1"), Ok("ann".to_owned()));
        for bad in [
            "p=tls-unique,,n=ann,r=x",
            "n,a=bob,n=ann,r=x",
            "n,,n=a=b,r=x",
            "n,,n=,r=x",
            "n,,n=ann,r=",
            "n,,n=ann,r=a b",
            "n,,m=1,n=ann,r=x",
            "n,,n=ann",
            "n",
            "",
            &format!("n,,n=ann,r={}", "x".repeat(MAX_NONCE_BYTES + 1)),
        ] {
            assert_eq!(name(bad), Err(NotScram), "{bad}");
        }
    }

    #[test]
    fn a_name_without_a_verifier_has_a_salt_of_its_own_that_stays_and_lets_nobody_in() {
        let keys = ServerKeys::generate(&mut OsRng);
        let nobody = |name: &str| ScramVerifier::of_nobody(&keys, name.as_bytes());
        assert_eq!(nobody("ann").salt, nobody("ann").salt);
        assert_ne!(nobody("ann").salt, nobody("bob").salt);
        assert_eq!(nobody("ann").iterations, SCRAM_ITERATIONS);
        let other = ServerKeys::generate(&mut OsRng);
        assert_ne!(
            nobody("ann").salt,
            ScramVerifier::of_nobody(&other, b"ann").salt
        );
        let made = ScramVerifier::of("pencil", &mut OsRng).unwrap();
        assert_ne!(
            made.salt,
            ScramVerifier::of("pencil", &mut OsRng).unwrap().salt
        );
        assert!(!format!("{made:?}").contains(&made.iterations.to_string()));
    }
}
