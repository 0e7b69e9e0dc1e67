//! A connection between its task and those who have something for it. Its task drives it: reading,
//! deadlines, the end. Whoever has put something where its front will find it may write that at once,
//! on its own thread, instead of waking the task: to wake and schedule a task for each reader of a
//! message costs half as much again as the write itself.
//!
//! Both ways are the same step on the same state, so the order of bytes and their bounds are the same.

use std::{
    any::Any,
    hint::black_box,
    os::fd::AsRawFd,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use snug_proto::Direct;

use super::{Connection, Ending, Entry, Gathered, Moved, ROUNDS, Stage, TURN_BYTES};
use crate::{
    front::Flow,
    scratch::{self, Scratch},
};

/// Output gathered for a group before it is written; what one front gathers comes on top of it.
const GATHERED_BYTES: usize = 128 * 1024;

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
        let Some(mut connection) = self.idle() else {
            return false;
        };
        scratch::with(|scratch| {
            let gathered = connection.gather_now(scratch);
            connection.send_gathered(gathered, scratch)
        })
    }

    /// First encrypts for all of the group, then writes to them: a processor does the same thing many
    /// times faster than two things in turn.
    fn write_each_now(&self, group: &[Arc<dyn Direct>], left: &mut Vec<usize>) {
        let mut idle = Vec::with_capacity(group.len());
        for (index, direct) in group.iter().enumerate() {
            let of_our_kind = (&**direct as &dyn Any).downcast_ref::<Self>();
            match of_our_kind.and_then(Self::idle) {
                Some(connection) => idle.push((index, connection)),
                None => left.push(index),
            }
        }
        for (_, connection) in &idle {
            connection.bring_near();
        }
        for (_, connection) in &idle {
            connection.bring_front_near();
        }
        scratch::with(|scratch| {
            let mut gathered = Vec::with_capacity(idle.len());
            for (index, mut connection) in idle {
                let output = connection.gather_now(scratch);
                gathered.push((index, connection, output));
                if scratch.outgoing.filled().len() >= GATHERED_BYTES {
                    send_each(&mut gathered, scratch, left);
                }
            }
            send_each(&mut gathered, scratch, left);
        });
    }
}

/// What was gathered for one of a group.
type Output<'a> = (
    usize,
    MutexGuard<'a, Connection>,
    Option<Result<Gathered, Ending>>,
);

/// Writes to each what was gathered for it; `left` gets the indexes of those with something left to do.
fn send_each(gathered: &mut Vec<Output<'_>>, scratch: &mut Scratch, left: &mut Vec<usize>) {
    for (index, mut connection, output) in gathered.drain(..) {
        if !connection.send_gathered(output, scratch) {
            left.push(index);
        }
    }
    scratch.outgoing.clear();
}

impl Reached {
    /// The connection, unless somebody is at work on it. Never waits.
    fn idle(&self) -> Option<MutexGuard<'_, Connection>> {
        self.0.try_lock().ok()
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

    /// Has the processor fetch what a write needs. It waits for memory once for many connections, if it is
    /// asked for theirs before it is to do anything with it.
    fn bring_near(&self) {
        let socket = (self.stream.as_raw_fd(), Arc::as_ptr(&self.shared));
        let state = (self.is_at_rest(), self.waker.is_some());
        black_box((socket, state, self.websocket.is_some()));
    }

    /// The same of what lies behind the first: it has to be found before it can be fetched.
    fn bring_front_near(&self) {
        if let Some(front) = &self.front {
            front.bring_near();
        }
        self.transport.bring_near();
    }

    /// Open, with nothing to do but for its front.
    fn is_at_rest(&self) -> bool {
        self.stage == Stage::Open
            && matches!(self.entry, Entry::Done)
            && self.unsent.is_empty()
            && !self.input_ended
            && !self.lines.has_line()
    }

    /// Gathers what its front has to say behind what `scratch` holds. `None` if that is for its task.
    fn gather_now(&mut self, scratch: &mut Scratch) -> Option<Result<Gathered, Ending>> {
        // Only of one that waits for its peer to speak: otherwise output may be what its task waits for
        // in order to read on, or to end.
        let waits =
            self.is_at_rest() && self.front.as_ref().is_some_and(|front| front.wants_input());
        let waker = waits.then(|| self.waker.take()).flatten()?;
        // What the front waits for wakes the task.
        let gathered = self.gather_all(&mut Context::from_waker(&waker), scratch);
        self.waker = Some(waker);
        Some(gathered)
    }

    /// All that the front has to say, within the bounds of one turn.
    fn gather_all(
        &mut self,
        context: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Result<Gathered, Ending> {
        let mut all = self.gather(context, scratch)?;
        for _ in 1..ROUNDS {
            if all.flow != Poll::Ready(Flow::Open) || all.range.len() >= TURN_BYTES {
                break;
            }
            let more = self.gather(context, scratch)?;
            all.range.end = more.range.end;
            all.flow = more.flow;
        }
        Ok(all)
    }

    /// Writes what was gathered. False if there is something left to do, for its task.
    fn send_gathered(
        &mut self,
        gathered: Option<Result<Gathered, Ending>>,
        scratch: &Scratch,
    ) -> bool {
        let sent = match gathered {
            None => return false,
            Some(gathered) => gathered.and_then(|gathered| self.send(&gathered, scratch)),
        };
        match sent {
            Ok(moved) => matches!(moved, Moved::Waits | Moved::Last),
            Err(ending) => {
                self.ending = ending;
                self.stage = Stage::Failed;
                false
            }
        }
    }
}
