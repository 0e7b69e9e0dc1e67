//! Accounts as the live server knows them: found once in the store, then shared.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use snug_proto::{
    AccountId, AccountName, Author, ErrorCode, PersonRef, Refusal, Role, Subject, Timestamp,
    folded_name, same_name,
};
use snug_rules::{Actor, Masked};
use snug_store::{Account, StoreError, Worn};

use crate::{
    lock::{read, write},
    storage::Storage,
};

/// An account, without what only a sign-in needs.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) display: Option<String>,
    pub(crate) role: Role,
    pub(crate) rules: u64,
    /// May strangers reach them (D4)?
    pub(crate) strangers: bool,
    /// Do guests not reach them, but those they wrote to?
    pub(crate) no_guests: bool,
    /// VIP until then (C2).
    pub(crate) vip_until: Option<Timestamp>,
    /// Does a program speak there?
    pub(crate) bot: bool,
    /// What they go by beside their name while they are here (ADR 13).
    pub(crate) worn: Option<Worn>,
}

impl Person {
    /// A guest who is gone, as far as something is still held against where they came from.
    pub(crate) const fn gone_guest(id: AccountId, name: String) -> Self {
        Self {
            id,
            name,
            display: None,
            role: Role::Guest,
            rules: 0,
            strangers: false,
            no_guests: false,
            vip_until: None,
            bot: false,
            worn: None,
        }
    }

    /// What they go by: what they wear, or their name.
    pub(crate) fn called(&self) -> &str {
        self.wears().unwrap_or(&self.name)
    }

    /// What they wear, where that is not their name.
    pub(crate) fn wears(&self) -> Option<&str> {
        let worn = self.worn.as_ref().map(|worn| worn.name.as_str());
        worn.filter(|worn| !same_name(worn, &self.name))
    }

    /// As the rules see it.
    pub(crate) const fn actor(&self) -> Actor {
        Actor {
            account: self.id,
            role: self.role,
            rules: self.rules,
            masked: Masked {
                banned: false,
                muted: false,
                invited: false,
                voiced: false,
            },
        }
    }

    /// As an event names its author.
    pub(crate) fn author(&self) -> Author {
        Author {
            from: self.name.clone(),
            from_id: self.id,
            from_display: self.display.clone(),
            from_worn: self.wears().map(str::to_owned),
            bot: self.bot,
            from_guest: self.role == Role::Guest,
        }
    }

    /// As an event names whom it is about.
    pub(crate) fn subject(&self) -> Subject {
        Subject {
            name: self.name.clone(),
            account: self.id,
            display: self.display.clone(),
            worn: self.wears().map(str::to_owned),
            guest: self.role == Role::Guest,
        }
    }
}

impl From<Account> for Person {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            name: account.name,
            display: account.display,
            role: account.role,
            rules: account.rules,
            strangers: account.strangers,
            no_guests: account.no_guests,
            vip_until: account.vip_until,
            bot: account.bot,
            worn: account.worn,
        }
    }
}

/// Everybody asked for so far. The lock guards the map only, and `changes` while it is held for writing.
#[derive(Default)]
pub(crate) struct People {
    by_id: RwLock<HashMap<AccountId, Arc<Person>>>,
    /// How often something was learned that had just been written.
    changes: AtomicU64,
}

/// A moment before the store was asked: what is learned after it was not read from what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before(u64);

/// Reads of an account that others wrote meanwhile, before what was read last is taken.
const MAX_READS: usize = 8;

impl People {
    /// The person of this id, if it was asked for before.
    pub(crate) fn known(&self, id: &AccountId) -> Option<Arc<Person>> {
        read(&self.by_id).get(id).cloned()
    }

    /// Keeps what was just written of an account, or read since.
    pub(crate) fn learn(&self, account: Account) -> Arc<Person> {
        let person = Arc::new(Person::from(account));
        let mut by_id = write(&self.by_id);
        self.changes.fetch_add(1, Ordering::AcqRel);
        by_id.insert(person.id, Arc::clone(&person));
        person
    }

    /// The moment before a question to the store.
    pub(crate) fn before(&self) -> Before {
        Before(self.changes.load(Ordering::Acquire))
    }

    /// Keeps what the store said of an account to a question asked then. If something was written since,
    /// what is known stays: somebody demoted must not be what they were because their name was looked up
    /// a moment before.
    pub(crate) fn learn_read(&self, before: Before, account: Account) -> Arc<Person> {
        let person = Arc::new(Person::from(account));
        let mut by_id = write(&self.by_id);
        if self.changes.load(Ordering::Acquire) == before.0 {
            by_id.insert(person.id, Arc::clone(&person));
            return person;
        }
        Arc::clone(by_id.entry(person.id).or_insert(person))
    }

    /// The person as known; what was read of them at some time before only if they are not.
    pub(crate) fn known_or(&self, account: Account) -> Arc<Person> {
        let person = Arc::new(Person::from(account));
        Arc::clone(write(&self.by_id).entry(person.id).or_insert(person))
    }

    /// Reads an account anew, of which something was just written.
    pub(crate) async fn refresh(
        &self,
        storage: &Storage,
        id: AccountId,
    ) -> Result<Option<Arc<Person>>, StoreError> {
        let mut reads = 0;
        loop {
            reads += 1;
            let before = self.before();
            let account = storage.read(move |reader| reader.account(&id)).await?;
            let Some(account) = account else {
                return Ok(None);
            };
            let mut by_id = write(&self.by_id);
            let now = self.changes.load(Ordering::Acquire);
            if now == before.0 || reads >= MAX_READS {
                self.changes.store(now.wrapping_add(1), Ordering::Release);
                let person = Arc::new(Person::from(account));
                by_id.insert(person.id, Arc::clone(&person));
                return Ok(Some(person));
            }
        }
    }

    /// The person of this id.
    pub(crate) async fn by_id(
        &self,
        storage: &Storage,
        id: AccountId,
    ) -> Result<Option<Arc<Person>>, StoreError> {
        if let Some(person) = self.known(&id) {
            return Ok(Some(person));
        }
        let before = self.before();
        let account = storage.read(move |reader| reader.account(&id)).await?;
        Ok(account.map(|account| self.learn_read(before, account)))
    }

    /// Whom a request names that needs an account: no guest.
    pub(crate) async fn find_account(
        &self,
        storage: &Storage,
        person: &PersonRef,
    ) -> Result<Arc<Person>, Refusal> {
        let found = self.find(storage, person).await?;
        refuse_guest(&found)?;
        Ok(found)
    }

    /// Forgets somebody who was erased: what is asked of them from here on, the store says.
    pub(crate) fn forget(&self, id: &AccountId) {
        let mut by_id = write(&self.by_id);
        self.changes.fetch_add(1, Ordering::AcqRel);
        by_id.remove(id);
    }

    /// Whom a request names.
    pub(crate) async fn find(
        &self,
        storage: &Storage,
        person: &PersonRef,
    ) -> Result<Arc<Person>, Refusal> {
        let found = match person {
            PersonRef::Id(id) => self.by_id(storage, *id).await.map_err(refusal)?,
            PersonRef::Name(name) => {
                let name = AccountName::parse(name).map_err(|_| ErrorCode::UnknownPerson)?;
                let skeleton = name.skeleton();
                let before = self.before();
                let account = storage
                    .read(move |reader| reader.account_called(&skeleton))
                    .await
                    .map_err(refusal)?;
                // A look-alike is not that person: `paypa1` must not reach `paypal`.
                account
                    .filter(|account| is_called(account, &name))
                    .map(|account| self.learn_read(before, account))
            }
        };
        found.ok_or_else(|| ErrorCode::UnknownPerson.into())
    }

    /// Those of these names and ids that somebody has, by one question to the store.
    pub(crate) async fn find_all(
        &self,
        storage: &Storage,
        names: &[String],
    ) -> Result<Vec<Arc<Person>>, Refusal> {
        let mut found = Vec::new();
        let mut asked = Vec::new();
        for name in names {
            match PersonRef::from(name.as_str()) {
                PersonRef::Id(id) => match self.known(&id) {
                    Some(person) => found.push(person),
                    None => asked.push(Asked::Id(id)),
                },
                // What cannot be a name is nobody's.
                PersonRef::Name(name) => asked.extend(AccountName::parse(&name).map(Asked::Name)),
            }
        }
        if asked.is_empty() {
            return Ok(found);
        }
        let before = self.before();
        let read = storage.read(move |reader| {
            let mut accounts = Vec::new();
            for asked in asked {
                let account = match asked {
                    Asked::Id(id) => reader.account(&id)?,
                    Asked::Name(name) => reader
                        .account_called(&name.skeleton())?
                        .filter(|account| is_called(account, &name)),
                };
                accounts.extend(account);
            }
            Ok(accounts)
        });
        let accounts = read.await.map_err(refusal)?;
        let learned = accounts
            .into_iter()
            .map(|account| self.learn_read(before, account));
        found.extend(learned);
        Ok(found)
    }
}

/// Whom one question to the store is about.
enum Asked {
    Id(AccountId),
    Name(AccountName),
}

/// Is the account called so, or does it go by that name?
pub(crate) fn is_called(account: &Account, name: &AccountName) -> bool {
    let worn = account.worn.as_ref().map(|worn| folded_name(&worn.name));
    folded_name(&account.name) == name.as_str() || worn.is_some_and(|worn| worn == name.as_str())
}

/// Does the account only go by a name that is or looks like this?
pub(crate) fn is_worn(account: &Account, name: &AccountName) -> bool {
    let skeleton = |of: &str| AccountName::parse(of).ok().map(|of| of.skeleton());
    let own = skeleton(&account.name);
    account.worn.is_some() && own != Some(name.skeleton()) && own != name.look()
}

/// Refuses what needs an account, where it is about a guest.
pub(crate) fn refuse_guest(person: &Person) -> Result<(), Refusal> {
    if person.role == Role::Guest {
        let text = "They are a guest here, without an account.";
        return Err(Refusal::with_text(ErrorCode::Forbidden, text));
    }
    Ok(())
}

/// What a failure of the store is told as.
pub(crate) fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::Full => ErrorCode::StorageFull.into(),
        error => {
            tracing::error!(%error, "the store did not answer");
            ErrorCode::StorageFailed.into()
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A member who is called by this number.
    pub(crate) fn person(number: u8) -> Arc<Person> {
        Arc::new(Person {
            id: AccountId::from_bytes([number; 16]),
            name: format!("p{number}"),
            display: None,
            role: Role::Member,
            rules: 0,
            strangers: true,
            no_guests: false,
            vip_until: None,
            bot: false,
            worn: None,
        })
    }
}
