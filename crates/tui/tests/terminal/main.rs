//! `snug` in a real terminal (tmux's), against the real server.
//!
//! A machine without tmux skips, and says so; with `SNUG_REQUIRE_CLIENTS=1` that is a failure.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; only `#[test]` functions themselves are exempt by configuration"
)]

mod full;
mod plain;
mod scene;
