//! Manual pages and completions, made from the command line itself.

use std::{
    io::{Write, stdout},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use clap_complete::{Shell, generate};
use clap_mangen::{Man, roff::Roff};

use crate::{arguments, script};

/// Prints the completions of a shell.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    generate(shell, &mut arguments::whole(), "snug", &mut script);
    print(&script)
}

/// Prints the manual page of `snug`, or writes those of all its commands into a folder.
pub(crate) fn man(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut whole = arguments::whole();
    // Each page is headed by the name it is found under.
    whole.build();
    let Some(folder) = folder else {
        return print(&page(&whole)?);
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let write = |name: &str, command: &clap::Command| -> anyhow::Result<()> {
        let path = folder.join(format!("{name}.1"));
        std::fs::write(&path, page(command)?).with_context(|| path.display().to_string())
    };
    write("snug", &whole)?;
    for command in whole.get_subcommands() {
        let name = format!("snug-{}", command.get_name());
        write(&name, command)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in script::EXITS {
        more.control("TP", []);
        more.text([clap_mangen::roff::bold(status.to_string())]);
        more.text([clap_mangen::roff::roman(*meaning)]);
    }
    more.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in VARIABLES {
        more.control("TP", []);
        more.text([clap_mangen::roff::bold(*name)]);
        more.text([clap_mangen::roff::roman(*meaning)]);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}

const VARIABLES: &[(&str, &str)] = &[
    (
        "SNUG_HOME",
        "The folder for the address book and the sign-ins, if not the usual one.",
    ),
    (
        "SNUG_TOKEN",
        "An app token for script commands, in place of the sign-in kept here.",
    ),
    ("SNUG_SERVER", "What --server is if it is not given."),
    ("SNUG_NAME", "What --name is if it is not given."),
];

fn print(text: &[u8]) -> anyhow::Result<ExitCode> {
    match stdout().lock().write_all(text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::from(141)),
        other => Ok(other.map(|()| ExitCode::SUCCESS)?),
    }
}
