//! Telling friends who comes and goes (DECISIONS 11): the first at once, those right after it together.
//!
//! An account has up to a thousand friends. So that neither a crowd that comes at once nor one account that
//! signs in and out all day makes the store look for friends each time, and each friend be woken, the
//! server tells friends at most once in [`GATHER`], one telling at a time; whoever came and went again
//! within it is not told at all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use snug_proto::{AccountId, Delivery, Event, FriendPresence};
use snug_store::StoreError;
use tokio::time::Instant;

use crate::{
    engine::Engine, lock::lock, online::Seen, person::Person, room::presence::GATHER, session::Core,
};

/// People that wait to be told of at most. What is over it is not told: presence may be lost.
const MAX_WAITING: usize = 4096;
/// People whose friends are looked for in one read, so that other reads come in between.
const AT_ONCE: usize = 16;

/// Comings and goings that friends are yet to be told of. The lock guards the list only.
#[derive(Default)]
pub(crate) struct ToldToFriends(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    told_at: Option<Instant>,
    people: HashMap<AccountId, News>,
    /// Somebody will come for them, or is telling and looks again.
    awaited: bool,
}

/// What is to be told of somebody.
struct News {
    person: Arc<Person>,
    seen: Seen,
    /// Some heard it already: should it turn into its contrary, that is news to them.
    known_to_some: bool,
}

impl Waiting {
    /// Somebody came or went: when somebody must come for it, unless somebody will already.
    fn add(&mut self, person: &Arc<Person>, seen: Seen, now: Instant) -> Option<Instant> {
        let room = self.people.len() < MAX_WAITING;
        match self.people.get_mut(&person.id) {
            Some(news) if news.known_to_some => news.seen = seen,
            // As it was when others last heard of it.
            Some(news) if news.seen != seen => drop(self.people.remove(&person.id)),
            None if room => {
                let news = News {
                    person: Arc::clone(person),
                    seen,
                    known_to_some: false,
                };
                self.people.insert(person.id, news);
            }
            Some(_) | None => {}
        }
        self.next(now)
    }

    fn next(&mut self, now: Instant) -> Option<Instant> {
        if self.people.is_empty() || std::mem::replace(&mut self.awaited, true) {
            return None;
        }
        Some(self.told_at.map_or(now, |told| now.max(told + GATHER)))
    }

    fn take(&mut self, now: Instant) -> Vec<(Arc<Person>, Seen)> {
        self.told_at = Some(now);
        let all = self.people.drain().map(|(_, news)| news);
        all.map(|news| (news.person, news.seen)).collect()
    }

    /// They were told: when to come for those who came or went meanwhile.
    fn done(&mut self, now: Instant) -> Option<Instant> {
        self.awaited = false;
        self.next(now)
    }
}

impl Engine {
    /// Tells somebody's friends that they came or went.
    pub(crate) fn tell_friends(self: &Arc<Self>, person: &Arc<Person>, seen: Seen) {
        let due = lock(&self.told_to_friends.0).add(person, seen, Instant::now());
        let Some(mut due) = due else { return };
        let engine = Arc::clone(self);
        self.spawn_until_stop(async move {
            loop {
                tokio::time::sleep_until(due).await;
                let told = lock(&engine.told_to_friends.0).take(Instant::now());
                for people in told.chunks(AT_ONCE) {
                    engine.tell_friends_of(people).await;
                }
                let next = lock(&engine.told_to_friends.0).done(Instant::now());
                match next {
                    Some(next) => due = next,
                    None => return,
                }
            }
        });
    }

    /// A new friend of somebody is about to be told whether they are here.
    pub(crate) fn a_friend_knows(&self, of: &AccountId) {
        if let Some(news) = lock(&self.told_to_friends.0).people.get_mut(of) {
            news.known_to_some = true;
        }
    }

    async fn tell_friends_of(&self, people: &[(Arc<Person>, Seen)]) {
        let ids: Vec<AccountId> = people.iter().map(|(person, _)| person.id).collect();
        let friends = self.storage.read(move |reader| {
            let each = ids.iter().map(|id| reader.friend_ids(id));
            each.collect::<Result<Vec<_>, StoreError>>()
        });
        let Ok(friends) = friends.await else { return };
        let mut told: HashMap<u64, (Arc<Core>, Vec<Arc<Delivery>>)> = HashMap::new();
        for ((person, seen), friends) in people.iter().zip(friends) {
            let event = Event::FriendPresence(FriendPresence {
                subject: person.subject(),
                online: *seen == Seen::Coming,
            });
            let delivery = Arc::new(Delivery::new(event));
            for core in self.online.sessions_of_each(&friends) {
                let (_, deliveries) = told
                    .entry(core.number)
                    .or_insert_with(|| (core, Vec::new()));
                deliveries.push(Arc::clone(&delivery));
            }
        }
        for (core, deliveries) in told.values() {
            core.outbox.push_each(deliveries.iter());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::tests::person;
    use Seen::{Coming, Going};

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_those_after_it_in_one_go_later() {
        let start = Instant::now();
        let mut waiting = Waiting::default();
        assert_eq!(waiting.add(&person(1), Coming, start), Some(start));
        assert_eq!(waiting.take(start).len(), 1);
        // While friends are being told, nobody else tells.
        assert_eq!(waiting.add(&person(2), Coming, start), None);
        assert_eq!(waiting.add(&person(3), Going, start), None);
        assert_eq!(waiting.done(start), Some(start + GATHER));
        assert_eq!(waiting.take(start + GATHER).len(), 2);
        assert_eq!(waiting.done(start + GATHER), None);
        let quiet = start + GATHER * 3;
        assert_eq!(waiting.add(&person(2), Going, quiet), Some(quiet));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_came_and_went_again_is_not_told_of() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        waiting.add(&person(1), Coming, now);
        assert_eq!(waiting.take(now).len(), 1);
        for _ in 0..1000 {
            waiting.add(&person(1), Going, now);
            waiting.add(&person(1), Coming, now);
        }
        assert_eq!(waiting.done(now), None);
        assert!(waiting.people.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_new_friend_was_told_is_taken_back_when_it_turns() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        waiting.add(&person(1), Coming, now);
        waiting.people.get_mut(&person(1).id).unwrap().known_to_some = true;
        waiting.add(&person(1), Going, now);
        let told = waiting.take(now);
        assert_eq!(told.first().map(|(_, seen)| *seen), Some(Going));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_bounded() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        for number in 0..2 * MAX_WAITING {
            let mut one = Arc::unwrap_or_clone(person(1));
            let mut bytes = [7; 16];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            one.id = AccountId::from_bytes(bytes);
            waiting.add(&Arc::new(one), Coming, now);
        }
        assert_eq!(waiting.take(now).len(), MAX_WAITING);
    }
}
