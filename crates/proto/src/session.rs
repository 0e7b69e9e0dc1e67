//! The one interface: what every front speaks to, and every client part speaks through.

use std::{
    any::Any,
    sync::Arc,
    task::{Context, Poll},
};

pub use answer::{Answer, Answering, Pending};

use crate::{Delivery, Request};

mod answer;

/// An authenticated (or not yet authenticated) presence on a server.
///
/// Requests are submitted in the call itself, in order; their answers come in that order. Events are
/// taken by one reader.
pub trait Session: Send + Sync {
    /// Submits a request. Never blocks; at most [`crate::limits::MAX_PENDING_REQUESTS`] should be
    /// waiting, past which the answer is `busy`.
    fn request(&self, request: Request) -> Pending;

    /// Moves every delivery that has gathered into `into`. `Ready(Open)` or `Ready(Awaited)` if there was
    /// one at least, `Ready(Closed)` once the session has ended and its last delivery was taken.
    fn poll_deliveries(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream>;
}

/// Does a session's stream of events go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Yes.
    Open,
    /// Yes, and the task that asked is woken for what comes next: to ask again before that is in vain.
    Awaited,
    /// No: nothing will come any more.
    Closed,
}

/// A front's connection, as whoever has put something into its session's outbox can reach it: to write
/// that at once, on the thread that delivers it, instead of waking the front.
pub trait Direct: Any + Send + Sync {
    /// Makes the front take its session's deliveries, and writes them. Never waits. False if something
    /// is left to do, or if the front is at work at this moment: then it must be woken. Not to be called
    /// under a lock that a session takes, for the front may submit something.
    fn write_now(&self) -> bool;

    /// [`Direct::write_now`] for each of a group, whose indexes `left` gets where that is false. One that
    /// knows the others as its kind may first gather for all of them, and then write.
    fn write_each_now(&self, group: &[Arc<dyn Direct>], left: &mut Vec<usize>) {
        for (index, direct) in group.iter().enumerate() {
            if !direct.write_now() {
                left.push(index);
            }
        }
    }
}
