//! Calls that a program made, counted by the preloaded library into a file.

use std::{fs, ops::Sub, path::Path};

use anyhow::{Context, Result};

/// Counts since the program began, or between two moments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Calls that wrote to a socket.
    pub socket_writes: u64,
    /// Bytes they took.
    pub socket_bytes: u64,
    /// Calls that wrote to a file.
    pub file_writes: u64,
    /// Bytes they took.
    pub file_bytes: u64,
    /// Calls of fsync and fdatasync.
    pub syncs: u64,
}

impl Counters {
    /// The counts at this moment.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).context("the counters' file")?;
        let mut numbers = bytes
            .chunks_exact(8)
            .filter_map(|number| number.try_into().ok().map(u64::from_ne_bytes));
        let mut next = || numbers.next().context("too few counters");
        Ok(Self {
            socket_writes: next()?,
            socket_bytes: next()?,
            file_writes: next()?,
            file_bytes: next()?,
            syncs: next()?,
        })
    }
}

impl Sub for Counters {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            socket_writes: self.socket_writes.saturating_sub(before.socket_writes),
            socket_bytes: self.socket_bytes.saturating_sub(before.socket_bytes),
            file_writes: self.file_writes.saturating_sub(before.file_writes),
            file_bytes: self.file_bytes.saturating_sub(before.file_bytes),
            syncs: self.syncs.saturating_sub(before.syncs),
        }
    }
}
