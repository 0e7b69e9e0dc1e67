//! Changing a password, and setting a new one for a forgotten one (A3).

use std::sync::Arc;

use rand::rngs::OsRng;
use snug_auth::{
    Record, code_hash, new_invite_code, register_finish, register_start, sign_in_start,
    verify_plain,
};
use snug_proto::{
    AccountId, AccountName, AuditAction, Blob, ChangePassword, ChangePasswordFinish,
    ChangePasswordReply, ChangePasswordStart, CodeMade, DeviceCode, Done, ErrorCode, OpaqueReply,
    ProveStart, Refusal, Reset, ResetCode, ResetFinish, ResetStart, Response, Secret, folded_name,
    limits::{DEVICE_CODE_LIFETIME_MS, MAX_PASSWORD_BYTES, RESET_CODE_LIFETIME_MS},
    same_name,
};
use snug_rules::{may_make_device_code, may_reset};
use snug_store::{Account, AccountCode, CodeKind, NewAudit, NewRecord, StoreError};

use crate::{
    engine::Engine,
    guess::Attempt,
    handle::sign_in::{Exchange, OwnProof, begin, record_in, reset_waits, take_begun},
    lock::read,
    person::refusal,
    plain::Lane,
    session::{Core, SignedInAs},
};

/// What sessions are told that end with the password they came in by.
const CHANGED: &str = "Your password was changed from another of your sessions: this one ends. \
                       Sign in again.";
/// What sessions are told that end with a reset.
const RESET: &str = "Your password was set anew by a code from the owner: this session ends. \
                     Sign in again.";

/// Why no new password was set.
enum NotSet {
    /// Another was set meanwhile, or the code was used.
    Late,
    /// The store says no.
    Failed(StoreError),
}

impl From<StoreError> for NotSet {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl NotSet {
    fn refusal(self, late: impl Into<Refusal>) -> Refusal {
        match self {
            Self::Late => late.into(),
            Self::Failed(error) => refusal(error),
        }
    }
}

impl Engine {
    pub(crate) async fn change_password(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: ChangePassword,
    ) -> Result<Response, Refusal> {
        let ChangePassword {
            old,
            new,
            keep_sessions,
        } = request;
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        self.needs_code(core, who).await?;
        let account = self.prove_own_password(core, who, &old).await?;
        let record = self
            .record_of(core, (account.id, &account.name), new)
            .await?;
        self.set_password(core, who, &account, &record, keep_sessions)
            .await
    }

    pub(crate) async fn change_password_start(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: ChangePasswordStart,
    ) -> Result<Response, Refusal> {
        self.needs_code(core, who).await?;
        let (proof, opaque) = self.own_proof(core, who, &request.opaque).await?;
        let id = proof.account.id.into();
        let reply = register_start(self.keys(), id, &request.new_opaque.0);
        let reply = reply.map_err(|_| ErrorCode::BadRequest)?;
        let argon2 = proof.account.argon2;
        begin(core, Exchange::Change(Box::new(proof)));
        Ok(ChangePasswordReply {
            opaque,
            argon2,
            new_opaque: Blob(reply),
            new_argon2: self.config.argon2,
        }
        .into())
    }

    pub(crate) async fn change_password_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: ChangePasswordFinish,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::Change(proof)) = take_begun(core) else {
            return Err(ErrorCode::SignInExpired.into());
        };
        let OwnProof {
            state,
            account,
            attempt,
        } = *proof;
        if request.argon2 != self.config.argon2 {
            return Err(ErrorCode::WeakParameters.into());
        }
        if state.finish(&request.opaque.0).is_err() {
            return Err(attempt.refusal(wrong_old_password()));
        }
        self.attempt_was_right(attempt, account.id).await?;
        let record = register_finish(&request.new_opaque.0).map_err(|_| ErrorCode::BadRequest)?;
        self.set_password(core, who, &account, &record, request.keep_sessions)
            .await
    }

    pub(crate) async fn prove_start(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: ProveStart,
    ) -> Result<Response, Refusal> {
        let (proof, opaque) = self.own_proof(core, who, &request.opaque).await?;
        let argon2 = proof.account.argon2;
        begin(core, Exchange::Prove(Box::new(proof)));
        Ok(OpaqueReply { opaque, argon2 }.into())
    }

    /// Begins to prove one's own password by this `KE1`: what is begun, and the `KE2`.
    async fn own_proof(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        ke1: &Blob,
    ) -> Result<(OwnProof, Blob), Refusal> {
        let account = self.own_account(who).await?;
        let record = record_in(Some(&account))?;
        let id = account.id.into();
        let begun = sign_in_start(self.keys(), &mut OsRng, record.as_ref(), id, &ke1.0);
        let (state, opaque) = begun.map_err(|_| ErrorCode::BadRequest)?;
        let attempt = self.begin_own_attempt(core, account.id)?;
        let proof = OwnProof {
            state,
            account,
            attempt,
        };
        Ok((proof, Blob(opaque)))
    }

    /// The account of one who says their own password once more, in plain.
    pub(crate) async fn prove_own_password(
        &self,
        core: &Core,
        who: &SignedInAs,
        password: &Secret,
    ) -> Result<Account, Refusal> {
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(wrong_old_password());
        }
        let tried = self.try_own_password(core, who, password.clone());
        let (account, attempt, right) = tried.await?;
        if !right {
            return Err(attempt.refusal(wrong_old_password()));
        }
        self.attempt_was_right(attempt, account.id).await?;
        Ok(account)
    }

    /// Tries a password of one's own in plain: the account, the attempt that it counts as, and whether it
    /// is right.
    async fn try_own_password(
        &self,
        core: &Core,
        who: &SignedInAs,
        password: Secret,
    ) -> Result<(Account, Attempt, bool), Refusal> {
        let account = self.own_account(who).await?;
        let (record, id, argon2) = (record_in(Some(&account))?, account.id, account.argon2);
        let mut attempt = self.begin_own_attempt(core, id)?;
        let right = self
            .plain
            .run(Lane::Known, core.origin.address, move |keys| {
                let text = password.expose();
                verify_plain(keys, record.as_ref(), id.into(), text, argon2, &mut OsRng)
            })
            .await;
        let right = right.inspect_err(|_busy| self.attempt_was_none(&mut attempt))?;
        Ok((account, attempt, right))
    }

    /// The account of one who proves its password once more, one way or the other.
    pub(crate) async fn proved_again(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        opaque: Option<Blob>,
        password: Option<Secret>,
    ) -> Result<Account, Refusal> {
        let (account, attempt, right) = match (opaque, password) {
            (Some(opaque), None) => {
                let Some(Exchange::Prove(proof)) = take_begun(core) else {
                    return Err(ErrorCode::SignInExpired.into());
                };
                let right = proof.state.finish(&opaque.0).is_ok();
                (proof.account, proof.attempt, right)
            }
            (None, Some(password)) => {
                if !read(&self.settings).rules.plain_passwords {
                    return Err(ErrorCode::PlainPasswordsOff.into());
                }
                self.try_own_password(core, who, password).await?
            }
            _ => {
                let text = "Prove your password: exactly one of \"opaque\" and \"password\".";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
        };
        if !right {
            let refusal = Refusal::with_text(ErrorCode::BadCredentials, "The password is wrong.");
            return Err(attempt.refusal(refusal));
        }
        self.attempt_was_right(attempt, account.id).await?;
        Ok(account)
    }

    /// Sets a new password in place of the one that was proved, and ends what the old one let in.
    async fn set_password(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        account: &Account,
        record: &Record,
        keep_sessions: bool,
    ) -> Result<Response, Refusal> {
        let new = self.new_record(account, record);
        let (id, kept) = (account.id, who.session);
        let set = self.storage.write(move |transaction| {
            if !transaction.set_record(&new)? {
                return Err(NotSet::Late);
            }
            // Who knows the password needs no reset, and a thief of the code gets none.
            transaction.void_account_codes(&id)?;
            if !keep_sessions {
                transaction.end_sessions_of(&id, kept.as_ref())?;
            }
            Ok(())
        });
        set.await.map_err(|not| not.refusal(wrong_old_password()))?;
        self.end_operating(&id);
        if !keep_sessions {
            self.end_others(core, &id, CHANGED);
        }
        tracing::info!(account.id = %id, "a password was changed");
        Ok(Done {}.into())
    }

    pub(crate) async fn reset_code(
        &self,
        who: &SignedInAs,
        request: &ResetCode,
    ) -> Result<Response, Refusal> {
        let whom = snug_proto::PersonRef::from(request.name.as_str());
        // Whoever may not is told so before anything is said of names.
        let nobody = AccountId::from_bytes([0; 16]);
        may_reset(&who.person.actor(), &nobody)?;
        let person = self.people.find_account(&self.storage, &whom).await?;
        if let Err(code) = may_reset(&who.person.actor(), &person.id) {
            let text = "Your own password you change with the old one. If you forgot it: snugd \
                        reset-code, on the server's machine.";
            return Err(Refusal::with_text(code, text));
        }
        Ok(self
            .make_reset_code(Some(who.person.id), person.id)
            .await?
            .into())
    }

    /// A code by which the holder of this account sets a new password.
    pub(crate) async fn make_reset_code(
        &self,
        by: Option<AccountId>,
        account: AccountId,
    ) -> Result<CodeMade, Refusal> {
        let code = new_invite_code(&mut OsRng);
        let expires_at = self.now().plus_ms(RESET_CODE_LIFETIME_MS);
        let row = AccountCode {
            hash: code_hash(self.keys(), code.expose()),
            kind: CodeKind::Reset,
            account,
            expires_at,
        };
        let audit = NewAudit::new(self.now(), by, AuditAction::PasswordReset)
            .about(account)
            .until(Some(expires_at));
        let made = self.storage.write(move |transaction| {
            transaction.create_account_code(&row)?;
            transaction.audit(&audit)
        });
        made.await.map_err(refusal)?;
        tracing::info!(account.id = %account, "a code to reset a password was made");
        for core in self.online.sessions_of(&account) {
            core.notify(reset_waits(expires_at));
        }
        Ok(CodeMade { code, expires_at })
    }

    pub(crate) async fn device_code(
        &self,
        who: &SignedInAs,
        request: &DeviceCode,
    ) -> Result<Response, Refusal> {
        let account = match &request.name {
            None => who.person.id,
            Some(name) if same_name(name, &who.person.name) => who.person.id,
            Some(name) => {
                // Whoever may not is told so before anything is said of names.
                may_make_device_code(&who.person.actor(), &AccountId::from_bytes([0; 16]))?;
                let whom = snug_proto::PersonRef::from(name.as_str());
                self.people.find_account(&self.storage, &whom).await?.id
            }
        };
        may_make_device_code(&who.person.actor(), &account)?;
        let made = self.make_device_code(who.person.id, account).await?;
        Ok(made.into())
    }

    async fn make_device_code(
        &self,
        by: AccountId,
        account: AccountId,
    ) -> Result<CodeMade, Refusal> {
        let code = new_invite_code(&mut OsRng);
        let expires_at = self.now().plus_ms(DEVICE_CODE_LIFETIME_MS);
        let row = AccountCode {
            hash: code_hash(self.keys(), code.expose()),
            kind: CodeKind::Device,
            account,
            expires_at,
        };
        let audit = NewAudit::new(self.now(), Some(by), AuditAction::DeviceCodeMade)
            .about(account)
            .until(Some(expires_at));
        let made = self.storage.write(move |transaction| {
            transaction.create_account_code(&row)?;
            // For oneself it is no privilege.
            if by == account {
                return Ok(());
            }
            transaction.audit(&audit)
        });
        made.await.map_err(refusal)?;
        Ok(CodeMade { code, expires_at })
    }

    pub(crate) async fn reset(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Reset,
    ) -> Result<Response, Refusal> {
        let Reset {
            name,
            code: word,
            password,
        } = request;
        let (account, hash) = self.account_to_reset(core, &name, &word).await?;
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let record = self
            .record_of(core, (account.id, &account.name), password)
            .await?;
        self.set_anew(core, account, hash, &record).await
    }

    pub(crate) async fn reset_start(
        &self,
        core: &Arc<Core>,
        request: ResetStart,
    ) -> Result<Response, Refusal> {
        let ResetStart {
            name,
            code: word,
            opaque,
        } = request;
        let (account, hash) = self.account_to_reset(core, &name, &word).await?;
        let reply = register_start(self.keys(), account.id.into(), &opaque.0);
        let reply = reply.map_err(|_| ErrorCode::BadRequest)?;
        let account = Box::new(account);
        begin(
            core,
            Exchange::Reset {
                account,
                code: hash,
            },
        );
        Ok(OpaqueReply {
            opaque: Blob(reply),
            argon2: self.config.argon2,
        }
        .into())
    }

    pub(crate) async fn reset_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: ResetFinish,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::Reset {
            account,
            code: hash,
        }) = take_begun(core)
        else {
            return Err(ErrorCode::SignInExpired.into());
        };
        if request.argon2 != self.config.argon2 {
            return Err(ErrorCode::WeakParameters.into());
        }
        let record = register_finish(&request.opaque.0).map_err(|_| ErrorCode::BadRequest)?;
        self.set_anew(core, *account, hash, &record).await
    }

    /// The account that this code is for, if it is of this name. A wrong code and an unknown name are one
    /// answer at one cost: the code alone is looked up.
    async fn account_to_reset(
        &self,
        core: &Core,
        name: &str,
        word: &Secret,
    ) -> Result<(Account, [u8; 32]), Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let name = AccountName::parse(name).map_err(|_| ErrorCode::BadCode)?;
        let (hash, now) = (code_hash(self.keys(), word.expose()), self.now());
        let found = self.storage.read(move |reader| {
            match reader.account_of_code(&hash, CodeKind::Reset, now)? {
                Some(id) => reader.account(&id),
                None => Ok(None),
            }
        });
        let account = found.await.map_err(refusal)?;
        let account = account.filter(|account| folded_name(&account.name) == name.as_str());
        Ok((account.ok_or(ErrorCode::BadCode)?, hash))
    }

    /// Uses the code up, sets the password, ends everything that the account had open, and lets this
    /// connection in. Nobody proved the old password: its app tokens are void too.
    async fn set_anew(
        self: &Arc<Self>,
        core: &Arc<Core>,
        mut account: Account,
        hash: [u8; 32],
        record: &Record,
    ) -> Result<Response, Refusal> {
        let new = self.new_record(&account, record);
        let (id, now) = (account.id, self.now());
        account.record.clone_from(&new.record);
        account.argon2 = new.argon2;
        let set = self.storage.write(move |transaction| {
            if !transaction.use_account_code(&hash, CodeKind::Reset, &id, now)?
                || !transaction.set_record(&new)?
            {
                return Err(NotSet::Late);
            }
            transaction.void_account_codes(&id)?;
            transaction.end_sessions_of(&id, None)?;
            transaction.void_tokens_of(&id).map_err(NotSet::Failed)
        });
        set.await.map_err(|not| not.refusal(ErrorCode::BadCode))?;
        self.end_operating(&id);
        for other in self.online.sessions_of(&id) {
            other.revoke(RESET);
        }
        tracing::info!(account.id = %id, "a password was reset");
        let asker = Self::asker_of_stranger(core);
        self.welcome_proved(core, account, asker).await
    }

    fn new_record(&self, account: &Account, record: &Record) -> NewRecord {
        NewRecord {
            account: account.id,
            expected: account.record.clone(),
            record: record.as_bytes().to_vec(),
            argon2: self.config.argon2,
        }
    }

    /// The account of one who is signed in, as the store has it now.
    pub(crate) async fn own_account(&self, who: &SignedInAs) -> Result<Account, Refusal> {
        let id = who.person.id;
        let found = self.storage.read(move |reader| reader.account(&id)).await;
        found.map_err(refusal)?.ok_or(ErrorCode::BadSession.into())
    }

    /// A reset code by the operator's command: for anybody, the owner too.
    pub async fn operator_reset_code(&self, name: &str) -> Result<CodeMade, Refusal> {
        let whom = snug_proto::PersonRef::from(name);
        let person = self.people.find_account(&self.storage, &whom).await?;
        self.make_reset_code(None, person.id).await
    }
}

fn wrong_old_password() -> Refusal {
    Refusal::with_text(ErrorCode::BadCredentials, "The old password is wrong.")
}
