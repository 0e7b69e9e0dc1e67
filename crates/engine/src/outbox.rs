//! A session's outbox: deliveries on their way to one reader, bounded by bytes. It holds no memory when
//! it is empty (notes/tls.md: a queue of its own per connection costs more than the connection).

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use snug_proto::{Delivery, Event, Stream};

/// An outbox that holds this many bytes takes no more; the reader is then read to from the log as its
/// socket drains (DESIGN "The one idea").
pub const MAX_OUTBOX_BYTES: usize = 256 * 1024;

/// The outbox is full: nothing was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Deliveries waiting for one reader. The lock guards the queue only and is held for a push or a take.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: Vec<Arc<Delivery>>,
    bytes: usize,
    closed: bool,
    waker: Option<Waker>,
}

impl Outbox {
    /// Puts a delivery in and wakes the reader. What arrives after the close is dropped.
    pub(crate) fn push(&self, delivery: &Arc<Delivery>) -> Result<(), Full> {
        let weight = weight(delivery.event());
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.closed {
            return Ok(());
        }
        if !inner.queue.is_empty() && inner.bytes + weight > MAX_OUTBOX_BYTES {
            return Err(Full);
        }
        inner.bytes += weight;
        inner.queue.push(Arc::clone(delivery));
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Puts in what may be lost, as far as there is room, and wakes the reader once.
    pub(crate) fn push_each<'a>(&self, deliveries: impl Iterator<Item = &'a Arc<Delivery>>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let before = inner.queue.len();
        for delivery in deliveries {
            let weight = weight(delivery.event());
            if inner.closed || inner.bytes + weight > MAX_OUTBOX_BYTES {
                break;
            }
            inner.bytes += weight;
            inner.queue.push(Arc::clone(delivery));
        }
        let waker = if inner.queue.len() > before {
            inner.waker.take()
        } else {
            None
        };
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Lets what is in be taken and takes nothing more.
    pub(crate) fn close(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.closed = true;
        let waker = inner.waker.take();
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Takes everything, or notes who waits. The queue's memory goes with what it held.
    pub(crate) fn poll_take(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.queue.is_empty() {
            if inner.closed {
                return Poll::Ready(Stream::Closed);
            }
            match &mut inner.waker {
                Some(waker) if waker.will_wake(context.waker()) => {}
                waker => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        inner.bytes = 0;
        into.append(&mut std::mem::take(&mut inner.queue));
        Poll::Ready(Stream::Open)
    }

    /// Half empty: there is room to read to it from the log again.
    pub(crate) fn has_room(&self) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes <= MAX_OUTBOX_BYTES / 2
    }
}

/// What a delivery is counted as, without encoding it.
fn weight(event: &Event) -> usize {
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
            Poll::Ready(Stream::Open)
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
