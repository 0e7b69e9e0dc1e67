//! Why a server does not start: one sentence each, for the person who started it.

use std::{io, net::SocketAddr, path::PathBuf};

use snug_auth::KeysError;
use snug_store::StoreError;

/// Why a server does not start, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has the data folder.
    #[error(
        "Another snugd is using the data folder {}. Stop that one first, or give this one a folder of its own with --data.",
        .0.display()
    )]
    InUse(PathBuf),
    /// Nothing can be written there.
    #[error("The data folder {} cannot be written: {source}. Choose another one with --data.", .folder.display())]
    Unwritable {
        /// Which folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}.", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A listener cannot be had.
    #[error("{address} cannot be listened on: {}. Choose another address with --listen.", listen_problem(.source))]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A newer version wrote the database.
    #[error(
        "{} was written by a newer snugd (its version is {found}, this program knows up to {known}). Run that newer one, or restore a backup.",
        .path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The database is damaged.
    #[error("{} is damaged, or is not one of Snug's databases: {problem}. Restore a backup, or move it away to begin anew.", .path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The database cannot be used.
    #[error("The database {} cannot be used: {error}.", .path.display())]
    Database {
        /// Which file.
        path: PathBuf,
        /// What storage said.
        error: StoreError,
    },
    /// The engine found the store unusable.
    #[error("The server could not start on its database: {0}.")]
    Engine(StoreError),
    /// The server's keys are damaged.
    #[error("{}: {error}.", .path.display())]
    Keys {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        error: KeysError,
    },
    /// There is a database but no keys.
    #[error(
        "{} is missing, and without it no password of this server can be checked. Restore it from a backup.",
        .path.display()
    )]
    KeysMissing {
        /// Which file.
        path: PathBuf,
    },
    /// The identity cannot be used.
    #[error("The server's identity cannot be used: {0}.")]
    Identity(String),
    /// The control socket cannot be made.
    #[error("The control socket {} cannot be made: {source}.", .path.display())]
    Control {
        /// Its place.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A command without a server found nothing to work on.
    #[error(
        "There is no data folder {}. Name it with --data, or start snugd once to make it.",
        .path.display()
    )]
    NoData {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something that should not happen.
    #[error("The server could not start: {0}.")]
    Other(String),
}

fn listen_problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program is using that port".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege that snugd does not have".to_owned()
        }
        _ => error.to_string(),
    }
}
