//! The answer to a request, from the one who gives it to the one who waits for it.
//!
//! A channel for one value, of our own: whoever writes to the one who waits anyway gives it without waking
//! ([`Answering::answer_unheard`]), which is half of what an answer costs.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::{ErrorCode, Refusal, Response};

/// What a request comes to.
pub type Answer = Result<Response, Refusal>;

/// The answer to a submitted request, when it comes. Dropping it does not take the request back.
pub struct Pending(State);

enum State {
    Ready(Option<Box<Answer>>),
    Waiting(Arc<Place>),
}

/// The other end of a [`Pending`]. Dropped without an answer, it answers `internal`.
pub struct Answering(Option<Arc<Place>>);

/// Where the answer is put. The lock is held to put it there or to take it away.
#[derive(Default)]
struct Place(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

impl Place {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the answer there. Whom to wake, if somebody has asked for it.
    fn put(&self, answer: Answer) -> Option<Waker> {
        let mut inner = self.lock();
        inner.answer = Some(answer);
        inner.waker.take()
    }
}

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
        let place = Arc::<Place>::default();
        (
            Answering(Some(Arc::clone(&place))),
            Self(State::Waiting(place)),
        )
    }
}

impl Answering {
    /// Answers. Nobody may be waiting any more; that is no error.
    pub fn answer(self, answer: Answer) {
        if let Some(waker) = self.answer_unheard(answer) {
            waker.wake();
        }
    }

    /// Answers, and leaves it to the caller to wake the one who waits, or to see to it in another way that
    /// the answer is looked for now.
    #[must_use = "whoever waits for it must be woken"]
    pub fn answer_unheard(mut self, answer: Answer) -> Option<Waker> {
        self.0.take().and_then(|place| place.put(answer))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let waker = self
            .0
            .take()
            .and_then(|place| place.put(Err(ErrorCode::Internal.into())));
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let answer = match &mut self.0 {
            State::Ready(answer) => answer.take().map(|answer| *answer),
            State::Waiting(place) => {
                let mut inner = place.lock();
                let Some(answer) = inner.answer.take() else {
                    match &mut inner.waker {
                        Some(waker) => waker.clone_from(context.waker()),
                        waker => *waker = Some(context.waker().clone()),
                    }
                    return Poll::Pending;
                };
                drop(inner);
                self.0 = State::Ready(None);
                Some(answer)
            }
        };
        Poll::Ready(answer.unwrap_or_else(|| Err(ErrorCode::Internal.into())))
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

impl fmt::Debug for Answering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answering")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::Done;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn poll(pending: &mut Pending, counter: &Arc<Counter>) -> Poll<Answer> {
        let waker = Waker::from(Arc::clone(counter));
        Pin::new(pending).poll(&mut Context::from_waker(&waker))
    }

    fn woken(counter: &Counter) -> usize {
        counter.0.load(Ordering::SeqCst)
    }

    #[test]
    fn an_answer_wakes_the_one_who_waits_once() {
        let counter = Arc::default();
        let (answering, mut pending) = Pending::new();
        assert!(poll(&mut pending, &counter).is_pending());
        assert!(poll(&mut pending, &counter).is_pending());
        answering.answer(Ok(Done {}.into()));
        assert_eq!(woken(&counter), 1);
        assert!(matches!(poll(&mut pending, &counter), Poll::Ready(Ok(_))));
    }

    #[test]
    fn an_answer_given_unheard_wakes_nobody_and_is_there() {
        let counter = Arc::default();
        let (answering, mut pending) = Pending::new();
        assert!(poll(&mut pending, &counter).is_pending());
        let waker = answering.answer_unheard(Ok(Done {}.into()));
        assert!(waker.is_some());
        assert_eq!(woken(&counter), 0);
        assert!(matches!(poll(&mut pending, &counter), Poll::Ready(Ok(_))));
        let (answering, _nobody_asks) = Pending::new();
        assert!(answering.answer_unheard(Ok(Done {}.into())).is_none());
    }

    #[test]
    fn one_that_is_dropped_answers_internal() {
        let counter = Arc::default();
        let (answering, mut pending) = Pending::new();
        assert!(poll(&mut pending, &counter).is_pending());
        drop(answering);
        assert_eq!(woken(&counter), 1);
        let Poll::Ready(Err(refusal)) = poll(&mut pending, &counter) else {
            panic!("no answer");
        };
        assert_eq!(refusal.code, ErrorCode::Internal);
    }
}
