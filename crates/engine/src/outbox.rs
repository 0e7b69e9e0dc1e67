//! A session's outbox: deliveries on their way to one reader, bounded by bytes. It holds no memory when
//! it is empty (notes/tls.md: a queue of its own per connection costs more than the connection).

use std::{
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use snug_proto::{Delivery, Event, Stream};

use crate::lock::lock;

/// An outbox that holds this many bytes takes no more; the reader is then read to from the log as its
/// socket drains (DESIGN "The one idea").
pub const MAX_OUTBOX_BYTES: usize = 256 * 1024;

/// Of what somebody missed so much is put in at a time: what waits in here gets older, and who is behind is to hear
/// what is said now as soon as may be.
const CATCH_UP_BYTES: usize = 64 * 1024;
/// So much more it takes of what one must hear all the same: warnings, of which there are few.
const MAX_SURE_BYTES: usize = 8 * 1024;

/// The outbox is full: nothing was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// What became of a delivery that was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// The reader waits for it: it must be told, by a direct write or by [`Outbox::wake`].
    ReaderWaits,
    /// The reader comes by itself, or was told already.
    ReaderComes,
}

/// Deliveries waiting for one reader. The lock guards the queue only and is held for a push or a take.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The oldest, beside the others: most are taken before a second one comes, and need no queue.
    first: Option<Arc<Delivery>>,
    more: Vec<Arc<Delivery>>,
    bytes: usize,
    /// Nothing comes after what is in.
    ended: bool,
    closed: bool,
    /// The reader found nothing, and nobody has told it since that there is something.
    waits: bool,
    waker: Option<Waker>,
}

impl Inner {
    /// What arrives after the close, or after last words, is dropped.
    fn take_in(&mut self, delivery: &Arc<Delivery>, most: usize) -> Result<(), Full> {
        if self.closed || self.ended {
            return Ok(());
        }
        let weight = weight(delivery.event());
        if self.first.is_none() {
            self.first = Some(Arc::clone(delivery));
        } else if self.bytes + weight <= most {
            self.more.push(Arc::clone(delivery));
        } else {
            return Err(Full);
        }
        self.bytes += weight;
        Ok(())
    }
}

/// An outbox that is being put into.
pub(crate) struct Open<'a> {
    inner: MutexGuard<'a, Inner>,
    /// The reader is to be told of it.
    told: bool,
}

impl Open<'_> {
    /// Puts a delivery in.
    pub(crate) fn put(&mut self, delivery: &Arc<Delivery>) -> Result<(), Full> {
        self.put_up_to(MAX_OUTBOX_BYTES, delivery)
    }

    fn put_up_to(&mut self, most: usize, delivery: &Arc<Delivery>) -> Result<(), Full> {
        self.inner.take_in(delivery, most)?;
        self.told = true;
        Ok(())
    }

    /// Puts a delivery in, and leaves the reader untold: it finds it with what it is told of next.
    pub(crate) fn put_untold(&mut self, delivery: &Arc<Delivery>) -> Result<(), Full> {
        self.inner.take_in(delivery, MAX_OUTBOX_BYTES)
    }

    /// What became of it: it is left to the caller to tell the reader.
    pub(crate) fn done(mut self) -> Put {
        if self.told && !self.inner.closed && std::mem::take(&mut self.inner.waits) {
            Put::ReaderWaits
        } else {
            Put::ReaderComes
        }
    }
}

impl Outbox {
    /// Puts a delivery in and wakes the reader. What arrives after the close is dropped.
    pub(crate) fn push(&self, delivery: &Arc<Delivery>) -> Result<(), Full> {
        if self.put(delivery)? == Put::ReaderWaits {
            self.wake();
        }
        Ok(())
    }

    /// Puts in what may be lost, as far as there is room, and wakes the reader once.
    pub(crate) fn push_each<'a>(&self, deliveries: impl Iterator<Item = &'a Arc<Delivery>>) {
        let _few_enough = self.push_up_to(MAX_OUTBOX_BYTES, deliveries);
    }

    /// Puts in some of what somebody missed, and wakes the reader once. How many that were.
    pub(crate) fn push_missed<'a>(
        &self,
        deliveries: impl Iterator<Item = &'a Arc<Delivery>>,
    ) -> usize {
        self.push_up_to(CATCH_UP_BYTES, deliveries)
    }

    fn push_up_to<'a>(
        &self,
        most: usize,
        deliveries: impl Iterator<Item = &'a Arc<Delivery>>,
    ) -> usize {
        let mut open = self.open();
        let taken = deliveries.take_while(|delivery| open.put_up_to(most, delivery).is_ok());
        let taken = taken.count();
        if open.done() == Put::ReaderWaits {
            self.wake();
        }
        taken
    }

    /// Has the processor fetch what [`Outbox::put`] needs. It waits for memory once for many, if it is
    /// asked for all of it before it is to do anything with it.
    pub(crate) fn bring_near(&self) {
        std::hint::black_box(self.inner.is_poisoned());
    }

    /// Opens it to put several in.
    pub(crate) fn open(&self) -> Open<'_> {
        Open {
            inner: lock(&self.inner),
            told: false,
        }
    }

    /// Puts a delivery in, and leaves it to the caller to tell the reader.
    pub(crate) fn put(&self, delivery: &Arc<Delivery>) -> Result<Put, Full> {
        let mut open = self.open();
        open.put(delivery)?;
        Ok(open.done())
    }

    /// Does the reader wait for something that is in? Then it must be told now.
    pub(crate) fn is_owed(&self) -> bool {
        let mut inner = lock(&self.inner);
        inner.first.is_some() && std::mem::take(&mut inner.waits)
    }

    /// Wakes the reader.
    pub(crate) fn wake(&self) {
        let waker = lock(&self.inner).waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Puts in a few words that one must hear who reads too slowly for what else there is, and wakes the reader.
    pub(crate) fn push_surely(&self, delivery: &Arc<Delivery>) {
        let most = MAX_OUTBOX_BYTES + MAX_SURE_BYTES;
        let _full_of_such_words = lock(&self.inner).take_in(delivery, most);
        self.wake();
    }

    /// Puts in the last words instead of all that is in: who is thrown out waits for no more, and the rest is
    /// in the logs.
    pub(crate) fn push_last(&self, delivery: &Arc<Delivery>) {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return;
        }
        let before = (inner.first.take(), std::mem::take(&mut inner.more));
        (inner.first, inner.bytes) = (Some(Arc::clone(delivery)), weight(delivery.event()));
        inner.ended = true;
        drop(inner);
        drop(before);
        self.wake();
    }

    /// Lets what is in be taken and takes nothing more.
    pub(crate) fn close(&self) {
        lock(&self.inner).closed = true;
        self.wake();
    }

    /// Takes everything and notes who waits for more. The queue's memory goes with what it held.
    pub(crate) fn poll_take(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        let mut inner = lock(&self.inner);
        let first = inner.first.take();
        let some = first.is_some();
        if let Some(first) = first {
            inner.bytes = 0;
            into.push(first);
            if !inner.more.is_empty() {
                into.append(&mut std::mem::take(&mut inner.more));
            }
        }
        if inner.closed {
            let stream = if some { Stream::Open } else { Stream::Closed };
            return Poll::Ready(stream);
        }
        inner.waits = true;
        match &mut inner.waker {
            Some(waker) if waker.will_wake(context.waker()) => {}
            waker => *waker = Some(context.waker().clone()),
        }
        if some {
            Poll::Ready(Stream::Awaited)
        } else {
            Poll::Pending
        }
    }

    /// There is room for more of what somebody missed.
    pub(crate) fn has_room(&self) -> bool {
        lock(&self.inner).bytes <= CATCH_UP_BYTES / 2
    }
}

/// What a delivery is counted as, without encoding it.
pub(crate) fn weight(event: &Event) -> usize {
    const FRAME: usize = 256;
    match event {
        Event::Message(message) => FRAME + message.body.len(),
        Event::Edited(edited) => FRAME + edited.body.len(),
        Event::Notice(notice) => FRAME + notice.text.len(),
        Event::Announcement(announcement) => FRAME + announcement.body.len(),
        _ => FRAME,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snug_proto::Notice;

    fn notice(bytes: usize) -> Arc<Delivery> {
        let text = "x".repeat(bytes);
        Arc::new(Delivery::new(Event::Notice(Notice { text })))
    }

    #[test]
    fn who_was_left_untold_is_told_with_what_comes_next_or_when_somebody_looks() {
        let outbox = Outbox::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut into = Vec::new();
        assert!(outbox.poll_take(&mut context, &mut into).is_pending());
        let put_untold = || {
            let mut open = outbox.open();
            assert_eq!(open.put_untold(&notice(1)), Ok(()));
            assert_eq!(open.done(), Put::ReaderComes);
        };
        put_untold();
        assert_eq!(outbox.put(&notice(1)), Ok(Put::ReaderWaits));
        assert!(!outbox.is_owed(), "it was told");
        let _both = outbox.poll_take(&mut context, &mut into);
        assert_eq!(into.len(), 2);
        assert!(!outbox.is_owed(), "there is nothing");
        put_untold();
        assert!(outbox.is_owed());
        assert!(!outbox.is_owed(), "once");
    }

    #[test]
    fn who_is_behind_hears_a_warning_all_the_same_and_last_words_instead_of_all_else() {
        let outbox = Outbox::default();
        let mut context = Context::from_waker(Waker::noop());
        let large = notice(64 * 1024);
        while outbox.push(&large).is_ok() {}
        assert_eq!(outbox.push(&notice(100)), Ok(()));
        while outbox.push(&notice(100)).is_ok() {}
        let (warning, last) = (notice(101), notice(102));
        outbox.push_surely(&warning);
        let mut into = Vec::new();
        let _all = outbox.poll_take(&mut context, &mut into);
        assert!(into.last().is_some_and(|last| Arc::ptr_eq(last, &warning)));
        while outbox.push(&large).is_ok() {}
        // Of them too there is an end.
        for _ in 0..1_000 {
            outbox.push_surely(&warning);
        }
        assert!(lock(&outbox.inner).bytes <= MAX_OUTBOX_BYTES + MAX_SURE_BYTES);
        outbox.push_last(&last);
        // Whoever delivers has not heard of it yet.
        assert_eq!(outbox.push(&warning), Ok(()));
        outbox.close();
        let mut into = Vec::new();
        let _all = outbox.poll_take(&mut context, &mut into);
        assert!(matches!(&into[..], [only] if Arc::ptr_eq(only, &last)));
    }

    #[test]
    fn an_outbox_takes_no_more_than_its_bound_and_frees_all_when_drained() {
        let outbox = Outbox::default();
        let large = notice(64 * 1024);
        let mut taken = 0;
        while outbox.push(&large).is_ok() {
            taken += 1;
            assert!(taken < 10);
        }
        assert!(!outbox.has_room());
        let mut into = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(
            outbox.poll_take(&mut context, &mut into),
            Poll::Ready(Stream::Awaited)
        );
        assert_eq!(into.len(), taken);
        assert!(outbox.has_room());
        assert!(outbox.poll_take(&mut context, &mut into).is_pending());
        outbox.close();
        assert_eq!(
            outbox.poll_take(&mut context, &mut into),
            Poll::Ready(Stream::Closed)
        );
    }
}
