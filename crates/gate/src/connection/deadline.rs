//! What a connection waits for, and for how long: a newcomer's sign-in, a peer that does not read, the end.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::Sleep;

use super::{Connection, Ending, Stage};
use crate::{Arrival, registry::Phase};

/// How long a peer has to close after us when the server stops: it is not worth waiting for.
const STOPPING_LINGER: Duration = Duration::from_millis(100);

/// What a deadline is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    FirstBytes,
    Write,
    Linger,
    /// Anything from a peer whose front asks after it.
    Life,
}

/// Has somebody signed in?
pub(super) enum Entry {
    /// Not yet: the time left for it, and whether that is the second time, which a sign-in that is under
    /// way gets.
    Awaited(Pin<Box<Sleep>>, bool),
    /// Yes, or there is no need to any more.
    Done,
    /// The time is over, and the front was told.
    Missed,
}

impl Connection {
    /// Looks at a newcomer's time. A front whose newcomer is late is told; `true` if there is none to tell.
    pub(super) fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let arrival = self.arrival();
        let Entry::Awaited(sleep, prolonged) = &mut self.entry else {
            return false;
        };
        if arrival == Arrival::In {
            self.entry = Entry::Done;
            return false;
        }
        while sleep.as_mut().poll(context).is_ready() {
            if arrival == Arrival::Outside || *prolonged {
                self.entry = Entry::Missed;
                let front = self.front.as_mut();
                return front.map(|front| front.too_late()).is_none();
            }
            *prolonged = true;
            let again = tokio::time::Instant::now() + self.shared.times.sign_in;
            sleep.as_mut().reset(again);
        }
        false
    }

    /// The server stops: what is left of a lingering connection's time is cut short.
    pub(super) fn linger_no_longer(&mut self) {
        if let Some((Waiting::Linger, sleep)) = &mut self.deadline {
            let soon = tokio::time::Instant::now() + STOPPING_LINGER;
            if sleep.deadline() > soon {
                sleep.as_mut().reset(soon);
            }
        }
    }

    /// Sets the deadline of what is waited for, if it has one, and looks at it.
    pub(super) fn wait(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        if matches!(self.entry, Entry::Awaited(..)) && self.arrival() == Arrival::In {
            // One that is idle from here on has no timer.
            self.entry = Entry::Done;
        }
        let times = &self.shared.times;
        let (waiting, after): (Waiting, Duration) = if self.sent < self.unsent.len() {
            (Waiting::Write, times.write)
        } else {
            match self.stage {
                Stage::Sniffing => (Waiting::FirstBytes, times.first_bytes),
                Stage::Flushing | Stage::Lingering | Stage::Failed => {
                    let linger = match self.shared.registry.phase() {
                        Phase::Running => times.linger,
                        Phase::Stopping | Phase::Dropping => times.linger.min(STOPPING_LINGER),
                    };
                    (Waiting::Linger, linger)
                }
                Stage::Open => {
                    let front = self.front.as_ref();
                    let Some(patience) = front.and_then(|front| front.patience()) else {
                        // An idle connection has no timer.
                        self.deadline = None;
                        return Poll::Pending;
                    };
                    (Waiting::Life, patience)
                }
            }
        };
        if !matches!(&self.deadline, Some((set_for, _)) if *set_for == waiting) {
            self.deadline = Some((waiting, Box::pin(tokio::time::sleep(after))));
        }
        let Some((_, sleep)) = &mut self.deadline else {
            return Poll::Pending;
        };
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(match waiting {
            Waiting::FirstBytes => Ending::Silent,
            Waiting::Write => Ending::NotReading,
            Waiting::Linger => self.ending.clone(),
            Waiting::Life => {
                self.deadline = None;
                let heard = std::mem::take(&mut self.heard);
                if let Some(front) = self.front.as_mut().filter(|_| !heard) {
                    front.silent();
                }
                // What the front says to it is written, and the next deadline set.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }
}
