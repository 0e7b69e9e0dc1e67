//! The native front: JSON lines over a session. On the hot path of every message: it decodes a line,
//! submits it, and writes shared bytes.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use snug_gate::{Flow, Front, HangUp, Line, OUTPUT_BYTES};
use snug_proto::{
    Answer, Delivery, ErrorClass, ErrorCode, Pending, Refusal, Request, Session, Stream,
    limits::MAX_PENDING_REQUESTS,
    line::{RequestLabel, decode_request, encode_answer},
};

/// After so many lines against the protocol the connection is closed.
const MAX_VIOLATIONS: u32 = 20;
/// A queue that grew past this is given back once it is empty.
const KEPT_PENDING: usize = 8;

thread_local! {
    /// Where deliveries are put by the session; one for all connections, so that none keeps its own.
    static TAKEN: Cell<Vec<Arc<Delivery>>> = const { Cell::new(Vec::new()) };
}

/// A submitted request.
struct Waiting {
    label: Option<RequestLabel>,
    answer: Pending,
    /// The connection closes after this answer.
    last: bool,
}

/// An answer whose deliveries did not fit before it yet.
struct Held {
    label: Option<RequestLabel>,
    answer: Answer,
    last: bool,
}

/// One native client on one session.
pub(crate) struct NativeFront {
    session: Box<dyn Session>,
    /// Submitted and not answered, in order; at most [`MAX_PENDING_REQUESTS`].
    pending: VecDeque<Waiting>,
    /// Taken from the session and not written, because the socket is slower.
    backlog: VecDeque<Arc<Delivery>>,
    held: Option<Box<Held>>,
    violations: u32,
    /// No line is taken any more.
    ended: bool,
}

impl NativeFront {
    /// A client on a session that nobody has signed in to.
    pub(crate) fn new(session: Box<dyn Session>) -> Self {
        Self {
            session,
            pending: VecDeque::new(),
            backlog: VecDeque::new(),
            held: None,
            violations: 0,
            ended: false,
        }
    }

    fn refuse(&mut self, label: Option<RequestLabel>, refusal: Refusal) {
        if refusal.code.class() == ErrorClass::Violation {
            self.violations += 1;
        }
        self.ended |= self.violations >= MAX_VIOLATIONS;
        self.pending.push_back(Waiting {
            label,
            answer: Pending::refused(refusal),
            last: self.ended,
        });
    }

    /// Writes what was taken before, as far as there is room.
    fn write_backlog(&mut self, out: &mut Vec<u8>) {
        while out.len() < OUTPUT_BYTES {
            let Some(delivery) = self.backlog.pop_front() else {
                if self.backlog.capacity() > 0 {
                    self.backlog = VecDeque::new();
                }
                return;
            };
            out.extend_from_slice(delivery.json());
        }
    }

    /// The oldest answer, if it is there.
    fn next_answer(&mut self, context: &mut Context<'_>) -> Option<Held> {
        if let Some(held) = self.held.take() {
            return Some(*held);
        }
        let first = self.pending.front_mut()?;
        let Poll::Ready(answer) = Pin::new(&mut first.answer).poll(context) else {
            return None;
        };
        let Waiting { label, last, .. } = self.pending.pop_front()?;
        if self.pending.is_empty() && self.pending.capacity() > KEPT_PENDING {
            self.pending = VecDeque::new();
        }
        Some(Held {
            label,
            answer,
            last,
        })
    }

    /// Writes what has gathered in the session. `Ready(Closed)` once it has ended.
    fn write_deliveries(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Stream> {
        let mut taken = TAKEN.with(Cell::take);
        let polled = self.session.poll_deliveries(context, &mut taken);
        for delivery in taken.drain(..) {
            if self.backlog.is_empty() && out.len() < OUTPUT_BYTES {
                out.extend_from_slice(delivery.json());
            } else {
                self.backlog.push_back(delivery);
            }
        }
        TAKEN.with(|kept| kept.set(taken));
        polled
    }
}

impl Front for NativeFront {
    fn line(&mut self, line: Line<'_>) {
        let line = match line {
            Line::Whole(line) => line,
            Line::TooLong => return self.refuse(None, ErrorCode::LineTooLong.into()),
        };
        match decode_request(line) {
            Ok((id, request)) => {
                let last = matches!(request, Request::Quit(_));
                self.ended |= last;
                self.pending.push_back(Waiting {
                    label: Some(id),
                    answer: self.session.request(request),
                    last,
                });
            }
            // Blank lines are passed over, as they are before the first request.
            Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Err(bad) => self.refuse(bad.id, bad.refusal),
        }
    }

    fn wants_input(&self) -> bool {
        self.pending.len() < MAX_PENDING_REQUESTS && !self.ended
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        let before = out.len();
        loop {
            self.write_backlog(out);
            if out.len() >= OUTPUT_BYTES {
                return Poll::Ready(Flow::Open);
            }
            // Looked at before the deliveries and written after them, so that one's own event stands
            // before its answer.
            let answer = self.next_answer(context);
            let stream = self.write_deliveries(context, out);
            let Some(answer) = answer else {
                let over = self.ended || stream == Poll::Ready(Stream::Closed);
                if over && self.pending.is_empty() && self.backlog.is_empty() {
                    return Poll::Ready(Flow::Closing);
                }
                if out.len() > before {
                    return Poll::Ready(Flow::Open);
                }
                return Poll::Pending;
            };
            if !self.backlog.is_empty() {
                self.held = Some(Box::new(answer));
                return Poll::Ready(Flow::Open);
            }
            out.extend_from_slice(&encode_answer(answer.label, &answer.answer));
            if answer.last {
                return Poll::Ready(Flow::Closing);
            }
        }
    }

    fn hang_up(&mut self, _why: HangUp) {
        self.ended = true;
    }
}
