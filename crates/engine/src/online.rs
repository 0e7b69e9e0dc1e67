//! Who is here: the sessions of each account, and telling others when the first comes and the last goes
//! (DECISIONS 11). Presence is no event; it may be lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use snug_proto::{AccountId, Delivery, Event, Online as OnlineCount, limits::RESUME_GRACE_MS};

use crate::{
    engine::Engine,
    lock::lock,
    person::Person,
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

/// The sessions of each account that has one, or had one a moment ago. The lock guards the map only.
#[derive(Default)]
pub(crate) struct Online {
    accounts: Mutex<HashMap<AccountId, Here>>,
}

#[derive(Default)]
struct Here {
    sessions: Vec<Arc<Core>>,
    /// Counts comings, so that a farewell that was put off knows whether it still holds.
    comings: u64,
    /// Others see it here. Sessions of programs that come and go quietly do not do that.
    shown: bool,
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

impl Online {
    /// The sessions of this account.
    pub(crate) fn sessions_of(&self, account: &AccountId) -> Vec<Arc<Core>> {
        lock(&self.accounts)
            .get(account)
            .map_or_else(Vec::new, |here| here.sessions.clone())
    }

    /// Those of these accounts that are here.
    pub(crate) fn here_of(&self, of: &[AccountId]) -> std::collections::HashSet<AccountId> {
        let accounts = lock(&self.accounts);
        of.iter()
            .filter(|id| accounts.get(*id).is_some_and(|here| here.shown))
            .copied()
            .collect()
    }

    /// The accounts that are here.
    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        let accounts = lock(&self.accounts);
        let shown = accounts.iter().filter(|(_, here)| here.shown);
        shown.map(|(id, _)| *id).collect()
    }

    /// Every session that is signed in.
    pub(crate) fn everyone(&self) -> Vec<Arc<Core>> {
        let accounts = lock(&self.accounts);
        accounts
            .values()
            .flat_map(|here| here.sessions.iter().cloned())
            .collect()
    }

    /// A session signed in: true if others did not see its account here before.
    pub(crate) fn came(&self, account: AccountId, core: &Arc<Core>) -> bool {
        let mut accounts = lock(&self.accounts);
        let here = accounts.entry(account).or_default();
        here.sessions.push(Arc::clone(core));
        if core.is_quiet() {
            return false;
        }
        here.comings += 1;
        !std::mem::replace(&mut here.shown, true)
    }

    fn went(&self, account: &AccountId, core: &Arc<Core>, closing: Closing) -> Farewell {
        let mut accounts = lock(&self.accounts);
        let Some(here) = accounts.get_mut(account) else {
            return Farewell::None;
        };
        here.sessions.retain(|session| !Arc::ptr_eq(session, core));
        if core.is_quiet() || here.sessions.iter().any(|session| !session.is_quiet()) {
            if here.sessions.is_empty() && !here.shown {
                accounts.remove(account);
            }
            return Farewell::None;
        }
        if closing == Closing::Lost && core.can_resume() {
            return Farewell::After(here.comings);
        }
        here.shown = false;
        if here.sessions.is_empty() {
            accounts.remove(account);
        }
        Farewell::Now
    }

    /// Is the farewell put off at this coming due? Then the account is gone.
    fn still_gone(&self, account: &AccountId, comings: u64) -> bool {
        let mut accounts = lock(&self.accounts);
        let Some(here) = accounts.get_mut(account) else {
            return false;
        };
        let gone =
            here.comings == comings && here.sessions.iter().all(|session| session.is_quiet());
        if gone {
            here.shown = false;
            if here.sessions.is_empty() {
                accounts.remove(account);
            }
        }
        gone
    }
}

impl Engine {
    /// A session ended that heard these rooms.
    pub(crate) fn went(
        self: &Arc<Self>,
        core: &Arc<Core>,
        rooms: Vec<Arc<Room>>,
        closing: Closing,
    ) {
        let Some(who) = core.signed_in() else { return };
        let person = Arc::clone(&who.person);
        self.note_last_seen(core, who);
        match self.online.went(&person.id, core, closing) {
            Farewell::None => {}
            Farewell::Now => {
                self.tell_presence(&person, &rooms, Seen::Going);
                self.tell_friends(&person, Seen::Going);
            }
            Farewell::After(comings) => {
                let engine = Arc::clone(self);
                self.spawn_until_stop(async move {
                    tokio::time::sleep(Duration::from_millis(RESUME_GRACE_MS)).await;
                    if engine.online.still_gone(&person.id, comings) {
                        engine.tell_presence(&person, &rooms, Seen::Going);
                        engine.tell_friends(&person, Seen::Going);
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
            room.state().came_or_went(self, room, person, seen);
        }
    }

    /// Tells large rooms how many are here, where that changed.
    pub(crate) fn tell_counts(&self) {
        for room in self.all_rooms() {
            let mut state = room.state();
            state.rest();
            if state.tells_presence() || state.row.is_none() {
                continue;
            }
            let count = state.accounts_here();
            if count == state.online_told {
                continue;
            }
            state.online_told = count;
            let name = state
                .row
                .as_ref()
                .map_or_else(String::new, |row| row.name.clone());
            let online = OnlineCount {
                room: name,
                room_id: room.id,
                count: count as u64,
            };
            let delivery = Arc::new(Delivery::new(Event::Online(online)));
            for reader in state
                .readers
                .values()
                .filter(|reader| reader.position == Position::Live)
            {
                let _full = reader.core.outbox.push(&delivery);
            }
        }
    }
}

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
            self.view = None;
        }
    }

    fn accounts_here(&self) -> usize {
        let accounts: std::collections::HashSet<_> =
            self.readers.values().map(|reader| reader.account).collect();
        accounts.len()
    }
}
