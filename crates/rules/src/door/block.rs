//! Addresses as they are counted: one of IPv4, a /64 of IPv6; and the network around them.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Network;

/// Leading bits of a block, in eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block {
    bits: u64,
    prefix: u8,
    ipv6: bool,
}

impl Block {
    /// Where this address is counted: IPv4-mapped IPv6 is IPv4 (DECISIONS 28).
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self {
                bits: u64::from(address.to_bits()),
                prefix: 32,
                ipv6: false,
            },
            IpAddr::V6(address) => Self {
                bits: u64::try_from(address.to_bits() >> 64).unwrap_or_default(),
                prefix: 64,
                ipv6: true,
            },
        }
    }

    /// The /24 or the /48 that it is in, so that one network cannot go through its addresses.
    #[must_use]
    pub const fn around(self) -> Self {
        let (off, prefix) = if self.ipv6 { (16, 48) } else { (8, 24) };
        Self {
            bits: self.bits >> off << off,
            prefix,
            ipv6: self.ipv6,
        }
    }

    /// The /16 or the /32 that it is in: about what one provider gives out.
    #[must_use]
    pub const fn far_around(self) -> Self {
        let (off, prefix) = if self.ipv6 { (32, 32) } else { (16, 16) };
        Self {
            bits: self.bits >> off << off,
            prefix,
            ipv6: self.ipv6,
        }
    }

    /// The same as people write it.
    pub fn network(self) -> Network {
        let first = if self.ipv6 {
            IpAddr::V6(Ipv6Addr::from_bits(u128::from(self.bits) << 64))
        } else {
            let bits = u32::try_from(self.bits).unwrap_or_default();
            IpAddr::V4(Ipv4Addr::from_bits(bits))
        };
        Network::of(first, self.prefix)
    }
}
