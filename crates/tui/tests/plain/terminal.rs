//! On a terminal: it is given back as it was (K9), and what arrives never tears what is typed (K2).

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Child, Command},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize},
};

use crate::house::{House, forking};

const PATIENCE: Duration = Duration::from_mins(1);

/// A `snug` on a terminal of its own.
struct Screen {
    child: Child,
    keys: File,
    /// This end of the line to the program, kept open to look at its modes.
    line: OwnedFd,
    before: Termios,
    drawn: Receiver<Vec<u8>>,
    text: String,
}

impl Screen {
    fn open(house: &House, person: &str) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let path = ptsname(&keys, Vec::new()).unwrap();
        let path = path.to_str().unwrap();
        let open = || File::options().read(true).write(true).open(path).unwrap();
        let size = Winsize {
            ws_row: 12,
            ws_col: 40,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keys, size).unwrap();
        let line = OwnedFd::from(open());
        let before = tcgetattr(&line).unwrap();
        let _no_other_fork = forking();
        let child = Command::new(env!("CARGO_BIN_EXE_snug"))
            .arg("--plain")
            .env("SNUG_HOME", house.home(person))
            .env("TERM", "xterm")
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap();
        let keys = File::from(keys);
        let drawn = drawn_on(keys.try_clone().unwrap());
        let mut screen = Self {
            child,
            keys,
            line,
            before,
            drawn,
            text: String::new(),
        };
        screen.expect("nobody else is here now");
        screen.expect("#lobby> ");
        screen
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until these words are drawn, and gives all that was drawn up to now.
    fn expect(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.text.find(words) {
                return self.text.drain(..at + words.len()).collect();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.drawn.recv_timeout(left) else {
                panic!("{words:?} is not drawn: {:?}", self.text);
            };
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Waits for the end; the terminal must be as it was.
    fn ended(mut self) -> Option<i32> {
        let status = self.child.wait().unwrap().code();
        let after = tcgetattr(&self.line).unwrap();
        assert_eq!(after.local_modes, self.before.local_modes);
        assert_eq!(after.input_modes, self.before.input_modes);
        assert_eq!(after.output_modes, self.before.output_modes);
        assert_eq!(after.control_modes, self.before.control_modes);
        status
    }

    fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }
}

fn drawn_on(mut keys: File) -> Receiver<Vec<u8>> {
    let (sender, drawn) = channel();
    // Ends when the terminal is gone, or nobody looks any more.
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = keys.read(&mut buffer) {
            let bytes = buffer.get(..read).unwrap_or(&[]);
            if sender.send(bytes.to_vec()).is_err() {
                return;
            }
        }
    });
    drawn
}

fn one_at_home() -> House {
    let house = House::new();
    house.newcomer("ann", &house.code).quit();
    house
}

#[test]
fn k9_the_terminal_is_given_back_after_quit_ctrl_c_ctrl_d_and_a_kill() {
    let house = one_at_home();
    for (keys, status) in [("quit\r", 0), ("half\u{3}", 0), ("\u{4}", 0)] {
        let mut screen = Screen::open(&house, "ann");
        assert!(screen.is_raw(), "a line editor reads");
        screen.press(keys);
        assert_eq!(screen.ended(), Some(status), "{keys:?}");
    }
    for (signal, status) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut screen = Screen::open(&house, "ann");
        screen.press("half a line");
        screen.expect("half a line");
        let pid = Pid::from_child(&screen.child);
        kill_process(pid, signal).unwrap();
        assert_eq!(screen.ended(), Some(status));
    }
}

#[test]
fn k2_what_arrives_is_printed_above_the_line_being_typed_which_stays_whole() {
    let house = one_at_home();
    let mut ann = Screen::open(&house, "ann");
    ann.press("half a li");
    ann.expect("half a li");
    let mut elsewhere = house.window("laptop", &["join", &house.link()]);
    elsewhere.type_lines(&["n", "ann", crate::house::PASSWORD]);
    elsewhere.say("from elsewhere");
    ann.expect("<<You>> : from elsewhere");
    ann.expect("#lobby> half a li");
    ann.press("ne\r");
    elsewhere.expect("<<You>> : half a line");
    ann.press("quit\r");
    assert_eq!(ann.ended(), Some(0));
}

#[test]
fn r3_a_rooms_password_is_not_drawn_while_it_is_typed() {
    let house = one_at_home();
    let mut ann = Screen::open(&house, "ann");
    ann.press("/create den --password\r");
    ann.expect("secret> ");
    ann.press("open sesame");
    ann.press("\r");
    let drawn = ann.expect("you are in #den now");
    assert!(!drawn.contains("sesame"), "{drawn:?}");
    // Nor is it found among the lines typed before.
    ann.expect("#den> ");
    ann.press("\u{1b}[A\r");
    let drawn = ann.expect("secret> ");
    assert!(drawn.contains("/create den --password"), "{drawn:?}");
    assert!(!drawn.contains("sesame"), "{drawn:?}");
    // An empty one gives up.
    ann.press("\r");
    ann.expect("-- given up");
    ann.expect("#den> ");
    ann.press("quit\r");
    assert_eq!(ann.ended(), Some(0));
}
