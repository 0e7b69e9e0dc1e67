//! Guessing at passwords: who is shut out (A4, DECISIONS 16). The arithmetic is in `snug_rules`; here is
//! who asks, and what they are told. Every front signs in through here.

use std::sync::{Arc, Mutex};

use snug_auth::{ScramFirst, code_hash, device_of};
use snug_proto::{AccountId, ErrorCode, Refusal, Request, Secret};
use snug_rules::{Asker, GuessLimits, Guesses, Source};
use snug_store::CodeKind;

use crate::{
    config::{Clock, Offending, Visitor},
    engine::Engine,
    handle::sign_in::Tried,
    lock::lock,
    person::refusal,
    session::Core,
};

/// What was tried lately. The lock guards the counters only.
#[derive(Debug, Clone)]
pub(crate) struct Guessing(Arc<Mutex<Guesses>>);

/// What somebody brings beside the name and the password.
pub(crate) struct Brought<'a> {
    pub(crate) device: Option<&'a Secret>,
    pub(crate) code: Option<&'a Secret>,
}

/// How a name is known to one who tries its password.
pub(crate) struct Standing {
    /// They come from where the account was used before.
    pub(crate) known: bool,
    /// They brought a code for a new device, and it is good.
    code: Option<[u8; 32]>,
}

/// A try that counts as wrong until it is said to be right.
pub(crate) struct Attempt {
    target: [u8; 16],
    /// `None` where nothing is counted.
    asker: Option<Asker>,
    code: Option<[u8; 32]>,
    shut_ms: Option<u64>,
    /// Who hears of it if this shuts the account for whoever tried.
    visitor: Option<Arc<dyn Visitor>>,
    owes: Owes,
}

/// What the address that tries pays in the end, if it was not right: the client may know that it is wrong by
/// what began, and never end it.
struct Owes(Option<Box<Debt>>);

/// Whom it is owed to, and where it is noted that it was paid.
struct Debt {
    visitor: Arc<dyn Visitor>,
    guessing: Guessing,
    clock: Arc<dyn Clock>,
    target: [u8; 16],
    asker: Option<Asker>,
}

impl Owes {
    const NOTHING: Self = Self(None);

    fn by(core: &Core, target: [u8; 16], asker: Option<Asker>) -> Self {
        Self(core.origin.visitor.clone().map(|visitor| {
            Box::new(Debt {
                visitor,
                guessing: core.engine.guessing.clone(),
                clock: Arc::clone(&core.engine.config.clock),
                target,
                asker,
            })
        }))
    }

    fn nothing(&mut self) {
        self.0 = None;
    }
}

impl Drop for Owes {
    fn drop(&mut self) {
        if let Some(debt) = self.0.take()
            && debt.visitor.wrong()
            && let Some(asker) = debt.asker
        {
            lock(&debt.guessing.0).paid(&debt.target, asker, debt.clock.steady());
        }
    }
}

impl Guessing {
    pub(crate) fn new(limits: GuessLimits) -> Self {
        Self(Arc::new(Mutex::new(Guesses::new(limits))))
    }
}

impl Engine {
    /// Is the one who tries this name's password from a place that it knows, and is the code good? A name
    /// that nobody has costs the same questions.
    pub(crate) async fn standing_of(
        &self,
        core: &Core,
        tried: &Tried,
        word: Option<&Secret>,
    ) -> Result<Standing, Refusal> {
        let whose = tried.asked_about();
        let (tag, now) = (self.tag_of(core, whose), self.now());
        let hash = word.map(|word| code_hash(self.keys(), word.expose()));
        let found = self.storage.read(move |reader| {
            let known = match &tag {
                Some(tag) => reader.knows_address(&whose, tag)?,
                None => false,
            };
            let of = match &hash {
                Some(hash) => reader.account_of_code(hash, CodeKind::Device, now)?,
                None => None,
            };
            Ok((known, of))
        });
        let (known, of) = found.await.map_err(refusal)?;
        Ok(Standing {
            known: known && tried.is(&whose),
            code: hash.filter(|_| of.is_some_and(|of| tried.is(&of))),
        })
    }

    /// Does this ask to sign in to an account from where it was used before, or on a device that it knows?
    /// Nothing is proved by that but that no stranger asks.
    pub(crate) async fn is_at_home(&self, core: &Core, request: &Request) -> bool {
        let (name, device) = match request {
            Request::SignIn(request) => (request.name.clone(), request.device.as_ref()),
            Request::SignInStart(request) => (request.name.clone(), request.device.as_ref()),
            Request::SignInScram(request) => match ScramFirst::parse(&request.message) {
                Ok(first) => (first.name, None),
                Err(_) => return false,
            },
            _ => return false,
        };
        let Ok(tried) = self.whom(&name).await else {
            return false;
        };
        if self.device_at(&tried, device).is_some() {
            return true;
        }
        let standing = self.standing_of(core, &tried, None).await;
        standing.is_ok_and(|standing| standing.known)
    }

    /// The device that this cookie names, if it is one of the account's.
    fn device_at(&self, tried: &Tried, cookie: Option<&Secret>) -> Option<[u8; 16]> {
        let cookie = cookie.map(Secret::expose).unwrap_or_default();
        // Another's record opens nothing here: the cookie names whom it is of.
        device_of(self.keys(), tried.id, tried.record(), cookie)
    }

    /// Somebody tries the password of this account, or of a name that nobody has.
    pub(crate) fn begin_attempt(
        &self,
        core: &Arc<Core>,
        tried: &Tried,
        standing: &Standing,
        brought: &Brought<'_>,
    ) -> Result<Attempt, Refusal> {
        let device = self.device_at(tried, brought.device);
        let of_code = standing
            .code
            .and_then(|hash| hash.first_chunk::<16>().copied());
        let asker =
            Self::counted_address(core).map(|source| match (device.or(of_code), standing.known) {
                (Some(device), _) => Asker::Device(device),
                (None, true) => Asker::Known(source),
                (None, false) => Asker::Stranger(source),
            });
        let mut attempt = Attempt {
            target: *tried.id.bytes(),
            asker,
            code: standing.code,
            shut_ms: None,
            visitor: core.origin.visitor.clone(),
            owes: Owes::NOTHING,
        };
        self.count(&mut attempt)?;
        // A device that is counted by itself gets in whatever others did from where it is (DECISIONS 16).
        if !matches!(asker, Some(Asker::Device(_))) {
            core.may_try()
                .inspect_err(|_| self.attempt_was_none(&mut attempt))?;
        }
        attempt.owes = Owes::by(core, attempt.target, attempt.asker);
        Ok(attempt)
    }

    /// One who is signed in tries the password of their own account again.
    pub(crate) fn begin_own_attempt(
        &self,
        core: &Core,
        account: AccountId,
    ) -> Result<Attempt, Refusal> {
        let mut attempt = Attempt {
            target: *account.bytes(),
            asker: Self::asker_of_own(core),
            code: None,
            shut_ms: None,
            visitor: None,
            owes: Owes::NOTHING,
        };
        self.count(&mut attempt)?;
        attempt.owes = Owes::by(core, attempt.target, attempt.asker);
        Ok(attempt)
    }

    /// One of whom nothing is known but where they are.
    pub(crate) fn asker_of_stranger(core: &Core) -> Option<Asker> {
        Self::counted_address(core).map(Asker::Stranger)
    }

    /// One who is signed in and tries what belongs to their own account.
    pub(crate) fn asker_of_own(core: &Core) -> Option<Asker> {
        let listed = core.signed_in().map(|who| *who.listed.bytes());
        Self::counted_address(core).and(listed.map(Asker::Device))
    }

    /// One who proved the account's password tries a code of its second factor: counted apart, for the same
    /// asker.
    pub(crate) fn begin_code_attempt(
        &self,
        account: AccountId,
        asker: Option<Asker>,
    ) -> Result<Attempt, Refusal> {
        let mut attempt = Attempt {
            target: account.bytes().map(|byte| !byte),
            asker,
            code: None,
            shut_ms: None,
            visitor: None,
            // What a wrong code owes is paid where it is refused.
            owes: Owes::NOTHING,
        };
        self.count(&mut attempt)?;
        Ok(attempt)
    }

    /// It proved right. A code that let it be looked at is used up; false if another did that first.
    pub(crate) async fn attempt_was_right(
        &self,
        mut attempt: Attempt,
        account: AccountId,
    ) -> Result<bool, Refusal> {
        attempt.owes.nothing();
        let now = self.now();
        if let Some(asker) = attempt.asker {
            let now = self.steady();
            let slips = lock(&self.guessing.0).right(&attempt.target, asker, now);
            if let Some(visitor) = &attempt.visitor {
                visitor.slipped(slips);
            }
        }
        let Some(hash) = attempt.code else {
            return Ok(true);
        };
        let used = self.storage.write(move |transaction| {
            transaction.use_account_code(&hash, CodeKind::Device, &account, now)
        });
        used.await.map_err(refusal)
    }

    /// It was not looked at after all.
    pub(crate) fn attempt_was_none(&self, attempt: &mut Attempt) {
        attempt.owes.nothing();
        if let Some(asker) = attempt.asker {
            lock(&self.guessing.0).take_back(&attempt.target, asker, self.steady());
        }
    }

    /// Forgets what was tried long ago.
    pub(crate) fn forget_guesses(&self) {
        lock(&self.guessing.0).forget(self.steady());
    }

    fn count(&self, attempt: &mut Attempt) -> Result<(), Refusal> {
        let Some(asker) = attempt.asker else {
            return Ok(());
        };
        let tried = lock(&self.guessing.0).begin(attempt.target, asker, self.steady());
        let tried = tried.map_err(|shut| shut_out(shut.retry_after_ms, shut.shared))?;
        attempt.shut_ms = tried.shut_ms;
        if tried.alarm {
            // The name may be nobody's: then nobody is here to hear it.
            let account = AccountId::from_bytes(attempt.target);
            tracing::warn!("somebody guesses at an account's password from many addresses");
            for core in self.online.sessions_of(&account) {
                core.notify(
                    "Somebody is guessing at your password from many addresses. Until that ends, a new \
                     device of yours gets in at once only with a code: /device-code makes one.",
                );
            }
        }
        Ok(())
    }

    /// Where the guesses of this connection are counted; `None` where nothing is.
    fn counted_address(core: &Core) -> Option<Source> {
        let address = core.origin.address?;
        (!core.is_trusted()).then(|| Source::of(address))
    }
}

impl Attempt {
    /// Who tried, where that is counted.
    pub(crate) const fn asker(&self) -> Option<Asker> {
        self.asker
    }

    /// The refusal for one that proved wrong: it says for how long the next is not looked at. That is
    /// reported, once: what is tried meanwhile costs nothing, and may be a client with an old password.
    pub(crate) fn refusal(&self, refusal: Refusal) -> Refusal {
        let Some(ms) = self.shut_ms else {
            return refusal;
        };
        if let Some(visitor) = &self.visitor {
            visitor.offends(Offending::Passwords, 1);
        }
        refusal.retry_after_ms(ms)
    }
}

/// What one is told whose try was not looked at, whether anybody has the name or not.
fn shut_out(retry_after_ms: u64, shared: bool) -> Refusal {
    let seconds = retry_after_ms.div_ceil(1000);
    let text = if shared {
        format!(
            "Too many wrong passwords for this name, from many addresses. Try again in {seconds} s, or \
             sign in with a code: from a device that is signed in, or from the server's owner."
        )
    } else {
        format!("Too many wrong passwords for this name from here. Try again in {seconds} s.")
    };
    Refusal::with_text(ErrorCode::BadCredentials, text).retry_after_ms(retry_after_ms)
}
