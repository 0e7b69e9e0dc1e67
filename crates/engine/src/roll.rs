//! People in the order of their names, so that a page of a long list costs what a page holds and not what
//! the list holds: of everyone who is here, and of the members of a large room.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use snug_proto::{AccountId, Refusal};
use snug_rules::RoomView;

use crate::{
    engine::Engine,
    person::Person,
    room::{Room, State},
};

/// People by their names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Roll(BTreeMap<String, AccountId>);

impl Roll {
    /// These people.
    pub(crate) fn of(people: &[Arc<Person>]) -> Self {
        let by_name = |person: &Arc<Person>| (person.name.clone(), person.id);
        Self(people.iter().map(by_name).collect())
    }

    /// One more.
    pub(crate) fn insert(&mut self, name: &str, id: AccountId) {
        self.0.insert(name.to_owned(), id);
    }

    /// One less, if that is who bears the name here.
    pub(crate) fn remove(&mut self, name: &str, id: &AccountId) {
        if self.0.get(name) == Some(id) {
            self.0.remove(name);
        }
    }

    /// The first so many after this name.
    pub(crate) fn page(&self, after: Option<&str>, most: usize) -> Vec<AccountId> {
        let from = after.map_or(Unbounded, Excluded);
        let rest = self.0.range::<str, _>((from, Unbounded));
        rest.take(most).map(|(_, id)| *id).collect()
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl State {
    /// Somebody became a member or ceased to be one: what was committed is what the roll says.
    pub(crate) fn note_in_roll(
        &mut self,
        engine: &Engine,
        joined: Option<&Person>,
        left: Option<AccountId>,
    ) {
        let Some(roll) = &mut self.roll else { return };
        if let Some(joined) = joined {
            roll.insert(&joined.name, joined.id);
        }
        if let Some(left) = left {
            match engine.people.known(&left) {
                Some(person) => roll.remove(&person.name, &left),
                None => self.roll = None,
            }
        }
    }

    /// The roll, if it is of exactly those who are members now. While changes are on their way, it may
    /// lack them.
    fn roll_of(&self, view: &RoomView) -> Option<&Roll> {
        let whole = |roll: &&Roll| self.in_flight > 0 || roll.len() == view.members.len();
        self.roll.as_ref().filter(whole)
    }
}

impl Engine {
    /// A page of a room's members by name, and one more if there are more. Their roll is called once and
    /// then kept up for as long as the view is there.
    pub(crate) async fn page_of_members(
        &self,
        room: &Room,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<AccountId>, Refusal> {
        let (members, rules) = {
            let state = room.state();
            let Some(view) = &state.view else {
                return Ok(Vec::new());
            };
            if let Some(roll) = state.roll_of(view) {
                return Ok(roll.page(after, most));
            }
            (view.members.keys().copied().collect(), view.rules)
        };
        let roll = Roll::of(&self.people_of(members).await?);
        let page = roll.page(after, most);
        if roll.len() > most {
            let mut state = room.state();
            // Nobody came or went meanwhile, nor was anybody renamed: then it is theirs.
            let same = |view: &RoomView| view.rules == rules && view.members.len() == roll.len();
            if state.view.as_ref().is_some_and(same) && state.in_flight == 0 {
                state.roll = Some(roll);
            }
        }
        Ok(page)
    }

    /// Lists an account that was renamed under its new name.
    pub(crate) fn renamed(&self, person: &Person, was: &str) {
        self.online.renamed(person, was);
        for room in self.all_rooms() {
            let mut state = room.state();
            let member = |view: &RoomView| view.is_member(&person.id);
            let listed = state.view.as_ref().is_some_and(member);
            if let Some(roll) = state.roll.as_mut().filter(|_| listed) {
                roll.remove(was, &person.id);
                roll.insert(&person.name, person.id);
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
