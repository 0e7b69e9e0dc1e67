//! Do most who are here come from one private address? Then the server sees a router or a proxy in their
//! place (DECISIONS 28): budgets and bans would meet all of them at once.

use core::net::IpAddr;
use std::collections::HashMap;

/// Of so many connections it can be told.
pub const CROWD: usize = 10;

/// One address that stands for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crowd {
    /// The address.
    pub address: IpAddr,
    /// Connections from it,
    pub from_it: usize,
    /// of so many.
    pub of: usize,
}

/// The private address from which more than half of these connections come, if there are enough of them.
pub fn crowd(addresses: impl IntoIterator<Item = IpAddr>) -> Option<Crowd> {
    let mut counts: HashMap<IpAddr, usize> = HashMap::new();
    let mut of = 0;
    for address in addresses {
        of += 1;
        *counts.entry(address.to_canonical()).or_default() += 1;
    }
    let (address, from_it) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let many = of >= CROWD && from_it * 2 > of;
    (many && is_private(address)).then_some(Crowd {
        address,
        from_it,
        of,
    })
}

/// Is it of this machine, or of a network of its own (RFC 1918, RFC 4193, RFC 6598)?
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && second & 0xc0 == 64;
            address.is_private() || address.is_loopback() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str, count: usize) -> impl Iterator<Item = IpAddr> {
        std::iter::repeat_n(address.parse().unwrap(), count)
    }

    #[test]
    fn p5_most_from_one_private_address_are_a_crowd_and_nobody_else_is() {
        let all = from("172.17.0.1", 9).chain(from("203.0.113.5", 1));
        let found = crowd(all).unwrap();
        assert_eq!(
            (found.address.to_string(), found.from_it, found.of),
            ("172.17.0.1".to_owned(), 9, 10)
        );
        assert_eq!(crowd(from("172.17.0.1", 9)), None, "too few to tell");
        assert_eq!(crowd(from("203.0.113.5", 50)), None, "a family");
        let half = from("10.0.0.1", 10).chain(from("10.0.0.2", 10));
        assert_eq!(crowd(half), None);
        for private in [
            "127.0.0.1",
            "100.64.3.4",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(crowd(from(private, 10)).is_some(), "{private}");
        }
        assert_eq!(crowd(std::iter::empty()), None);
    }
}
