//! A live room: its view, its readers, and the one step at a time in which a request is decided, applied
//! and queued for the log.
//!
//! The step is synchronous and short, so it runs under the room's lock in the caller's own task instead
//! of in a task of the room's: two task switches a message less. Lock order: a room's state, then a
//! session's outbox, the writer's queue or the list of who is online; never two rooms at once.

pub(crate) mod apart;
pub(crate) mod catch_up;
pub(crate) mod door;
pub(crate) mod load;
mod locked;
pub(crate) mod marks;
pub(crate) mod memory;
pub(crate) mod newest;
pub(crate) mod order;
pub(crate) mod presence;
pub(crate) mod publish;
pub(crate) mod quote;
pub(crate) mod readers;
pub(crate) mod refill;
pub(crate) mod shown;
pub(crate) mod submission;
pub(crate) mod telling;

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use snug_proto::{AccountId, ErrorCode, LogId, Refusal, Role, RoomId, Timestamp};
use snug_rules::{
    Action, Actor, Change, Content, Crossings, Entry, Masked, Outcome, Retention, RoomKind,
    RoomView, Said, decide, heed_blocks,
};
use snug_store::{Append, Expect, RoomRow};

use locked::{Ended, Leaving, Left, Locked};
pub(crate) use readers::{ForReaders, Position, Reader};
pub(crate) use submission::{Act, Aside, Key, Ordered, Reacting, Submission, Way};

use crate::{
    engine::Engine,
    guests::Counted,
    lock::{lock, try_lock},
    person::Person,
    reach::Unreached,
    roll::Rolls,
    room::apart::reached,
    room::memory::append_in_memory,
    room::publish::{MAX_TRIES, Ticket},
    room::quote::Blanked,
};

/// A room with readers, or one that was asked for lately.
pub(crate) struct Room {
    pub(crate) id: RoomId,
    /// Is it unknown to those who are not in it?
    hidden: AtomicBool,
    /// Its kind, which never changes; known once it was loaded.
    kind: OnceLock<RoomKind>,
    /// What came while the publisher has the lock.
    left: Left<Submission>,
    /// Sessions that ended meanwhile.
    ended: Ended,
    /// Guards everything below it; see the top of the file for the order.
    state: Mutex<State>,
}

/// What a room's lock guards.
pub(crate) struct State {
    /// The room as the store keeps it; `None` until it was loaded once.
    pub(crate) row: Option<RoomRow>,
    /// The view as it will be once what is in flight is committed; `None` until it is loaded, and while
    /// it is loaded afresh.
    pub(crate) view: Option<RoomView>,
    /// Its lists of people by name.
    pub(crate) rolls: Rolls,
    /// Decided on a view that proved stale: to be decided again before anything else.
    pub(crate) stale: Vec<Submission>,
    /// Waits for the view, in order.
    pub(crate) waiting: Vec<Submission>,
    /// Tasks that wait for the view.
    pub(crate) load_waiters: Vec<futures_channel::oneshot::Sender<Result<(), Refusal>>>,
    /// Is somebody loading it?
    pub(crate) loading: bool,
    /// Appends decided here whose commit is not published yet.
    pub(crate) in_flight: usize,
    /// What was published last; `None` until the room was loaded once.
    pub(crate) head: Option<Head>,
    /// Commits that wait until what another node appended before them is published.
    pub(crate) held: Vec<crate::room::publish::Held>,
    /// By their session's number.
    pub(crate) readers: HashMap<u64, Reader>,
    /// Those who wait for what was put into their outboxes, to be reached once the room is unlocked.
    unreached: Unreached,
    /// The newest events of a `ram` room, which are nowhere else.
    pub(crate) ram: VecDeque<RamEvent>,
    /// What a `ram` room knows of its members beside the store, whose numbers are not its own.
    pub(crate) ram_members: HashMap<AccountId, RamMember>,
    /// Said in a `ram` room while a change of its members is on its way to the store.
    pub(crate) ram_waiting: Vec<(Entry, Ticket)>,
    /// Turns of the counting job since the room was last in use.
    pub(crate) idle_turns: u8,
    wrong_passwords: HashMap<Counted, (u32, Timestamp)>,
    /// When people last spoke, for slow mode, while there is no view that knows it.
    pub(crate) said: HashMap<AccountId, Said>,
    /// Told to large rooms when it changed (DECISIONS 11).
    pub(crate) online_told: usize,
    /// What was taken back of late.
    pub(crate) blanked: Blanked,
    /// What was told last, while many are behind.
    pub(crate) newest: newest::Newest,
    /// How many were here when somebody asked last.
    pub(crate) counted: Option<(std::time::Instant, usize)>,
    /// When each who is writing was told of last.
    pub(crate) typing: HashMap<AccountId, Timestamp>,
    /// Who came and went and was not told of yet.
    pub(crate) gathered: presence::Gathered,
    /// Who went in lately.
    crossings: Crossings,
    /// Somebody will come for what waits in outboxes whose readers were not told.
    hushed: bool,
}

/// How far a room's log was published on this node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    pub(crate) seq: u64,
    pub(crate) messages: u64,
    pub(crate) at: Timestamp,
}

/// An event of a `ram` room.
pub(crate) struct RamEvent {
    pub(crate) event: snug_store::StoredEvent,
    pub(crate) key: Option<Key>,
}

/// A member of a `ram` room, in its own numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RamMember {
    /// The seq of the joining; 0 for one who was a member before this start.
    pub(crate) joined: u64,
    /// The read marker.
    pub(crate) read: u64,
}

impl Room {
    /// A room that is not loaded yet.
    pub(crate) fn new(id: RoomId) -> Arc<Self> {
        Arc::new(Self {
            id,
            hidden: AtomicBool::new(false),
            kind: OnceLock::new(),
            left: Left::default(),
            ended: Ended::default(),
            state: Mutex::new(State {
                row: None,
                view: None,
                rolls: Rolls::default(),
                stale: Vec::new(),
                waiting: Vec::new(),
                load_waiters: Vec::new(),
                loading: false,
                in_flight: 0,
                head: None,
                held: Vec::new(),
                readers: HashMap::new(),
                unreached: Unreached::default(),
                ram: VecDeque::new(),
                ram_members: HashMap::new(),
                ram_waiting: Vec::new(),
                idle_turns: 0,
                wrong_passwords: HashMap::new(),
                said: HashMap::new(),
                online_told: 0,
                counted: None,
                blanked: Blanked::default(),
                newest: newest::Newest::default(),
                typing: HashMap::new(),
                gathered: presence::Gathered::default(),
                crossings: Crossings::default(),
                hushed: false,
            }),
        })
    }

    /// Is this account in it, as far as is known without asking the store?
    pub(crate) fn has_member(&self, account: &AccountId) -> bool {
        let state = self.state();
        let view = state.view.as_ref();
        view.is_some_and(|view| view.is_member(account))
    }

    /// Is it unknown to those who are not in it?
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.load(Ordering::Acquire)
    }

    pub(crate) fn set_hidden(&self, hidden: bool) {
        self.hidden.store(hidden, Ordering::Release);
    }

    /// Its kind, once it was loaded.
    pub(crate) fn kind(&self) -> Option<RoomKind> {
        self.kind.get().copied()
    }

    /// Locks the room's state.
    pub(crate) fn state(&self) -> Locked<'_> {
        self.without_ended(lock(&self.state))
    }

    /// This session has ended, and hears it no more. Nobody waits for the lock: whoever has it next sees to it.
    pub(crate) fn hears_no_more(&self, session: u64) {
        self.ended.note(session);
        drop(self.state_if_free());
    }

    /// Locks the room's state, unless somebody has.
    pub(crate) fn state_if_free(&self) -> Option<Locked<'_>> {
        try_lock(&self.state).map(|state| self.without_ended(state))
    }

    fn without_ended<'a>(&self, mut state: MutexGuard<'a, State>) -> Locked<'a> {
        for session in self.ended.take() {
            state.readers.remove(&session);
        }
        Locked::new(state)
    }

    /// Takes a submission: decided now if the room is loaded, else in its order once it is. What comes while
    /// the publisher has the room's lock is decided as soon as it is done.
    pub(crate) fn submit(self: &Arc<Self>, engine: &Arc<Engine>, submission: Submission) {
        let submission = match self.left.leave(submission) {
            Leaving::Done => return,
            Leaving::Look => None,
            Leaving::Not(submission) => Some(submission),
        };
        self.take_in(engine, submission);
    }

    /// The publisher begins to work on the room: what comes meanwhile is left to it.
    pub(crate) fn begin_publishing(&self) {
        self.left.begin();
    }

    /// The publisher has the lock, and sees whether the room is loaded.
    pub(crate) fn publisher_sees(&self, state: &State) {
        self.left.sees(state.view.is_some());
    }

    /// Is the publisher at work on it, and is it loaded? Then nobody need stand before the lock to know that.
    pub(crate) fn is_published_and_loaded(&self) -> bool {
        self.left.is_seen_loaded()
    }

    /// The publisher has let go of the room.
    pub(crate) fn end_publishing(self: &Arc<Self>, engine: &Arc<Engine>) {
        while self.left.end() {
            self.left.begin();
            self.take_in(engine, None);
        }
    }

    /// Decides what was left, then this.
    fn take_in(self: &Arc<Self>, engine: &Arc<Engine>, submission: Option<Submission>) {
        let mut state = self.state();
        state.idle_turns = 0;
        while let Some(left) = self.left.next() {
            state.take_up(self, engine, left);
        }
        if let Some(submission) = submission {
            state.take_up(self, engine, submission);
        }
        let load = state.wants_load();
        drop(state);
        if load {
            self.load(engine);
        }
    }
}

impl State {
    /// Is it a `ram` room?
    pub(crate) fn is_ram(&self) -> bool {
        self.row
            .as_ref()
            .is_some_and(|row| row.retention == Retention::Ram)
    }

    fn take_up(&mut self, room: &Arc<Room>, engine: &Arc<Engine>, submission: Submission) {
        if self.view.is_some() {
            self.step(room, engine, submission);
        } else {
            self.waiting.push(submission);
        }
    }

    /// Decides, applies and queues, as one step.
    pub(crate) fn step(
        &mut self,
        room: &Arc<Room>,
        engine: &Arc<Engine>,
        mut submission: Submission,
    ) {
        if submission
            .act
            .apart()
            .is_some_and(|apart| !apart.holds(engine))
        {
            // Looked up anew, with all that waits behind it, so that the order stays.
            submission.tries = submission.tries.saturating_add(1);
            if submission.tries > MAX_TRIES {
                submission.answering.answer(Err(ErrorCode::Busy.into()));
            } else {
                self.drop_view();
                self.stale.push(submission);
            }
            return;
        }
        match self.decided(engine, room.id, &submission) {
            Ok((Outcome::Append(entry), expect)) => {
                self.queue(room, engine, submission, entry, expect);
            }
            Ok((Outcome::Already, _)) if matches!(submission.act, Act::Join(_)) => {
                engine.answer_member_already(room, submission);
            }
            Ok((Outcome::Already, _)) => {
                submission
                    .answering
                    .answer(self.head_for(engine, room.id, &submission.person));
            }
            Err(refusal) if submission.key.is_some() => {
                // A retry whose first try went through must get that answer, whatever the state is now.
                engine.answer_retry(room, submission, refusal);
            }
            Err(refusal) => submission.answering.answer(Err(refusal)),
        }
    }

    /// As the rules see somebody in this room now: with what its masks say of them, and what is held against
    /// guests from where they come. Whoever asks what may be done here asks by this.
    pub(crate) fn actor_in(
        &mut self,
        engine: &Engine,
        room: RoomId,
        person: &Person,
    ) -> Result<Actor, ErrorCode> {
        Ok(Actor {
            masked: self.masked(engine, room, person)?,
            ..engine.actor(person)
        })
    }

    fn masked(
        &mut self,
        engine: &Engine,
        room: RoomId,
        person: &Person,
    ) -> Result<Masked, ErrorCode> {
        if person.role == Role::Guest {
            self.hold_against(engine, room, person);
        }
        let view = self.view.as_ref().ok_or(ErrorCode::Busy)?;
        Ok(engine.masked(view, person))
    }

    fn decided(
        &mut self,
        engine: &Engine,
        room: RoomId,
        submission: &Submission,
    ) -> Result<(Outcome, Expect), Refusal> {
        if submission.flight.is_some() {
            // What the server itself does, it also does for those whom it shuts out.
            engine.refuse_banned(&submission.person.id)?;
        }
        let masked = self.masked(engine, room, &submission.person);
        let action = self.action(engine, submission)?;
        let view = self.view.as_ref().ok_or(ErrorCode::Internal)?;
        let actor = Actor {
            masked: masked.map_err(|_| ErrorCode::Internal)?,
            ..submission.person.actor()
        };
        let mut outcome = decide(view, &actor, action, engine.now())?;
        if let (Outcome::Append(entry), Some(apart)) = (&mut outcome, submission.act.apart()) {
            heed_blocks(entry, &apart.closed)?;
        }
        if matches!(&outcome, Outcome::Append(entry) if entry.content == Content::Joined)
            && submission.tries == 0
            && submission
                .flight
                .as_ref()
                .is_some_and(|of| of.core().is_counted())
        {
            let asked = self.crossings.ask(actor.account, engine.steady());
            asked.map_err(went_in_too_often)?;
        }
        let expect = Expect {
            room_rules: view.rules,
            account_rules: actor.rules,
        };
        Ok((outcome, expect))
    }

    /// What is asked, as the rules take it: with the password compared and the words owned.
    fn action(&mut self, engine: &Engine, submission: &Submission) -> Result<Action, Refusal> {
        Ok(match &submission.act {
            Act::Join(password) => {
                let check =
                    self.check_password(engine, &submission.person.id, password.as_ref())?;
                Action::Join(check)
            }
            Act::Leave(reason) => Action::Leave(reason.clone()),
            Act::Send(body, aside) => {
                let addressed = aside.as_ref().map(|aside| aside.addressed.clone());
                Action::Send(body.clone(), addressed.unwrap_or_default())
            }
            Act::Edit(target, body) => Action::Edit(*target, body.clone()),
            Act::Delete(target, reason) => Action::Delete(*target, reason.clone()),
            Act::Purge(target, reason) => Action::Purge(*target, reason.clone()),
            Act::Restore(target, body) => Action::Restore(*target, body.clone()),
            Act::Tag(tags) => Action::Tag(tags.clone()),
            Act::React(reacting) => {
                let (target, reaction) = (reacting.target, reacting.reaction.clone());
                match reacting.way {
                    Way::On => Action::React(target, reaction),
                    Way::Off => Action::Unreact(target, reaction),
                }
            }
            Act::Order(ordered) => Action::Order(ordered.order.clone()),
        })
    }

    fn queue(
        &mut self,
        room: &Arc<Room>,
        engine: &Arc<Engine>,
        submission: Submission,
        entry: Entry,
        expect: Expect,
    ) {
        // As it is decided and not yet as it is committed: nothing said after a room ceased to keep things is
        // kept.
        let retention = self.view.as_ref().map(|view| view.retention);
        let ram = retention == Some(Retention::Ram);
        if let Some(view) = &mut self.view {
            view.heard(&entry, engine.now());
        }
        let password_tag = match &submission.act {
            Act::Order(ordered) => ordered.password_tag,
            _ => None,
        };
        let begin_log = begins_to_keep(&entry.content, retention)
            .then(|| LogId::from_bytes(Engine::random_id()));
        let deletes_of = match &submission.act {
            Act::Delete(target, _) if target.author != submission.person.id => Some(target.author),
            _ => None,
        };
        let apart = reached(&entry, &submission.act);
        let ticket = Ticket::new(room, engine, submission);
        // What the audit log is to say goes through the store, whatever the room keeps.
        if ram && deletes_of.is_none() && !entry.content.changes_rules() {
            if self.in_flight > 0 {
                self.ram_waiting.push((entry, ticket));
            } else {
                append_in_memory(self, entry, ticket);
            }
            return;
        }
        let rules_after = Engine::random_counter();
        if let Some(view) = &mut self.view {
            view.apply(&entry, rules_after);
            if entry.content == Content::Joined && ticket.person.role == Role::Guest {
                view.guests.insert(entry.actor);
            }
        }
        self.foresee_password(&entry.content, password_tag);
        if opens_to_groups(&entry.content) || begin_log.is_some() {
            // Who is in them, or the numbers of the log, the store says once this is committed: what comes
            // next waits for it.
            self.drop_view();
        }
        let append = Append {
            room: room.id,
            expect,
            entry,
            key: ticket.key.clone(),
            rules_after,
            password_tag,
            keep: !ram || begin_log.is_some(),
            begin_log,
            deletes_of,
            apart,
        };
        self.in_flight += 1;
        if let Err(ticket) = engine.storage.append(append, ticket) {
            self.in_flight -= 1;
            self.settle_in_memory();
            ticket.answering.answer(Err(ErrorCode::ShuttingDown.into()));
        }
    }

    /// The other one of a direct conversation; oneself for notes to oneself.
    pub(crate) fn other_of(&self, account: &AccountId) -> Option<AccountId> {
        match self.row.as_ref()?.kind {
            RoomKind::Direct(one, other) => Some(if one == *account { other } else { one }),
            RoomKind::Lobby | RoomKind::Ordinary => None,
        }
    }

    /// Notes what a committed entry means for who may read.
    pub(crate) fn committed(&mut self, entry: &Entry, seq: u64) {
        if let Some(view) = &mut self.view {
            view.committed(entry, seq);
        }
        if let Some(row) = &mut self.row {
            match entry.content {
                Content::Joined => row.counts.members += 1,
                Content::Left { .. } => row.counts.members = row.counts.members.saturating_sub(1),
                Content::Changed { .. } => {
                    // A ban removes somebody or not: the view knows, once nothing is on its way.
                    let view = self.view.as_ref().filter(|_| self.in_flight == 0);
                    row.counts.members = view.map_or(row.counts.members, |view| {
                        u64::try_from(view.members.len()).unwrap_or(u64::MAX)
                    });
                }
                _ => {}
            }
        }
    }
}

/// Somebody goes into the same room again and again.
fn went_in_too_often(retry_after_ms: u64) -> Refusal {
    let text = "You went into this room too often just now. Wait a little.";
    Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(retry_after_ms)
}

/// Does this change the groups that a room is open to?
fn opens_to_groups(content: &Content) -> bool {
    matches!(
        content,
        Content::Changed { change: Change::Settings(settings), .. }
            if settings.changes.groups.is_some()
    )
}

/// Is a `ram` room to keep things from here on?
fn begins_to_keep(content: &Content, before: Option<Retention>) -> bool {
    let Content::Changed {
        change: Change::Settings(settings),
        ..
    } = content
    else {
        return false;
    };
    let to = settings.changes.retention;
    before == Some(Retention::Ram) && to.is_some_and(|to| to != Retention::Ram)
}
