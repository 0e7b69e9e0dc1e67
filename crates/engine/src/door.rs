//! What the engine and the door know of each other: bans and allowed addresses for the door, the shield
//! and the lockdown for whoever is about to come in (P3, M2, M4). Which address may connect at all is
//! decided at the door; who may come in by which request is decided here, so that no front can forget it.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, RwLock, Weak, atomic::Ordering},
    time::Duration,
};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use snug_proto::{
    Delivery, Done, ErrorCode, Event, Happening, LockdownLevel, Offender, Origin, PolicyChanged,
    ProveWork, Refusal, Request, RequestKind, Response, Role, ShutFor, Timestamp, Work,
};
use snug_rules::{Network, ServerBan, ShieldWish};
use snug_store::{AllowedRow, Banned, LockdownRow, StoreError};

use crate::{
    engine::Engine,
    lock::{lock, read, write},
    person::refusal,
    session::Core,
};

/// A store that is well answers a small question within this.
const WELL_WITHIN: Duration = Duration::from_secs(2);
/// Allowed networks read at once at the start.
const PAGE: u32 = 1000;

/// Who stands at the door. Times are the engine's clock's.
pub trait Doorkeeper: Send + Sync {
    /// Connections from there are refused until then, but for one now and then that is told why.
    fn ban(&self, network: Network, until: Option<Timestamp>);
    /// That is over.
    fn unban(&self, network: &Network);
    /// Those who come from there are past budgets, shield, lockdown and bans until then.
    fn allow(&self, network: Network, until: Option<Timestamp>);
    /// That is over.
    fn disallow(&self, network: &Network);
    /// No connection is taken until then; `None` ends that.
    fn close_until(&self, until: Option<Timestamp>);
    /// Is this address past everything?
    fn is_exempt(&self, address: IpAddr) -> bool;
    /// Is the shield up?
    fn shield_is_up(&self) -> bool;
    /// Says what is wanted of the shield.
    fn want_shield(&self, wish: ShieldWish);
    /// How things stand.
    fn state(&self) -> AtDoor;
}

/// How things stand at the door.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AtDoor {
    /// The shield is up.
    pub up: bool,
    /// What is wanted of it.
    pub wish: ShieldWish,
    /// Newcomers in the last ten seconds who have not signed in.
    pub newcomers: u64,
    /// Where most of them come from, most first.
    pub from: Vec<Origin>,
    /// Connections whose TLS handshake is not finished.
    pub handshakes: u64,
    /// Connections that are open, their handshake being finished.
    pub open: u64,
    /// Connections refused since the start.
    pub refused: u64,
    /// Times that an address was shut out since the start.
    pub shut_out: u64,
    /// Why they were, most often first.
    pub shut_for: Vec<ShutFor>,
    /// Those that stand out, worst first.
    pub offenders: Vec<Offender>,
}

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coming {
    /// With an account of before.
    Back,
    /// Without one.
    New,
}

/// What newcomers pay while the shield is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShieldPrice {
    /// So long they wait,
    pub wait: Duration,
    /// unless they compute a hash with so many leading zero bits.
    pub bits: u8,
}

impl Default for ShieldPrice {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(10),
            bits: 18,
        }
    }
}

/// What is known here of who is about to come in. Each lock guards what it holds only.
#[derive(Default)]
pub(crate) struct Threshold {
    pub(crate) lockdown: RwLock<Option<LockdownRow>>,
    /// Held while what the store says of the lockdown is read and gone by.
    going_by: tokio::sync::Mutex<()>,
    /// Sessions that nobody has signed in on.
    outsiders: Mutex<HashMap<u64, Weak<Core>>>,
}

impl Threshold {
    pub(crate) fn came(&self, core: &Arc<Core>) {
        lock(&self.outsiders).insert(core.number, Arc::downgrade(core));
    }

    pub(crate) fn is_known(&self, number: u64) {
        lock(&self.outsiders).remove(&number);
    }

    /// Those that nobody has signed in on.
    pub(crate) fn outsiders(&self) -> Vec<Arc<Core>> {
        let outsiders = lock(&self.outsiders);
        outsiders.values().filter_map(Weak::upgrade).collect()
    }
}

impl Engine {
    /// Tells the door what the store knows, as the engine starts.
    pub(crate) async fn load_door(&self) -> Result<(), StoreError> {
        let rows = self.allowed_rows().await?;
        if let Some(door) = &self.config.door {
            for row in &rows {
                door.allow(row.network, row.until);
            }
        }
        let lockdown = self.storage.read(|reader| reader.lockdown()).await?;
        self.lockdown_is(lockdown);
        if let Some(door) = &self.config.door {
            for (network, until) in self.bans.networks() {
                door.ban(network, until);
            }
        }
        Ok(())
    }

    /// Tells the door of a ban that was made, or lifted.
    pub(crate) fn tell_door_of_ban(&self, whom: &Banned, ban: Option<&ServerBan>) {
        if let (Banned::Addresses(network), Some(door)) = (whom, &self.config.door) {
            match ban {
                Some(ban) => door.ban(*network, ban.until),
                None => door.unban(network),
            }
        }
    }

    pub(crate) fn lockdown_is(&self, lockdown: Option<LockdownRow>) {
        if let Some(door) = &self.config.door {
            let closed = lockdown.as_ref();
            let closed = closed.filter(|row| row.level == LockdownLevel::Closed);
            door.close_until(closed.map(|row| row.until));
        }
        let closed = lockdown.is_some();
        let before = std::mem::replace(&mut *write(&self.threshold.lockdown), lockdown);
        if before.is_some() != closed {
            self.tell_policy();
        }
    }

    /// Does the lockdown keep this one from registering, and from coming as a guest?
    pub(crate) fn is_closed_to(&self, core: &Core) -> bool {
        self.lockdown_now().is_some() && !self.is_exempt(core)
    }

    /// Everybody who is connected, signed in or not, hears who may come from now on.
    pub(crate) fn tell_policy(&self) {
        let (registration, guests) = {
            let settings = read(&self.settings);
            (settings.rules.registration, settings.rules.guests)
        };
        let told = [false, true].map(|closed| {
            let policy = PolicyChanged {
                registration,
                guests,
                closed,
            };
            Arc::new(Delivery::new(Event::PolicyChanged(policy)))
        });
        let [open, closed] = &told;
        let outside = self.threshold.outsiders();
        for core in self.online.everyone().iter().chain(&outside) {
            let delivery = if self.is_closed_to(core) {
                closed
            } else {
                open
            };
            let _full = core.outbox.push(delivery);
        }
    }

    /// The lockdown that holds now.
    pub(crate) fn lockdown_now(&self) -> Option<LockdownRow> {
        let now = self.now();
        let lockdown = read(&self.threshold.lockdown);
        lockdown.clone().filter(|row| now < row.until)
    }

    /// Does nothing at the door hold for this one?
    pub(crate) fn is_exempt(&self, core: &Core) -> bool {
        let Some(address) = core.origin.address else {
            return true;
        };
        let door = self.config.door.as_ref();
        door.is_some_and(|door| door.is_exempt(address))
    }

    /// The refusal for who would come in while the server is locked down: without an account of before, or,
    /// where it is closed, at all. Who connected before that is no exception.
    pub(crate) fn refuse_in_lockdown(&self, core: &Core, kind: RequestKind) -> Result<(), Refusal> {
        use RequestKind as K;
        let new = matches!(
            kind,
            K::Register | K::RegisterStart | K::RegisterFinish | K::ComeAsGuest
        );
        let comes = matches!(
            kind,
            K::SignIn
                | K::SignInStart
                | K::SignInFinish
                | K::SignInCertificate
                | K::SignInScram
                | K::SignInScramFinish
                | K::SecondFactor
                | K::Resume
                | K::Reset
                | K::ResetStart
                | K::ResetFinish
        );
        if !new && (!comes || core.signed_in().is_some()) {
            return Ok(());
        }
        self.may_come_in_lockdown(core, if new { Coming::New } else { Coming::Back })
    }

    /// May one come in, as things are?
    pub(crate) fn may_come_in_lockdown(&self, core: &Core, coming: Coming) -> Result<(), Refusal> {
        let Some(row) = self.lockdown_now() else {
            return Ok(());
        };
        let refused = match row.level {
            // Not even those whom nothing else at the door holds for (P-427).
            LockdownLevel::Closed => core.origin.address.is_some(),
            LockdownLevel::On | LockdownLevel::Off => {
                coming == Coming::New && !self.is_exempt(core)
            }
        };
        if refused {
            Err(locked_down(&row))
        } else {
            Ok(())
        }
    }

    /// What a newcomer is asked to compute, if it is asked for anything.
    pub(crate) fn work_for(&self, core: &Core) -> Option<Work> {
        let bits = self.config.shield.bits;
        (bits > 0 && self.must_pay(core)).then(|| Work {
            challenge: self.challenge(core),
            bits,
        })
    }

    pub(crate) fn prove_work(&self, core: &Core, request: ProveWork) -> Result<Response, Refusal> {
        let bits = self.config.shield.bits;
        // Where no work is asked for, none can be done: any number would be work of no bits.
        if bits == 0 || !snug_auth::is_work(&self.challenge(core), request.nonce, bits) {
            let text = "That is no work on this connection's challenge.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        core.paid.store(true, Ordering::Release);
        Ok(Done {}.into())
    }

    /// Who comes while the shield is up, and has not computed what it was asked to, waits once. Who comes to
    /// an account from where it was used before is no newcomer, and does not.
    pub(crate) async fn pay_at_shield(&self, core: &Core, request: &Request) {
        use RequestKind as K;
        // The second step of an exchange is nothing without the first, which paid or was before the shield.
        let free = matches!(
            request.kind(),
            K::Hello
                | K::Ping
                | K::Quit
                | K::Resume
                | K::ProveWork
                | K::SignInFinish
                | K::SignInScramFinish
                | K::SecondFactor
                | K::RegisterFinish
                | K::ResetFinish
        );
        if !free && self.must_pay(core) {
            if !self.is_at_home(core, request).await {
                self.pause(self.config.shield.wait).await;
            }
            core.paid.store(true, Ordering::Release);
        }
    }

    fn must_pay(&self, core: &Core) -> bool {
        let door = self.config.door.as_ref();
        core.signed_in().is_none()
            && door.is_some_and(|door| door.shield_is_up())
            && !core.paid.load(Ordering::Acquire)
            && !self.is_exempt(core)
    }

    /// Of this connection alone, without anything being kept for it.
    fn challenge(&self, core: &Core) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.address_key()) else {
            return String::new();
        };
        mac.update(b"work");
        mac.update(&core.number.to_be_bytes());
        let tag = mac.finalize().into_bytes();
        let half = tag.first_chunk().copied().map(u128::from_be_bytes);
        format!("{:032x}", half.unwrap_or_default())
    }

    /// The banned networks, and for how many seconds more; those whose time is over left out.
    pub fn banned_networks(&self) -> Vec<(Network, Option<u64>)> {
        let now = self.now();
        let bans = self.bans.networks().into_iter();
        let held = bans.filter(|(_, until)| until.is_none_or(|until| now < until));
        let left = |until: Timestamp| until.ms().saturating_sub(now.ms()).div_ceil(1000);
        held.map(|(network, until)| (network, until.map(left)))
            .collect()
    }

    /// The networks that are past every ban, and how much longer, in seconds.
    pub async fn allowed_networks(&self) -> Result<Vec<(Network, Option<u64>)>, Refusal> {
        let now = self.now();
        let left = |until: Timestamp| until.ms().saturating_sub(now.ms()).div_ceil(1000);
        let rows = self.allowed_rows().await.map_err(refusal)?;
        let holding = rows
            .into_iter()
            .filter(|row| row.until.is_none_or(|until| now < until));
        Ok(holding
            .map(|row| (row.network, row.until.map(left)))
            .collect())
    }

    /// All allowed networks, whether or not their time is over.
    async fn allowed_rows(&self) -> Result<Vec<AllowedRow>, StoreError> {
        let mut rows: Vec<AllowedRow> = Vec::new();
        loop {
            let before = rows.last().map(|row| row.number);
            let page = self
                .storage
                .read(move |reader| reader.allowed(before, PAGE));
            let page = page.await?;
            let full = page.len() == PAGE as usize;
            rows.extend(page);
            if !full {
                return Ok(rows);
            }
        }
    }

    /// The private address from which most connections come that are here, if one does (DECISIONS 28).
    pub fn crowd(&self) -> Option<snug_rules::Crowd> {
        let inside = self.online.everyone();
        let all = inside.into_iter().chain(self.threshold.outsiders());
        snug_rules::crowd(all.filter_map(|core| core.origin.address))
    }

    /// How many sessions are signed in.
    pub fn signed_in(&self) -> u64 {
        u64::try_from(self.online.everyone().len()).unwrap_or(u64::MAX)
    }

    /// Does the store answer, and keep what it is given? A sentence if it does not.
    pub async fn is_well(&self) -> Result<(), String> {
        if self.is_stopping() {
            return Err("The server is stopping.".to_owned());
        }
        if self.storage.is_failing() {
            return Err("Nothing can be written, as on a full disk.".to_owned());
        }
        let asked = self.storage.read(|reader| reader.has_owner());
        match tokio::time::timeout(WELL_WITHIN, asked).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("The store failed: {error}.")),
            Err(_elapsed) => Err("The store does not answer.".to_owned()),
        }
    }

    /// Tells those who run the server something, on every front.
    pub fn tell_runners(&self, text: &str) {
        for core in self.online.everyone() {
            let Some(who) = core.signed_in() else {
                continue;
            };
            if self.now_of(&who.person).role >= Role::Moderator {
                core.notify(text);
            }
        }
        self.happened(Happening::Warning, || text.to_owned());
    }

    /// A lockdown whose time is over is lifted, and those who run the server are told. Called now and then.
    pub async fn lift_lockdown_in_time(&self) {
        let now = self.now();
        let over = {
            let lockdown = read(&self.threshold.lockdown);
            lockdown.as_ref().is_some_and(|row| now >= row.until)
        };
        if !over {
            return;
        }
        // Somebody may lock it down anew meanwhile: what the store has then decides.
        let lifted = self
            .storage
            .write(move |transaction| transaction.lift_lockdown(now))
            .await;
        match lifted {
            Ok(true) => {
                self.lockdown_as_stored(None).await;
                if self.lockdown_now().is_none() {
                    self.tell_runners("The lockdown is over: everybody may come in again.");
                }
            }
            Ok(false) => self.lockdown_as_stored(None).await,
            Err(error) => {
                tracing::warn!(error = %error, "the lockdown is over, and could not be taken from the store");
            }
        }
    }

    /// Goes by the lockdown that the store has now; by this one, which was just written, if it cannot be asked.
    /// Whoever wrote one does this, one after the other, so that the last of them goes by the last.
    pub(crate) async fn lockdown_as_stored(&self, written: Option<LockdownRow>) {
        let _one_at_a_time = self.threshold.going_by.lock().await;
        let stored = self.storage.read(|reader| reader.lockdown()).await;
        self.lockdown_is(stored.unwrap_or(written));
    }
}

/// Who is kept out, until when and why.
pub(crate) fn locked_down(row: &LockdownRow) -> Refusal {
    let whom = match row.level {
        LockdownLevel::Closed => "nobody",
        LockdownLevel::On | LockdownLevel::Off => "nobody new",
    };
    let mut text = format!("This server lets {whom} in until {}", row.until.said());
    match &row.reason {
        Some(reason) => {
            text.push_str(": ");
            text.push_str(reason);
        }
        None => text.push('.'),
    }
    Refusal::with_text(ErrorCode::Forbidden, text)
}

/// A store's refusal, for a request.
pub(crate) fn stored<T>(result: Result<T, StoreError>) -> Result<T, Refusal> {
    result.map_err(refusal)
}
