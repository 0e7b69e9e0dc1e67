//! What an announcement on the local network says. Whoever is on that network can make one. Pure.

use std::net::IpAddr;

use snug_client::{Fingerprint, Link};

use crate::sanitize;

/// The kind of service that Snug's servers are.
pub(crate) const SERVICE: &str = "_snug._tcp.local.";

/// A server that announced itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it calls itself, fit for a terminal.
    pub(crate) name: String,
    /// How it is reached.
    pub(crate) link: Link,
}

/// What an announcement says, if it is one that can be joined by.
pub(crate) fn announced(
    fullname: &str,
    fingerprint: &str,
    addresses: impl Iterator<Item = IpAddr>,
    port: u16,
) -> Option<Found> {
    let fingerprint: Fingerprint = fingerprint.parse().ok()?;
    let address = addresses.min_by_key(|address| (farness(*address), *address))?;
    let link = Link::new(address.to_string(), port, fingerprint).ok()?;
    let name = fullname.strip_suffix(SERVICE)?.trim_end_matches('.');
    Some(Found {
        name: sanitize::line(&unescaped(name)),
        link,
    })
}

/// Which address of several is most likely reached: IPv4 first, and what only this machine or one cable
/// reaches last.
fn farness(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(address) if address.is_loopback() => 4,
        IpAddr::V4(address) if address.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(address) if address.is_loopback() => 5,
        IpAddr::V6(address) if address.is_unicast_link_local() => 3,
        IpAddr::V6(_) => 1,
    }
}

/// A name of DNS-SD without the escapes of its dots and backslashes (RFC 6763 §4.3).
fn unescaped(name: &str) -> String {
    let mut plain = String::new();
    let mut escaped = false;
    for character in name.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_most_machines_reach_comes_first() {
        let mut addresses = [
            "::1",
            "127.0.0.1",
            "fe80::1",
            "169.254.1.1",
            "2001:db8::1",
            "192.0.2.1",
        ]
        .map(|address| address.parse::<IpAddr>().unwrap());
        addresses.sort_by_key(|address| farness(*address));
        let sorted = addresses.map(|address| address.to_string());
        let expected = [
            "192.0.2.1",
            "2001:db8::1",
            "169.254.1.1",
            "fe80::1",
            "127.0.0.1",
            "::1",
        ];
        assert_eq!(sorted, expected);
    }

    #[test]
    fn escapes_of_names_are_taken_away() {
        assert_eq!(unescaped(r"The Pub\. Really\\"), r"The Pub. Really\");
    }
}
