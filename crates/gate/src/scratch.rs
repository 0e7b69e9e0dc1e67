//! Buffers that every connection needs for the length of one poll and no longer: one set a thread.

use std::cell::Cell;

/// What one read takes at most: two whole TLS records (RFC 8446 §5.2: 16,640 bytes and a header).
pub(crate) const READ_BYTES: usize = 2 * (16 * 1024 + 256 + 5);
/// A buffer that grew past this is given back after use.
const KEPT_BYTES: usize = 256 * 1024;

/// The buffers.
#[derive(Debug)]
pub(crate) struct Scratch {
    /// Bytes as they came from the socket.
    pub(crate) incoming: Box<[u8]>,
    /// Bytes on their way in after, or out before, encryption.
    pub(crate) plain: Vec<u8>,
    /// Bytes on their way to the socket.
    pub(crate) outgoing: Outgoing,
}

/// Bytes written so far into a buffer that stays as long as it once was: growing it by zeroes each time
/// would cost as much as copying.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    buffer: Vec<u8>,
    filled: usize,
}

impl Outgoing {
    /// Forgets what was written.
    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }

    /// Room for at least so many bytes after those written.
    pub(crate) fn spare(&mut self, bytes: usize) -> &mut [u8] {
        let needed = self.filled + bytes;
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    /// So many bytes of the spare room are written now.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.filled = (self.filled + bytes).min(self.buffer.len());
    }

    /// Appends bytes.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        if let Some(room) = self.spare(bytes.len()).get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
        }
        self.advance(bytes.len());
    }

    /// What was written.
    pub(crate) fn filled(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}

impl Scratch {
    fn new() -> Self {
        Self {
            incoming: vec![0; READ_BYTES].into(),
            plain: Vec::new(),
            outgoing: Outgoing::default(),
        }
    }

    fn trim(&mut self) {
        self.plain.clear();
        self.outgoing.clear();
        if self.plain.capacity() > KEPT_BYTES {
            self.plain = Vec::new();
        }
        if self.outgoing.buffer.len() > KEPT_BYTES {
            self.outgoing = Outgoing::default();
        }
    }
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends this thread's buffers.
pub(crate) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH
        .with(Cell::take)
        .unwrap_or_else(|| Box::new(Scratch::new()));
    let result = work(&mut scratch);
    scratch.trim();
    SCRATCH.with(|kept| kept.set(Some(scratch)));
    result
}
