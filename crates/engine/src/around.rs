//! What is told around somebody: to those who share a room that tells comings and goings, to friends, and
//! to sessions that watch for them (`monitor`). Being away is such a thing, and what one says of oneself.
//!
//! Presence is no event; it may be lost. The locks here guard one map or list each; none is held while a
//! room or another of them is asked.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use snug_proto::{
    AccountId, AccountName, Delivery, Event, FormerEntry, IsAway, Role, Subject, Timestamp,
    limits::MAX_MONITORED, same_name,
};

use crate::{
    config::Quitting,
    engine::Engine,
    handle::wearing::goes_by,
    lock::lock,
    online::Seen,
    person::Person,
    room::{Position, Room},
    session::Core,
};

/// Names kept of those who went, in all and of each name; the oldest make room.
const MAX_FORMER: usize = 1000;
/// See [`MAX_FORMER`].
const MAX_FORMER_OF_NAME: usize = 10;
/// They are kept for an hour.
const FORMER_MS: u64 = 3_600_000;
/// What others read who see somebody away that said no word on it.
const AWAY: &str = "Away";

/// What a session says of being away.
#[derive(Debug, Clone)]
pub(crate) struct SaidAway {
    /// In which order it was said, of all sessions.
    order: u64,
    /// None if nobody sits there.
    text: Option<String>,
}

/// What is known of those who are here beside their accounts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// Away, and why.
    pub(crate) away: Option<String>,
    /// What their client calls its user.
    pub(crate) user: Option<String>,
    /// They run the server in the name of one of this role.
    pub(crate) operates: Option<Role>,
}

/// Who watches for whom, and who was here.
#[derive(Default)]
pub(crate) struct Around {
    /// By the name watched for, folded.
    watchers: Mutex<HashMap<String, Vec<Arc<Core>>>>,
    /// Oldest first.
    former: Mutex<VecDeque<FormerEntry>>,
    /// Counts what was said of being away.
    said: AtomicUsize,
    /// The most accounts that were here at once.
    pub(crate) most: AtomicUsize,
    /// Sessions that nobody has signed in on.
    pub(crate) unknown: AtomicUsize,
}

/// A name as it is watched for: as accounts are called, where it can be one.
pub(crate) fn folded(name: &str) -> String {
    AccountName::parse(name).map_or_else(|_| name.to_lowercase(), |name| name.as_str().to_owned())
}

impl Around {
    /// Lets a session hear of these; those that there is no place for come back.
    pub(crate) fn watch(&self, core: &Arc<Core>, names: &[String]) -> Vec<String> {
        let mut mine = lock(&core.monitors);
        let mut watchers = lock(&self.watchers);
        let mut left_out = Vec::new();
        for name in names {
            let folded = folded(name);
            if mine.contains(&folded) {
                continue;
            }
            if mine.len() >= MAX_MONITORED || core.is_closed() {
                left_out.push(name.clone());
                continue;
            }
            watchers
                .entry(folded.clone())
                .or_default()
                .push(Arc::clone(core));
            mine.insert(folded);
        }
        left_out
    }

    /// Lets it hear no more of these.
    pub(crate) fn unwatch(&self, core: &Core, names: &[String]) {
        let mut mine = lock(&core.monitors);
        let mut watchers = lock(&self.watchers);
        for name in names {
            let folded = folded(name);
            if !mine.remove(&folded) {
                continue;
            }
            if let Some(of) = watchers.get_mut(&folded) {
                of.retain(|one| one.number != core.number);
                if of.is_empty() {
                    watchers.remove(&folded);
                }
            }
        }
    }

    /// Lets it hear of nobody any more.
    pub(crate) fn unwatch_all(&self, core: &Core) {
        let names: Vec<_> = lock(&core.monitors).iter().cloned().collect();
        self.unwatch(core, &names);
    }

    fn watchers_of(&self, name: &str) -> Vec<Arc<Core>> {
        lock(&self.watchers).get(name).cloned().unwrap_or_default()
    }

    /// Notes how many are here now.
    pub(crate) fn are_here(&self, count: usize) {
        self.most.fetch_max(count, Ordering::Relaxed);
    }

    /// Who had this name of late, the newest first.
    pub(crate) fn were(&self, name: &str, now: Timestamp) -> Vec<FormerEntry> {
        let mut former = lock(&self.former);
        forget_old(&mut former, now);
        let of_name = former
            .iter()
            .rev()
            .filter(|entry| same_name(&entry.name, name));
        of_name.cloned().collect()
    }

    /// Forgets that this account was here.
    pub(crate) fn forget(&self, account: &AccountId) {
        lock(&self.former).retain(|entry| entry.account != *account);
    }

    fn went(&self, entry: FormerEntry) {
        let mut former = lock(&self.former);
        forget_old(&mut former, entry.until);
        let of_name = former
            .iter()
            .filter(|of| same_name(&of.name, &entry.name))
            .count();
        if of_name >= MAX_FORMER_OF_NAME
            && let Some(oldest) = former
                .iter()
                .position(|of| same_name(&of.name, &entry.name))
        {
            former.remove(oldest);
        }
        if former.len() >= MAX_FORMER {
            former.pop_front();
        }
        former.push_back(entry);
    }
}

fn forget_old(former: &mut VecDeque<FormerEntry>, now: Timestamp) {
    while former
        .front()
        .is_some_and(|oldest| oldest.until.plus_ms(FORMER_MS) < now)
    {
        former.pop_front();
    }
}

/// What an account's sessions say of being away, taken together: it is away while all of them say so, with
/// the words said last.
pub(crate) fn away_of<'a>(sessions: impl Iterator<Item = &'a Arc<Core>>) -> Option<String> {
    let mut last: Option<SaidAway> = None;
    for session in sessions.filter(|session| !session.is_quiet()) {
        let said = lock(&session.away).clone()?;
        last = match last {
            Some(before) if said.text.is_none() || before.order > said.order => Some(before)
                .filter(|before| before.text.is_some())
                .or(Some(said)),
            _ => Some(said),
        };
    }
    last.map(|said| said.text.unwrap_or_else(|| AWAY.to_owned()))
}

impl Engine {
    /// A session says that it is away, or back.
    pub(crate) fn says_away(&self, core: &Core, text: Option<String>, unattended: bool) {
        let order = self.around.said.fetch_add(1, Ordering::Relaxed) as u64;
        let away = (unattended || text.is_some()).then_some(SaidAway {
            order,
            text: text.filter(|_| !unattended),
        });
        *lock(&core.away) = away;
    }

    /// Tells that somebody is away or back, if that is another thing than before.
    pub(crate) async fn tell_away_since(&self, person: &Person, before: Option<String>) {
        let text = self.online.away_of(&person.id);
        if text != before {
            let subject = person.subject();
            let event = Event::Away(IsAway { subject, text });
            self.tell_around(person, event).await;
        }
    }

    /// Tells something to everyone who is told of this person's coming and going, once each, but to no
    /// session of their own.
    pub(crate) async fn tell_around(&self, person: &Person, event: Event) {
        let id = person.id;
        let friends = self
            .storage
            .read(move |reader| reader.friend_ids(&id))
            .await;
        let friends = friends.unwrap_or_default();
        let delivery = Arc::new(Delivery::new(event));
        for core in self.those_around(person, &friends) {
            let _full = core.outbox.push(&delivery);
        }
    }

    /// The sessions that are told of somebody, by their number.
    pub(crate) fn those_around(
        &self,
        person: &Person,
        friends: &[AccountId],
    ) -> impl Iterator<Item = Arc<Core>> + use<> {
        let mut heard: BTreeMap<u64, Arc<Core>> = BTreeMap::new();
        let mut rooms: Vec<Arc<Room>> = Vec::new();
        for session in self.online.sessions_of(&person.id) {
            for room in lock(&session.rooms).iter() {
                if !rooms.iter().any(|known| Arc::ptr_eq(known, room)) {
                    rooms.push(Arc::clone(room));
                }
            }
        }
        for room in rooms {
            let state = room.state();
            if state.tells_presence() {
                let live = state.readers.values();
                let live = live.filter(|reader| reader.position == Position::Live);
                heard.extend(live.map(|reader| (reader.core.number, Arc::clone(&reader.core))));
            }
        }
        for friend in friends {
            let sessions = self.online.sessions_of(friend);
            heard.extend(sessions.into_iter().map(|core| (core.number, core)));
        }
        for (name, _) in goes_by(person) {
            let watching = self.around.watchers_of(&name);
            heard.extend(watching.into_iter().map(|core| (core.number, core)));
        }
        let own = person.id;
        heard
            .into_values()
            .filter(move |core| core.signed_in().is_some_and(|who| who.person.id != own))
    }

    /// Tells the sessions that watch for what somebody goes by that they came or went, and keeps who went.
    pub(crate) fn tell_watchers(&self, person: &Person, user: Option<&String>, seen: Seen) {
        for (name, subject) in goes_by(person) {
            if seen == Seen::Going {
                self.note_former(person, &subject, user);
            }
            self.tell_seen(&name, subject, seen);
        }
    }

    /// Keeps who went by this name.
    pub(crate) fn note_former(&self, person: &Person, by: &Subject, user: Option<&String>) {
        if self.config.quitting == Quitting::KeepsAccount {
            self.around.went(FormerEntry {
                name: by.called().to_owned(),
                account: person.id,
                display: person.display.clone(),
                user: user.cloned(),
                until: self.now(),
            });
        }
    }

    /// Tells the sessions that watch for this name that somebody came or went by it.
    pub(crate) fn tell_seen(&self, name: &str, subject: Subject, seen: Seen) {
        let event = Event::Seen(snug_proto::Seen {
            subject,
            online: seen == Seen::Coming,
        });
        self.tell_watchers_of(name, event);
    }

    /// Tells something to the sessions that watch for this name.
    pub(crate) fn tell_watchers_of(&self, name: &str, event: Event) {
        let watching = self.around.watchers_of(name);
        if watching.is_empty() {
            return;
        }
        let delivery = Arc::new(Delivery::new(event));
        for core in watching {
            let _full = core.outbox.push(&delivery);
        }
    }
}
