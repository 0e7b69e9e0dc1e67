//! What a server is started with, after flags, environment, file and profile have been laid over one
//! another.

use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use snug_engine::{Clock, ShieldPrice};
use snug_gate::WebOrigin;
use snug_irc::AccountRegistration;
use snug_proto::{GuestPolicy, Registration, Secret, limits::MIN_PASSWORD_CHARS};
use snug_rules::{DoorLimits, GuessLimits, MakingLimits, Network, SurgeLimits};
use snug_store::Durability;

/// How a server is meant to be used: the defaults of the other options (DECISIONS 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Everything is kept.
    Community,
    /// Addresses are hidden.
    Private,
    /// Nothing is ever written to disk.
    Ephemeral,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a password costs whoever guesses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCost {
    /// As it must be.
    Release,
    /// Next to nothing: for tests only.
    CheapForTests,
}

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The defaults it was made from.
    pub profile: Profile,
    /// The data folder; unused by [`Profile::Ephemeral`].
    pub data: PathBuf,
    /// Where it listens for every protocol over TLS. The first one is in the join link.
    pub listen: Vec<SocketAddr>,
    /// Where it listens for IRC without TLS.
    pub listen_plain: Vec<SocketAddr>,
    /// What a commit outlives.
    pub durability: Durability,
    /// Who may register, at the first start; its owner changes it later.
    pub registration: Registration,
    /// Who may come in as a guest, at the first start; its owner changes it later.
    pub guests: GuestPolicy,
    /// The shared access code, where that is asked for.
    pub access_code: Option<Secret>,
    /// The host name under which people reach it.
    pub server_name: Option<String>,
    /// Is it announced on the local network (K10)?
    pub announce: bool,
    /// The cost of passwords.
    pub passwords: PasswordCost,
    /// Characters that a new password has at least.
    pub min_password_chars: usize,
    /// What IRC clients call the network.
    pub network_name: String,
    /// IRC's message of the day; none if empty.
    pub motd: String,
    /// Accounts that are made by a plain password have a verifier for SCRAM from the start.
    pub scram_for_new_accounts: bool,
    /// For how long IRC clients are to come by TLS only, told to those that come without (`IRCv3` sts).
    pub sts_seconds: Option<u64>,
    /// When IRC clients may register an account.
    pub account_registration: AccountRegistration,
    /// IRC clients enter the lobby at the sign-in.
    pub irc_lobby: bool,
    /// An account that is to be there as the server's owner, and its password.
    pub operator: Option<(String, Secret)>,
    /// The identity as text, in place of the one in the data folder.
    pub identity: Option<Secret>,
    /// Messages a second that an account may send; 0 for no limit.
    pub messages_per_second: u32,
    /// When one who guesses at passwords is shut out (A4).
    pub guessing: GuessLimits,
    /// How many accounts an address makes (P1, M2).
    pub makings: MakingLimits,
    /// What an address may cost the server before anybody signs in from it (P2).
    pub door: DoorLimits,
    /// When strangers are so many that the owner is warned and the shield goes up (P3).
    pub surge: SurgeLimits,
    /// What newcomers pay while the shield is up.
    pub shield: ShieldPrice,
    /// Where offences are reported, if not in the data folder.
    pub report: Option<PathBuf>,
    /// Proxies, which say for whom they connect.
    pub proxies: Vec<Network>,
    /// Web pages of other hosts that may connect.
    pub web_origins: Vec<WebOrigin>,
    /// Where metrics and health are told, over HTTP.
    pub metrics: Option<SocketAddr>,
    /// Addresses that no limit touches.
    pub trusted: Vec<Network>,
    /// Threads that the program serves connections with; a runtime that is there already is not changed.
    pub threads: Option<usize>,
    /// The form of the log.
    pub log: LogForm,
    /// What is logged.
    pub log_filter: String,
    /// What tells the time.
    pub clock: ServerClock,
}

/// What tells a server the time: the machine's clock, or one that a test moves by hand.
#[derive(Clone)]
pub struct ServerClock(pub Arc<dyn Clock>);

impl Default for ServerClock {
    fn default() -> Self {
        Self(Arc::new(crate::clock::MachineClock::as_started()))
    }
}

impl fmt::Debug for ServerClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerClock")
    }
}

impl Options {
    /// What the profile says where nothing else does.
    pub fn new(profile: Profile) -> Self {
        let registration = match profile {
            Profile::Community | Profile::Private => Registration::Invite,
            Profile::Ephemeral => Registration::Code,
        };
        Self {
            profile,
            data: PathBuf::from("./snug-data"),
            listen: vec![SocketAddr::from(([0, 0, 0, 0], 7667))],
            listen_plain: Vec::new(),
            durability: Durability::Power,
            registration,
            guests: Self::guests_by(profile, registration),
            access_code: None,
            server_name: None,
            announce: false,
            passwords: PasswordCost::Release,
            min_password_chars: MIN_PASSWORD_CHARS,
            network_name: "Snug".to_owned(),
            motd: String::new(),
            account_registration: AccountRegistration::BeforeConnecting,
            irc_lobby: true,
            sts_seconds: None,
            scram_for_new_accounts: false,
            operator: None,
            identity: None,
            messages_per_second: 4,
            guessing: GuessLimits::default(),
            makings: MakingLimits::default(),
            door: DoorLimits::default(),
            surge: SurgeLimits::default(),
            shield: ShieldPrice::default(),
            report: None,
            proxies: Vec::new(),
            web_origins: Vec::new(),
            metrics: None,
            trusted: Vec::new(),
            threads: None,
            log: LogForm::Text,
            log_filter: "info".to_owned(),
            clock: ServerClock::default(),
        }
    }

    /// What a profile says of guests: where registration asks for the access code, so do they, or it would
    /// guard nothing.
    pub const fn guests_by(profile: Profile, registration: Registration) -> GuestPolicy {
        match (profile, registration) {
            (Profile::Community | Profile::Private, _) => GuestPolicy::Off,
            (Profile::Ephemeral, Registration::Code) => GuestPolicy::Code,
            (Profile::Ephemeral, _) => GuestPolicy::On,
        }
    }

    /// A server for tests: in this folder, on a free port of loopback, with cheap passwords, and with no
    /// limit to how fast its clients talk, nor to how often they come: they all share an address.
    pub fn for_tests(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            passwords: PasswordCost::CheapForTests,
            messages_per_second: 0,
            makings: MakingLimits::NONE,
            door: DoorLimits::NONE,
            surge: SurgeLimits {
                newcomers: 0,
                ..SurgeLimits::default()
            },
            ..Self::new(Profile::Community)
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Community => "community",
            Self::Private => "private",
            Self::Ephemeral => "ephemeral",
        })
    }
}
