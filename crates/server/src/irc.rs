//! The IRC front: `snug_irc`'s, at the door.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use snug_gate::{Arrival, Flow, Front, HangUp, Line, Told};
use snug_irc::State;
use snug_proto::Timestamp;
use snug_rules::{LINES, Run};
use tokio::time::{Instant, Sleep};

/// A client that is silent for so long is sent a PING, and is gone if it is silent once more: after
/// four and a half minutes at most (A5). The system sees sooner when the machine is gone; this sees a
/// program that hangs, and who never signs in.
const PATIENCE: Duration = Duration::from_secs(90);

/// One IRC client on one session.
pub(crate) struct IrcFront {
    front: snug_irc::Front,
    /// Hears of every line before the sign-in.
    told: Option<Told>,
    /// It said too much before it signed in: no line is taken any more.
    over: bool,
    /// Its lines after the sign-in, where they are counted.
    paced: Option<Paced>,
}

/// How fast the lines of one client come.
struct Paced {
    began: Instant,
    /// When as many may come at once as ever, in milliseconds since then.
    whole_at: u64,
    /// No line is taken before then.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn line(&mut self) {
        let passed = self.began.elapsed().as_millis();
        let now = Timestamp::from_ms(u64::try_from(passed).unwrap_or(u64::MAX));
        match LINES.ask(&mut self.whole_at, 1, now) {
            Run::Now => {}
            Run::In(ms) | Run::TooMuch(ms) => {
                let pause = tokio::time::sleep(Duration::from_millis(ms));
                self.pause = Some(Box::pin(pause));
            }
        }
    }

    /// Is there a pause, and is it over now?
    fn poll_pause(&mut self, context: &mut Context<'_>) -> bool {
        let pause = self.pause.as_mut();
        let over = pause.is_some_and(|pause| pause.as_mut().poll(context).is_ready());
        if over {
            self.pause = None;
        }
        over
    }
}

impl IrcFront {
    /// A client, with somebody at the door to tell.
    pub(crate) fn new(front: snug_irc::Front, told: Option<Told>) -> Self {
        Self {
            front,
            told,
            over: false,
            paced: None,
        }
    }

    /// One whose lines are counted after the sign-in too, if anything is counted of it. Input is delayed, and nothing
    /// is refused (DECISIONS 26).
    pub(crate) fn paced(mut self) -> Self {
        if self.told.as_ref().is_some_and(Told::is_counted) {
            self.paced = Some(Paced {
                began: Instant::now(),
                whole_at: 0,
                pause: None,
            });
        }
        self
    }

    /// Most lines before a sign-in ask nothing of the session, which counts what is asked: the door counts
    /// them, and whoever sends too many is told so and closed (P2).
    fn may_say_more(&mut self) -> bool {
        if self.over || self.front.is_registered() {
            return !self.over;
        }
        let Some(Err(over)) = self.told.as_ref().map(Told::line) else {
            return true;
        };
        self.over = true;
        let seconds = over.retry_after_ms().div_ceil(1000);
        self.front.hang_up(format!(
            "Too many lines before signing in. Try again in {seconds} s."
        ));
        false
    }
}

impl Front for IrcFront {
    fn line(&mut self, line: Line<'_>) {
        if !self.may_say_more() {
            return;
        }
        if let Some(paced) = self.paced.as_mut().filter(|_| self.front.is_registered()) {
            paced.line();
        }
        match line {
            Line::Whole(line) => self.front.line(line),
            Line::TooLong => self.front.line_too_long(),
        }
    }

    fn wants_input(&self) -> bool {
        let pauses = self.paced.as_ref().is_some_and(|of| of.pause.is_some());
        !self.over && !pauses && self.front.wants_input()
    }

    fn bring_near(&self) {
        self.front.bring_near();
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        let paced = self.paced.as_mut();
        let goes_on = paced.is_some_and(|paced| paced.poll_pause(context));
        match self.front.poll_output(context, out) {
            // Lines are wanted again.
            Poll::Pending if goes_on => Poll::Ready(Flow::Open),
            Poll::Pending => Poll::Pending,
            Poll::Ready(State::Open) => Poll::Ready(Flow::Open),
            Poll::Ready(State::Closing) => Poll::Ready(Flow::Closing),
        }
    }

    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    fn silent(&mut self) {
        self.front.silent();
    }

    fn arrival(&self) -> Arrival {
        if self.front.is_registered() {
            Arrival::In
        } else if self.front.is_waiting() {
            Arrival::UnderWay
        } else {
            Arrival::Outside
        }
    }

    fn too_late(&mut self) {
        self.front
            .hang_up("Nobody signed in on this connection in time; connect again to go on");
    }

    fn hang_up(&mut self, why: HangUp) {
        self.front.hang_up(match why {
            HangUp::PeerClosed => "Connection closed",
            HangUp::Stopping => "The server is stopping; connect again in a moment",
        });
    }
}
