//! `snug`, the terminal client: plain mode, lines in and lines out (K2). What it says to a server goes
//! through `snug-client`; what others wrote reaches the terminal only through [`sanitize`].

mod arguments;
mod ask;
mod guard;
mod join;
mod plain;
pub mod sanitize;
mod servers;

use std::{process::ExitCode, time::Duration};

use clap::Parser;
use snug_client::{ClientOptions, Profile, default_folder};

use arguments::{Arguments, Command};

/// Of a room not seen before, at most so many unread messages are shown at once.
const TAIL: u64 = 200;

/// How long the runtime's threads may take to end.
const LAST_THREADS: Duration = Duration::from_millis(500);

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    guard::remember();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(arguments));
            // Threads that end while the process does meet aws-lc's own clearing away, and crash. But one
            // may wait for a line that nobody will type.
            runtime.shutdown_timeout(LAST_THREADS);
            outcome
        });
    guard::restore();
    outcome.unwrap_or_else(|error| {
        eprintln!("snug: {}", sentence(&error));
        ExitCode::FAILURE
    })
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let profile = Profile::open(&default_folder()?)?;
    let options = ClientOptions {
        client: concat!("snug ", env!("CARGO_PKG_VERSION")).into(),
        tail: TAIL,
        ..ClientOptions::default()
    };
    let entering = async {
        match arguments.command {
            Some(Command::Servers(command)) => servers::run(&profile, command).map(|()| None),
            Some(Command::Join(join)) => join::join(&profile, join, &options).await.map(Some),
            None => {
                let alias = arguments.alias.as_deref();
                join::known(&profile, alias, &options).await.map(Some)
            }
        }
    };
    let entered = tokio::select! {
        entered = entering => entered?,
        status = guard::ended_by_signal() => {
            // Below the question that was not answered.
            eprintln!();
            return Ok(ExitCode::from(status));
        }
    };
    let Some(entered) = entered else {
        return Ok(ExitCode::SUCCESS);
    };
    plain::run(profile, entered, options, arguments.look).await
}

/// An error and its causes as one line. They may quote a server: nothing of it steers the terminal.
fn sentence(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let mut text = sanitize::line(&text);
    if !text.ends_with(['.', '?', '!', ')']) {
        text.push('.');
    }
    text
}
