//! The shield (P3): when it goes up by itself, when it comes down, and who hears of it. A surge of
//! newcomers warns the owner; if nobody answers within half a minute and it goes on, the shield goes up;
//! when it has been quiet for a while, it comes down.

use snug_proto::Timestamp;

/// What is counted over, in seconds.
const WINDOW: usize = 10;

/// The options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurgeLimits {
    /// So many newcomers within ten seconds, who have not signed in, are a surge; 0 for never.
    pub newcomers: u32,
    /// The owner has so long to answer, in milliseconds.
    pub patience_ms: u64,
    /// The shield comes down after so long with less than half of that, in milliseconds.
    pub calm_ms: u64,
    /// The worst offenders are shut out for so long when it goes up, in milliseconds.
    pub ban_ms: u64,
}

impl Default for SurgeLimits {
    fn default() -> Self {
        Self {
            newcomers: 300,
            patience_ms: 30_000,
            calm_ms: 60_000,
            ban_ms: 600_000,
        }
    }
}

/// What its owner wants of the shield.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShieldWish {
    /// It goes up and comes down by itself.
    #[default]
    Auto,
    /// It is up until they say otherwise.
    Up,
    /// It stays down until they say otherwise.
    Down,
}

/// Something for the owner to hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// So many newcomers within ten seconds.
    Surge(u64),
    /// The shield is up now.
    Raised,
    /// It is down again, after so long, in milliseconds; so many connections were refused meanwhile.
    Lowered {
        /// How long it was up, in milliseconds.
        lasted_ms: u64,
        /// Connections refused meanwhile.
        refused: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Down,
    /// The owner was warned then.
    Warned(Timestamp),
    Up {
        since: Timestamp,
        refused_before: u64,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Shield {
    limits: SurgeLimits,
    wish: ShieldWish,
    state: State,
    /// Newcomers in each of the last seconds.
    seconds: [u64; WINDOW],
    at: usize,
    newcomers_before: Option<u64>,
    /// Since when it has been quiet.
    quiet_since: Option<Timestamp>,
}

impl Shield {
    /// It is down.
    pub const fn new(limits: SurgeLimits) -> Self {
        Self {
            limits,
            wish: ShieldWish::Auto,
            state: State::Down,
            seconds: [0; WINDOW],
            at: 0,
            newcomers_before: None,
            quiet_since: None,
        }
    }

    /// The options.
    pub const fn limits(&self) -> &SurgeLimits {
        &self.limits
    }

    /// Is it up?
    pub const fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }

    /// What is wanted of it.
    pub const fn wish(&self) -> ShieldWish {
        self.wish
    }

    /// Newcomers within the last ten seconds.
    pub fn newcomers(&self) -> u64 {
        self.seconds.iter().sum()
    }

    /// The owner says what they want of it. That answers a warning, too.
    pub fn want(&mut self, wish: ShieldWish, refused: u64, now: Timestamp) -> Option<Alarm> {
        self.wish = wish;
        match (wish, self.state) {
            (ShieldWish::Up, State::Down | State::Warned(_)) => Some(self.raise(refused, now)),
            (ShieldWish::Down | ShieldWish::Auto, State::Up { .. }) => self.lower(refused, now),
            (ShieldWish::Down | ShieldWish::Auto, _) => {
                self.state = State::Down;
                None
            }
            (ShieldWish::Up, State::Up { .. }) => None,
        }
    }

    /// A second has passed: how many newcomers there were in all, and how many were refused.
    pub fn tick(&mut self, newcomers: u64, refused: u64, now: Timestamp) -> Option<Alarm> {
        let before = self.newcomers_before.replace(newcomers);
        self.at = (self.at + 1) % WINDOW;
        if let Some(second) = self.seconds.get_mut(self.at) {
            *second = newcomers.saturating_sub(before.unwrap_or(newcomers));
        }
        let within = self.newcomers();
        let most = u64::from(self.limits.newcomers);
        let surges = most > 0 && within >= most;
        if most == 0 || within < most / 2 {
            self.quiet_since.get_or_insert(now);
        } else {
            self.quiet_since = None;
        }
        let quiet_ms = self.quiet_since.map_or(0, |since| since_ms(since, now));
        match self.state {
            State::Down if surges && self.wish == ShieldWish::Auto => {
                self.state = State::Warned(now);
                Some(Alarm::Surge(within))
            }
            State::Warned(at) if since_ms(at, now) >= self.limits.patience_ms => {
                if surges {
                    return Some(self.raise(refused, now));
                }
                // It was over before the shield was needed.
                if quiet_ms >= self.limits.calm_ms {
                    self.state = State::Down;
                }
                None
            }
            State::Up { .. }
                if self.wish == ShieldWish::Auto && quiet_ms >= self.limits.calm_ms =>
            {
                self.lower(refused, now)
            }
            _ => None,
        }
    }

    fn raise(&mut self, refused: u64, now: Timestamp) -> Alarm {
        self.state = State::Up {
            since: now,
            refused_before: refused,
        };
        self.quiet_since = None;
        Alarm::Raised
    }

    fn lower(&mut self, refused: u64, now: Timestamp) -> Option<Alarm> {
        let State::Up {
            since,
            refused_before,
        } = self.state
        else {
            return None;
        };
        self.state = State::Down;
        Some(Alarm::Lowered {
            lasted_ms: since_ms(since, now),
            refused: refused.saturating_sub(refused_before),
        })
    }
}

const fn since_ms(before: Timestamp, now: Timestamp) -> u64 {
    now.ms().saturating_sub(before.ms())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn at(second: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + second * 1000)
    }

    /// What was said, and when, if so many come in each second.
    fn told(shield: &mut Shield, come: impl Fn(u64) -> u64, seconds: u64) -> Vec<(u64, Alarm)> {
        let mut total = 0;
        let mut told = Vec::new();
        for second in 0..seconds {
            total += come(second);
            let alarm = shield.tick(total, total, at(second));
            told.extend(alarm.map(|alarm| (second, alarm)));
        }
        told
    }

    #[test]
    fn p3_a_surge_warns_and_after_half_a_minute_without_an_answer_the_shield_goes_up_and_down() {
        let mut shield = Shield::new(SurgeLimits::default());
        let come = |second| if (10..100).contains(&second) { 100 } else { 1 };
        let told = told(&mut shield, come, 300);
        let seconds: Vec<u64> = told.iter().map(|(second, _)| *second).collect();
        assert!(matches!(told[0].1, Alarm::Surge(300..)), "{told:?}");
        assert_eq!(told[1].1, Alarm::Raised);
        assert_eq!(seconds[1] - seconds[0], 30);
        assert!(matches!(told[2].1, Alarm::Lowered { refused: 1.., .. }));
        assert!((160..180).contains(&seconds[2]), "{seconds:?}");
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn p3_a_storm_of_friends_who_come_back_raises_nothing() {
        let mut shield = Shield::new(SurgeLimits::default());
        let come = |second| if second == 20 { 5_000 } else { 0 };
        let told = told(&mut shield, come, 300);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(!shield.is_up());
    }

    #[test]
    fn p3_an_owner_who_says_down_is_heard() {
        let mut shield = Shield::new(SurgeLimits::default());
        assert_eq!(shield.want(ShieldWish::Down, 0, at(0)), None);
        assert!(told(&mut shield, |_| 1_000, 100).is_empty());
        assert_eq!(shield.want(ShieldWish::Up, 0, at(100)), Some(Alarm::Raised));
        assert!(told(&mut shield, |_| 0, 500).is_empty(), "up by hand stays");
        let down = shield.want(ShieldWish::Auto, 7, at(160));
        assert_eq!(
            down,
            Some(Alarm::Lowered {
                lasted_ms: 60_000,
                refused: 7
            })
        );
    }

    proptest! {
        #[test]
        fn p3_whatever_comes_it_is_down_again_when_all_is_quiet(
            come in prop::collection::vec(0_u64..2_000, 0..200),
        ) {
            let mut shield = Shield::new(SurgeLimits::default());
            let length = come.len() as u64;
            let at = |second| usize::try_from(second).unwrap();
            let told = told(&mut shield, |second| come.get(at(second)).copied().unwrap_or(0), length + 200);
            prop_assert!(!shield.is_up());
            let raised = told.iter().filter(|(_, alarm)| *alarm == Alarm::Raised).count();
            let lowered = told.iter().filter(|(_, alarm)| matches!(alarm, Alarm::Lowered { .. }));
            prop_assert_eq!(raised, lowered.count());
        }
    }
}
