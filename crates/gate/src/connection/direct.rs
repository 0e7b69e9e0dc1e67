//! A connection between its task and those who have something for it. Its task drives it: reading,
//! deadlines, the end. Whoever has put something where its front will find it may write that at once,
//! on its own thread, instead of waking the task: to wake and schedule a task for each reader of a
//! message costs half as much again as the write itself.
//!
//! Both ways are the same step on the same state, so the order of bytes and their bounds are the same.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, TryLockError, Weak},
    task::{Context, Poll, ready},
};

use snug_proto::Direct;

use super::{Connection, Entry, Moved, ROUNDS, Stage};
use crate::scratch::{self, Scratch};

/// A connection as its task drives it, until it has ended.
pub(crate) struct Driven(Arc<Reached>);

/// A connection as others reach it. The lock guards the whole connection. Its task waits for it (a
/// write takes microseconds); a direct writer never does. It comes before every lock that a front takes.
pub(crate) struct Reached(Mutex<Connection>);

impl Driven {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new_cyclic(|own: &Weak<Reached>| {
            let own = Weak::clone(own);
            Reached(Mutex::new(connection.reached_by(own)))
        }))
    }
}

impl Future for Driven {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Ok(mut connection) = self.0.0.lock() else {
            // A direct write of it panicked: what it has said is not to be trusted.
            return Poll::Ready(());
        };
        ready!(scratch::with(|scratch| connection.drive(context, scratch)));
        Poll::Ready(())
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        // Its session ends now, also if somebody is about to write to it.
        let connection = self.0.0.lock();
        connection.unwrap_or_else(PoisonError::into_inner).let_go();
    }
}

impl Direct for Reached {
    fn write_now(&self) -> bool {
        match self.0.try_lock() {
            Ok(mut connection) => scratch::with(|scratch| connection.write_now(scratch)),
            Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => false,
        }
    }
}

impl Connection {
    /// What its front is told to write to it through.
    fn reached_by(mut self, direct: Weak<Reached>) -> Self {
        self.direct = direct;
        self
    }

    /// Ends its session. Nobody drives it any more.
    fn let_go(&mut self) {
        self.front = None;
    }

    /// Does what can be done until its task is woken again. Ready once it has ended.
    fn drive(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> Poll<()> {
        self.ending = ready!(self.advance(context, scratch));
        Poll::Ready(())
    }

    /// Writes what its front has to say. False if there is something left to do, for its task.
    fn write_now(&mut self, scratch: &mut Scratch) -> bool {
        // Only of one that waits for its peer to speak: otherwise output may be what its task waits for
        // in order to read on, or to end.
        let waits = self.stage == Stage::Open
            && matches!(self.entry, Entry::Done)
            && self.unsent.is_empty()
            && !self.input_ended
            && !self.lines.has_line()
            && self.front.as_ref().is_some_and(|front| front.wants_input());
        let Some(waker) = waits.then(|| self.waker.take()).flatten() else {
            return false;
        };
        // What the front and the socket wait for wakes the task.
        let all = self.write_all_now(&mut Context::from_waker(&waker), scratch);
        self.waker = Some(waker);
        all
    }

    fn write_all_now(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> bool {
        for _ in 0..ROUNDS {
            match self.write_output(context, scratch) {
                Ok(Moved::Waits | Moved::Last) => return true,
                Ok(_) if self.stage == Stage::Open && self.unsent.is_empty() => {}
                Ok(_) => return false,
                Err(ending) => {
                    self.ending = ending;
                    self.stage = Stage::Failed;
                    return false;
                }
            }
        }
        false
    }
}
