//! `cargo xtask`: the project's own checks and measurements. `check` is what CI runs.

mod arrows;
mod check;
mod docs;
mod purity;
mod run;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  check [--no-tests]   everything CI asks for; stops at the first failure
  arrows               which crate may depend on which, and what a pure crate may touch
  docs                 writes the generated parts of docs/
  pictures             draws the pictures of the screen in docs/pictures/ from a real run
  bench [a b ...]      the benchmarks (a to f, h to k), their floors and rivals; target/bench.json
  attack [--short] [connections half-open garbage guessing spam stalled storms descriptors clock disk]
                       attacks on the real server, over loopback, with honest people meanwhile
  faults kill [--times N]
  faults power [--cuts N] [--durability process] [--without-sync]
                       the long fault tests
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["check"] => check::check(check::Tests::Run),
        ["check", "--no-tests"] => check::check(check::Tests::Leave),
        ["arrows"] => arrows::arrows().and_then(|()| purity::purity()),
        ["docs"] => docs::write(),
        ["pictures"] => run::pictures(),
        ["bench", rest @ ..] => run::testkit_binary("snug-bench", rest),
        ["attack", rest @ ..] => run::testkit_binary("snug-attack", rest),
        ["faults", rest @ ..] => run::testkit_binary("snug-faults", rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
