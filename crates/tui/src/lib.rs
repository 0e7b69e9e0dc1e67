//! `snug`, the terminal client: plain mode, lines in and lines out (K2). What it says to a server goes
//! through `snug-client`; what others wrote reaches the terminal only through [`sanitize`].

mod arguments;
mod ask;
mod find;
mod full;
mod guard;
mod join;
mod manual;
mod plain;
mod script;
mod servers;

use std::{process::ExitCode, time::Duration};

pub use plain::Rehearsal;
use snug_client::{ClientOptions, Profile, default_folder};
pub use snug_screen::sanitize;

use arguments::{Arguments, Asked, Command};
use script::Script;

/// Of a room not seen before, at most so many unread messages are shown at once.
const TAIL: u64 = 200;

/// How long the runtime's threads may take to end.
const LAST_THREADS: Duration = Duration::from_millis(500);

/// Runs the program.
pub fn main() -> ExitCode {
    let asked = Asked::parse();
    guard::remember();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(asked));
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

async fn run(asked: Asked) -> anyhow::Result<ExitCode> {
    let arguments = match asked {
        Asked::Own(arguments) => arguments,
        Asked::OfTheChat(derived, look) => {
            return Ok(script::run(Script::Derived(derived, look)).await);
        }
    };
    let Arguments {
        command,
        alias,
        look,
    } = arguments;
    let entrance = match command {
        None => Entrance::Known(alias),
        Some(Command::Join(join)) => Entrance::Join(join),
        Some(Command::Servers(command)) => {
            servers::run(&Profile::open(&default_folder()?)?, command)?;
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Find(find)) => return find::run(find).await,
        Some(Command::Config(config)) => return full::settings_file::run(config.command.as_ref()),
        Some(Command::Completions { shell }) => return manual::completions(shell),
        Some(Command::Man { folder }) => return manual::man(folder.as_deref()),
        Some(Command::Send(send)) => return Ok(script::run(Script::Send(send)).await),
        Some(Command::Tail(tail)) => return Ok(script::run(Script::Tail(tail, look)).await),
        Some(Command::Read(read)) => return Ok(script::run(Script::Read(read, look)).await),
        Some(Command::Rooms(rooms)) => return Ok(script::run(Script::Rooms(rooms)).await),
        Some(Command::Who(who)) => return Ok(script::run(Script::Who(who)).await),
        Some(Command::Invite(invite)) => return Ok(script::run(Script::Invite(invite)).await),
    };
    chat(entrance, look).await
}

/// Which server somebody wants to sit down at.
enum Entrance {
    Join(arguments::Join),
    Known(Option<String>),
}

async fn chat(entrance: Entrance, look: arguments::Look) -> anyhow::Result<ExitCode> {
    let profile = Profile::open(&default_folder()?)?;
    let options = ClientOptions {
        client: concat!("snug ", env!("CARGO_PKG_VERSION")).into(),
        tail: TAIL,
        ..ClientOptions::default()
    };
    let full = !look.plain && guard::can_edit();
    if let (true, Entrance::Known(alias)) = (full, &entrance) {
        return full::run(profile, options, full::Begin::At(alias.clone())).await;
    }
    let entering = async {
        match entrance {
            Entrance::Join(join) => join::join(&profile, join, &options).await,
            Entrance::Known(alias) => join::known(&profile, alias.as_deref(), &options).await,
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
    if full {
        return full::run(profile, options, full::Begin::With(Box::new(entered))).await;
    }
    plain::run(profile, entered, options, look).await
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
