//! How fast an account may talk (P1, DECISIONS 26): a bucket that fills with time, and what becomes of
//! whoever asks for more than is in it. Exact integers: credit is counted in thousandths of a message.

use snug_proto::{RequestKind, Timestamp};

use crate::{Errand, Errands, Run};

/// Messages that one who was silent may send at once.
pub const BURST: u32 = 10;
/// At most one warning in so many milliseconds.
pub const WARN_EVERY_MS: u64 = 5_000;
/// A warning is forgotten after so many milliseconds.
pub const WARNING_LASTS_MS: u64 = 60_000;
/// So many warnings that are not forgotten are a kick.
pub const MAX_WARNINGS: usize = 3;
/// After a kick nothing that one says is taken for so many milliseconds; twice as long after each further
/// one.
pub const SILENCE_MS: u64 = 30_000;
/// But never for longer than an hour, in milliseconds.
pub const MAX_SILENCE_MS: u64 = 3_600_000;
/// So many messages refused during a silence, and it begins anew.
const MAX_TRIES: u32 = 16;
/// For so many milliseconds after a silence the next excess is a kick again, and nothing is delayed: ten
/// minutes. Then kicks are forgotten.
pub const FORGET_KICKS_MS: u64 = 600_000;
/// Messages that a front which delays its input first (IRC) may have waiting, per account.
pub const MAX_DELAYED: u32 = 20;

/// A message, in the bucket's unit.
const MESSAGE: u64 = 1_000;

/// How fast one may talk: a property of the account's standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: u32,
}

impl Rate {
    /// So many messages a second; `None` for 0, which is no limit.
    pub const fn per_second(messages: u32) -> Option<Self> {
        if messages == 0 {
            None
        } else {
            Some(Self {
                per_second: messages,
            })
        }
    }

    /// Messages a second.
    pub const fn messages(self) -> u32 {
        self.per_second
    }

    /// Messages at once: [`BURST`], or a second's worth where that is more.
    pub const fn burst(self) -> u32 {
        if self.per_second > BURST {
            self.per_second
        } else {
            BURST
        }
    }
}

/// What a request costs, in the bucket's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost(u64);

impl Cost {
    /// As much as a message.
    pub const MESSAGE: Self = Self(MESSAGE);
    /// A quarter of one: what does not last, and what others hear of besides words.
    pub const QUARTER: Self = Self(MESSAGE / 4);

    /// What this request costs; `None` if it is not talking.
    pub const fn of(request: RequestKind) -> Option<Self> {
        match request {
            RequestKind::Send
            | RequestKind::Edit
            | RequestKind::Delete
            | RequestKind::React
            | RequestKind::Tag
            | RequestKind::Signal
            | RequestKind::Hail => Some(Self::MESSAGE),
            RequestKind::Typing
            | RequestKind::Befriend
            | RequestKind::Away
            | RequestKind::Wear
            | RequestKind::Me
            | RequestKind::SetMetadata
            | RequestKind::Unfriend
            | RequestKind::Leave
            | RequestKind::Kick
            | RequestKind::Ban
            | RequestKind::Unban
            | RequestKind::Mute
            | RequestKind::Unmute
            | RequestKind::SetMask
            | RequestKind::SetRole
            | RequestKind::InviteTo
            | RequestKind::Knock
            | RequestKind::SetRoom
            | RequestKind::Transfer => Some(Self::QUARTER),
            _ => None,
        }
    }
}

/// Is what comes too fast refused, or does it wait first?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It is refused, and the client waits.
    Refuse,
    /// It waits, up to [`MAX_DELAYED`] messages of it, then it is refused: for clients that cannot be
    /// told to wait.
    Delay,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// It is carried out.
    Now,
    /// It is carried out in so many milliseconds.
    In(u64),
    /// It is refused.
    TooFast {
        /// Milliseconds until it would be taken.
        retry_after_ms: u64,
        /// What the account has to hear of it.
        reproof: Reproof,
    },
}

/// What whoever talks too fast has to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reproof {
    /// Nothing: they were warned a moment ago.
    None,
    /// The warning of this number.
    Warning(usize),
    /// The last one: all sessions of the account end, and it is silent for so many milliseconds.
    Kick(u64),
}

/// What is remembered of an account's talking, over all its sessions and fronts.
#[derive(Debug, Clone)]
pub struct Pace {
    /// What is in the bucket; less than nothing while delayed requests wait.
    credit: i64,
    filled_at: Timestamp,
    /// When it was warned, oldest first; [`MAX_WARNINGS`] at most.
    warned: Vec<Timestamp>,
    /// Kicks that are not forgotten.
    kicks: u32,
    /// Until then nothing is taken.
    silent_until: Timestamp,
    /// For how many milliseconds it is silent in all, and how many messages were refused since that began.
    silence_ms: u64,
    tries: u32,
    /// What it asked for beside talking.
    errands: Errands,
}

impl Pace {
    /// One who was silent until now.
    pub fn new(rate: Rate, now: Timestamp) -> Self {
        Self {
            credit: full(rate),
            filled_at: now,
            warned: Vec::new(),
            kicks: 0,
            silent_until: Timestamp::default(),
            silence_ms: 0,
            tries: 0,
            errands: Errands::default(),
        }
    }

    /// Takes a request's cost out of the bucket, or says what becomes of the request.
    pub fn ask(&mut self, rate: Rate, cost: Cost, patience: Patience, now: Timestamp) -> Pass {
        self.forget(now);
        if self.silence(now).is_some() && cost == Cost::MESSAGE {
            self.try_in_silence(now);
        }
        if let Some(retry_after_ms) = self.silence(now) {
            return Pass::TooFast {
                retry_after_ms,
                reproof: Reproof::None,
            };
        }
        self.fill(rate, now);
        let left = self.credit.saturating_sub(signed(cost.0));
        let lowest = match patience {
            Patience::Delay if self.kicks == 0 => -signed(u64::from(MAX_DELAYED) * MESSAGE),
            Patience::Refuse | Patience::Delay => 0,
        };
        if left < lowest {
            let missing = until(rate, lowest.saturating_sub(left));
            let reproof = self.reprove(now);
            return Pass::TooFast {
                retry_after_ms: self.silence(now).unwrap_or_default().max(missing),
                reproof,
            };
        }
        self.credit = left;
        if left >= 0 {
            Pass::Now
        } else {
            Pass::In(until(rate, left.saturating_neg()))
        }
    }

    /// For how many milliseconds more nothing is taken, also of what was accepted and waits.
    pub fn silence(&self, now: Timestamp) -> Option<u64> {
        let left = self.silent_until.ms().saturating_sub(now.ms());
        (left > 0).then_some(left)
    }

    /// The same for what is not talking. Who goes on asking for too much is warned and kicked too.
    pub fn ask_errand(&mut self, errand: Errand, times: u64, now: Timestamp) -> Pass {
        self.forget(now);
        match self.errands.ask(errand, times, now) {
            Run::Now => Pass::Now,
            Run::In(ms) => Pass::In(ms),
            Run::TooMuch(retry_after_ms) => Pass::TooFast {
                retry_after_ms,
                reproof: self.reprove(now),
            },
        }
    }

    /// May it sign in once more? An error says in how many milliseconds.
    pub fn ask_to_come(&mut self, now: Timestamp) -> Result<(), u64> {
        match self.errands.ask(Errand::Come, 1, now) {
            Run::Now | Run::In(_) => Ok(()),
            Run::TooMuch(retry_after_ms) => Err(retry_after_ms),
        }
    }

    /// The same without doing it: nothing is counted.
    pub fn may_come(&self, now: Timestamp) -> Result<(), u64> {
        self.clone().ask_to_come(now)
    }

    /// May a page of a log be read to it? Who wants much of that waits and is not warned: one that only reads too
    /// slowly asks for nothing.
    pub fn ask_to_follow(&mut self, now: Timestamp) -> Run {
        self.errands.ask(Errand::Follow, 1, now)
    }

    /// Is it as if it had never been, so that it need not be kept?
    pub fn is_forgotten(&self, rate: Rate, now: Timestamp) -> bool {
        let mut then = self.clone();
        then.fill(rate, now);
        then.forget(now);
        let whole = then.credit >= full(rate) && then.errands.are_forgotten(now);
        whole && then.warned.is_empty() && then.kicks == 0
    }

    fn fill(&mut self, rate: Rate, now: Timestamp) {
        let elapsed = now.ms().saturating_sub(self.filled_at.ms());
        // Messages a second are thousandths of one a millisecond.
        let more = signed(elapsed.saturating_mul(u64::from(rate.per_second)));
        self.credit = self.credit.saturating_add(more).min(full(rate));
        // A clock that was set back fills nothing, and is not waited for.
        self.filled_at = now;
    }

    fn reprove(&mut self, now: Timestamp) -> Reproof {
        let lately = |at: &Timestamp| now < at.plus_ms(WARN_EVERY_MS);
        if self.warned.last().is_some_and(lately) {
            return Reproof::None;
        }
        if self.warned.len() >= MAX_WARNINGS {
            self.warned.remove(0);
        }
        self.warned.push(now);
        if self.kicks > 0 || self.warned.len() >= MAX_WARNINGS {
            let factor = 1_u64.checked_shl(self.kicks).unwrap_or(u64::MAX);
            let silence = SILENCE_MS.saturating_mul(factor).min(MAX_SILENCE_MS);
            self.kicks = self.kicks.saturating_add(1);
            self.silence_ms = silence;
            self.be_silent(now);
            Reproof::Kick(silence)
        } else {
            Reproof::Warning(self.warned.len())
        }
    }

    /// Who goes on all the same is no nearer to the end of it (ADR 12).
    fn try_in_silence(&mut self, now: Timestamp) {
        self.tries = self.tries.saturating_add(1);
        if self.tries > MAX_TRIES {
            self.be_silent(now);
        }
    }

    fn be_silent(&mut self, now: Timestamp) {
        self.tries = 0;
        self.silent_until = now.plus_ms(self.silence_ms);
        // Nothing gathers meanwhile: who waits as told sends one message, and no burst.
        (self.credit, self.filled_at) = (signed(MESSAGE), self.silent_until);
    }

    fn forget(&mut self, now: Timestamp) {
        self.warned
            .retain(|at| *at <= now && now < at.plus_ms(WARNING_LASTS_MS));
        if now >= self.silent_until.plus_ms(FORGET_KICKS_MS) {
            self.kicks = 0;
        }
        // A clock that was set back lengthens a silence for nobody.
        self.silent_until = self.silent_until.min(now.plus_ms(MAX_SILENCE_MS));
    }
}

fn full(rate: Rate) -> i64 {
    signed(u64::from(rate.burst()) * MESSAGE)
}

/// Milliseconds until so much more is in the bucket, rounded up.
fn until(rate: Rate, missing: i64) -> u64 {
    u64::try_from(missing)
        .unwrap_or(0)
        .div_ceil(u64::from(rate.per_second))
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn four() -> Rate {
        Rate::per_second(4).unwrap()
    }

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn who_asks_whether_they_may_come_is_told_as_if_they_came_and_nothing_is_counted() {
        let mut pace = Pace::new(four(), at(0));
        for _ in 0..Errand::Come.allowance().burst {
            assert_eq!(pace.may_come(at(0)), Ok(()));
            assert_eq!(pace.may_come(at(0)), Ok(()));
            assert_eq!(pace.ask_to_come(at(0)), Ok(()));
        }
        let refused = pace.may_come(at(0));
        assert!(refused.is_err());
        assert_eq!(refused, pace.ask_to_come(at(0)));
    }

    proptest! {
        /// In no stretch of time is more begun than the burst and what the time brings.
        #[test]
        fn never_more_than_the_burst_and_rate_times_time(
            per_second in 1_u32..30,
            asked in prop::collection::vec((0_u64..3_000, any::<bool>(), any::<bool>()), 1..200),
        ) {
            let rate = Rate::per_second(per_second).unwrap();
            let mut now = 1_000_000;
            let mut pace = Pace::new(rate, at(now));
            let mut begun: Vec<(u64, u64)> = Vec::new();
            for (pause, quarter, patient) in asked {
                now += pause.saturating_sub(1_500);
                let cost = if quarter { Cost::QUARTER } else { Cost::MESSAGE };
                let patience = if patient { Patience::Delay } else { Patience::Refuse };
                match pace.ask(rate, cost, patience, at(now)) {
                    Pass::Now => begun.push((now, cost.0)),
                    Pass::In(wait) => {
                        prop_assert!(patient && wait > 0);
                        prop_assert!(wait <= u64::from(MAX_DELAYED) * 1_000 / u64::from(per_second) + 1);
                        begun.push((now + wait, cost.0));
                    }
                    Pass::TooFast { retry_after_ms, .. } => {
                        prop_assert!(retry_after_ms > 0);
                        // Who waits as long as told is let through.
                        let again = pace.clone().ask(rate, cost, patience, at(now + retry_after_ms));
                        let through = !matches!(again, Pass::TooFast { .. });
                        prop_assert!(through, "{:?}", again);
                    }
                }
            }
            begun.sort_unstable();
            for (from, (began, _)) in begun.iter().enumerate() {
                let mut spent = 0;
                for (then, cost) in &begun[from..] {
                    spent += cost;
                    let brought = (then - began) * u64::from(per_second);
                    prop_assert!(spent <= u64::from(rate.burst()) * 1_000 + brought);
                }
            }
        }

        /// However it is asked, a warning comes at most every five seconds, and a third within a minute
        /// is a kick.
        #[test]
        fn warnings_are_spaced_and_the_third_is_a_kick(pauses in prop::collection::vec(0_u64..40_000, 1..60)) {
            let mut pace = Pace::new(four(), at(0));
            let mut now = 0;
            let mut warned: Vec<u64> = Vec::new();
            let mut kicks = 0;
            let mut silent_until = 0;
            for pause in pauses {
                now += pause;
                if now < silent_until {
                    let silent = Pass::TooFast {
                        retry_after_ms: silent_until - now,
                        reproof: Reproof::None,
                    };
                    prop_assert_eq!(pace.ask(four(), Cost::QUARTER, Patience::Delay, at(now)), silent);
                    continue;
                }
                while let Pass::Now = pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now)) {}
                // The one above is judged already: this one is too soon after it.
                let second = pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now));
                let quiet = matches!(second, Pass::TooFast { reproof: Reproof::None, .. });
                prop_assert!(quiet, "{:?}", second);
                if warned.last().is_none_or(|last| now - last >= WARN_EVERY_MS) {
                    warned.push(now);
                }
                prop_assert_eq!(pace.warned.last().map(|at| at.ms()), warned.last().copied());
                let kept = warned.iter().filter(|then| now - **then < WARNING_LASTS_MS).count();
                prop_assert_eq!(pace.warned.len(), kept.min(MAX_WARNINGS));
                if now >= silent_until + FORGET_KICKS_MS {
                    kicks = 0;
                }
                if (kicks > 0 || kept >= MAX_WARNINGS) && warned.last() == Some(&now) {
                    silent_until = now + (SILENCE_MS << kicks).min(MAX_SILENCE_MS);
                    kicks += 1;
                }
            }
        }
    }

    #[test]
    fn ten_at_once_then_one_every_quarter_of_a_second() {
        let mut pace = Pace::new(four(), at(0));
        let mut ask = |now| pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now));
        for _ in 0..10 {
            assert_eq!(ask(0), Pass::Now);
        }
        let refused = |reproof| Pass::TooFast {
            retry_after_ms: 250,
            reproof,
        };
        assert_eq!(ask(0), refused(Reproof::Warning(1)));
        assert_eq!(ask(0), refused(Reproof::None));
        assert_eq!(ask(250), Pass::Now);
        assert_eq!(ask(250), refused(Reproof::None));
    }

    #[test]
    fn the_third_warning_is_a_kick_and_a_silence_that_doubles_until_it_is_forgotten() {
        let mut pace = Pace::new(four(), at(0));
        let mut flood = |now| loop {
            match pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now)) {
                Pass::TooFast { reproof, .. } => return reproof,
                Pass::Now | Pass::In(_) => {}
            }
        };
        assert_eq!(flood(0), Reproof::Warning(1));
        assert_eq!(flood(4_999), Reproof::None);
        assert_eq!(flood(5_000), Reproof::Warning(2));
        assert_eq!(flood(10_000), Reproof::Kick(30_000));
        // It outlives the sessions: nothing is taken until it is over, and nothing is said to it.
        assert_eq!(flood(39_999), Reproof::None);
        // The next excess is a kick again, and a longer silence.
        assert_eq!(flood(40_000), Reproof::Kick(60_000));
        assert_eq!(flood(99_999), Reproof::None);
        assert_eq!(flood(600_000), Reproof::Kick(120_000));
        // After peace for a while it begins anew.
        let later = 720_000 + FORGET_KICKS_MS;
        assert_eq!(flood(later), Reproof::Warning(1));
        assert_eq!(flood(later + 5_000), Reproof::Warning(2));
        assert_eq!(flood(later + 10_000), Reproof::Kick(30_000));
    }

    #[test]
    fn who_comes_back_from_a_silence_has_no_burst_and_is_not_waited_for() {
        let mut pace = Pace::new(four(), at(0));
        let mut heard = 0;
        // A hundred messages a second for two minutes, by a client that cannot be told to wait.
        for now in (0..120_000).step_by(10) {
            let pass = pace.ask(four(), Cost::MESSAGE, Patience::Delay, at(now));
            heard += u32::from(!matches!(pass, Pass::TooFast { .. }));
        }
        // The burst, what was waited for, and four a second until the third warning: it never stops.
        assert!((71..=74).contains(&heard), "{heard}");
        // Slowly, it is heard again.
        let quiet = at(3_000_000);
        let again = pace.ask(four(), Cost::MESSAGE, Patience::Refuse, quiet);
        assert_eq!(again, Pass::Now);
    }

    #[test]
    fn who_goes_on_during_a_silence_is_no_nearer_to_its_end_and_who_waits_is_let_through() {
        let mut pace = Pace::new(four(), at(0));
        for now in [0, 5_000, 10_000] {
            while pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now)) == Pass::Now {}
        }
        let mut silence = |now| {
            let pass = pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now));
            matches!(pass, Pass::TooFast { .. }).then(|| pace.silence(at(now)).unwrap())
        };
        for _ in 0..MAX_TRIES {
            assert_eq!(silence(20_000), Some(20_000), "a few tries cost nothing");
        }
        assert_eq!(silence(20_000), Some(SILENCE_MS), "it begins anew");
        assert_eq!(silence(49_999), Some(1));
        assert_eq!(silence(50_000), None);
    }

    #[test]
    fn a_pasted_block_waits_where_it_cannot_be_told_to() {
        let mut pace = Pace::new(four(), at(0));
        let mut ask = || pace.ask(four(), Cost::MESSAGE, Patience::Delay, at(0));
        let passes: Vec<_> = (0..31).map(|_| ask()).collect();
        assert!(passes[..10].iter().all(|pass| *pass == Pass::Now));
        assert_eq!((passes[10], passes[29]), (Pass::In(250), Pass::In(5_000)));
        assert_eq!(
            passes[30],
            Pass::TooFast {
                retry_after_ms: 250,
                reproof: Reproof::Warning(1)
            }
        );
    }

    #[test]
    fn one_who_was_silent_long_enough_is_forgotten() {
        let mut pace = Pace::new(four(), at(0));
        for _ in 0..11 {
            pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(0));
        }
        assert!(!pace.is_forgotten(four(), at(59_999)));
        assert!(pace.is_forgotten(four(), at(60_000)));
    }

    #[test]
    fn a_clock_that_is_set_back_neither_fills_nor_stops_the_bucket() {
        let mut pace = Pace::new(four(), at(1_000_000));
        for _ in 0..10 {
            pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(1_000_000));
        }
        let mut ask = |now| pace.ask(four(), Cost::MESSAGE, Patience::Refuse, at(now));
        assert_ne!(ask(500_000), Pass::Now);
        assert_eq!(ask(500_250), Pass::Now);
    }
}
