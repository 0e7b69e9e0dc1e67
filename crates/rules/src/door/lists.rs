//! What was decided about addresses by hand: who is banned, who is allowed past everything, and whether
//! anybody is let in at all (M2, M4, DECISIONS 27).

use core::net::IpAddr;
use std::collections::HashMap;

use snug_proto::Timestamp;

use super::Block;
use crate::{Network, Networks};

/// Of one network around a banned address, one is told within so long, in milliseconds.
const TELL_EVERY_MS: u64 = 60_000;
/// Networks that were told something within that time. Past it nobody else is.
const MAX_TOLD: usize = 4_096;

/// What the lists say of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Nothing.
    Not,
    /// Nothing at the door is for it.
    Allowed,
    /// It is banned, and is let in to be told so.
    ToBeTold,
    /// It is banned, or nobody is let in: the connection is closed without a word.
    Refused,
}

/// The lists. Times are the door's.
#[derive(Debug, Default)]
pub struct Lists {
    banned: Networks<Option<Timestamp>>,
    allowed: Networks<Option<Timestamp>>,
    closed_until: Option<Timestamp>,
    told: HashMap<Block, Timestamp>,
}

impl Lists {
    /// Bans addresses, until then.
    pub fn ban(&mut self, network: Network, until: Option<Timestamp>) {
        self.banned.insert(network, until);
    }

    /// Lifts that ban.
    pub fn unban(&mut self, network: &Network) {
        self.banned.remove(network);
    }

    /// Lets addresses past budgets, shield, lockdown and bans of addresses, until then.
    pub fn allow(&mut self, network: Network, until: Option<Timestamp>) {
        self.allowed.insert(network, until);
    }

    /// Takes that back.
    pub fn disallow(&mut self, network: &Network) {
        self.allowed.remove(network);
    }

    /// Lets nobody in until then; `None` for nobody kept out.
    pub const fn close_until(&mut self, until: Option<Timestamp>) {
        self.closed_until = until;
    }

    /// Is this address past everything?
    pub fn allows(&self, address: IpAddr, now: Timestamp) -> bool {
        holds(&self.allowed, address, now)
    }

    /// Somebody connects.
    pub fn look(&mut self, address: IpAddr, now: Timestamp) -> Listed {
        if self.closed_until.is_some_and(|until| now < until) {
            return Listed::Refused;
        }
        if self.allows(address, now) {
            return Listed::Allowed;
        }
        if !holds(&self.banned, address, now) {
            return Listed::Not;
        }
        if self.is_told(Block::of(address).around(), now) {
            Listed::ToBeTold
        } else {
            Listed::Refused
        }
    }

    /// Is one of these to be told? Then nobody else of them is for a minute.
    fn is_told(&mut self, of: Block, now: Timestamp) -> bool {
        let recent = |at: &Timestamp| now.ms().saturating_sub(at.ms()) < TELL_EVERY_MS;
        if self.told.get(&of).is_some_and(recent) {
            return false;
        }
        if self.told.len() >= MAX_TOLD {
            self.told.retain(|_, at| recent(at));
        }
        if self.told.len() >= MAX_TOLD {
            return false;
        }
        self.told.insert(of, now);
        true
    }
}

fn holds(networks: &Networks<Option<Timestamp>>, address: IpAddr, now: Timestamp) -> bool {
    let mut of = networks.of(address);
    of.any(|(_, until)| until.is_none_or(|until| now < until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    #[test]
    fn m2_a_banned_network_is_told_once_a_minute_and_else_refused_until_it_ends() {
        let mut lists = Lists::default();
        lists.ban("203.0.113.0/24".parse().unwrap(), Some(at(200_000)));
        assert_eq!(lists.look(ip("203.0.112.255"), at(0)), Listed::Not);
        assert_eq!(lists.look(ip("203.0.113.1"), at(0)), Listed::ToBeTold);
        assert_eq!(lists.look(ip("203.0.113.1"), at(1)), Listed::Refused);
        assert_eq!(
            lists.look(ip("::ffff:203.0.113.2"), at(59_999)),
            Listed::Refused
        );
        assert_eq!(lists.look(ip("203.0.113.2"), at(60_000)), Listed::ToBeTold);
        assert_eq!(lists.look(ip("203.0.113.2"), at(200_000)), Listed::Not);
    }

    #[test]
    fn m4_an_allowed_address_is_past_bans_until_that_ends_and_nobody_past_a_closed_door() {
        let mut lists = Lists::default();
        lists.ban("203.0.113.0/24".parse().unwrap(), None);
        lists.allow("203.0.113.7".parse().unwrap(), Some(at(100)));
        assert_eq!(lists.look(ip("203.0.113.7"), at(99)), Listed::Allowed);
        assert_ne!(lists.look(ip("203.0.113.7"), at(100)), Listed::Allowed);
        lists.close_until(Some(at(50)));
        assert_eq!(lists.look(ip("203.0.113.7"), at(49)), Listed::Refused);
        assert_eq!(lists.look(ip("192.0.2.1"), at(49)), Listed::Refused);
        assert_eq!(lists.look(ip("192.0.2.1"), at(50)), Listed::Not);
    }

    #[test]
    fn m2_a_wide_ban_tells_a_bounded_number_of_networks() {
        let mut lists = Lists::default();
        lists.ban("10.0.0.0/8".parse().unwrap(), None);
        let told = (0..65_536_u32).filter(|number| {
            let address = IpAddr::V4((0x0a00_0000 + (number << 8)).into());
            lists.look(address, at(0)) == Listed::ToBeTold
        });
        assert_eq!(told.count(), MAX_TOLD);
    }
}
