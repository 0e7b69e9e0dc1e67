//! The disk's own time for one small write that must last.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

/// What the write-ahead log gets for a small commit: a few pages.
const WRITE: [u8; 3 * 4096] = [0x5a; 3 * 4096];
/// The file begins anew after so many bytes, as a write-ahead log does.
const RING: u64 = 16 * 1024 * 1024;

/// A file that is written to and synced.
#[derive(Debug)]
pub struct SyncFloor {
    file: File,
    at: u64,
}

impl SyncFloor {
    /// A new file in this folder.
    pub fn new(folder: &Path) -> Result<Self> {
        let path = folder.join("sync-floor");
        let options = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path);
        Ok(Self {
            file: options?,
            at: 0,
        })
    }

    /// Writes a little, waits for the disk, and says how long both took.
    pub fn once(&mut self) -> Result<Duration> {
        let began = Instant::now();
        self.file.write_all_at(&WRITE, self.at)?;
        self.file.sync_data()?;
        self.at = (self.at + WRITE.len() as u64) % RING;
        Ok(began.elapsed())
    }
}
