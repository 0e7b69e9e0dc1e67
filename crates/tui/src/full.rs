//! The full screen (K1): the program around the crate `screen`. It owns the terminal, the clock, the files
//! and the connections; what is shown, and what a key means, is decided there.

mod commands;
mod door;
mod effects;
mod glass;
mod kept;
mod keyboard;
mod line;
mod outside;
mod program;
mod question;
mod settings;
pub(crate) mod settings_file;
mod tty;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use anyhow::Context;
use snug_client::{ClientOptions, ConnectError, Ended, OpenError, Profile};

use crate::{guard, join::Entered, sanitize};
use program::{Ending, Program};
use settings_file::SettingsFile;

/// Where one begins.
pub(crate) enum Begin {
    /// At the server of this alias; at the one used last, with none.
    At(Option<String>),
    /// At one that was joined just now.
    With(Box<Entered>),
}

/// Shows the full screen until the person leaves, or it is over.
pub(crate) async fn run(
    profile: Profile,
    options: ClientOptions,
    begin: Begin,
) -> anyhow::Result<ExitCode> {
    let servers = servers(&profile, &begin)?;
    let settings = SettingsFile::usual(commands::known());
    let glass = Box::new(tty::Tty::take(settings.takes_mouse())?);
    let mut program = Program::new(glass, profile, options, settings)?;
    let mut entered = match begin {
        Begin::With(entered) => Some(*entered),
        Begin::At(alias) => {
            if alias.is_some() {
                // One asked for it, wherever one was last.
                program.place = None;
            }
            None
        }
    };
    for known in servers {
        let is_entered = |entered: &mut Entered| entered.server.alias == known.alias;
        let opened = entered.take_if(is_entered).map(|entered| entered.opened);
        program.sit_down(known, opened)?;
    }
    program.welcome_if_new();
    let keys = keyboard::listen()?;
    let afterwards = program.run(keys).await;
    guard::restore();
    if afterwards.ending == Ending::Panic
        && let Some(message) = guard::panic_message()
    {
        eprintln!("{message}");
    }
    for words in &afterwards.unsent {
        println!("-- not sent: {}", sanitize::line(words));
    }
    Ok(afterwards.status())
}

/// The servers to sit down at, the one to be shown first before the others.
fn servers(profile: &Profile, begin: &Begin) -> anyhow::Result<Vec<snug_client::KnownServer>> {
    let first = match begin {
        Begin::With(entered) => Some(entered.server.clone()),
        Begin::At(Some(alias)) => {
            let known = profile.server(alias)?;
            Some(known.with_context(|| crate::join::unknown_alias(alias))?)
        }
        Begin::At(None) => profile.last_server()?,
    };
    let mut servers: Vec<_> = first.into_iter().collect();
    for known in profile.servers()? {
        if servers
            .first()
            .is_none_or(|first| first.alias != known.alias)
        {
            servers.push(known);
        }
    }
    Ok(servers)
}

/// What to do where a server is not tried any more.
fn advice(ended: &Ended, alias: &str) -> String {
    match ended {
        Ended::Open(OpenError::Connect(ConnectError::FingerprintChanged { .. })) => format!(
            "do not go on unless the person who runs the server tells you, by another way, that it was set up \
             anew; then `snug servers forget {alias}` and join with the new link"
        ),
        _ => format!("start `snug {alias}` again to try it again"),
    }
}

/// A panic where a test asks for one: by a paste of these words, in a program that was built for tests.
#[cfg(debug_assertions)]
fn panic_if_told(input: &snug_screen::Input) {
    let snug_screen::Input::Paste(words) = input else {
        return;
    };
    if std::env::var_os("SNUG_PANIC_FOR_TESTS").is_none() {
        return;
    }
    assert!(words != "panic here", "as a test asked for");
    if words == "panic elsewhere" {
        let _ended = std::thread::spawn(|| panic!("elsewhere, as a test asked for")).join();
    }
}
