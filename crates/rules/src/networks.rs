//! Many networks, each with something: which of them an address is in is asked in a look for each length
//! of prefix, however many there are.

use core::net::IpAddr;
use std::collections::HashMap;

use crate::Network;

/// See the module.
#[derive(Debug, Clone)]
pub struct Networks<T> {
    of: HashMap<Network, T>,
    /// How many there are of each length, by IPv6 or not.
    lengths: HashMap<(bool, u8), usize>,
}

impl<T> Default for Networks<T> {
    fn default() -> Self {
        Self {
            of: HashMap::new(),
            lengths: HashMap::new(),
        }
    }
}

impl<T> Networks<T> {
    /// Puts a network in, or another thing in its place.
    pub fn insert(&mut self, network: Network, thing: T) -> Option<T> {
        let before = self.of.insert(network, thing);
        if before.is_none() {
            let length = (network.is_ipv6(), network.prefix());
            *self.lengths.entry(length).or_default() += 1;
        }
        before
    }

    /// Takes a network out.
    pub fn remove(&mut self, network: &Network) -> Option<T> {
        let thing = self.of.remove(network)?;
        let length = (network.is_ipv6(), network.prefix());
        if let Some(count) = self.lengths.get_mut(&length) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.lengths.remove(&length);
            }
        }
        Some(thing)
    }

    /// The networks that this address is in.
    pub fn of(&self, address: IpAddr) -> impl Iterator<Item = (Network, &T)> {
        let ipv6 = address.to_canonical().is_ipv6();
        let lengths = self.lengths.keys().filter(move |(of, _)| *of == ipv6);
        lengths.filter_map(move |(_, prefix)| {
            let network = Network::of(address, *prefix);
            Some((network, self.of.get(&network)?))
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&Network, &T)> {
        self.of.iter()
    }

    /// Keeps those of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Network, &T) -> bool) {
        let gone = self
            .of
            .iter()
            .filter(|(network, thing)| !keep(network, thing));
        let gone: Vec<Network> = gone.map(|(network, _)| *network).collect();
        for network in gone {
            self.remove(&network);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_address_is_in_exactly_those_networks_that_hold_it(
            steps in prop::collection::vec((any::<u16>(), 0_u8..=32, any::<bool>()), 0..60),
            asked in any::<u16>(),
        ) {
            let at = |low: u16| IpAddr::from([10, 0, low.to_be_bytes()[0], low.to_be_bytes()[1]]);
            let mut networks = Networks::default();
            let mut plain = Vec::new();
            for (low, prefix, put) in steps {
                let network = Network::of(at(low), prefix);
                plain.retain(|of| *of != network);
                if put {
                    networks.insert(network, ());
                    plain.push(network);
                } else {
                    networks.remove(&network);
                }
            }
            let mut found: Vec<_> = networks.of(at(asked)).map(|(network, ())| network).collect();
            let mut expected: Vec<_> =
                plain.into_iter().filter(|network| network.contains(at(asked))).collect();
            found.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
