//! The engine: what all sessions share, and its start.

mod tasks;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, OnceLock, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use snug_auth::{ServerKeys, verify_tag};
use snug_proto::{AccountId, Inviters, LOBBY, LogId, Refusal, RoomId, RoomName, Secret, Timestamp};
use snug_proto::{ErrorCode, Happening, HistoryPolicy};
use snug_rules::{Access, CreditRules, Retention, RoomKind, ServerRules};
use snug_store::{NewAudit, NewRoom, Settings, Store, StoreError};
use tokio::sync::Notify;

use crate::{
    around::Around,
    bans::Bans,
    config::{Config, Origin},
    door::Threshold,
    friends::ToldToFriends,
    guess::Guessing,
    guests::Counted,
    guests::Guests,
    handle::governing::Offer,
    known::KnownAddresses,
    lock::{lock, read, write},
    makings::AccountsMade,
    online::Online,
    pace::Paces,
    person::People,
    plain::ProofQueue,
    room::Room,
    roster::Roster,
    session::EngineSession,
    storage::Storage,
    under_way::UnderWay,
    watch::Watchers,
};

/// How often large rooms hear how many are here (DECISIONS 11).
const COUNTS_EVERY: Duration = Duration::from_secs(10);
/// A session that stays connected is noted to be in use so often, far within its lifetime (A5).
const TOUCH_EVERY: Duration = Duration::from_hours(24);
/// What 30 days of VIP cost until the owner says otherwise.
const DEFAULT_VIP_PRICE: u64 = 100;
/// Names remembered with their room; past it the memory is cleared and filled anew.
const MAX_KNOWN_NAMES: usize = 50_000;

/// The live server behind every front.
pub struct Engine {
    pub(crate) config: Config,
    pub(crate) storage: Storage,
    pub(crate) people: People,
    /// Who is shut out.
    pub(crate) bans: Bans,
    /// Who is about to come in.
    pub(crate) threshold: Threshold,
    /// The server, offered to another account.
    pub(crate) offer: Offer,
    /// Owners who watch.
    pub(crate) watchers: Watchers,
    pub(crate) online: Online,
    pub(crate) told_to_friends: ToldToFriends,
    pub(crate) around: Around,
    pub(crate) under_way: Arc<UnderWay>,
    /// Its start, by the clock.
    pub(crate) started_at: Timestamp,
    /// Plain passwords are hashed here.
    pub(crate) plain: ProofQueue,
    /// OPAQUE's first steps are taken here.
    pub(crate) opaque: ProofQueue,
    pub(crate) paces: Paces,
    pub(crate) guessing: Guessing,
    /// Accounts made lately, by address.
    pub(crate) makings: AccountsMade,
    /// Those who are here by a name alone.
    pub(crate) guests: Guests,
    /// What those on the roster look like.
    pub(crate) roster: Roster,
    /// When accounts lately knocked at the doors of rooms.
    pub(crate) knocks: Mutex<HashMap<(Counted, RoomId), Timestamp>>,
    /// When accounts lately wrote their names otherwise.
    pub(crate) respelt: Mutex<HashMap<AccountId, Timestamp>>,
    /// How often accounts took a name to go by.
    pub(crate) dressed: Mutex<HashMap<AccountId, crate::handle::wearing::Dressed>>,
    pub(crate) known: KnownAddresses,
    /// The server's settings as the store has them.
    pub(crate) settings: RwLock<Settings>,
    /// Wrong tries at the owner's first code (DECISIONS 18).
    pub(crate) wrong_owner_codes: AtomicUsize,
    lobby: OnceLock<RoomId>,
    /// Hides addresses where the profile says so; new at every start.
    address_key: [u8; 16],
    rooms: RwLock<HashMap<RoomId, Arc<Room>>>,
    /// Wrong passwords for rooms that one may not know of, by who tried (DECISIONS 19). The lock guards
    /// the map only.
    /// How often blocks were made or lifted here: see `room/apart.rs`.
    pub(crate) blocks: AtomicU64,
    pub(crate) wrong_behind: Mutex<HashMap<Counted, (u32, Timestamp)>>,
    /// Names as they were asked for, and the room they mean.
    names: RwLock<HashMap<String, Arc<Room>>>,
    /// Direct conversations by their pair, the lesser id first.
    direct: RwLock<HashMap<(AccountId, AccountId), Arc<Room>>>,
    sessions: AtomicU64,
    /// Held while the settings change, so that no change is lost between reading and writing.
    changing_settings: tokio::sync::Mutex<()>,
    runtime: tokio::runtime::Handle,
    stopping: AtomicBool,
    stop: Notify,
    /// Rung when a room keeps things for a shorter time than before.
    prune_bell: Notify,
    tasks: Arc<tasks::Tasks>,
    counting: Mutex<Option<tokio::task::JoinHandle<()>>>,
}

impl Engine {
    /// Starts on this store, within a tokio runtime: makes the lobby and the settings at the first start.
    pub async fn start(config: Config, store: Arc<dyn Store>) -> Result<Arc<Self>, StoreError> {
        let clock = Arc::clone(&config.clock);
        let storage = Storage::start(&store, clock)?;
        if config.tail_may_be_lost {
            storage
                .write(|transaction| transaction.rename_logs())
                .await?;
            tracing::warn!("the newest messages may be lost: every log goes on under a new id");
        }
        let settings = first_settings(&config);
        let settings = ensure_settings(&storage, settings).await?;
        let started_at = config.clock.now();
        let engine = Arc::new(Self {
            plain: ProofQueue::start("snug-passwords", &config.keys)?,
            opaque: ProofQueue::start("snug-opaque", &config.keys)?,
            guessing: Guessing::new(config.guessing),
            makings: AccountsMade::default(),
            guests: Guests::default(),
            roster: Roster::default(),
            knocks: Mutex::default(),
            respelt: Mutex::default(),
            dressed: Mutex::default(),
            config,
            known: KnownAddresses::default(),
            storage,
            people: People::default(),
            bans: Bans::default(),
            threshold: Threshold::default(),
            offer: Offer::default(),
            watchers: Watchers::default(),
            online: Online::default(),
            told_to_friends: ToldToFriends::default(),
            around: Around::default(),
            under_way: Arc::default(),
            started_at,
            paces: Paces::default(),
            settings: RwLock::new(settings),
            wrong_owner_codes: AtomicUsize::new(0),
            lobby: OnceLock::new(),
            address_key: Self::random_id(),
            rooms: RwLock::default(),
            blocks: AtomicU64::default(),
            wrong_behind: Mutex::default(),
            names: RwLock::default(),
            direct: RwLock::default(),
            sessions: AtomicU64::new(0),
            changing_settings: tokio::sync::Mutex::default(),
            runtime: tokio::runtime::Handle::current(),
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
            prune_bell: Notify::new(),
            tasks: Arc::default(),
            counting: Mutex::default(),
        });
        // Nobody is here yet, so nobody goes by anything.
        let undressed = engine
            .storage
            .write(|transaction| transaction.take_all_off());
        undressed.await?;
        engine.bans.load(&engine.storage).await?;
        engine.load_door().await?;
        engine.load_roster().await?;
        let lobby = engine.ensure_lobby().await?;
        let _first = engine.lobby.set(lobby);
        let room = engine.room(lobby);
        let loaded = engine.loaded(&room).await;
        loaded.map_err(|refusal| StoreError::Failed(refusal.text))?;
        let swept = engine.sweep_guests().await;
        swept.map_err(|refusal| StoreError::Failed(refusal.text))?;
        engine.start_counting();
        engine.start_pruning();
        Ok(engine)
    }

    /// Prunes without waiting for the next turn of the job.
    pub(crate) fn prune_soon(&self) {
        self.prune_bell.notify_one();
    }

    /// Waits until it is to be pruned soon.
    pub(crate) async fn prune_is_wanted(&self) {
        self.prune_bell.notified().await;
    }

    /// New at every start.
    pub(crate) const fn address_key(&self) -> &[u8; 16] {
        &self.address_key
    }

    /// A new session, not signed in.
    pub fn connect(self: &Arc<Self>, origin: Origin) -> EngineSession {
        let session = EngineSession::new(self, origin);
        self.happened(Happening::Connected, || session.whence());
        session
    }

    /// Sends a sentence to everyone who is signed in.
    pub fn notify_everyone(&self, text: &str) {
        for core in self.online.everyone() {
            core.notify(text);
        }
    }

    /// Waits until everything queued for the store before is written and its senders are answered.
    pub async fn flush(&self) {
        let _stopped = self.storage.write(|_| Ok::<(), StoreError>(())).await;
    }

    /// Now, by the configured clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// The time by which it is counted how long something takes: it does not jump.
    pub(crate) fn steady(&self) -> Timestamp {
        self.config.clock.steady()
    }

    /// The number of the next session.
    pub(crate) fn next_session_number(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
    }

    /// The keys that verify passwords and codes.
    pub(crate) fn keys(&self) -> &ServerKeys {
        &self.config.keys
    }

    /// Sixteen random bytes, for an id.
    pub(crate) fn random_id() -> [u8; 16] {
        let mut bytes = [0; 16];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        bytes
    }

    /// A counter's next value that nobody else chooses: 62 random bits, which every store keeps exactly.
    pub(crate) fn random_counter() -> u64 {
        rand::thread_rng().next_u64() >> 2
    }

    /// Is this the room's password?
    pub(crate) fn room_password_is(
        &self,
        room: &RoomId,
        password: &Secret,
        tag: &[u8; 32],
    ) -> bool {
        verify_tag(self.keys(), room.bytes(), password.expose(), tag)
    }

    /// The live room of this id, loaded or not.
    pub(crate) fn room(&self, id: RoomId) -> Arc<Room> {
        if let Some(room) = read(&self.rooms).get(&id) {
            return Arc::clone(room);
        }
        Arc::clone(
            write(&self.rooms)
                .entry(id)
                .or_insert_with(|| Room::new(id)),
        )
    }

    /// The live room of this id, if there is one.
    pub(crate) fn known_room(&self, id: &RoomId) -> Option<Arc<Room>> {
        read(&self.rooms).get(id).cloned()
    }

    /// How many rooms are live, conversations aside.
    pub(crate) fn count_rooms(&self) -> usize {
        let conversations = read(&self.direct).len();
        read(&self.rooms).len().saturating_sub(conversations)
    }

    /// Every live room.
    pub(crate) fn all_rooms(&self) -> Vec<Arc<Room>> {
        read(&self.rooms).values().cloned().collect()
    }

    /// Forgets a room that turned out not to exist.
    pub(crate) fn forget_room(&self, id: &RoomId) {
        write(&self.rooms).remove(id);
    }

    /// The room that this name meant when it was asked for before.
    pub(crate) fn known_name(&self, name: &str) -> Option<Arc<Room>> {
        read(&self.names).get(name).cloned()
    }

    /// Remembers what a name means.
    pub(crate) fn learn_name(&self, name: &str, room: &Arc<Room>) {
        let mut names = write(&self.names);
        if names.len() >= MAX_KNOWN_NAMES {
            names.clear();
        }
        names.insert(name.to_owned(), Arc::clone(room));
    }

    /// Forgets what a room was called.
    pub(crate) fn forget_names_of(&self, room: &Arc<Room>) {
        write(&self.names).retain(|_, known| !Arc::ptr_eq(known, room));
    }

    /// The direct conversation of these two, if it was asked for before.
    pub(crate) fn known_direct(&self, one: AccountId, other: AccountId) -> Option<Arc<Room>> {
        read(&self.direct)
            .get(&(one.min(other), one.max(other)))
            .cloned()
    }

    /// Forgets the direct conversation of these two, which is gone.
    pub(crate) fn forget_direct(&self, one: AccountId, other: AccountId) {
        write(&self.direct).remove(&(one.min(other), one.max(other)));
    }

    /// Remembers the direct conversation of these two.
    pub(crate) fn learn_direct(&self, one: AccountId, other: AccountId, room: &Arc<Room>) {
        let mut direct = write(&self.direct);
        if direct.len() >= MAX_KNOWN_NAMES {
            direct.clear();
        }
        direct.insert((one.min(other), one.max(other)), Arc::clone(room));
    }

    /// How the direct conversation with this account is called.
    pub(crate) fn direct_label(&self, other: &AccountId) -> String {
        let name = self.people.known(other).map(|person| person.name.clone());
        format!("@{}", name.unwrap_or_else(|| other.to_string()))
    }

    /// What this account goes by, if not by its name.
    pub(crate) fn worn_by(&self, account: &AccountId) -> Option<String> {
        let person = self.people.known(account)?;
        person.wears().map(str::to_owned)
    }

    /// The lobby.
    pub(crate) fn lobby(&self) -> RoomId {
        // Set before `start` returns, and nothing runs before that.
        self.lobby
            .get()
            .copied()
            .unwrap_or(RoomId::from_bytes([0; 16]))
    }

    /// What stands for an address where it may not be kept: told apart within one start only.
    pub(crate) fn hidden_address(&self, address: IpAddr) -> String {
        let octets = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        };
        let tag = self.under_address_key(&octets);
        data_encoding::HEXLOWER.encode(tag.get(..8).unwrap_or_default())
    }

    /// What stands for these bytes of an address within this start.
    pub(crate) fn under_address_key(&self, octets: &[u8]) -> [u8; 16] {
        let mut tag = [0; 16];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.address_key) {
            mac.update(octets);
            let whole = mac.finalize().into_bytes();
            tag.copy_from_slice(whole.get(..16).unwrap_or(&[0; 16]));
        }
        tag
    }

    /// The lobby's id, made at the first start.
    async fn ensure_lobby(&self) -> Result<RoomId, StoreError> {
        let id = RoomId::from_bytes(Self::random_id());
        let log = LogId::from_bytes(Self::random_id());
        let retention = self.config.retention;
        let created_at = self.now();
        let name = RoomName::parse(LOBBY).map_err(|error| StoreError::Failed(error.to_string()))?;
        let found = |reader: &mut dyn snug_store::Reader| Ok(reader.lobby()?.map(|row| row.id));
        if let Some(id) = self.storage.read(found).await? {
            return Ok(id);
        }
        let made = self.storage.write(move |transaction| {
            transaction.create_room(&NewRoom {
                id,
                log,
                kind: RoomKind::Lobby,
                name: Some(name),
                access: Access::Open,
                password_tag: None,
                history: HistoryPolicy::All,
                retention,
                founder: None,
                listed: true,
                created_at,
            })
        });
        match made.await {
            Ok(()) => Ok(id),
            // Another engine on the same store was first.
            Err(StoreError::Taken) => {
                let other = self.storage.read(found).await?;
                other.ok_or_else(|| StoreError::Corrupt("there is no lobby".into()))
            }
            Err(error) => Err(error),
        }
    }

    fn start_counting(self: &Arc<Self>) {
        let engine = Arc::downgrade(self);
        let task = self.runtime.spawn(async move {
            let mut ticks = tokio::time::interval(COUNTS_EVERY);
            let mut touched = tokio::time::Instant::now();
            loop {
                ticks.tick().await;
                let Some(engine) = engine.upgrade() else {
                    return;
                };
                engine.tell_counts().await;
                engine.forget_paces();
                engine.forget_guesses();
                engine.forget_makings();
                engine.guests.forget(engine.now());
                if touched.elapsed() >= TOUCH_EVERY {
                    touched = tokio::time::Instant::now();
                    engine.touch_everyone().await;
                }
            }
        });
        *lock(&self.counting) = Some(task);
    }

    /// Changes the settings, in the store and then here; with the audit log's entry about it.
    pub(crate) async fn change_settings(
        &self,
        change: impl FnOnce(&mut Settings),
        audit: Option<NewAudit>,
    ) -> Result<Settings, Refusal> {
        let _changing = self.changing_settings.lock().await;
        let mut settings = read(&self.settings).clone();
        change(&mut settings);
        let stored = settings.clone();
        let written = self
            .storage
            .write(move |transaction| {
                transaction.set_settings(&stored)?;
                audit.map_or(Ok(()), |entry| transaction.audit(&entry))
            })
            .await;
        written.map_err(crate::person::refusal)?;
        let before = std::mem::replace(&mut *write(&self.settings), settings.clone());
        let of = |settings: &Settings| (settings.rules.registration, settings.rules.guests);
        if of(&before) != of(&settings) {
            self.tell_policy();
        }
        Ok(settings)
    }

    /// The refusal for what comes while the engine ends.
    pub(crate) fn refuse_if_stopping(&self) -> Result<(), Refusal> {
        if self.is_stopping() {
            Err(ErrorCode::ShuttingDown.into())
        } else {
            Ok(())
        }
    }

    /// How long events of new rooms are kept.
    pub(crate) const fn retention(&self) -> Retention {
        self.config.retention
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

fn first_settings(config: &Config) -> Settings {
    let tag = |code: &Secret| crate::handle::sign_in::access_code_tag(&config.keys, code);
    Settings {
        rules: ServerRules {
            registration: config.registration,
            inviters: Inviters::Members,
            plain_passwords: true,
            credits: CreditRules {
                on: false,
                vip_price: DEFAULT_VIP_PRICE,
            },
            guests: config.guests,
        },
        access_code_tag: config.access_code.as_ref().map(tag),
        owner_code: None,
        watch_open_rooms: false,
    }
}

/// What the store has, or what the configuration says at the first start.
async fn ensure_settings(storage: &Storage, first: Settings) -> Result<Settings, StoreError> {
    if let Some(settings) = storage.read(|reader| reader.settings()).await? {
        return Ok(settings);
    }
    let kept = first.clone();
    storage
        .write(move |transaction| transaction.set_settings(&kept))
        .await?;
    Ok(first)
}
