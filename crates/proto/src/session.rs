//! The one interface: what every front speaks to, and every client part speaks through.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_channel::oneshot;

use crate::{Delivery, ErrorCode, Refusal, Request, Response};

/// What a request comes to.
pub type Answer = Result<Response, Refusal>;

/// An authenticated (or not yet authenticated) presence on a server.
///
/// Requests are submitted in the call itself, in order; their answers come in that order. Events are
/// taken by one reader.
pub trait Session: Send + Sync {
    /// Submits a request. Never blocks; at most [`crate::limits::MAX_PENDING_REQUESTS`] should be
    /// waiting, past which the answer is `busy`.
    fn request(&self, request: Request) -> Pending;

    /// Moves every delivery that has gathered into `into`. `Ready(Open)` if there was one at least,
    /// `Ready(Closed)` once the session has ended and its last delivery was taken.
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
    /// No: nothing will come any more.
    Closed,
}

/// A front's connection, as whoever has put something into its session's outbox can reach it: to write
/// that at once, on the thread that delivers it, instead of waking the front.
pub trait Direct: Send + Sync {
    /// Makes the front take its session's deliveries, and writes them. Never waits. False if something
    /// is left to do, or if the front is at work at this moment: then it must be woken. Not to be called
    /// under a lock that a session takes, for the front may submit something.
    fn write_now(&self) -> bool;
}

/// The answer to a submitted request, when it comes. Dropping it does not take the request back.
pub struct Pending(State);

enum State {
    Ready(Option<Box<Answer>>),
    Waiting(oneshot::Receiver<Answer>),
}

/// The other end of a [`Pending`]. Dropped without an answer, it answers `internal`.
#[derive(Debug)]
pub struct Answering(oneshot::Sender<Answer>);

impl Pending {
    /// An answer that is there already.
    pub fn ready(answer: impl Into<Answer>) -> Self {
        Self(State::Ready(Some(Box::new(answer.into()))))
    }

    /// A refusal that is there already.
    pub fn refused(refusal: impl Into<Refusal>) -> Self {
        Self::ready(Err(refusal.into()))
    }

    /// An answer to come, and where to put it.
    pub fn new() -> (Answering, Self) {
        let (sender, receiver) = oneshot::channel();
        (Answering(sender), Self(State::Waiting(receiver)))
    }
}

impl Answering {
    /// Answers. Nobody may be waiting any more; that is no error.
    pub fn answer(self, answer: Answer) {
        let _nobody_waits = self.0.send(answer);
    }
}

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(
                answer
                    .take()
                    .map_or_else(|| Err(ErrorCode::Internal.into()), |answer| *answer),
            ),
            State::Waiting(receiver) => Pin::new(receiver)
                .poll(context)
                .map(|answer| answer.unwrap_or_else(|_dropped| Err(ErrorCode::Internal.into()))),
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Ready(_) => "Pending(ready)",
            State::Waiting(_) => "Pending(waiting)",
        })
    }
}
