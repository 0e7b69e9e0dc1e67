//! `snugd`, the chat server.

use std::process::ExitCode;

fn main() -> ExitCode {
    snug_server::program::run()
}
