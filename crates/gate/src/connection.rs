//! One connection's long life: one hand-written state machine that reads, cuts lines, gathers output,
//! encrypts and writes. It owns no buffer while it is idle (goal: about 5 KiB of memory for an idle one,
//! TLS included) and makes one write call for all that has gathered.

mod deadline;
pub(crate) mod direct;
mod ending;
mod opening;

use std::{
    io,
    net::SocketAddr,
    ops::Range,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

pub use ending::Ending;

use deadline::{Entry, Waiting};

use crate::{
    Arrival, Front, HangUp, Protocol,
    door::Guest,
    front::{Flow, OUTPUT_BYTES},
    handshake::Greeted,
    lines::LineBuffer,
    listener::Shared,
    registry::{Key, Phase},
    scratch::Scratch,
    transport::Transport,
    websocket::WebSocket,
};

/// Rounds of reading and writing before other connections get their turn.
const ROUNDS: usize = 8;
/// And so many bytes written. In a flood thousands have much to be told at once: with longer turns each would be
/// read from only every few seconds.
const TURN_BYTES: usize = OUTPUT_BYTES;

/// Nothing is read from a peer while more than this waits to be written to it.
const MAX_UNSENT_BYTES: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first bytes are to tell the protocol.
    Sniffing,
    /// Lines in, output out.
    Open,
    /// The last bytes are on their way.
    Flushing,
    /// All is written. What the peer still sends is thrown away, so that the system's reset on unread
    /// bytes does not overtake our last words.
    Lingering,
    /// A direct write failed; the task ends it.
    Failed,
}

/// What one attempt to read or to write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moved {
    /// Something moved, and more may.
    Some,
    /// Something moved, and whoever gives more wakes this task.
    Last,
    /// Nothing moved; whoever gives something wakes this task.
    Waits,
    /// Nothing moved, and nothing will before the other side has.
    Held,
}

/// Output that was gathered and encrypted: where it stands in the scratch buffer, and what the front said.
struct Gathered {
    range: Range<usize>,
    flow: Poll<Flow>,
}

pub(crate) struct Connection {
    stream: TcpStream,
    transport: Transport,
    /// Bytes of a TLS record that is not whole yet.
    kept: Vec<u8>,
    lines: LineBuffer,
    /// What lies between lines and transport, if anything does.
    websocket: Option<Box<WebSocket>>,
    /// Encrypted bytes that the socket did not take; the first `sent` of them are gone.
    unsent: Vec<u8>,
    sent: usize,
    /// Bytes written in this turn of its task.
    in_turn: usize,
    front: Option<Box<dyn Front>>,
    protocol: Option<Protocol>,
    stage: Stage,
    /// No line will come: the peer has ended its side, or the server stops.
    input_ended: bool,
    /// The front was told so.
    hung_up: bool,
    deadline: Option<(Waiting, Pin<Box<Sleep>>)>,
    entry: Entry,
    /// Something came since the peer's silence was last looked at.
    heard: bool,
    key: Option<Key>,
    /// Its task's, which stays the same for life; `None` before that has run, and while it is lent.
    waker: Option<Waker>,
    /// For its front: how to reach it without its task.
    direct: Weak<direct::Reached>,
    ending: Ending,
    peer: SocketAddr,
    /// What the door counts it by; leaves with it.
    guest: Guest,
    shared: Arc<Shared>,
}

impl Connection {
    /// Takes over a connection after its handshake.
    pub(crate) fn new(greeted: Greeted, guest: Guest, shared: Arc<Shared>) -> Self {
        shared.registry.arrive();
        let sleep = Box::pin(tokio::time::sleep(shared.times.sign_in));
        let mut connection = Self {
            stream: greeted.stream,
            transport: greeted.transport,
            kept: greeted.kept,
            lines: LineBuffer::default(),
            websocket: None,
            unsent: Vec::new(),
            sent: 0,
            in_turn: 0,
            front: None,
            protocol: None,
            stage: Stage::Sniffing,
            input_ended: greeted.closed,
            hung_up: false,
            deadline: None,
            entry: Entry::Awaited(sleep, false),
            heard: true,
            key: None,
            waker: None,
            direct: Weak::new(),
            ending: Ending::Stopped,
            peer: guest.address(),
            guest,
            shared,
        };
        connection.lines.hold(&greeted.plain);
        connection
    }

    /// A connection without TLS, for the listeners that speak IRC in plain.
    pub(crate) fn plain(stream: TcpStream, guest: Guest, shared: Arc<Shared>) -> Self {
        let greeted = Greeted::plain(stream);
        Self::new(greeted, guest, shared)
    }

    fn advance(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> Poll<Ending> {
        if self.key.is_none() {
            self.waker = Some(context.waker().clone());
            self.key = Some(self.shared.registry.enter(context.waker().clone()));
            if let Err(ending) = self.tell_protocol(scratch) {
                return Poll::Ready(ending);
            }
        }
        match self.shared.registry.phase() {
            Phase::Running => {}
            Phase::Stopping => match &mut self.front {
                None if self.stage == Stage::Sniffing => return Poll::Ready(Ending::Stopped),
                _ => {
                    self.input_ended = true;
                    self.linger_no_longer();
                    self.hang_up(HangUp::Stopping);
                }
            },
            Phase::Dropping => return Poll::Ready(Ending::Stopped),
        }
        if self.is_late(context) {
            return Poll::Ready(Ending::Silent);
        }
        self.in_turn = 0;
        for _ in 0..ROUNDS {
            let moved = self
                .read(context, scratch)
                .and_then(|read| Ok((read, self.write(context, scratch)?)));
            match moved {
                Err(ending) => return Poll::Ready(ending),
                // Nothing can move before this task is woken: both sides have its waker.
                Ok((Moved::Waits, Moved::Waits | Moved::Last) | (Moved::Held, Moved::Waits)) => {
                    return self.wait(context);
                }
                Ok(_) if self.in_turn >= TURN_BYTES => break,
                Ok(_) => {}
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn arrival(&self) -> Arrival {
        match &self.front {
            Some(front) => front.arrival(),
            None if self.stage == Stage::Sniffing => Arrival::Outside,
            None => Arrival::In,
        }
    }

    /// Reads once, if lines are wanted.
    fn read(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> Result<Moved, Ending> {
        match self.stage {
            Stage::Flushing => return Ok(Moved::Held),
            Stage::Lingering => return self.discard(context, scratch),
            Stage::Failed => return Err(self.ending.clone()),
            Stage::Sniffing | Stage::Open => {}
        }
        if let Some(front) = &mut self.front {
            if !front.wants_input() {
                return Ok(Moved::Held);
            }
            if self.lines.has_line() {
                self.lines.resume(front.as_mut());
                return Ok(Moved::Some);
            }
        }
        if self.input_ended {
            self.hang_up(HangUp::PeerClosed);
            return Ok(Moved::Held);
        }
        if self.unsent.len().saturating_sub(self.sent) > MAX_UNSENT_BYTES {
            // Pings and key updates are answered without the front being asked: who sends them and does not
            // read the answers waits.
            return Ok(Moved::Held);
        }
        let held = self.kept.len();
        let room = scratch.incoming.get_mut(held..).unwrap_or_default();
        let mut buffer = ReadBuf::new(room);
        let read = match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => return Ok(Moved::Waits),
            Poll::Ready(Err(error)) => return Err(Ending::Lost(error.kind())),
            Poll::Ready(Ok(())) => buffer.filled().len(),
        };
        if read == 0 {
            return self.end_input().map(|()| Moved::Some);
        }
        self.take(held + read, scratch)?;
        Ok(Moved::Some)
    }

    /// Decrypts the first `length` bytes of the scratch buffer, where the kept ones come first.
    fn take(&mut self, length: usize, scratch: &mut Scratch) -> Result<(), Ending> {
        self.heard = true;
        if let Some(front) = scratch.incoming.get_mut(..self.kept.len()) {
            front.copy_from_slice(&self.kept);
        }
        let incoming = scratch.incoming.get_mut(..length).unwrap_or_default();
        scratch.plain.clear();
        scratch.outgoing.clear();
        let opened = self
            .transport
            .open(incoming, &mut scratch.plain, &mut scratch.outgoing);
        // A key update's answer or an alert. It is encrypted in the order of what was sealed before it.
        self.unsent.extend_from_slice(scratch.outgoing.filled());
        let opened = match opened {
            Ok(opened) => opened,
            Err(failure) => {
                let last_words = self.unsent.get(self.sent..).unwrap_or_default();
                let _the_end_anyway = self.stream.try_write(last_words);
                return Err(Ending::Tls(failure.to_string()));
            }
        };
        let rest = incoming.get(opened.used..).unwrap_or_default();
        if rest.is_empty() {
            self.kept = Vec::new();
        } else {
            self.kept.clear();
            self.kept.extend_from_slice(rest);
        }
        let mut closed = opened.closed;
        if self.websocket.is_some() {
            let frames = std::mem::take(&mut scratch.plain);
            closed |= !self.unframe(&frames, scratch)?;
        }
        if let Some(front) = &mut self.front {
            self.lines.push(&scratch.plain, front.as_mut());
        } else {
            self.lines.hold(&scratch.plain);
            self.tell_protocol(scratch)?;
        }
        if closed && self.stage != Stage::Flushing {
            self.end_input()?;
        }
        Ok(())
    }

    fn end_input(&mut self) -> Result<(), Ending> {
        self.input_ended = true;
        // Lines may still wait for the front; it is told once it has had them.
        match &self.front {
            Some(_) => Ok(()),
            None => Err(Ending::Closed),
        }
    }

    /// Tells the front, once, that no line will come any more. Its output is asked for after that.
    fn hang_up(&mut self, why: HangUp) {
        if let Some(front) = self.front.as_mut().filter(|_| !self.hung_up) {
            self.hung_up = true;
            front.hang_up(why);
        }
    }

    /// Writes what waits, or else asks the front for more and writes that.
    fn write(&mut self, context: &mut Context<'_>, scratch: &mut Scratch) -> Result<Moved, Ending> {
        if self.sent < self.unsent.len() {
            return self.write_unsent(context);
        }
        match self.stage {
            Stage::Sniffing | Stage::Lingering | Stage::Failed => Ok(Moved::Waits),
            Stage::Open => self.write_output(context, scratch),
            Stage::Flushing => match Pin::new(&mut self.stream).poll_shutdown(context) {
                Poll::Pending => Ok(Moved::Waits),
                Poll::Ready(Err(error)) => Err(Ending::Lost(error.kind())),
                Poll::Ready(Ok(())) => {
                    self.stage = Stage::Lingering;
                    Ok(Moved::Some)
                }
            },
        }
    }

    fn write_unsent(&mut self, context: &mut Context<'_>) -> Result<Moved, Ending> {
        let bytes = self.unsent.get(self.sent..).unwrap_or_default();
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(context, bytes) else {
            return Ok(Moved::Waits);
        };
        self.sent += self.count(written)?;
        self.deadline = None;
        if self.sent >= self.unsent.len() {
            self.unsent = Vec::new();
            self.sent = 0;
        }
        Ok(Moved::Some)
    }

    fn write_output(
        &mut self,
        context: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Result<Moved, Ending> {
        scratch.outgoing.clear();
        let gathered = self.gather(context, scratch)?;
        self.send(&gathered, scratch)
    }

    /// Asks the front for output, and encrypts it behind what `scratch` holds.
    fn gather(
        &mut self,
        context: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Result<Gathered, Ending> {
        let from = scratch.outgoing.filled().len();
        let nothing = Gathered {
            range: from..from,
            flow: Poll::Pending,
        };
        let Some(front) = &mut self.front else {
            return Ok(nothing);
        };
        scratch.plain.clear();
        let flow = front.poll_output(context, &mut scratch.plain);
        if flow.is_pending() && scratch.plain.is_empty() {
            return Ok(nothing);
        }
        let closing = flow == Poll::Ready(Flow::Closing);
        if let Some(websocket) = &mut self.websocket {
            scratch.plain = websocket.seal(&scratch.plain);
            if closing {
                scratch.plain.extend(websocket.close());
            }
        }
        let mut sealed = self
            .transport
            .seal(&mut self.kept, &scratch.plain, &mut scratch.outgoing);
        if closing {
            // The front's session ends now, not when the peer has taken the last bytes.
            self.front = None;
            self.ending = match self.entry {
                Entry::Missed => Ending::NobodySignedIn,
                Entry::Awaited(..) | Entry::Done => Ending::Closed,
            };
            self.stage = Stage::Flushing;
            sealed =
                sealed.and_then(|()| self.transport.close(&mut self.kept, &mut scratch.outgoing));
        }
        sealed.map_err(|failure| Ending::Tls(failure.to_string()))?;
        let range = from..scratch.outgoing.filled().len();
        Ok(Gathered { range, flow })
    }

    /// Writes what was gathered, and keeps what the socket does not take.
    fn send(&mut self, gathered: &Gathered, scratch: &Scratch) -> Result<Moved, Ending> {
        let bytes = scratch.outgoing.filled().get(gathered.range.clone());
        let bytes = bytes.unwrap_or_default();
        if bytes.is_empty() {
            return Ok(match gathered.flow {
                Poll::Pending => Moved::Waits,
                Poll::Ready(_) => Moved::Some,
            });
        }
        // Past the runtime, which would look up first whether the socket has room: it nearly always has.
        let written = match SockRef::from(&self.stream).send(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            written => self.count(written)?,
        };
        let rest = bytes.get(written..).unwrap_or_default();
        self.unsent.extend_from_slice(rest);
        if gathered.flow.is_pending() && rest.is_empty() {
            Ok(Moved::Last)
        } else {
            Ok(Moved::Some)
        }
    }

    fn count(&mut self, written: io::Result<usize>) -> Result<usize, Ending> {
        self.shared.statistics.count_write(1);
        match written {
            Ok(0) => Err(Ending::Lost(io::ErrorKind::WriteZero)),
            Ok(written) => {
                let bytes = u64::try_from(written).unwrap_or(u64::MAX);
                self.shared.statistics.count_written_bytes(bytes);
                self.in_turn = self.in_turn.saturating_add(written);
                Ok(written)
            }
            Err(error) => Err(Ending::Lost(error.kind())),
        }
    }

    fn discard(
        &mut self,
        context: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Result<Moved, Ending> {
        let mut buffer = ReadBuf::new(&mut scratch.incoming);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => Ok(Moved::Waits),
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Ok(Moved::Some),
            Poll::Ready(_) => Err(self.ending.clone()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The front goes first and the registry last: when that is empty, every session has been closed.
        self.front = None;
        self.shared.statistics.count_closed(1);
        self.guest.ended(&self.ending);
        self.shared
            .doorman
            .ended(self.peer, self.protocol, &self.ending);
        self.shared.registry.leave(self.key);
    }
}
