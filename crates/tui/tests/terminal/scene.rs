//! A server, and a shell in a terminal.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use snug_server::{Options, PasswordCost, Running, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);
/// A password that will do.
const PASSWORD: &str = "correct horse";

/// A server, and a terminal with a shell in it whose `snug` keeps its things in one folder.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    options: Options,
    runtime: Runtime,
    running: Option<Running>,
}

impl Scene {
    /// The shell stands ready. `None` on a machine without tmux.
    pub(crate) fn new() -> Option<Self> {
        let tmux = Command::new("tmux").arg("-V").output();
        if !tmux.is_ok_and(|output| output.status.success()) {
            let required = std::env::var_os("SNUG_REQUIRE_CLIENTS").is_some();
            assert!(!required, "tmux is not installed");
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let mut options = Options {
            passwords: PasswordCost::Release,
            ..Options::for_tests(folder.path().join("data"))
        };
        let running = runtime.block_on(Server::start(options.clone())).unwrap();
        // After a restart it is where it was.
        options.listen = vec![running.local_addr()];
        let scene = Self {
            options,
            folder,
            runtime,
            running: Some(running),
        };
        scene.tmux(&[
            "new-session",
            "-d",
            "-x",
            "120",
            "-y",
            "40",
            "PS1='ready> ' sh",
        ]);
        scene.sees_the_shell();
        Some(scene)
    }

    pub(crate) fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-S")
            .arg(self.folder.path().join("tmux"))
            .args(["-f", "/dev/null"])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("SNUG_HOME", self.folder.path().join("home"))
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("SNUG_PANIC_FOR_TESTS", "1")
            // A panic is one line, whatever the tests themselves show of theirs.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    pub(crate) fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-J"]);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until this stands on the screen.
    pub(crate) fn sees(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if screen.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline, "{text:?} is not in:\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the screen is so.
    pub(crate) fn waits(&self, what: &str, until: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if until(&screen) {
                return;
            }
            assert!(Instant::now() < deadline, "not so, {what}:\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the shell has the terminal again.
    pub(crate) fn sees_the_shell(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.screen().trim_end().lines().next_back() != Some("ready>") {
            assert!(Instant::now() < deadline, "no shell in:\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Ann comes in for the first time.
    pub(crate) fn joins(&self) {
        let running = self.running.as_ref().unwrap();
        let code = running.owner_code().unwrap().expose();
        let link = running.link();
        let snug = env!("CARGO_BIN_EXE_snug");
        self.types(&format!("{snug} --plain join '{link}' --code {code}"));
        self.sees("Choose a name:");
        self.types("ann");
        self.sees("Password (");
        self.types(PASSWORD);
        self.sees("The same again:");
        self.types(PASSWORD);
        self.sees("#lobby> ");
    }

    /// What tmux knows of the terminal, as `#{NAME}` gives it.
    pub(crate) fn about(&self, format: &str) -> String {
        let output = self.tmux(&["display-message", "-p", format]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The program that runs in the shell.
    pub(crate) fn program(&self) -> String {
        let shell = self.about("#{pane_pid}");
        let output = Command::new("pgrep").args(["-P", &shell]).output().unwrap();
        let id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        assert!(!id.is_empty(), "nothing runs in:\n{}", self.screen());
        id
    }

    /// Sends the program a signal.
    pub(crate) fn kills(&self, signal: &str) {
        let kill = Command::new("kill")
            .args([signal, &self.program()])
            .status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn stops_the_server(&mut self) {
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.stop());
    }

    pub(crate) fn starts_the_server(&mut self) {
        let started = self.runtime.block_on(Server::start(self.options.clone()));
        self.running = Some(started.unwrap());
    }

    pub(crate) fn clears(&self) {
        self.types("clear");
        self.tmux(&["clear-history"]);
    }

    /// What a `snug` beside it, given these lines, prints.
    pub(crate) fn aside(&self, lines: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_snug"))
            .arg("--plain")
            .env("SNUG_HOME", self.folder.path().join("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(lines.as_bytes()).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}
