//! The log: structured lines on standard error. What is never in it: words of messages, passwords,
//! codes, tokens, keys; addresses only as the profile allows (docs/privacy.md).

use std::io;

use tracing_subscriber::{EnvFilter, fmt::writer::MakeWriterExt};

use crate::{options::LogForm, watched_log::WatchedLog};

/// Begins to log. The filter was checked when the options were read; does nothing if a log is set up.
pub fn begin(form: LogForm, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr.and(WatchedLog))
        // Where the log cannot be written, saying so on the same standard error would panic.
        .log_internal_errors(false);
    let _set_up_already = match form {
        LogForm::Text => builder.with_ansi(false).try_init(),
        LogForm::Json => builder.json().try_init(),
    };
}
