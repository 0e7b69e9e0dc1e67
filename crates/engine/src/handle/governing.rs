//! Who runs the server: roles, handing it over, ending sessions, other names (A6, M2, M3).
//!
//! Each is decided within the transaction that does it, on the rows as they are there: so one who was
//! demoted a moment ago does nothing more, whatever is on its way.

use std::sync::{Arc, Mutex};

use snug_proto::{
    AccountChanged, AccountId, AccountName, AuditAction, Delivery, Done, ErrorCode, Event,
    HandOver, Refusal, RenameAccount, Response, Role, ServerKick, SetServerRole, Timestamp,
    limits::MAX_REASON_CHARS, same_name,
};
use snug_rules::{ServerDeed, may_govern, may_rename_itself};
use snug_store::{Account, NewAudit, StoreError, Transaction};

use crate::{
    engine::Engine,
    handle::is_line,
    lock::lock,
    person::{Person, refusal},
    session::SignedInAs,
};

/// An offer of the server is good for a day.
const OFFER_MS: u64 = 24 * 3_600_000;
/// A name that was given up is kept for its account so long (DECISIONS 2).
pub(super) const NAME_KEPT_MS: u64 = 30 * 24 * 3_600_000;

/// Why something was not done.
pub(crate) enum NotDone {
    /// The rules said no.
    No(Refusal),
    /// The store said no.
    Failed(StoreError),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<ErrorCode> for NotDone {
    fn from(code: ErrorCode) -> Self {
        Self::No(code.into())
    }
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> Self {
        Self::No(refusal)
    }
}

impl From<NotDone> for Refusal {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::No(refusal) => refusal,
            NotDone::Failed(error) => refusal(error),
        }
    }
}

/// The server, offered to another account by its owner. It does not outlive the process.
#[derive(Default)]
pub(crate) struct Offer(Mutex<Option<Offered>>);

#[derive(Clone, Copy)]
struct Offered {
    from: AccountId,
    to: AccountId,
    until: Timestamp,
}

impl Engine {
    pub(crate) async fn set_server_role(
        &self,
        who: &SignedInAs,
        request: SetServerRole,
    ) -> Result<Response, Refusal> {
        let SetServerRole {
            who: whom,
            role,
            reason,
        } = request;
        if role == Role::Owner {
            let text = "There is one owner. To hand the server over: /owner NAME.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let reason = fit_reason(reason)?;
        let subject = self.people.find_account(&self.storage, &whom).await?.id;
        let (actor, now, rules) = (who.person.id, self.now(), Self::random_counter());
        let why = reason.clone();
        let changed = self.storage.write(move |transaction| {
            let (_, before) = governed(transaction, &actor, ServerDeed::GiveRole, &subject)?;
            if before.role != role {
                transaction.set_role(&subject, role, rules)?;
                let audit = NewAudit::new(now, Some(actor), AuditAction::RoleGiven)
                    .about(subject)
                    .why(why)
                    .details(format!("role {}, was {}", role.wire(), before.role.wire()));
                transaction.audit(&audit)?;
            }
            Ok::<_, NotDone>((account_now(transaction, &subject)?, before.role))
        });
        let (account, before) = changed.await?;
        if before != role {
            let person = self.people.learn(account);
            self.tell_role(&person);
            let by = &who.person.name;
            let text = sentence(
                &format!("{by} made you a {} of this server", role.wire()),
                reason.as_deref(),
            );
            self.notify_person(&person.id, &text);
        }
        Ok(Done {}.into())
    }

    pub(crate) async fn hand_over(
        &self,
        who: &SignedInAs,
        request: HandOver,
    ) -> Result<Response, Refusal> {
        may_govern(who.person.role, ServerDeed::HandOver, None)?;
        let Some(to) = request.to else {
            let withdrawn = lock(&self.offer.0).take();
            if let Some(offered) = withdrawn {
                let text = format!("{} no longer offers you this server.", who.person.name);
                self.notify_person(&offered.to, &text);
            }
            return Ok(Done {}.into());
        };
        let subject = self.people.find_account(&self.storage, &to).await?;
        let (actor, now) = (who.person.id, self.now());
        let (id, until) = (subject.id, now.plus_ms(OFFER_MS));
        if self.bans.of_account(&id, || now).is_some() {
            let text = "They are banned from this server. Lift the ban first: /unban.";
            return Err(Refusal::with_text(ErrorCode::Forbidden, text));
        }
        let offered = self.storage.write(move |transaction| {
            governed(transaction, &actor, ServerDeed::HandOver, &id)?;
            let audit = NewAudit::new(now, Some(actor), AuditAction::OwnerOffered)
                .about(id)
                .until(Some(until));
            transaction.audit(&audit)?;
            Ok::<_, NotDone>(())
        });
        offered.await?;
        *lock(&self.offer.0) = Some(Offered {
            from: actor,
            to: id,
            until,
        });
        let (from, before) = (&who.person.name, until.said());
        let text = format!(
            "{from} offers you this server: you would be its owner. To take it, before {before}: \
             /owner accept"
        );
        self.notify_person(&id, &text);
        Ok(Done {}.into())
    }

    pub(crate) async fn accept_server(&self, who: &SignedInAs) -> Result<Response, Refusal> {
        let (actor, now) = (who.person.id, self.now());
        let offered = *lock(&self.offer.0);
        let offered = offered
            .filter(|offered| offered.to == actor && now < offered.until)
            .ok_or_else(|| {
                let text = "Nobody offers you this server now.";
                Refusal::with_text(ErrorCode::Forbidden, text)
            })?;
        let from = offered.from;
        let rules = (Self::random_counter(), Self::random_counter());
        let changed = self.storage.write(move |transaction| {
            // The one who offered must be the owner still: exactly one is, at every moment.
            let old = account_now(transaction, &from)?;
            let new = account_now(transaction, &actor)?;
            may_govern(old.role, ServerDeed::HandOver, Some(new.role))?;
            transaction.set_role(&from, Role::Moderator, rules.0)?;
            transaction.set_role(&actor, Role::Owner, rules.1)?;
            let audit = NewAudit::new(now, Some(from), AuditAction::OwnerHandedOver).about(actor);
            transaction.audit(&audit)?;
            let old = account_now(transaction, &from)?;
            let new = account_now(transaction, &actor)?;
            Ok::<_, NotDone>((old, new))
        });
        let (old, new) = changed.await?;
        lock(&self.offer.0).take_if(|now| now.to == actor && now.from == from);
        let (old, new) = (self.people.learn(old), self.people.learn(new));
        self.tell_role(&old);
        self.tell_role(&new);
        let text = format!(
            "{} is the owner of this server now; you moderate it.",
            new.name
        );
        self.notify_person(&old.id, &text);
        tracing::info!(account.id = %new.id, "the server has another owner");
        Ok(Done {}.into())
    }

    pub(crate) async fn server_kick(
        &self,
        who: &SignedInAs,
        request: ServerKick,
    ) -> Result<Response, Refusal> {
        let ServerKick { who: whom, reason } = request;
        let reason = fit_reason(reason)?;
        let subject = self.people.find(&self.storage, &whom).await?.id;
        let (actor, now, why) = (who.person.id, self.now(), reason.clone());
        let kicked = self.storage.write(move |transaction| {
            governed(transaction, &actor, ServerDeed::Kick, &subject)?;
            transaction.end_sessions_of(&subject, None)?;
            let audit = NewAudit::new(now, Some(actor), AuditAction::Kicked).about(subject);
            transaction.audit(&audit.why(why))?;
            Ok::<_, NotDone>(())
        });
        kicked.await?;
        let text = format!("{} ended your sessions here", who.person.name);
        self.end_live_sessions(&subject, &sentence(&text, reason.as_deref()));
        Ok(Done {}.into())
    }

    pub(crate) async fn rename_account(
        &self,
        who: &SignedInAs,
        request: RenameAccount,
    ) -> Result<Response, Refusal> {
        let RenameAccount {
            who: whom,
            name,
            reason,
        } = request;
        let name = AccountName::parse(&name).map_err(|_| ErrorCode::BadName)?;
        let reason = fit_reason(reason)?;
        let subject = self.people.find(&self.storage, &whom).await?;
        if subject.id == who.person.id && may_rename_itself(&who.person.actor()) {
            return self.rename_guest(who, &name).await;
        }
        let (actor, now, rules) = (who.person.id, self.now(), Self::random_counter());
        let kept_until = super::spelling::kept_until(subject.role, now);
        let subject = subject.id;
        let (wanted, why) = (name.clone(), reason.clone());
        let renamed = self.storage.write(move |transaction| {
            let (_, before) = governed(transaction, &actor, ServerDeed::Rename, &subject)?;
            if before.name != wanted.shown() {
                let audit = NewAudit::new(now, Some(actor), AuditAction::AccountRenamed)
                    .about(subject)
                    .why(why)
                    .details(format!("name {wanted}"));
                // First, so that the entry has the name of the time before.
                transaction.audit(&audit)?;
                transaction.rename_account(&subject, &wanted, rules, now, kept_until)?;
            }
            Ok::<_, NotDone>((account_now(transaction, &subject)?, before.name))
        });
        let (account, was) = match renamed.await {
            Err(NotDone::Failed(StoreError::Taken)) => return Err(ErrorCode::NameTaken.into()),
            other => other?,
        };
        if was != account.name {
            let person = self.people.learn(account);
            self.renamed(&person, &was);
            self.tell_name(&person, &was);
            let by = &who.person.name;
            let text = format!("{by} renamed you from {was} to {}", person.name);
            self.notify_person(&person.id, &sentence(&text, reason.as_deref()));
        }
        Ok(Done {}.into())
    }

    /// An account's own sessions learn its role.
    fn tell_role(&self, person: &Person) {
        let event = changed(person, None);
        for core in self.online.sessions_of(&person.id) {
            let _full = core.outbox.push(&event);
        }
    }

    /// Everyone who is here learns an account's new name.
    pub(crate) fn tell_name(&self, person: &Person, was: &str) {
        let event = changed(person, Some(was.to_owned()));
        for core in self.online.everyone() {
            let _full = core.outbox.push(&event);
        }
        let before = Person {
            name: was.to_owned(),
            ..Person::clone(person)
        };
        if !same_name(was, &person.name) && !self.online.here_of(&[person.id]).is_empty() {
            self.tell_names_changed(&before, person);
        }
    }

    /// Everyone who is here learns that a guest has an account now.
    pub(crate) fn tell_settled(&self, person: &Person) {
        let event = changed(person, None);
        for core in self.online.everyone() {
            let _full = core.outbox.push(&event);
        }
    }

    /// A sentence to all sessions of an account.
    pub(crate) fn notify_person(&self, account: &AccountId, text: &str) {
        for core in self.online.sessions_of(account) {
            core.notify(text);
        }
    }

    /// Ends what sessions of an account are here, and says why.
    pub(crate) fn end_live_sessions(&self, account: &AccountId, why: &str) {
        self.end_operating(account);
        for core in self.online.sessions_of(account) {
            core.revoke(why);
        }
    }
}

fn changed(person: &Person, was: Option<String>) -> Arc<Delivery> {
    Arc::new(Delivery::new(has_changed(person, was)))
}

/// What somebody is now, and what they were called.
pub(crate) fn has_changed(person: &Person, was: Option<String>) -> Event {
    Event::AccountChanged(AccountChanged {
        subject: person.subject(),
        role: person.role,
        was,
        wore: None,
        display_changed: false,
    })
}

/// Who does it and to whom, as they are now, if one may do it to the other.
pub(crate) fn governed(
    transaction: &mut dyn Transaction,
    actor: &AccountId,
    deed: ServerDeed,
    subject: &AccountId,
) -> Result<(Account, Account), NotDone> {
    let by = account_now(transaction, actor)?;
    let whom = account_now(transaction, subject)?;
    may_govern(by.role, deed, Some(whom.role))?;
    Ok((by, whom))
}

/// Who does it, as they are now, if they may.
pub(crate) fn governing(
    transaction: &mut dyn Transaction,
    actor: &AccountId,
    deed: ServerDeed,
) -> Result<Account, NotDone> {
    let by = account_now(transaction, actor)?;
    may_govern(by.role, deed, None)?;
    Ok(by)
}

fn account_now(transaction: &mut dyn Transaction, id: &AccountId) -> Result<Account, NotDone> {
    let account = transaction.account_now(id)?;
    account.ok_or_else(|| ErrorCode::UnknownPerson.into())
}

/// A reason as it may be kept and shown: one line, not long; none if it is blank.
pub(crate) fn fit_reason(reason: Option<String>) -> Result<Option<String>, Refusal> {
    let Some(reason) = reason else {
        return Ok(None);
    };
    let reason = reason.trim();
    if !is_line(reason, MAX_REASON_CHARS) {
        let text = "A reason is one line of at most 200 characters.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}

/// What happened, and why if a reason was given.
pub(crate) fn sentence(what: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => format!("{what}."),
    }
}
