//! `cargo xtask bench`: runs the benchmarks, prints a table, writes target/bench.json.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use mimalloc::MiMalloc;
use snug_testkit::{bench, floor::fanout};

/// The server's, so that the floors have the same.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("--fanout-floor", rest)) = arguments.split_first().map(|(a, b)| (a.as_str(), b)) {
        fanout::serve(rest)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(bench::run(&arguments))?;
    println!("\n{report}");
    std::fs::create_dir_all("target")?;
    report.write(Path::new("target/bench.json"))?;
    Ok(if report.met() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
