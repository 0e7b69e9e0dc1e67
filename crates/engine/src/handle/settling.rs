//! A guest takes an account: the same id, the same name or another, and a password from now on (A1, A9).

use std::sync::Arc;

use snug_auth::code_hash;
use snug_proto::{
    AccountName, ErrorCode, Refusal, Register, Response, Role, SignedIn, folded_name,
};
use snug_rules::Admission;
use snug_store::{NewRecord, StoreError};

use crate::{
    engine::Engine,
    lock::read,
    person::{Person, refusal},
    session::Core,
};

/// Why a guest has no account.
enum NotSettled {
    /// The guest is gone, or is none any more.
    Gone,
    /// Somebody else was first with the invite.
    InviteUsed,
    /// The store says no.
    Failed(StoreError),
}

impl From<StoreError> for NotSettled {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Engine {
    /// The guest of this session, if it is one's.
    pub(crate) fn guest_of(&self, core: &Core) -> Option<Arc<Person>> {
        let person = self.now_of(&core.signed_in()?.person);
        (person.role == Role::Guest).then_some(person)
    }

    /// Makes a guest's account out of what is kept of the guest: it stays where it is.
    pub(crate) async fn settle_guest(
        self: &Arc<Self>,
        core: &Arc<Core>,
        guest: Arc<Person>,
        request: Register,
    ) -> Result<Response, Refusal> {
        let Register {
            name,
            password,
            code,
        } = request;
        let own =
            AccountName::parse(&name).is_ok_and(|name| name.as_str() == folded_name(&guest.name));
        let name = if own {
            self.may_register_name(core, &name, code.as_ref()).await?.0
        } else {
            self.may_take_name(core, &name, code.as_ref()).await?
        };
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let (admission, check) = self.admission(&name, code.as_ref()).await?;
        if admission == Admission::AsOwner {
            let text = "Leave, and come in by that code without being a guest first.";
            return Err(Refusal::with_text(ErrorCode::AlreadySignedIn, text));
        }
        let making = self.begin_making(core, check)?;
        let record = self
            .record_of(core, (guest.id, name.shown()), password.clone())
            .await?;
        let record = record.as_bytes().to_vec();
        let invite = match (admission, &code) {
            (Admission::ByInvite, Some(given)) => Some(code_hash(self.keys(), given.expose())),
            _ => None,
        };
        let (id, was, now) = (guest.id, guest.name.clone(), self.now());
        let (rules, argon2) = (Self::random_counter(), self.config.argon2);
        let mark = Self::random_counter();
        let made = record.clone();
        let settled = self.storage.write(move |transaction| {
            let before = transaction.account_now(&id)?;
            let before = before.filter(|account| account.role == Role::Guest);
            let before = before.ok_or(NotSettled::Gone)?;
            if before.name != name.shown() {
                transaction.rename_account(&id, &name, rules, now, now)?;
                // They go on by the name that they came by.
                if let Ok(goes_by) = AccountName::parse(&before.name) {
                    transaction.wear(&id, (&goes_by, mark), now)?;
                }
            }
            transaction.set_role(&id, Role::Member, rules)?;
            let new = NewRecord {
                account: id,
                expected: before.record,
                record: made,
                argon2,
            };
            if !transaction.set_record(&new)? {
                return Err(NotSettled::Gone);
            }
            if let Some(hash) = invite
                && !transaction.use_invite(&hash, &id, now)?
            {
                return Err(NotSettled::InviteUsed);
            }
            transaction.account_now(&id)?.ok_or(NotSettled::Gone)
        });
        let account = settled.await.map_err(|error| match error {
            NotSettled::Gone => ErrorCode::BadSession.into(),
            NotSettled::InviteUsed => ErrorCode::BadCode.into(),
            NotSettled::Failed(StoreError::Taken) => ErrorCode::NameTaken.into(),
            NotSettled::Failed(error) => refusal(error),
        })?;
        making.made();
        let person = self.people.learn(account);
        self.guests.went(&id, None);
        for room in crate::lock::lock(&core.rooms).clone() {
            if let Some(view) = &mut room.state().view {
                view.guests.remove(&id);
            }
        }
        if person.name != was {
            self.renamed(&person, &was);
            self.tell_name(&person, &was);
        }
        self.tell_settled(&person);
        if self.config.scram_for_new_accounts {
            let from = core.origin.address;
            self.give_scram(from, id, record, password).await?;
        }
        tracing::info!(account.id = %id, "a guest has an account now");
        let (rooms, more) = self.enter_rooms(core, &person).await?;
        Ok(SignedIn {
            account: id,
            name: person.name.clone(),
            worn: person.wears().map(str::to_owned),
            role: person.role,
            session: None,
            device: None,
            rooms,
            more,
        }
        .into())
    }
}
