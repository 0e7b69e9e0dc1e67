//! The server's identity: a self-signed leaf, made once, pinned by its fingerprint in the join link
//! (DESIGN "Sign-in and secrecy").

use std::{
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use data_encoding::BASE32_NOPAD;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use sha2::{Digest, Sha256};
use snug_proto::Timestamp;

use crate::write_private;

const DAY: Duration = Duration::from_hours(24);
/// How long a new identity is good: 20 years.
const LIFETIME: Duration = Duration::from_hours(20 * 365 * 24);

/// A certificate and its private key. `Debug` shows the fingerprint only.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    /// Both as text, the way they are kept.
    pem: String,
}

/// The SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The text is not 52 characters of base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 52 characters, A to Z and 2 to 7")]
pub struct NotAFingerprint;

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file could not be read.
    #[error("{path} could not be read: {source}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written.
    #[error("{path} could not be written: {source}")]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text holds no certificate with its key.
    #[error("there is no certificate with its private key in it (PEM)")]
    NotPem,
    /// The key does not belong to the certificate, or cannot be used.
    #[error("its certificate and private key do not belong together or cannot be used")]
    Unusable,
    /// No key could be made.
    #[error("no key could be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

impl Identity {
    /// Makes a new one: P-256 (`notes`: the cheapest handshake), good for 20 years from a day ago, so
    /// that a client whose clock is behind takes it too.
    pub fn generate() -> Result<Self, IdentityError> {
        let mut params = CertificateParams::new(vec!["snug".to_owned()])?;
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "snug");
        params.distinguished_name = name;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + now.saturating_sub(DAY);
        params.not_after = epoch + now + LIFETIME;
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        Self::from_pem(&format!("{}{}", certificate.pem(), key.serialize_pem()))
    }

    /// Reads one from text: a certificate and its private key, as `SNUG_IDENTITY` and the file hold it.
    pub fn from_pem(pem: &str) -> Result<Self, IdentityError> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes());
        let (Ok(certificate), Ok(key)) = (certificate, key) else {
            return Err(IdentityError::NotPem);
        };
        let identity = Self {
            certificate,
            key,
            pem: pem.to_owned(),
        };
        // Only a whole configuration shows whether the two belong together.
        crate::server_config(&identity).map_err(|_| IdentityError::Unusable)?;
        Ok(identity)
    }

    /// Reads the one kept in a file, or makes one and keeps it there, for its owner's eyes only.
    pub fn load_or_generate(path: &Path) -> Result<Self, IdentityError> {
        match std::fs::read_to_string(path) {
            Ok(pem) => Self::from_pem(&pem),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let identity = Self::generate()?;
                identity.save(path)?;
                Ok(identity)
            }
            Err(source) => Err(IdentityError::Unreadable {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Keeps it in a file with mode 0600: it is there whole, or not at all.
    pub fn save(&self, path: &Path) -> Result<(), IdentityError> {
        write_private(path, self.pem.as_bytes()).map_err(|source| IdentityError::Unwritable {
            path: path.to_owned(),
            source,
        })
    }

    /// What clients pin.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }

    /// From when until when the certificate is good, as its text has it; none if that cannot be read.
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        validity(&self.certificate)
    }

    /// The certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(crate) fn key(&self) -> &PrivateKeyDer<'static> {
        &self.key
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

impl Fingerprint {
    /// The fingerprint of a certificate's DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, NotAFingerprint> {
        let bytes = BASE32_NOPAD
            .decode(text.to_ascii_uppercase().as_bytes())
            .map_err(|_| NotAFingerprint)?;
        bytes.try_into().map(Self).map_err(|_| NotAFingerprint)
    }
}

/// RFC 5280 §4.1.2.5: `Validity` is a SEQUENCE of two times. Nothing before it in a certificate looks like
/// two times in a row.
fn validity(der: &[u8]) -> Option<(Timestamp, Timestamp)> {
    (0..der.len()).find_map(|at| {
        let (from, rest) = time(der.get(at..)?)?;
        let (until, _) = time(rest)?;
        Some((from, until))
    })
}

/// A `UTCTime` or a `GeneralizedTime`, as RFC 5280 writes them, and what comes after it.
fn time(der: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (digits, century) = match der.get(..2)? {
        [0x17, 13] => (12, true),
        [0x18, 15] => (14, false),
        _ => return None,
    };
    let rest = der.get(2..)?;
    let text = std::str::from_utf8(rest.get(..digits)?).ok()?;
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits || rest.get(digits) != Some(&b'Z') {
        return None;
    }
    // Two digits of a year: from 50 on they are of the century before (RFC 5280 §4.1.2.5.1).
    let text = match century {
        true if text >= "50" => format!("19{text}"),
        true => format!("20{text}"),
        false => text.to_owned(),
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let written = format!(
        "{}-{}-{}T{}:{}:{}.000Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    Some((written.parse().ok()?, rest.get(digits + 1..)?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_identity_is_kept_for_its_owner_alone_and_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("identity.pem");
        let made = Identity::load_or_generate(&path).unwrap();
        let permissions = std::fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, 0o600);
        let again = Identity::load_or_generate(&path).unwrap();
        assert_eq!(made.fingerprint(), again.fingerprint());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_fingerprint_is_read_in_either_case() {
        let fingerprint = Identity::generate().unwrap().fingerprint();
        let text = fingerprint.to_string();
        assert_eq!(text.len(), 52);
        assert_eq!(text.parse(), Ok(fingerprint));
        assert_eq!(text.to_lowercase().parse(), Ok(fingerprint));
        for bad in ["", "A", &text[1..], &format!("{text}A"), &"1".repeat(52)] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(NotAFingerprint), "{bad}");
        }
    }

    #[test]
    fn text_that_is_no_identity_is_refused() {
        let one = Identity::generate().unwrap();
        let other = Identity::generate().unwrap();
        let (certificate, _) = one.pem.split_once("-----BEGIN PRIVATE").unwrap();
        let (_, key) = other.pem.split_once("-----BEGIN PRIVATE").unwrap();
        assert!(matches!(Identity::from_pem(""), Err(IdentityError::NotPem)));
        assert!(matches!(
            Identity::from_pem(certificate),
            Err(IdentityError::NotPem)
        ));
        let mixed = format!("{certificate}-----BEGIN PRIVATE{key}");
        assert!(matches!(
            Identity::from_pem(&mixed),
            Err(IdentityError::Unusable)
        ));
    }

    #[test]
    fn debug_shows_no_key() {
        let identity = Identity::generate().unwrap();
        assert_eq!(
            format!("{identity:?}"),
            format!("Identity({})", identity.fingerprint())
        );
    }

    #[test]
    fn o3_how_long_a_certificate_is_good_is_read_from_it() {
        let identity = Identity::generate().unwrap();
        let (from, until) = identity.validity().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = u64::try_from(now.as_millis()).unwrap();
        let day = 24 * 3_600_000;
        assert!(from.ms() <= now - day + 1_000 && from.ms() > now - day - 60_000);
        let days = (until.ms() - now) / day;
        assert!((20 * 365 - 1..=20 * 365).contains(&days), "{days}");
        let der = b"\x30\x20\x18\x0f20260102030405Z\x17\x0d460102030405Z";
        let (from, until) = validity(der).unwrap();
        assert_eq!(from.to_string(), "2026-01-02T03:04:05.000Z");
        assert_eq!(until.to_string(), "2046-01-02T03:04:05.000Z");
        assert_eq!(validity(b"\x17\x0d460102030405Z"), None);
        assert_eq!(
            validity(b"\x17\x0d46010203040xZ\x17\x0d460102030405Z"),
            None
        );
    }
}
