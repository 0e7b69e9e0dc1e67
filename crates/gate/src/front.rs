//! What the door asks of a front: take lines, give bytes.

use std::{
    net::SocketAddr,
    sync::Weak,
    task::{Context, Poll},
    time::Duration,
};

use snug_proto::Direct;

use crate::{Ending, Fingerprint, Told};

/// A front stops adding to its output once this many bytes are in it; one line may go over.
/// The bytes are the most that a reader who does not read holds here, beside its engine's outbox.
pub const OUTPUT_BYTES: usize = 32 * 1024;

/// A line from the peer, its line feed and a carriage return before it taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The line. Not checked for anything but its length.
    Whole(&'a [u8]),
    /// A line over [`snug_proto::limits::MAX_LINE_BYTES`]; it is thrown away up to its line feed.
    TooLong,
}

/// Does a connection go on?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Yes; ask for output again once this is written.
    Open,
    /// No: write this, then close.
    Closing,
}

/// Why a front gets no more lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// The peer has closed its side. What it asked before may still be answered.
    PeerClosed,
    /// The server is stopping: answer what was accepted, then close.
    Stopping,
}

/// How far a newcomer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Nobody has signed in, and nobody is about to.
    Outside,
    /// A sign-in or a registration is under way.
    UnderWay,
    /// Signed in. It stays so.
    In,
}

/// One end of a conversation. Dropping it ends the conversation as a lost connection does.
pub trait Front: Send {
    /// Takes a line. Called only while [`Front::wants_input`] says yes.
    fn line(&mut self, line: Line<'_>);

    /// May the next line come? Asked again after every line and after output was made.
    fn wants_input(&self) -> bool;

    /// Appends what is to be written to `out`, about [`OUTPUT_BYTES`] at most. `Pending` when there is
    /// nothing more for now, whether something was appended or not; the waker is woken when that changes.
    fn poll_output(&mut self, context: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<Flow>;

    /// Has the processor fetch what [`Front::poll_output`] looks at, where nobody has looked for long. Whoever
    /// asks many fronts for output waits for memory once for all of them, if all are told this first.
    fn bring_near(&self) {}

    /// Told of each so long time in which nothing came, see [`Front::silent`]. `None`, without a timer,
    /// for a protocol whose peers look after the connection themselves.
    fn patience(&self) -> Option<Duration> {
        None
    }

    /// Nothing has come for [`Front::patience`], and not longer than twice that. Output is asked for
    /// after it: a question whether anybody is there, or the end.
    fn silent(&mut self) {}

    /// How far the newcomer has come. Asked until it is in.
    fn arrival(&self) -> Arrival;

    /// Nobody has signed in within [`crate::Times::sign_in`]. The front says so, and that it closes.
    fn too_late(&mut self);

    /// No line will come any more. The front goes on giving output until it says [`Flow::Closing`].
    fn hang_up(&mut self, why: HangUp);
}

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The native wire, JSON lines.
    Native,
    /// IRC.
    Irc,
}

/// Who comes, and how.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// Where from.
    pub address: SocketAddr,
    /// Over TLS: nobody on the way can read along.
    pub secure: bool,
    /// The fingerprint of the certificate that it showed, if it did. It holds the key to it.
    pub certificate: Option<Fingerprint>,
    /// Tells the door what becomes of it; none where nothing is counted.
    pub told: Option<Told>,
}

/// Who opens a front for each newcomer.
pub trait Doorman: Send + Sync + 'static {
    /// The front for a newcomer that speaks this; `None` turns it away without a word. What comes for
    /// it later can be written through `direct`, instead of waking whoever polls its output.
    fn open(
        &self,
        protocol: Protocol,
        newcomer: &Newcomer,
        direct: Weak<dyn Direct>,
    ) -> Option<Box<dyn Front>>;

    /// A connection has ended, with or without ever having had a front. For the log.
    fn ended(&self, peer: SocketAddr, protocol: Option<Protocol>, how: &Ending);
}
