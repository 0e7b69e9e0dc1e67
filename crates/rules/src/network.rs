//! Networks of addresses (CIDR, RFC 4632), as options, rules and bans name them: `192.0.2.7`,
//! `192.0.2.0/24`, `2001:db8::/32`.

use core::net::IpAddr;
use std::{fmt, str::FromStr};

/// An address, or all that begin alike. IPv4-mapped IPv6 is IPv4 (DECISIONS 28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// The text is no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no address or network, like 192.0.2.7 or 192.0.2.0/24")]
pub struct NoNetwork;

impl Network {
    /// The range of this many leading bits that an address is in.
    pub fn of(address: IpAddr, prefix: u8) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let prefix = prefix.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                Self {
                    address: IpAddr::V4((address.to_bits() & mask).into()),
                    prefix,
                }
            }
            IpAddr::V6(address) => {
                let prefix = prefix.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                Self {
                    address: IpAddr::V6((address.to_bits() & mask).into()),
                    prefix,
                }
            }
        }
    }

    /// Is this address in it?
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && Self::of(address, self.prefix) == *self
    }

    /// Its first address.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits its addresses share.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Is it of IPv6?
    pub const fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// Is it wider than any ban may be: an eighth-bit of IPv4, sixteen bits of IPv6?
    pub const fn is_too_wide(&self) -> bool {
        self.prefix < if self.is_ipv6() { 16 } else { 8 }
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let given: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let bits = if given.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            None => bits,
            // `u8` would also take a plus sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| NoNetwork)?
            }
            Some(_) => return Err(NoNetwork),
        };
        if prefix > bits {
            return Err(NoNetwork);
        }
        match given.to_canonical() {
            mapped @ IpAddr::V4(_) if given.is_ipv6() => {
                let prefix = prefix.checked_sub(96).ok_or(NoNetwork)?;
                Ok(Self::of(mapped, prefix))
            }
            address => Ok(Self::of(address, prefix)),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.is_ipv6() { 128 } else { 32 };
        if self.prefix == bits {
            self.address.fmt(f)
        } else {
            write!(f, "{}/{}", self.address, self.prefix)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_holds_what_begins_as_it_does_and_nothing_else() {
        for (range, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.77", "192.0.2.77", "192.0.2.78"),
            ("10.0.0.0/8", "::ffff:10.9.8.7", "11.0.0.0"),
            ("2001:db8::/48", "2001:db8:0:1::1", "2001:db8:1::"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::ffff:192.0.2.0/120", "192.0.2.9", "192.0.3.9"),
        ] {
            let range = network(range);
            assert!(range.contains(inside.parse().unwrap()), "{range} {inside}");
            assert!(
                !range.contains(outside.parse().unwrap()),
                "{range} {outside}"
            );
        }
    }

    #[test]
    fn a_range_is_written_without_what_it_leaves_open() {
        for (given, written) in [
            ("192.0.2.77/24", "192.0.2.0/24"),
            ("192.0.2.77/32", "192.0.2.77"),
            ("2001:DB8:0::1/64", "2001:db8::/64"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(network(given).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for bad in [
            "",
            "/",
            "example.org",
            "192.0.2.0/33",
            "192.0.2.0/+8",
            "192.0.2.0/",
            "::/129",
            "192.0.2",
            "::ffff:192.0.2.0/90",
            "192.0.2.0/24/24",
            " 192.0.2.1",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(NoNetwork), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_range_holds_the_address_that_it_was_made_of_and_survives_its_text(
            bits in any::<u128>(), four in any::<bool>(), prefix in 0_u8..=128,
        ) {
            let address = if four {
                IpAddr::V4(u32::try_from(bits >> 96).unwrap().into())
            } else {
                IpAddr::V6(bits.into())
            };
            let range = Network::of(address, prefix);
            prop_assert!(range.contains(address));
            prop_assert_eq!(network(&range.to_string()), range);
        }
    }
}
