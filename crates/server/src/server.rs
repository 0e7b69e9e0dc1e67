//! A whole server in this process: data folder, engine, door and control socket, started and stopped in
//! order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rand::rngs::OsRng;
use rustix::process::{Resource, getrlimit};
use snug_auth::ServerKeys;
use snug_engine::{Addresses, Config, Engine, Quitting, Talking};
use snug_gate::{
    Door, DoorOptions, Fingerprint, Gate, Identity, Listener, Speaks, Statistics, Times,
    server_config,
};
use snug_proto::{ErrorCode, GuestPolicy, Registration, Role, Secret};
use snug_rules::{Rate, Retention};
use snug_store::{SqliteStore, Store};
use tokio::task::JoinHandle;

use crate::{
    StartError,
    admin::{Admin, OWNER_CODE_S},
    announce::Announcement,
    clean_stop::RunningMark,
    control::Control,
    data_folder::DataFolder,
    doorman::Usher,
    link::JoinLink,
    metrics::{Metrics, Source},
    options::{Options, PasswordCost, Profile},
    porter::{self, Clerk, DoorClock, Porter},
    report::Report,
};

/// How long new rooms keep events under the profile `private` (DECISIONS 9).
const PRIVATE_RETENTION: Retention = match Retention::days(30) {
    Some(month) => month,
    None => Retention::Forever,
};
/// Files kept from connections, or a quarter where few may be opened: some thirty are open all the time (the
/// database, its readers, listeners), backups, the control socket and metrics open more.
const FILES_KEPT: u64 = 128;
/// How long clients have to take their last bytes when the server stops.
const DRAIN: Duration = Duration::from_secs(5);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A running server. [`Running::stop`] ends it in order; dropping it is a crash.
#[derive(Debug)]
pub struct Running {
    // In the order in which they end.
    announced: Option<Announcement>,
    control: Option<Control>,
    watching: JoinHandle<()>,
    metrics: Option<Metrics>,
    gate: Gate,
    admin: Admin,
    addresses: Vec<SocketAddr>,
    plain_addresses: Vec<SocketAddr>,
    fingerprint: Fingerprint,
    owner_code: Option<Secret>,
    access_code: Option<Secret>,
    mark: Option<RunningMark>,
    _folder: Option<DataFolder>,
}

/// An engine on its data, with no door.
struct Base {
    folder: Option<DataFolder>,
    engine: Arc<Engine>,
    door: Arc<Door>,
    identity: Identity,
    access_code: Option<Secret>,
    mark: Option<RunningMark>,
}

impl Base {
    async fn close(self) {
        self.engine.shut_down().await;
        if let Some(mark) = self.mark {
            mark.clear();
        }
    }
}

impl Server {
    /// Starts a server, within a tokio runtime of several threads. When it returns, the server listens.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let base = base(&options).await?;
        let listen = |addresses: &[SocketAddr], speaks| -> Result<Vec<Listener>, StartError> {
            let bound = addresses.iter().map(|address| {
                Listener::bind(*address, speaks).map_err(|source| StartError::Listen {
                    address: *address,
                    source,
                })
            });
            bound.collect()
        };
        let listeners = listen(&options.listen, Speaks::Everything).and_then(|mut all| {
            all.extend(listen(&options.listen_plain, Speaks::PlainIrc)?);
            Ok(all)
        });
        match listeners {
            Ok(listeners) => {
                crate::watched_log::tell(&base.engine);
                open(&options, base, listeners).await
            }
            Err(error) => {
                base.close().await;
                Err(error)
            }
        }
    }

    /// The operator's hand on a folder that no server runs on. `work` is given it; then all is closed.
    pub async fn without_door<T>(
        options: &Options,
        work: impl AsyncFnOnce(Admin) -> T,
    ) -> Result<T, StartError> {
        let base = base(options).await?;
        let address = options.listen.first().copied();
        let address = address.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 7667)));
        let result = work(Admin {
            engine: Arc::clone(&base.engine),
            link: link(options, address, &base.identity),
            statistics: None,
        })
        .await;
        base.close().await;
        Ok(result)
    }
}

impl Running {
    /// Where it listens first.
    pub fn local_addr(&self) -> SocketAddr {
        let none = || SocketAddr::from(([0, 0, 0, 0], 0));
        self.addresses.first().copied().unwrap_or_else(none)
    }

    /// Where it listens for every protocol over TLS.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it listens for IRC without TLS.
    pub fn plain_addresses(&self) -> &[SocketAddr] {
        &self.plain_addresses
    }

    /// Where it tells metrics and health, if it does.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|metrics| metrics.address)
    }

    /// What its clients pin.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The link that leads here.
    pub fn link(&self) -> &JoinLink {
        &self.admin.link
    }

    /// The code by which its owner comes in, if it has none yet.
    pub fn owner_code(&self) -> Option<&Secret> {
        self.owner_code.as_ref()
    }

    /// The shared access code of a new server, where the options asked for one.
    pub fn access_code(&self) -> Option<&Secret> {
        self.access_code.as_ref()
    }

    /// The door's counters.
    pub fn statistics(&self) -> Arc<Statistics> {
        self.gate.statistics()
    }

    /// The operator's hand on it.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The engine behind it.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.admin.engine
    }

    /// Stops in order: nobody new, everybody told, what was accepted answered, all written, all closed.
    pub async fn stop(mut self) {
        self.control = None;
        self.watching.abort();
        self.metrics = None;
        if let Some(announced) = self.announced.take() {
            // It waits a moment for the network.
            let _done = tokio::task::spawn_blocking(move || drop(announced)).await;
        }
        self.gate.stop_accepting().await;
        self.engine()
            .notify_everyone("The server is stopping. Your client can come back in a moment.");
        self.engine().shut_down().await;
        self.gate.drain(DRAIN).await;
        if let Some(mark) = self.mark.take() {
            mark.clear();
        }
    }
}

async fn base(options: &Options) -> Result<Base, StartError> {
    let folder = match options.profile {
        Profile::Ephemeral => None,
        Profile::Community | Profile::Private => Some(DataFolder::take(&options.data)?),
    };
    let identity = identity(options, folder.as_ref())?;
    let keys = match &folder {
        Some(folder) => folder.keys()?,
        None => Arc::new(ServerKeys::generate(&mut OsRng)),
    };
    if let Some(then) = folder.as_ref().and_then(DataFolder::last_written) {
        options.clock.0.was(then);
    }
    let first_start = folder.as_ref().is_none_or(DataFolder::is_new);
    let store: Arc<dyn Store> = match &folder {
        Some(folder) => Arc::new(folder.store(options.durability)?),
        None => Arc::new(SqliteStore::in_memory().map_err(StartError::Engine)?),
    };
    let access_code = if first_start {
        first_access_code(options)
    } else {
        None
    };
    let mut mark = match &folder {
        Some(folder) => Some(folder.mark(options.durability)?),
        None => None,
    };
    let door = door(options);
    let mut config = config(options, keys, access_code.clone(), &door);
    config.tail_may_be_lost = mark.as_ref().is_some_and(|mark| mark.tail_may_be_lost);
    let engine = Engine::start(config, store)
        .await
        .map_err(StartError::Engine)?;
    if let (Some(mark), Some(folder)) = (&mut mark, &folder) {
        let renewed = mark.renew(options.durability);
        renewed.map_err(|error| folder.unwritable(error))?;
    }
    if let Some((name, password)) = &options.operator {
        make_operator(&engine, name, password).await?;
    }
    Ok(Base {
        folder,
        engine,
        door,
        identity,
        access_code,
        mark,
    })
}

/// Makes the owner whom the options name, at the first start; later they are there already.
async fn make_operator(engine: &Engine, name: &str, password: &Secret) -> Result<(), StartError> {
    let made = engine
        .add_account(name, password.clone(), Role::Owner)
        .await;
    match made {
        Ok(()) => Ok(()),
        Err(refusal) if matches!(refusal.code, ErrorCode::NameTaken | ErrorCode::Forbidden) => {
            tracing::debug!(account.name = name, "the operator is there already");
            Ok(())
        }
        Err(refusal) => Err(StartError::Other(format!("--operator: {}", refusal.text))),
    }
}

/// The shared access code that a new server begins with. Later it is its owner's to change.
fn first_access_code(options: &Options) -> Option<Secret> {
    let given = options.access_code.clone();
    if options.registration == Registration::Code || options.guests == GuestPolicy::Code {
        given.or_else(|| Some(snug_auth::new_invite_code(&mut OsRng)))
    } else {
        given
    }
}

fn identity(options: &Options, folder: Option<&DataFolder>) -> Result<Identity, StartError> {
    let named = |error: snug_gate::IdentityError| StartError::Identity(error.to_string());
    match (&options.identity, folder) {
        (Some(pem), _) => Identity::from_pem(pem.expose())
            .map_err(|error| StartError::Identity(format!("SNUG_IDENTITY: {error}"))),
        (None, Some(folder)) => folder.identity(),
        (None, None) => Identity::generate().map_err(named),
    }
}

/// Who stands at the door, and remembers.
fn door(options: &Options) -> Arc<Door> {
    let clock = Arc::new(DoorClock(Arc::clone(&options.clock.0)));
    let options = DoorOptions {
        limits: options.door,
        surge: options.surge,
        trusted: options.trusted.clone(),
        proxies: options.proxies.clone(),
        web_origins: options.web_origins.clone(),
        most_connections: room_for_connections(),
    };
    Door::new(options, clock)
}

/// The files that the process may open, without those that it keeps for itself.
fn room_for_connections() -> u64 {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    files - FILES_KEPT.min(files / 4)
}

/// Where offences are reported, if anywhere.
fn report(options: &Options) -> Result<Option<Arc<Report>>, StartError> {
    let path = match (&options.report, options.profile) {
        (Some(path), _) => path.clone(),
        (None, Profile::Ephemeral) => return Ok(None),
        (None, _) => options.data.join("report.txt"),
    };
    let report = Report::open(&path).map_err(|error| {
        StartError::Other(format!(
            "--report: {} cannot be written: {error}.",
            path.display()
        ))
    })?;
    Ok(Some(Arc::new(report)))
}

fn config(
    options: &Options,
    keys: Arc<ServerKeys>,
    access_code: Option<Secret>,
    door: &Arc<Door>,
) -> Config {
    Config {
        server: format!("snugd {}", crate::VERSION),
        keys,
        argon2: match options.passwords {
            PasswordCost::Release => snug_auth::RELEASE,
            PasswordCost::CheapForTests => snug_auth::CHEAP,
        },
        scram_for_new_accounts: options.scram_for_new_accounts,
        min_password_chars: options.min_password_chars,
        registration: options.registration,
        access_code,
        retention: match options.profile {
            Profile::Ephemeral => Retention::Ram,
            Profile::Community => Retention::Forever,
            Profile::Private => PRIVATE_RETENTION,
        },
        tail_may_be_lost: false,
        addresses: addresses(options.profile),
        guessing: options.guessing,
        makings: options.makings,
        door: Some(Arc::new(Porter {
            door: Arc::clone(door),
            clock: Arc::clone(&options.clock.0),
        })),
        shield: options.shield,
        guests: options.guests,
        quitting: match options.profile {
            Profile::Ephemeral => Quitting::ErasesAccount,
            Profile::Community | Profile::Private => Quitting::KeepsAccount,
        },
        talking: Talking {
            rate: Rate::per_second(options.messages_per_second),
            trusted: options.trusted.clone(),
        },
        clock: Arc::clone(&options.clock.0),
    }
}

fn addresses(profile: Profile) -> Addresses {
    match profile {
        Profile::Community => Addresses::Kept,
        Profile::Private => Addresses::Hashed,
        Profile::Ephemeral => Addresses::None,
    }
}

fn link(options: &Options, address: SocketAddr, identity: &Identity) -> JoinLink {
    JoinLink::new(
        address,
        options.server_name.as_deref(),
        identity.fingerprint(),
    )
}

async fn open(
    options: &Options,
    base: Base,
    listeners: Vec<Listener>,
) -> Result<Running, StartError> {
    let of = |speaks| {
        let of = listeners.iter().filter(|of| of.speaks() == speaks);
        of.map(Listener::local_addr).collect::<Vec<_>>()
    };
    let (addresses, plain_addresses) = (of(Speaks::Everything), of(Speaks::PlainIrc));
    let other = |error: String| StartError::Other(error);
    let code = base.engine.new_owner_code(OWNER_CODE_S).await;
    let code = code.map_err(|refusal| other(refusal.text))?;
    let clerk = Arc::new(Clerk {
        report: report(options)?,
        clock: Arc::clone(&options.clock.0),
    });
    let usher = Usher::new(
        Arc::clone(&base.engine),
        irc_settings(options, &addresses),
        self::addresses(options.profile),
        Arc::clone(&clerk),
    );
    let tls = server_config(&base.identity).map_err(|error| other(error.to_string()))?;
    let door = Arc::clone(&base.door);
    door.tell(clerk);
    let gate = Gate::open(listeners, tls, Arc::new(usher), Times::default(), door);
    let gate = gate.map_err(|error| other(error.to_string()))?;
    let first = addresses.first().copied();
    let first = first.ok_or_else(|| other("there is no address to listen on".into()))?;
    let admin = Admin {
        engine: base.engine,
        link: link(options, first, &base.identity),
        statistics: Some(gate.statistics()),
    };
    let control = match &base.folder {
        Some(folder) => Some(Control::open(folder, admin.clone())?),
        None => None,
    };
    let fingerprint = base.identity.fingerprint();
    let metrics = match options.metrics {
        Some(address) => {
            let source = Source {
                engine: Arc::clone(&admin.engine),
                door: Arc::clone(&base.door),
                addresses: self::addresses(options.profile),
            };
            let opened = Metrics::open(address, source).await;
            Some(opened.map_err(|source| StartError::Listen { address, source })?)
        }
        None => None,
    };
    let watching = porter::watch(Arc::downgrade(&admin.engine), base.door);
    Ok(Running {
        watching: tokio::spawn(watching),
        metrics,
        announced: announced(options, &addresses, fingerprint),
        control,
        gate,
        admin,
        addresses,
        plain_addresses,
        fingerprint,
        owner_code: code.map(|(code, _until)| code),
        access_code: base.access_code,
        mark: base.mark,
        _folder: base.folder,
    })
}

/// The announcement, where it is asked for. A network that does not take it keeps no server from serving.
fn announced(
    options: &Options,
    listens: &[SocketAddr],
    fingerprint: Fingerprint,
) -> Option<Announcement> {
    if !options.announce {
        return None;
    }
    let made = Announcement::make(&options.network_name, listens, fingerprint);
    made.inspect_err(|error| tracing::warn!(%error, "the server is not announced"))
        .ok()
}

fn irc_settings(options: &Options, tls: &[SocketAddr]) -> snug_irc::Settings {
    let name = options.server_name.as_deref().unwrap_or("localhost");
    let version = format!("snugd-{}", crate::VERSION);
    snug_irc::Settings {
        motd: options.motd.clone(),
        started: options.clock.0.now().to_string(),
        sts: options.sts_seconds.and_then(|duration_s| {
            let port = tls.first()?.port();
            Some(snug_irc::Sts { port, duration_s })
        }),
        account_registration: options.account_registration,
        lobby: options.irc_lobby,
        ..snug_irc::Settings::new(name, &options.network_name, &version)
    }
}
