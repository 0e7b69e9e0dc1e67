//! How one's own name is written: the same name with other capitals (ADR 10).

use snug_proto::{
    AccountName, ErrorCode, Refusal, Role, Timestamp, limits::RESPELL_EVERY_MS, same_name,
};
use snug_store::StoreError;

use super::governing::NAME_KEPT_MS;
use crate::{
    engine::Engine,
    lock::lock,
    person::refusal,
    session::{Core, SignedInAs},
};

impl Engine {
    /// One's name is written otherwise from now on. Everybody hears of it, so only now and then.
    pub(crate) async fn respell(
        &self,
        core: &Core,
        who: &SignedInAs,
        written: &str,
    ) -> Result<(), Refusal> {
        let name = AccountName::parse(written).map_err(|_| ErrorCode::BadName)?;
        let person = self.now_of(&who.person);
        if !same_name(&person.name, name.as_str()) {
            let text = "Your name is your account's; only how it is written is yours to change.";
            return Err(Refusal::with_text(ErrorCode::Forbidden, text));
        }
        if person.name == name.shown() {
            return Ok(());
        }
        self.may_respell(core, who)?;
        let (id, now, was) = (person.id, self.now(), person.name.clone());
        let (rules, kept_until) = (Self::random_counter(), kept_until(person.role, now));
        let written = self.storage.write(move |transaction| {
            transaction.rename_account(&id, &name, rules, now, kept_until)?;
            transaction.account_now(&id)
        });
        let account = written.await.map_err(|error| match error {
            StoreError::Taken => {
                let text = "Written like that, your name looks like another's.";
                Refusal::with_text(ErrorCode::NameTaken, text)
            }
            error => refusal(error),
        })?;
        let person = self.people.learn(account.ok_or(ErrorCode::BadSession)?);
        self.renamed(&person, &was);
        self.tell_name(&person, &was);
        Ok(())
    }

    /// From where no limit holds there is none for this either.
    fn may_respell(&self, core: &Core, who: &SignedInAs) -> Result<(), Refusal> {
        if core.is_trusted() {
            return Ok(());
        }
        let now = self.steady();
        let mut respelt = lock(&self.respelt);
        respelt.retain(|_, at| now < at.plus_ms(RESPELL_EVERY_MS));
        if let Some(last) = respelt.get(&who.person.id) {
            let wait = last.plus_ms(RESPELL_EVERY_MS).ms().saturating_sub(now.ms());
            let text = "You wrote your name otherwise a moment ago. Wait a little.";
            return Err(Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(wait));
        }
        respelt.insert(who.person.id, now);
        Ok(())
    }
}

/// Until when a name that an account of this role frees is kept for it (DECISIONS 2).
pub(super) const fn kept_until(role: Role, now: Timestamp) -> Timestamp {
    now.plus_ms(match role {
        Role::Guest => 0,
        Role::Member | Role::Moderator | Role::Owner => NAME_KEPT_MS,
    })
}
