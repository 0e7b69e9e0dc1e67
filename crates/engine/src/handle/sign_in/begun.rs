//! What a start began on a connection and a finish takes up: one exchange at a time, and not for long.

use std::time::{Duration, Instant};

use snug_auth::SignInState;
use snug_proto::{AccountId, AccountName, Secret};
use snug_store::Account;

use crate::{
    guess::Attempt,
    handle::mechanisms::{ScramBegun, ScramProved},
    handle::second_factor::Owed,
    lock::lock,
    session::Core,
};

/// An exchange between programs that was begun is good for this long.
const FINISH_WITHIN: Duration = Duration::from_mins(2);
/// One that waits for a person who looks for their telephone.
const FIND_WITHIN: Duration = Duration::from_mins(10);

/// An OPAQUE exchange between its start and its finish.
pub(crate) struct Begun {
    since: Instant,
    what: Exchange,
}

/// One who is signed in proves their own password.
pub(crate) struct OwnProof {
    pub(crate) state: SignInState,
    pub(crate) account: Account,
    pub(crate) attempt: Attempt,
}

pub(crate) enum Exchange {
    Registration {
        name: AccountName,
        id: AccountId,
        code: Option<Secret>,
    },
    /// The account is none where the name was unknown: its finish never proves right.
    SignIn {
        state: SignInState,
        account: Option<Box<Account>>,
        attempt: Attempt,
    },
    /// Of one who is signed in: the old password is to be proved and the new one to be registered.
    Change(Box<OwnProof>),
    /// Of one who is signed in: the password is to be proved once more.
    Prove(Box<OwnProof>),
    /// SCRAM, of which the server's first message was said.
    Scram(Box<ScramBegun>),
    /// SCRAM, of which both final messages were said, and held.
    ScramProved(Box<ScramProved>),
    /// The password proved right; a code is owed (A7).
    SecondFactor(Box<Owed>),
    /// Of one who is signed in: a second factor was offered, with this salt.
    SecondFactorOffer([u8; 16]),
    /// A new password by a code, which is used up at the end.
    Reset {
        account: Box<Account>,
        code: [u8; 32],
    },
}

pub(crate) fn begin(core: &Core, what: Exchange) {
    *lock(&core.begun) = Some(Box::new(Begun {
        since: Instant::now(),
        what,
    }));
}

/// What was begun on this connection, if it is not too old. Each start has one finish.
pub(crate) fn take_begun(core: &Core) -> Option<Exchange> {
    let begun = lock(&core.begun).take()?;
    let within = match begun.what {
        Exchange::SecondFactor(_) | Exchange::SecondFactorOffer(_) => FIND_WITHIN,
        _ => FINISH_WITHIN,
    };
    (begun.since.elapsed() <= within).then_some(begun.what)
}
