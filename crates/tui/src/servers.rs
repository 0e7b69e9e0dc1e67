//! `snug servers`: the address book.

use anyhow::bail;
use snug_client::Profile;

use crate::{
    arguments::{Servers, ServersCommand},
    sanitize,
};

/// Lists the servers, or forgets one.
pub(crate) fn run(profile: &Profile, command: Servers) -> anyhow::Result<()> {
    match command.command {
        None => list(profile),
        Some(ServersCommand::Forget { alias }) => {
            if !profile.forget(&alias)? {
                bail!("no server is called {alias} here; `snug servers` lists them");
            }
            println!("Forgotten: {alias}");
            Ok(())
        }
    }
}

fn list(profile: &Profile) -> anyhow::Result<()> {
    let servers = profile.servers()?;
    if servers.is_empty() {
        println!("No servers yet. Go to one with `snug join LINK`.");
    }
    for server in servers {
        // The name is the server's word, and the alias may be made of it.
        let (alias, name) = (sanitize::line(&server.alias), sanitize::line(&server.name));
        let guest = if profile.guest(&server.alias)?.is_some() {
            " (guest)"
        } else {
            ""
        };
        println!("{alias}  as {name}{guest}  {}", server.link);
    }
    Ok(())
}
