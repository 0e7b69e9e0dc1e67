//! Signing in over any [`Session`]. The password stays here: OPAQUE (RFC 9807) proves it.

use snug_auth::{OpaqueError, ParameterBounds};
use snug_proto::{
    Argon2Parameters, Blob, ChangePasswordFinish, ChangePasswordStart, ComeAsGuest, DeleteAccount,
    ErrorCode, OfferSecondFactor, OpaqueReply, ProveStart, Refusal, Register, RegisterFinish,
    RegisterStart, Request, ResetFinish, ResetStart, Response, Resume, SecondFactor,
    SecondFactorOffer, Secret, Session, SignIn, SignInFinish, SignInStart, SignedIn,
    limits::MIN_PASSWORD_CHARS,
};

/// The length of a `KE3`: one HMAC by SHA-512 (RFC 9807 §6.1).
const KE3_BYTES: usize = 64;

/// Why one is not signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The server said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The server asks for password hashing so cheap or so dear that this client will not do it
    /// (DECISIONS 13).
    #[error(
        "the server asks for password hashing outside what this client takes; it may be lying \
         about who it is"
    )]
    Parameters,
    /// What the server sent is no step of this exchange.
    #[error("the server's answer is not part of signing in; it may be of another version")]
    Answer,
    /// The hashing could not be run: too little memory.
    #[error("this machine could not run the password hashing")]
    Hashing,
}

/// What tells a device from those that guess at the account's password (A4).
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// The cookie of an earlier sign-in.
    pub device: Option<Secret>,
    /// A code for a new device, from one that is signed in or from the owner.
    pub code: Option<Secret>,
}

/// Takes a server's word for how dear the hashing is only within bounds.
#[derive(Debug, Clone)]
pub struct Signer {
    bounds: ParameterBounds,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            bounds: ParameterBounds::release(),
        }
    }
}

impl Signer {
    /// One that also takes the cheap parameters of tests. Never in a client for people.
    pub const fn for_tests() -> Self {
        Self {
            bounds: ParameterBounds::for_tests(),
        }
    }

    /// Makes an account and signs in to it.
    pub async fn register(
        &self,
        session: &impl Session,
        name: &str,
        password: &Secret,
        code: Option<Secret>,
    ) -> Result<SignedIn, SignInError> {
        let start = |opaque| RegisterStart {
            name: name.to_owned(),
            code,
            opaque,
        };
        let (opaque, argon2) = self.registered(session, (name, password), start).await?;
        signed_in(session, RegisterFinish { opaque, argon2 }.into()).await
    }

    /// Signs in by name and password.
    pub async fn sign_in(
        &self,
        session: &impl Session,
        name: &str,
        password: &Secret,
    ) -> Result<SignedIn, SignInError> {
        let nothing = Brought::default();
        self.sign_in_with(session, name, password, nothing).await
    }

    /// Signs in by name and password, with what tells this device from those that guess at it (A4).
    pub async fn sign_in_with(
        &self,
        session: &impl Session,
        name: &str,
        password: &Secret,
        brought: Brought,
    ) -> Result<SignedIn, SignInError> {
        let start = |opaque| SignInStart {
            name: name.to_owned(),
            opaque,
            device: brought.device,
            code: brought.code,
        };
        let proof = self.proved(session, password, start).await;
        let opaque = match proof {
            Ok(proof) => proof,
            // Not the server's own word at the start, that the name is shut for a while.
            Err(SignInError::Refused(refusal))
                if refusal.code == ErrorCode::BadCredentials
                    && refusal.retry_after_ms.is_none() =>
            {
                // The client sees first that the password is wrong. The server must hear of it, or
                // it could not count guesses (A4) or say how long to wait.
                let opaque = Blob(vec![0; KE3_BYTES]);
                return signed_in(session, SignInFinish { opaque }.into())
                    .await
                    .and(Err(SignInError::Answer));
            }
            Err(error) => return Err(error),
        };
        signed_in(session, SignInFinish { opaque }.into()).await
    }
}

impl Signer {
    /// Sets a new password by a code from the owner, and signs in.
    pub async fn reset(
        &self,
        session: &impl Session,
        name: &str,
        password: &Secret,
        code: Secret,
    ) -> Result<SignedIn, SignInError> {
        let start = |opaque| ResetStart {
            name: name.to_owned(),
            code,
            opaque,
        };
        let (opaque, argon2) = self.registered(session, (name, password), start).await?;
        signed_in(session, ResetFinish { opaque, argon2 }.into()).await
    }

    /// Deletes the account that is signed in, proving its password.
    pub async fn delete_account(
        &self,
        session: &impl Session,
        password: &Secret,
        with_messages: bool,
    ) -> Result<(), SignInError> {
        let start = |opaque| ProveStart { opaque };
        let proof = self.proved(session, password, start).await?;
        let delete = DeleteAccount {
            opaque: Some(proof),
            password: None,
            with_messages,
        };
        match session.request(delete.into()).await {
            Ok(Response::Done(_)) => Ok(()),
            Ok(_other) => Err(SignInError::Answer),
            Err(refusal) => Err(SignInError::Refused(refusal)),
        }
    }

    /// Asks for a second factor for the account that is signed in, proving its password (A7).
    pub async fn offer_second_factor(
        &self,
        session: &impl Session,
        password: &Secret,
    ) -> Result<SecondFactorOffer, SignInError> {
        let start = |opaque| ProveStart { opaque };
        let offer = OfferSecondFactor {
            opaque: Some(self.proved(session, password, start).await?),
            password: None,
        };
        match session.request(offer.into()).await {
            Ok(Response::SecondFactorOffer(offer)) => Ok(offer),
            Ok(_other) => Err(SignInError::Answer),
            Err(refusal) => Err(SignInError::Refused(refusal)),
        }
    }

    /// Changes the password of the account that is signed in, which has this name, proving the old one.
    pub async fn change_password(
        &self,
        session: &impl Session,
        name: &str,
        old: &Secret,
        new: &Secret,
        keep_sessions: bool,
    ) -> Result<(), SignInError> {
        let (registration, request) = new_password(name, new)?;
        let (proof, ke1) = snug_auth::SignIn::start(old.expose(), &mut rand::thread_rng())
            .map_err(sign_in_error)?;
        let start = ChangePasswordStart {
            opaque: Blob(ke1),
            new_opaque: Blob(request),
        };
        let reply = match session.request(start.into()).await {
            Ok(Response::ChangePasswordReply(reply)) => reply,
            Ok(_other) => return Err(SignInError::Answer),
            Err(refusal) => return Err(SignInError::Refused(refusal)),
        };
        let (bounds, new_argon2) = (self.bounds.clone(), reply.new_argon2);
        let made = stretch(move || {
            let rng = &mut rand::thread_rng();
            let proof = proof.finish(&reply.opaque.0, reply.argon2, &bounds, rng)?;
            let record = registration.finish(&reply.new_opaque.0, new_argon2, &bounds, rng)?;
            Ok((proof, record))
        });
        let (proof, record) = made.await?;
        let finish = ChangePasswordFinish {
            opaque: Blob(proof),
            new_opaque: Blob(record),
            argon2: new_argon2,
            keep_sessions,
        };
        match session.request(finish.into()).await {
            Ok(Response::Done(_)) => Ok(()),
            Ok(_other) => Err(SignInError::Answer),
            Err(refusal) => Err(SignInError::Refused(refusal)),
        }
    }
}

/// The exchanges that all of these are made of.
impl Signer {
    /// Registers a password up to the record that the server is to keep, begun by this request.
    async fn registered<R: Into<Request>>(
        &self,
        session: &impl Session,
        (name, password): (&str, &Secret),
        start: impl FnOnce(Blob) -> R,
    ) -> Result<(Blob, Argon2Parameters), SignInError> {
        let (state, opaque) = new_password(name, password)?;
        let started = opaque_reply(session, start(Blob(opaque)).into());
        let OpaqueReply { opaque, argon2 } = started.await?;
        let bounds = self.bounds.clone();
        let record =
            stretch(move || state.finish(&opaque.0, argon2, &bounds, &mut rand::thread_rng()));
        Ok((Blob(record.await?), argon2))
    }

    /// Proves a password up to the `KE3`, begun by this request.
    async fn proved<R: Into<Request>>(
        &self,
        session: &impl Session,
        password: &Secret,
        start: impl FnOnce(Blob) -> R,
    ) -> Result<Blob, SignInError> {
        let started = snug_auth::SignIn::start(password.expose(), &mut rand::thread_rng());
        let (state, opaque) = started.map_err(sign_in_error)?;
        let started = opaque_reply(session, start(Blob(opaque)).into());
        let OpaqueReply { opaque, argon2 } = started.await?;
        let bounds = self.bounds.clone();
        let proof =
            stretch(move || state.finish(&opaque.0, argon2, &bounds, &mut rand::thread_rng()));
        proof.await.map(Blob)
    }
}

/// Begins to register a password that is long enough, and not the name: the server never sees it, so only the
/// client can keep the rule.
fn new_password(
    name: &str,
    password: &Secret,
) -> Result<(snug_auth::Registration, Vec<u8>), SignInError> {
    snug_auth::may_be_password(password.expose(), name, MIN_PASSWORD_CHARS)
        .map_err(SignInError::Refused)?;
    snug_auth::Registration::start(password.expose(), &mut rand::thread_rng())
        .map_err(sign_in_error)
}

/// Signs in with the newest token of an earlier sign-in.
pub async fn resume(session: &impl Session, token: &Secret) -> Result<SignedIn, SignInError> {
    let session_token = token.clone();
    let resume = Resume {
        session: session_token,
    };
    signed_in(session, resume.into()).await
}

/// Ends a sign-in that was refused with [`ErrorCode::SecondFactorNeeded`], on the same connection (A7).
pub async fn second_factor(session: &impl Session, code: Secret) -> Result<SignedIn, SignInError> {
    signed_in(session, SecondFactor { code }.into()).await
}

/// Comes in as a guest, by a name alone or with the access code that guests need.
pub async fn come_as_guest(
    session: &impl Session,
    name: &str,
    code: Option<Secret>,
) -> Result<SignedIn, SignInError> {
    let name = name.to_owned();
    signed_in(
        session,
        ComeAsGuest {
            name,
            display: None,
            code,
        }
        .into(),
    )
    .await
}

/// Signs in with an app token, or with a password that the server may see. Never done by itself:
/// only where a person or a program asks for it.
pub async fn sign_in_plain(
    session: &impl Session,
    name: &str,
    password: Secret,
) -> Result<SignedIn, SignInError> {
    let name = name.to_owned();
    let sign_in = SignIn {
        name,
        password,
        device: None,
        code: None,
    };
    signed_in(session, sign_in.into()).await
}

/// Makes an account with a password that the server sees once. Never done by itself.
pub async fn register_plain(
    session: &impl Session,
    name: &str,
    password: Secret,
    code: Option<Secret>,
) -> Result<SignedIn, SignInError> {
    let name = name.to_owned();
    let register = Register {
        name,
        password,
        code,
    };
    signed_in(session, register.into()).await
}

async fn opaque_reply(
    session: &impl Session,
    request: Request,
) -> Result<OpaqueReply, SignInError> {
    match session.request(request).await {
        Ok(Response::OpaqueReply(reply)) => Ok(reply),
        Ok(_other) => Err(SignInError::Answer),
        Err(refusal) => Err(SignInError::Refused(refusal)),
    }
}

async fn signed_in(session: &impl Session, request: Request) -> Result<SignedIn, SignInError> {
    match session.request(request).await {
        Ok(Response::SignedIn(signed_in)) => Ok(signed_in),
        Ok(_other) => Err(SignInError::Answer),
        Err(refusal) => Err(SignInError::Refused(refusal)),
    }
}

/// Argon2id takes a tenth of a second and 64 MiB: not on a thread that others wait for.
async fn stretch<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpaqueError> + Send + 'static,
) -> Result<T, SignInError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_panicked| SignInError::Hashing)?
        .map_err(sign_in_error)
}

fn sign_in_error(error: OpaqueError) -> SignInError {
    match error {
        OpaqueError::WrongPassword => SignInError::Refused(ErrorCode::BadCredentials.into()),
        OpaqueError::BadPassword => SignInError::Refused(ErrorCode::BadPassword.into()),
        OpaqueError::Parameters => SignInError::Parameters,
        OpaqueError::Malformed => SignInError::Answer,
    }
}
