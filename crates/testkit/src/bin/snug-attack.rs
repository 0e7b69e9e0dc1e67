//! `cargo xtask attack`: attacks on the real server, and the table of how it held.

use std::process::ExitCode;

use anyhow::Result;
use snug_testkit::{
    attack::{self, Length, decoy},
    cores,
};

fn main() -> Result<ExitCode> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == decoy::DECOY) {
        decoy::serve()?;
        return Ok(ExitCode::SUCCESS);
    }
    let short = arguments.iter().any(|argument| argument == "--short");
    arguments.retain(|argument| argument != "--short");
    let length = if short { Length::Short } else { Length::Full };
    cores::share_out()?;
    println!("{}", cores::told());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(attack::run(&arguments, length))?;
    let held = rows.iter().all(attack::Row::holds);
    Ok(if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
