//! Deleting one's account (A8, DECISIONS 4).

use std::sync::{Arc, atomic::Ordering};

use snug_proto::{AccountId, Answer, Answering, DeleteAccount, Done, ErrorCode, Refusal, Role};
use snug_rules::may_delete_account;
use snug_store::{Account, Erased, Erasure};

use crate::{
    config::Quitting,
    engine::Engine,
    person::refusal,
    room::Act,
    session::{Closing, Core, SignedInAs},
};

/// A freed name is kept from others for so long: 30 days (DECISIONS 2).
const NAME_KEPT_MS: u64 = 30 * 24 * 3_600_000;
/// Messages that are taken back at once.
const AT_ONCE: u32 = 200;
/// How often rooms are left anew that somebody joined meanwhile.
const TRIES: usize = 5;
/// What the account's other sessions are told.
const DELETED: &str = "This account was deleted from another of your sessions.";

impl Engine {
    /// Deletes the account and, once that is answered, ends the connection that asked.
    pub(crate) async fn delete_account(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: DeleteAccount,
        answering: Answering,
    ) {
        let deleted = self.delete_now(core, request).await;
        let done = deleted.is_ok();
        answering.answer(deleted);
        if done {
            core.close(Closing::Quit);
        }
    }

    async fn delete_now(self: &Arc<Self>, core: &Arc<Core>, request: DeleteAccount) -> Answer {
        let kind = snug_proto::RequestKind::DeleteAccount;
        let who = super::allowed_kind(core, kind)?;
        let DeleteAccount {
            opaque,
            password,
            with_messages,
        } = request;
        if let Err(code) = may_delete_account(&who.person.actor()) {
            let text = "The owner cannot be deleted. Hand the server over first: /owner NAME";
            return Err(Refusal::with_text(code, text));
        }
        let account = self.proved_again(core, who, opaque, password).await?;
        let id = account.id;
        for other in self.online.sessions_of(&id) {
            if !Arc::ptr_eq(&other, core) {
                other.revoke(DELETED);
            }
        }
        if with_messages {
            self.take_words_back(who, id).await?;
            self.take_asides_back(id).await?;
        }
        self.erase_all(core, who, &account, NAME_KEPT_MS).await?;
        tracing::info!(account.id = %id, "an account was deleted by its holder");
        Ok(Done {}.into())
    }

    /// Where quitting erases the account (S8, DECISIONS 29), does so, if this is its last session. The
    /// owner's is kept: a server is never without one. A name that is gone is free at once.
    pub(crate) async fn erase_quitter(
        self: &Arc<Self>,
        core: &Arc<Core>,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let Some(who) = core.signed_in() else {
            return Ok(());
        };
        let id = who.person.id;
        if self.now_of(&who.person).role == Role::Guest {
            core.leaving.store(true, Ordering::Release);
            return self.erase_guest(id, reason).await;
        }
        let known = self.people.known(&id);
        let actor = known.as_ref().unwrap_or(&who.person).actor();
        let others = self.online.sessions_of(&id);
        core.leaving.store(true, Ordering::Release);
        // One that was answered is on its way out.
        let leaves = |other: &Arc<Core>| other.leaving.load(Ordering::Acquire);
        let last = others.iter().all(leaves);
        if self.config.quitting == Quitting::KeepsAccount
            || who.scope.is_some()
            || !last
            || may_delete_account(&actor).is_err()
        {
            return Ok(());
        }
        let account = self.storage.read(move |reader| reader.account(&id)).await;
        match account.map_err(refusal)? {
            Some(account) => match self.erase_all(core, who, &account, 0).await {
                // Another session that leaves at the same moment was quicker.
                Err(refused) if refused.code == ErrorCode::Forbidden => Ok(()),
                done => done,
            },
            None => Ok(()),
        }
    }

    /// Leaves the account's rooms, erases it, and ends its other sessions.
    async fn erase_all(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        account: &Account,
        name_kept_ms: u64,
    ) -> Result<(), Refusal> {
        let id = account.id;
        let mut tries = 0;
        let conversations = loop {
            self.leave_rooms(who, id).await?;
            match self.erase(account, name_kept_ms).await? {
                Erased::Yes(conversations) => break conversations,
                Erased::Refused => return Err(ErrorCode::Forbidden.into()),
                Erased::InRooms if tries < TRIES => tries += 1,
                Erased::InRooms => return Err(ErrorCode::Busy.into()),
            }
        };
        // Everybody sees the name of nobody from here on.
        let known = self.people.refresh(&self.storage, id).await;
        known.map_err(refusal)?;
        // Whoever came in while the rooms were left.
        for other in self.online.sessions_of(&id) {
            if !Arc::ptr_eq(&other, core) {
                other.revoke(DELETED);
            }
        }
        for room in conversations {
            self.look_again(&room).await?;
        }
        Ok(())
    }

    async fn erase(&self, account: &Account, name_kept_ms: u64) -> Result<Erased, Refusal> {
        let erasure = Erasure {
            account: account.id,
            expected: account.record.clone(),
            rules: Self::random_counter(),
            now: self.now(),
            name_kept_until: self.now().plus_ms(name_kept_ms),
        };
        let erased = self
            .storage
            .write(move |transaction| transaction.erase_account(&erasure));
        erased.await.map_err(refusal)
    }

    /// Leaves every room, so that each log says so; those that it founded pass on (DECISIONS 20).
    async fn leave_rooms(
        self: &Arc<Self>,
        who: &SignedInAs,
        account: AccountId,
    ) -> Result<(), Refusal> {
        let rooms = self
            .storage
            .read(move |reader| reader.joined_rooms(&account))
            .await;
        for id in rooms.map_err(refusal)? {
            let room = self.room(id);
            self.loaded(&room).await?;
            let left = self
                .submit_for_us(&who.person, &room, Act::Leave(None), None)
                .await;
            match left {
                Ok(_) => {}
                // Somebody was quicker.
                Err(refused) if refused.code == ErrorCode::NotAMember => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    /// Takes out what the account said beside messages, wherever that was.
    async fn take_asides_back(&self, account: AccountId) -> Result<(), Refusal> {
        loop {
            let asides = self
                .storage
                .read(move |reader| reader.asides_of(&account, AT_ONCE))
                .await
                .map_err(refusal)?;
            if asides.is_empty() {
                return Ok(());
            }
            let blanked = self
                .storage
                .write(move |transaction| transaction.blank_asides(&asides));
            blanked.await.map_err(refusal)?;
        }
    }

    /// Takes back all that the account said, as if it had deleted each message.
    async fn take_words_back(
        self: &Arc<Self>,
        who: &SignedInAs,
        account: AccountId,
    ) -> Result<(), Refusal> {
        loop {
            let words = self
                .storage
                .read(move |reader| reader.words_of(&account, AT_ONCE))
                .await;
            let words = words.map_err(refusal)?;
            if words.is_empty() {
                return Ok(());
            }
            let mut taken = 0;
            let mut pending = Vec::new();
            for (id, seq) in words {
                let room = self.room(id);
                self.loaded(&room).await?;
                let Ok(target) = self.target(&who.person, &room, seq).await else {
                    continue;
                };
                pending.push(self.submit_for_us(
                    &who.person,
                    &room,
                    Act::Delete(target, None),
                    None,
                ));
            }
            for pending in pending {
                match pending.await {
                    Ok(_) => taken += 1,
                    Err(refused) if refused.code == ErrorCode::Gone => taken += 1,
                    // What the rules forbid (a room that is archived, say) stays where it is.
                    Err(refused) if refused.code.class() == snug_proto::ErrorClass::Rejection => {}
                    Err(refused) => return Err(refused),
                }
            }
            if taken == 0 {
                // Only what may not be touched is left.
                return Ok(());
            }
        }
    }
}
