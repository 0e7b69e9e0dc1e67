//! The door's memory: who may come in, asked once for each connection before anything is done for it
//! (P2). The arithmetic is in `snug_rules`; here are its clock, its lock, and the hold that a connection
//! has on what is counted for it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use snug_proto::Timestamp;
use snug_rules::{DoorLimits, Network, Over, Shutting, Visit};

use crate::Statistics;

/// A clock that never jumps: what the door counts by.
pub trait Steady: Send + Sync {
    /// Time that has passed since some moment; never less than it was.
    fn steady(&self) -> Timestamp;
}

/// Told when somebody is shut out. Called outside of every lock, seldom more often than once a second for
/// each address; it must not wait.
pub trait OnShut: Send + Sync {
    /// An address, or the network around it, is shut out from now on.
    fn shut_out(&self, shutting: &Shutting);
}

/// See the module.
pub struct Door {
    /// Guards the arithmetic only; no other lock is taken while it is held.
    counted: Mutex<snug_rules::Door>,
    trusted: Vec<Network>,
    clock: Arc<dyn Steady>,
    statistics: Arc<Statistics>,
    on_shut: OnceLock<Arc<dyn OnShut>>,
}

/// A connection that was let in. Dropping it is its end, whatever else still holds a [`Told`].
#[derive(Debug)]
pub struct Guest {
    address: SocketAddr,
    told: Told,
}

/// What tells the door of one connection: held by whoever hears what is asked on it.
#[derive(Debug, Clone)]
pub struct Told(Option<Arc<Counted>>);

struct Counted {
    door: Arc<Door>,
    visit: Visit,
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

impl Door {
    /// A door that counts within these limits, but not those who come from trusted addresses.
    pub fn new(limits: DoorLimits, trusted: Vec<Network>, clock: Arc<dyn Steady>) -> Arc<Self> {
        Arc::new(Self {
            counted: Mutex::new(snug_rules::Door::new(limits)),
            trusted,
            clock,
            statistics: Arc::default(),
            on_shut: OnceLock::new(),
        })
    }

    /// Says who is told when somebody is shut out; once.
    pub fn tell(&self, on_shut: Arc<dyn OnShut>) {
        let _first_stays = self.on_shut.set(on_shut);
    }

    /// The counters.
    pub fn statistics(&self) -> Arc<Statistics> {
        Arc::clone(&self.statistics)
    }

    /// Somebody connects: `None` if the connection is to be closed without a word.
    pub(crate) fn arrive(self: &Arc<Self>, peer: SocketAddr) -> Option<Guest> {
        let address = peer.ip();
        let told = if self.is_exempt(address) {
            Told(None)
        } else {
            let now = self.clock.steady();
            let arrived = self.lock().arrive(address, now);
            let visit = match arrived {
                Ok(visit) => visit,
                Err(over) => {
                    self.statistics.count_refused(1);
                    self.report(over);
                    return None;
                }
            };
            Told(Some(Arc::new(Counted {
                door: Arc::clone(self),
                visit,
                stage: Mutex::new(Stage::Handshaking),
            })))
        };
        Some(Guest {
            address: peer,
            told,
        })
    }

    /// Those with the most connections that nobody has signed in on, and those that are shut out, worst
    /// first: the block, how many are open, for how many milliseconds it is shut, how often it was.
    pub fn worst(&self, most: usize) -> Vec<(Network, u32, u64, u32)> {
        let now = self.clock.steady();
        self.lock().worst(most, now)
    }

    fn is_exempt(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    fn report(&self, over: Over) {
        if let Over::Shuts(shutting) = over {
            self.statistics.count_shut_out(1);
            if let Some(on_shut) = self.on_shut.get() {
                on_shut.shut_out(&shutting);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, snug_rules::Door> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Where it comes from.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What tells the door of it.
    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }

    /// Its handshake is finished, or needs not to be.
    pub(crate) fn shaken(&self) {
        let Some(counted) = &self.told.0 else { return };
        let mut stage = counted.stage();
        if *stage == Stage::Handshaking {
            *stage = Stage::Outside(0);
            counted.door.lock().shaken(&counted.visit);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some(counted) = &self.told.0 else { return };
        let mut stage = counted.stage();
        let mut door = counted.door.lock();
        match std::mem::replace(&mut *stage, Stage::Gone) {
            Stage::Handshaking => door.leaves(&counted.visit, true),
            Stage::Outside(_) => door.leaves(&counted.visit, false),
            Stage::In { protects: true } => door.protects_no_more(&counted.visit),
            Stage::In { protects: false } | Stage::Gone => {}
        }
    }
}

impl Told {
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
        let asked = counted.door.lock().asks(&counted.visit, now);
        match asked {
            Ok(()) => *requests = requests.saturating_add(1),
            Err(over) => {
                drop(stage);
                counted.door.report(over);
            }
        }
        asked
    }

    /// What was named before a sign-in is no code. An error if that were too many.
    pub fn wrong_code(&self) -> Result<(), Over> {
        let Some(counted) = &self.0 else {
            return Ok(());
        };
        let now = counted.door.clock.steady();
        let named = counted.door.lock().wrong_code(&counted.visit, now);
        if let Err(over) = named {
            counted.door.report(over);
        }
        named
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
            *stage = Stage::In { protects };
            let now = counted.door.clock.steady();
            count(&mut counted.door.lock(), &counted.visit, requests, now);
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

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}
