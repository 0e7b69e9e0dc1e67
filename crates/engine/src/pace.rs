//! How fast accounts talk: the buckets of those who did lately, shared by all their sessions on every
//! front, and what those hear who talk too fast (P1, DECISIONS 26). The arithmetic is in `snug_rules`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use snug_proto::{
    AccountId, ErrorCode, Refusal, Request, Role,
    limits::{DEFAULT_READ_EVENTS, MAX_READ_EVENTS},
};
use snug_rules::{
    Cost, Errand, MAX_WARNINGS, Pace, Pass, Patience, Rate, Reproof, Run, VIP_RATE_FACTOR,
    guest_rate, is_vip,
};

use crate::{
    config::{Front, Offending},
    engine::Engine,
    lock::lock,
    person::Person,
    session::Core,
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
    /// Is what accounts ask for counted here?
    pub fn counts_what_is_asked(&self) -> bool {
        self.config.talking.rate.is_some()
    }

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

    /// Refuses one who signs in again and again, with all that others are told of it. Asked of who has
    /// proved who they are, so that nobody keeps another out.
    pub(crate) fn comes_in_time(&self, core: &Core, person: &Person) -> Result<(), Refusal> {
        let Some(rate) = self.rate_of(person).filter(|_| !core.is_trusted()) else {
            return Ok(());
        };
        let asked = lock(&self.pace_of(person.id, rate)).ask_to_come(self.steady());
        asked.map_err(too_often)
    }

    /// Refuses the same before the proof, where that would cost much. Asked only for those who have proved
    /// from there before who they are, so that nobody else learns of it; and only who knows the password can
    /// have come so often.
    pub(crate) fn may_come_again(&self, core: &Core, account: &AccountId) -> Result<(), Refusal> {
        if !core.is_counted() {
            return Ok(());
        }
        let pace = lock(&self.paces.0).get(account).map(Arc::clone);
        pace.map_or(Ok(()), |pace| {
            lock(&pace).may_come(self.steady()).map_err(too_often)
        })
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
            core.throw_out(format!(
                "You were warned about sending too fast and went on: all your sessions here end now, and \
                 nothing you say is taken for {seconds} s. You may come back and go slower; too fast \
                 again soon after it ends them again, for twice as long."
            ));
        }
    }
}

/// Names that are looked up at the price of one question.
const NAMES_AT_ONCE: u64 = 10;

/// What one is told who asks for too much of something.
const fn too_much(errand: Errand) -> &'static str {
    match errand {
        Errand::Come => "This account signs in too often. Wait a little.",
        Errand::Read => "You are reading too many pages at once. Ask for one after the other.",
        Errand::Search => "You are searching too often. Wait a little.",
        Errand::Cross => "You are going into too many rooms at once. Wait a little.",
        Errand::Found => "You are making too many rooms. Wait a little.",
        Errand::Hand => "You are making too many of those. Wait a little.",
        Errand::Note => "You are marking too much as read at once. Wait a little.",
        Errand::Block => "You are blocking and unblocking too fast. Wait a little.",
        Errand::Follow | Errand::Look => "You are asking too much at once. Wait a little.",
    }
}

/// How many errands a request of this session is.
fn times(core: &Core, request: &Request) -> u64 {
    match request {
        Request::Read(read) => {
            let events = read.limit.unwrap_or(DEFAULT_READ_EVENTS);
            let events = events.clamp(1, MAX_READ_EVENTS);
            u64::from(events.div_ceil(DEFAULT_READ_EVENTS))
        }
        // As many look-ups as names.
        Request::Who(who) => looks(who.people.len()),
        // Of all that are watched for, where it names none.
        Request::Monitor(asked) if asked.add.is_empty() => looks(lock(&core.monitors).len()),
        Request::Monitor(asked) => looks(asked.add.len()),
        _ => 1,
    }
}

/// How many errands it is to look up so many names.
fn looks(names: usize) -> u64 {
    u64::try_from(names)
        .unwrap_or(u64::MAX)
        .div_ceil(NAMES_AT_ONCE)
        .max(1)
}

impl Core {
    /// Does it come from where nothing is counted?
    pub(crate) fn is_trusted(&self) -> bool {
        let trusted = &self.engine.config.talking.trusted;
        let from = self.origin.address;
        from.is_some_and(|from| trusted.iter().any(|network| network.contains(from)))
    }

    /// Is what its account does counted?
    pub(crate) fn is_counted(&self) -> bool {
        self.engine.config.talking.rate.is_some() && !self.is_trusted()
    }

    /// When this request may be carried out, or why not. Asked once for each request, of one who is
    /// signed in: what is not talking costs nothing.
    pub(crate) fn turn(self: &Arc<Self>, request: &Request) -> Result<Turn, Refusal> {
        let kind = request.kind();
        let (cost, errand) = (Cost::of(kind), Errand::of(kind));
        if cost.is_none() && errand.is_none() {
            return Ok(Turn::Now);
        }
        let Some(who) = self.signed_in() else {
            return Ok(Turn::Now);
        };
        let Some(rate) = self.engine.rate_of(&who.person) else {
            return Ok(Turn::Now);
        };
        if self.is_trusted() {
            return Ok(Turn::Now);
        }
        let patience = match self.origin.front {
            Front::Native => Patience::Refuse,
            // Its clients cannot be told to wait, so what a person pastes waits here.
            Front::Irc => Patience::Delay,
        };
        let times = times(self, request);
        let mut pace = lock(self.pace_at(who.person.id, rate));
        // Looked at once nobody else asks for the account: a warning of a moment later would else not be known.
        let now = self.engine.steady();
        let pass = match (cost, errand) {
            (Some(cost), _) => pace.ask(rate, cost, patience, now),
            (None, Some(errand)) => pace.ask_errand(errand, times, now),
            (None, None) => Pass::Now,
        };
        drop(pace);
        if !matches!(pass, Pass::TooFast { .. }) {
            self.was_not_too_fast();
        }
        match pass {
            Pass::Now => Ok(Turn::Now),
            Pass::In(ms) => Ok(Turn::In(Duration::from_millis(ms))),
            Pass::TooFast {
                retry_after_ms,
                reproof,
            } => {
                match reproof {
                    Reproof::None => {}
                    Reproof::Warning(number) if cost.is_none() => self.warn(format!(
                        "You are asking for too much at once. This is warning {number} of {MAX_WARNINGS}; \
                         the last within a minute ends all your sessions.",
                    )),
                    Reproof::Warning(number) => self.warn(format!(
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
                Err(match errand {
                    None => too_fast(retry_after_ms),
                    Some(errand) => Refusal::with_text(ErrorCode::TooFast, too_much(errand))
                        .retry_after_ms(retry_after_ms),
                })
            }
        }
    }

    /// Waits until a page of a log may be read to it. Nothing is asked for by who reads too slowly, and a `follow` was
    /// answered already: so nobody is refused, and who has much read waits.
    pub(crate) async fn wait_to_follow(&self) {
        while !self.is_closed() && !self.engine.is_stopping() {
            let (wait_ms, taken) = match self.ask_to_follow(Patience::Delay) {
                Run::Now => return,
                Run::In(ms) => (ms, true),
                Run::TooMuch(ms) => (ms, false),
            };
            self.engine.pause(Duration::from_millis(wait_ms)).await;
            if taken {
                return;
            }
        }
    }

    /// May a page be read to it now? Counted only then.
    pub(crate) fn may_follow_now(&self) -> bool {
        self.ask_to_follow(Patience::Refuse) == Run::Now
    }

    /// Without patience nothing is counted that would have to wait.
    fn ask_to_follow(&self, patience: Patience) -> Run {
        let Some(who) = self.signed_in() else {
            return Run::Now;
        };
        let rate = self.engine.rate_of(&who.person);
        let Some(rate) = rate.filter(|_| !self.is_trusted()) else {
            return Run::Now;
        };
        let mut pace = lock(self.pace_at(who.person.id, rate));
        let now = self.engine.steady();
        if patience == Patience::Refuse {
            let first = pace.clone().ask_to_follow(now);
            if first != Run::Now {
                return first;
            }
        }
        pace.ask_to_follow(now)
    }

    fn pace_at(&self, account: AccountId, rate: Rate) -> &Arc<Mutex<Pace>> {
        self.pace.get_or_init(|| self.engine.pace_of(account, rate))
    }

    /// The refusal for one who was kicked for speed, as long as nothing of theirs is taken.
    pub(crate) fn silence(&self) -> Option<Refusal> {
        let pace = self.pace.get()?;
        let left = lock(pace).silence(self.engine.steady())?;
        Some(too_fast(left))
    }
}

fn too_often(retry_after_ms: u64) -> Refusal {
    Refusal::with_text(ErrorCode::TooFast, too_much(Errand::Come)).retry_after_ms(retry_after_ms)
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
