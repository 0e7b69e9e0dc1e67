//! The terminal is given back as it was, whatever ends the program (K9).

use std::{
    io::{IsTerminal, Write, stdin, stdout},
    sync::OnceLock,
};

#[cfg(unix)]
static AS_IT_WAS: OnceLock<Option<rustix::termios::Termios>> = OnceLock::new();
#[cfg(not(unix))]
static AS_IT_WAS: OnceLock<Option<()>> = OnceLock::new();

/// Notes how the terminal is now, and sees to it that a panic gives it back first.
pub(crate) fn remember() {
    #[cfg(unix)]
    AS_IT_WAS.get_or_init(|| rustix::termios::tcgetattr(stdin()).ok());
    #[cfg(not(unix))]
    AS_IT_WAS.get_or_init(|| None);
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        print(panic);
    }));
}

/// Gives the terminal back: its modes, the paste mode of the line editor, the cursor.
pub(crate) fn restore() {
    #[cfg(unix)]
    if let Some(Some(termios)) = AS_IT_WAS.get() {
        // A terminal that is gone needs nothing back.
        let _gone =
            rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, termios);
    }
    if is_terminal() {
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
