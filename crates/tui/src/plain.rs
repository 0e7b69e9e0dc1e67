//! Plain mode: everything in whole lines, in the order it happened (K2).

mod chat;
pub(crate) mod commands;
pub(crate) mod moment;
mod rehearsal;
mod terminal;
pub(crate) mod view;

use std::process::ExitCode;

use snug_client::{Client, ClientOptions, Profile};

use crate::{arguments::Look, join::Entered};
use chat::Chat;
pub use rehearsal::Rehearsal;
use terminal::Terminal;
use view::View;

/// Chats until the person leaves, the input ends, or it is over.
pub(crate) async fn run(
    profile: Profile,
    entered: Entered,
    options: ClientOptions,
    look: Look,
) -> anyhow::Result<ExitCode> {
    let Entered { server, opened } = entered;
    let me = (opened.signed_in.account, opened.signed_in.name.clone());
    let clock = profile.clone();
    // A wrong hour is better than no line.
    let local_offset_s = Box::new(move |at| clock.local_offset_s(at).unwrap_or(0));
    let view = View::new(look, me.0, me.1, local_offset_s);
    let (client, updates) = Client::start(profile, &server.alias, opened, options)?;
    let terminal = Terminal::start()?;
    Chat::new(client, terminal, view, server).run(updates).await
}
