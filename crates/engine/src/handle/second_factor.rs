//! The second factor (A7): asked for after the password proved right, on every front (DECISIONS 13, 17);
//! turned on by showing that the app has its secret, and off by a code or by the owner.

use std::sync::Arc;

use rand::{RngCore, rngs::OsRng};
use snug_auth::{AppSecret, new_recovery_code, recovery_tag};
use snug_proto::{
    AccountId, AuditAction, Done, DropSecondFactor, ErrorCode, OfferSecondFactor, ProveCode,
    RecoveryCodes, Refusal, Response, SecondFactor, SecondFactorOffer, Secret, SetSecondFactor,
    limits::RECOVERY_CODES,
};
use snug_rules::{Asker, may_reset};
use snug_store::{Account, NewAudit, SecondFactorReads, StoreError};

use crate::{
    engine::Engine,
    handle::{
        governing::{fit_reason, sentence},
        sign_in::{Exchange, Proof, begin, take_begun},
    },
    person::refusal,
    session::{Core, SignedInAs},
};

/// So long a code that was given lets its connection do what a session alone may not, in milliseconds.
const CODE_HOLDS_MS: u64 = 10 * 60_000;

/// A sign-in that lacks its code.
pub(crate) struct Owed {
    account: Account,
    /// Who proved the password, where tries are counted.
    asker: Option<Asker>,
}

/// Which code was used up.
enum Used {
    /// One that the app showed.
    App,
    /// One of those that were written down; so many are left.
    Recovery(u64),
}

impl Engine {
    /// Welcomes one whose password proved right, once the account's second factor is there too.
    pub(crate) async fn welcome_proved(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: Account,
        asker: Option<Asker>,
    ) -> Result<Response, Refusal> {
        if !account.second_factor {
            return self
                .welcome(core, account, Proof::Password { coded: false })
                .await;
        }
        // A ban is told before a code is asked for (DECISIONS 13).
        let person = self.people.known_or(account.clone());
        self.bans.check(core, &person.id, person.role, self.now())?;
        begin(
            core,
            Exchange::SecondFactor(Box::new(Owed { account, asker })),
        );
        Err(ErrorCode::SecondFactorNeeded.into())
    }

    pub(crate) async fn second_factor(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SecondFactor,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let Some(Exchange::SecondFactor(owed)) = take_begun(core) else {
            return Err(ErrorCode::SignInExpired.into());
        };
        let id = owed.account.id;
        if let Err(refusal) = self.try_code(&id, owed.asker, &request.code).await {
            begin(core, Exchange::SecondFactor(owed));
            self.notify_person(
                &id,
                "Somebody gave your password and then a wrong code of your second factor. If it was not \
                 you, change your password.",
            );
            return Err(refusal);
        }
        self.welcome(core, owed.account, Proof::Password { coded: true })
            .await
    }

    /// One who is signed in shows that it is they: what lasts longer than a session is made by nobody who only
    /// has that.
    pub(crate) async fn prove_code(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: ProveCode,
    ) -> Result<Response, Refusal> {
        let account = self.own_account(who).await?;
        if !account.second_factor {
            return Err(has_none());
        }
        let asker = Self::asker_of_own(core);
        self.try_code(&account.id, asker, &request.code).await?;
        core.gave_code();
        Ok(Done {}.into())
    }

    /// The refusal for what a session is not enough for, where its account has a second factor and nobody has
    /// given a code of it on this connection lately.
    pub(crate) async fn needs_code(&self, core: &Core, who: &SignedInAs) -> Result<(), Refusal> {
        if core.gave_code_within(CODE_HOLDS_MS) || !self.own_account(who).await?.second_factor {
            return Ok(());
        }
        let text = "This needs a code of your second factor, though you are signed in. Give one, then ask \
                    again within ten minutes.";
        Err(Refusal::with_text(ErrorCode::SecondFactorNeeded, text))
    }

    /// Tries a code of this account's, which is used up if it is right.
    async fn try_code(
        &self,
        account: &AccountId,
        asker: Option<Asker>,
        code: &Secret,
    ) -> Result<(), Refusal> {
        let attempt = self.begin_code_attempt(*account, asker)?;
        let Some(used) = self.use_code(account, code).await? else {
            return Err(attempt.refusal(wrong_code()));
        };
        self.attempt_was_right(attempt, *account).await?;
        if let Used::Recovery(left) = used {
            self.notify_person(
                account,
                &format!(
                    "A recovery code of your second factor was used; {left} are left. For new ones, turn it \
                     off and on again."
                ),
            );
        }
        Ok(())
    }

    /// Uses a code up; nothing if it is wrong.
    async fn use_code(&self, account: &AccountId, code: &Secret) -> Result<Option<Used>, Refusal> {
        let whose = *account;
        let found = self
            .storage
            .read(move |reader| SecondFactorReads::second_factor_of(reader, &whose));
        let Some(row) = found.await.map_err(refusal)? else {
            // It was taken away meanwhile: nothing is owed.
            return Ok(Some(Used::App));
        };
        let app = AppSecret::of(self.keys(), account, &row.salt);
        let step = app.step_of(code.expose(), self.now());
        let tag = recovery_tag(self.keys(), account, code.expose());
        let audit =
            NewAudit::new(self.now(), Some(whose), AuditAction::RecoveryCodeUsed).about(whose);
        let used = self.storage.write(move |transaction| {
            let used = match step {
                Some(step) => transaction.use_step(&whose, step)?.then_some(Used::App),
                None if transaction.use_recovery_code(&whose, &tag)? => {
                    transaction.audit(&audit)?;
                    Some(Used::Recovery(row.recovery_codes.saturating_sub(1)))
                }
                None => None,
            };
            Ok::<_, StoreError>(used)
        });
        used.await.map_err(refusal)
    }

    pub(crate) async fn offer_second_factor(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: OfferSecondFactor,
    ) -> Result<Response, Refusal> {
        let OfferSecondFactor { opaque, password } = request;
        let account = self.proved_again(core, who, opaque, password).await?;
        if account.second_factor {
            return Err(has_one());
        }
        let mut salt = [0; 16];
        OsRng.fill_bytes(&mut salt);
        let app = AppSecret::of(self.keys(), &account.id, &salt);
        begin(core, Exchange::SecondFactorOffer(salt));
        Ok(SecondFactorOffer {
            secret: app.text(),
            link: app.link(&self.config.server, &account.name),
        }
        .into())
    }

    pub(crate) async fn set_second_factor(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: SetSecondFactor,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::SecondFactorOffer(salt)) = take_begun(core) else {
            let text = "No second factor was offered here, or too long ago. Ask for it again.";
            return Err(Refusal::with_text(ErrorCode::SignInExpired, text));
        };
        let account = who.person.id;
        let app = AppSecret::of(self.keys(), &account, &salt);
        let Some(step) = app.step_of(request.code.expose(), self.now()) else {
            begin(core, Exchange::SecondFactorOffer(salt));
            return Err(wrong_code());
        };
        let codes: Vec<Secret> = (0..RECOVERY_CODES)
            .map(|_| new_recovery_code(&mut OsRng))
            .collect();
        let tags: Vec<[u8; 32]> = codes
            .iter()
            .map(|code| recovery_tag(self.keys(), &account, code.expose()))
            .collect();
        let set = self
            .storage
            .write(move |transaction| transaction.set_second_factor(&account, &salt, step, &tags));
        if !set.await.map_err(refusal)? {
            return Err(has_one());
        }
        core.gave_code();
        // What the password alone gave to others' sessions ends.
        self.end_operating(&account);
        tracing::info!(account.id = %account, "a second factor was set up");
        self.notify_person(
            &account,
            "From now on signing in with your password asks for a code of your second factor too. Sessions \
             and app tokens that are there stay good.",
        );
        Ok(RecoveryCodes { codes }.into())
    }

    pub(crate) async fn drop_second_factor(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: DropSecondFactor,
    ) -> Result<Response, Refusal> {
        let account = who.person.id;
        let of = match &request.who {
            None => account,
            Some(name) if *name == who.person.name => account,
            Some(name) => {
                // Whoever may not is told so before anything is said of names.
                may_reset(&who.person.actor(), &AccountId::from_bytes([0; 16]))?;
                let whom = snug_proto::PersonRef::from(name.as_str());
                self.people.find_account(&self.storage, &whom).await?.id
            }
        };
        if of != account {
            let reason = fit_reason(request.reason)?;
            self.take_second_factor(Some(account), of, reason.as_deref())
                .await?;
            return Ok(Done {}.into());
        }
        let Some(given) = request.code else {
            let text = "To turn it off, give a code: of the app, or a recovery code.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        };
        let asker = Self::asker_of_own(core);
        self.try_code(&account, asker, &given).await?;
        let audit = NewAudit::new(self.now(), Some(account), AuditAction::SecondFactorDropped)
            .about(account);
        let dropped = self.storage.write(move |transaction| {
            let dropped = transaction.drop_second_factor(&account)?;
            if dropped {
                transaction.audit(&audit)?;
            }
            Ok::<_, StoreError>(dropped)
        });
        if !dropped.await.map_err(refusal)? {
            return Err(has_none());
        }
        tracing::info!(account.id = %account, "a second factor was turned off");
        let text =
            "Your second factor is off: signing in with your password needs no code any more.";
        self.notify_person(&account, text);
        Ok(Done {}.into())
    }

    /// Takes somebody's second factor away, who lost it: the owner's or the operator's doing.
    pub(crate) async fn take_second_factor(
        &self,
        by: Option<AccountId>,
        account: AccountId,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let audit = NewAudit::new(self.now(), by, AuditAction::SecondFactorDropped)
            .about(account)
            .why(reason.map(str::to_owned));
        let dropped = self.storage.write(move |transaction| {
            let dropped = transaction.drop_second_factor(&account)?;
            if dropped {
                transaction.audit(&audit)?;
            }
            Ok::<_, StoreError>(dropped)
        });
        if !dropped.await.map_err(refusal)? {
            return Err(has_none());
        }
        tracing::info!(account.id = %account, "a second factor was taken away");
        let what = "The owner took your second factor away: your password is enough to sign in. Set it up \
                    again with /second-factor on";
        self.notify_person(&account, &sentence(what, reason));
        Ok(())
    }

    /// Takes the second factor of the account of this name away, by the operator on the machine itself.
    pub async fn operator_drop_second_factor(&self, name: &str) -> Result<(), Refusal> {
        let whom = snug_proto::PersonRef::from(name);
        let person = self.people.find_account(&self.storage, &whom).await?;
        self.take_second_factor(None, person.id, None).await
    }
}

/// One answer for a wrong code and for one that was used.
fn wrong_code() -> Refusal {
    let text = "That code is wrong, or was used already. Wait for the app's next one, or use a recovery code.";
    Refusal::with_text(ErrorCode::BadCode, text)
}

fn has_one() -> Refusal {
    let text = "This account has a second factor already. To set up another, turn it off first.";
    Refusal::with_text(ErrorCode::TooMany, text)
}

fn has_none() -> Refusal {
    let text = "That account has no second factor.";
    Refusal::with_text(ErrorCode::Gone, text)
}
