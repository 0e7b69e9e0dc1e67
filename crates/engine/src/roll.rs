//! People in the order of their names, so that a page of a long list costs what a page holds and not what
//! the list holds: of everyone who is here, and of the members of a large room.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use snug_proto::{AccountId, Refusal, RoomRole, folded_name};
use snug_rules::{Change, Content, RoomView};
use snug_store::StoredEvent;

use crate::{
    engine::Engine,
    person::Person,
    room::{Room, State},
};

/// People by their names, in lower case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roll(BTreeMap<String, AccountId>);

/// A room's list, made once.
#[derive(Debug)]
struct Kept {
    roll: Roll,
    /// Those on it whose names nobody knows any more: guests who are gone.
    nameless: usize,
}

impl Roll {
    /// These people.
    pub(crate) fn of(people: &[Arc<Person>]) -> Self {
        let by_name = |person: &Arc<Person>| (folded_name(&person.name).into_owned(), person.id);
        Self(people.iter().map(by_name).collect())
    }

    /// One more.
    pub(crate) fn insert(&mut self, name: &str, id: AccountId) {
        self.0.insert(folded_name(name).into_owned(), id);
    }

    /// One less, if that is who bears the name here.
    pub(crate) fn remove(&mut self, name: &str, id: &AccountId) {
        let name = folded_name(name);
        if self.0.get(&*name) == Some(id) {
            self.0.remove(&*name);
        }
    }

    /// The one who was called so is called otherwise, if they are here.
    pub(crate) fn rename(&mut self, was: &str, person: &Person) {
        let was = folded_name(was);
        if self.0.get(&*was) == Some(&person.id) {
            self.0.remove(&*was);
            self.insert(&person.name, person.id);
        }
    }

    /// The first so many after this name.
    pub(crate) fn page(&self, after: Option<&str>, most: usize) -> Vec<AccountId> {
        let after = after.map(folded_name);
        let from = after.as_deref().map_or(Unbounded, Excluded);
        let rest = self.0.range::<str, _>((from, Unbounded));
        rest.take(most).map(|(_, id)| *id).collect()
    }

    /// Who bears this name, folded.
    pub(crate) fn named(&self, name: &str) -> Option<AccountId> {
        self.0.get(name).copied()
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whom a room's list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Its members.
    Members,
    /// Those who are banned from it; some bans may have ended.
    Banned,
    /// Those who are muted in it; some mutes may have ended.
    Muted,
}

impl List {
    const ALL: [Self; 3] = [Self::Members, Self::Banned, Self::Muted];

    fn of(self, view: &RoomView) -> Vec<AccountId> {
        match self {
            Self::Members => view.members.keys().copied().collect(),
            Self::Banned => view.bans.keys().copied().collect(),
            Self::Muted => view.mutes.keys().copied().collect(),
        }
    }

    fn len(self, view: &RoomView) -> usize {
        match self {
            Self::Members => view.members.len(),
            Self::Banned => view.bans.len(),
            Self::Muted => view.mutes.len(),
        }
    }
}

/// A room's lists by name, each once somebody asked for a page of many; they go with the view.
#[derive(Debug, Default)]
pub(crate) struct Rolls {
    members: Option<Kept>,
    banned: Option<Kept>,
    muted: Option<Kept>,
}

impl Rolls {
    const fn of(&mut self, list: List) -> &mut Option<Kept> {
        match list {
            List::Members => &mut self.members,
            List::Banned => &mut self.banned,
            List::Muted => &mut self.muted,
        }
    }

    /// Notes on a list what became of somebody; one whose name is not known spoils it.
    fn note(&mut self, engine: &Engine, list: List, who: &AccountId, listed: bool) {
        let kept = self.of(list);
        let Some(Kept { roll, .. }) = kept else {
            return;
        };
        match engine.people.known(who) {
            Some(person) if listed => roll.insert(&person.name, *who),
            Some(person) => roll.remove(&person.name, who),
            None => *kept = None,
        }
    }
}

impl State {
    /// What was committed is what the lists say.
    pub(crate) fn note_in_rolls(&mut self, engine: &Engine, event: &StoredEvent) {
        let rolls = &mut self.rolls;
        match &event.content {
            Content::Joined => rolls.note(engine, List::Members, &event.actor, true),
            Content::Left { .. } => rolls.note(engine, List::Members, &event.actor, false),
            Content::Changed { change, .. } => {
                if let Some(who) = change.removes() {
                    rolls.note(engine, List::Members, &who, false);
                }
                match change {
                    Change::Banned { who, .. } => rolls.note(engine, List::Banned, who, true),
                    Change::Unbanned { who } => rolls.note(engine, List::Banned, who, false),
                    Change::Muted { who, .. } => rolls.note(engine, List::Muted, who, true),
                    Change::Unmuted { who } => rolls.note(engine, List::Muted, who, false),
                    Change::Role { who, role } if *role > RoomRole::Member => {
                        rolls.note(engine, List::Muted, who, false);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A list, if it is of exactly those who are on it now. While changes are on their way, it may lack
    /// them.
    fn roll(&mut self, list: List) -> Option<&Roll> {
        let now = list.len(self.view.as_ref()?);
        let settled = self.in_flight == 0;
        let kept = self.rolls.of(list).as_ref();
        let kept = kept.filter(|kept| !settled || kept.roll.len() + kept.nameless == now);
        kept.map(|kept| &kept.roll)
    }
}

impl Engine {
    /// A page by name of a room's members, or of those who are banned or muted. The list is made once and
    /// then kept up for as long as the view is there.
    pub(crate) async fn page_of(
        &self,
        room: &Room,
        list: List,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<AccountId>, Refusal> {
        let before = self.people.before();
        let (listed, rules) = {
            let mut state = room.state();
            if let Some(roll) = state.roll(list) {
                return Ok(roll.page(after, most));
            }
            let Some(view) = &state.view else {
                return Ok(Vec::new());
            };
            (list.of(view), view.rules)
        };
        let number = listed.len();
        let roll = Roll::of(&self.people_of(listed).await?);
        let page = roll.page(after, most);
        if roll.len() > most {
            let mut state = room.state();
            // Nobody came or went meanwhile, nor was anybody renamed: then it is theirs.
            let same = |view: &RoomView| view.rules == rules && list.len(view) == number;
            let still = state.view.as_ref().is_some_and(same) && state.in_flight == 0;
            if still && self.people.before() == before {
                let nameless = number.saturating_sub(roll.len());
                *state.rolls.of(list) = Some(Kept { roll, nameless });
            }
        }
        Ok(page)
    }

    /// Lists an account that was renamed under its new name.
    pub(crate) fn renamed(&self, person: &Person, was: &str) {
        self.online.renamed(person, was);
        for room in self.all_rooms() {
            let mut state = room.state();
            for list in List::ALL {
                if let Some(Kept { roll, .. }) = state.rolls.of(list) {
                    roll.rename(was, person);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u8) -> AccountId {
        AccountId::from_bytes([number; 16])
    }

    #[test]
    fn pages_follow_one_another_by_name() {
        let mut roll = Roll::default();
        for (name, number) in [("dan", 4), ("ann", 1), ("cid", 3), ("bob", 2)] {
            roll.insert(name, account(number));
        }
        assert_eq!(roll.page(None, 3), [1, 2, 3].map(account));
        assert_eq!(roll.page(Some("bob"), 9), [3, 4].map(account));
        assert_eq!(roll.page(Some("bo"), 1), [account(2)]);
        assert_eq!(roll.page(Some("dan"), 9), []);
    }

    #[test]
    fn a_name_that_another_bears_now_stays() {
        let mut roll = Roll::default();
        roll.insert("ann", account(2));
        roll.remove("ann", &account(1));
        assert_eq!(roll.len(), 1);
        roll.remove("ann", &account(2));
        assert_eq!(roll.len(), 0);
    }
}
