//! What is under way on this node that others will hear of, so that a PING over IRC is answered when it is
//! with those who hear it: whoever asks on one connection finds what was asked on another one before.
//!
//! Two counters take turns. What begins counts on the one whose turn it is; a PING passes the turn on and
//! waits until the other one is back at nought. Nothing waits on the way in, and a PING waits for no longer
//! than [`LONGEST`]: it is a courtesy to clients and test programs, and no promise.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use snug_proto::RequestKind;
use snug_rules::Cost;
use tokio::sync::Notify;

/// What came on other connections a moment before is taken up within this.
const MOMENT: Duration = Duration::from_millis(1);
/// A PING waits no longer for what others asked.
const LONGEST: Duration = Duration::from_millis(100);

/// What is under way of all sessions.
#[derive(Default)]
pub(crate) struct UnderWay {
    /// Whose turn it is: the last bit of it.
    turn: AtomicUsize,
    counts: [AtomicUsize; 2],
    settled: Notify,
}

/// Counts one thing that is under way.
pub(crate) struct Begun {
    of: Arc<UnderWay>,
    turn: usize,
}

impl UnderWay {
    /// Something begins that others will hear of.
    pub(crate) fn begin(self: &Arc<Self>) -> Begun {
        let turn = self.turn.load(Ordering::Acquire);
        self.count(turn).fetch_add(1, Ordering::AcqRel);
        let of = Arc::clone(self);
        Begun { of, turn }
    }

    /// The same, if others hear of such a request.
    pub(crate) fn begin_if_heard(self: &Arc<Self>, kind: RequestKind) -> Option<Begun> {
        let heard = Cost::of(kind).is_some()
            || matches!(
                kind,
                RequestKind::Join
                    | RequestKind::CreateRoom
                    | RequestKind::RenameAccount
                    | RequestKind::Delete
                    | RequestKind::Quit
                    | RequestKind::ReadUntil
            );
        heard.then(|| self.begin())
    }

    /// Waits until all is done that is under way now, for a while.
    pub(crate) async fn settled(&self) {
        let all = async {
            // What lies in the sockets already is read first.
            tokio::time::sleep(MOMENT).await;
            // What is left of the turn before first, then what has begun in this one.
            for _ in 0..2 {
                let before = self.turn.fetch_add(1, Ordering::AcqRel);
                loop {
                    let settled = self.settled.notified();
                    if self.count(before).load(Ordering::Acquire) == 0 {
                        break;
                    }
                    settled.await;
                }
            }
        };
        let _late = tokio::time::timeout(LONGEST, all).await;
    }

    fn count(&self, turn: usize) -> &AtomicUsize {
        let [even, odd] = &self.counts;
        if turn.is_multiple_of(2) { even } else { odd }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.of.count(self.turn).fetch_sub(1, Ordering::AcqRel) == 1 {
            self.of.settled.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_is_under_way_goes_on_when_it_has_ended() {
        let under_way = Arc::new(UnderWay::default());
        let (begun, since) = (under_way.begin(), Instant::now());
        let of = Arc::clone(&under_way);
        let waiting = tokio::spawn(async move { of.settled().await });
        tokio::time::sleep(MOMENT * 4).await;
        assert!(!waiting.is_finished());
        drop(begun);
        waiting.await.unwrap();
        assert!(since.elapsed() < LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever() {
        let under_way = Arc::new(UnderWay::default());
        let _begun = under_way.begin();
        let began = Instant::now();
        under_way.settled().await;
        assert!(began.elapsed() >= LONGEST);
    }
}
