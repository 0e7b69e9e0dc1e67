//! What a script prints. Whoever reads it may go away at any moment.

use std::io::{Write, stdout};

use serde::Serialize;

use super::Failure;

/// So much gathers before it is written.
const BUFFER: usize = 32 * 1024;

/// Standard output, gathered.
pub(crate) struct Output {
    json: bool,
    waiting: Vec<u8>,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self {
            json,
            waiting: Vec::new(),
        }
    }

    /// Is one JSON object a line wanted?
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a line.
    pub(crate) async fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.waiting.extend_from_slice(line.as_bytes());
        self.waiting.push(b'\n');
        if self.waiting.len() >= BUFFER {
            self.flush().await?;
        }
        Ok(())
    }

    /// Prints an object of the wire.
    pub(crate) async fn object(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        match serde_json::to_string(object) {
            Ok(line) => self.line(&line).await,
            // Only an event of a later version has no form of its own here.
            Err(_unknown) => Ok(()),
        }
    }

    pub(crate) async fn error(&mut self, failure: &Failure) -> Result<(), Failure> {
        self.line(&failure.json()).await?;
        self.flush().await
    }

    /// Writes what has gathered. Off the async threads: whoever reads may take their time, and a signal
    /// ends the program all the same.
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.waiting);
        let written = tokio::task::spawn_blocking(move || {
            let mut out = stdout().lock();
            out.write_all(&bytes)?;
            out.flush()
        });
        match written.await {
            Ok(written) => written.map_err(|error| Failure::output(&error)),
            Err(stopped) => Err(Failure::local(stopped.to_string())),
        }
    }
}
