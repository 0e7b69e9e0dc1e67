//! What addresses may cost the server while nobody has signed in from them (P2, DECISIONS 28): open
//! connections, new ones a minute, unfinished handshakes, requests and wrong codes. Each address of IPv4
//! and each /64 of IPv6 has a budget, and so, looser, has the /24 or the /48 around it. Who goes over one
//! is shut out, twice as long each time.
//!
//! The memory is bounded, whatever comes: while the table is full, addresses that are not in it share
//! slots, so that nobody is forgotten to make room for another who is shut out or has something open.

mod block;
mod budget;
mod lists;
mod origins;
mod table;

#[cfg(test)]
mod tests;

use core::{cmp::Reverse, net::IpAddr};

use snug_proto::Timestamp;

pub use block::Block;
pub use budget::{DoorLimits, FORGET_STRIKES_MS, GARBAGE, MAX_DOOR_SHUT_MS};
pub use lists::{Listed, Lists};
pub use table::{MAX_BLOCKS, MAX_WIDE_BLOCKS, SLOTS};

use crate::Network;
use budget::{Budget, OverBudget};
use origins::Origins;
use table::{Place, Table};

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offence {
    /// New connections within a minute.
    Connections,
    /// Connections that are open while nobody has signed in on them.
    Open,
    /// TLS handshakes that are not finished.
    Handshakes,
    /// Requests before a sign-in.
    Requests,
    /// Wrong codes and passwords, before a sign-in or after it.
    Codes,
    /// What is no protocol of ours: broken TLS, broken lines.
    Garbage,
}

impl Offence {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Connections,
        Self::Open,
        Self::Handshakes,
        Self::Requests,
        Self::Codes,
        Self::Garbage,
    ];

    /// Its name, as reports and metrics have it. It stays.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Open => "open",
            Self::Handshakes => "handshakes",
            Self::Requests => "requests",
            Self::Codes => "codes",
            Self::Garbage => "garbage",
        }
    }
}

/// Somebody went over a budget and is shut out from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shutting {
    /// Whose doing it was at last.
    pub address: IpAddr,
    /// All that are shut out with it.
    pub block: Network,
    /// Which budget.
    pub offence: Offence,
    /// How often it has been shut out lately, this time among them.
    pub times: u32,
    /// For so long, in milliseconds.
    pub shut_ms: u64,
    /// So many connections of it were refused since it was shut out before.
    pub refused: u32,
}

/// Why a connection is refused, or a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// It is shut out since before; until after so many milliseconds.
    Shut(u64),
    /// It is shut out from now on.
    Shuts(Shutting),
    /// It is only slowed: somebody is signed in from there. After so many milliseconds there is room.
    Slowed(u64),
}

impl Over {
    /// How long until it may be tried again, in milliseconds.
    pub const fn retry_after_ms(&self) -> u64 {
        match self {
            Self::Shut(ms) | Self::Slowed(ms) => *ms,
            Self::Shuts(shutting) => shutting.shut_ms,
        }
    }
}

/// A connection that was let in: where it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    address: IpAddr,
    narrow: Place,
    wide: Place,
}

/// What is counted at the door.
#[derive(Debug)]
pub struct Door {
    narrow: Table,
    wide: Table,
    origins: Origins,
}

impl Door {
    /// Nobody came yet.
    pub fn new(limits: DoorLimits) -> Self {
        Self {
            narrow: Table::new(limits, MAX_BLOCKS),
            wide: Table::new(limits.of_wide(), MAX_WIDE_BLOCKS),
            origins: Origins::default(),
        }
    }

    /// Somebody connects. Called once a connection, before it costs anything.
    pub fn arrive(&mut self, address: IpAddr, now: Timestamp) -> Result<Visit, Over> {
        let of = Block::of(address);
        let around = of.around();
        let limits = self.wide.limits;
        let (budget, wide) = self.wide.budget(around, now);
        budget
            .may_arrive(&limits, now)
            .map_err(|over| over.at(address, around))?;
        let limits = self.narrow.limits;
        let (budget, narrow) = self.narrow.budget(of, now);
        budget
            .may_arrive(&limits, now)
            .map_err(|over| over.at(address, of))?;
        budget.arrives(now);
        if let Some(budget) = self.wide.at(wide) {
            budget.arrives(now);
        }
        self.origins.comes(of, now);
        Ok(Visit {
            address,
            narrow,
            wide,
        })
    }

    /// Its handshake is finished, or needs not to be.
    pub fn shaken(&mut self, visit: &Visit) {
        self.both(visit, |budget, _| {
            budget.unfinished = budget.unfinished.saturating_sub(1);
        });
    }

    /// It asks something, and nobody has signed in on it.
    pub fn asks(&mut self, visit: &Visit, now: Timestamp) -> Result<(), Over> {
        self.spend(visit, Offence::Requests, 1, now)
    }

    /// It is about to try a secret, a code or a password, before a sign-in or after it. An error if too many
    /// were wrong.
    pub fn may_try(&mut self, visit: &Visit, now: Timestamp) -> Result<(), Over> {
        self.budgets(visit, now, |budget, limits| budget.may_try(limits, now))
    }

    /// The secret that it tried was wrong, or was never proved right. True if it was paid for: of many at once,
    /// those are not for which there is no room.
    pub fn wrong(&mut self, visit: &Visit, now: Timestamp) -> bool {
        let mut paid = true;
        let _never_over = self.budgets(visit, now, |budget, limits| {
            paid &= budget.wrong(limits, now);
            Ok(())
        });
        paid
    }

    /// A secret proved right, before which so many were wrong from here and paid for: slips, which cost nothing.
    /// What others' accounts were tried with stays.
    pub fn slipped(&mut self, visit: &Visit, slips: u32, now: Timestamp) {
        self.both(visit, |budget, limits| budget.slipped(limits, slips, now));
    }

    /// It sends what is no protocol of ours.
    pub fn garbage(&mut self, visit: &Visit, weight: u32, now: Timestamp) -> Result<(), Over> {
        self.spend(visit, Offence::Garbage, weight, now)
    }

    /// Shuts those out for so long who were shut out lately, the worst first, and so many at most; nobody who is
    /// protected, or whom it shut out for the same before. How many it was.
    pub fn shut_worst(&mut self, most: usize, for_ms: u64, now: Timestamp) -> usize {
        self.narrow.shut_worst(most, for_ms, now) + self.wide.shut_worst(most, for_ms, now)
    }

    /// Whom the shield shut out is let in again; who is shut out by their own doing is not.
    pub fn let_back(&mut self) {
        self.narrow.let_back();
        self.wide.let_back();
    }

    /// Somebody has signed in on it: it is given back what it spent, so many requests among it. With
    /// `protects`, nobody shuts its address out as long as it is there.
    pub fn signed_in(&mut self, visit: &Visit, requests: u32, protects: bool, now: Timestamp) {
        self.origins.is_known(Block::of(visit.address), now);
        self.both(visit, |budget, limits| {
            budget.signed_in(limits, requests, protects, now);
        });
    }

    /// Somebody came in without an account, or with a new one: nothing is given back but the requests.
    pub fn came_in(&mut self, visit: &Visit, requests: u32, now: Timestamp) {
        self.origins.is_known(Block::of(visit.address), now);
        self.both(visit, |budget, limits| {
            budget.open = budget.open.saturating_sub(1);
            budget.requests.give_back(limits.requests(), requests, now);
        });
    }

    /// It has ended, and nobody ever signed in on it.
    pub fn leaves(&mut self, visit: &Visit, unfinished: bool) {
        self.both(visit, |budget, _| {
            budget.open = budget.open.saturating_sub(1);
            budget.unfinished = budget.unfinished.saturating_sub(u32::from(unfinished));
        });
    }

    /// It has ended, and protects its address no more.
    pub fn protects_no_more(&mut self, visit: &Visit) {
        self.both(visit, |budget, _| {
            budget.protecting = budget.protecting.saturating_sub(1);
        });
    }

    /// Is somebody there who keeps this visit's address from being shut out?
    pub fn protects(&mut self, visit: &Visit) -> bool {
        let budget = self.narrow.at(visit.narrow);
        budget.is_some_and(|budget| budget.protecting > 0)
    }

    /// How many addresses are counted for, and how many networks around them.
    pub fn len(&self) -> (usize, usize) {
        (self.narrow.len(), self.wide.len())
    }

    /// Is nothing counted?
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    /// Addresses with the most connections that nobody has signed in on, and addresses and networks that are
    /// shut out, worst first: the block, how many are open, for how many milliseconds it is shut, how often
    /// it was.
    pub fn worst(&self, most: usize, now: Timestamp) -> Vec<(Network, u32, u64, u32)> {
        let mut worst = self.narrow.worst(most, now);
        // What a network has open is its addresses': it stands out by being shut out.
        let networks = self.wide.worst(most, now).into_iter();
        worst.extend(networks.filter(|(_, _, shut_ms, _)| *shut_ms > 0));
        worst.sort_by_key(|(_, open, shut_ms, times)| Reverse((*shut_ms, *times, *open)));
        worst.truncate(most);
        worst
    }

    /// Where most newcomers of the last 10 to 20 seconds come from, who have not signed in, and how many of a
    /// hundred do, most first. Nothing where few come.
    pub fn origins(&mut self, most: usize, now: Timestamp) -> Vec<(Network, u8)> {
        self.origins.most(most, now)
    }

    fn spend(
        &mut self,
        visit: &Visit,
        what: Offence,
        count: u32,
        now: Timestamp,
    ) -> Result<(), Over> {
        self.budgets(visit, now, |budget, limits| {
            budget.spend(limits, what, count, now)
        })
    }

    /// Asks the budgets of one who was let in. Of one who is inside nothing may be owed any more, and what
    /// was counted may be forgotten: then it is counted anew.
    fn budgets(
        &mut self,
        visit: &Visit,
        now: Timestamp,
        mut ask: impl FnMut(&mut Budget, &DoorLimits) -> Result<(), OverBudget>,
    ) -> Result<(), Over> {
        let narrow = Block::of(visit.address);
        for (table, place, block) in [
            (&mut self.narrow, visit.narrow, narrow),
            (&mut self.wide, visit.wide, narrow.around()),
        ] {
            let limits = table.limits;
            let budget = match place {
                Place::Own(of) => Some(table.budget(of, now).0),
                Place::Shared(_) => table.at(place),
            };
            if let Some(budget) = budget {
                ask(budget, &limits).map_err(|over| over.at(visit.address, block))?;
            }
        }
        Ok(())
    }

    fn both(&mut self, visit: &Visit, change: impl Fn(&mut Budget, &DoorLimits)) {
        for (table, place) in [
            (&mut self.narrow, visit.narrow),
            (&mut self.wide, visit.wide),
        ] {
            let limits = table.limits;
            if let Some(budget) = table.at(place) {
                change(budget, &limits);
            }
        }
    }
}
