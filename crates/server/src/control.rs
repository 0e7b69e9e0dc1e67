//! The control socket in the data folder: JSON lines, one command a line, for whoever may open the
//! socket's file (mode 0600, so the server's own user and root).

use std::{
    fs::{File, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::UnixStream as StdUnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use crate::{
    StartError,
    admin::{Admin, Command, Outcome},
    data_folder::DataFolder,
    serving::{Bounds, serve},
};

/// Longest command: a roster of the most members.
const MAX_COMMAND_BYTES: u64 = 32 * 1024 * 1024;
/// Longest answer: a page of the audit log.
const MAX_ANSWER_BYTES: u64 = 4 * 1024 * 1024;
/// How long a connection may take to say its command, and a command to be carried out.
const PATIENCE: Duration = Duration::from_secs(30);
/// Commands at a time, and how long each may take.
const BOUNDS: Bounds = Bounds {
    at_once: 16,
    patience: PATIENCE,
};
/// A socket's address holds no longer path than about this.
const MAX_ADDRESS_BYTES: usize = 100;

/// The open socket. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    serving: JoinHandle<()>,
}

impl Control {
    /// Listens. Whoever holds the folder's lock may clear an old socket away.
    pub(crate) fn open(folder: &DataFolder, admin: Admin) -> Result<Self, StartError> {
        let path = DataFolder::control_socket(folder.path());
        let listener = bind(folder.path(), &path).map_err(|source| StartError::Control {
            path: path.clone(),
            source,
        })?;
        let serving = tokio::spawn(serve(
            move |context| listener.poll_accept(context).map_ok(|(stream, _)| stream),
            BOUNDS,
            move |stream| answer(stream, admin.clone()),
        ));
        Ok(Self { path, serving })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.serving.abort();
        let _gone_already = std::fs::remove_file(&self.path);
    }
}

/// Binds under another name first, so that the socket is never there with wider permissions.
fn bind(folder: &Path, path: &Path) -> io::Result<UnixListener> {
    let unfinished = folder.join("control.new");
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let short = Short::of(&unfinished)?;
    let listener = UnixListener::bind(&short.path)?;
    std::fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
    std::fs::rename(&unfinished, path)?;
    Ok(listener)
}

async fn answer(stream: UnixStream, admin: Admin) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(reader.take(MAX_COMMAND_BYTES));
    reader.read_line(&mut line).await?;
    let outcome = match understood(&line) {
        Some(command) => admin.run(command).await,
        None => Outcome::Error("The running server does not know that command.".into()),
    };
    let mut answer = serde_json::to_vec(&outcome).map_err(io::Error::other)?;
    answer.push(b'\n');
    writer.write_all(&answer).await
}

/// The command that a line says.
pub(crate) fn understood(line: &str) -> Option<Command> {
    serde_json::from_str(line).ok()
}

/// Asks the server that runs on this folder. `None` if none does.
pub(crate) fn ask(folder: &Path, command: &Command) -> io::Result<Option<Outcome>> {
    let path = DataFolder::control_socket(folder);
    let connected = Short::of(&path).and_then(|short| StdUnixStream::connect(&short.path));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    stream.set_read_timeout(Some(2 * PATIENCE))?;
    let mut line = serde_json::to_vec(command).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(MAX_ANSWER_BYTES)).read_line(&mut answer)?;
    serde_json::from_str(&answer)
        .map(Some)
        .map_err(io::Error::other)
}

/// A path short enough for a socket's address: a long one goes by way of its folder's descriptor.
struct Short {
    path: PathBuf,
    _folder: Option<File>,
}

impl Short {
    fn of(path: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if path.as_os_str().len() <= MAX_ADDRESS_BYTES {
            return Ok(Self {
                path: path.to_owned(),
                _folder: None,
            });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
        Ok(Self {
            path,
            _folder: Some(folder),
        })
    }
}
