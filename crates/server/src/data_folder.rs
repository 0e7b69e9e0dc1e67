//! The data folder: who may use it, and the files in it.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use rand::rngs::OsRng;
use rustix::fs::{FlockOperation, flock};
use snug_auth::ServerKeys;
use snug_gate::{Identity, IdentityError, write_private};
use snug_proto::Timestamp;
use snug_store::{Durability, SqliteStore, StoreError};

use crate::{StartError, clean_stop::RunningMark};

/// The database's name in a data folder.
pub(crate) const DATABASE: &str = "snug.db";
/// The files without which a database is worth nothing: the keys that verify passwords, and the identity
/// that clients pin.
pub(crate) const KEPT: [&str; 2] = ["keys", "identity.pem"];

/// A data folder that this process alone uses. The lock is the kernel's: whatever ends the process
/// frees it.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and takes it for this process.
    pub(crate) fn take(path: &Path) -> Result<Self, StartError> {
        let unwritable = |source| StartError::Unwritable {
            folder: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unwritable)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("lock"))
            .map_err(unwritable)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StartError::InUse(path.to_owned())),
            Err(errno) => Err(unwritable(errno.into())),
        }
    }

    /// The control socket's place.
    pub(crate) fn control_socket(path: &Path) -> PathBuf {
        path.join("control.sock")
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The server's identity, made at the first start.
    pub(crate) fn identity(&self) -> Result<Identity, StartError> {
        let path = self.path.join("identity.pem");
        Identity::load_or_generate(&path).map_err(|error| match error {
            IdentityError::Unwritable { source, .. } => self.unwritable(source),
            IdentityError::Unreadable { .. } | IdentityError::NotMade(_) => {
                StartError::Identity(error.to_string())
            }
            IdentityError::NotPem | IdentityError::Unusable => StartError::Identity(format!(
                "{}: {error}. Restore it from a backup; without it, every client must be given a new join link",
                path.display()
            )),
        })
    }

    /// The keys that verify passwords, made at the first start.
    pub(crate) fn keys(&self) -> Result<Arc<ServerKeys>, StartError> {
        let path = self.path.join("keys");
        match std::fs::read(&path) {
            Ok(bytes) => ServerKeys::from_bytes(&bytes)
                .map(Arc::new)
                .map_err(|error| StartError::Keys { path, error }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.database().exists() {
                    // New keys would make every password wrong, for good.
                    return Err(StartError::KeysMissing { path });
                }
                let keys = ServerKeys::generate(&mut OsRng);
                write_private(&path, &keys.to_bytes()).map_err(|error| self.unwritable(error))?;
                Ok(Arc::new(keys))
            }
            Err(source) => Err(StartError::Unreadable { path, source }),
        }
    }

    /// The database, made at the first start and brought to the newest schema.
    pub(crate) fn store(&self, durability: Durability) -> Result<SqliteStore, StartError> {
        let path = self.database();
        SqliteStore::open(&path, durability).map_err(|error| match error {
            StoreError::Newer { found, known } => StartError::Newer { path, found, known },
            StoreError::Corrupt(problem) => StartError::Corrupt { path, problem },
            error => StartError::Database { path, error },
        })
    }

    /// Is there no database yet?
    pub(crate) fn is_new(&self) -> bool {
        !self.database().exists()
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// When something was last written to the database, if there is one.
    pub(crate) fn last_written(&self) -> Option<Timestamp> {
        let written = |path: PathBuf| std::fs::metadata(path).and_then(|of| of.modified()).ok();
        let log = self.path.join(format!("{DATABASE}-wal"));
        let latest = written(self.database()).max(written(log))?;
        let since = latest.duration_since(std::time::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis())
            .ok()
            .map(Timestamp::from_ms)
    }

    /// Marks it as in use by a running server.
    pub(crate) fn mark(&self, durability: Durability) -> Result<RunningMark, StartError> {
        RunningMark::set(&self.path, durability).map_err(|error| self.unwritable(error))
    }

    pub(crate) fn unwritable(&self, source: io::Error) -> StartError {
        StartError::Unwritable {
            folder: self.path.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_by_one_at_a_time_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataFolder::take(&path).unwrap();
        let second = DataFolder::take(&path).unwrap_err();
        assert!(matches!(second, StartError::InUse(_)));
        drop(first);
        DataFolder::take(&path).unwrap();
    }

    #[test]
    fn keys_are_never_made_anew_beside_an_old_database() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::take(folder.path()).unwrap();
        let made = data.keys().unwrap().to_bytes();
        assert_eq!(data.keys().unwrap().to_bytes(), made);
        std::fs::write(data.database(), "").unwrap();
        std::fs::remove_file(folder.path().join("keys")).unwrap();
        let missing = data.keys().err().unwrap();
        assert!(matches!(missing, StartError::KeysMissing { .. }));
        std::fs::write(folder.path().join("keys"), "rubbish").unwrap();
        let damaged = data.keys().err().unwrap();
        assert!(matches!(damaged, StartError::Keys { .. }));
    }
}
