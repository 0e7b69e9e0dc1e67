//! The terminal is given back as it was, whatever ends the program (K9).

use std::{
    io::{IsTerminal, Write, stdin, stdout},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

#[cfg(unix)]
static AS_IT_WAS: OnceLock<Option<rustix::termios::Termios>> = OnceLock::new();
#[cfg(not(unix))]
static AS_IT_WAS: OnceLock<Option<()>> = OnceLock::new();

/// Is the full screen on?
static FULL: AtomicBool = AtomicBool::new(false);
/// Was it ever on?
static WAS_FULL: AtomicBool = AtomicBool::new(false);
/// Guards what a thread beside the full screen panicked with, to be printed once the terminal is back.
static PANICKED: Mutex<Option<String>> = Mutex::new(None);
/// Wakes the full screen, so that it ends.
static PANIC: Notify = Notify::const_new();

/// Alternate screen; title kept; paste and focus told; keys told apart where the terminal can.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[22;2t\x1b[?2004h\x1b[?1004h\x1b[2J\x1b[H";
/// All of it back, in the other order.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?1004l\x1b[?2004l\x1b[23;2t\x1b[?1049l\x1b[?25h";
const KEYS_APART: &[u8] = b"\x1b[>1u";
const KEYS_AS_BEFORE: &[u8] = b"\x1b[<1u";
/// Buttons and wheel, by numbers of any size.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const NO_MOUSE: &[u8] = b"\x1b[?1006l\x1b[?1000l";

/// How long a terminal may take to take what gives it back.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Notes how the terminal is now, and sees to it that a panic gives it back first.
pub(crate) fn remember() {
    #[cfg(unix)]
    AS_IT_WAS.get_or_init(|| rustix::termios::tcgetattr(stdin()).ok());
    #[cfg(not(unix))]
    AS_IT_WAS.get_or_init(|| None);
    let main = std::thread::current().id();
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if FULL.load(Ordering::Acquire) && std::thread::current().id() != main {
            // The screen is drawn by another thread, which is told to end, and prints this after it.
            let mut kept = PANICKED.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get_or_insert_with(|| panic.to_string());
            PANIC.notify_one();
            return;
        }
        restore();
        print(panic);
    }));
}

/// Waits until a thread beside the full screen has panicked.
pub(crate) async fn panicked() {
    PANIC.notified().await;
}

/// What a thread beside the full screen panicked with.
pub(crate) fn panic_message() -> Option<String> {
    let mut kept = PANICKED.lock().unwrap_or_else(PoisonError::into_inner);
    kept.take()
}

/// Takes the terminal for the full screen.
pub(crate) fn enter(with_mouse: bool) -> std::io::Result<()> {
    #[cfg(unix)]
    if let Some(Some(termios)) = AS_IT_WAS.get() {
        let mut raw = termios.clone();
        raw.make_raw();
        rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, &raw)?;
    }
    #[cfg(not(unix))]
    ratatui_crossterm::crossterm::terminal::enable_raw_mode()?;
    FULL.store(true, Ordering::Release);
    WAS_FULL.store(true, Ordering::Release);
    let mut out = stdout().lock();
    out.write_all(ENTER)?;
    if tells_keys_apart() {
        out.write_all(KEYS_APART)?;
    }
    if with_mouse {
        out.write_all(MOUSE)?;
    }
    out.flush()
}

/// Takes the mouse, or leaves it to the terminal.
pub(crate) fn mouse(on: bool) {
    let mut out = stdout().lock();
    // A terminal that is gone has no mouse.
    let _gone = out.write_all(if on { MOUSE } else { NO_MOUSE });
    let _gone = out.flush();
}

/// Writes to the full screen. What comes late, after it was left, would be drawn over the shell's: it is dropped.
pub(crate) fn draw(bytes: &[u8]) {
    let mut out = stdout().lock();
    // Asked while nobody else can write: what leaves the screen is written under this lock as well.
    if FULL.load(Ordering::Acquire) {
        // A terminal that is gone ends the program by its signal, or by its keyboard's end.
        let _gone = out.write_all(bytes).and_then(|()| out.flush());
    }
}

/// Leaves the full screen, if it is on. The terminal is as it was.
pub(crate) fn leave() {
    if !FULL.swap(false, Ordering::AcqRel) {
        return;
    }
    let (done, waiting) = std::sync::mpsc::sync_channel(1);
    // By a thread of its own: a terminal that takes nothing would keep the program for ever.
    std::thread::spawn(move || {
        let mut out = stdout().lock();
        let _gone = out.write_all(NO_MOUSE);
        if tells_keys_apart() {
            let _gone = out.write_all(KEYS_AS_BEFORE);
        }
        let _gone = out.write_all(LEAVE).and_then(|()| out.flush());
        let _nobody = done.send(());
    });
    let _late = waiting.recv_timeout(LAST_WORDS);
    #[cfg(not(unix))]
    let _gone = ratatui_crossterm::crossterm::terminal::disable_raw_mode();
    set_modes_back();
}

/// Stops the program, as Ctrl-Z does; returns when it goes on.
pub(crate) fn stop() {
    #[cfg(unix)]
    {
        // Not SIGTSTP: it is listened to, and would come back here.
        let _stopped = signal_hook::low_level::raise(signal_hook::consts::SIGSTOP);
    }
}

/// Old consoles take what asks for that for something else.
fn tells_keys_apart() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    !(term.starts_with("linux") || term.starts_with("screen") || term.starts_with("vt"))
}

fn set_modes_back() {
    #[cfg(unix)]
    if let Some(Some(termios)) = AS_IT_WAS.get() {
        // A terminal that is gone needs nothing back.
        let _gone =
            rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, termios);
    }
}

/// Gives the terminal back: its modes, the paste mode of the line editor, the cursor.
pub(crate) fn restore() {
    leave();
    set_modes_back();
    // What leaving the full screen said is enough; and a terminal that is held still keeps nobody here.
    if is_terminal() && !WAS_FULL.load(Ordering::Acquire) {
        let mut out = stdout().lock();
        let _gone = out.write_all(b"\x1b[?2004l\x1b[?25h");
        let _gone = out.flush();
    }
}

/// Shows what is typed, or not, where no line editor does that.
pub(crate) fn echo(shown: bool) {
    #[cfg(unix)]
    if let Ok(mut termios) = rustix::termios::tcgetattr(stdin()) {
        use rustix::termios::{LocalModes, OptionalActions, tcsetattr};
        termios.local_modes.set(LocalModes::ECHO, shown);
        // If the terminal is gone there is nothing to hide.
        let _gone = tcsetattr(stdin(), OptionalActions::Now, &termios);
    }
    #[cfg(not(unix))]
    let _always = shown;
}

/// Can lines be edited on this terminal? A dumb one gets lines as they are.
pub(crate) fn can_edit() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    is_terminal() && (cfg!(windows) || !["", "dumb", "cons25", "emacs"].contains(&&*term))
}

/// Do both ends lead to a person?
pub(crate) fn is_terminal() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Waits until nobody reads standard output any more, where the system tells.
pub(crate) async fn unread() {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, poll};
        let (gone, waiting) = tokio::sync::oneshot::channel();
        // It waits for what may never come, and ends with the process.
        std::thread::spawn(move || {
            let out = stdout();
            // No events are asked for: errors and the other side's going come by themselves.
            let mut polled = [PollFd::new(&out, PollFlags::empty())];
            while poll(&mut polled, None) == Err(rustix::io::Errno::INTR) {}
            let broken = polled
                .iter()
                .any(|fd| fd.revents().intersects(PollFlags::ERR | PollFlags::HUP));
            if broken {
                // If nobody waits any more, it is over anyway.
                let _over = gone.send(());
            }
        });
        if waiting.await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// What the system tells the full screen of stopping and going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopping {
    /// It is to stop.
    Stop,
    /// It goes on after it was stopped.
    GoOn,
}

/// Waits until the program is told to stop, or goes on.
#[cfg(unix)]
pub(crate) struct Stops {
    stop: Option<tokio::signal::unix::Signal>,
    go_on: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Stops {
    /// Listens from now on. Where the system has no such signals nothing ever comes.
    pub(crate) fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |number| signal(SignalKind::from_raw(number)).ok();
        Self {
            stop: listen(signal_hook::consts::SIGTSTP),
            go_on: listen(signal_hook::consts::SIGCONT),
        }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Stopping {
        let wait = async |signal: &mut Option<tokio::signal::unix::Signal>| {
            let came = match signal {
                Some(signal) => signal.recv().await,
                None => None,
            };
            if came.is_none() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = wait(&mut self.stop) => Stopping::Stop,
            () = wait(&mut self.go_on) => Stopping::GoOn,
        }
    }
}

/// Here nothing stops programs.
#[cfg(not(unix))]
pub(crate) struct Stops;

#[cfg(not(unix))]
impl Stops {
    /// Listens to nothing.
    pub(crate) const fn listen() -> Self {
        Self
    }

    /// Never.
    pub(crate) async fn next(&mut self) -> Stopping {
        std::future::pending().await
    }
}

/// Waits for a signal that ends programs; the exit status that tells of it.
pub(crate) async fn ended_by_signal() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let wait = async |kind: SignalKind| match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_unavailable) => std::future::pending().await,
        };
        tokio::select! {
            () = wait(SignalKind::interrupt()) => 130,
            () = wait(SignalKind::terminate()) => 143,
            () = wait(SignalKind::hangup()) => 129,
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => 130,
        Err(_unavailable) => std::future::pending().await,
    }
}
