//! The join link: where a server is and which identity it must show.

use std::{fmt, str::FromStr};

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

/// The port a link means when it names none.
pub const DEFAULT_PORT: u16 = 7667;

const FINGERPRINT_CHARS: usize = 52;
const SCHEME: &str = "snug://";

/// SHA-256 of the DER of a server's certificate: 52 characters of unpadded base32.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// `snug://host:port/#FINGERPRINT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    host: String,
    port: u16,
    fingerprint: Fingerprint,
}

/// What is wrong with a link, and what a right one looks like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It does not begin with `snug://`.
    #[error("a join link begins with snug://, like snug://example.org:7667/#K7QD…")]
    Scheme,
    /// It names no host, or one that cannot be.
    #[error("the join link names no host after snug:// (an IPv6 address stands in brackets)")]
    Host,
    /// Its port is no number from 1 to 65535.
    #[error("the port in the join link is not a number from 1 to 65535")]
    Port,
    /// There is no `#` and nothing after it.
    #[error(
        "the join link has no fingerprint after #; was it cut off? In a shell, put the link in quotes"
    )]
    NoFingerprint,
    /// The fingerprint is not 52 characters of base32.
    #[error("the fingerprint after # is not 52 letters and digits (A–Z, 2–7); was it cut off?")]
    Fingerprint,
}

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of_certificate(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The fingerprint that is these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for what writes them in another alphabet.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Link {
    /// The link to this place. The host is a name or an address without brackets.
    pub fn new(
        host: impl Into<String>,
        port: u16,
        fingerprint: Fingerprint,
    ) -> Result<Self, BadLink> {
        let host = host.into();
        if !is_host(&host) {
            return Err(BadLink::Host);
        }
        if port == 0 {
            return Err(BadLink::Port);
        }
        Ok(Self {
            host,
            port,
            fingerprint,
        })
    }

    /// The host's name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What the server must show.
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// A name or an address: nothing that could end the link's host part, reach a terminal, or mean something to
/// a shell that the link is pasted into.
fn is_host(host: &str) -> bool {
    let is_plain = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        (1..=253).contains(&name.len()) && name.chars().all(plain)
    };
    if host.contains(':') {
        // `fe80::1%eth0` names an interface; std reads the address only.
        let (address, interface) = match host.split_once('%') {
            Some((address, interface)) => (address, Some(interface)),
            None => (host, None),
        };
        return address.parse::<std::net::Ipv6Addr>().is_ok() && interface.is_none_or(is_plain);
    }
    is_plain(host)
}

impl FromStr for Link {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        let text = text.trim();
        let rest = text
            .get(..SCHEME.len())
            .filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME))
            .and_then(|_| text.get(SCHEME.len()..))
            .ok_or(BadLink::Scheme)?;
        let (place, fingerprint) = rest.split_once('#').ok_or(BadLink::NoFingerprint)?;
        let place = place.strip_suffix('/').unwrap_or(place);
        let (host, port) = match place.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']').ok_or(BadLink::Host)?,
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => DEFAULT_PORT,
            None => return Err(BadLink::Host),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| BadLink::Port)?
            }
            Some(_) => return Err(BadLink::Port),
        };
        if fingerprint.is_empty() {
            return Err(BadLink::NoFingerprint);
        }
        Self::new(host, port, fingerprint.parse()?)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            fingerprint,
        } = self;
        if host.contains(':') {
            write!(f, "{SCHEME}[{host}]:{port}/#{fingerprint}")
        } else {
            write!(f, "{SCHEME}{host}:{port}/#{fingerprint}")
        }
    }
}

impl FromStr for Fingerprint {
    type Err = BadLink;

    fn from_str(text: &str) -> Result<Self, BadLink> {
        if text.len() != FINGERPRINT_CHARS {
            return Err(BadLink::Fingerprint);
        }
        BASE32_NOPAD
            .decode(text.to_ascii_uppercase().as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(BadLink::Fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE32_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint() -> Fingerprint {
        Fingerprint::of_certificate(b"certificate")
    }

    #[test]
    fn a_link_is_read_back_as_it_was_written() {
        for host in ["example.org", "127.0.0.1", "::1", "fe80::1%eth0", "my_box"] {
            let link = Link::new(host, 7000, fingerprint()).unwrap();
            assert_eq!(link.to_string().parse(), Ok(link));
        }
    }

    #[test]
    fn the_port_may_be_left_out_and_the_fingerprint_be_in_either_case() {
        let lower = fingerprint().to_string().to_lowercase();
        for place in ["example.org", "example.org/", "example.org:7667/"] {
            let link: Link = format!(" snug://{place}#{lower}\n").parse().unwrap();
            assert_eq!((link.host(), link.port()), ("example.org", DEFAULT_PORT));
            assert_eq!(link.fingerprint(), fingerprint());
        }
        let six: Link = format!("snug://[fe80::1]#{lower}").parse().unwrap();
        assert_eq!((six.host(), six.port()), ("fe80::1", DEFAULT_PORT));
    }

    #[test]
    fn a_bad_link_says_what_is_wrong_with_it() {
        let good = fingerprint().to_string();
        let read = |text: String| text.parse::<Link>().unwrap_err();
        assert_eq!(read(format!("http://a/#{good}")), BadLink::Scheme);
        assert_eq!(read(String::new()), BadLink::Scheme);
        assert_eq!(read(format!("snug:///#{good}")), BadLink::Host);
        assert_eq!(read(format!("snug://[::1/#{good}")), BadLink::Host);
        assert_eq!(read(format!("snug://[::1]x/#{good}")), BadLink::Host);
        for host in ["a\u{1b}b", "[::1%`id`]", "[::1%$(id)]", "[::1%]"] {
            assert_eq!(read(format!("snug://{host}/#{good}")), BadLink::Host);
        }
        for port in ["0", "65536", "+1", "x", ""] {
            assert_eq!(read(format!("snug://a:{port}/#{good}")), BadLink::Port);
        }
        assert_eq!(read("snug://a:1/".into()), BadLink::NoFingerprint);
        assert_eq!(read("snug://a:1/#".into()), BadLink::NoFingerprint);
        for cut in [good[..51].to_owned(), format!("{good}A"), "é".repeat(26)] {
            assert_eq!(read(format!("snug://a/#{cut}")), BadLink::Fingerprint);
        }
    }
}
