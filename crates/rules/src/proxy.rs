//! Who comes through a proxy (DECISIONS 28): the PROXY protocol's version 2 before TLS, and
//! X-Forwarded-For in the request for a WebSocket. Only looked at where the operator named the proxy.
//! Pure: bytes in, an address out.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a header of version 2 begins with (PROXY protocol §2.2). TLS begins otherwise.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The fixed part of a header.
pub const PROXY_HEAD_BYTES: usize = 16;
/// Longest rest of a header that is read: addresses, and whatever else a proxy adds.
pub const MAX_PROXY_BYTES: usize = 1024;
/// So much of X-Forwarded-For is looked at, from its end: there is what the proxies added.
const MAX_FORWARDED_BYTES: usize = 1024;

/// A header's fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyHead {
    /// So many bytes follow.
    pub rest: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The proxy speaks for itself.
    Local,
    Ipv4,
    Ipv6,
    /// It does not say for whom, or by something that is no address.
    Unknown,
}

/// The bytes are no header of version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no PROXY header of version 2")]
pub struct BadProxyHeader;

impl ProxyHead {
    /// Reads the fixed part.
    pub fn parse(bytes: &[u8; PROXY_HEAD_BYTES]) -> Result<Self, BadProxyHeader> {
        let [signature @ .., version, family, high, low] = bytes;
        if *signature != SIGNATURE {
            return Err(BadProxyHeader);
        }
        let kind = match (version, family) {
            (0x20, _) => Kind::Local,
            (0x21, 0x11) => Kind::Ipv4,
            (0x21, 0x21) => Kind::Ipv6,
            (0x21, _) => Kind::Unknown,
            _ => return Err(BadProxyHeader),
        };
        let rest = usize::from(u16::from_be_bytes([*high, *low]));
        let least = match kind {
            Kind::Ipv4 => 12,
            Kind::Ipv6 => 36,
            Kind::Local | Kind::Unknown => 0,
        };
        if rest < least || rest > MAX_PROXY_BYTES {
            return Err(BadProxyHeader);
        }
        Ok(Self { rest, kind })
    }

    /// Who connected to the proxy, by the rest of the header. `None` if it does not say.
    pub fn source(&self, rest: &[u8]) -> Option<SocketAddr> {
        match self.kind {
            Kind::Local | Kind::Unknown => None,
            Kind::Ipv4 => {
                let source: [u8; 4] = *rest.first_chunk()?;
                let port: [u8; 2] = *rest.get(8..)?.first_chunk()?;
                let address = IpAddr::V4(Ipv4Addr::from(source));
                Some(SocketAddr::new(address, u16::from_be_bytes(port)))
            }
            Kind::Ipv6 => {
                let source: [u8; 16] = *rest.first_chunk()?;
                let port: [u8; 2] = *rest.get(32..)?.first_chunk()?;
                let address = IpAddr::V6(Ipv6Addr::from(source)).to_canonical();
                Some(SocketAddr::new(address, u16::from_be_bytes(port)))
            }
        }
    }
}

/// Is this the first byte of a header?
pub fn may_begin_header(byte: u8) -> bool {
    SIGNATURE.first() == Some(&byte)
}

/// Who asks, by X-Forwarded-For: the last address that is not a proxy's, or the first one if a proxy asks
/// for itself. What stands before it anybody can have written, in any length and in any bytes, so it is not
/// even read. `None` if the header does not say.
pub fn forwarded_for(header: &[u8], is_proxy: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let cut = header.len().saturating_sub(MAX_FORWARDED_BYTES);
    let mut hops = header.get(cut..)?;
    if cut > 0 {
        // The cut may go through an address, and what is left of it may be another one.
        let comma = hops.iter().position(|byte| *byte == b',')?;
        hops = hops.get(comma + 1..)?;
    }
    let mut proxy = None;
    for hop in hops.rsplit(|byte| *byte == b',') {
        let address = address(core::str::from_utf8(hop).ok()?.trim())?;
        if !is_proxy(address) {
            return Some(address);
        }
        proxy = Some(address);
    }
    // Of a list that was cut nobody knows who began it.
    proxy.filter(|_| cut == 0)
}

/// An address as proxies write it: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse::<IpAddr>().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = plain.or_else(with_port).or_else(bracketed)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[version, family], &length, rest].concat()
    }

    fn source(bytes: &[u8]) -> Result<Option<SocketAddr>, BadProxyHeader> {
        let (head, rest) = bytes.split_first_chunk().unwrap();
        Ok(ProxyHead::parse(head)?.source(rest))
    }

    #[test]
    fn a_header_says_who_connected_to_the_proxy() {
        let v4 = [203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x67, 0x1d, 0xf3];
        let told = source(&header(0x21, 0x11, &v4)).unwrap().unwrap();
        assert_eq!(told, "203.0.113.7:4711".parse().unwrap());
        let mut v6 = [0; 36];
        v6[..16].copy_from_slice(&"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        v6[32..34].copy_from_slice(&4711_u16.to_be_bytes());
        let told = source(&header(0x21, 0x21, &v6)).unwrap().unwrap();
        assert_eq!(told, "[2001:db8::7]:4711".parse().unwrap());
        let mapped = Ipv4Addr::new(203, 0, 113, 7).to_ipv6_mapped().octets();
        v6[..16].copy_from_slice(&mapped);
        let told = source(&header(0x21, 0x21, &v6)).unwrap().unwrap();
        assert_eq!(told.ip(), IpAddr::from([203, 0, 113, 7]));
        let with_more = [&v4[..], &[3, 0, 4, 1, 2, 3, 4]].concat();
        assert!(source(&header(0x21, 0x11, &with_more)).unwrap().is_some());
        assert_eq!(source(&header(0x20, 0, &[])), Ok(None), "a health check");
        assert_eq!(
            source(&header(0x21, 0x31, &[0; 216])),
            Ok(None),
            "a local socket"
        );
    }

    #[test]
    fn what_is_no_header_is_refused() {
        for (version, family, length) in [
            (0x21, 0x11, 11),
            (0x21, 0x21, 35),
            (0x11, 0x11, 12),
            (0x22, 0x11, 12),
            (0x21, 0x11, MAX_PROXY_BYTES + 1),
        ] {
            let bytes = header(version, family, &vec![0; length]);
            assert_eq!(source(&bytes), Err(BadProxyHeader), "{version:x} {length}");
        }
        assert_eq!(
            source(b"PROXY TCP4 203.0.113.7 10.0.0.1 1 2\r\n"),
            Err(BadProxyHeader)
        );
    }

    #[test]
    fn the_last_address_that_is_no_proxys_counts() {
        let proxy = |address: IpAddr| address == IpAddr::from([10, 0, 0, 1]);
        let of = |header: &[u8]| forwarded_for(header, proxy).map(|of| of.to_string());
        for (header, expected) in [
            ("203.0.113.7", Some("203.0.113.7")),
            ("1.1.1.1, 203.0.113.7", Some("203.0.113.7")),
            ("203.0.113.7, 10.0.0.1", Some("203.0.113.7")),
            ("203.0.113.7:4711", Some("203.0.113.7")),
            ("[2001:db8::7]:4711", Some("2001:db8::7")),
            ("[2001:db8::7]", Some("2001:db8::7")),
            ("::ffff:203.0.113.7", Some("203.0.113.7")),
            ("203.0.113.7, unknown", None),
            ("10.0.0.1", Some("10.0.0.1")),
            ("", None),
        ] {
            assert_eq!(of(header.as_bytes()).as_deref(), expected, "{header}");
        }
        assert_eq!(of("1.1.1.1,".repeat(500).as_bytes()), None);
    }

    #[test]
    fn what_anybody_can_write_before_the_address_hides_it_not() {
        let proxy = |address: IpAddr| address == IpAddr::from([10, 0, 0, 1]);
        let of = |header: &[u8]| forwarded_for(header, proxy).map(|of| of.to_string());
        for before in [900, 1020, 1024, 1100, 5000] {
            let header = format!("{}, 203.0.113.7, 10.0.0.1", "x".repeat(before));
            assert_eq!(of(header.as_bytes()).as_deref(), Some("203.0.113.7"));
        }
        assert_eq!(of(b"\x80\xff, 203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(of(b"203.0.113.7, \x80"), None);
        // Cut to 1,024 bytes this would begin with an address that nobody wrote.
        let header = format!("1203.0.113.7{}", ",10.0.0.1".repeat(113));
        let cut = header.len() - MAX_FORWARDED_BYTES;
        assert_eq!(cut, 5);
        assert_eq!(of(header.as_bytes()), None);
        assert_eq!(
            of("10.0.0.1,".repeat(500).trim_end_matches(',').as_bytes()),
            None
        );
        assert_eq!(of(&[b'1'; 2000]), None);
    }
}
