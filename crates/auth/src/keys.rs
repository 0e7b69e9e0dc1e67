//! The server's own secrets: what OPAQUE needs to know it by, and one key for every keyed tag.
//!
//! They belong in a file of their own, outside the database (mode 0600): a stolen database alone then
//! gives nobody a way to guess at passwords. A server that loses them loses every registration.

use std::fmt;

use hmac::{Hmac, Mac};
use opaque_ke::ServerSetup;
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Record, suite::Suite};

/// The first byte of the file: what follows, and in which order.
const VERSION: u8 = 1;
const TAG_KEY: usize = 32;
const SETUP: usize = 128;
const CHECKSUM: usize = 8;
const LENGTH: usize = 1 + TAG_KEY + SETUP + CHECKSUM;

/// The server's secrets. `Debug` shows nothing of them; their memory is wiped when they are dropped.
pub struct ServerKeys {
    /// The OPRF seed and the key pair of RFC 9807.
    pub(crate) setup: ServerSetup<Suite>,
    /// Read, and thrown away, where there is no account: see [`crate::sign_in_start`].
    pub(crate) decoy: Record,
    tag_key: Zeroizing<[u8; TAG_KEY]>,
}

/// The bytes are not the secrets of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// A newer version wrote them, or they are something else.
    #[error("the server's keys are of version {0}, which this program does not know (it knows 1)")]
    Version(u8),
    /// Cut off, or longer than they should be.
    #[error("the server's keys are {0} bytes long, not {LENGTH}: restore them from a backup")]
    Length(usize),
    /// A byte of them has changed.
    #[error("the server's keys are damaged: restore them from a backup")]
    Damaged,
}

impl ServerKeys {
    /// New secrets, for a new server.
    pub fn generate<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut tag_key = Zeroizing::new([0; TAG_KEY]);
        rng.fill_bytes(&mut *tag_key);
        Self::new(ServerSetup::new(rng), tag_key)
    }

    /// The secrets that [`Self::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeysError> {
        match bytes.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(KeysError::Version(other)),
            None => return Err(KeysError::Length(0)),
        }
        let wrong_length = KeysError::Length(bytes.len());
        let bytes: &[u8; LENGTH] = bytes.try_into().map_err(|_| wrong_length)?;
        let (kept, checksum) = bytes.split_at(LENGTH - CHECKSUM);
        if checksum != checksum_of(kept) {
            return Err(KeysError::Damaged);
        }
        let (tag_key, setup) = kept
            .get(1..)
            .and_then(|rest| rest.split_at_checked(TAG_KEY))
            .ok_or(wrong_length)?;
        let tag_key = tag_key.try_into().map_err(|_| wrong_length)?;
        let setup = ServerSetup::deserialize(setup).map_err(|_| KeysError::Damaged)?;
        Ok(Self::new(setup, Zeroizing::new(tag_key)))
    }

    /// The secrets as they are kept: a version, the keys, and a checksum against damage.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH));
        bytes.push(VERSION);
        bytes.extend_from_slice(&*self.tag_key);
        bytes.extend_from_slice(&Zeroizing::new(self.setup.serialize()));
        let checksum = checksum_of(&bytes);
        bytes.extend_from_slice(&checksum);
        bytes
    }

    /// HMAC-SHA-256 under the server's key: of a purpose, and of parts that cannot be shifted into one another.
    pub(crate) fn tag(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(purpose, parts).finalize().into_bytes().into()
    }

    /// Does [`Self::tag`] of these make this tag? Compared in constant time.
    pub(crate) fn tag_is(&self, purpose: &str, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac(purpose, parts).verify_slice(tag).is_ok()
    }

    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
        // A 32-byte key becomes one block, which is what `new` wants: no length of key is refused.
        let mut block = Zeroizing::new([0_u8; 64]);
        for (to, from) in block.iter_mut().zip(self.tag_key.iter()) {
            *to = *from;
        }
        let mut mac = <Hmac<Sha256> as Mac>::new((&*block).into());
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }

    fn new(setup: ServerSetup<Suite>, tag_key: Zeroizing<[u8; TAG_KEY]>) -> Self {
        let decoy = Record::decoy(setup.keypair().public());
        Self {
            setup,
            decoy,
            tag_key,
        }
    }
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKeys(…)")
    }
}

fn checksum_of(kept: &[u8]) -> [u8; CHECKSUM] {
    let mut checksum = [0; CHECKSUM];
    for (to, from) in checksum.iter_mut().zip(Sha256::digest(kept)) {
        *to = from;
    }
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    #[test]
    fn keys_come_back_from_their_bytes_as_they_were() {
        let keys = ServerKeys::generate(&mut OsRng);
        let bytes = keys.to_bytes();
        assert_eq!(bytes.len(), LENGTH);
        let again = ServerKeys::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!(again.tag("a", &[b"b"]), keys.tag("a", &[b"b"]));
    }

    #[test]
    fn damaged_cut_or_newer_keys_are_refused_and_say_why() {
        let bytes = ServerKeys::generate(&mut OsRng).to_bytes().to_vec();
        let error = |bytes: &[u8]| ServerKeys::from_bytes(bytes).unwrap_err();
        assert_eq!(error(&[]), KeysError::Length(0));
        assert_eq!(error(&bytes[..100]), KeysError::Length(100));
        assert_eq!(
            error(&[&bytes[..], &[0]].concat()),
            KeysError::Length(LENGTH + 1)
        );
        for at in 1..LENGTH {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(error(&damaged), KeysError::Damaged, "at {at}");
        }
        let mut newer = bytes;
        newer[0] = 2;
        assert_eq!(error(&newer), KeysError::Version(2));
        assert!(error(&newer).to_string().contains("version 2"));
    }

    #[test]
    fn a_tag_depends_on_its_purpose_and_on_where_its_parts_end() {
        let keys = ServerKeys::generate(&mut OsRng);
        let tag = keys.tag("p", &[b"ab", b"c"]);
        assert!(keys.tag_is("p", &[b"ab", b"c"], &tag));
        for (purpose, parts) in [
            ("q", [&b"ab"[..], b"c"]),
            ("p", [b"a", b"bc"]),
            ("p", [b"abc", b""]),
        ] {
            assert_ne!(keys.tag(purpose, &parts), tag);
            assert!(!keys.tag_is(purpose, &parts, &tag));
        }
        assert!(!keys.tag_is("p", &[b"ab", b"c"], &tag[..31]));
        assert_ne!(
            ServerKeys::generate(&mut OsRng).tag("p", &[b"ab", b"c"]),
            tag
        );
    }

    #[test]
    fn keys_never_show_themselves() {
        let keys = ServerKeys::generate(&mut OsRng);
        assert_eq!(format!("{keys:?}"), "ServerKeys(…)");
    }
}
