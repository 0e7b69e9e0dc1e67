//! What the door is told of a connection while it is there: what is asked, tried and sent on it, and that
//! somebody has signed in.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use snug_proto::Timestamp;
use snug_rules::{Over, Visit};

use super::Door;

/// What tells the door of one connection: held by whoever hears what is asked on it.
#[derive(Debug, Clone)]
pub struct Told(Option<Arc<Counted>>);

/// Lines of a connection that cost nothing by themselves before a sign-in, where a line is no request: all
/// that a client says of itself until then takes a third of them.
pub const FREE_LINES: u32 = 30;

struct Counted {
    door: Arc<Door>,
    visit: Visit,
    /// Lines of a front whose lines are no requests.
    lines: AtomicU32,
    /// Guards itself only; the door's lock is taken while it is held.
    stage: Mutex<Stage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshaking,
    /// Nobody has signed in; so many requests were asked.
    Outside(u32),
    /// Somebody has. Does that keep the address from being shut out?
    In {
        protects: bool,
    },
    Gone,
}

impl Told {
    /// Nothing is counted of it.
    pub(super) const fn nothing() -> Self {
        Self(None)
    }

    /// The handshake of a visit begins.
    pub(super) fn of(door: Arc<Door>, visit: Visit) -> Self {
        Self(Some(Arc::new(Counted {
            door,
            visit,
            lines: AtomicU32::new(0),
            stage: Mutex::new(Stage::Handshaking),
        })))
    }

    /// Its handshake is finished, or needs not to be.
    pub(super) fn shaken(&self) {
        let Some(counted) = &self.0 else { return };
        let mut stage = counted.stage();
        if *stage == Stage::Handshaking {
            *stage = Stage::Outside(0);
            counted.door.lock().budgets.shaken(&counted.visit);
        }
    }

    /// The connection has ended.
    pub(super) fn leaves(&self) {
        let Some(counted) = &self.0 else { return };
        let mut stage = counted.stage();
        let door = &mut counted.door.lock().budgets;
        match std::mem::replace(&mut *stage, Stage::Gone) {
            Stage::Handshaking => door.leaves(&counted.visit, true),
            Stage::Outside(_) => door.leaves(&counted.visit, false),
            Stage::In { protects: true } => door.protects_no_more(&counted.visit),
            Stage::In { protects: false } | Stage::Gone => {}
        }
    }

    /// Is anything counted of this connection?
    pub const fn is_counted(&self) -> bool {
        self.0.is_some()
    }

    /// Is somebody signed in from this address who keeps it from being shut out?
    pub fn is_protected(&self) -> bool {
        let counted = self.0.as_ref();
        counted.is_some_and(|counted| counted.door.lock().budgets.protects(&counted.visit))
    }

    /// Something is asked, and nobody has signed in. An error if that is too much.
    pub fn asks(&self) -> Result<(), Over> {
        let Some(counted) = &self.0 else {
            return Ok(());
        };
        let mut stage = counted.stage();
        let Stage::Outside(requests) = &mut *stage else {
            return Ok(());
        };
        let now = counted.door.clock.steady();
        let asked = counted.door.lock().budgets.asks(&counted.visit, now);
        match asked {
            Ok(()) => *requests = requests.saturating_add(1),
            Err(over) => {
                drop(stage);
                counted.door.report(over);
            }
        }
        asked
    }

    /// A line has come of a front whose lines are no requests, and nobody has signed in. After
    /// [`FREE_LINES`] each costs as much as a request. An error if that is too much.
    pub fn line(&self) -> Result<(), Over> {
        let Some(counted) = &self.0 else {
            return Ok(());
        };
        if counted.lines.fetch_add(1, Ordering::Relaxed) < FREE_LINES {
            return Ok(());
        }
        self.asks()
    }

    /// A code or a password is about to be tried, before a sign-in or after it. An error if too many from
    /// there were wrong, and it is not to be looked at.
    pub fn may_try(&self) -> Result<(), Over> {
        let Some(counted) = &self.0 else {
            return Ok(());
        };
        let now = counted.door.clock.steady();
        let tried = counted.door.lock().budgets.may_try(&counted.visit, now);
        if let Err(over) = tried {
            counted.door.report(over);
        }
        tried
    }

    /// What was tried was wrong, or was never proved right. True if it was paid for.
    pub fn wrong(&self) -> bool {
        let Some(counted) = &self.0 else { return false };
        let now = counted.door.clock.steady();
        counted.door.lock().budgets.wrong(&counted.visit, now)
    }

    /// A password proved right before which so many were wrong and paid for: slips.
    pub fn slipped(&self, slips: u32) {
        let Some(counted) = self.0.as_ref().filter(|_| slips > 0) else {
            return;
        };
        let now = counted.door.clock.steady();
        let mut counts = counted.door.lock();
        counts.budgets.slipped(&counted.visit, slips, now);
    }

    /// What came on it is no protocol of ours. Where `weight` is the whole budget, that is one too many.
    pub fn garbage(&self, weight: u32) {
        let Some(counted) = &self.0 else { return };
        let now = counted.door.clock.steady();
        let sent = counted
            .door
            .lock()
            .budgets
            .garbage(&counted.visit, weight, now);
        if let Err(over) = sent {
            counted.door.report(over);
        }
    }

    /// Somebody has signed in: the connection is given back what it spent. With `protects`, its address is
    /// not shut out as long as it is there.
    pub fn signed_in(&self, protects: bool) {
        self.is_in(protects, |door, visit, requests, now| {
            door.signed_in(visit, requests, protects, now);
        });
    }

    /// Somebody has come in without an account, or with one that is new.
    pub fn came_in(&self) {
        self.is_in(false, snug_rules::Door::came_in);
    }

    fn is_in(
        &self,
        protects: bool,
        count: impl FnOnce(&mut snug_rules::Door, &Visit, u32, Timestamp),
    ) {
        let Some(counted) = &self.0 else { return };
        let mut stage = counted.stage();
        if let Stage::Outside(requests) = *stage {
            counted.door.statistics.count_signed_in(1);
            *stage = Stage::In { protects };
            let now = counted.door.clock.steady();
            count(
                &mut counted.door.lock().budgets,
                &counted.visit,
                requests,
                now,
            );
        }
    }
}

impl Counted {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted")
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}
