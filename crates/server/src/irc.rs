//! The IRC front: `snug_irc`'s, at the door.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use snug_gate::{Arrival, Flow, Front, HangUp, Line};
use snug_irc::State;

/// A client that is silent for so long is sent a PING, and is gone if it is silent once more: after
/// four and a half minutes at most (A5). The system sees sooner when the machine is gone; this sees a
/// program that hangs, and who never signs in.
const PATIENCE: Duration = Duration::from_secs(90);

/// One IRC client on one session.
pub(crate) struct IrcFront(pub(crate) snug_irc::Front);

impl Front for IrcFront {
    fn line(&mut self, line: Line<'_>) {
        match line {
            Line::Whole(line) => self.0.line(line),
            Line::TooLong => self.0.line_too_long(),
        }
    }

    fn wants_input(&self) -> bool {
        self.0.wants_input()
    }

    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow> {
        self.0.poll_output(context, out).map(|state| match state {
            State::Open => Flow::Open,
            State::Closing => Flow::Closing,
        })
    }

    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    fn silent(&mut self) {
        self.0.silent();
    }

    fn arrival(&self) -> Arrival {
        if self.0.is_registered() {
            Arrival::In
        } else if self.0.is_waiting() {
            Arrival::UnderWay
        } else {
            Arrival::Outside
        }
    }

    fn too_late(&mut self) {
        self.0
            .hang_up("Nobody signed in on this connection in time; connect again to go on");
    }

    fn hang_up(&mut self, why: HangUp) {
        self.0.hang_up(match why {
            HangUp::PeerClosed => "Connection closed",
            HangUp::Stopping => "The server is stopping; connect again in a moment",
        });
    }
}
