//! The door's memory: who may come in, asked once for each connection before anything is done for it
//! (P2). The arithmetic is in `snug_rules`; here are its clock, its lock, and the hold that a connection
//! has on what is counted for it.

mod guest;
mod told;

pub use guest::Guest;
pub use told::{FREE_LINES, Told};

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use snug_proto::Timestamp;
use snug_rules::{
    Alarm, DoorLimits, ListedAddress as Listed, Lists, Network, Offence, Over, Shield, ShieldWish,
    Shutting, SurgeLimits, Visit,
};

use crate::{
    Statistics,
    origin::{WebOrigin, is_among},
    places::Places,
};

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
    counted: Mutex<Counts>,
    /// The shield is up: newcomers pay.
    shield_is_up: AtomicBool,
    trusted: Vec<Network>,
    proxies: Vec<Network>,
    web_origins: Vec<WebOrigin>,
    /// How often somebody was shut out, by what for.
    shut_out_by: [AtomicU64; Offence::ALL.len()],
    clock: Arc<dyn Steady>,
    statistics: Arc<Statistics>,
    places: Places,
    on_shut: OnceLock<Arc<dyn OnShut>>,
}

/// How a door behaves.
#[derive(Debug, Clone)]
pub struct DoorOptions {
    /// What addresses may cost.
    pub limits: DoorLimits,
    /// When the shield goes up.
    pub surge: SurgeLimits,
    /// From these nothing is counted.
    pub trusted: Vec<Network>,
    /// These say for whom they connect (DECISIONS 28).
    pub proxies: Vec<Network>,
    /// Web pages of other hosts that may ask for a WebSocket.
    pub web_origins: Vec<WebOrigin>,
    /// So many connections at a time: whoever comes then is closed at once, before TLS.
    pub most_connections: u64,
}

impl DoorOptions {
    /// Without any limit.
    pub fn unlimited() -> Self {
        Self {
            limits: DoorLimits::NONE,
            surge: SurgeLimits {
                newcomers: 0,
                ..SurgeLimits::default()
            },
            trusted: Vec::new(),
            proxies: Vec::new(),
            web_origins: Vec::new(),
            most_connections: u64::MAX,
        }
    }
}

struct Counts {
    budgets: snug_rules::Door,
    lists: Lists,
    shield: Shield,
    /// Ticks since the worst were shut out.
    ticks: u32,
}

/// Something for the owner to hear of the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// What.
    pub alarm: Alarm,
    /// So many addresses and networks were shut out for it at once, and for so long, in milliseconds.
    pub shut: (usize, u64),
}

/// How things stand at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Is the shield up?
    pub shield_is_up: bool,
    /// What its owner wants of it.
    pub wish: ShieldWish,
    /// Newcomers in the last ten seconds who have not signed in.
    pub newcomers: u64,
    /// Addresses and networks that are counted for.
    pub counted: (usize, usize),
}

impl Door {
    /// A door that counts within these limits, but not those who come from trusted addresses.
    pub fn new(options: DoorOptions, clock: Arc<dyn Steady>) -> Arc<Self> {
        let DoorOptions {
            limits,
            surge,
            trusted,
            proxies,
            web_origins,
            most_connections,
        } = options;
        Arc::new(Self {
            counted: Mutex::new(Counts {
                budgets: snug_rules::Door::new(limits),
                lists: Lists::default(),
                shield: Shield::new(surge),
                ticks: 0,
            }),
            shield_is_up: AtomicBool::new(false),
            trusted,
            proxies,
            web_origins,
            shut_out_by: Default::default(),
            clock,
            statistics: Arc::default(),
            places: Places::new(most_connections),
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
        // Counted first: those who fill the house spend their budget by it, and are shut out.
        let guest = self.guest(peer)?;
        if self.connections() >= self.places.most() {
            self.turn_away("as many are open as there is room for");
            return None;
        }
        self.statistics.count_let_in(1);
        Some(guest)
    }

    /// A newcomer cannot be taken, or even accepted.
    pub(crate) fn turn_away(&self, why: impl fmt::Display) {
        self.places.turn_away(self.clock.steady(), why);
    }

    /// Connections that are open, whether their handshake is finished or not.
    pub fn connections(&self) -> u64 {
        let of = &self.statistics;
        let gone = of.closed().saturating_add(of.failed_handshakes());
        of.let_in().saturating_sub(gone)
    }

    /// How many connections there is room for, how often there was none, and was that lately?
    pub fn room(&self) -> (u64, u64, bool) {
        let of = &self.places;
        (of.most(), of.turned_away(), of.are_out())
    }

    fn guest(self: &Arc<Self>, peer: SocketAddr) -> Option<Guest> {
        let address = peer.ip();
        // Who comes through a proxy is counted once it is known who that is.
        if self.is_proxy(address) {
            return Some(Guest {
                address: peer,
                told: Told::nothing(),
                behind: Some(Arc::clone(self)),
            });
        }
        self.counted_guest(peer)
    }

    fn counted_guest(self: &Arc<Self>, peer: SocketAddr) -> Option<Guest> {
        let told = match self.visit(peer.ip()) {
            Ok(None) => Told::nothing(),
            Ok(Some(visit)) => Told::of(Arc::clone(self), visit),
            Err(over) => {
                self.statistics.count_refused(1);
                if let Some(over) = over {
                    self.report(over);
                }
                return None;
            }
        };
        Some(Guest {
            address: peer,
            told,
            behind: None,
        })
    }

    /// Those with the most connections that nobody has signed in on, and those that are shut out, networks
    /// among them, worst first: the block, how many are open, for how many milliseconds it is shut, how often
    /// it was.
    pub fn worst(&self, most: usize) -> Vec<(Network, u32, u64, u32)> {
        let now = self.clock.steady();
        self.lock().budgets.worst(most, now)
    }

    /// Where most newcomers come from who have not signed in, and how many of a hundred do, most first.
    pub fn origins(&self, most: usize) -> Vec<(Network, u8)> {
        let now = self.clock.steady();
        self.lock().budgets.origins(most, now)
    }

    /// Looks at or changes what was decided by hand; told the door's time now.
    pub fn lists<T>(&self, change: impl FnOnce(&mut Lists, Timestamp) -> T) -> T {
        let now = self.clock.steady();
        change(&mut self.lock().lists, now)
    }

    /// Is an address past everything that the door keeps people out by?
    pub fn is_exempt(&self, address: IpAddr) -> bool {
        self.is_trusted(address) || self.lists(|lists, now| lists.allows(address, now))
    }

    /// Is the shield up?
    pub fn shield_is_up(&self) -> bool {
        self.shield_is_up.load(Ordering::Acquire)
    }

    /// The owner says what they want of the shield. What is to be told of it.
    pub fn want_shield(&self, wish: ShieldWish) -> Option<Heard> {
        let now = self.clock.steady();
        let refused = self.statistics.refused();
        let mut counts = self.lock();
        let alarm = counts.shield.want(wish, refused, now);
        if wish == ShieldWish::Down {
            counts.budgets.let_back();
        }
        self.heard(&mut counts, alarm, now)
    }

    /// A second has passed. What is to be told.
    pub fn tick(&self) -> Option<Heard> {
        let now = self.clock.steady();
        self.places.tick(now);
        let of = &self.statistics;
        // Who is refused at the door costs next to nothing, and is no reason to make others wait.
        let newcomers = of.newcomers().saturating_sub(of.signed_in());
        let mut counts = self.lock();
        let alarm = counts.shield.tick(newcomers, of.refused(), now);
        counts.ticks = counts.ticks.wrapping_add(1);
        if alarm.is_none() && counts.shield.is_up() && counts.ticks.is_multiple_of(SHUT_EVERY_TICKS)
        {
            shut_worst(&mut counts, now);
        }
        self.heard(&mut counts, alarm, now)
    }

    /// For how long a surge may go on before the shield goes up by itself, in milliseconds.
    pub fn patience_ms(&self) -> u64 {
        self.lock().shield.limits().patience_ms
    }

    /// How things stand.
    pub fn standing(&self) -> Standing {
        let counts = self.lock();
        Standing {
            shield_is_up: counts.shield.is_up(),
            wish: counts.shield.wish(),
            newcomers: counts.shield.newcomers(),
            counted: counts.budgets.len(),
        }
    }

    fn heard(&self, counts: &mut Counts, alarm: Option<Alarm>, now: Timestamp) -> Option<Heard> {
        let up = counts.shield.is_up();
        self.shield_is_up.store(up, Ordering::Release);
        let alarm = alarm?;
        let shut = match alarm {
            Alarm::Raised => shut_worst(counts, now),
            Alarm::Surge(_) | Alarm::Lowered { .. } => (0, 0),
        };
        Some(Heard { alarm, shut })
    }

    /// Is this one of the proxies?
    pub(crate) fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(address))
    }

    /// May this page of another host ask for a WebSocket?
    pub(crate) fn welcomes_page(&self, origin: &str) -> bool {
        is_among(origin, &self.web_origins)
    }

    /// For what, and how often for it, somebody was shut out.
    pub fn shut_out_by(&self) -> impl Iterator<Item = (Offence, u64)> {
        let counts = self.shut_out_by.iter();
        Offence::ALL
            .into_iter()
            .zip(counts.map(|of| of.load(Ordering::Relaxed)))
    }

    /// Connections whose handshake is not finished.
    pub fn handshaking(&self) -> u64 {
        let of = &self.statistics;
        let done = of.opened().saturating_add(of.failed_handshakes());
        of.let_in().saturating_sub(done)
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// What is counted for a connection from here: nothing, where nothing is. An error if it is refused,
    /// and for what, where that is news.
    fn visit(&self, address: IpAddr) -> Result<Option<Visit>, Option<Over>> {
        if self.is_trusted(address) {
            return Ok(None);
        }
        let now = self.clock.steady();
        let mut counts = self.lock();
        match counts.lists.look(address, now) {
            Listed::Allowed => return Ok(None),
            Listed::Refused => return Err(None),
            Listed::Not | Listed::ToBeTold => {}
        }
        let visit = counts.budgets.arrive(address, now).map_err(Some)?;
        self.statistics.count_newcomers(1);
        Ok(Some(visit))
    }

    fn report(&self, over: Over) {
        if let Over::Shuts(shutting) = over {
            self.statistics.count_shut_out(1);
            let at = Offence::ALL.iter().position(|of| *of == shutting.offence);
            if let Some(count) = at.and_then(|at| self.shut_out_by.get(at)) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(on_shut) = self.on_shut.get() {
                on_shut.shut_out(&shutting);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While the shield is up, the worst are shut out anew after so many ticks.
const SHUT_EVERY_TICKS: u32 = 10;
/// So many addresses are shut out by the shield at a time, and so many networks.
const MAX_SHUT_BY_SHIELD: usize = 10_000;

fn shut_worst(counts: &mut Counts, now: Timestamp) -> (usize, u64) {
    let for_ms = counts.shield.limits().ban_ms;
    let shut = counts.budgets.shut_worst(MAX_SHUT_BY_SHIELD, for_ms, now);
    (shut, for_ms)
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}
