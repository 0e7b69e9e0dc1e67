//! `snug` as it is shipped, its standard input and output being lines, against the real server.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its script does not hold; clippy knows helpers of tests not as tests"
)]

mod accounts;
mod coming_back;
mod credits;
mod finding;
mod guests;
mod house;
mod order;
mod people;
mod rooms;
mod running;
mod scripts;
mod talking;
#[cfg(unix)]
mod terminal;
