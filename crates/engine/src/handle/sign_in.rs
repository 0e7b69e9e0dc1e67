//! Coming in: signing in and resuming, up to the proof of who comes (A2, DECISIONS 13–19).

mod begun;
mod tried;
mod welcome;

use std::sync::Arc;

use rand::rngs::OsRng;
use snug_auth::{
    Record, ServerKeys, new_token, password_tag, sign_in_start, token_hash, verify_plain,
};
use snug_proto::{
    ErrorCode, Happening, OpaqueReply, Refusal, Response, Resume, Scope, Secret, SessionId, SignIn,
    SignInFinish, SignInStart, Timestamp, TokenId,
    limits::{MAX_PASSWORD_BYTES, SESSION_LIFETIME_MS},
};
use snug_store::Account;

use crate::{
    engine::Engine,
    guess::{Attempt, Brought},
    known::lane,
    lock::read,
    person::refusal,
    session::Core,
};

pub(crate) use begun::{Begun, Exchange, OwnProof, begin, take_begun};
pub(crate) use tried::Tried;

/// How somebody proved who they are.
pub(crate) enum Proof {
    /// By the password: a session with a token of its own comes of it.
    Password {
        /// And by a code of the second factor.
        coded: bool,
    },
    /// By an app token.
    App { token: TokenId, scope: Scope },
    /// By the token of a session.
    Session {
        session: SessionId,
        next: Secret,
        /// When it was last in use.
        seen_at: Timestamp,
    },
    /// Not at all: a guest, whose name it is for as long as the connection lasts.
    Guest,
}

impl Proof {
    /// What was done about the account since then, its holder may not have heard of.
    fn heard_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Password { .. } => Some(Timestamp::from_ms(now.ms().saturating_sub(TELL_MS))),
            Self::Session { seen_at, .. } => Some(*seen_at),
            Self::App { .. } | Self::Guest => None,
        }
    }

    /// Was it the password? Then whether a code of the second factor came with it.
    const fn by_password(&self) -> Option<bool> {
        match self {
            Self::Password { coded } => Some(*coded),
            Self::App { .. } | Self::Session { .. } | Self::Guest => None,
        }
    }
}

/// Who signs in by the password is told what was done about it in so many milliseconds: a week.
const TELL_MS: u64 = 7 * 24 * 3_600_000;

/// What the tag of the shared access code is bound to.
pub(crate) const ACCESS_CODE: &[u8] = b"access code";

/// The tag of the shared access code.
pub(crate) fn access_code_tag(keys: &ServerKeys, code: &Secret) -> [u8; 32] {
    password_tag(keys, ACCESS_CODE, code.expose())
}

impl Engine {
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignIn,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let SignIn {
            name,
            password,
            device,
            code: word,
        } = request;
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(ErrorCode::BadCredentials.into());
        }
        let tried = self.whom(&name).await?;
        // An app token is found by its hash before any Argon2 (DECISIONS 14).
        let hash = token_hash(password.expose());
        let token = self
            .storage
            .read(move |reader| reader.token_by_hash(&hash))
            .await
            .map_err(refusal)?;
        if let (Some(token), Some(account)) = (token, tried.account())
            && token.account == account.id
        {
            let proof = Proof::App {
                token: token.id,
                scope: token.scope,
            };
            return self.welcome(core, account.clone(), proof).await;
        }
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let record = record_in(tried.account())?;
        let brought = Brought {
            device: device.as_ref(),
            code: word.as_ref(),
        };
        let standing = self.standing_of(core, &tried, brought.code).await?;
        if standing.known
            && let Some(account) = tried.account()
        {
            self.may_come_again(core, &account.id)?;
        }
        let mut attempt = self.begin_attempt(core, &tried, &standing, &brought)?;
        let (id, argon2) = (tried.id, tried.argon2);
        let right = self
            .plain
            .run(lane(standing.known), core.origin.address, move |keys| {
                verify_plain(
                    keys,
                    record.as_ref(),
                    id,
                    password.expose(),
                    argon2,
                    &mut OsRng,
                )
            });
        let right = right
            .await
            .inspect_err(|_busy| self.attempt_was_none(&mut attempt))?;
        match (right, tried.into_account()) {
            (true, Some(account)) => self.welcome_after(core, account, attempt).await,
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    /// Welcomes one whose password proved right.
    pub(crate) async fn welcome_after(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: Account,
        attempt: Attempt,
    ) -> Result<Response, Refusal> {
        let asker = attempt.asker();
        if self.attempt_was_right(attempt, account.id).await? {
            self.welcome_proved(core, account, asker).await
        } else {
            Err(self.wrong_credentials(core))
        }
    }

    pub(crate) async fn sign_in_start(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInStart,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let tried = self.whom(&request.name).await?;
        let record = record_in(tried.account())?;
        let brought = Brought {
            device: request.device.as_ref(),
            code: request.code.as_ref(),
        };
        let standing = self.standing_of(core, &tried, brought.code).await?;
        // The answer already tells a client whether the password is right: it is what counts. What does not count is
        // not computed.
        let mut attempt = self.begin_attempt(core, &tried, &standing, &brought)?;
        let (id, argon2, ke1) = (tried.id, tried.argon2, request.opaque.0);
        let begun = self
            .opaque
            .run(lane(standing.known), core.origin.address, move |keys| {
                sign_in_start(keys, &mut OsRng, record.as_ref(), id, &ke1)
            });
        let begun = match begun.await {
            Ok(begun) => begun.map_err(|_malformed| ErrorCode::BadRequest.into()),
            Err(busy) => Err(busy),
        };
        let (state, reply) = begun.inspect_err(|_| self.attempt_was_none(&mut attempt))?;
        begin(
            core,
            Exchange::SignIn {
                state,
                account: tried.into_account().map(Box::new),
                attempt,
            },
        );
        Ok(OpaqueReply {
            opaque: snug_proto::Blob(reply),
            argon2,
        }
        .into())
    }

    pub(crate) async fn sign_in_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInFinish,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::SignIn {
            state,
            account,
            attempt,
        }) = take_begun(core)
        else {
            return Err(ErrorCode::SignInExpired.into());
        };
        match (state.finish(&request.opaque.0), account) {
            (Ok(()), Some(account)) => self.welcome_after(core, *account, attempt).await,
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    /// One answer for an unknown name and a wrong password.
    pub(crate) fn wrong_credentials(&self, core: &Core) -> Refusal {
        let address = self.address_of(core).unwrap_or_default();
        tracing::info!(peer.address = address, "a sign-in failed");
        self.happened(Happening::SignInFailed, || self.whence(core));
        ErrorCode::BadCredentials.into()
    }

    pub(crate) async fn resume(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Resume,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let used = token_hash(request.session.expose());
        let found = self.storage.read(move |reader| {
            let Some(session) = reader.session_by_token(&used)? else {
                return Ok(None);
            };
            let account = reader.account(&session.account)?;
            Ok(account.map(|account| (session, account)))
        });
        let (session, account) = found.await.map_err(refusal)?.ok_or(ErrorCode::BadSession)?;
        let next = new_token(&mut OsRng);
        let (next_hash, now, id) = (token_hash(next.expose()), self.now(), session.id);
        if now > session.seen_at.plus_ms(SESSION_LIFETIME_MS) {
            return Err(ErrorCode::BadSession.into());
        }
        let client = core.client.get().cloned().unwrap_or(session.client);
        let address = self.address_of(core);
        let rotated = self.storage.write(move |transaction| {
            let rotated = transaction.rotate_session(&id, &used, &next_hash, now)?;
            transaction.move_session(&id, &client, address.as_deref())?;
            Ok(rotated)
        });
        if !rotated.await.map_err(refusal)? {
            return Err(ErrorCode::BadSession.into());
        }
        self.welcome(
            core,
            account,
            Proof::Session {
                session: session.id,
                next,
                seen_at: session.seen_at,
            },
        )
        .await
    }
}

/// What the holder of an account is told while a code is out that resets its password (DECISIONS 13).
pub(crate) fn reset_waits(until: Timestamp) -> String {
    let until = until.said();
    format!(
        "The owner made a code by which the password of this account can be set anew, good until {until}. \
         If you did not ask for it, change your password: that voids the code."
    )
}

pub(crate) fn record_in(account: Option<&Account>) -> Result<Option<Record>, Refusal> {
    // Checked when it was stored: checking it again would tell a known name by the time it takes.
    let read = |account: &Account| Record::from_stored(&account.record);
    account.map(read).transpose().map_err(|_| {
        tracing::error!("an account's record cannot be read");
        ErrorCode::Internal.into()
    })
}
