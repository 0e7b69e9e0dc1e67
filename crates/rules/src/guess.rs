//! Guessing at passwords: who is shut out, from where, for how long (A4, DECISIONS 16).
//!
//! A try counts as wrong from its beginning until it has proved right, so that a thousand at once are
//! not a thousand guesses. Whether anybody has the name makes no difference to anything here.

use core::net::IpAddr;
use std::collections::HashMap;

use snug_proto::Timestamp;

/// Nobody is shut out for longer than this at a time, in milliseconds: an hour.
pub const MAX_SHUT_MS: u64 = 3_600_000;
/// What was counted is forgotten this long after the last of it, in milliseconds: a day.
pub const FORGET_MS: u64 = 24 * 3_600_000;
/// Wrong tries before the right one are given back to their address if the first of them was paid for within so
/// many milliseconds: as long as its budget takes to fill. Older ones cannot be saved up.
const SLIPS_MS: u64 = 10 * 60_000;
/// So many times as many wrong tries as shut one address shut all that the account was not used from.
pub const SHARED_FACTOR: u32 = 10;
/// Accounts (and names that nobody has) that are counted for. Past it those with the fewest wrong tries
/// are forgotten.
pub const MAX_TARGETS: usize = 10_000;
/// Addresses, and devices, that are counted for with one account. Past it the oldest is forgotten; what
/// is shared counts on.
pub const MAX_ASKERS: usize = 128;

/// The options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimits {
    /// So many wrong in a row shut the guesser out.
    pub wrong_in_row: u32,
    /// The first time for so long, in milliseconds; twice as long each time after it.
    pub shut_ms: u64,
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self {
            wrong_in_row: 3,
            shut_ms: 10_000,
        }
    }
}

/// An address as guesses are counted by it: one of IPv4, a /64 of IPv6; an IPv4-mapped one is IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source([u8; 9]);

impl Source {
    /// Where this address counts.
    pub fn of(address: IpAddr) -> Self {
        let mut source = [0; 9];
        let (kind, octets): (u8, Vec<u8>) = match address.to_canonical() {
            IpAddr::V4(address) => (4, address.octets().to_vec()),
            IpAddr::V6(address) => (6, address.octets().iter().take(8).copied().collect()),
        };
        for (to, from) in source.iter_mut().zip([kind].into_iter().chain(octets)) {
            *to = from;
        }
        Self(source)
    }
}

/// Who tries a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A device that signed in before and proves it, or one that brings a code: counted by itself.
    Device([u8; 16]),
    /// Somebody from where the account was used before.
    Known(Source),
    /// Somebody else.
    Stranger(Source),
}

/// A password is not even looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shut {
    /// Until after this long, in milliseconds.
    pub retry_after_ms: u64,
    /// Because of what others tried too: a device of one's own or a code gets past it.
    pub shared: bool,
}

/// A try that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Try {
    /// If it proves wrong: how long until the next is looked at, in milliseconds.
    pub shut_ms: Option<u64>,
    /// It is the one that shuts out all who are new to the account.
    pub alarm: bool,
}

/// What was tried lately.
#[derive(Debug)]
pub struct Guesses {
    limits: GuessLimits,
    targets: HashMap<[u8; 16], Target>,
}

#[derive(Debug, Default)]
struct Target {
    askers: HashMap<Key, Counter>,
    /// Of all addresses that the account was used from.
    known: Counter,
    /// Of all others.
    strangers: Counter,
    /// It was said that all others are shut; not again while they are counted.
    alarmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Device([u8; 16]),
    Source(Source),
}

#[derive(Debug, Clone, Copy, Default)]
struct Counter {
    wrong: u32,
    shut_until: Timestamp,
    last: Timestamp,
    /// So many of them their address has paid for, the first of these then.
    paid: u32,
    paid_since: Timestamp,
}

impl Guesses {
    /// Nothing was tried yet.
    pub fn new(limits: GuessLimits) -> Self {
        Self {
            limits,
            targets: HashMap::new(),
        }
    }

    /// Somebody tries a password of this account, or of a name that nobody has.
    pub fn begin(&mut self, target: [u8; 16], asker: Asker, now: Timestamp) -> Result<Try, Shut> {
        self.make_room(&target, now);
        let limits = self.limits;
        let of = self.targets.entry(target).or_default();
        let key = asker.key();
        if let Some(own) = of.askers.get(&key)
            && let Some(retry_after_ms) = own.shut(now)
        {
            return Err(Shut {
                retry_after_ms,
                shared: false,
            });
        }
        let mut alarm = false;
        of.alarmed &= !of.strangers.is_over(now);
        if let Some(shared) = of.shared(asker) {
            if let Some(retry_after_ms) = shared.shut(now) {
                return Err(Shut {
                    retry_after_ms,
                    shared: true,
                });
            }
            let most = limits.wrong_in_row.saturating_mul(SHARED_FACTOR);
            shared.count(most, limits.shut_ms, now);
            alarm = shared.wrong >= most && matches!(asker, Asker::Stranger(_)) && !of.alarmed;
            of.alarmed |= alarm;
        }
        of.room_for(&key);
        let own = of.askers.entry(key).or_default();
        own.count(limits.wrong_in_row, limits.shut_ms, now);
        let own = own.shut(now);
        let shared = of.shared(asker).and_then(|shared| shared.shut(now));
        Ok(Try {
            shut_ms: own.max(shared),
            alarm,
        })
    }

    /// The address of this one has paid for a wrong try.
    pub fn paid(&mut self, target: &[u8; 16], asker: Asker, now: Timestamp) {
        let of = self.targets.get_mut(target);
        if let Some(own) = of.and_then(|of| of.askers.get_mut(&asker.key())) {
            own.pays(now);
        }
    }

    /// What this one began to try proved right: its own wrong tries are forgotten, what is shared is not
    /// but for this one. How many wrong ones its address paid for before it: those were slips of somebody
    /// who knows the password. A device may have made its own anywhere.
    pub fn right(&mut self, target: &[u8; 16], asker: Asker, now: Timestamp) -> u32 {
        let Some(of) = self.targets.get_mut(target) else {
            return 0;
        };
        let own = of.askers.remove(&asker.key());
        if let Some(shared) = of.shared(asker) {
            shared.uncount(now);
        }
        match (own, asker) {
            (Some(own), Asker::Known(_) | Asker::Stranger(_)) => own.slips(now),
            _ => 0,
        }
    }

    /// What this one began to try was not looked at after all: it does not count.
    pub fn take_back(&mut self, target: &[u8; 16], asker: Asker, now: Timestamp) {
        let Some(of) = self.targets.get_mut(target) else {
            return;
        };
        if let Some(own) = of.askers.get_mut(&asker.key()) {
            own.uncount(now);
        }
        if let Some(shared) = of.shared(asker) {
            shared.uncount(now);
        }
    }

    /// Forgets what was long ago.
    pub fn forget(&mut self, now: Timestamp) {
        self.targets.retain(|_, of| {
            of.askers.retain(|_, counter| !counter.is_over(now));
            !(of.askers.is_empty() && of.known.is_over(now) && of.strangers.is_over(now))
        });
    }

    /// How many accounts and names are counted for.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Is nothing counted?
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    fn make_room(&mut self, target: &[u8; 16], now: Timestamp) {
        if self.targets.len() < MAX_TARGETS || self.targets.contains_key(target) {
            return;
        }
        self.forget(now);
        if self.targets.len() < MAX_TARGETS {
            return;
        }
        // An eighth at once, so that a flood of names does not pay for it with each of them.
        let mut weights: Vec<_> = self
            .targets
            .iter()
            .map(|(id, of)| (of.weight(), *id))
            .collect();
        weights.sort_unstable();
        for (_, id) in weights.into_iter().take(MAX_TARGETS / 8) {
            self.targets.remove(&id);
        }
    }
}

impl Asker {
    const fn key(self) -> Key {
        match self {
            Self::Device(device) => Key::Device(device),
            Self::Known(source) | Self::Stranger(source) => Key::Source(source),
        }
    }
}

impl Target {
    fn shared(&mut self, asker: Asker) -> Option<&mut Counter> {
        match asker {
            Asker::Device(_) => None,
            Asker::Known(_) => Some(&mut self.known),
            Asker::Stranger(_) => Some(&mut self.strangers),
        }
    }

    fn room_for(&mut self, key: &Key) {
        if self.askers.len() < MAX_ASKERS || self.askers.contains_key(key) {
            return;
        }
        let oldest = self.askers.iter().min_by_key(|(_, counter)| counter.last);
        if let Some(oldest) = oldest.map(|(key, _)| *key) {
            self.askers.remove(&oldest);
        }
    }

    /// What is lost if it is forgotten.
    fn weight(&self) -> (u32, Timestamp) {
        let worst = self.askers.values().map(|counter| counter.wrong).max();
        let shared = self.known.wrong.max(self.strangers.wrong);
        let last = self.askers.values().map(|counter| counter.last).max();
        (worst.unwrap_or(0).max(shared), last.unwrap_or_default())
    }
}

impl Counter {
    /// Counts one more; from the `most`th on each shuts, twice as long as the one before.
    fn count(&mut self, most: u32, shut_ms: u64, now: Timestamp) {
        if self.is_over(now) {
            *self = Self::default();
        }
        self.wrong = self.wrong.saturating_add(1);
        self.last = now;
        if let Some(over) = self.wrong.checked_sub(most.max(1)) {
            let factor = 1_u64.checked_shl(over).unwrap_or(u64::MAX);
            let shut = shut_ms.saturating_mul(factor).min(MAX_SHUT_MS);
            self.shut_until = now.plus_ms(shut);
        }
    }

    /// The last one was none: had it been shut before, it would not have been looked at.
    fn uncount(&mut self, now: Timestamp) {
        self.wrong = self.wrong.saturating_sub(1);
        self.shut_until = self.shut_until.min(now);
    }

    /// One of them is paid for.
    fn pays(&mut self, now: Timestamp) {
        if self.slips(now) == 0 {
            (self.paid, self.paid_since) = (0, now);
        }
        self.paid = self.paid.saturating_add(1);
    }

    /// How many are paid for, and not long ago.
    fn slips(&self, now: Timestamp) -> u32 {
        let age = now.ms().saturating_sub(self.paid_since.ms());
        if age < SLIPS_MS { self.paid } else { 0 }
    }

    fn shut(&self, now: Timestamp) -> Option<u64> {
        let left = self.shut_until.ms().saturating_sub(now.ms());
        (left > 0).then_some(left)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.last.max(self.shut_until).plus_ms(FORGET_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANN: [u8; 16] = [1; 16];

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    fn from(address: &str) -> Source {
        Source::of(address.parse().unwrap())
    }

    fn guesses() -> Guesses {
        Guesses::new(GuessLimits::default())
    }

    #[test]
    fn the_third_wrong_shuts_that_address_for_that_account_and_each_more_twice_as_long() {
        let mut guesses = guesses();
        let here = Asker::Stranger(from("192.0.2.7"));
        for shut_ms in [None, None, Some(10_000)] {
            assert_eq!(guesses.begin(ANN, here, at(0)).unwrap().shut_ms, shut_ms);
        }
        let shut = Shut {
            retry_after_ms: 4_000,
            shared: false,
        };
        assert_eq!(guesses.begin(ANN, here, at(6_000)), Err(shut));
        // Neither another address nor another account is meant.
        let there = Asker::Stranger(from("192.0.2.8"));
        assert!(guesses.begin(ANN, there, at(6_000)).is_ok());
        assert!(guesses.begin([2; 16], here, at(6_000)).is_ok());
        let again = guesses.begin(ANN, here, at(10_000)).unwrap();
        assert_eq!(again.shut_ms, Some(20_000));
        // The right one, once it is looked at, makes good for all before.
        guesses.begin(ANN, here, at(30_000)).unwrap();
        assert_eq!(guesses.right(&ANN, here, at(30_000)), 0);
        assert_eq!(guesses.begin(ANN, here, at(30_000)).unwrap().shut_ms, None);
    }

    #[test]
    fn slips_are_what_was_paid_for_and_not_long_ago() {
        let mut guesses = guesses();
        let here = Asker::Stranger(from("192.0.2.7"));
        let mut slips = |paid_at: &[u64], right_at| {
            for paid_at in paid_at {
                let looked_at = guesses.begin(ANN, here, at(*paid_at));
                looked_at.unwrap();
                guesses.paid(&ANN, here, at(*paid_at));
            }
            // One more was begun, for which there was no room: nothing is given back for it.
            guesses.begin(ANN, here, at(right_at)).unwrap();
            guesses.right(&ANN, here, at(right_at))
        };
        assert_eq!(slips(&[0, 1], 2), 2);
        assert_eq!(slips(&[], 3), 0, "given back once");
        assert_eq!(slips(&[10, 11], 10 + SLIPS_MS), 0);
        assert_eq!(slips(&[20, 20 + SLIPS_MS], 21 + SLIPS_MS), 1);
    }

    #[test]
    fn an_address_is_one_of_ipv4_or_a_64_of_ipv6() {
        assert_eq!(from("::ffff:192.0.2.7"), from("192.0.2.7"));
        assert_eq!(from("2001:db8::1"), from("2001:db8:0:0:ffff::2"));
        assert_ne!(from("2001:db8::1"), from("2001:db8:0:1::1"));
        assert_ne!(from("192.0.2.7"), from("192.0.2.8"));
    }

    #[test]
    fn a_thousand_addresses_are_not_a_thousand_times_the_guesses_and_a_device_gets_past_them() {
        let mut guesses = guesses();
        let mut looked_at = 0;
        let mut alarms = 0;
        for number in 0..1000_u32 {
            let asker = Asker::Stranger(Source::of(IpAddr::from(number.to_be_bytes())));
            for _ in 0..3 {
                if let Ok(tried) = guesses.begin(ANN, asker, at(u64::from(number))) {
                    looked_at += 1;
                    alarms += u32::from(tried.alarm);
                }
            }
        }
        assert_eq!((looked_at, alarms), (30, 1));
        let now = at(2_000);
        let new = guesses.begin(ANN, Asker::Stranger(from("192.0.2.7")), now);
        assert!(new.is_err_and(|shut| shut.shared));
        // From where she was before, and from what she used before, she comes in.
        assert!(
            guesses
                .begin(ANN, Asker::Known(from("192.0.2.7")), now)
                .is_ok()
        );
        assert!(guesses.begin(ANN, Asker::Device([9; 16]), now).is_ok());
    }

    #[test]
    fn the_holder_is_told_once_however_often_the_last_try_is_taken_back() {
        let mut guesses = guesses();
        let asker = |number: u32| Asker::Stranger(Source::of(IpAddr::from(number.to_be_bytes())));
        let mut alarms = 0;
        for number in 0..100 {
            if let Ok(tried) = guesses.begin(ANN, asker(number), at(0)) {
                alarms += u32::from(tried.alarm);
                if number % 2 == 0 {
                    guesses.take_back(&ANN, asker(number), at(0));
                }
            }
        }
        assert_eq!(alarms, 1);
        // A day later it is another attack.
        let later = FORGET_MS + MAX_SHUT_MS;
        let again = (0..30).filter(|number| {
            let tried = guesses.begin(ANN, asker(*number), at(later));
            tried.is_ok_and(|tried| tried.alarm)
        });
        assert_eq!(again.count(), 1);
    }

    #[test]
    fn what_was_not_looked_at_does_not_count() {
        let mut guesses = guesses();
        let here = Asker::Stranger(from("192.0.2.7"));
        for _ in 0..100 {
            guesses.begin(ANN, here, at(0)).unwrap();
            guesses.take_back(&ANN, here, at(0));
        }
        assert_eq!(guesses.begin(ANN, here, at(0)).unwrap().shut_ms, None);
    }

    #[test]
    fn what_is_counted_is_bounded_and_the_one_most_tried_is_forgotten_last() {
        let mut guesses = guesses();
        let asker = Asker::Stranger(from("192.0.2.7"));
        for _ in 0..3 {
            guesses.begin(ANN, asker, at(0)).unwrap();
        }
        for number in 0..20_000_u32 {
            let mut target = [7; 16];
            target[..4].copy_from_slice(&number.to_be_bytes());
            let source = Source::of(IpAddr::from(number.to_be_bytes()));
            guesses
                .begin(target, Asker::Stranger(source), at(1))
                .unwrap();
            assert!(guesses.len() <= MAX_TARGETS);
        }
        assert!(guesses.begin(ANN, asker, at(2)).is_err());
        guesses.forget(at(2 + MAX_SHUT_MS + FORGET_MS));
        assert!(guesses.is_empty());
    }

    proptest! {
        #[test]
        fn nobody_gets_more_guesses_than_the_doubling_allows(
            pauses in prop::collection::vec(0_u64..30_000, 1..300),
            devices in prop::collection::vec(0_u8..3, 300),
        ) {
            let mut guesses = guesses();
            let mut now = 0;
            let mut looked_at = [0_u32; 3];
            for (pause, device) in pauses.iter().zip(devices) {
                now += pause;
                if guesses.begin(ANN, Asker::Device([device; 16]), at(now)).is_ok() {
                    looked_at[usize::from(device)] += 1;
                }
            }
            // 3, then one after 10 s, 20 s, 40 s, …: n more take 10 s × (2ⁿ − 1) at least.
            for looked_at in looked_at {
                let more = looked_at.saturating_sub(3);
                let least = (0..more).map(|n| (10_000 << n).min(MAX_SHUT_MS)).sum::<u64>();
                prop_assert!(least <= now, "{looked_at} within {now} ms");
            }
        }

        #[test]
        fn whoever_is_right_at_last_is_not_shut_out_by_anybody_else(
            others in prop::collection::vec((0_u32..500, 0_u64..2_000), 0..200),
        ) {
            let mut guesses = guesses();
            let mut now = 0;
            let mine = Asker::Device([5; 16]);
            for (other, pause) in others {
                now += pause;
                let source = Source::of(IpAddr::from(other.to_be_bytes()));
                let _shut = guesses.begin(ANN, Asker::Stranger(source), at(now));
                prop_assert!(guesses.begin(ANN, mine, at(now)).is_ok());
                guesses.right(&ANN, mine, at(now));
            }
        }
    }
}
