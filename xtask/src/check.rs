//! `cargo xtask check`: the steps, in the order in which they fail soonest.

use std::{process::Command, time::Instant};

use anyhow::{Context, Result};

use crate::{
    arrows, docs, purity,
    run::{cargo, succeed},
};

/// Are the tests part of the check?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    /// Yes.
    Run,
    /// No: the caller runs the README's test command itself.
    Leave,
}

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("formatting", formatting),
    ("arrows between crates", arrows::arrows),
    ("purity of the pure crates", purity::purity),
    ("pure crates build for wasm32", wasm),
    ("clippy", clippy),
    ("rustdoc", rustdoc),
    ("generated documents are current", docs::check),
    ("bans, licences and sources of dependencies", deny),
];

/// Runs every step, each with its name and time, and stops at the first that fails.
pub(crate) fn check(tests: Tests) -> Result<()> {
    let began = Instant::now();
    for (name, step) in STEPS {
        timed(name, *step)?;
    }
    if tests == Tests::Run {
        timed("tests and doctests", run_tests)?;
    }
    println!(
        "all checks passed in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

fn timed(name: &str, step: fn() -> Result<()>) -> Result<()> {
    println!("== {name}");
    let began = Instant::now();
    let done = step();
    let seconds = began.elapsed().as_secs_f64();
    let verdict = if done.is_ok() { "passed" } else { "FAILED" };
    println!("   {name}: {verdict} after {seconds:.1} s");
    done.with_context(|| name.to_owned())
}

fn formatting() -> Result<()> {
    succeed(&mut cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let what = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
    ];
    succeed(cargo(&what).args(["--", "--deny", "warnings"]))
}

fn rustdoc() -> Result<()> {
    let what = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
    succeed(cargo(&what).env("RUSTDOCFLAGS", "--deny warnings"))
}

fn wasm() -> Result<()> {
    let mut command = cargo(&["check", "--target", "wasm32-unknown-unknown", "--locked"]);
    command.arg("--quiet");
    for pure in arrows::present_pure_crates()? {
        command.args(["--package", &pure]);
    }
    succeed(&mut command)
}

fn run_tests() -> Result<()> {
    succeed(&mut cargo(&["test", "--workspace", "--locked"]))
}

/// Advisories are left out: what is published tomorrow must not turn a commit of today red.
fn deny() -> Result<()> {
    let mut deny = cargo(&[
        "deny",
        "--workspace",
        "--locked",
        "check",
        "bans",
        "licenses",
    ]);
    if is_installed(&mut cargo(&["deny", "--version"])) {
        return succeed(deny.arg("sources"));
    }
    println!("   ************************************************************************");
    println!("   * cargo-deny is not installed: bans, licences and sources NOT CHECKED. *");
    println!("   * Install it with: cargo install cargo-deny --locked                   *");
    println!("   ************************************************************************");
    if std::env::var_os("SNUG_REQUIRE_DENY").is_some() {
        anyhow::bail!("SNUG_REQUIRE_DENY is set, and cargo-deny is not installed");
    }
    Ok(())
}

fn is_installed(version: &mut Command) -> bool {
    let asked = version.output();
    asked.is_ok_and(|output| output.status.success())
}
