//! The files of a profile: the folder, the key, the locks. For their owner's eyes only.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use rand::RngCore;
use sha2::{Digest, Sha256};

use super::ProfileError;

const KEY_BYTES: usize = 32;

/// `$SNUG_HOME`; else `snug` in the place for a program's state (`$XDG_STATE_HOME`, or
/// `~/.local/state`; on Windows `%APPDATA%`).
pub fn default_folder() -> Result<PathBuf, ProfileError> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(home) = set("SNUG_HOME") {
        return Ok(home);
    }
    let state = if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_STATE_HOME").or_else(|| Some(env::home_dir()?.join(".local/state")))
    };
    state
        .map(|state| state.join("snug"))
        .ok_or(ProfileError::NoHome)
}

pub(super) fn make(folder: &Path) -> Result<(), ProfileError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(at(folder))
}

#[cfg(unix)]
pub(super) fn make_private(path: &Path) -> Result<(), ProfileError> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path, mode).map_err(at(path))
}

/// Elsewhere what is in a person's own folder is that person's already.
#[cfg(not(unix))]
pub(super) fn make_private(_path: &Path) -> Result<(), ProfileError> {
    Ok(())
}

/// The key in hexadecimal, made at the first call.
pub(super) fn key(folder: &Path) -> Result<String, ProfileError> {
    let path = folder.join("key");
    if !path.exists() {
        make_key(folder, &path)?;
    }
    let key = fs::read(&path).map_err(at(&path))?;
    if key.len() != KEY_BYTES {
        return Err(ProfileError::BadKey(path));
    }
    Ok(data_encoding::HEXLOWER.encode(&key))
}

/// Written whole beside its place first: two processes that start at once end with one key.
fn make_key(folder: &Path, path: &Path) -> Result<(), ProfileError> {
    let mut key = [0; KEY_BYTES];
    rand::rngs::OsRng.fill_bytes(&mut key);
    let draft = folder.join(format!("key.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(&key)?;
        file.sync_all()
    });
    let placed = written.and_then(|()| fs::hard_link(&draft, path));
    // The draft has done its work, whoever won.
    let removed = fs::remove_file(&draft);
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(at(path)(error)),
        _ => removed.map_err(at(&draft)),
    }
}

/// Locks what concerns one server, and waits for it. The file's name must suit every file system, so
/// it is made of the alias' hash.
pub(super) fn lock(folder: &Path, alias: &str) -> Result<File, ProfileError> {
    let hash = Sha256::digest(alias.to_lowercase().as_bytes());
    let name: String = data_encoding::HEXLOWER
        .encode(&hash)
        .chars()
        .take(16)
        .collect();
    let path = folder.join(format!("lock-{name}"));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(at(&path))?;
    file.lock().map_err(at(&path))?;
    Ok(file)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> ProfileError {
    let path = path.to_owned();
    |source| ProfileError::File { path, source }
}
