//! The person's terminal: what is drawn and said to it goes out by a thread of its own, so that a terminal
//! that is held still holds up nothing but itself.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
};

use ratatui_core::{
    layout::Rect,
    terminal::{Terminal, TerminalOptions, Viewport},
};
use ratatui_crossterm::CrosstermBackend;
use snug_screen::{Screen, Size};
use tokio::sync::Notify;

use super::glass::Glass;
use crate::guard;

/// Writes that wait; the program gives no more while one does, so there is never a second one but at the end.
const MAX_WAITING: usize = 4;

/// See the module.
pub(super) struct Tty {
    terminal: Terminal<CrosstermBackend<Page>>,
    page: Page,
    out: SyncSender<Vec<u8>>,
    writing: Arc<Writing>,
    size: Size,
    mouse: bool,
}

/// What is to be written next.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

/// Is the thread at work?
#[derive(Default)]
struct Writing {
    busy: AtomicBool,
    done: Notify,
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tty {
    /// Takes the terminal for the full screen.
    pub(super) fn take(mouse: bool) -> anyhow::Result<Self> {
        let page = Page::default();
        let (width, height) = ratatui_crossterm::crossterm::terminal::size()?;
        let options = TerminalOptions {
            viewport: Viewport::Fixed(Rect::new(0, 0, width, height)),
        };
        let terminal = Terminal::with_options(CrosstermBackend::new(page.clone()), options)?;
        let (out, writes) = sync_channel::<Vec<u8>>(MAX_WAITING);
        let writing = Arc::new(Writing::default());
        let told = Arc::clone(&writing);
        guard::enter(mouse)?;
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                for bytes in writes {
                    guard::draw(&bytes);
                    told.busy.store(false, Ordering::Release);
                    told.done.notify_one();
                }
            })?;
        Ok(Self {
            terminal,
            page,
            out,
            writing,
            size: Size { width, height },
            mouse,
        })
    }

    fn write_page(&mut self) {
        let bytes = std::mem::take(&mut *self.page.lock());
        if bytes.is_empty() {
            return;
        }
        self.writing.busy.store(true, Ordering::Release);
        if self.out.try_send(bytes).is_err() {
            // The terminal takes nothing: what it misses is drawn when it takes something again.
            let _cleared = self.terminal.clear();
        }
    }
}

impl Glass for Tty {
    fn size(&self) -> Size {
        self.size
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
        // A page in memory takes everything.
        let _always = self
            .terminal
            .resize(Rect::new(0, 0, size.width, size.height));
    }

    fn draw(&mut self, screen: &Screen) {
        let _always = self.terminal.draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = screen.draw(area, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        });
        self.write_page();
    }

    fn say(&mut self, bytes: &[u8]) {
        self.page.lock().extend_from_slice(bytes);
    }

    fn is_busy(&self) -> bool {
        self.writing.busy.load(Ordering::Acquire)
    }

    fn done(&self) -> super::glass::Done<'_> {
        Box::pin(self.writing.done.notified())
    }

    fn mouse(&mut self, on: bool) {
        if std::mem::replace(&mut self.mouse, on) != on {
            guard::mouse(on);
        }
    }

    fn suspend(&mut self) {
        guard::leave();
        guard::stop();
        self.again();
    }

    fn again(&mut self) {
        // What failed here fails at the next key too, and that ends the program.
        let _gone = guard::enter(self.mouse);
        if let Ok((width, height)) = ratatui_crossterm::crossterm::terminal::size() {
            self.resize(Size { width, height });
        }
        let _always = self.terminal.clear();
    }
}
