//! The IRC front: `snug_irc`'s, at the door.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use snug_gate::{Arrival, Flow, Front, HangUp, Line, Told};
use snug_irc::State;

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
}

impl IrcFront {
    /// A client, with somebody at the door to tell.
    pub(crate) fn new(front: snug_irc::Front, told: Option<Told>) -> Self {
        let over = false;
        Self { front, told, over }
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
        match line {
            Line::Whole(line) => self.front.line(line),
            Line::TooLong => self.front.line_too_long(),
        }
    }

    fn wants_input(&self) -> bool {
        !self.over && self.front.wants_input()
    }

    fn bring_near(&self) {
        self.front.bring_near();
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        self.front
            .poll_output(context, out)
            .map(|state| match state {
                State::Open => Flow::Open,
                State::Closing => Flow::Closing,
            })
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
