//! `snugd` itself, under a name that this package's tests can be sure was built with them.

use std::process::ExitCode;

fn main() -> ExitCode {
    snug_server::program::run()
}
