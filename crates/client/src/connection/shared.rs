//! What the reader, the writer and the owner of a connection share: the requests that wait for their
//! answer, the bytes to write, and the deliveries to take.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use snug_proto::{
    Answering, Delivery, ErrorCode, Event, Pending, Ping, Refusal, Request, RequestKind, Response,
    Stream,
    limits::{MAX_LINE_BYTES, MAX_PENDING_REQUESTS},
    line::{self, ServerLine},
};
use tokio::sync::{Notify, watch};

use super::{Deliveries, Lost};

/// Deliveries that wait to be taken, in bytes of their lines. Past it the socket is read no further
/// until they are taken; what was read already may go over by one read.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

/// See the module.
pub(super) struct Shared {
    deliveries: Deliveries,
    /// Guards all that changes. Never held across an await; no other lock is taken under it.
    state: Mutex<State>,
    /// Wakes the writer.
    to_write: Notify,
    /// Wakes the reader after deliveries were taken.
    taken: Notify,
    lost: watch::Sender<Option<Lost>>,
}

#[derive(Default)]
struct State {
    last_id: u64,
    waiting: HashMap<u64, (RequestKind, Answering)>,
    /// Lines to write: bounded by the number of requests that may wait, each of one line at most.
    outgoing: Vec<u8>,
    closing: bool,
    incoming: Vec<Arc<Delivery>>,
    incoming_bytes: usize,
    waker: Option<Waker>,
    /// A refusal that answered no request: why the connection is about to end.
    last_words: Option<Refusal>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes to write may hold a password.
        f.write_str("Connection(…)")
    }
}

impl Shared {
    pub(super) fn new(deliveries: Deliveries) -> Self {
        Self {
            deliveries,
            state: Mutex::default(),
            to_write: Notify::new(),
            taken: Notify::new(),
            lost: watch::Sender::new(None),
        }
    }

    pub(super) fn submit(&self, request: &Request) -> Pending {
        let mut state = self.lock();
        if let Some(lost) = self.lost() {
            return Pending::refused(lost.refusal());
        }
        if state.closing {
            return Pending::refused(Lost::ClosedHere.refusal());
        }
        if state.waiting.len() >= MAX_PENDING_REQUESTS {
            return Pending::refused(ErrorCode::Busy);
        }
        self.push(&mut state, request)
    }

    /// Asks for a sign of life, whatever else waits.
    pub(super) fn ping(&self) {
        let mut state = self.lock();
        let _nobody_waits = self.push(&mut state, &Request::Ping(Ping {}));
    }

    fn push(&self, state: &mut State, request: &Request) -> Pending {
        let id = state.last_id.wrapping_add(1);
        let line = line::encode_request(id, request);
        if line.len() > MAX_LINE_BYTES + 1 {
            return Pending::refused(ErrorCode::LineTooLong);
        }
        let (answering, pending) = Pending::new();
        state.last_id = id;
        state.waiting.insert(id, (request.kind(), answering));
        state.outgoing.extend_from_slice(&line);
        self.to_write.notify_one();
        pending
    }

    /// The bytes to write, when there are some; `None` when this side is to be closed.
    pub(super) async fn outgoing(&self) -> Option<Vec<u8>> {
        loop {
            {
                let mut state = self.lock();
                if !state.outgoing.is_empty() {
                    return Some(std::mem::take(&mut state.outgoing));
                }
                if state.closing {
                    return None;
                }
            }
            self.to_write.notified().await;
        }
    }

    /// Closes this side once all is written.
    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.to_write.notify_one();
        self.taken.notify_one();
    }

    /// Waits until the deliveries leave room for more.
    pub(super) async fn room_for_more(&self) {
        loop {
            {
                let state = self.lock();
                if state.incoming_bytes < MAX_WAITING_BYTES || state.closing {
                    return;
                }
            }
            self.taken.notified().await;
        }
    }

    /// Takes in one line from the server, its line feed taken off.
    pub(super) fn receive(&self, text: &[u8]) -> Result<(), Lost> {
        match line::decode_server_line(text) {
            Ok(ServerLine::Event(event)) => self.deliver(event, text.len()),
            Ok(ServerLine::Answer { re, answer }) => self.answer(re, answer),
            // serde's sentence may quote what came; a kind and a column are enough to look for.
            Err(error) => {
                return Err(Lost::Violation(format!(
                    "{:?} error at column {}",
                    error.classify(),
                    error.column()
                )));
            }
        }
        Ok(())
    }

    fn deliver(&self, event: Event, bytes: usize) {
        if self.deliveries == Deliveries::Discard {
            return;
        }
        let mut state = self.lock();
        state.incoming.push(Arc::new(Delivery::new(event)));
        state.incoming_bytes = state.incoming_bytes.saturating_add(bytes);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    fn answer(&self, re: Option<u64>, answer: Result<String, Refusal>) {
        let waiting = match re {
            Some(id) => self.lock().waiting.remove(&id),
            None => None,
        };
        let Some((kind, answering)) = waiting else {
            if let (None, Err(refusal)) = (re, answer) {
                self.lock().last_words = Some(refusal);
            }
            return;
        };
        answering.answer(answer.and_then(|ok| {
            Response::parse(kind, &ok).map_err(|_unreadable| {
                let text = "The server's answer could not be read. Is this client older than it?";
                Refusal::with_text(ErrorCode::UnsupportedWire, text)
            })
        }));
    }

    pub(super) fn poll_deliveries(
        &self,
        context: &mut Context<'_>,
        into: &mut Vec<Arc<Delivery>>,
    ) -> Poll<Stream> {
        let mut state = self.lock();
        if !state.incoming.is_empty() {
            into.append(&mut state.incoming);
            state.incoming_bytes = 0;
            self.taken.notify_one();
            return Poll::Ready(Stream::Open);
        }
        if self.lost().is_some() {
            return Poll::Ready(Stream::Closed);
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Ends the connection: the first reason counts, and nobody waits any longer.
    pub(super) fn end(&self, lost: Lost) {
        let waiting = {
            let mut state = self.lock();
            let lost = match (lost, state.last_words.take()) {
                (Lost::Closed | Lost::Network(_), Some(refusal)) => Lost::Dismissed(refusal),
                (Lost::Closed | Lost::Network(_), None) if state.closing => Lost::ClosedHere,
                (lost, _) => lost,
            };
            self.lost.send_if_modified(|known| {
                let first = known.is_none();
                known.get_or_insert(lost);
                first
            });
            state.outgoing = Vec::new();
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
            std::mem::take(&mut state.waiting)
        };
        let refusal = self.lost().unwrap_or(Lost::Closed).refusal();
        for (_kind, answering) in waiting.into_values() {
            answering.answer(Err(refusal.clone()));
        }
    }

    pub(super) fn lost(&self) -> Option<Lost> {
        self.lost.borrow().clone()
    }

    pub(super) async fn ended(&self) -> Lost {
        let mut lost = self.lost.subscribe();
        match lost.wait_for(Option::is_some).await {
            Ok(lost) => lost.clone().unwrap_or(Lost::Closed),
            Err(_gone) => Lost::ClosedHere,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
