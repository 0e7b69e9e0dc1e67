//! A session on this node: what a front speaks to. Requests that need no waiting are submitted in the
//! call; the others go through a lane that keeps their order and has a task only while it has work.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use snug_proto::{
    AccountId, Answering, Delivery, Direct, ErrorCode, Event, Happening, Notice, Pending, Refusal,
    Request, Scope, Session, SessionId, Stream, Timestamp, limits::MAX_PENDING_REQUESTS,
};

use snug_rules::Cost;

use crate::{
    around::SaidAway,
    config::{Front, Origin},
    engine::Engine,
    handle::sign_in::Begun,
    lock::lock,
    pace::Turn,
    person::Person,
    room::Room,
    size::fits,
    under_way,
};

/// Requests that may wait of a session that is not signed in.
const MAX_WAITING_UNKNOWN: usize = 32;

/// Refusals in a row, for asking too fast, that come at once. Those after them come late, so that who floods
/// without looking at the answers has as many requests waiting as may wait, and is read from no further.
const PROMPT_REFUSALS: u32 = 16;
/// So late, and up to half of that later: each session at a time of its own. Many who flood together would else
/// come back together too, and who says something at that moment would wait behind all of them.
const REFUSED_LATE_MS: u64 = 500;
/// Between one session and the next, of those 250: near the golden section, so that no few of them are close together.
const APART_MS: u64 = 153;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The person left: others are told at once.
    Quit,
    /// The connection was lost: one that can resume is given time to (DECISIONS 11).
    Lost,
}

/// A session of the live server. Dropping it without [`EngineSession::close`] is a lost connection.
pub struct EngineSession {
    core: Arc<Core>,
}

/// What the engine keeps of a session. In this order in memory: what a delivery touches comes first, for it
/// is seldom in the processor's caches, and each part of it is waited for.
#[repr(C)]
pub(crate) struct Core {
    pub(crate) outbox: crate::outbox::Outbox,
    /// How its front is reached without waking it.
    direct: OnceLock<Weak<dyn Direct>>,
    /// Those of its rooms that are read to it from the log.
    pub(crate) behind: Mutex<VecDeque<Arc<Room>>>,
    /// Counted up by the engine: what rooms know it by.
    pub(crate) number: u64,
    pub(crate) engine: Arc<Engine>,
    pub(crate) origin: Origin,
    /// Who it is, once signed in; never changes after that.
    signed_in: OnceLock<SignedInAs>,
    /// What the client called itself.
    pub(crate) client: OnceLock<String>,
    /// Others are not told of it.
    pub(crate) quiet: AtomicBool,
    /// It wants to be in no list of all who are here.
    pub(crate) unlisted: AtomicBool,
    /// An OPAQUE exchange between its start and its finish.
    pub(crate) begun: Mutex<Option<Box<Begun>>>,
    /// Requests that wait for those before them.
    lane: Mutex<Lane>,
    /// Submissions not answered yet.
    in_flight: AtomicUsize,
    /// Woken when the last of them is.
    settled: Mutex<Option<Waker>>,
    /// The rooms it hears.
    pub(crate) rooms: Mutex<Vec<Arc<Room>>>,
    pub(crate) pumping: AtomicBool,
    /// How fast its account talks; shared with its other sessions.
    pub(crate) pace: OnceLock<Arc<Mutex<snug_rules::Pace>>>,
    /// How often it was refused for asking too fast, since it was last not.
    refused: AtomicU32,
    closed: AtomicBool,
    /// It was ended by another hand than its own.
    revoked: AtomicBool,
    /// What it said as it left.
    pub(crate) farewell: OnceLock<Arc<str>>,
    /// It asked to leave.
    pub(crate) leaving: AtomicBool,
    /// Who goes by the same name from here on took it over.
    pub(crate) handed_on: AtomicBool,
    /// What it says of being away.
    pub(crate) away: Mutex<Option<SaidAway>>,
    /// What its client calls its user.
    pub(crate) user: OnceLock<String>,
    /// When it last asked for something that others hear of, by the engine's clock.
    pub(crate) active_at: AtomicU64,
    /// In whose name it runs the server.
    pub(crate) operates: Mutex<Option<AccountId>>,
    /// Whom it watches for, by folded names.
    pub(crate) monitors: Mutex<BTreeSet<String>>,
    /// The keys that it is told of.
    pub(crate) follows: Mutex<BTreeSet<String>>,
    /// It counts among those that nobody has signed in on.
    unknown: AtomicBool,
    /// When a code of its account's second factor was given on it last, by the clock that never jumps; 0 for
    /// never.
    coded_at: AtomicU64,
    /// It has paid what newcomers pay while the shield is up.
    pub(crate) paid: AtomicBool,
}

/// Who a session is.
#[derive(Clone)]
pub(crate) struct SignedInAs {
    pub(crate) person: Arc<Person>,
    /// Narrowed by an app token.
    pub(crate) scope: Option<Scope>,
    pub(crate) session: Option<SessionId>,
    pub(crate) token: Option<snug_proto::TokenId>,
    /// What the list of sessions knows it by: its session, or an id of the connection alone.
    pub(crate) listed: SessionId,
    /// Signed in on this connection then.
    pub(crate) since: Timestamp,
}

#[derive(Default)]
struct Lane {
    queue: VecDeque<Waiting>,
    running: bool,
}

/// A request in the lane.
struct Waiting {
    request: Request,
    answering: Answering,
    timing: Timing,
    /// It counts as under way while it has not to wait for its turn.
    begun: Option<under_way::Begun>,
}

/// When a request in the lane is carried out.
enum Timing {
    /// Its session was signed in when it came, and its pace was asked then.
    From(Option<Instant>),
    /// Nobody was signed in when it came: the pace is asked when its turn comes.
    Unasked,
}

/// Counts a submission of its session until it is answered.
pub(crate) struct Flight(
    Arc<Core>,
    #[expect(dead_code, reason = "counts while it is held")] under_way::Begun,
);

impl Flight {
    /// The number of its session.
    pub(crate) fn session(&self) -> u64 {
        self.0.number
    }

    /// Its session.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(waker) = lock(&self.0.settled).take()
        {
            waker.wake();
        }
    }
}

impl EngineSession {
    /// A session that is not signed in.
    pub(crate) fn new(engine: &Arc<Engine>, origin: Origin) -> Self {
        let core = Arc::new(Core {
            number: engine.next_session_number(),
            engine: Arc::clone(engine),
            origin,
            outbox: crate::outbox::Outbox::default(),
            direct: OnceLock::new(),
            signed_in: OnceLock::new(),
            client: OnceLock::new(),
            quiet: AtomicBool::new(false),
            unlisted: AtomicBool::new(false),
            begun: Mutex::default(),
            lane: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            settled: Mutex::default(),
            rooms: Mutex::default(),
            behind: Mutex::default(),
            pumping: AtomicBool::new(false),
            pace: OnceLock::new(),
            refused: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            revoked: AtomicBool::new(false),
            farewell: OnceLock::new(),
            leaving: AtomicBool::new(false),
            handed_on: AtomicBool::new(false),
            away: Mutex::default(),
            user: OnceLock::new(),
            active_at: AtomicU64::new(engine.now().ms()),
            operates: Mutex::default(),
            monitors: Mutex::default(),
            follows: Mutex::default(),
            unknown: AtomicBool::new(true),
            coded_at: AtomicU64::new(0),
            paid: AtomicBool::new(false),
        });
        engine.around.unknown.fetch_add(1, Ordering::AcqRel);
        engine.threshold.came(&core);
        Self { core }
    }

    /// Says how its front is reached without waking it. Once; a second one is not taken.
    pub fn reach_through(&self, direct: Weak<dyn Direct>) {
        let _first_stays = self.core.direct.set(direct);
    }

    /// Where it comes from, and by what.
    pub(crate) fn whence(&self) -> String {
        self.core.engine.whence(&self.core)
    }

    /// Ends the presence. Requests under way are still carried out; their answers may go unheard.
    pub fn close(&self, closing: Closing) {
        self.core.close(closing);
    }
}

impl Drop for EngineSession {
    fn drop(&mut self) {
        self.core.close(Closing::Lost);
    }
}

impl std::fmt::Debug for EngineSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineSession")
            .field("front", &self.core.origin.front)
            .finish_non_exhaustive()
    }
}

impl Session for EngineSession {
    fn request(&self, request: Request) -> Pending {
        let core = &self.core;
        if let Err(code) = fits(&request) {
            return Pending::refused(code);
        }
        if Cost::of(request.kind()).is_some() {
            let now = core.engine.now().ms();
            core.active_at.store(now, Ordering::Relaxed);
        }
        let timing = if core.signed_in().is_none() {
            if let Err(refusal) = core.asks_outside() {
                return Pending::refused(refusal);
            }
            Timing::Unasked
        } else {
            match core.turn(&request) {
                Ok(Turn::Now) => Timing::From(None),
                Ok(Turn::In(wait)) => Timing::From(Some(Instant::now() + wait)),
                Err(refusal) => return core.refuse_as_too_fast(refusal),
            }
        };
        let mut lane = lock(&core.lane);
        if core.signed_in().is_none() && lane.queue.len() >= MAX_WAITING_UNKNOWN {
            return Pending::refused(ErrorCode::Busy);
        }
        if lane.queue.len() + core.in_flight.load(Ordering::Acquire) >= MAX_PENDING_REQUESTS {
            return Pending::refused(ErrorCode::Busy);
        }
        if core.closed.load(Ordering::Acquire) {
            return Pending::refused(ErrorCode::ShuttingDown);
        }
        let request = if lane.running || matches!(timing, Timing::From(Some(_))) {
            request
        } else {
            match core.engine.request_now(core, request) {
                Ok(pending) => return pending,
                Err(request) => request,
            }
        };
        let (answering, pending) = Pending::new();
        let at_once = matches!(timing, Timing::From(None));
        let begun = at_once.then(|| core.engine.under_way.begin_if_heard(request.kind()));
        lane.queue.push_back(Waiting {
            request,
            answering,
            timing,
            begun: begun.flatten(),
        });
        if !lane.running {
            lane.running = true;
            let lane_of = Arc::clone(core);
            core.engine.spawn(async move { lane_of.run_lane().await });
        }
        pending
    }

    fn poll_deliveries(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        let polled = self.core.outbox.poll_take(context, into);
        if matches!(polled, Poll::Ready(Stream::Open | Stream::Awaited)) {
            self.core.pump();
        }
        polled
    }
}

/// How late a session of this number is refused that floods on.
const fn refused_after(number: u64) -> Duration {
    let apart = (number % REFUSED_LATE_MS) * APART_MS % (REFUSED_LATE_MS / 2);
    Duration::from_millis(REFUSED_LATE_MS + apart)
}

impl Core {
    /// Refuses what comes too fast: at once, and late if that goes on.
    fn refuse_as_too_fast(&self, refusal: Refusal) -> Pending {
        if self.refused.fetch_add(1, Ordering::Relaxed) < PROMPT_REFUSALS {
            return Pending::refused(refusal);
        }
        let (answering, pending) = Pending::new();
        let engine = Arc::clone(&self.engine);
        let late = refused_after(self.number);
        self.engine.spawn(async move {
            engine.pause(late).await;
            answering.answer(Err(refusal));
        });
        pending
    }

    /// What it asked was not too fast.
    pub(crate) fn was_not_too_fast(&self) {
        self.refused.store(0, Ordering::Relaxed);
    }

    /// Is it a program's, of which others are not told?
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Relaxed)
    }

    /// Who it is, once signed in.
    pub(crate) fn signed_in(&self) -> Option<&SignedInAs> {
        self.signed_in.get()
    }

    /// Makes it somebody; false if it is somebody already.
    pub(crate) fn become_signed_in(&self, who: SignedInAs) -> bool {
        let became = self.signed_in.set(who).is_ok();
        self.is_known();
        became
    }

    /// It does not count among those any more that nobody has signed in on.
    fn is_known(&self) {
        if self.unknown.swap(false, Ordering::AcqRel) {
            self.engine.around.unknown.fetch_sub(1, Ordering::AcqRel);
            self.engine.threshold.is_known(self.number);
        }
    }

    /// A code of its account's second factor was given on it.
    pub(crate) fn gave_code(&self) {
        let now = self.engine.config.clock.steady().ms();
        self.coded_at.store(now, Ordering::Release);
    }

    /// Was one given within so many milliseconds?
    pub(crate) fn gave_code_within(&self, ms: u64) -> bool {
        let now = self.engine.config.clock.steady().ms();
        let at = self.coded_at.load(Ordering::Acquire);
        at > 0 && now.saturating_sub(at) <= ms
    }

    /// How its front is written to without waking it, while there is one.
    pub(crate) fn direct(&self) -> Option<Arc<dyn Direct>> {
        self.direct.get().and_then(Weak::upgrade)
    }

    /// Has the processor fetch what [`Core::direct`] and taking from the outbox need. It waits for memory
    /// once for many, if it is asked for all of it before it is to do anything with it.
    pub(crate) fn bring_near(&self) {
        let direct = self.direct.get().map(Weak::strong_count);
        std::hint::black_box((direct, self.behind.is_poisoned()));
    }

    /// Can it come back by a token?
    pub(crate) fn can_resume(&self) -> bool {
        self.origin.front == Front::Native
            && self.signed_in().is_some_and(|who| who.session.is_some())
    }

    /// The role in whose name it runs the server, as far as it is known.
    pub(crate) fn operates(&self) -> Option<snug_proto::Role> {
        let account = (*lock(&self.operates))?;
        Some(self.engine.people.known(&account)?.role)
    }

    /// Has it ended?
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Was it ended by another hand than its own?
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::Acquire)
    }

    /// Ends it by another hand than its own, saying why: what it asked and was not begun is not carried
    /// out any more.
    pub(crate) fn revoke(self: &Arc<Self>, why: &str) {
        self.revoked.store(true, Ordering::Release);
        self.notify(why);
        self.close(Closing::Quit);
    }

    /// One more submission is under way.
    pub(crate) fn flight(self: &Arc<Self>) -> Flight {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        Flight(Arc::clone(self), self.engine.under_way.begin())
    }

    /// A sentence from the server, if there is room for it.
    pub(crate) fn notify(&self, text: impl Into<String>) {
        self.tell(Event::Notice(Notice { text: text.into() }));
    }

    /// A word to it that it hears even where it reads too slowly for all else.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        let notice = Event::Notice(Notice { text: text.into() });
        self.outbox.push_surely(&Arc::new(Delivery::new(notice)));
    }

    /// Ends it with a last word, which takes the place of all that it has not been told yet.
    pub(crate) fn throw_out(self: &Arc<Self>, text: impl Into<String>) {
        let notice = Event::Notice(Notice { text: text.into() });
        self.outbox.push_last(&Arc::new(Delivery::new(notice)));
        self.close(Closing::Quit);
    }

    /// Something beside the logs, if there is room for it.
    pub(crate) fn tell(&self, event: Event) {
        let _full = self.outbox.push(&Arc::new(Delivery::new(event)));
    }

    /// It hears this room now.
    pub(crate) fn attached(&self, room: &Arc<Room>) {
        lock(&self.rooms).push(Arc::clone(room));
    }

    /// It hears this room no more.
    pub(crate) fn detached(&self, room: &Arc<Room>) {
        lock(&self.rooms).retain(|heard| !Arc::ptr_eq(heard, room));
        lock(&self.behind).retain(|heard| !Arc::ptr_eq(heard, room));
    }

    /// Ends it: it hears nothing more, and others are told as `closing` says.
    pub(crate) fn close(self: &Arc<Self>, closing: Closing) {
        if self.closed.swap(true, Ordering::AcqRel) {
            return;
        }
        self.is_known();
        self.engine.unwatch(self);
        self.engine.around.unwatch_all(self);
        self.engine.happened(Happening::Disconnected, || {
            let who = self.signed_in().map_or("nobody", |who| &who.person.name);
            format!("{who}, {}", self.engine.whence(self))
        });
        let rooms = std::mem::take(&mut *lock(&self.rooms));
        lock(&self.behind).clear();
        for room in &rooms {
            room.hears_no_more(self.number);
        }
        self.engine.went(self, rooms, closing);
        // Last, since its connection ends by it: who sees that end knows that the others were told.
        self.outbox.close();
    }

    async fn run_lane(self: Arc<Self>) {
        loop {
            let next = {
                let mut lane = lock(&self.lane);
                let next = lane.queue.pop_front();
                if next.is_none() {
                    *lane = Lane::default();
                }
                next
            };
            let Some(next) = next else { return };
            let Waiting {
                request,
                answering,
                timing,
                begun,
            } = next;
            self.engine.pay_at_shield(&self, &request).await;
            if let Err(refusal) = self.wait_for_turn(&request, timing).await {
                answering.answer(Err(refusal));
                continue;
            }
            if self.is_closed() && self.signed_in().is_none() {
                // Nobody hears the answer, and nothing was accepted from anybody.
                continue;
            }
            let kind = request.kind();
            let begun = begun.or_else(|| self.engine.under_way.begin_if_heard(kind));
            self.all_settled().await;
            self.engine.handle(&self, request, answering).await;
            drop(begun);
        }
    }

    /// Waits until a request may be carried out; an error if it may not.
    async fn wait_for_turn(
        self: &Arc<Self>,
        request: &Request,
        timing: Timing,
    ) -> Result<(), Refusal> {
        let wait = match timing {
            Timing::From(None) => return Ok(()),
            Timing::From(Some(from)) => from.saturating_duration_since(Instant::now()),
            Timing::Unasked => match self.turn(request)? {
                Turn::Now => return Ok(()),
                Turn::In(wait) => wait,
            },
        };
        self.engine.pause(wait).await;
        // Kicked meanwhile: what waited is not said any more.
        self.silence().map_or(Ok(()), Err)
    }

    /// Waits until everything submitted before is answered, so that what follows sees it.
    async fn all_settled(&self) {
        std::future::poll_fn(|context| {
            *lock(&self.settled) = Some(context.waker().clone());
            if self.in_flight.load(Ordering::Acquire) == 0 {
                *lock(&self.settled) = None;
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_who_flood_together_are_not_answered_together() {
        for first in [0, 7, 5_000] {
            let mut late: Vec<_> = (first..first + 100).map(refused_after).collect();
            late.sort_unstable();
            let most_at_once = late
                .iter()
                .map(|from| {
                    let until = *from + Duration::from_millis(25);
                    let together = late.iter().filter(|at| (*from..until).contains(*at));
                    together.count()
                })
                .max();
            assert!(most_at_once <= Some(15), "{most_at_once:?} within 25 ms");
            let bounds = [late.first(), late.last()].map(|at| at.map(Duration::as_millis));
            assert!(bounds.iter().all(|at| (500..750).contains(&at.unwrap())));
        }
    }
}
