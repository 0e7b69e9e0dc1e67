//! A connection and a session, driven together: lines in, bytes out. No runtime, no socket.

use std::{
    cell::Cell,
    collections::VecDeque,
    future::Future,
    hint::black_box,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use snug_proto::{Answer, Delivery, ErrorCode, Pending, Response, Session, Stream};

use crate::{Connection, Delivered, Link, Settings, Step, connection::MAX_IDLE_QUEUE};

/// With this much to write, nothing more is taken from the session until it has been taken away.
pub const HIGH_WATER_BYTES: usize = 32 * 1024;

/// The most that one [`Front::poll_output`] appends: the high water, and the step that reached it. One
/// step writes one message of at most [`crate::MAX_MESSAGE_LINES`] lines, or one page of names, which
/// is shorter than it was in the answer (`MAX_LIST_BYTES`). It is all that is ever encoded for a reader
/// that does not read; the rest waits in the session, or here as what was taken from it.
pub const MAX_OUTPUT_BYTES: usize = HIGH_WATER_BYTES + 64 * 1024;

thread_local! {
    /// Where deliveries are put by the session; one for all clients, so that none keeps its own.
    static TAKEN: Cell<Vec<Arc<Delivery>>> = const { Cell::new(Vec::new()) };
}

/// Does the connection go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Yes: write what there is, and read on if [`Front::wants_input`].
    Open,
    /// No: write what there is, then close.
    Closing,
}

/// One IRC client on one session.
///
/// The driver reads the socket and hands over one line at a time while [`Self::wants_input`], calls
/// [`Self::poll_output`] after each and whenever it is woken, and writes what that yields before it
/// calls again.
pub struct Front {
    session: Arc<dyn Session>,
    /// Where another session comes from, for who signs in as somebody else.
    sessions: Option<Sessions>,
    /// The one on which that is tried: it takes the other's place once it is somebody's.
    next: Option<Arc<dyn Session>>,
    connection: Connection,
    /// Submitted and not answered, in order; never more than `MAX_PENDING_REQUESTS`.
    pending: VecDeque<(Pending, Step)>,
    /// The oldest answer, come but not acted on: the events that stand before it did not all fit.
    held: Option<Box<(Step, Answer)>>,
    /// Taken from the session and not dealt with: empty but while the first of them waits for an
    /// answer or for room to write. Meanwhile no more is taken, so that this is one session's outbox
    /// at most.
    arrived: VecDeque<Arc<Delivery>>,
    stream: Stream,
    /// No line will come any more, and why.
    hung_up: Option<String>,
}

/// Makes a session that nobody has signed in to, for the same connection.
pub type Sessions = Box<dyn Fn() -> Arc<dyn Session> + Send>;

impl Front {
    /// A new connection on a session that nobody has signed in to.
    pub fn new(session: Arc<dyn Session>, settings: impl Into<Arc<Settings>>, link: Link) -> Self {
        Self {
            session,
            sessions: None,
            next: None,
            connection: Connection::new(settings, link),
            pending: VecDeque::new(),
            held: None,
            arrived: VecDeque::new(),
            stream: Stream::Open,
            hung_up: None,
        }
    }

    /// One who is in may sign in again, as somebody else: on a session made so. If that fails, all is as
    /// before (`IRCv3` sasl 3.2).
    #[must_use]
    pub fn with_sessions(mut self, sessions: Sessions) -> Self {
        self.sessions = Some(sessions);
        self.connection.may_sign_in_again();
        self
    }

    /// Takes one line, its CR LF taken off or not. Only while [`Self::wants_input`].
    pub fn line(&mut self, line: &[u8]) {
        self.connection.receive(line);
    }

    /// Tells that a line was longer than [`crate::MAX_FLOOD_BYTES`] and has been thrown away: the client is
    /// told so, and it is over.
    pub fn line_too_long(&mut self) {
        self.connection.line_without_end();
    }

    /// Nothing has come from the client for as long as its driver lets pass, and then again for as
    /// long: it is asked whether it is there, and is gone if it says nothing. One that has not signed in
    /// is not asked. [`Self::poll_output`] is to be called after it.
    pub fn silent(&mut self) {
        self.connection.silent();
    }

    /// No line will come any more. What was asked for is still answered; then the client is told why,
    /// and it is over.
    pub fn hang_up(&mut self, why: impl Into<String>) {
        self.hung_up = Some(why.into());
    }

    /// May a line be given now? When this becomes true again, [`Self::poll_output`] is `Ready`.
    pub fn wants_input(&self) -> bool {
        self.connection.wants_input()
    }

    /// Has this client signed in and been welcomed?
    pub fn is_registered(&self) -> bool {
        self.connection.is_registered()
    }

    /// Is something asked of the session and not answered yet?
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Has the processor fetch what [`Self::poll_output`] looks at. Whoever asks many clients for output
    /// waits for memory once for all of them, if all are told this first.
    pub fn bring_near(&self) {
        let mine = (self.pending.is_empty(), self.held.is_some(), self.stream);
        let arrived = self.arrived.is_empty();
        black_box((mine, arrived, Arc::strong_count(&self.session)));
        self.connection.bring_near();
    }

    /// Moves what is to be written to the end of `into`, which should be empty: [`MAX_OUTPUT_BYTES`] at
    /// most. `Ready` if there is more than that, if input is wanted again, or if it is over. `Pending` if
    /// there is nothing more for now, whether something was moved or not: the context is woken when that
    /// changes.
    pub fn poll_output(&mut self, context: &mut Context<'_>, into: &mut Vec<u8>) -> Poll<State> {
        let wanted_input = self.wants_input();
        let mut all = false;
        let mut awaited = false;
        self.connection.borrow_buffer(into);
        while self.has_room() && !self.connection.is_closing() {
            if self.connection.say_more() {
                continue;
            }
            self.submit();
            // An event comes before the answer that follows it, so events are looked at first.
            let answer = self.next_answer(context);
            awaited &= answer.is_none();
            match (self.move_deliveries(context, &mut awaited), answer) {
                (Moved::Full, answer) => self.held = answer,
                (_, Some(answer)) => {
                    let (step, answer) = *answer;
                    self.change_sessions(&step, &answer);
                    // What the next answer follows may have come by now, or from another session.
                    awaited = false;
                    self.connection.answered(step, answer);
                }
                (Moved::Some, None) => {}
                (Moved::Nothing, None) => {
                    if self.connection.settle() {
                        continue;
                    }
                    self.end_if_done();
                    all = true;
                    break;
                }
            }
        }
        if self.connection.is_closing() {
            self.connection.settle();
        }
        self.connection.return_buffer(into);
        if self.connection.is_closing() {
            return Poll::Ready(State::Closing);
        }
        let wants_again = !wanted_input && self.wants_input();
        if all && !wants_again {
            Poll::Pending
        } else {
            Poll::Ready(State::Open)
        }
    }

    /// Nothing is under way: is there a reason not to go on?
    fn end_if_done(&mut self) {
        if !self.pending.is_empty() {
            return;
        }
        if let Some(why) = &self.hung_up {
            self.connection.close(why);
        } else if self.stream == Stream::Closed {
            self.connection.session_ended();
        }
    }

    fn submit(&mut self) {
        while let Some((request, step)) = self.connection.next_request() {
            let anew = self.connection.is_signed_in() && step.signs_in();
            let session = match &self.sessions {
                Some(sessions) if anew => self.next.get_or_insert_with(sessions),
                _ => &self.session,
            };
            self.pending.push_back((session.request(request), step));
        }
    }

    /// Somebody has signed in anew, or did not.
    fn change_sessions(&mut self, step: &Step, answer: &Answer) {
        if self.next.is_none() || !step.signs_in() {
            return;
        }
        match (answer, self.next.take()) {
            (Ok(Response::SignedIn(_)), Some(next)) => {
                // What waits was for who it was before; their session ends with this.
                self.session = next;
                self.stream = Stream::Open;
                self.arrived = VecDeque::new();
            }
            // It has more steps; or what it owes is still awaited.
            (Ok(_), next) => self.next = next,
            (Err(refusal), next)
                if matches!(
                    refusal.code,
                    ErrorCode::SecondFactorNeeded | ErrorCode::BadCode
                ) =>
            {
                self.next = next;
            }
            (Err(_), _) => {}
        }
    }

    /// May more be written for now?
    fn has_room(&self) -> bool {
        self.connection.output_bytes() < HIGH_WATER_BYTES
    }

    /// The oldest answer, taken but not acted on: the events that stand before it come first.
    fn next_answer(&mut self, context: &mut Context<'_>) -> Option<Box<(Step, Answer)>> {
        if let Some(held) = self.held.take() {
            return Some(held);
        }
        let (pending, _) = self.pending.front_mut()?;
        let Poll::Ready(answer) = Pin::new(pending).poll(context) else {
            return None;
        };
        let (_, step) = self.pending.pop_front()?;
        if self.pending.is_empty() && self.pending.capacity() > MAX_IDLE_QUEUE {
            self.pending = VecDeque::new();
        }
        Some(Box::new((step, answer)))
    }

    /// Deals with the events that wait, then with what the session has more, until one has to wait for
    /// an answer or the output is full. The session is not asked again while it is `awaited`: then it
    /// wakes the context for more.
    fn move_deliveries(&mut self, context: &mut Context<'_>, awaited: &mut bool) -> Moved {
        let moved = self.move_arrived();
        if *awaited || !self.arrived.is_empty() || self.stream == Stream::Closed {
            return moved;
        }
        let mut taken = TAKEN.with(Cell::take);
        let polled = self.session.poll_deliveries(context, &mut taken);
        let moved = match polled {
            Poll::Ready(stream) => {
                self.stream = stream;
                *awaited = stream == Stream::Awaited;
                self.move_taken(&mut taken)
            }
            Poll::Pending => moved,
        };
        TAKEN.with(|kept| kept.set(taken));
        moved
    }

    /// Deals with what was just taken; what has to wait for an answer or for room is kept in order.
    fn move_taken(&mut self, taken: &mut Vec<Arc<Delivery>>) -> Moved {
        let mut moved = Moved::Some;
        let mut rest = taken.drain(..);
        for delivery in rest.by_ref() {
            if !self.has_room() {
                moved = Moved::Full;
            } else if self.connection.deliver(&delivery) == Delivered::Taken {
                continue;
            }
            self.arrived.push_back(delivery);
            break;
        }
        self.arrived.extend(rest);
        moved
    }

    fn move_arrived(&mut self) -> Moved {
        let mut moved = Moved::Nothing;
        while let Some(delivery) = self.arrived.front() {
            if !self.has_room() {
                return Moved::Full;
            }
            match self.connection.deliver(delivery) {
                Delivered::Taken => {
                    self.arrived.pop_front();
                    moved = Moved::Some;
                }
                Delivered::NotYet => return moved,
            }
        }
        if self.arrived.capacity() > MAX_IDLE_QUEUE {
            self.arrived = VecDeque::new();
        }
        moved
    }
}

/// What came of looking at the session's events.
enum Moved {
    /// There was none that could be dealt with.
    Nothing,
    /// At least one was dealt with.
    Some,
    /// The output is full: the others wait until it has been taken away.
    Full,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front")
            .field("registered", &self.connection.is_registered())
            .field("pending", &self.pending.len())
            .field("arrived", &self.arrived.len())
            .finish_non_exhaustive()
    }
}
