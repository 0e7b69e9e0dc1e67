//! Running cargo and what it builds, from the workspace's root.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us, in the workspace's root, with nothing on standard input.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end; an exit status other than 0 is an error.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let what = format!("{command:?}");
    let status = command
        .status()
        .with_context(|| format!("cannot start {what}"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{what} failed: {status}")
    }
}

/// Runs a command and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let what = format!("{command:?}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {what}"))?;
    if !output.status.success() {
        bail!("{what} failed: {}", output.status);
    }
    String::from_utf8(output.stdout).context("output that is not UTF-8")
}

/// Builds the released server, the released client and a binary of the testkit, and runs the latter with these arguments.
pub(crate) fn testkit_binary(name: &str, arguments: &[&str]) -> Result<()> {
    let build = ["build", "--release", "--locked"];
    let server = ["--package", "snug-server", "--bin", "snugd"];
    let client = ["--package", "snug-tui", "--bin", "snug"];
    let tool = ["--package", "snug-testkit", "--bin", name];
    succeed(cargo(&build).args(server).args(client).args(tool))?;
    let run = ["run", "--quiet", "--release", "--locked"];
    succeed(cargo(&run).args(tool).arg("--").args(arguments))
}

/// Draws the pictures of the screen: the test that makes them keeps them where it is told to.
pub(crate) fn pictures() -> Result<()> {
    let test = [
        "test",
        "--quiet",
        "--locked",
        "--package",
        "snug-tui",
        "--lib",
        "pictures",
    ];
    succeed(cargo(&test).env("SNUG_PICTURES", root().join("docs/pictures")))
}
