//! Who is here: the sessions of each account, and telling others when the first comes and the last goes
//! (DECISIONS 11). Presence is no event; it may be lost.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use snug_proto::{
    AccountId, AccountName, Delivery, Event, Online as OnlineCount, Role, RoomId,
    limits::RESUME_GRACE_MS,
};

use crate::{
    around::{Standing, away_of},
    config::Front,
    engine::Engine,
    lock::lock,
    person::Person,
    roll::Roll,
    room::{Position, Room, State},
    session::{Closing, Core},
};

/// What others are told of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Here now.
    Coming,
    /// Gone.
    Going,
}

/// The sessions of each account that has one, or had one a moment ago. The lock guards the lists only.
#[derive(Default)]
pub(crate) struct Online {
    lists: Mutex<Lists>,
}

#[derive(Default)]
struct Lists {
    accounts: HashMap<AccountId, Here>,
    /// Those that others see here.
    shown: Roll,
}

#[derive(Default)]
struct Here {
    sessions: Vec<Arc<Core>>,
    /// Counts comings, so that a farewell that was put off knows whether it still holds.
    comings: u64,
    /// The name under which others see it here. Sessions of programs that come and go quietly do not show
    /// it.
    shown: Option<String>,
}

/// What follows from a session's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Farewell {
    /// Others of the account are still here.
    None,
    /// Tell now.
    Now,
    /// Tell after the grace, unless this many comings were counted up by then.
    After(u64),
}

impl Lists {
    /// Others see this account no more; without a session it is forgotten.
    fn hide(&mut self, account: &AccountId) {
        let Some(here) = self.accounts.get_mut(account) else {
            return;
        };
        if let Some(name) = here.shown.take() {
            self.shown.remove(&name, account);
        }
        if here.sessions.is_empty() {
            self.accounts.remove(account);
        }
    }
}

impl Online {
    /// The sessions of this account.
    pub(crate) fn sessions_of(&self, account: &AccountId) -> Vec<Arc<Core>> {
        lock(&self.lists)
            .accounts
            .get(account)
            .map_or_else(Vec::new, |here| here.sessions.clone())
    }

    /// All sessions of these accounts.
    pub(crate) fn sessions_of_each(&self, accounts: &[AccountId]) -> Vec<Arc<Core>> {
        let lists = lock(&self.lists);
        let here = accounts.iter().filter_map(|id| lists.accounts.get(id));
        here.flat_map(|here| here.sessions.iter().cloned())
            .collect()
    }

    /// Those of these accounts that are here.
    pub(crate) fn here_of(&self, of: &[AccountId]) -> HashSet<AccountId> {
        let lists = lock(&self.lists);
        let shown = |id: &&AccountId| lists.accounts.get(*id).is_some_and(Here::is_shown);
        of.iter().filter(shown).copied().collect()
    }

    /// A page by name of the accounts that are here, and how many there are in all.
    pub(crate) fn page(&self, after: Option<&str>, most: usize) -> (Vec<AccountId>, usize) {
        let lists = lock(&self.lists);
        (lists.shown.page(after, most), lists.shown.len())
    }

    /// The account of this name, folded, if it is here.
    pub(crate) fn account_named(&self, name: &str) -> Option<AccountId> {
        lock(&self.lists).shown.named(name)
    }

    /// The accounts that are here.
    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        lock(&self.lists).shown.page(None, usize::MAX)
    }

    /// Every session that is signed in.
    pub(crate) fn everyone(&self) -> Vec<Arc<Core>> {
        let lists = lock(&self.lists);
        let here = lists.accounts.values();
        here.flat_map(|here| here.sessions.iter().cloned())
            .collect()
    }

    /// The first that came of an account's sessions that go on, if more than so many do.
    pub(crate) fn one_too_many(&self, account: &AccountId, most: usize) -> Option<Arc<Core>> {
        let lists = lock(&self.lists);
        let sessions = &lists.accounts.get(account)?.sessions;
        let mut open = sessions.iter().filter(|core| !core.is_closed());
        let first = open.next()?;
        (open.count() >= most).then(|| Arc::clone(first))
    }

    /// A session signed in: true if others did not see its account here before.
    pub(crate) fn came(&self, person: &Person, core: &Arc<Core>) -> bool {
        let mut lists = lock(&self.lists);
        let Lists { accounts, shown } = &mut *lists;
        let here = accounts.entry(person.id).or_default();
        here.sessions.push(Arc::clone(core));
        if core.is_quiet() {
            return false;
        }
        here.comings += 1;
        if here.is_shown() {
            return false;
        }
        here.shown = Some(person.name.clone());
        shown.insert(&person.name, person.id);
        true
    }

    /// An account has another name.
    pub(crate) fn renamed(&self, person: &Person, was: &str) {
        let mut lists = lock(&self.lists);
        let Lists { accounts, shown } = &mut *lists;
        if let Some(here) = accounts.get_mut(&person.id).filter(|here| here.is_shown()) {
            shown.remove(was, &person.id);
            shown.insert(&person.name, person.id);
            here.shown = Some(person.name.clone());
        }
    }

    fn went(&self, account: &AccountId, core: &Arc<Core>, closing: Closing) -> Farewell {
        let mut lists = lock(&self.lists);
        let Some(here) = lists.accounts.get_mut(account) else {
            return Farewell::None;
        };
        here.sessions.retain(|session| !Arc::ptr_eq(session, core));
        if core.is_quiet() || here.sessions.iter().any(|session| !session.is_quiet()) {
            if here.sessions.is_empty() && !here.is_shown() {
                lists.accounts.remove(account);
            }
            return Farewell::None;
        }
        if closing == Closing::Lost && core.can_resume() {
            return Farewell::After(here.comings);
        }
        lists.hide(account);
        Farewell::Now
    }

    /// How many accounts are here.
    pub(crate) fn count(&self) -> usize {
        lock(&self.lists).shown.len()
    }

    /// What is known of those of these that are here, beside their accounts.
    pub(crate) fn standing_of(&self, of: &[AccountId]) -> HashMap<AccountId, Standing> {
        let lists = lock(&self.lists);
        let here = of
            .iter()
            .filter_map(|id| Some((*id, lists.accounts.get(id)?)));
        here.map(|(id, here)| {
            let user = here.sessions.iter().find_map(|core| core.user.get());
            let standing = Standing {
                away: away_of(here.sessions.iter()),
                user: user.cloned(),
                operates: here.sessions.iter().find_map(|core| core.operates()),
            };
            (id, standing)
        })
        .collect()
    }

    /// What this account's clients call their user: the one of them that came first and said so.
    pub(crate) fn user_of(&self, account: &AccountId) -> Option<String> {
        let lists = lock(&self.lists);
        let here = lists.accounts.get(account)?;
        here.sessions
            .iter()
            .find_map(|core| core.user.get())
            .cloned()
    }

    /// Is this account away, and with which words?
    pub(crate) fn away_of(&self, account: &AccountId) -> Option<String> {
        let lists = lock(&self.lists);
        away_of(lists.accounts.get(account)?.sessions.iter())
    }

    /// Is the farewell put off at this coming due? Then the account is gone.
    fn still_gone(&self, account: &AccountId, comings: u64) -> bool {
        let mut lists = lock(&self.lists);
        let Some(here) = lists.accounts.get(account) else {
            return false;
        };
        let gone =
            here.comings == comings && here.sessions.iter().all(|session| session.is_quiet());
        if gone {
            lists.hide(account);
        }
        gone
    }
}

impl Here {
    const fn is_shown(&self) -> bool {
        self.shown.is_some()
    }
}

impl Engine {
    /// Somebody as others know them now: one who was erased goes by the name of the time before.
    pub(crate) fn as_known(&self, person: &Arc<Person>) -> Arc<Person> {
        let now = self.now_of(person);
        let erased = AccountName::parse(&now.name).is_err();
        if erased { Arc::clone(person) } else { now }
    }

    /// A session ended that heard these rooms.
    pub(crate) fn went(
        self: &Arc<Self>,
        core: &Arc<Core>,
        rooms: Vec<Arc<Room>>,
        closing: Closing,
    ) {
        let Some(who) = core.signed_in() else { return };
        let person = self.as_known(&who.person);
        self.note_last_seen(core, who);
        let handed_on = core.handed_on.load(Ordering::Acquire);
        if person.role == Role::Guest && !handed_on {
            self.guest_went(person.id);
        }
        let before = self.online.away_of(&person.id);
        match self.online.went(&person.id, core, closing) {
            Farewell::None => {
                // Those that are left may all be away.
                let engine = Arc::clone(self);
                self.spawn(async move { engine.tell_away_since(&person, before).await });
            }
            Farewell::Now => {
                if !handed_on {
                    self.tell_watchers(&person, core.user.get(), Seen::Going);
                }
                if person.role == Role::Guest && core.origin.front == Front::Native {
                    // Nothing is left of a guest who quits (DECISIONS 29); IRC knows no such promise.
                    self.around.forget(&person.id);
                }
                let farewell = core.farewell.get();
                for room in &rooms {
                    let mut state = room.state();
                    state.came_or_went(self, room, &person, (Seen::Going, farewell.cloned()));
                }
                self.tell_friends(&person, Seen::Going);
                if !handed_on {
                    self.undress_if_gone(&person, rooms);
                }
            }
            Farewell::After(comings) => {
                let engine = Arc::clone(self);
                let user = core.user.get().cloned();
                self.spawn_until_stop(async move {
                    tokio::time::sleep(Duration::from_millis(RESUME_GRACE_MS)).await;
                    if engine.online.still_gone(&person.id, comings) {
                        engine.tell_watchers(&person, user.as_ref(), Seen::Going);
                        engine.tell_presence(&person, &rooms, Seen::Going);
                        engine.tell_friends(&person, Seen::Going);
                        engine.undress_if_gone(&engine.now_of(&person), rooms);
                    }
                });
            }
        }
    }

    /// Tells the readers of these rooms that somebody came or went.
    pub(crate) fn tell_presence(
        self: &Arc<Self>,
        person: &Arc<Person>,
        rooms: &[Arc<Room>],
        seen: Seen,
    ) {
        for room in rooms {
            let mut state = room.state();
            state.came_or_went(self, room, person, (seen, None));
        }
    }

    /// Tells large rooms how many are here, where that changed. It is over once everybody was told, so that no
    /// older count can come after a newer one: the next are told by the same task.
    pub(crate) async fn tell_counts(&self) {
        for room in self.all_rooms() {
            let Some((live, delivery)) = room.state().count_to_tell(room.id) else {
                continue;
            };
            // What may be late: so many at a time, and others' connections have their turn between.
            for together in live.chunks(TOLD_TOGETHER) {
                for core in together {
                    let _full = core.outbox.push(&delivery);
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Readers of a large room who are told how many are here before others have their turn.
const TOLD_TOGETHER: usize = 64;
/// Who is here of a large room is counted no more often than this for those who ask.
const COUNTED_ANEW: Duration = Duration::from_secs(1);
/// Turns of the counting job after which a room that nobody hears or asks for gives its view back.
const IDLE_TURNS: u8 = 6;

impl State {
    /// A room that nobody hears or asks for keeps no members in memory; the next who asks loads it.
    fn rest(&mut self) {
        self.idle_turns = self.idle_turns.saturating_add(1);
        let wanted = !self.readers.is_empty()
            || self.in_flight > 0
            || self.loading
            || !self.waiting.is_empty()
            || !self.held.is_empty()
            || self.is_ram();
        if wanted {
            self.idle_turns = 0;
        } else if self.idle_turns > IDLE_TURNS {
            // As it was before its first use: a sign-in that hears it again need not load it.
            self.drop_view();
            self.row = None;
        }
    }

    /// How many are here, and whom to tell, if they are not told each time somebody comes or goes and the number
    /// is another than they were told last.
    fn count_to_tell(&mut self, room_id: RoomId) -> Option<(Vec<Arc<Core>>, Arc<Delivery>)> {
        self.rest();
        if self.tells_presence() {
            return None;
        }
        let room = self.row.as_ref()?.name.clone();
        let count = self.accounts_here();
        if std::mem::replace(&mut self.online_told, count) == count {
            return None;
        }
        let count = count as u64;
        let online = OnlineCount {
            room,
            room_id,
            count,
        };
        let live = self.readers.values();
        let live = live.filter(|reader| reader.position == Position::Live);
        let live = live.map(|reader| Arc::clone(&reader.core)).collect();
        Some((live, Arc::new(Delivery::new(Event::Online(online)))))
    }

    /// The accounts that hear the room and that others see.
    fn accounts_here(&self) -> usize {
        let seen = self.readers.values().filter(|it| !it.core.is_quiet());
        let accounts: HashSet<_> = seen.map(|reader| reader.account).collect();
        accounts.len()
    }

    /// The same for one who asks, as it was within the last second: to count many takes as long as to
    /// list a page of them.
    pub(crate) fn about_so_many_here(&mut self, now: Instant) -> usize {
        match self.counted {
            Some((at, count)) if now.saturating_duration_since(at) < COUNTED_ANEW => count,
            _ => {
                let count = self.accounts_here();
                self.counted = Some((now, count));
                count
            }
        }
    }
}
