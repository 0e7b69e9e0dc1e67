//! `cargo xtask faults`: the long fault tests.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use snug_testkit::faults::{kill, power};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match words.as_slice() {
        ["kill", rest @ ..] => {
            let times = u32::try_from(number(rest, "--times")?.unwrap_or(50))?;
            let killed = runtime.block_on(kill::run(times))?;
            println!("passed: {killed:?}");
            Ok(ExitCode::SUCCESS)
        }
        ["power", rest @ ..] => {
            let durability = match word(rest, "--durability")? {
                None | Some("power") => power::Durability::Power,
                Some("process") => power::Durability::Process,
                Some(other) => bail!("--durability power or process, not {other}"),
            };
            let plan = power::Plan {
                cuts: usize::try_from(number(rest, "--cuts")?.unwrap_or(1000))?,
                messages: number(rest, "--messages")?.unwrap_or(2000),
                without_sync: rest.contains(&"--without-sync"),
                durability,
                seed: number(rest, "--seed")?.unwrap_or_else(rand::random),
            };
            println!("{plan:?}");
            let outcome = runtime.block_on(power::run(plan))?;
            for failure in outcome.failures.iter().take(20) {
                println!("{failure}");
            }
            let power::Outcome {
                images,
                calls,
                acknowledged,
                lost_tails,
                failures,
            } = outcome;
            let wrong = failures.len();
            println!(
                "{images} images of {calls} calls, {acknowledged} acknowledged, {lost_tails} \
                 without their newest: {wrong} wrong"
            );
            Ok(if wrong == 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        _ => bail!(
            "faults kill [--times N] | faults power [--cuts N] [--messages N] [--seed N] \
             [--durability power|process] [--without-sync]"
        ),
    }
}

fn number(words: &[&str], name: &str) -> Result<Option<u64>> {
    let Some(value) = word(words, name)? else {
        return Ok(None);
    };
    Ok(Some(value.parse().with_context(|| name.to_owned())?))
}

fn word<'a>(words: &[&'a str], name: &str) -> Result<Option<&'a str>> {
    let Some(at) = words.iter().position(|word| *word == name) else {
        return Ok(None);
    };
    let value = words.get(at + 1);
    Ok(Some(
        value.with_context(|| format!("{name} needs a value"))?,
    ))
}
