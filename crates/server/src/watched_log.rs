//! The log's warnings and errors, for an owner who watches the server (O7): a second way out of the log
//! beside standard error. It never waits: what the engine has no room for it counts.

use std::{
    cell::Cell,
    io,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use snug_engine::Engine;
use snug_proto::Happening;
use tracing_subscriber::fmt::MakeWriter;

/// The engine whose owner is told; the log is one for the process, and so is this.
static ENGINE: Mutex<Option<Weak<Engine>>> = Mutex::new(None);

thread_local! {
    /// Being told may log in its turn, which is not told.
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// From now on the log's warnings and errors are told to owners who watch this engine.
pub(crate) fn tell(engine: &Arc<Engine>) {
    *ENGINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::downgrade(engine));
}

/// Makes a writer for each line of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WatchedLog;

/// The writer of one line.
#[derive(Debug)]
pub(crate) struct Line(Option<Happening>);

impl<'a> MakeWriter<'a> for WatchedLog {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(None)
    }

    fn make_writer_for(&'a self, of: &tracing::Metadata<'_>) -> Line {
        Line(match *of.level() {
            tracing::Level::ERROR => Some(Happening::Error),
            tracing::Level::WARN => Some(Happening::Warning),
            _ => None,
        })
    }
}

impl io::Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(what) = self.0
            && !TELLING.replace(true)
        {
            let engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
            let engine = engine.as_ref().and_then(Weak::upgrade);
            if let Some(engine) = engine {
                engine.happened(what, || String::from_utf8_lossy(line).into_owned());
            }
            TELLING.set(false);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
