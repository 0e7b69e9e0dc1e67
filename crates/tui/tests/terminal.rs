//! `snug` in a real terminal (tmux's), against the real server.
//!
//! A machine without tmux skips, and says so; with `SNUG_REQUIRE_CLIENTS=1` that is a failure.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; only `#[test]` functions themselves are exempt by configuration"
)]

use std::{
    fmt::Write as _,
    fs,
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
struct Scene {
    folder: TempDir,
    runtime: Runtime,
    running: Option<Running>,
}

impl Scene {
    /// The shell stands ready. `None` on a machine without tmux.
    fn new() -> Option<Self> {
        let tmux = Command::new("tmux").arg("-V").output();
        if !tmux.is_ok_and(|output| output.status.success()) {
            let required = std::env::var_os("SNUG_REQUIRE_CLIENTS").is_some();
            assert!(!required, "tmux is not installed");
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let options = Options {
            passwords: PasswordCost::Release,
            ..Options::for_tests(folder.path().join("data"))
        };
        let running = runtime.block_on(Server::start(options)).unwrap();
        let scene = Self {
            folder,
            runtime,
            running: Some(running),
        };
        scene.tmux(&[
            "new-session",
            "-d",
            "-x",
            "100",
            "-y",
            "40",
            "PS1='ready> ' sh",
        ]);
        scene.sees_the_shell();
        Some(scene)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .arg("-S")
            .arg(self.folder.path().join("tmux"))
            .args(["-f", "/dev/null"])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("SNUG_HOME", self.folder.path().join("home"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-J"]);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until this stands on the screen.
    fn sees(&self, text: &str) {
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

    /// Waits until the shell has the terminal again.
    fn sees_the_shell(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.screen().trim_end().lines().next_back() != Some("ready>") {
            assert!(Instant::now() < deadline, "no shell in:\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn types(&self, line: &str) {
        self.tmux(&["send-keys", "-l", line]);
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Ann comes in for the first time.
    fn joins(&self) {
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

    fn clears(&self) {
        self.types("clear");
        self.tmux(&["clear-history"]);
    }

    /// What a `snug` beside it, given these lines, prints.
    fn aside(&self, lines: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_snug"))
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

#[test]
fn k2_hundreds_of_pasted_lines_are_each_said_once_and_in_order() {
    let Some(scene) = Scene::new() else { return };
    scene.joins();
    let mut paste = String::new();
    for number in 0..500 {
        writeln!(paste, "line {number} of a paste").unwrap();
    }
    let file = scene.folder.path().join("paste");
    fs::write(&file, paste).unwrap();
    scene.tmux(&["load-buffer", file.to_str().unwrap()]);
    scene.tmux(&["paste-buffer"]);
    scene.sees("<<You>> : line 499 of a paste");
    let history = scene.aside("/history 600\nquit\n");
    let said: Vec<&str> = history
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split_once("<<You>> : "))
        .map(|(_, words)| words)
        .collect();
    let typed: Vec<String> = (0..500)
        .map(|number| format!("line {number} of a paste"))
        .collect();
    assert_eq!(said, typed);
}

#[test]
fn k9_the_terminal_is_given_back_as_it_was_after_a_quit_ctrl_c_and_a_kill() {
    let Some(scene) = Scene::new() else { return };
    let endings: [(&str, &dyn Fn()); 3] = [
        ("quit", &|| scene.types("quit")),
        ("Ctrl-C", &|| {
            scene.tmux(&["send-keys", "-l", "half a line"]);
            scene.tmux(&["send-keys", "C-c"]);
        }),
        ("kill", &|| {
            let kill = "run-shell -b 'pkill -TERM -P #{pane_pid}'";
            scene.tmux(&["if-shell", "true", kill]);
        }),
    ];
    scene.types("stty -g > \"$SNUG_HOME.before\"");
    scene.joins();
    for (ending, leave) in endings {
        leave();
        scene.sees_the_shell();
        scene.clears();
        scene.types("stty -g | diff - \"$SNUG_HOME.before\" && echo 'the same,' after all");
        // The quotes tell the command from what it prints.
        scene.sees("the same, after all");
        scene.sees_the_shell();
        scene.clears();
        scene.types(concat!(env!("CARGO_BIN_EXE_snug"), " --plain"));
        scene.sees("#lobby> ");
        let screen = scene.screen();
        assert!(screen.contains("you are ann"), "after {ending}:\n{screen}");
    }
}
