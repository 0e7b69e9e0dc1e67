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

use snug_gate::{Arrival, Flow, Front, HangUp, Line, OUTPUT_BYTES, Told};
use snug_proto::{
    Answer, Delivery, ErrorClass, ErrorCode, Pending, Refusal, Request, Response, Session, Stream,
    limits::{MAX_LINE_BYTES, MAX_PENDING_LONG, MAX_PENDING_REQUESTS},
    line::{RequestLabel, decode_request, encode_answer},
};

/// After so many lines against the protocol the connection is closed.
const MAX_VIOLATIONS: u32 = 20;
/// Then its address has spent all that is forgiven, at once.
const TOO_MUCH_GARBAGE: u32 = snug_rules::GARBAGE + 1;
/// What a client is told that did not sign in in time.
const TOO_LATE: &str = "Nobody signed in on this connection in time. Connect again to go on.";
/// No line is taken while the lines that wait for their answers have so many bytes together: two of the
/// longest.
const MAX_WAITING_BYTES: usize = 2 * MAX_LINE_BYTES;
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
    /// Its answer may be long.
    long: bool,
    /// How long its line was.
    bytes: usize,
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
pub(crate) struct NativeFront<S> {
    session: S,
    /// Submitted and not answered, in order; at most [`MAX_PENDING_REQUESTS`].
    pending: VecDeque<Waiting>,
    /// Those of them whose answers may be long; at most [`MAX_PENDING_LONG`]. What is answered is kept until
    /// the peer takes it.
    pending_long: usize,
    /// How long their lines were.
    pending_bytes: usize,
    /// Taken from the session and not written, because the socket is slower.
    backlog: VecDeque<Arc<Delivery>>,
    held: Option<Box<Held>>,
    violations: u32,
    /// A request that signs in waits for its answer. No line is taken until then: what a client sends
    /// right behind it is meant for after it.
    coming_in: bool,
    arrival: Arrival,
    /// No line is taken any more.
    ended: bool,
    /// Hears of it if the peer breaks the protocol too often.
    told: Option<Told>,
}

impl<S: Session> NativeFront<S> {
    /// A client on a session that nobody has signed in to.
    pub(crate) fn new(session: S) -> Self {
        Self {
            session,
            pending: VecDeque::new(),
            pending_long: 0,
            pending_bytes: 0,
            backlog: VecDeque::new(),
            held: None,
            violations: 0,
            coming_in: false,
            arrival: Arrival::Outside,
            ended: false,
            told: None,
        }
    }

    /// With somebody at the door to tell.
    pub(crate) fn told(mut self, told: Option<Told>) -> Self {
        self.told = told;
        self
    }

    fn refuse(&mut self, label: Option<RequestLabel>, refusal: Refusal) {
        if refusal.code.class() == ErrorClass::Violation {
            self.violations += 1;
        }
        if self.violations == MAX_VIOLATIONS
            && let Some(told) = &self.told
        {
            told.garbage(TOO_MUCH_GARBAGE);
        }
        self.ended |= self.violations >= MAX_VIOLATIONS;
        self.pending.push_back(Waiting {
            label,
            answer: Pending::refused(refusal),
            long: false,
            bytes: 0,
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
        let Waiting {
            label,
            last,
            bytes,
            long,
            ..
        } = self.pending.pop_front()?;
        self.pending_long -= usize::from(long);
        self.pending_bytes = self.pending_bytes.saturating_sub(bytes);
        if let Ok(Response::SignedIn(_)) = &answer {
            self.arrival = Arrival::In;
        }
        // Nothing was taken after it: it was the last one waiting.
        self.coming_in &= !self.pending.is_empty();
        if self.pending.is_empty() && self.pending.capacity() > KEPT_PENDING {
            self.pending = VecDeque::new();
        }
        Some(Held {
            label,
            answer,
            last,
        })
    }

    /// Writes what has gathered in the session. `Ready(Open)` if it is to be asked again, `Ready(Closed)`
    /// once it has ended.
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
        if polled == Poll::Ready(Stream::Awaited) {
            return Poll::Pending;
        }
        polled
    }
}

impl<S: Session> Front for NativeFront<S> {
    fn bring_near(&self) {
        let waiting = (self.backlog.is_empty(), self.held.is_some());
        std::hint::black_box((self.wants_input(), waiting));
    }

    fn line(&mut self, line: Line<'_>) {
        let line = match line {
            Line::Whole(line) => line,
            Line::TooLong => return self.refuse(None, ErrorCode::LineTooLong.into()),
        };
        match decode_request(line) {
            Ok((id, request)) => {
                let last = matches!(request, Request::Quit(_));
                self.ended |= last;
                self.coming_in = matches!(
                    request,
                    Request::Register(_)
                        | Request::RegisterFinish(_)
                        | Request::SignIn(_)
                        | Request::SignInFinish(_)
                        | Request::Resume(_)
                        | Request::Reset(_)
                        | Request::ResetFinish(_)
                );
                let begins = matches!(request, Request::RegisterStart(_) | Request::SignInStart(_));
                if self.arrival != Arrival::In && (begins || self.coming_in) {
                    // An exchange that was begun is for the client to end: its Argon2 takes a while.
                    self.arrival = if begins {
                        Arrival::UnderWay
                    } else {
                        Arrival::Outside
                    };
                }
                let long = request.kind().may_be_answered_at_length();
                self.pending_long += usize::from(long);
                self.pending_bytes += line.len();
                self.pending.push_back(Waiting {
                    label: Some(id),
                    answer: self.session.request(request),
                    bytes: line.len(),
                    long,
                    last,
                });
            }
            // Blank lines are passed over, as they are before the first request.
            Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
            Err(bad) => self.refuse(bad.id, bad.refusal),
        }
    }

    fn wants_input(&self) -> bool {
        self.pending.len() < MAX_PENDING_REQUESTS
            && self.pending_long < MAX_PENDING_LONG
            && self.pending_bytes < MAX_WAITING_BYTES
            && !self.coming_in
            && !self.ended
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
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
                if stream == Poll::Ready(Stream::Open) || !self.backlog.is_empty() {
                    // Asked again until it says that it will wake this task, and nothing taken is left.
                    continue;
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

    fn arrival(&self) -> Arrival {
        match self.arrival {
            Arrival::Outside if self.coming_in => Arrival::UnderWay,
            arrival => arrival,
        }
    }

    fn too_late(&mut self) {
        self.ended = true;
        let refusal = Refusal::with_text(ErrorCode::SignInExpired, TOO_LATE);
        self.pending.push_back(Waiting {
            label: None,
            answer: Pending::refused(refusal),
            long: false,
            bytes: 0,
            last: true,
        });
    }

    fn hang_up(&mut self, _why: HangUp) {
        self.ended = true;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Mutex, MutexGuard},
        task::Waker,
    };

    use snug_proto::{Answering, Done, Event, Notice};

    use super::*;

    /// A session that is worked by hand.
    #[derive(Clone, Default)]
    struct ByHand(Arc<Mutex<Hands>>);

    #[derive(Default)]
    struct Hands {
        answering: VecDeque<Answering>,
        deliveries: Vec<Arc<Delivery>>,
        over: bool,
    }

    impl ByHand {
        fn hands(&self) -> MutexGuard<'_, Hands> {
            self.0.lock().unwrap()
        }

        fn answer(&self) {
            let first = self.hands().answering.pop_front().unwrap();
            first.answer(Ok(Done {}.into()));
        }

        fn deliver(&self, text: &str) {
            let text = text.to_owned();
            let delivery = Delivery::new(Event::Notice(Notice { text }));
            self.hands().deliveries.push(Arc::new(delivery));
        }
    }

    impl Session for ByHand {
        fn request(&self, _: Request) -> Pending {
            let (answering, pending) = Pending::new();
            self.hands().answering.push_back(answering);
            pending
        }

        fn poll_deliveries(
            &self,
            _: &mut Context<'_>,
            into: &mut Vec<Arc<Delivery>>,
        ) -> Poll<Stream> {
            let mut hands = self.hands();
            if !hands.deliveries.is_empty() {
                into.append(&mut hands.deliveries);
                Poll::Ready(Stream::Awaited)
            } else if hands.over {
                Poll::Ready(Stream::Closed)
            } else {
                Poll::Pending
            }
        }
    }

    fn new() -> (ByHand, NativeFront<ByHand>) {
        let session = ByHand::default();
        let front = NativeFront::new(session.clone());
        (session, front)
    }

    fn say(front: &mut NativeFront<ByHand>, line: &str) {
        front.line(Line::Whole(line.as_bytes()));
    }

    /// One output, its lines shortened to what matters.
    fn output(front: &mut NativeFront<ByHand>) -> (Poll<Flow>, Vec<String>) {
        let mut out = Vec::new();
        let flow = front.poll_output(&mut Context::from_waker(Waker::noop()), &mut out);
        let lines = out.split(|byte| *byte == b'\n').filter(|l| !l.is_empty());
        let short = lines.map(|line| {
            let line: serde_json::Value = serde_json::from_slice(line).unwrap();
            match (&line["re"], &line["error"]["code"], &line["text"]) {
                (_, _, serde_json::Value::String(text)) => text.clone(),
                (re, serde_json::Value::String(code), _) => format!("{re} {code}"),
                (re, ..) => re.to_string(),
            }
        });
        (flow, short.collect())
    }

    /// All is written for now.
    const DONE: Poll<Flow> = Poll::Pending;
    const CLOSING: Poll<Flow> = Poll::Ready(Flow::Closing);

    #[test]
    fn answers_come_in_the_order_of_requests_and_after_the_events_before_them() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        say(&mut front, "rubbish");
        say(&mut front, r#"{"id":2,"do":"ping"}"#);
        say(&mut front, r#"{"id":3,"do":"fly"}"#);
        session.deliver("before");
        assert_eq!(output(&mut front), (DONE, vec!["before".to_owned()]));
        assert_eq!(output(&mut front).0, Poll::Pending);
        session.answer();
        session.deliver("own");
        assert_eq!(output(&mut front).1, ["own", "1", "null bad_json"]);
        session.answer();
        assert_eq!(output(&mut front).1, ["2", "3 unknown_request"]);
        assert_eq!(output(&mut front).0, Poll::Pending);
    }

    #[test]
    fn no_more_requests_are_taken_than_may_wait() {
        let (session, mut front) = new();
        for _ in 0..MAX_PENDING_REQUESTS {
            assert!(front.wants_input());
            say(&mut front, r#"{"id":1,"do":"ping"}"#);
        }
        assert!(!front.wants_input());
        session.answer();
        assert_eq!(output(&mut front).1, ["1"]);
        assert!(front.wants_input());
    }

    #[test]
    fn p6_who_asks_for_page_upon_page_and_reads_none_is_answered_no_further() {
        let (session, mut front) = new();
        for _ in 0..MAX_PENDING_LONG {
            assert!(front.wants_input());
            say(&mut front, r#"{"id":1,"do":"read","room":"lobby"}"#);
        }
        assert!(!front.wants_input(), "answers that nobody takes are kept");
        session.answer();
        assert!(!front.wants_input());
        assert_eq!(output(&mut front).1, ["1"]);
        assert!(front.wants_input());
    }

    #[test]
    fn long_lines_wait_unread_until_those_before_them_are_answered() {
        let (session, mut front) = new();
        let long = format!(
            r#"{{"id":1,"do":"send","room":"lobby","body":"{}"}}"#,
            "x".repeat(MAX_LINE_BYTES - 100)
        );
        for _ in 0..2 {
            say(&mut front, &long);
            assert!(front.wants_input());
        }
        say(&mut front, &long);
        assert!(!front.wants_input());
        session.answer();
        assert_eq!(output(&mut front).1, ["1"]);
        assert!(front.wants_input());
    }

    #[test]
    fn a_quit_is_answered_and_then_it_is_over() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        say(&mut front, r#"{"id":2,"do":"quit"}"#);
        assert!(!front.wants_input());
        session.answer();
        assert_eq!(output(&mut front), (DONE, vec!["1".to_owned()]));
        session.answer();
        assert_eq!(output(&mut front), (CLOSING, vec!["2".to_owned()]));
    }

    #[test]
    fn what_was_asked_before_hanging_up_is_answered() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        front.hang_up(HangUp::PeerClosed);
        assert_eq!(output(&mut front).0, Poll::Pending);
        session.answer();
        assert_eq!(output(&mut front), (CLOSING, vec!["1".to_owned()]));
    }

    #[test]
    fn a_session_that_ends_closes_once_all_is_answered() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        session.deliver("bye");
        session.hands().over = true;
        assert_eq!(output(&mut front), (DONE, vec!["bye".to_owned()]));
        session.answer();
        assert_eq!(output(&mut front), (CLOSING, vec!["1".to_owned()]));
    }

    #[test]
    fn a_client_that_does_not_sign_in_is_told_after_the_answers_it_is_owed() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        assert_eq!(front.arrival(), Arrival::Outside);
        front.too_late();
        assert!(!front.wants_input());
        session.answer();
        let told = ["1", "null sign_in_expired"].map(str::to_owned).to_vec();
        assert_eq!(output(&mut front), (CLOSING, told));
    }

    #[test]
    fn an_exchange_is_under_way_from_its_start_to_the_answer_to_its_finish() {
        let (session, mut front) = new();
        say(
            &mut front,
            r#"{"id":1,"do":"sign_in_start","name":"ann","opaque":""}"#,
        );
        session.answer();
        assert_eq!(output(&mut front).1, ["1"]);
        assert_eq!(front.arrival(), Arrival::UnderWay);
        say(&mut front, r#"{"id":2,"do":"sign_in_finish","opaque":""}"#);
        assert_eq!(front.arrival(), Arrival::UnderWay);
        session.answer();
        assert_eq!(output(&mut front).1, ["2"]);
        assert_eq!(front.arrival(), Arrival::Outside, "it was no welcome");
    }

    #[test]
    fn p5_who_breaks_the_protocol_too_often_is_told_each_time_and_dropped() {
        let (_session, mut front) = new();
        for _ in 0..MAX_VIOLATIONS - 1 {
            say(&mut front, "rubbish");
        }
        assert_eq!(output(&mut front).1.len(), 19);
        assert!(front.wants_input());
        say(&mut front, "");
        front.line(Line::TooLong);
        assert!(!front.wants_input());
        let last = "null line_too_long".to_owned();
        assert_eq!(output(&mut front), (CLOSING, vec![last]));
    }

    #[test]
    fn p6_output_stops_at_its_bound_and_goes_on_in_order() {
        let (session, mut front) = new();
        say(&mut front, r#"{"id":1,"do":"ping"}"#);
        session.answer();
        let long = "x".repeat(10_000);
        for number in 0..10 {
            session.deliver(&format!("{number}{long}"));
        }
        let mut heard = Vec::new();
        loop {
            let (flow, lines) = output(&mut front);
            let bytes: usize = lines.iter().map(String::len).sum();
            assert!(bytes <= OUTPUT_BYTES + 10_000, "{bytes}");
            heard.extend(lines.iter().map(|line| line[..1].to_owned()));
            if flow.is_pending() {
                break;
            }
        }
        assert_eq!(heard.concat(), "01234567891");
        assert_eq!(front.backlog.capacity(), 0);
    }
}
