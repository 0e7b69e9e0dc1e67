//! The IRC front: `snug_irc`'s, at the door.

use std::task::{Context, Poll};

use snug_gate::{Flow, Front, HangUp, Line};
use snug_irc::State;

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

    fn hang_up(&mut self, why: HangUp) {
        self.0.hang_up(match why {
            HangUp::PeerClosed => "Connection closed",
            HangUp::Stopping => "The server is stopping; connect again in a moment",
        });
    }
}
