//! How much an account may ask for beside talking: reading, searching, coming and going, making rooms. Each
//! kind of errand has an allowance that fills with time, over all sessions and fronts of the account, so that
//! no flood of one kind takes the server from others. A little too much waits; more is refused, and told when
//! to try again. Exact integers.

use snug_proto::{RequestKind, Timestamp};

/// What is asked for, by what it costs the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Signing in, by whatever proof: counted once the proof is good.
    Come,
    /// Up to a hundred events of a room's log; a longer page is as many errands.
    Read,
    /// A search through the logs.
    Search,
    /// Going into a room.
    Cross,
    /// Making a room.
    Found,
    /// Making something that is handed on: an invite, a token, a code, a report.
    Hand,
    /// Saying how far one has read: written, and seen by nobody else.
    Note,
    /// Blocking somebody, or no longer.
    Block,
    /// Being read to from a log after a `follow`, or after having read too slowly: a page of it.
    Follow,
    /// Anything else.
    Look,
}

/// How much of one kind: so many at once, and one more each so many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// At once, by one who asked for none lately.
    pub burst: u64,
    /// Then one in so many milliseconds.
    pub every_ms: u64,
    /// One that is too early waits for so long at most; past it, it is refused.
    pub waits_ms: u64,
}

/// Lines of one IRC client after its sign-in. What asks something of a session is counted besides; but much is
/// answered beside it, at length, and would else be answered as fast as it is asked.
pub const LINES: Allowance = Allowance {
    burst: 500,
    every_ms: 20,
    waits_ms: 1_000,
};

impl Allowance {
    /// Takes so many out of it, or says when they would be taken. It is whole again at `whole_at`, in milliseconds.
    pub fn ask(&self, whole_at: &mut u64, times: u64, now: Timestamp) -> Run {
        let at_once = self.burst.saturating_sub(1).saturating_mul(self.every_ms);
        // After a clock that was set back nobody waits longer than for all that can be owed.
        let costs = times.saturating_mul(self.every_ms);
        let most = at_once + costs + self.waits_ms;
        let owed = whole_at.saturating_sub(now.ms()).min(most);
        let wait = owed.saturating_sub(at_once);
        if wait > self.waits_ms {
            return Run::TooMuch(wait - self.waits_ms);
        }
        *whole_at = now.ms().saturating_add(owed).saturating_add(costs);
        if wait == 0 { Run::Now } else { Run::In(wait) }
    }
}

impl Errand {
    /// All of them, in the order in which [`Errands`] keeps them.
    pub const ALL: [Self; 10] = [
        Self::Come,
        Self::Read,
        Self::Search,
        Self::Cross,
        Self::Found,
        Self::Hand,
        Self::Note,
        Self::Block,
        Self::Follow,
        Self::Look,
    ];

    /// What errand a request is; `None` for what is talking ([`crate::Cost`]), costs next to nothing, or is
    /// counted before a sign-in (P2). What a `follow` has the server read is counted page by page, as it is read.
    pub const fn of(request: RequestKind) -> Option<Self> {
        use RequestKind as K;
        if crate::Cost::of(request).is_some() {
            return None;
        }
        Some(match request {
            K::Ping | K::Quit | K::ProveWork | K::Follow => return None,
            K::Read => Self::Read,
            K::Search => Self::Search,
            K::Join => Self::Cross,
            K::CreateRoom => Self::Found,
            // What is reported is kept with its words, and who decides it is told.
            K::Invite | K::NewToken | K::DeviceCode | K::ResetCode | K::AddAccount | K::Report => {
                Self::Hand
            }
            K::Mark | K::ReadUntil => Self::Note,
            K::Block | K::Unblock => Self::Block,
            _ => Self::Look,
        })
    }

    /// How much of it an account may ask for.
    pub const fn allowance(self) -> Allowance {
        let (burst, every_ms, waits_ms) = match self {
            Self::Come => (100, 1_000, 0),
            // Who reads one page after the other, of whatever length, is slowed, and not refused.
            Self::Read => (100, 50, 250),
            Self::Search => (10, 1_000, 0),
            // A client that goes into all its rooms at once waits.
            Self::Cross => (60, 1_000, 3_000),
            Self::Found => (10, 15_000, 0),
            Self::Hand => (20, 2_000, 0),
            // Clients mark every message that they show, one after the other: they wait long before they are
            // refused.
            Self::Note => (300, 20, 5_000),
            Self::Block => (50, 500, 0),
            // Who comes back to hundreds of busy rooms is read to at once; who has it read again and again waits.
            Self::Follow => (2_000, 20, 1_000),
            Self::Look => (200, 20, 1_000),
        };
        Allowance {
            burst,
            every_ms,
            waits_ms,
        }
    }
}

/// What becomes of an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It is done.
    Now,
    /// It is done in so many milliseconds.
    In(u64),
    /// It is refused; it would be taken in so many milliseconds.
    TooMuch(u64),
}

/// What is remembered of an account's errands: for each kind, when its allowance is whole again.
#[derive(Debug, Clone, Default)]
pub struct Errands {
    whole_at: [u64; Errand::ALL.len()],
}

impl Errands {
    /// Takes so many of an errand out of its allowance, or says when they would be taken.
    pub fn ask(&mut self, errand: Errand, times: u64, now: Timestamp) -> Run {
        let Some(whole_at) = self.whole_at.get_mut(errand as usize) else {
            return Run::Now;
        };
        errand.allowance().ask(whole_at, times, now)
    }

    /// Is it as if nothing had ever been asked for?
    pub fn are_forgotten(&self, now: Timestamp) -> bool {
        self.whole_at.iter().all(|whole_at| *whole_at <= now.ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A reader is read no more than a thousand events, a hundred at a time.
    const PAGES_OF_A_ROOM: u64 = snug_proto::limits::MAX_CATCH_UP_EVENTS / 100;

    const fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn every_request_is_either_talking_or_an_errand_or_next_to_nothing() {
        for (index, errand) in Errand::ALL.into_iter().enumerate() {
            assert_eq!(errand as usize, index);
        }
        let free = RequestKind::ALL
            .iter()
            .filter(|kind| Errand::of(**kind).is_none() && crate::Cost::of(**kind).is_none());
        let free: Vec<_> = free.map(|kind| kind.wire()).collect();
        assert_eq!(free.len(), 4, "{free:?}");
    }

    #[test]
    fn what_is_kept_for_others_to_decide_is_counted_like_what_is_handed_on() {
        for kind in [RequestKind::Report, RequestKind::Invite] {
            assert_eq!(Errand::of(kind), Some(Errand::Hand));
        }
    }

    #[test]
    fn sixty_joins_at_once_a_few_that_wait_and_then_a_refusal() {
        let mut errands = Errands::default();
        let mut ask = |now| errands.ask(Errand::Cross, 1, at(now));
        for _ in 0..60 {
            assert_eq!(ask(50_000), Run::Now);
        }
        for wait in [1_000, 2_000, 3_000] {
            assert_eq!(ask(50_000), Run::In(wait));
        }
        assert_eq!(ask(50_000), Run::TooMuch(1_000));
        assert_eq!(ask(51_000), Run::In(3_000));
    }

    #[test]
    fn who_reads_one_page_after_the_other_is_never_refused() {
        let mut errands = Errands::default();
        let mut now = 1_000;
        for _ in 0..1_000 {
            match errands.ask(Errand::Read, 5, at(now)) {
                Run::Now => {}
                Run::In(wait) => now += wait,
                Run::TooMuch(_) => panic!("refused at {now}"),
            }
        }
        assert_eq!(now, 1_000 + 50 + 979 * 250);
    }

    #[test]
    fn who_marks_every_message_of_a_busy_room_waits_and_is_not_refused() {
        let mut errands = Errands::default();
        let mut now = 1_000;
        for _ in 0..5_000 {
            now += 10;
            match errands.ask(Errand::of(RequestKind::Mark).unwrap(), 1, at(now)) {
                Run::Now => {}
                Run::In(wait) => now += wait,
                Run::TooMuch(_) => panic!("refused at {now}"),
            }
        }
    }

    #[test]
    fn who_comes_back_to_two_hundred_busy_rooms_waits_for_none_of_them() {
        let mut errands = Errands::default();
        let pages = PAGES_OF_A_ROOM * 200;
        for _ in 0..pages {
            assert_eq!(errands.ask(Errand::Follow, 1, at(1_000)), Run::Now);
        }
        assert_ne!(errands.ask(Errand::Follow, 1, at(1_000)), Run::Now);
    }

    #[test]
    fn one_kind_takes_nothing_from_another_and_time_forgets() {
        let mut errands = Errands::default();
        while errands.ask(Errand::Found, 1, at(1_000)) == Run::Now {}
        assert_eq!(errands.ask(Errand::Cross, 1, at(1_000)), Run::Now);
        assert!(!errands.are_forgotten(at(150_000)));
        assert!(errands.are_forgotten(at(151_000)));
    }

    #[test]
    fn a_clock_set_back_holds_nobody_for_longer_than_its_allowance_takes() {
        let mut errands = Errands::default();
        assert_eq!(errands.ask(Errand::Found, 1, at(1 << 40)), Run::Now);
        let Run::TooMuch(wait) = errands.ask(Errand::Found, 1, at(1_000)) else {
            panic!("taken");
        };
        assert!(wait <= 15_000, "{wait}");
    }

    proptest! {
        /// In no stretch of time is more begun than the burst and what the time brings; who waits as long as
        /// told is let through.
        #[test]
        fn never_more_than_the_burst_and_what_time_brings(
            pauses in prop::collection::vec(0_u64..400, 1..300),
        ) {
            let (errand, mut now) = (Errand::Cross, 1_000_000);
            let mut errands = Errands::default();
            let mut begun = Vec::new();
            for pause in pauses {
                now += pause;
                match errands.ask(errand, 1, at(now)) {
                    Run::Now => begun.push(now),
                    Run::In(wait) => begun.push(now + wait),
                    Run::TooMuch(wait) => {
                        let again = errands.clone().ask(errand, 1, at(now + wait));
                        prop_assert!(!matches!(again, Run::TooMuch(_)));
                    }
                }
            }
            let Allowance { burst, every_ms, .. } = errand.allowance();
            for (from, began) in begun.iter().enumerate() {
                for (more, then) in begun[from..].iter().enumerate() {
                    prop_assert!((more as u64 + 1) <= burst + (then - began) / every_ms);
                }
            }
        }
    }
}
