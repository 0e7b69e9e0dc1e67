//! How fast accounts talk: the buckets of those who did lately, shared by all their sessions on every
//! front, and what those hear who talk too fast (P1, DECISIONS 26). The arithmetic is in `snug_rules`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use snug_proto::{AccountId, ErrorCode, Refusal, RequestKind, Role};
use snug_rules::{
    Cost, MAX_WARNINGS, Pace, Pass, Patience, Rate, Reproof, VIP_RATE_FACTOR, guest_rate, is_vip,
};

use crate::{
    config::{Front, Offending},
    engine::Engine,
    lock::lock,
    person::Person,
    session::{Closing, Core},
};

/// A wait from which on it is told as a silence: no bucket asks for one as long.
const SILENCE_TOLD_MS: u64 = 10_000;

/// The paces of accounts that have a session or talked lately. They outlive the sessions, so that coming
/// back forgives nothing. The lock guards the map only; lock order: the map, then one pace.
#[derive(Debug, Default)]
pub(crate) struct Paces(Mutex<HashMap<AccountId, Arc<Mutex<Pace>>>>);

/// When a request is carried out.
#[derive(Debug)]
pub(crate) enum Turn {
    /// At once.
    Now,
    /// After so long.
    In(Duration),
}

impl Paces {
    /// The pace of one who is gone.
    pub(crate) fn taken_from(&self, account: &AccountId) -> Option<Arc<Mutex<Pace>>> {
        lock(&self.0).remove(account)
    }
}

impl Engine {
    /// How fast this account may talk: the one place where its standing decides that.
    fn rate_of(&self, person: &Person) -> Option<Rate> {
        let rate = self.config.talking.rate?;
        if person.role == Role::Guest
            && self
                .people
                .known(&person.id)
                .is_none_or(|now| now.role == Role::Guest)
        {
            return Some(guest_rate(rate));
        }
        // What was bought since the sign-in is what the directory knows now.
        let vip_until = self
            .people
            .known(&person.id)
            .map_or(person.vip_until, |now| now.vip_until);
        if vip_until.is_some() && is_vip(vip_until, self.now()) {
            Rate::per_second(rate.messages().saturating_mul(VIP_RATE_FACTOR))
        } else {
            Some(rate)
        }
    }

    /// Forgets those who were silent for long and have no session.
    pub(crate) fn forget_paces(&self) {
        let Some(rate) = self.config.talking.rate else {
            return;
        };
        let now = self.steady();
        lock(&self.paces.0).retain(|_, pace| {
            // Shared with no session: none can take it up while the map is locked.
            Arc::strong_count(pace) > 1 || !lock(pace).is_forgotten(rate, now)
        });
    }

    fn pace_of(&self, account: AccountId, rate: Rate) -> Arc<Mutex<Pace>> {
        let now = self.steady();
        // A guest goes on at the pace of the one who came from the same address before.
        let new = || {
            let inherited = self.guests.inherited_pace(&account);
            inherited.unwrap_or_else(|| Arc::new(Mutex::new(Pace::new(rate, now))))
        };
        Arc::clone(lock(&self.paces.0).entry(account).or_insert_with(new))
    }

    /// Ends all sessions of an account that did not slow down.
    fn kick_for_speed(&self, person: &Person, silence_ms: u64) {
        tracing::info!(account.id = %person.id, "warned three times for talking too fast: kicked");
        let seconds = silence_ms.div_ceil(1000);
        for core in self.online.sessions_of(&person.id) {
            core.notify(format!(
                "You were warned about sending too fast and went on: all your sessions here end now, and \
                 nothing you say is taken for {seconds} s. You may come back and go slower; too fast \
                 again soon after it ends them again, for twice as long."
            ));
            core.close(Closing::Quit);
        }
    }
}

impl Core {
    /// When this request may be carried out, or why not. Asked once for each request, of one who is
    /// signed in: what is not talking costs nothing.
    pub(crate) fn turn(self: &Arc<Self>, kind: RequestKind) -> Result<Turn, Refusal> {
        let (Some(cost), Some(who)) = (Cost::of(kind), self.signed_in()) else {
            return Ok(Turn::Now);
        };
        let Some(rate) = self.engine.rate_of(&who.person) else {
            return Ok(Turn::Now);
        };
        let trusted = &self.engine.config.talking.trusted;
        let from = self.origin.address;
        if from.is_some_and(|from| trusted.iter().any(|network| network.contains(from))) {
            return Ok(Turn::Now);
        }
        let patience = match self.origin.front {
            Front::Native => Patience::Refuse,
            // Its clients cannot be told to wait, so what a person pastes waits here.
            Front::Irc => Patience::Delay,
        };
        let pace = self
            .pace
            .get_or_init(|| self.engine.pace_of(who.person.id, rate));
        let pass = lock(pace).ask(rate, cost, patience, self.engine.steady());
        match pass {
            Pass::Now => Ok(Turn::Now),
            Pass::In(ms) => Ok(Turn::In(Duration::from_millis(ms))),
            Pass::TooFast {
                retry_after_ms,
                reproof,
            } => {
                match reproof {
                    Reproof::None => {}
                    Reproof::Warning(number) => self.notify(format!(
                        "You are sending too fast: {} messages a second are allowed. This is warning \
                         {number} of {MAX_WARNINGS}; the last within a minute ends all your sessions.",
                        rate.messages()
                    )),
                    Reproof::Kick(silence_ms) => {
                        if let Some(visitor) = &self.origin.visitor {
                            visitor.offends(Offending::Spam, 1);
                        }
                        self.engine.kick_for_speed(&who.person, silence_ms);
                    }
                }
                Err(too_fast(retry_after_ms))
            }
        }
    }

    /// The refusal for one who was kicked for speed, as long as nothing of theirs is taken.
    pub(crate) fn silence(&self) -> Option<Refusal> {
        let pace = self.pace.get()?;
        let left = lock(pace).silence(self.engine.now())?;
        Some(too_fast(left))
    }
}

fn too_fast(retry_after_ms: u64) -> Refusal {
    let text = if retry_after_ms < SILENCE_TOLD_MS {
        "You are sending too fast. This was not sent; wait a little.".to_owned()
    } else {
        let seconds = retry_after_ms.div_ceil(1000);
        format!("You sent too fast for too long. Nothing you say is taken for {seconds} s.")
    };
    Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(retry_after_ms)
}
