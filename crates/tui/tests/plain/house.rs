//! A server with its folder, and the windows in which people sit.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use snug_server::{Options, PasswordCost, Running, Server};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A child holds a copy of the lock on a server's data folder from its fork to its exec: while one
/// is being started, no folder of this process can be opened again.
pub(crate) fn forking() -> MutexGuard<'static, ()> {
    static FORKING: Mutex<()> = Mutex::new(());
    FORKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A password that will do.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct House {
    folder: TempDir,
    runtime: Runtime,
    options: Options,
    running: Option<Running>,
    pub(crate) code: String,
    link: String,
}

impl House {
    /// A new server, with passwords as dear as they are for everybody: `snug` takes no others.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A new server with other options.
    pub(crate) fn with(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let mut options = Options {
            passwords: PasswordCost::Release,
            ..Options::for_tests(folder.path().join("data"))
        };
        change(&mut options);
        let running = runtime.block_on(Server::start(options.clone())).unwrap();
        let address = running.local_addr();
        Self {
            code: running.owner_code().unwrap().expose().to_owned(),
            link: format!("snug://{address}/#{}", running.fingerprint()),
            // After a restart it is where it was.
            options: Options {
                listen: vec![address],
                ..options
            },
            running: Some(running),
            runtime,
            folder,
        }
    }

    pub(crate) fn link(&self) -> String {
        self.link.clone()
    }

    pub(crate) fn stop(&mut self) {
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.stop());
    }

    pub(crate) fn start(&mut self) {
        let _no_fork = forking();
        let start = Server::start(self.options.clone());
        self.running = Some(self.runtime.block_on(start).unwrap());
    }

    /// Copies the stopped server's folder away, or, given the copy, back over it.
    pub(crate) fn copy_data(&self, way: Way) {
        let (data, kept) = (
            self.folder.path().join("data"),
            self.folder.path().join("kept"),
        );
        let (from, to) = match way {
            Way::Away => (data, kept),
            Way::Back => (kept, data),
        };
        // An empty folder first: what came later is not to be left beside what came back.
        if to.exists() {
            fs::remove_dir_all(&to).unwrap();
        }
        fs::create_dir(&to).unwrap();
        let mode = fs::metadata(&from).unwrap().permissions();
        fs::set_permissions(&to, mode).unwrap();
        for entry in fs::read_dir(&from).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }

    /// Where `snug` keeps what it knows for this person.
    pub(crate) fn home(&self, person: &str) -> PathBuf {
        self.folder.path().join(person)
    }

    /// Runs `snug` for this person, whose folder is kept between runs.
    pub(crate) fn window(&self, person: &str, arguments: &[&str]) -> Window {
        Window::open(&self.home(person), arguments)
    }

    /// Somebody who has come in for the first time, by this code.
    pub(crate) fn newcomer(&self, name: &str, code: &str) -> Window {
        let mut window = self.window(name, &["join", &self.link, "--code", code]);
        window.type_lines(&[name, PASSWORD, PASSWORD]);
        window.expect(&format!("-- you are {name} on"));
        window.expect("-- you are in #lobby now");
        // Now it is known who is here: from now on people enter and leave.
        window.expect_any(&["-- here now:", "-- nobody else is here now"]);
        window
    }

    /// The owner, and a friend by an invitation of hers.
    pub(crate) fn two(&self) -> (Window, Window) {
        let mut ann = self.newcomer("ann", &self.code);
        let code = ann.invite();
        let ben = self.newcomer("ben", &code);
        ann.expect("ben has entered");
        (ann, ben)
    }

    /// Comes back to the server known, and waits for the lobby.
    pub(crate) fn again(&self, person: &str) -> Window {
        let mut window = self.window(person, &[]);
        window.expect("-- you are in #lobby now");
        window
    }
}

/// Which way a server's folder is copied.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Away,
    Back,
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

/// A `snug` with its lines.
pub(crate) struct Window {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    errors: Receiver<String>,
    seen: Vec<String>,
}

impl Window {
    fn open(home: &Path, arguments: &[&str]) -> Self {
        let _no_other_fork = forking();
        let mut child = Command::new(env!("CARGO_BIN_EXE_snug"))
            .args(arguments)
            .env("SNUG_HOME", home)
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            lines: lines_of(child.stdout.take().unwrap()),
            errors: lines_of(child.stderr.take().unwrap()),
            child,
            seen: Vec::new(),
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    pub(crate) fn type_lines(&mut self, lines: &[&str]) {
        for line in lines {
            self.type_line(line);
        }
    }

    /// Waits for a line with these words, and gives it. What came before it is passed over.
    pub(crate) fn expect(&mut self, words: &str) -> String {
        self.expect_any(&[words])
    }

    pub(crate) fn expect_any(&mut self, words: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                let errors: Vec<String> = self.errors.try_iter().collect();
                panic!("no line with {words:?} in {:#?}, {errors:#?}", self.seen);
            };
            self.seen.push(line.clone());
            if words.iter().any(|words| line.contains(words)) {
                return line;
            }
        }
    }

    /// Says something and waits until it is in the log.
    pub(crate) fn say(&mut self, words: &str) {
        self.type_line(words);
        self.expect(&format!("<<You>> : {words}"));
    }

    /// Makes an invitation and gives its code.
    pub(crate) fn invite(&mut self) -> String {
        self.type_line("/invite");
        let line = self.expect("snug join snug://");
        line.rsplit_once(" --code ").unwrap().1.to_owned()
    }

    /// All lines until the program ends, and its exit status.
    pub(crate) fn rest(mut self) -> (Vec<String>, i32) {
        drop(self.input.take());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code().unwrap();
            }
            assert!(
                Instant::now() < deadline,
                "it does not end: {:#?}",
                self.seen
            );
            thread::yield_now();
        };
        (self.lines.iter().collect(), status)
    }

    /// Everything that it complained of. To be asked before [`Self::rest`] only once it has ended.
    pub(crate) fn complaints(mut self) -> (String, i32) {
        drop(self.input.take());
        let status = self.child.wait().unwrap().code().unwrap();
        let errors: Vec<String> = self.errors.iter().collect();
        (errors.join("\n"), status)
    }

    /// Leaves in an orderly way.
    pub(crate) fn quit(mut self) {
        self.type_line("quit");
        let (_, status) = self.rest();
        assert_eq!(status, 0);
    }

    /// Ends without a word.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It has ended already, or the test has failed.
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    // Ends with the stream, or when nobody listens any more.
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
