//! What the engine is started with.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
    time::Instant,
};

use snug_auth::ServerKeys;
use snug_proto::{Argon2Parameters, Registration, Timestamp};
use snug_rules::{GuessLimits, Network, Rate, Retention};

/// Tells the time. The server's own clock in use, a hand-moved one in tests.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// What is past its time by this is deleted for good. Never later than now, and behind it for a while
    /// after the machine's clock jumped forward.
    fn settled(&self) -> Timestamp {
        self.now()
    }

    /// Something was written then, before the server stopped: the clock was that far.
    fn was(&self, _then: Timestamp) {}

    /// What counts how long something takes: it never jumps, as the machine's clock may.
    fn steady(&self) -> Timestamp {
        static START: OnceLock<Instant> = OnceLock::new();
        let since = START.get_or_init(Instant::now).elapsed();
        // Some time after the beginning of all times, so that nothing is before it.
        let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_ms(ms.saturating_add(STEADY_START_MS))
    }
}

/// Where [`Clock::steady`] begins: ten years.
const STEADY_START_MS: u64 = 10 * 365 * 24 * 3_600_000;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::from_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// What may be kept of a peer's address (DECISIONS 9, 30).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// The address itself.
    Kept,
    /// A keyed hash that changes with every start.
    Hashed,
    /// Nothing.
    None,
}

/// How the engine behaves; from the server's options and profile.
pub struct Config {
    /// The server's name and version, told in `hello`.
    pub server: String,
    /// The keys that verify passwords, codes and tags.
    pub keys: Arc<ServerKeys>,
    /// The cost of new passwords.
    pub argon2: Argon2Parameters,
    /// Characters that a new plain password has at least.
    pub min_password_chars: usize,
    /// Accounts that are made by a plain password have a verifier for SCRAM from the start.
    pub scram_for_new_accounts: bool,
    /// Who may register, until the owner changes it.
    pub registration: Registration,
    /// The shared access code, until the owner changes it.
    pub access_code: Option<snug_proto::Secret>,
    /// Who may come in as a guest, until the owner changes it.
    pub guests: snug_proto::GuestPolicy,
    /// How long new rooms keep events.
    pub retention: Retention,
    /// May the logs have lost their newest events since they were last written (DECISIONS 33)? Then each
    /// begins under a new id, and clients that have more than the log are told.
    pub tail_may_be_lost: bool,
    /// What is kept of addresses.
    pub addresses: Addresses,
    /// How fast accounts may talk.
    pub talking: Talking,
    /// When one who guesses at passwords is shut out (A4).
    pub guessing: GuessLimits,
    /// How many accounts an address makes.
    pub makings: snug_rules::MakingLimits,
    /// Who stands at the door; none where there is no door.
    pub door: Option<Arc<dyn crate::Doorkeeper>>,
    /// What newcomers pay while the shield is up.
    pub shield: crate::ShieldPrice,
    /// What is left of one who quits.
    pub quitting: Quitting,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// How fast accounts may talk (P1).
#[derive(Debug, Clone, Default)]
pub struct Talking {
    /// Every account's rate; `None` for no limit.
    pub rate: Option<Rate>,
    /// From these addresses nothing is counted.
    pub trusted: Vec<Network>,
}

/// Where a connection comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The peer's address; none for a session in process.
    pub address: Option<IpAddr>,
    /// Nobody on the way can read along.
    pub secure: bool,
    /// The SHA-256 of the certificate that the peer showed, and holds the key to.
    pub certificate: Option<[u8; 32]>,
    /// What carries it.
    pub front: Front,
    /// The connection: the same for all sessions on it.
    pub line: crate::Line,
    /// What the door counts of it; none where nothing is counted.
    pub visitor: Option<Arc<dyn Visitor>>,
}

/// What the door hears of one connection.
pub trait Visitor: Send + Sync + fmt::Debug {
    /// A request came before a sign-in. An error if there were too many from its address (P2).
    fn asks(&self) -> Result<(), TooMuch>;
    /// A code or a password is about to be tried, before a sign-in or after it. An error if too many from its
    /// address were wrong, and it is not to be looked at (P2).
    fn may_try(&self) -> Result<(), TooMuch>;
    /// What was tried was wrong, or was never proved right. True if its address paid for it.
    fn wrong(&self) -> bool;
    /// A password proved right before which so many of the same account were wrong and paid for: slips, which
    /// cost nothing.
    fn slipped(&self, slips: u32);
    /// An account has signed in. With `protects`, its address is not shut out by machine as long as it is
    /// there (DECISIONS 28).
    fn signed_in(&self, protects: bool);
    /// A guest or a new account has come in.
    fn came_in(&self);
    /// It did something that a firewall may want to know of: so often.
    fn offends(&self, what: Offending, count: u32);
}

/// What is reported of an address beside its budgets (P4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offending {
    /// Wrong passwords shut it out of an account.
    Passwords,
    /// An account talked too fast so often that it was kicked.
    Spam,
}

/// An address has spent what it may before a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch {
    /// There is room again after so long, in milliseconds.
    pub retry_after_ms: u64,
    /// It is shut out so long, and the connection ends; else it is only slowed.
    pub ends: bool,
}

/// What carries a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// JSON lines: can resume.
    Native,
    /// IRC: cannot.
    Irc,
}

/// What is left of one who quits (S8, DECISIONS 29).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Quitting {
    /// The account, to come back to.
    #[default]
    KeepsAccount,
    /// Nothing: the account is erased with its last session.
    ErasesAccount,
}
