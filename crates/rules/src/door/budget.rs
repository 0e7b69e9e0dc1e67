//! The budget of one block: what it has spent, and for how long it is shut out.

use core::net::IpAddr;

use snug_proto::Timestamp;

use super::{Block, Offence, Over, Shutting};

/// Nobody is shut out for longer than this at a time, in milliseconds: an hour.
pub const MAX_DOOR_SHUT_MS: u64 = 3_600_000;
/// How often one was shut out is forgotten this long after the last time, in milliseconds: a day.
pub const FORGET_STRIKES_MS: u64 = 24 * 3_600_000;
/// What went over a budget within so many milliseconds is held against it when the shield goes up; and for no
/// longer than that shuts it out, so that one offence is not paid for twice.
const LATELY_MS: u64 = 600_000;
/// A minute, in milliseconds: what a rate of connections is said in.
const MINUTE_MS: u64 = 60_000;
/// All requests and all wrong codes of a budget are there again after so long, in milliseconds.
const REFILL_MS: u64 = 10 * MINUTE_MS;
/// Connections with nothing but garbage that are forgiven: a client may be set up wrongly.
pub const GARBAGE: u32 = 10;

/// The options. A limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorLimits {
    /// Connections that are open while nobody has signed in on them.
    pub open: u32,
    /// New connections a minute; as many may come at once.
    pub per_minute: u32,
    /// TLS handshakes that are not finished.
    pub unfinished: u32,
    /// Requests before a sign-in, within ten minutes.
    pub requests: u32,
    /// Wrong codes and passwords, within ten minutes.
    pub codes: u32,
    /// Connections that send what is no protocol of ours, within ten minutes.
    pub garbage: u32,
    /// Whoever goes over is shut out for so long the first time, in milliseconds.
    pub shut_ms: u64,
    /// The network around an address may do so many times as much.
    pub around: u32,
}

impl Default for DoorLimits {
    fn default() -> Self {
        Self {
            open: 64,
            per_minute: 120,
            unfinished: 32,
            requests: 30,
            codes: 10,
            garbage: GARBAGE,
            shut_ms: 30_000,
            around: 4,
        }
    }
}

/// A quantity with a limit that comes back with time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    most: u32,
    refill_ms: u64,
}

impl DoorLimits {
    /// No limit to anything.
    pub const NONE: Self = Self {
        open: 0,
        per_minute: 0,
        unfinished: 0,
        requests: 0,
        codes: 0,
        garbage: 0,
        shut_ms: 1,
        around: 1,
    };

    pub(super) const fn of_wide(self) -> Self {
        let around = if self.around == 0 { 1 } else { self.around };
        Self {
            open: self.open.saturating_mul(around),
            per_minute: self.per_minute.saturating_mul(around),
            unfinished: self.unfinished.saturating_mul(around),
            requests: self.requests.saturating_mul(around),
            codes: self.codes.saturating_mul(around),
            garbage: self.garbage.saturating_mul(around),
            ..self
        }
    }

    const fn connections(&self) -> Limit {
        Limit {
            most: self.per_minute,
            refill_ms: MINUTE_MS,
        }
    }

    pub(super) const fn requests(&self) -> Limit {
        Limit {
            most: self.requests,
            refill_ms: REFILL_MS,
        }
    }

    const fn garbage(&self) -> Limit {
        Limit {
            most: self.garbage,
            refill_ms: REFILL_MS,
        }
    }

    const fn codes(&self) -> Limit {
        Limit {
            most: self.codes,
            refill_ms: REFILL_MS,
        }
    }
}

/// What was spent of a quantity: one of it weighs as many parts as make the refill even, so that nothing
/// is lost to rounding.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    /// Of one thing `refill_ms` parts; `most` parts come back each millisecond.
    parts: u64,
    at: Timestamp,
}

impl Spent {
    fn refill(&mut self, limit: Limit, now: Timestamp) {
        let passed = now.ms().saturating_sub(self.at.ms());
        let back = passed.saturating_mul(u64::from(limit.most));
        self.parts = self.parts.saturating_sub(back);
        // A clock that was put back fills nothing twice, and takes nothing away.
        self.at = now;
    }

    /// How many milliseconds until so many more may be spent; 0 for now.
    fn wait(&mut self, limit: Limit, count: u32, now: Timestamp) -> u64 {
        if limit.most == 0 {
            return 0;
        }
        self.refill(limit, now);
        let room = u64::from(limit.most).saturating_mul(limit.refill_ms);
        let more = u64::from(count).saturating_mul(limit.refill_ms);
        let over = self.parts.saturating_add(more);
        over.saturating_sub(room).div_ceil(u64::from(limit.most))
    }

    fn spend(&mut self, limit: Limit, count: u32) {
        let parts = u64::from(count).saturating_mul(limit.refill_ms);
        self.parts = self.parts.saturating_add(parts);
    }

    pub(super) fn give_back(&mut self, limit: Limit, count: u32, now: Timestamp) {
        self.refill(limit, now);
        let parts = u64::from(count).saturating_mul(limit.refill_ms);
        self.parts = self.parts.saturating_sub(parts);
    }

    fn is_whole(&self, limit: Limit, now: Timestamp) -> bool {
        let mut later = *self;
        later.refill(limit, now);
        later.parts == 0
    }
}

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Budget {
    /// Connections that nobody has signed in on.
    pub(super) open: u32,
    /// Those of them whose handshake is not finished.
    pub(super) unfinished: u32,
    /// Connections of accounts for whose sake it is not shut out.
    pub(super) protecting: u32,
    connections: Spent,
    pub(super) requests: Spent,
    codes: Spent,
    garbage: Spent,
    /// How often it was shut out.
    pub(super) strikes: u32,
    shut_until: Timestamp,
    /// Shut out by the shield until then.
    shielded_until: Timestamp,
    /// When it was shut out last, by its own doing.
    struck_at: Timestamp,
    /// Refused since it was shut out last.
    refused: u32,
}

/// The same as [`Over`], before it is known of whom.
pub(super) enum OverBudget {
    Shut(u64),
    Slowed(u64),
    Shuts {
        offence: Offence,
        times: u32,
        shut_ms: u64,
        refused: u32,
    },
}

impl OverBudget {
    pub(super) fn at(self, address: IpAddr, block: Block) -> Over {
        match self {
            Self::Shut(ms) => Over::Shut(ms),
            Self::Slowed(ms) => Over::Slowed(ms),
            Self::Shuts {
                offence,
                times,
                shut_ms,
                refused,
            } => Over::Shuts(Shutting {
                address: address.to_canonical(),
                block: block.network(),
                offence,
                times,
                shut_ms,
                refused,
            }),
        }
    }
}

impl Budget {
    /// May one more connection come?
    pub(super) fn may_arrive(
        &mut self,
        limits: &DoorLimits,
        now: Timestamp,
    ) -> Result<(), OverBudget> {
        if let Some(ms) = self.shut_ms(now) {
            self.refused = self.refused.saturating_add(1);
            return Err(OverBudget::Shut(ms));
        }
        let full = |most: u32, now: u32| most > 0 && now >= most;
        let (offence, wait) = if full(limits.unfinished, self.unfinished) {
            (Offence::Handshakes, 1000)
        } else if full(limits.open, self.open) {
            (Offence::Open, 1000)
        } else {
            match self.connections.wait(limits.connections(), 1, now) {
                0 => return Ok(()),
                wait => (Offence::Connections, wait),
            }
        };
        Err(self.over(limits, offence, wait, now))
    }

    /// One more came.
    pub(super) fn arrives(&mut self, now: Timestamp) {
        // A minute is what connections come back in, whatever the limit.
        let limit = Limit {
            most: 0,
            refill_ms: MINUTE_MS,
        };
        if self.connections.at == Timestamp::default() {
            self.connections.at = now;
        }
        self.connections.spend(limit, 1);
        self.open = self.open.saturating_add(1);
        self.unfinished = self.unfinished.saturating_add(1);
    }

    /// Spends so many requests, wrong codes or connections of garbage.
    pub(super) fn spend(
        &mut self,
        limits: &DoorLimits,
        what: Offence,
        count: u32,
        now: Timestamp,
    ) -> Result<(), OverBudget> {
        let (spent, limit) = match what {
            Offence::Codes => (&mut self.codes, limits.codes()),
            Offence::Garbage => (&mut self.garbage, limits.garbage()),
            _ => (&mut self.requests, limits.requests()),
        };
        match spent.wait(limit, count, now) {
            0 => {
                spent.spend(limit, count);
                Ok(())
            }
            wait => match self.shut_ms(now) {
                Some(ms) => Err(OverBudget::Shut(ms)),
                None => Err(self.over(limits, what, wait, now)),
            },
        }
    }

    pub(super) fn signed_in(
        &mut self,
        limits: &DoorLimits,
        requests: u32,
        protects: bool,
        now: Timestamp,
    ) {
        self.open = self.open.saturating_sub(1);
        self.connections.give_back(limits.connections(), 1, now);
        self.requests.give_back(limits.requests(), requests, now);
        self.protecting = self.protecting.saturating_add(u32::from(protects));
    }

    /// May one more secret be tried?
    pub(super) fn may_try(
        &mut self,
        limits: &DoorLimits,
        now: Timestamp,
    ) -> Result<(), OverBudget> {
        match self.codes.wait(limits.codes(), 1, now) {
            0 => Ok(()),
            wait => match self.shut_ms(now) {
                Some(ms) => Err(OverBudget::Shut(ms)),
                None => Err(self.over(limits, Offence::Codes, wait, now)),
            },
        }
    }

    /// A wrong one was tried. Many at once spend no more than there is: was this one spent?
    pub(super) fn wrong(&mut self, limits: &DoorLimits, now: Timestamp) -> bool {
        let room = self.codes.wait(limits.codes(), 1, now) == 0;
        if room {
            self.codes.spend(limits.codes(), 1);
        }
        room
    }

    /// So many wrong ones were slips of somebody who then knew the right one.
    pub(super) fn slipped(&mut self, limits: &DoorLimits, slips: u32, now: Timestamp) {
        self.codes.give_back(limits.codes(), slips, now);
    }

    /// For how long it is shut out, if it is. One that is protected is not.
    pub(super) fn shut_ms(&self, now: Timestamp) -> Option<u64> {
        let until = self.shut_until.max(self.shielded_until);
        let left = until.ms().saturating_sub(now.ms());
        (left > 0 && self.protecting == 0).then_some(left.min(MAX_DOOR_SHUT_MS))
    }

    /// How bad it is, to be shut out by the shield for so long; `None` if it went over nothing lately, or is protected, or was
    /// shut out for it by the shield already: an honest client that tries again and again would else never come in.
    pub(super) fn badness(&self, for_ms: u64, now: Timestamp) -> Option<(u32, u32)> {
        let since = now.ms().saturating_sub(self.struck_at.ms());
        let lately = self.strikes > 0 && since < LATELY_MS.min(for_ms);
        let bad = self.shut_until > now || lately;
        let free = self.protecting == 0 && self.shielded_until <= now;
        (bad && free).then_some((self.strikes, self.refused))
    }

    /// The shield shuts it out for so long, if it is not shut out for longer.
    pub(super) fn shut_for(&mut self, for_ms: u64, now: Timestamp) {
        self.shielded_until = self.shielded_until.max(now.plus_ms(for_ms));
    }

    /// What the shield did to it is taken back. What it owes by itself stays.
    pub(super) const fn let_back(&mut self) {
        self.shielded_until = Timestamp::from_ms(0);
    }

    /// Nothing would be lost with it.
    pub(super) fn is_idle(&self, limits: &DoorLimits, now: Timestamp) -> bool {
        self.is_settled(limits, now) && self.strikes_are_over(now)
    }

    /// Nothing would be lost with it but how often it was shut out.
    pub(super) fn is_settled(&self, limits: &DoorLimits, now: Timestamp) -> bool {
        self.open == 0
            && self.unfinished == 0
            && self.protecting == 0
            && self.shut_until.max(self.shielded_until) <= now
            && self.connections.is_whole(limits.connections(), now)
            && self.requests.is_whole(limits.requests(), now)
            && self.codes.is_whole(limits.codes(), now)
            && self.garbage.is_whole(limits.garbage(), now)
    }

    fn strikes_are_over(&self, now: Timestamp) -> bool {
        self.strikes == 0 || now.ms().saturating_sub(self.struck_at.ms()) >= FORGET_STRIKES_MS
    }

    fn over(
        &mut self,
        limits: &DoorLimits,
        offence: Offence,
        wait: u64,
        now: Timestamp,
    ) -> OverBudget {
        if self.protecting > 0 {
            return OverBudget::Slowed(wait);
        }
        if self.strikes_are_over(now) {
            self.strikes = 0;
        }
        let doubled = 1_u64.checked_shl(self.strikes).unwrap_or(u64::MAX);
        let shut_ms = limits.shut_ms.saturating_mul(doubled).min(MAX_DOOR_SHUT_MS);
        self.strikes = self.strikes.saturating_add(1);
        self.shut_until = now.plus_ms(shut_ms);
        self.struck_at = now;
        OverBudget::Shuts {
            offence,
            times: self.strikes,
            shut_ms,
            refused: core::mem::take(&mut self.refused),
        }
    }
}
