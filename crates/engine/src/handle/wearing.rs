//! Names that accounts go by beside their own while they are here: nicks on IRC (ADR 13).
//!
//! What somebody wears is kept in the store, beside the names of all accounts: so nobody registers it, takes
//! it, or comes as a guest by it, nor by what looks like it, on whatever node. It is free again once the last
//! of their connections is over. Each wearing has a mark of its own, so that what ends one of them leaves the
//! next alone, in whatever order they reach the store.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use snug_proto::{
    AccountChanged, AccountName, Delivery, ErrorCode, Event, GoesBy, Refusal, Response, Role,
    Subject, Timestamp, Wear, folded_name,
    limits::{MAX_WORN, WORN_WINDOW_MS},
    same_name,
};
use snug_rules::may_be_called;
use snug_store::{RosterReads, StoreError};

use crate::{
    engine::Engine,
    lock::lock,
    online::Seen,
    person::{Person, refusal},
    room::{Position, Room},
    session::{Closing, Core, SignedInAs},
};

/// How often an account dressed of late.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dressed {
    since: Timestamp,
    times: u32,
}

impl Engine {
    /// One goes by another name, or by one's own again. Many hear of it, so only now and then.
    pub(crate) async fn wear(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        request: Wear,
    ) -> Result<Response, Refusal> {
        let before = self.now_of(&who.person);
        let others = self.online.sessions_of(&before.id);
        let others = others
            .iter()
            .any(|other| !other.is_quiet() && other.number != core.number);
        let now = match request.name.as_deref().map(AccountName::parse) {
            _ if request.coming && others => before,
            Some(Err(_)) => return Err(ErrorCode::BadName.into()),
            Some(Ok(name)) if before.wears() == Some(name.shown()) => before,
            Some(Ok(name)) if !same_name(name.as_str(), &before.name) => {
                self.may_dress(core, who)?;
                let now = self.dress(&before, &name).await?;
                let heard = self.heard_by(&now);
                self.tell_worn(&before, &now, &heard).await;
                now
            }
            _ if before.worn.is_some() => {
                self.may_dress(core, who)?;
                let heard = self.heard_by(&before);
                self.undress(&before, None, &heard).await?;
                self.now_of(&before)
            }
            _ => before,
        };
        // Whoever went meanwhile found nothing to take off.
        if self.online.sessions_of(&now.id).is_empty() {
            self.undress_if_gone(&now, Vec::new());
        }
        let name = now.called().to_owned();
        Ok(GoesBy { name }.into())
    }

    /// Lets an account go by this name: one that nobody else has, could have back, or goes by.
    async fn dress(&self, person: &Person, name: &AccountName) -> Result<Arc<Person>, Refusal> {
        may_be_called(name)?;
        let wanted = name.clone();
        let listed = self
            .storage
            .read(move |reader| RosterReads::listed(reader, &wanted));
        if listed.await.map_err(refusal)?.is_some() {
            return Err(ErrorCode::NameTaken.into());
        }
        let (id, wanted) = (person.id, name.clone());
        let (mark, now) = (Self::random_counter(), self.now());
        let worn = self.storage.write(move |transaction| {
            transaction.wear(&id, (&wanted, mark), now)?;
            transaction.account_now(&id)
        });
        let account = worn.await.map_err(|error| match error {
            StoreError::Taken => ErrorCode::NameTaken.into(),
            error => refusal(error),
        })?;
        Ok(self.people.learn(account.ok_or(ErrorCode::BadSession)?))
    }

    /// Lets an account go by its own name again; where a mark is given, only from that wearing.
    async fn undress(
        self: &Arc<Self>,
        before: &Person,
        mark: Option<u64>,
        heard: &[Arc<Room>],
    ) -> Result<(), Refusal> {
        let id = before.id;
        let taken_off = self.storage.write(move |transaction| {
            let taken_off = transaction.take_off(&id, mark)?;
            Ok::<_, StoreError>((taken_off, transaction.account_now(&id)?))
        });
        if let (true, Some(account)) = taken_off.await.map_err(refusal)? {
            let now = self.people.learn(account);
            self.tell_worn(before, &now, heard).await;
        }
        Ok(())
    }

    /// The last session of an account is over that others saw, in these rooms: what it wore is free.
    pub(crate) fn undress_if_gone(self: &Arc<Self>, person: &Arc<Person>, heard: Vec<Arc<Room>>) {
        let Some(mark) = person.worn.as_ref().map(|worn| worn.mark) else {
            return;
        };
        let (engine, person) = (Arc::clone(self), Arc::clone(person));
        self.spawn(async move {
            if !engine.online.here_of(&[person.id]).is_empty() {
                return;
            }
            if let Err(refusal) = engine.undress(&person, Some(mark), &heard).await {
                tracing::warn!(account.id = %person.id, code = %refusal.code, "a worn name was not freed; the next start does it");
            }
        });
    }

    /// The connection is this session's from here on; does who came by it go by what the one before did?
    pub(crate) async fn goes_on(
        self: &Arc<Self>,
        core: &Arc<Core>,
        person: &Person,
        came: bool,
    ) -> bool {
        match core.origin.line.passes_to(core) {
            Some(before) if came => self.take_over(core, person, &before).await,
            _ => false,
        }
    }

    /// Who signed in was somebody else on the same connection a moment ago, and goes by the same name as
    /// before if the account was not here: a guest's name, or one that another account wore there alone.
    /// True if it does.
    async fn take_over(
        self: &Arc<Self>,
        core: &Arc<Core>,
        person: &Person,
        before: &Arc<Core>,
    ) -> bool {
        let Some(was) = before.signed_in().map(|who| self.now_of(&who.person)) else {
            return false;
        };
        let guest = was.role == Role::Guest;
        let alone = self.online.sessions_of(&was.id).len() == 1;
        let own = self.online.sessions_of(&person.id);
        let came = own.iter().all(|other| Arc::ptr_eq(other, core));
        let name = AccountName::parse(was.called()).ok();
        let free = guest || (alone && was.wears().is_some());
        let Some(name) = name.filter(|_| free && came && was.id != person.id) else {
            return false;
        };
        if same_name(name.as_str(), &person.name) {
            return false;
        }
        // Those who watch for the name see that it stays.
        before.handed_on.store(true, Ordering::Release);
        before.leaving.store(true, Ordering::Release);
        let heard = self.heard_by(&was);
        before.close(Closing::Quit);
        let freed = if guest {
            self.erase_guest(was.id, Some("Signed in")).await
        } else {
            let mark = was.worn.as_ref().map(|worn| worn.mark);
            self.undress(&was, mark, &heard).await
        };
        let dressed = match freed {
            Ok(()) => self.dress(person, &name).await.map(drop),
            Err(refusal) => Err(refusal),
        };
        if dressed.is_err() {
            // Somebody was quicker: to those who watch for the name, whoever had it is gone.
            self.tell_watchers(&was, before.user.get(), Seen::Going);
        }
        dressed.is_ok()
    }

    /// Their own sessions, and those in small rooms and conversations with them, learn what somebody goes by
    /// now; others find it when they look.
    async fn tell_worn(self: &Arc<Self>, before: &Person, now: &Person, heard: &[Arc<Room>]) {
        if before.called() == now.called() {
            return;
        }
        self.prepare_presence(heard).await;
        let own = self.online.sessions_of(&now.id);
        let mut hear: BTreeMap<u64, Arc<Core>> =
            own.into_iter().map(|core| (core.number, core)).collect();
        for room in heard {
            let state = room.state();
            if state.tells_presence() {
                let live = state.readers.values();
                let live = live.filter(|reader| reader.position == Position::Live);
                hear.extend(live.map(|reader| (reader.core.number, Arc::clone(&reader.core))));
            }
        }
        let delivery = Arc::new(Delivery::new(Event::AccountChanged(AccountChanged {
            subject: now.subject(),
            role: now.role,
            was: None,
            wore: Some(before.called().to_owned()),
            display_changed: false,
        })));
        for core in hear.values() {
            let _full = core.outbox.push(&delivery);
        }
        if !self.online.here_of(&[now.id]).is_empty() {
            self.tell_names_changed(before, now);
        }
    }

    /// The rooms that an account's sessions hear.
    fn heard_by(&self, person: &Person) -> Vec<Arc<Room>> {
        let mut heard: Vec<Arc<Room>> = Vec::new();
        for session in self.online.sessions_of(&person.id) {
            for room in lock(&session.rooms).iter() {
                if !heard.iter().any(|known| Arc::ptr_eq(known, room)) {
                    heard.push(Arc::clone(room));
                }
            }
        }
        heard
    }

    /// Those who watch for a name that somebody goes by no more, or by which they go from now on.
    pub(crate) fn tell_names_changed(&self, before: &Person, now: &Person) {
        for (name, subject) in goes_by(before) {
            if !goes_by(now).any(|(other, _)| other == name) {
                self.note_former(before, &subject, None);
                self.tell_seen(&name, subject, Seen::Going);
            }
        }
        for (name, subject) in goes_by(now) {
            if !goes_by(before).any(|(other, _)| other == name) {
                self.tell_seen(&name, subject, Seen::Coming);
            }
        }
    }

    /// From where no limit holds there is none for this either.
    fn may_dress(&self, core: &Core, who: &SignedInAs) -> Result<(), Refusal> {
        if core.is_trusted() {
            return Ok(());
        }
        let now = self.steady();
        let mut dressed = lock(&self.dressed);
        dressed.retain(|_, of| now < of.since.plus_ms(WORN_WINDOW_MS));
        let of = dressed.entry(who.person.id).or_insert(Dressed {
            since: now,
            times: 0,
        });
        if of.times >= MAX_WORN {
            let wait = of.since.plus_ms(WORN_WINDOW_MS).ms();
            let text = "You took other names a moment ago. Wait a little.";
            let refusal = Refusal::with_text(ErrorCode::TooFast, text);
            return Err(refusal.retry_after_ms(wait.saturating_sub(now.ms())));
        }
        of.times += 1;
        Ok(())
    }
}

/// The names that somebody can be watched for by, folded, and how each is told: by their own name, and by
/// what they wear.
pub(crate) fn goes_by(person: &Person) -> impl Iterator<Item = (String, Subject)> {
    let named = Subject {
        worn: None,
        ..person.subject()
    };
    let worn = person.wears();
    let worn = worn.map(|worn| (folded_name(worn).into_owned(), person.subject()));
    [(folded_name(&person.name).into_owned(), named)]
        .into_iter()
        .chain(worn)
}

/// The session that a connection has, as long as it has one: whoever signs in anew on the same connection
/// takes over what the one before went by. The lock guards the one field.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<std::sync::Mutex<std::sync::Weak<Core>>>);

impl Line {
    /// Whose session it still is, as another becomes somebody's.
    pub(crate) fn before(&self, core: &Arc<Core>) -> Option<Arc<Core>> {
        let before = lock(&self.0).upgrade();
        before.filter(|before| !before.is_closed() && !Arc::ptr_eq(before, core))
    }

    /// This session is somebody's from now on; which one was before.
    pub(crate) fn passes_to(&self, core: &Arc<Core>) -> Option<Arc<Core>> {
        let before = std::mem::replace(&mut *lock(&self.0), Arc::downgrade(core));
        before.upgrade().filter(|before| !before.is_closed())
    }
}
