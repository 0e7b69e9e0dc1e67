//! Script commands (K3): one thing each, no questions, an exit status that says how it went.

mod arguments;
mod command;
mod connect;
mod exit;
mod lists;
mod output;
mod pages;
mod read;
mod send;
mod tail;

use std::{process::ExitCode, time::Duration};

pub(crate) use arguments::{Common, Derived, Invite, Read, Rooms, Send, Tail, Who};
pub(crate) use command::derived;
pub(crate) use exit::{EXITS, Failure};

use crate::{arguments::Look, guard};
use output::Output;

/// What a script asked for.
#[derive(Debug)]
pub(crate) enum Script {
    Send(Send),
    Tail(Tail, Look),
    Read(Read, Look),
    Rooms(Rooms),
    Who(Who),
    Invite(Invite),
    Derived(Derived, Look),
}

impl Script {
    const fn common(&self) -> &Common {
        match self {
            Self::Send(Send { common, .. })
            | Self::Tail(Tail { common, .. }, _)
            | Self::Read(Read { common, .. }, _)
            | Self::Rooms(Rooms { common, .. })
            | Self::Who(Who { common, .. })
            | Self::Invite(Invite { common, .. })
            | Self::Derived(Derived { common, .. }, _) => common,
        }
    }
}

/// Does it, and says how it went.
pub(crate) async fn run(script: Script) -> ExitCode {
    let json = script.common().json;
    let mut output = Output::new(json);
    let outcome = tokio::select! {
        outcome = perform(script, &mut output) => outcome,
        status = guard::ended_by_signal() => return ExitCode::from(status),
    };
    let outcome = match outcome {
        Ok(()) => output.flush().await,
        Err(failure) => {
            // What was printed before it counts.
            let flushed = output.flush().await;
            flushed.and(Err(failure))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                if json {
                    // If nobody reads it, the status still says it.
                    let _nobody = output.error(&failure).await;
                }
                eprintln!("snug: {}", failure.sentence());
            }
            failure.exit_code()
        }
    }
}

async fn perform(script: Script, output: &mut Output) -> Result<(), Failure> {
    let limit = script.common().timeout;
    match script {
        Script::Send(send) => send::run(send, output).await,
        Script::Tail(tail, look) => tail::run(tail, look, output).await,
        Script::Read(read, look) => within(limit, read::run(read, look, output)).await,
        Script::Rooms(rooms) => within(limit, lists::rooms(rooms, output)).await,
        Script::Who(who) => within(limit, lists::who(who, output)).await,
        Script::Invite(invite) => within(limit, lists::invite(invite, output)).await,
        Script::Derived(derived, look) => within(limit, command::run(derived, look, output)).await,
    }
}

/// At most so long.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_elapsed| Err(Failure::timeout(limit, None)))
}
