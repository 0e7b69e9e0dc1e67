//! `snugd`, the chat server.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Much of what a message costs is memory that one thread asks for and another gives back, which the
/// system's allocator is slow at (docs/benchmarks.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    snug_server::program::run()
}
