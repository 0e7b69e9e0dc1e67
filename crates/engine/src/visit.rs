//! What the door hears of a connection: what is asked before a sign-in, and wrong secrets ever (P2). The budgets are the door's, per
//! address and over all fronts; here they are asked, so that no front can forget to.

use std::sync::Arc;

use snug_proto::{ErrorCode, Refusal, Role, Timestamp};
use snug_store::Account;

use crate::{
    config::TooMuch,
    session::{Closing, Core},
};

/// An account younger than this, in milliseconds, keeps nobody from being shut out (DECISIONS 28): a day.
const PROTECTS_FROM_MS: u64 = 24 * 3_600_000;
/// An account younger than this, in milliseconds, has just been made: its sign-in proves nothing.
const NEW_MS: u64 = 60_000;

impl Core {
    /// Something is asked before a sign-in: the refusal if that is too much.
    pub(crate) fn asks_outside(self: &Arc<Self>) -> Result<(), Refusal> {
        let Some(visitor) = &self.origin.visitor else {
            return Ok(());
        };
        visitor.asks().map_err(|over| self.too_much(over))
    }

    /// A code or a password is about to be tried: the refusal if too many from its address were wrong.
    /// Whoever is inside, a guest as well as a member, tries on the same budget as those outside.
    pub(crate) fn may_try(self: &Arc<Self>) -> Result<(), Refusal> {
        let Some(visitor) = &self.origin.visitor else {
            return Ok(());
        };
        visitor.may_try().map_err(|over| self.too_much(over))
    }

    /// What was tried was refused: a wrong code is counted. A wrong password is, by its attempt.
    pub(crate) fn was_wrong(&self, refusal: &Refusal) {
        if let (ErrorCode::BadCode, Some(visitor)) = (refusal.code, &self.origin.visitor) {
            visitor.wrong();
        }
    }

    /// The door hears that somebody has come in.
    pub(crate) fn is_inside(&self, account: (Role, Timestamp), now: Timestamp) {
        let Some(visitor) = &self.origin.visitor else {
            return;
        };
        let (role, made_at) = account;
        let age_ms = now.ms().saturating_sub(made_at.ms());
        if role == Role::Guest || age_ms < NEW_MS {
            visitor.came_in();
        } else {
            visitor.signed_in(age_ms >= PROTECTS_FROM_MS);
        }
    }

    fn too_much(self: &Arc<Self>, over: TooMuch) -> Refusal {
        let seconds = over.retry_after_ms.div_ceil(1000);
        let text = if over.ends {
            self.close(Closing::Quit);
            format!("Too much was asked or tried from your address. Try again in {seconds} s.")
        } else {
            format!("Too much is asked or tried from your address. Wait {seconds} s.")
        };
        Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(over.retry_after_ms)
    }
}

/// What of an account says how far it is trusted.
pub(crate) const fn standing(account: &Account) -> (Role, Timestamp) {
    (account.role, account.created_at)
}
