//! The record that the preloaded library makes of what the server did to its files: see `shim/shim.c`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// One call, in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// When it returned, in nanoseconds since 1970.
    pub at: u64,
    /// What it did.
    pub what: What,
}

/// What a call did. Files are named by inode, as a rename or a second name leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Opened, and perhaps made or emptied, a file that has this many bytes now.
    Open {
        /// The file.
        inode: u64,
        /// Under this name.
        path: PathBuf,
        /// Its size after the call.
        size: u64,
    },
    /// Wrote.
    Write {
        /// The file.
        inode: u64,
        /// From here on.
        offset: u64,
        /// This.
        bytes: Vec<u8>,
    },
    /// Cut a file, or made it longer.
    Truncate {
        /// The file.
        inode: u64,
        /// To this many bytes.
        size: u64,
    },
    /// Waited until the disk has the file.
    Sync {
        /// The file.
        inode: u64,
    },
    /// Waited until the disk has a folder's entries.
    SyncFolder,
    /// Gave a file another name.
    Rename {
        /// The old one.
        from: PathBuf,
        /// The new one.
        to: PathBuf,
    },
    /// Took a name away.
    Unlink {
        /// The name.
        path: PathBuf,
    },
    /// Gave a file a second name.
    Link {
        /// The first.
        from: PathBuf,
        /// The second.
        to: PathBuf,
    },
    /// Made a folder.
    MakeFolder {
        /// Its name.
        path: PathBuf,
    },
}

/// Reads a whole record. A half-written last call is one that did not return: it is left out.
pub fn read(path: &Path) -> Result<Vec<Call>> {
    let bytes = fs::read(path).context("the recording")?;
    let mut rest = bytes.as_slice();
    let mut calls = Vec::new();
    while let Some((call, after)) = one(rest)? {
        calls.push(call);
        rest = after;
    }
    Ok(calls)
}

fn one(bytes: &[u8]) -> Result<Option<(Call, &[u8])>> {
    let Some((head, rest)) = bytes.split_at_checked(40) else {
        return Ok(None);
    };
    let long = |at: usize| {
        let part = head.get(at..at + 8).and_then(|part| part.try_into().ok());
        part.map_or(0, u64::from_ne_bytes)
    };
    let short = |at: usize| {
        let part = head.get(at..at + 4).and_then(|part| part.try_into().ok());
        part.map_or(0, u32::from_ne_bytes) as usize
    };
    let (op, at, inode, offset) = (long(0), long(8), long(16), long(24));
    let (Some((first, rest)), second) = (rest.split_at_checked(short(32)), short(36)) else {
        return Ok(None);
    };
    let Some((second, rest)) = rest.split_at_checked(second) else {
        return Ok(None);
    };
    let path = |bytes: &[u8]| PathBuf::from(String::from_utf8_lossy(bytes).into_owned());
    let what = match op {
        1 => What::Open {
            inode,
            path: path(first),
            size: offset,
        },
        2 => What::Write {
            inode,
            offset,
            bytes: first.to_vec(),
        },
        3 => What::Truncate {
            inode,
            size: offset,
        },
        4 => What::Sync { inode },
        5 => What::SyncFolder,
        6 => What::Rename {
            from: path(first),
            to: path(second),
        },
        7 => What::Unlink { path: path(first) },
        8 => What::MakeFolder { path: path(first) },
        9 => What::Link {
            from: path(first),
            to: path(second),
        },
        other => bail!("a call that is unknown: {other}"),
    };
    Ok(Some((Call { at, what }, rest)))
}
