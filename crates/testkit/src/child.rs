//! The real `snugd` as a child process: started, watched, stopped or killed.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    cores::spawn_as_server,
    pinned::{Fingerprint, parse_fingerprint},
    shim::Shim,
};

/// How long a server may take to say that it listens, or to stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// How to start a server.
#[derive(Debug, Clone)]
pub struct Start {
    program: PathBuf,
    data: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    shim: Option<Shim>,
    open_files: Option<u64>,
    log: Option<PathBuf>,
}

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Snugd {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for IRC without TLS, if it does.
    pub plain: Option<SocketAddr>,
    /// What its certificate must be.
    pub fingerprint: Fingerprint,
    /// The code for its owner's first sign-in, while there is one.
    pub owner_code: Option<String>,
}

impl Start {
    /// A server on this data folder, on a free port of the loopback address, without limits on how fast
    /// its clients may be, and with cheap password hashing.
    pub fn new(data: &Path) -> Result<Self> {
        let start = Self {
            program: program()?,
            data: data.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            shim: None,
            open_files: None,
            log: None,
        };
        Ok(start
            .env("SNUG_MESSAGES_PER_SECOND", "0")
            .env("SNUG_TRUSTED", "127.0.0.1")
            // Whole crowds are made here, from few addresses.
            .env("SNUG_ACCOUNTS_PER_HOUR", "0")
            .env("SNUG_ACCOUNTS_PER_DAY", "0")
            .env("SNUG_TEST_CHEAP_PASSWORDS", "1"))
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the preloaded library.
    #[must_use]
    pub fn shim(mut self, shim: Shim) -> Self {
        self.shim = Some(shim);
        self
    }

    /// It may open so many files.
    #[must_use]
    pub fn open_files(mut self, most: u64) -> Self {
        self.open_files = Some(most);
        self
    }

    /// What it logs goes into this file.
    #[must_use]
    pub fn log_to(mut self, file: &Path) -> Self {
        self.log = Some(file.to_owned());
        self
    }

    fn command(&self) -> Command {
        let Some(most) = self.open_files else {
            return Command::new(&self.program);
        };
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]);
        command.arg(&self.program);
        command
    }

    /// Starts it and waits until it listens.
    pub fn run(&self) -> Result<Snugd> {
        let mut command = self.command();
        command
            .arg("--data")
            .arg(&self.data)
            .args(["--listen", "127.0.0.1:0"])
            .args(&self.arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(log) = &self.log {
            command.stderr(File::create(log)?);
        } else if std::env::var_os("SNUG_TEST_SHOW_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        if let Some(shim) = &self.shim {
            shim.preload_into(&mut command)?;
        }
        Snugd::new(
            spawn_as_server(&mut command)
                .with_context(|| format!("cannot start {}", self.program.display()))?,
        )
    }
}

impl Snugd {
    fn new(mut child: Child) -> Result<Self> {
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = channel();
        // Ends when the child closes its standard output, or when nobody listens any more.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            child,
            lines,
            said: Vec::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            plain: None,
            fingerprint: [0; 32],
            owner_code: None,
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Reads its standard output up to the line with its link, or, on a later start, the line after it.
    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => bail!("not ready: {:?}", self.said),
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    bail!(
                        "snugd ended ({status}) before it was ready: {:?}",
                        self.said
                    )
                }
            };
            self.said.push(line.clone());
            if let Some(address) = line.strip_prefix("IRC without TLS on ") {
                self.plain = Some(address.parse()?);
            }
            if let Some((_, link)) = line.split_once("snug://") {
                return self.take_link(link);
            }
        }
    }

    fn take_link(&mut self, link: &str) -> Result<()> {
        let (place, rest) = link
            .split_once("/#")
            .context("a link without a fingerprint")?;
        let port = place.rsplit_once(':').context("a link without a port")?.1;
        self.address.set_port(port.parse()?);
        let mut words = rest.split_whitespace();
        let fingerprint = words.next().context("a link without a fingerprint")?;
        self.fingerprint = parse_fingerprint(fingerprint)?;
        if words.next() == Some("--code") {
            self.owner_code = words.next().map(str::to_owned);
        }
        Ok(())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does: SIGKILL, and waits until it is gone.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits for its exit status.
    pub fn stop(mut self) -> Result<ExitStatus> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.context("no process id")?, Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("snugd did not stop on SIGTERM");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Snugd {
    fn drop(&mut self) {
        // Gone already after `kill` and `stop`; then neither call does anything.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// Where snugd is: named by `SNUG_TEST_SNUGD`, else beside this program. Beside a test stands the one
/// that was built with it.
pub fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("SNUG_TEST_SNUGD") {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program in no folder")?;
    let found = if folder.ends_with("deps") {
        folder.with_file_name("snugd-under-test")
    } else {
        folder.join("snugd")
    };
    let here = found.exists();
    anyhow::ensure!(here, "no {}: build it first", found.display());
    Ok(found)
}
